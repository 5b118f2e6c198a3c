/* The keypad of a phone that calls. */

import { attempt, bare } from "./words.js";

export const KEYS = "123456789*0#";

/* Put the twelve keys of a telephone into a place. */
export function addKeys(place, press) {
  place.append(...[...KEYS].map((key) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = key;
    button.addEventListener("click", () => press(key));
    return button;
  }));
}

export class Dial {
  #form;
  #dial;

  constructor(panel, { dial }) {
    this.#form = panel.querySelector(".dialler");
    this.#dial = dial;
    const trouble = panel.querySelector(".trouble");
    const { number } = this.#form;
    addKeys(panel.querySelector(".keypad"), (key) => {
      number.value += key;
    });
    panel.querySelector(".erase").addEventListener("click", () => {
      number.value = number.value.slice(0, -1);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(trouble, this.#dial(bare(number.value)));
    });
  }

  /* Offer a number unless another is there. */
  suggest(number) {
    this.#form.number.value ||= number;
  }
}
