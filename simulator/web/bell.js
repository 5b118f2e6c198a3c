/* Lets people hear that a phone rings, once they have touched the page: before that browsers are silent. */

import { playsHere } from "./sound.js";

const RING_SECONDS = 1;
const EVERY_MS = 3000;
const LOUDNESS = 0.06;

export class Bell {
  #timer;
  #sound;

  ring() {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#strike(), EVERY_MS);
    this.#strike();
  }

  quiet() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sound?.close();
    this.#sound = undefined;
  }

  #strike() {
    if (!navigator.userActivation?.hasBeenActive || !playsHere()) return;
    this.#sound ??= new AudioContext();
    const now = this.#sound.currentTime;
    const loudness = new GainNode(this.#sound, { gain: LOUDNESS });
    loudness.connect(this.#sound.destination);
    for (const frequency of [440, 480]) {
      const tone = new OscillatorNode(this.#sound, { frequency });
      tone.connect(loudness);
      tone.start(now);
      tone.stop(now + RING_SECONDS);
    }
  }
}
