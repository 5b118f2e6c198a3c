/* Lets people hear what a phone hears, a few tenths of a second late. */

import * as control from "./control.js";
import { playsHere } from "./sound.js";

const RATE = 8000;
const EVERY_MS = 150;
/* So much is kept ready to be heard, in case the next part is late. */
const LEAD_SECONDS = 0.2;
/* What would be heard later than this is left out: after a long wait people want to hear what is said now. */
const MOST_SECONDS = 0.6;
const HEAD_BYTES = 44;

export class Ear {
  #callId;
  #handset;
  #sound;
  #heard = 0;
  #next = 0;
  #asking = false;
  #timer;

  /* `changed` is called when the browser begins to play, or stops. */
  constructor(callId, handset, { changed }) {
    this.#callId = callId;
    this.#handset = handset;
    this.#sound = new AudioContext({ sampleRate: RATE });
    this.#sound.addEventListener("statechange", changed);
    this.#timer = setInterval(() => this.#hear(), EVERY_MS);
  }

  /* Whether the browser waits for a click before it plays anything. */
  get isWaiting() {
    return this.#sound.state === "suspended" && navigator.userActivation?.hasBeenActive === false;
  }

  resume() {
    this.#sound.resume();
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
      if (file && this.#timer) this.#take(new Int16Array(file.slice(HEAD_BYTES)));
    } catch {
      /* The next part holds what this one would have. */
    } finally {
      this.#asking = false;
    }
  }

  #take(samples) {
    this.#heard += samples.length;
    const now = this.#sound.currentTime;
    if (this.#next < now) this.#next = now + LEAD_SECONDS;
    const room = Math.floor((now + MOST_SECONDS - this.#next) * RATE);
    if (samples.length && room > 0 && playsHere()) this.#play(samples.slice(-room));
  }

  #play(samples) {
    const part = this.#sound.createBuffer(1, samples.length, RATE);
    part.getChannelData(0).set(Float32Array.from(samples, (sample) => sample / 32768));
    const source = new AudioBufferSourceNode(this.#sound, { buffer: part });
    source.connect(this.#sound.destination);
    source.start(this.#next);
    this.#next += part.duration;
  }
}
