/* What goes between Home Assistant and 46elks, as it happens: each request, callback, fetched file and socket message. */

import { copy, showSecond } from "./words.js";

const SHOWN = 300;
const PARTS = [["url", "Address"], ["time", "Time"], ["attempt", "Attempt"], ["fault", "Fault"], ["error", "Error"], ["status", "Status"]];
const PICTURE = /^data:(image\/[a-z+]+);base64,/;

/* Who speaks: requests come from Home Assistant, and so does what 46elks receives on a socket, which it opens itself. */
const isFromHome = ({ type, direction }) => (type === "socket" ? direction === "received" : type === "request");

function whatOf({ type, method, url, kind, direction, fields }) {
  const { pathname } = new URL(url, location.href);
  if (type === "request") return `${method} ${pathname.replace(/^\/a1/, "")}`;
  if (type === "fetch") return "fetches a file";
  if (type !== "socket") return `tells ${kind}`;
  if (!direction) return "opens a socket";
  return fields.t === "close" ? "closes the socket" : `says ${fields.t ?? "something"}`;
}

function saidOf({ t, code, seconds, message, status, result }) {
  if (t === "close") return code === "None" ? "without a code" : `code ${code}`;
  if (t === "audio") return `${seconds} seconds`;
  return message ?? status ?? result;
}

/* What tells one entry from the next at a glance. */
function aboutOf({ type, url, fields, attempt }) {
  if (type === "fetch") return new URL(url).pathname.split("/").at(-1);
  return [saidOf(fields), fields.to && `to ${fields.to}`, attempt > 1 && `attempt ${attempt}`].filter(Boolean).join(" · ");
}

/* Of a picture the log has only the beginning. */
function readable(text) {
  const [, kind] = text.match(PICTURE) ?? [];
  return kind ? `a picture (${kind})` : pretty(text);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

function row(term, value) {
  const name = document.createElement("dt");
  const content = document.createElement("dd");
  name.textContent = term;
  content.textContent = value;
  return [name, content];
}

function detailsOf(entry) {
  const list = document.createElement("dl");
  const fields = Object.entries(entry.fields);
  list.append(
    ...PARTS.filter(([key]) => entry[key] !== null && entry[key] !== undefined).flatMap(([key, term]) => row(term, entry[key])),
    ...fields.flatMap(([name, value]) => row(name, readable(value))),
  );
  if (entry.answer) list.append(...row("Answer", pretty(entry.answer)));
  return list;
}

export class Wire {
  #rows = [];
  /* An entry may come twice: as it happens, and with those that were asked for. */
  #known = new Set();

  constructor(panel) {
    const find = (selector) => panel.querySelector(selector);
    this.parts = { list: find(".wire-list"), none: find(".wire-none"), filter: find(".wire-filter") };
    find(".wire-clear").addEventListener("click", () => this.clear());
    this.parts.filter.addEventListener("input", () => {
      for (const line of this.#rows) this.#sift(line);
    });
  }

  show(entry) {
    if (this.#known.has(entry.n)) return;
    this.#known.add(entry.n);
    const item = copy("entry");
    const find = (selector) => item.querySelector(selector);
    const what = whatOf(entry);
    const about = aboutOf(entry);
    const fromHome = isFromHome(entry);
    const who = fromHome ? "Home Assistant" : "46elks";
    const good = entry.error === null && (entry.status === null || entry.status < 400);
    item.classList.toggle("from-home", fromHome);
    item.classList.toggle("bad", !good);
    find(".arrow").textContent = fromHome ? "→" : "←";
    find(".entry-what").textContent = `${who}: ${what}`;
    find(".entry-status").textContent = entry.status ?? entry.error ?? "";
    find(".entry-about").textContent = about;
    showSecond(find("time"), entry.time);
    /* Its fields are written out only when somebody wants to see them. */
    find("details").addEventListener("toggle", ({ target }) => target.append(detailsOf(entry)), { once: true });
    const line = { item, words: `${who} ${what} ${about} ${entry.status} ${entry.error ?? ""} ${Object.values(entry.fields).join(" ")}`.toLowerCase() };
    this.#sift(line);
    this.#rows.push(line);
    this.parts.list.prepend(item);
    this.parts.none.hidden = true;
    if (this.#rows.length > SHOWN) this.#rows.shift().item.remove();
  }

  clear() {
    this.#rows = [];
    this.parts.list.replaceChildren();
    this.parts.none.hidden = false;
  }

  reset() {
    this.clear();
    this.#known.clear();
  }

  #sift({ item, words }) {
    item.hidden = !words.includes(this.parts.filter.value.trim().toLowerCase());
  }
}
