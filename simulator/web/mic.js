/* Lets people talk into a phone with the browser's microphone. */

const RATE = 8000;
/* What is higher a telephone does not carry. */
const HIGHEST_HERTZ = 3400;
/* What waits for longer than a second would be heard too late. */
const MOST_WAITING = 10;

/* Browsers lend the microphone to pages of this computer, and to those that come by https. */
export const hasMicrophone = () => Boolean(navigator.mediaDevices?.getUserMedia) && "AudioWorkletNode" in window;

export class Microphone {
  #send;
  #failed;
  #stream;
  #sound;
  #waiting = [];
  #sending = false;
  #open = true;

  /* `send` takes a WAV file at a time; `failed` is told of what went wrong, and that is the end. */
  constructor({ send, failed }) {
    this.#send = send;
    this.#failed = failed;
  }

  /* Ask the person, and talk from then on. */
  async open() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    this.#stream = stream;
    if (!this.#open) {
      this.close();
      return;
    }
    this.#sound = new AudioContext();
    await this.#sound.audioWorklet.addModule("mic-worklet.js");
    if (!this.#open) return;
    const low = new BiquadFilterNode(this.#sound, { type: "lowpass", frequency: HIGHEST_HERTZ });
    const telephone = new AudioWorkletNode(this.#sound, "telephone", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    telephone.port.addEventListener("message", ({ data }) => this.#take(data));
    telephone.port.start();
    this.#sound.createMediaStreamSource(stream).connect(low).connect(telephone);
  }

  close() {
    this.#open = false;
    this.#waiting = [];
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    if (this.#sound?.state !== "closed") this.#sound?.close();
  }

  async #take(piece) {
    if (!this.#open) return;
    this.#waiting = [...this.#waiting, piece].slice(-MOST_WAITING);
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#waiting.length) await this.#send(wavOf(this.#waiting.splice(0)));
    } catch (error) {
      this.close();
      this.#failed(error);
    } finally {
      this.#sending = false;
    }
  }
}

/* A WAV file is little-endian, as is every computer with a browser. */
function wavOf(pieces) {
  const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  const head = new DataView(new ArrayBuffer(44));
  const write = (offset, text) => [...text].forEach((letter, index) => head.setUint8(offset + index, letter.charCodeAt(0)));
  write(0, "RIFF");
  head.setUint32(4, 36 + size, true);
  write(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, 1, true);
  head.setUint32(24, RATE, true);
  head.setUint32(28, RATE * 2, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  write(36, "data");
  head.setUint32(40, size, true);
  return new Blob([head, ...pieces], { type: "audio/wav" });
}
