/* The calls a phone has had, and what its voicemail took. */

import * as control from "./control.js";
import { attempt, copy, lasting, showTime } from "./words.js";

const KEPT = 50;
const MISSED = { busy: "was turned away", failed: "missed" };

export class Recents {
  #number;
  #people;
  #dial;
  #told;
  #items = new Map();

  constructor(panel, { number, people, dial, told }) {
    this.#number = number;
    this.#people = people;
    this.#dial = dial;
    this.#told = told;
    const find = (selector) => panel.querySelector(selector);
    this.parts = { panel, list: find(".recents"), none: find(".none"), voicemail: find(".voicemail"), trouble: find(".trouble") };
    const { voicemail, trouble } = this.parts;
    voicemail.addEventListener("change", () => attempt(trouble, control.putHandset(number, { voicemail: voicemail.checked })));
    this.missed = 0;
  }

  change({ voicemail }) {
    this.parts.voicemail.checked = voicemail !== null;
  }

  show(call, { live }) {
    const leg = call.legs.findLast((end) => end.handset === this.#number);
    if (!leg || leg.state !== "ended") return;
    let item = this.#items.get(call.id);
    const known = Boolean(item);
    item ??= this.#enter(call, leg);
    const mine = call.from === this.#number;
    const missed = !mine && (leg.outcome !== "success" || leg.voicemail);
    const find = (selector) => item.querySelector(selector);
    item.classList.toggle("missed", missed);
    find(".way").textContent = mine ? "↗" : "↙";
    find(".recent-about").textContent = this.#about(call, leg, { mine, missed });
    this.#playBack(find("audio"), call, leg);
    if (known || !missed || !live) return;
    if (this.parts.panel.hidden) this.missed += 1;
    this.#told(leg.peer);
  }

  seen() {
    this.missed = 0;
  }

  clear() {
    this.#items.clear();
    this.parts.list.replaceChildren();
    this.parts.none.hidden = false;
    this.missed = 0;
  }

  #enter(call, { peer }) {
    const item = copy("recent");
    const other = call.from === this.#number ? call.to : peer;
    const name = other ? this.#people.nameOf(other) : "hidden number";
    item.querySelector(".recent-name").textContent = name;
    showTime(item.querySelector("time"), call.created);
    const again = item.querySelector(".again");
    again.hidden = !this.#people.takesCalls(other);
    again.setAttribute("aria-label", `Call ${name}`);
    again.addEventListener("click", () => attempt(this.parts.trouble, this.#dial(other)));
    this.#items.set(call.id, item);
    this.parts.list.prepend(item);
    this.parts.none.hidden = true;
    if (this.#items.size > KEPT) {
      const [[oldest, gone]] = this.#items;
      gone.remove();
      this.#items.delete(oldest);
    }
    return item;
  }

  #about({ duration, signal }, { outcome, voicemail }, { mine, missed }) {
    if (voicemail) return "voicemail";
    if (missed) return MISSED[outcome] ?? "missed";
    if (mine && duration === null) return signal ?? "not answered";
    return duration === null ? "over" : lasting(duration);
  }

  #playBack(sound, { id, start }, leg) {
    if (!start || leg.outcome !== "success" && !leg.voicemail || sound.src) return;
    sound.hidden = false;
    sound.setAttribute("aria-label", leg.voicemail ? "The message in the voicemail" : "What was heard");
    sound.src = control.heardPath(id, leg.handset);
  }
}
