/* One conversation of a phone: its texts, in the order in which they were written. */

/* A whole second is written without a fraction: so times are not in the order of their letters. */
export const momentOf = ({ created }) => Date.parse(created);

export class Thread {
  #texts = [];
  unread = 0;

  constructor(peer, item) {
    this.peer = peer;
    this.item = item;
  }

  get size() {
    return this.#texts.length;
  }

  get newest() {
    return this.#texts.at(-1);
  }

  /* Return the keys and texts of the last ones, but for so many at the end. */
  latest(count, before = 0) {
    const end = this.#texts.length - before;
    return this.#texts.slice(Math.max(end - count, 0), end);
  }

  /* Keep a text, and return how many were written after it. */
  add(key, text) {
    const moment = momentOf(text);
    let later = 0;
    while (later < this.size && this.#texts.at(-1 - later).moment > moment) later += 1;
    this.#texts.splice(this.size - later, 0, { key, text, moment });
    return later;
  }

  change(key, text) {
    this.#texts.find((one) => one.key === key).text = text;
  }

  /* Let the oldest one go, and return its key. */
  forget() {
    return this.#texts.shift().key;
  }
}
