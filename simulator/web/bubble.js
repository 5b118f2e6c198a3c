/* One text in a conversation. What others wrote goes in as text, never as markup. */

import { copy, showTime } from "./words.js";

const TICKS = { created: "·", sent: "✓", delivered: "✓✓", failed: "✕" };
const OUTGOING = { created: "sending", sent: "sent", delivered: "delivered", failed: "failed" };
const INCOMING = { failed: "never arrived" };

export class Bubble {
  #find;

  constructor(text, names) {
    this.element = copy("bubble");
    this.#find = (selector) => this.element.querySelector(selector);
    const outgoing = text.direction === "outgoing";
    this.element.classList.toggle("outgoing", outgoing);
    this.element.classList.toggle("flash", text.flash);
    this.#find(".author").textContent = outgoing ? "You: " : `${names(text.from)}: `;
    this.#find(".words").textContent = text.message;
    showTime(this.#find("time"), text.created);
    if (text.images.length) this.#hang(text.images, outgoing ? "sent" : `from ${names(text.from)}`);
    this.change(text);
  }

  /* Only how far it has come ever changes. */
  change({ direction, status }) {
    const outgoing = direction === "outgoing";
    this.element.classList.toggle("failed", status === "failed");
    this.#find(".ticks").textContent = outgoing ? TICKS[status] : "";
    this.#find(".state").textContent = (outgoing ? OUTGOING : INCOMING)[status] ?? "";
  }

  #hang(images, whose) {
    const frame = this.#find(".pictures");
    frame.hidden = false;
    frame.append(...images.map((address, index) => {
      const picture = document.createElement("img");
      picture.alt = images.length > 1 ? `Picture ${index + 1} ${whose}` : `Picture ${whose}`;
      picture.addEventListener("error", () => picture.replaceWith("This picture cannot be shown: it is broken, or not kept any more."), { once: true });
      picture.src = address;
      return picture;
    }));
  }
}
