/* The keypad of a phone that calls. */

import { attempt } from "./words.js";

export const KEYS = "123456789*0#";
/* Phones have the plus on the zero: whoever holds it down for so long gets it. */
const HOLD_MS = 500;

/* Put the twelve keys of a telephone into a place; a key that is held down is pressed once. */
export function addKeys(place, press) {
  place.append(...[...KEYS].map((key) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = key;
    button.addEventListener("click", () => press(key));
    return button;
  }));
  place.addEventListener("keydown", (event) => {
    if (event.repeat) event.preventDefault();
  });
}

/* Let a key be held down for what else stands on it. */
function addHold(button, sign, press) {
  const small = document.createElement("small");
  small.textContent = sign;
  small.setAttribute("aria-hidden", "true");
  button.append(small);
  button.title = `Hold for ${sign}`;
  let timer;
  let held = false;
  button.addEventListener("pointerdown", () => {
    held = false;
    timer = setTimeout(() => {
      held = true;
      press(sign);
    }, HOLD_MS);
  });
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(end, () => clearTimeout(timer));
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("click", (event) => {
    if (held) event.stopImmediatePropagation();
    held = false;
  }, { capture: true });
}

export class Dial {
  #form;
  #people;
  #dial;
  #dialling = false;

  constructor(panel, { people, dial }) {
    this.#form = panel.querySelector(".dialler");
    this.#people = people;
    this.#dial = dial;
    const { number } = this.#form;
    const keypad = panel.querySelector(".keypad");
    const press = (key) => {
      number.value += key;
    };
    addKeys(keypad, press);
    addHold([...keypad.children].find(({ textContent }) => textContent === "0"), "+", press);
    panel.querySelector(".erase").addEventListener("click", () => {
      number.value = number.value.slice(0, -1);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#dialling) attempt(panel.querySelector(".trouble"), this.#call(number.value));
    });
  }

  /* Offer a number unless another is there. */
  suggest() {
    this.#form.number.value ||= this.#people.callable[0]?.number ?? "";
  }

  async #call(written) {
    const to = this.#people.find(written);
    if (!this.#people.takesCalls(to)) throw new Error(`${this.#people.nameOf(to)} has a phone here, and these only call numbers of the account.`);
    this.#dialling = true;
    try {
      await this.#dial(to);
    } finally {
      this.#dialling = false;
    }
  }
}
