/* The conversation that is open on a phone, from its end up to where it is drawn. */

import { Bubble } from "./bubble.js";
import { focusFirst } from "./focus.js";

/* So many texts are drawn at first, and so many more each time. */
const DRAWN = 30;
const MOST_DRAWN = 3 * DRAWN;

export class Talk {
  #names;
  #thread;
  #drawn = new Map();

  constructor(panel, { names }) {
    this.#names = names;
    const find = (selector) => panel.querySelector(selector);
    this.parts = { log: find(".log"), list: find(".talk"), scroll: find(".scroll"), earlier: find(".earlier") };
    this.parts.earlier.addEventListener("click", () => this.#drawEarlier());
  }

  get thread() {
    return this.#thread;
  }

  open(thread) {
    const { log, list } = this.parts;
    this.shut();
    this.#thread = thread;
    log.setAttribute("aria-label", `Texts with ${this.#names(thread.peer)}`);
    const quiet = log.getAttribute("aria-busy") === "true";
    this.hush(true);
    list.append(...this.#bubbles(thread.latest(DRAWN)));
    this.hush(quiet);
    this.#count();
  }

  /* What was there before is not read out again. */
  hush(quiet) {
    this.parts.log.setAttribute("aria-busy", String(quiet));
  }

  shut() {
    this.#thread = undefined;
    this.#drawn.clear();
    this.parts.list.replaceChildren();
    this.parts.scroll.scrollTop = 0;
    this.parts.earlier.hidden = true;
  }

  /* Draw a text before so many later ones, unless it belongs where nothing is drawn yet. */
  add({ key, text }, later) {
    const { list, scroll } = this.parts;
    const drawn = this.#drawn.size;
    if (later < drawn || drawn === this.#thread.size - 1) {
      const [bubble] = this.#bubbles([{ key, text }]);
      list.insertBefore(bubble, list.children[drawn - later] ?? null);
      if (drawn >= MOST_DRAWN && scroll.scrollTop >= 0) this.#drop(this.#thread.latest(1, drawn)[0].key);
    }
    this.#count();
  }

  change(key, text) {
    this.#drawn.get(key)?.change(text);
  }

  forget(key) {
    this.#drop(key);
    this.#count();
  }

  /* Show the end of it. */
  end() {
    this.parts.scroll.scrollTop = 0;
  }

  #bubbles(texts) {
    return texts.map(({ key, text }) => {
      const bubble = new Bubble(text, this.#names);
      this.#drawn.set(key, bubble);
      return bubble.element;
    });
  }

  #drop(key) {
    this.#drawn.get(key)?.element.remove();
    this.#drawn.delete(key);
  }

  #drawEarlier() {
    const { list, earlier, scroll } = this.parts;
    const focused = document.activeElement === earlier;
    this.hush(true);
    list.prepend(...this.#bubbles(this.#thread.latest(DRAWN, this.#drawn.size)));
    this.hush(false);
    this.#count();
    if (focused) focusFirst(earlier, scroll);
  }

  #count() {
    this.parts.earlier.hidden = this.#drawn.size >= this.#thread.size;
  }
}
