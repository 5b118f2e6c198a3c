/* Lets people hear what a phone hears, about a second late. */

import * as control from "./control.js";

const EVERY_MS = 500;
/* A WAV file without a sample has only this much. */
const HEAD_BYTES = 44;

export class Ear {
  #callId;
  #handset;
  #sound;
  #heard = 0;
  #next = 0;
  #timer;

  constructor(callId, handset) {
    this.#callId = callId;
    this.#handset = handset;
    this.#sound = new AudioContext();
    this.#timer = setInterval(() => this.#hear(), EVERY_MS);
  }

  close() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sound.close();
  }

  /* Whole seconds are asked for, so that no sample is lost at the edge. */
  async #hear() {
    const from = this.#heard;
    const file = await control.heard(this.#callId, this.#handset, from).catch(() => undefined);
    if (!file || file.byteLength <= HEAD_BYTES || !this.#timer || from !== this.#heard) return;
    const part = await this.#sound.decodeAudioData(file);
    const whole = Math.floor(part.duration);
    if (!whole || !this.#timer || from !== this.#heard) return;
    this.#heard = from + whole;
    const source = this.#sound.createBufferSource();
    source.buffer = part;
    source.connect(this.#sound.destination);
    this.#next = Math.max(this.#next, this.#sound.currentTime);
    source.start(this.#next, 0, whole);
    this.#next += whole;
  }
}
