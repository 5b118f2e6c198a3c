/* The question for one more phone. */

import * as control from "./control.js";
import { readNumber, spaced } from "./numbers.js";
import { attempt } from "./words.js";

const FIRST_FREE = 46701740605;

export class Add {
  #people;

  constructor(root, people) {
    this.#people = people;
    this.dialog = root.getElementById("dialog");
    this.form = root.getElementById("dialog-form");
    this.trouble = root.getElementById("dialog-trouble");
    root.getElementById("add").addEventListener("click", () => this.#ask());
    root.getElementById("dialog-cancel").addEventListener("click", () => this.dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(this.trouble, this.#add());
    });
  }

  #ask() {
    let free = FIRST_FREE;
    while (this.#people.isTaken(`+${free}`)) free += 1;
    this.form.reset();
    this.form.elements.number.value = `+${free}`;
    this.trouble.hidden = true;
    this.dialog.showModal();
  }

  async #add() {
    const { name, number: written } = this.form.elements;
    const number = readNumber(written.value);
    if (!number) throw new Error(`“${written.value}” is no number.`);
    if (this.#people.isTaken(number)) throw new Error(`${this.#people.nameOf(number)} has ${spaced(number)} already.`);
    await control.putHandset(number, { name: name.value.trim(), on: true });
    this.dialog.close();
  }
}
