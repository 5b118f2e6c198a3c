/* Where a text is written, and pictures are put with it. */

import { attempt, copy } from "./words.js";

/* The most the simulator takes in one message. */
const MOST_PICTURES = 10;

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(new Error(`${file.name} cannot be read.`)));
    reader.readAsDataURL(file);
  });
}

export class Compose {
  #form;
  #send;
  #files = [];

  /* `send` takes a message and its pictures, and says what went wrong by failing. */
  constructor(form, { send }) {
    this.#form = form;
    this.#send = send;
    this.attached = form.querySelector(".attached");
    this.trouble = form.querySelector(".trouble");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(this.trouble, this.#submit());
    });
    form.message.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    form.pictures.addEventListener("change", () => attempt(this.trouble, this.#attach()));
  }

  clear() {
    this.#form.message.value = "";
    this.trouble.hidden = true;
    this.#carry([]);
  }

  async #attach() {
    const { pictures } = this.#form;
    const chosen = [...this.#files, ...pictures.files];
    pictures.value = "";
    if (chosen.length > MOST_PICTURES) throw new Error(`A message has ${MOST_PICTURES} pictures at most.`);
    this.#carry(chosen);
  }

  #carry(files) {
    this.#files = files;
    this.attached.hidden = !files.length;
    this.attached.replaceChildren(...files.map((file) => {
      const item = copy("attachment");
      item.querySelector(".file").textContent = file.name;
      const remove = item.querySelector("button");
      remove.setAttribute("aria-label", `Remove ${file.name}`);
      remove.addEventListener("click", () => {
        this.#carry(this.#files.filter((other) => other !== file));
        this.#form.pictures.focus();
      });
      return item;
    }));
  }

  async #submit() {
    const message = this.#form.message.value.trim();
    const files = this.#files;
    if (!message && !files.length) return;
    await this.#send(message, await Promise.all(files.map(read)));
    this.clear();
  }
}
