/* The call of one phone: it rings, is answered, hears, presses keys and hangs up. */

import { Bell } from "./bell.js";
import * as control from "./control.js";
import { KEYS, addKeys } from "./dial.js";
import { focusFirst, isReachable } from "./focus.js";
import { Voice } from "./voice.js";
import { attempt, lasting } from "./words.js";

const STATES = { dialling: "Calling", ringing: "Call from", talking: "On the phone with", ended: "Call over with" };
const GONE = 404;

export class Call {
  #people;
  #phone;
  #behind;
  #told;
  #call;
  #leg;
  #closed;
  #before;
  #pressing = Promise.resolve();
  #acting = false;
  #bell = new Bell();

  /* What lies `behind` cannot be reached while the call is in front of it; `told` says to those who do not see it that it rings. */
  constructor(panel, { people, phone, behind, told }) {
    this.#people = people;
    this.#phone = phone;
    this.#behind = behind;
    this.#told = told;
    const find = (selector) => panel.querySelector(selector);
    this.panel = panel;
    this.parts = {
      state: find(".call-state"), peer: find(".call-peer"), doing: find(".call-doing"), keypad: find(".keypad"), pressed: find(".pressed"),
      answer: find(".answer"), decline: find(".decline"), hangUp: find(".hang-up"), close: find(".close"), heard: find(".heard"),
      trouble: find(".trouble"),
    };
    const { keypad, answer, decline, hangUp, close } = this.parts;
    this.voice = new Voice(panel, { attempt: (work) => this.#attempt(work) });
    addKeys(keypad, (key) => this.#press(key));
    answer.addEventListener("click", () => this.#decide("answer"));
    decline.addEventListener("click", () => this.#decide("decline"));
    hangUp.addEventListener("click", () => this.#decide("hangup"));
    close.addEventListener("click", () => this.clear());
    panel.addEventListener("keydown", (event) => {
      const other = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
      if (KEYS.includes(event.key) && !other && !keypad.hidden) this.#press(event.key);
    });
  }

  /* Show a call that this phone has a part in; the newest one, in the state it came to last. */
  show(call, handset) {
    const leg = call.legs.findLast((end) => end.handset === handset);
    if (!leg || call.id === this.#closed || leg.kind === "realtime" || leg.state === "trying") return;
    const same = call.id === this.#call?.id;
    if (same && call.version <= this.#call.version) return;
    if (!same && (leg.state === "ended" || (this.#leg && this.#leg.state !== "ended"))) return;
    if (!same) this.#forget();
    this.#call = call;
    this.#leg = leg;
    const missed = leg.state === "ended" && call.from !== handset && (leg.outcome !== "success" || leg.voicemail);
    if (missed) this.clear();
    else this.#fill(leg);
    if (!same && leg.state === "ringing") this.#told(`call from ${this.#peer}`);
  }

  /* A call that is not among these is over. */
  keep(ids) {
    if (this.#call && !ids.has(this.#call.id)) this.clear();
  }

  /* Return what leaves this call, as it is now: it may be over by then. */
  leaving() {
    if (!this.#leg || this.#leg.state === "ended") return undefined;
    const what = this.#leg.state === "ringing" ? "decline" : "hangup";
    const [id, handset] = [this.#call.id, this.#leg.handset];
    return () => control.act(id, what, { handset }).catch(() => {});
  }

  clear() {
    this.#closed = this.#call?.id ?? this.#closed;
    this.#call = undefined;
    this.#leg = undefined;
    this.voice.leave();
    this.parts.heard.removeAttribute("src");
    this.#bell.quiet();
    this.#forget();
    this.#open(false);
  }

  get #peer() {
    return this.#leg.peer ? this.#people.nameOf(this.#leg.peer) : "a hidden number";
  }

  /* What was pressed and what went wrong belonged to another call. */
  #forget() {
    this.parts.pressed.textContent = "";
    this.parts.trouble.hidden = true;
  }

  /* Whoever is at this phone with the keyboard goes to the call, and back to where they were behind it. */
  #open(open) {
    if (this.panel.hidden !== open) return;
    const focused = document.activeElement;
    if (open) {
      this.#before = focused;
      this.panel.hidden = false;
      if (this.#phone.contains(focused)) this.panel.focus();
    }
    for (const element of this.#behind) element.inert = open;
    if (open) return;
    const here = this.panel.contains(focused);
    this.panel.hidden = true;
    if (here) focusFirst(this.#before, this.#behind[1].querySelector("[aria-current=true]"), this.#phone.querySelector("[role=switch]"));
  }

  #fill({ state, voicemail, handset }) {
    const { parts } = this;
    const ringing = state === "ringing";
    const talking = state === "talking";
    const over = state === "ended";
    this.#open(true);
    const focused = this.panel.contains(document.activeElement);
    const ends = over && this.panel.dataset.state !== state;
    if (ringing) this.#bell.ring();
    else this.#bell.quiet();
    this.panel.dataset.state = state;
    parts.state.textContent = voicemail && talking ? "Voicemail takes a message of" : STATES[state];
    parts.peer.textContent = this.#peer;
    parts.doing.textContent = ringing ? "" : this.#doing();
    parts.answer.hidden = parts.decline.hidden = !ringing;
    parts.hangUp.hidden = ringing || over;
    parts.keypad.hidden = parts.pressed.hidden = !talking || voicemail;
    parts.close.hidden = !over;
    const address = control.heardPath(this.#call.id, handset);
    parts.heard.hidden = !over || !this.#call.start;
    if (!parts.heard.hidden && !parts.heard.src.endsWith(address)) parts.heard.src = address;
    this.voice.follow({ call: this.#call.id, handset, talking, machine: voicemail });
    /* Whoever has pressed a button that is gone goes on with the keyboard; all that is left to do in the end is to close it. */
    if (focused && (ends || !isReachable(document.activeElement))) focusFirst(parts.close, this.panel);
  }

  #doing() {
    const { state, phase, result, trouble, signal, duration } = this.#call;
    if (state !== "ended") return phase ?? "";
    const after = duration === null ? "never answered" : lasting(duration);
    return [signal ?? result, after, trouble].filter(Boolean).join(", ");
  }

  /* One key after the other, so that they arrive in the order in which they were pressed. */
  #press(key) {
    this.parts.pressed.textContent = (this.parts.pressed.textContent + key).slice(-12);
    const act = this.#act("digits", { digits: key });
    this.#pressing = this.#pressing.then(() => this.#attempt(act()));
  }

  /* Decide once, also where a key is held down. */
  async #decide(what) {
    if (this.#acting) return;
    this.#acting = true;
    await this.#attempt(this.#act(what)());
    this.#acting = false;
  }

  /* Return what does something in this call; a call that the simulator does not know any more is over. */
  #act(what, data) {
    const { id } = this.#call;
    const { handset } = this.#leg;
    return async () => {
      try {
        await control.act(id, what, { handset, ...data });
      } catch (error) {
        if (error.status !== GONE) throw error;
        if (this.#call?.id === id) this.clear();
      }
    };
  }

  #attempt(work) {
    return attempt(this.parts.trouble, work);
  }
}
