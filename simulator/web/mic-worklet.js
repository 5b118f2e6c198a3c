/* Makes of what a microphone hears what a telephone carries: 8000 samples of 16 bits a second, a tenth of a second at a time. */

const RATE = 8000;
const PIECE = RATE / 10;
const LOUDEST = 32767;

registerProcessor("telephone", class extends AudioWorkletProcessor {
  #piece = new Int16Array(PIECE);
  #filled = 0;
  #sum = 0;
  #count = 0;
  #position = 0;

  /* Each sample of a telephone is the mean of those that fall on it. */
  process([[channel]]) {
    for (const sample of channel ?? []) {
      this.#sum += sample;
      this.#count += 1;
      this.#position += RATE;
      if (this.#position < sampleRate) continue;
      this.#position -= sampleRate;
      this.#add(this.#sum / this.#count);
      this.#sum = this.#count = 0;
    }
    return true;
  }

  #add(sample) {
    this.#piece[this.#filled] = Math.round(Math.max(-1, Math.min(1, sample)) * LOUDEST);
    this.#filled += 1;
    if (this.#filled < PIECE) return;
    this.port.postMessage(this.#piece.slice());
    this.#filled = 0;
  }
});
