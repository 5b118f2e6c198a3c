/* What a phone shows for a while over whatever it shows. */

const SHOWN_MS = 6000;

export class Banner {
  #button;
  #timer;
  #open;

  constructor(button) {
    this.#button = button;
    button.addEventListener("click", () => this.#open());
    button.addEventListener("blur", () => this.#wait());
    button.addEventListener("pointerleave", () => this.#wait());
  }

  /* `open` leads to what it tells of. */
  show(words, open) {
    this.#open = open;
    this.#button.textContent = words;
    this.#button.hidden = false;
    this.#wait();
  }

  dismiss() {
    clearTimeout(this.#timer);
    this.#button.hidden = true;
  }

  /* It stays as long as somebody is at it. */
  #wait() {
    clearTimeout(this.#timer);
    if (this.#button.hidden) return;
    this.#timer = setTimeout(() => {
      if (!this.#button.matches(":focus, :hover")) this.dismiss();
    }, SHOWN_MS);
  }
}
