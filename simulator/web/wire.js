/* What goes between Home Assistant and 46elks, as it happens: each request, callback, fetched file and socket message. */

import { copy, showSecond } from "./words.js";

const SHOWN = 300;
/* Who speaks: of requests it is Home Assistant, of all else 46elks, unless a socket says otherwise. */
const FROM_HOME = new Set(["request"]);
const PARTS = [["url", "Address"], ["time", "Time"], ["attempt", "Attempt"], ["fault", "Fault"], ["error", "Error"], ["status", "Status"]];

const isFromHome = ({ type, direction }) => (type === "socket" ? direction === "in" : FROM_HOME.has(type));

function whatOf({ type, method, url, kind }) {
  const { pathname } = new URL(url, location.href);
  if (type === "request") return `${method} ${pathname.replace(/^\/a1/, "")}`;
  if (type === "fetch") return "fetches a file";
  return type === "socket" ? `socket ${method}` : `tells ${kind}`;
}

/* What tells one entry from the next at a glance. */
function aboutOf({ type, url, fields, attempt }) {
  if (type === "fetch") return new URL(url).pathname.split("/").at(-1);
  const words = [fields.message ?? fields.status ?? fields.t ?? fields.result, fields.to && `to ${fields.to}`, attempt > 1 && `attempt ${attempt}`];
  return words.filter(Boolean).join(" · ");
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
    ...fields.flatMap(([name, value]) => row(name, pretty(value))),
  );
  if (entry.answer) list.append(...row("Answer", pretty(entry.answer)));
  return list;
}

export class Wire {
  #rows = [];
  #last = 0;

  constructor(panel) {
    const find = (selector) => panel.querySelector(selector);
    this.parts = { list: find(".wire-list"), none: find(".wire-none"), filter: find(".wire-filter") };
    find(".wire-clear").addEventListener("click", () => this.clear());
    this.parts.filter.addEventListener("input", () => {
      for (const line of this.#rows) this.#sift(line);
    });
  }

  show(entry) {
    if (entry.n <= this.#last) return;
    this.#last = entry.n;
    const item = copy("entry");
    const find = (selector) => item.querySelector(selector);
    const what = whatOf(entry);
    const about = aboutOf(entry);
    const fromHome = isFromHome(entry);
    const good = entry.error === null && (entry.status === null || entry.status < 400);
    item.classList.toggle("from-home", fromHome);
    item.classList.toggle("bad", !good);
    find(".arrow").textContent = fromHome ? "→" : "←";
    find(".entry-what").textContent = `${fromHome ? "Home Assistant" : "46elks"}: ${what}`;
    find(".entry-status").textContent = entry.status ?? entry.error ?? "";
    find(".entry-about").textContent = about;
    showSecond(find("time"), entry.time);
    /* Its fields are written out only when somebody wants to see them. */
    find("details").addEventListener("toggle", ({ target }) => target.append(detailsOf(entry)), { once: true });
    const line = { item, words: `${what} ${about} ${entry.status} ${entry.error ?? ""} ${Object.values(entry.fields).join(" ")}`.toLowerCase() };
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
    this.#last = 0;
  }

  #sift({ item, words }) {
    item.hidden = !words.includes(this.parts.filter.value.trim().toLowerCase());
  }
}
