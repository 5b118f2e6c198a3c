/* One phone on the page. Everything others wrote goes in as text, never as markup. */

import * as control from "./control.js";

const RANK = { created: 0, sent: 1, delivered: 2, failed: 2 };
const TICKS = { created: "·", sent: "✓", delivered: "✓✓", failed: "✕" };
const OUTGOING = { created: "sending", sent: "sent", delivered: "delivered", failed: "failed" };
const INCOMING = { created: "on its way", sent: "on its way", delivered: "", failed: "never arrived" };
const FACES = 6;
const KEPT = 200;

const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

export class Phone {
  #handset;
  #names;
  #bubbles = new Map();

  constructor(handset, { names, index }) {
    this.#names = names;
    this.element = copy("phone");
    const find = (selector) => this.element.querySelector(selector);
    this.parts = {
      name: find("h2"), number: find(".number"), face: find(".face"), power: find(".switch input"),
      powerLabel: find(".switch .hidden"), talk: find(".talk"), form: find(".write"), trouble: find(".write .trouble"),
    };
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
    const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
    const bubble = known?.element ?? copy("bubble");
    this.#bubbles.set(key, { element: bubble, status: text.status });
    this.#fill(bubble, text);
    if (!known) {
      talk.append(bubble);
      this.#forgetOldest();
    }
    if (atEnd || (!known && text.direction === "outgoing")) talk.scrollTop = talk.scrollHeight;
  }

  clear() {
    this.#bubbles.clear();
    this.parts.talk.replaceChildren();
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
    const time = find("time");
    time.dateTime = text.created;
    time.textContent = new Date(text.created).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    find(".ticks").textContent = outgoing ? TICKS[text.status] : "";
    find(".state").textContent = (outgoing ? OUTGOING : INCOMING)[text.status];
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

  async #send() {
    const { form } = this.parts;
    const message = form.message.value.trim();
    if (!message) return;
    await control.send(this.#handset.number, form.to.value.replace(/[\s-]/g, ""), message);
    form.message.value = "";
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
