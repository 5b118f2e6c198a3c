/* One phone on the page. Everything others wrote goes in as text, never as markup. */

import { Call } from "./call.js";
import * as control from "./control.js";

const RANK = { created: 0, sent: 1, delivered: 2, failed: 2 };
const TICKS = { created: "·", sent: "✓", delivered: "✓✓", failed: "✕" };
const OUTGOING = { created: "sending", sent: "sent", delivered: "delivered", failed: "failed" };
const INCOMING = { created: "on its way", sent: "on its way", delivered: "", failed: "never arrived" };
const FACES = 6;
const KEPT = 200;
/* The most the simulator takes in one message. */
const MOST_PICTURES = 10;

const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(new Error(`${file.name} cannot be read.`)));
    reader.readAsDataURL(file);
  });
}

export class Phone {
  #handset;
  #names;
  #files = [];
  /* Whether the newest message stays in sight, also when a picture that has loaded takes room. */
  #following = true;
  #scrollTop = 0;
  #bubbles = new Map();

  constructor(handset, { names, index }) {
    this.#names = names;
    this.element = copy("phone");
    const find = (selector) => this.element.querySelector(selector);
    this.parts = {
      name: find("h2"), number: find(".number"), face: find(".face"), power: find(".switch input"),
      powerLabel: find(".switch .hidden"), talk: find(".talk"), form: find(".write"), trouble: find(".write .trouble"),
      attached: find(".attached"), ring: find(".ring"),
    };
    this.call = new Call(find(".call"), { names, behind: [this.parts.talk, this.parts.form] });
    this.parts.face.classList.add(`face-${index % FACES}`);
    this.parts.power.addEventListener("change", () => this.#do(this.#turn()));
    this.parts.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#do(this.#send());
    });
    this.parts.form.message.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.parts.form.requestSubmit();
      }
    });
    this.parts.ring.addEventListener("click", () => this.#do(this.#ring()));
    this.parts.talk.addEventListener("scroll", () => this.#scrolled());
    this.parts.form.pictures.addEventListener("change", () => this.#do(this.#attach()));
    this.change(handset);
  }

  change(handset) {
    this.#handset = handset;
    const { name, number, face, power, powerLabel, talk, form } = this.parts;
    const called = handset.name || handset.number;
    name.textContent = called;
    number.textContent = handset.name ? handset.number : "";
    face.textContent = handset.name ? [...handset.name][0].toUpperCase() : "#";
    power.checked = handset.on;
    powerLabel.textContent = `${called}'s phone is on`;
    talk.setAttribute("aria-label", `Texts of ${called}`);
    this.element.setAttribute("aria-label", `Phone of ${called}`);
    this.element.classList.toggle("off", !handset.on);
    this.element.dataset.kind = handset.kind;
    form.hidden = handset.kind !== "phone";
    for (const field of form.elements) field.disabled = !handset.on;
  }

  /* Offer a recipient unless another was chosen. */
  suggest(number) {
    const { to } = this.parts.form;
    if (!to.value) to.value = number;
  }

  show(text) {
    const key = `${text.direction} ${text.id}`;
    const known = this.#bubbles.get(key);
    if (known && RANK[known.status] > RANK[text.status]) return;
    const { talk } = this.parts;
    const bubble = known?.element ?? copy("bubble");
    this.#bubbles.set(key, { element: bubble, status: text.status });
    this.#fill(bubble, text);
    if (!known) {
      talk.append(bubble);
      this.#forgetOldest();
    }
    this.#following ||= !known && text.direction === "outgoing";
    if (this.#following) this.#scrollToEnd();
  }

  clear() {
    this.#bubbles.clear();
    this.parts.talk.replaceChildren();
    this.call.clear();
  }

  #fill(bubble, text) {
    const outgoing = text.direction === "outgoing";
    const arriving = !outgoing && text.status !== "delivered";
    bubble.classList.toggle("outgoing", outgoing);
    bubble.classList.toggle("waiting", arriving && text.status !== "failed");
    bubble.classList.toggle("failed", text.status === "failed");
    bubble.classList.toggle("flash", text.flash);
    const find = (selector) => bubble.querySelector(selector);
    find(".peer").textContent = outgoing ? `To ${this.#names(text.to)}` : this.#names(text.from);
    find(".words").textContent = text.message;
    this.#hang(find(".pictures"), text);
    const time = find("time");
    time.dateTime = text.created;
    time.textContent = new Date(text.created).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    find(".ticks").textContent = outgoing ? TICKS[text.status] : "";
    find(".state").textContent = (outgoing ? OUTGOING : INCOMING)[text.status];
  }

  /* Pictures stay as they are while the message comes further. */
  #hang(frame, { images, direction, from }) {
    if (frame.children.length || !images.length) return;
    const whose = direction === "outgoing" ? "sent" : `from ${this.#names(from)}`;
    frame.hidden = false;
    frame.append(...images.map((address, index) => {
      const picture = document.createElement("img");
      picture.alt = images.length > 1 ? `Picture ${index + 1} ${whose}` : `Picture ${whose}`;
      picture.addEventListener("load", () => this.#following && this.#scrollToEnd());
      picture.addEventListener("error", () => picture.replaceWith("This picture cannot be shown: it is broken, or not kept any more."), { once: true });
      picture.src = address;
      return picture;
    }));
  }

  /* Only who scrolls back stops following: a picture makes the end go further, too. */
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.parts.talk;
    const atEnd = scrollHeight - scrollTop - clientHeight < 60;
    this.#following = atEnd || (this.#following && scrollTop >= this.#scrollTop);
    this.#scrollTop = scrollTop;
  }

  #scrollToEnd() {
    const { talk } = this.parts;
    talk.scrollTop = talk.scrollHeight;
  }

  #forgetOldest() {
    if (this.#bubbles.size <= KEPT) return;
    const [[key, oldest]] = this.#bubbles;
    oldest.element.remove();
    this.#bubbles.delete(key);
  }

  async #turn() {
    const { power } = this.parts;
    try {
      await control.putHandset(this.#handset.number, { on: power.checked });
    } catch (error) {
      power.checked = this.#handset.on;
      throw error;
    }
  }

  async #attach() {
    const { pictures } = this.parts.form;
    const chosen = [...this.#files, ...pictures.files];
    pictures.value = "";
    if (chosen.length > MOST_PICTURES) throw new Error(`A message has ${MOST_PICTURES} pictures at most.`);
    this.#carry(chosen);
  }

  #carry(files) {
    const { attached } = this.parts;
    this.#files = files;
    attached.hidden = !files.length;
    attached.replaceChildren(...files.map((file) => {
      const item = copy("attachment");
      item.querySelector(".file").textContent = file.name;
      const remove = item.querySelector("button");
      remove.setAttribute("aria-label", `Remove ${file.name}`);
      remove.addEventListener("click", () => {
        this.#carry(this.#files.filter((other) => other !== file));
        this.parts.form.pictures.focus();
      });
      return item;
    }));
  }

  async #ring() {
    const { form } = this.parts;
    if (form.to.reportValidity()) await control.dial(this.#handset.number, this.#recipient());
  }

  #recipient() {
    return this.parts.form.to.value.replace(/[\s-]/g, "");
  }

  async #send() {
    const { form } = this.parts;
    const message = form.message.value.trim();
    const files = this.#files;
    if (!message && !files.length) return;
    const images = await Promise.all(files.map(read));
    await control.send(this.#handset.number, this.#recipient(), message, images);
    form.message.value = "";
    this.#carry([]);
  }

  async #do(work) {
    const { trouble } = this.parts;
    try {
      await work;
      trouble.hidden = true;
    } catch (error) {
      trouble.textContent = error.message;
      trouble.hidden = false;
    }
  }
}
