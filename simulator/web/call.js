/* The call of one phone: it rings, is answered, hears, presses keys and hangs up. */

import { Bell } from "./bell.js";
import * as control from "./control.js";
import { KEYS, addKeys } from "./dial.js";
import { Ear } from "./listen.js";
import { Microphone, hasMicrophone } from "./mic.js";

/* Pieces of a tenth of a second are on their way for less. */
const LEAD_SECONDS = 0.2;
const STATES = { dialling: "Calling", ringing: "Call from", talking: "On the phone with", ended: "Call over with" };

export class Call {
  #names;
  #call;
  #leg;
  #ear;
  #microphone;
  #closed;
  #behind;
  #bell = new Bell();

  /* What lies `behind` cannot be reached while the call is in front of it. */
  constructor(panel, { names, behind }) {
    this.#names = names;
    this.#behind = behind;
    const find = (selector) => panel.querySelector(selector);
    this.panel = panel;
    this.parts = {
      state: find(".call-state"), peer: find(".call-peer"), doing: find(".call-doing"), keypad: find(".keypad"),
      pressed: find(".pressed"), answer: find(".answer"), decline: find(".decline"), hangUp: find(".hang-up"),
      close: find(".close"), listen: find(".listen"), say: find(".say"), mic: find(".mic"), heard: find(".heard"), trouble: find(".trouble"),
    };
    const { keypad, answer, decline, hangUp, close, listen, say, mic } = this.parts;
    addKeys(keypad, (key) => this.#press(key));
    answer.addEventListener("click", () => this.#do("answer"));
    decline.addEventListener("click", () => this.#do("decline"));
    hangUp.addEventListener("click", () => this.#do("hangup"));
    close.addEventListener("click", () => {
      this.clear();
      this.#behind[1].querySelector("[aria-current=true]").focus();
    });
    listen.addEventListener("change", () => this.#hear());
    say.addEventListener("change", () => this.#say());
    mic.addEventListener("click", () => (this.#microphone ? this.#mute() : this.#talk()));
    panel.addEventListener("keydown", (event) => {
      const typing = event.ctrlKey || event.metaKey || event.altKey;
      if (KEYS.includes(event.key) && !typing && !this.parts.keypad.hidden) this.#press(event.key);
    });
  }

  /* Show a call that this phone has a part in; the newest one, in the state it came to last. */
  show(call, handset) {
    const leg = call.legs.findLast((end) => end.handset === handset);
    if (!leg || call.id === this.#closed || leg.kind === "realtime" || leg.state === "trying") return;
    const same = call.id === this.#call?.id;
    if (same && call.version <= this.#call.version) return;
    if (!same && (leg.state === "ended" || (this.#leg && this.#leg.state !== "ended"))) return;
    if (!same) this.parts.pressed.textContent = "";
    this.#call = call;
    this.#leg = leg;
    const missed = leg.state === "ended" && call.from !== handset && (leg.outcome !== "success" || leg.voicemail);
    if (missed) this.clear();
    else this.#fill(leg);
  }

  clear() {
    this.#closed = this.#call?.id;
    this.#call = undefined;
    this.#leg = undefined;
    this.#hear();
    this.#mute();
    this.parts.heard.removeAttribute("src");
    this.#bell.quiet();
    this.#open(false);
  }

  #open(open) {
    this.panel.hidden = !open;
    for (const element of this.#behind) element.inert = open;
  }

  #fill({ state, peer, voicemail, handset }) {
    const { parts } = this;
    const ringing = state === "ringing";
    const talking = state === "talking";
    const over = state === "ended";
    const focused = this.panel.contains(document.activeElement);
    this.#open(true);
    if (ringing) this.#bell.ring();
    else this.#bell.quiet();
    this.panel.dataset.state = state;
    parts.state.textContent = voicemail && talking ? "Voicemail takes a message of" : STATES[state];
    parts.peer.textContent = peer ? this.#names(peer) : "a hidden number";
    parts.doing.textContent = ringing ? "" : this.#doing();
    parts.answer.hidden = parts.decline.hidden = !ringing;
    parts.hangUp.hidden = ringing || over;
    parts.mic.hidden = !talking || voicemail || !hasMicrophone();
    if (parts.mic.hidden) this.#mute();
    parts.keypad.hidden = parts.pressed.hidden = parts.say.parentElement.hidden = !talking || voicemail;
    parts.listen.parentElement.hidden = ringing || over;
    parts.close.hidden = !over;
    const address = control.heardPath(this.#call.id, handset);
    parts.heard.hidden = !over || !this.#call.start;
    if (!parts.heard.hidden && !parts.heard.src.endsWith(address)) parts.heard.src = address;
    this.#hear();
    /* Whoever has pressed a button that is gone goes on with the keyboard. */
    if (focused && document.activeElement.closest("[hidden], [inert]")) this.panel.focus();
  }

  #doing() {
    const { state, phase, result, trouble, signal, duration } = this.#call;
    if (state !== "ended") return phase ?? "";
    const after = duration === null ? "never answered" : `${duration} seconds`;
    return [signal ?? result, after, trouble].filter(Boolean).join(", ");
  }

  /* Sound needs a click: answering and calling are some. */
  #hear() {
    const wanted = this.#leg?.state === "talking" && this.parts.listen.checked;
    if (wanted && !this.#ear) this.#ear = new Ear(this.#call.id, this.#leg.handset);
    if (!wanted) {
      this.#ear?.close();
      this.#ear = undefined;
    }
  }

  /* The person is asked for the microphone here, and nowhere else. */
  async #talk() {
    const { id } = this.#call;
    const { handset } = this.#leg;
    const microphone = new Microphone({
      send: (file) => control.say(id, handset, file, LEAD_SECONDS),
      failed: (error) => this.#lose(microphone, error),
    });
    this.#microphone = microphone;
    this.#showMicrophone();
    try {
      await microphone.open();
    } catch (error) {
      const refused = error.name === "NotAllowedError" || error.name === "NotFoundError";
      this.#lose(microphone, refused ? new Error("There is no microphone to talk into. A WAV file can be said instead.") : error);
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

  #press(key) {
    this.parts.pressed.textContent = (this.parts.pressed.textContent + key).slice(-12);
    return this.#do("digits", { digits: key });
  }

  async #say() {
    const { say } = this.parts;
    const [file] = say.files;
    say.value = "";
    if (file) await this.#attempt(control.say(this.#call.id, this.#leg.handset, file));
  }

  #do(what, data) {
    return this.#attempt(control.act(this.#call.id, what, { handset: this.#leg.handset, ...data }));
  }

  async #attempt(work) {
    const { trouble } = this.parts;
    try {
      await work;
      trouble.hidden = true;
    } catch (error) {
      trouble.textContent = error.message;
      trouble.hidden = false;
    }
  }
}
