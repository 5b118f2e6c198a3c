/* The sound of one call at one end: what is heard, and what is said with the microphone or from a file. */

import * as control from "./control.js";
import { Ear } from "./listen.js";
import { Microphone, hasMicrophone } from "./mic.js";

/* Pieces of a tenth of a second are on their way for less. */
const LEAD_SECONDS = 0.2;
/* What browsers say where there is no microphone to talk into, by the name of their error. */
const WITHOUT = {
  NotAllowedError: "The browser may not use the microphone: allow it in the address bar, or say a WAV file instead.",
  NotFoundError: "There is no microphone. A WAV file can be said instead.",
};

export class Voice {
  #call;
  #handset;
  #ear;
  #microphone;
  #attempt;

  /* `attempt` waits for something, and says what went wrong with it. */
  constructor(panel, { attempt }) {
    const find = (selector) => panel.querySelector(selector);
    this.#attempt = attempt;
    this.parts = { listen: find(".listen"), aloud: find(".aloud"), say: find(".say"), mic: find(".mic") };
    const { listen, aloud, say, mic } = this.parts;
    listen.addEventListener("change", () => this.#hear());
    aloud.addEventListener("click", () => this.#ear?.resume());
    say.addEventListener("change", () => this.#say());
    mic.addEventListener("click", () => (this.#microphone ? this.#mute() : this.#talk()));
  }

  /* Be at one end of a call, where a person talks, or a machine for them; a call nobody talks in yet is none. */
  follow({ call, handset, talking, machine }) {
    const { listen, say, mic } = this.parts;
    const person = talking && !machine;
    const moved = this.#call !== (talking ? call : undefined) || this.#handset !== handset;
    if (moved) this.leave();
    this.#call = talking ? call : undefined;
    this.#handset = handset;
    listen.parentElement.hidden = !talking;
    say.parentElement.hidden = !person;
    mic.hidden = !person || !hasMicrophone();
    if (mic.hidden) this.#mute();
    this.#hear();
  }

  leave() {
    this.#call = undefined;
    this.#hear();
    this.#mute();
  }

  /* Sound needs a click on the page: answering and calling are some. */
  #hear() {
    const wanted = this.#call && this.parts.listen.checked;
    if (wanted) this.#ear ??= new Ear(this.#call, this.#handset, { changed: () => this.#offerSound() });
    else {
      this.#ear?.close();
      this.#ear = undefined;
    }
    this.#offerSound();
  }

  #offerSound() {
    this.parts.aloud.hidden = !this.#ear?.isWaiting;
  }

  /* The person is asked for the microphone here, and nowhere else. */
  async #talk() {
    const [call, handset] = [this.#call, this.#handset];
    const microphone = new Microphone({
      send: (file) => control.say(call, handset, file, LEAD_SECONDS),
      failed: (error) => this.#lose(microphone, error),
    });
    this.#microphone = microphone;
    this.#showMicrophone();
    try {
      await microphone.open();
    } catch (error) {
      this.#lose(microphone, WITHOUT[error.name] ? new Error(WITHOUT[error.name]) : error);
    }
  }

  /* A call that is over has lost it, too; nobody needs to be told. */
  #lose(microphone, error) {
    if (this.#microphone !== microphone) return;
    this.#mute();
    this.#attempt(Promise.reject(error));
  }

  #mute() {
    this.#microphone?.close();
    this.#microphone = undefined;
    this.#showMicrophone();
  }

  #showMicrophone() {
    this.parts.mic.setAttribute("aria-pressed", String(Boolean(this.#microphone)));
  }

  #say() {
    const { say } = this.parts;
    const [file] = say.files;
    say.value = "";
    if (file && this.#call) this.#attempt(control.say(this.#call, this.#handset, file));
  }
}
