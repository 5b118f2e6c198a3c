/* Who there is: the numbers of the account, and the phones on the table. */

import { isNumber, readNumber, spaced } from "./numbers.js";

const HOUSE = "The house";

export class People {
  #handsets = new Map();
  #numbers = [];

  get numbers() {
    return this.#numbers;
  }

  /* Return whether these are other numbers than before. */
  setNumbers(numbers) {
    const changed = JSON.stringify(numbers) !== JSON.stringify(this.#numbers);
    this.#numbers = numbers;
    return changed;
  }

  get handsets() {
    return [...this.#handsets.values()];
  }

  handset(number) {
    return this.#handsets.get(number);
  }

  /* Return whether it is new, or called something else than before. */
  put(handset) {
    const changed = this.#handsets.get(handset.number)?.name !== handset.name;
    this.#handsets.set(handset.number, handset);
    return changed;
  }

  remove(number) {
    this.#handsets.delete(number);
  }

  /* The number that people here text and call most. */
  get house() {
    return this.#active()[0]?.number;
  }

  /* Phones here text each other, but only the numbers of the account take calls. */
  get callable() {
    return this.#active().filter(({ capabilities }) => capabilities.includes("voice"));
  }

  takesCalls(number) {
    return Boolean(number) && isNumber(number) && !this.#handsets.has(number);
  }

  isTaken(number) {
    return this.#handsets.has(number) || this.#numbers.some((own) => own.number === number);
  }

  nameOf(number) {
    const own = this.#numbers.some((known) => known.number === number);
    return this.#handsets.get(number)?.name || (own ? HOUSE : spaced(number));
  }

  /* Return the number of somebody who was written as a number or by name; fail with words where it is neither. */
  find(written) {
    const name = written.trim().toLowerCase();
    const named = this.handsets.find((handset) => handset.name.toLowerCase() === name);
    const own = this.#active().find((number) => number.name?.toLowerCase() === name);
    const number = named?.number ?? own?.number ?? (name === HOUSE.toLowerCase() ? this.house : readNumber(written));
    if (!number) throw new Error(`“${written.trim()}” is no number, and nobody here is called so.`);
    return number;
  }

  #active() {
    return this.#numbers.filter(({ active }) => active === "yes");
  }
}
