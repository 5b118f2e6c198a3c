/* Lets people hear what a phone hears, a few tenths of a second late. */

import * as control from "./control.js";

const RATE = 8000;
const EVERY_MS = 150;
/* So much is kept ready to be heard, in case the next part is late. */
const LEAD_SECONDS = 0.2;
const HEAD_BYTES = 44;

export class Ear {
  #callId;
  #handset;
  #sound;
  #heard = 0;
  #next = 0;
  #asking = false;
  #timer;

  constructor(callId, handset) {
    this.#callId = callId;
    this.#handset = handset;
    this.#sound = new AudioContext({ sampleRate: RATE });
    this.#timer = setInterval(() => this.#hear(), EVERY_MS);
  }

  close() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sound.close();
  }

  /* Each part begins with the sample after the last one of the part before. */
  async #hear() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const file = await control.heard(this.#callId, this.#handset, this.#heard / RATE);
      if (file && this.#timer) this.#play(new Int16Array(file.slice(HEAD_BYTES)));
    } catch {
      /* The next part holds what this one would have. */
    } finally {
      this.#asking = false;
    }
  }

  #play(samples) {
    if (!samples.length) return;
    this.#heard += samples.length;
    const part = this.#sound.createBuffer(1, samples.length, RATE);
    part.getChannelData(0).set(Float32Array.from(samples, (sample) => sample / 32768));
    const source = new AudioBufferSourceNode(this.#sound, { buffer: part });
    source.connect(this.#sound.destination);
    if (this.#next < this.#sound.currentTime) this.#next = this.#sound.currentTime + LEAD_SECONDS;
    source.start(this.#next);
    this.#next += part.duration;
  }
}
