/* Where a text is written, and pictures are put with it. */

import { attempt, copy } from "./words.js";

/* The most the simulator takes in one message: so many pictures, and so much of them together. */
const MOST_PICTURES = 10;
const MEGABYTE = 1024 * 1024;
const MOST_MEGABYTES = 8;

export const EMPTY = Object.freeze({ message: "", files: [] });

export const isEmpty = ({ message, files }) => !message.trim() && !files.length;

/* What was written first, and what was written behind it. */
export const together = (first, then) => ({
  message: [first.message, then.message].filter(Boolean).join("\n"), files: [...first.files, ...then.files],
});

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(new Error(`${file.name} cannot be read.`)));
    reader.readAsDataURL(file);
  });
}

function check(files) {
  const large = files.find(({ size }) => size > MOST_MEGABYTES * MEGABYTE);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (files.length > MOST_PICTURES) throw new Error(`A message has ${MOST_PICTURES} pictures at most.`);
  if (large) throw new Error(`${large.name} is larger than ${MOST_MEGABYTES} MB: a phone does not send it.`);
  if (size > MOST_MEGABYTES * MEGABYTE) throw new Error(`These pictures are larger than ${MOST_MEGABYTES} MB together: send some of them in another text.`);
}

export class Compose {
  #form;
  #send;
  #files = [];
  #sending = 0;

  /* `send` takes what was written, and says what went wrong by failing; it has given it back by then. */
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
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!event.repeat) form.requestSubmit();
    });
    form.pictures.addEventListener("change", () => attempt(this.trouble, this.#attach()));
  }

  /* Return what is written, and leave nothing. */
  take() {
    const draft = this.#draft;
    this.put(EMPTY);
    return draft;
  }

  get #draft() {
    return { message: this.#form.message.value, files: this.#files };
  }

  put({ message, files }) {
    this.#form.message.value = message;
    this.trouble.hidden = true;
    this.#carry(files);
  }

  read(files) {
    return Promise.all(files.map(read));
  }

  async #attach() {
    const { pictures } = this.#form;
    const chosen = [...this.#files, ...pictures.files];
    pictures.value = "";
    check(chosen);
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

  /* What is sent is gone from here at once: so it is sent once, and what is written meanwhile stays. */
  async #submit() {
    if (isEmpty(this.#draft)) return;
    const { message, files } = this.take();
    this.#busy(1);
    try {
      await this.#send({ message: message.trim(), files });
    } finally {
      this.#busy(-1);
    }
  }

  #busy(more) {
    this.#sending += more;
    this.#form.setAttribute("aria-busy", String(this.#sending > 0));
  }
}
