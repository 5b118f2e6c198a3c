/* What there was when the page asked, and what has happened since: brought into one order, so that neither undoes the other. */

import { soon } from "./pace.js";

export class Feed {
  #load;
  #clear;
  #instance;
  #generation = 0;
  /* What happens while the page asks, to be shown behind what there was. */
  #waiting = [];

  /* `load` asks for all there is and gives what shows it to its argument; `clear` forgets all. */
  constructor({ load, clear }) {
    this.#load = load;
    this.#clear = clear;
  }

  /* The line is there (again): of another simulator than before nothing is known. */
  async begin(instance) {
    const generation = this.#generation + 1;
    this.#generation = generation;
    this.#waiting = [];
    if (this.#instance && this.#instance !== instance) this.#clear();
    this.#instance = instance;
    await this.#load((show) => this.#plan(generation, show));
    if (generation !== this.#generation) return;
    for (const show of this.#waiting) this.#plan(generation, show);
    this.#waiting = undefined;
  }

  /* Show something that has just happened. */
  take(show) {
    if (this.#waiting) this.#waiting.push(show);
    else this.#plan(this.#generation, show);
  }

  /* What was asked for before the line was lost is out of date. */
  #plan(generation, show) {
    soon(() => {
      if (generation === this.#generation) show();
    });
  }
}
