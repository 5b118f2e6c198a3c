/* One phone on the page: its head, its switch, and what its screen shows. */

import { announce } from "./announce.js";
import { Banner } from "./banner.js";
import { Call } from "./call.js";
import * as control from "./control.js";
import { Dial } from "./dial.js";
import { focusFirst, isReachable } from "./focus.js";
import { isNumber, spaced } from "./numbers.js";
import { Recents } from "./recents.js";
import { Texts } from "./texts.js";
import { attempt, badge, copy, showFace } from "./words.js";

export class Phone {
  #handset;
  #people;
  isLoaded = false;

  constructor(handset, { people }) {
    this.#people = people;
    this.element = copy("phone");
    const find = (selector) => this.element.querySelector(selector);
    this.parts = {
      name: find("h2"), number: find(".number"), face: find(".face"), power: find(".switch input"), powerLabel: find(".switch .hidden"),
      screen: find(".screen"), dark: find(".dark"), waiting: find(".waiting"), apps: find(".apps"), trouble: find(".power-trouble"),
    };
    const { number } = handset;
    const dial = (to) => control.dial(number, to);
    const panel = (name) => find(`.app.${name}`);
    this.panels = { texts: panel("texts"), dial: panel("dial"), calls: panel("calls") };
    this.banner = new Banner(find(".banner"));
    this.texts = new Texts(this.panels.texts, { number, people, dial, told: (text) => this.#tellOf(text) });
    this.dial = new Dial(this.panels.dial, { people, dial });
    this.recents = new Recents(this.panels.calls, { number, people, dial, told: (peer) => this.#tellOfCall(peer) });
    this.call = new Call(find(".call"), {
      people, phone: this.element, behind: [this.parts.screen, this.parts.apps], told: (words) => this.#announce(words),
    });
    this.parts.power.addEventListener("change", () => attempt(this.parts.trouble, this.#turn()));
    for (const button of this.parts.apps.children) button.addEventListener("click", () => this.#open(button.dataset.app));
    this.change(handset);
  }

  change(handset) {
    this.#handset = handset;
    const { name, number, face, power, screen, apps, dark } = this.parts;
    const focused = this.element.contains(document.activeElement);
    const called = this.#called;
    name.textContent = called;
    number.textContent = handset.name ? spaced(handset.number) : "";
    showFace(face, handset.number, handset.name);
    power.checked = handset.on;
    this.#label(called);
    this.element.classList.toggle("off", !handset.on);
    this.element.dataset.kind = handset.kind;
    dark.hidden = handset.on;
    for (const panel of Object.values(this.panels)) panel.inert = !handset.on;
    for (const button of apps.children) button.disabled = !handset.on;
    if (handset.kind !== "phone") {
      screen.dataset.only = handset.kind === "sip" ? "A SIP address: it is only rung" : "A softphone: it is only rung";
      for (const hidden of [...Object.values(this.panels), apps]) hidden.hidden = true;
    }
    /* Who is switched off neither rings nor talks. */
    if (!handset.on) {
      this.call.clear();
      this.banner.dismiss();
    }
    this.recents.change(handset);
    this.#count();
    if (focused && !isReachable(document.activeElement)) power.focus();
  }

  /* Begin with the conversation of the newest text, or with the house. */
  begin(newest) {
    if (this.#handset.kind !== "phone") return;
    this.texts.begin(newest);
    this.dial.suggest();
  }

  /* What follows was there before the page was. */
  load(newest) {
    this.texts.hush(true);
    this.begin(newest);
  }

  loaded() {
    this.isLoaded = true;
    this.texts.hush(false);
  }

  /* There are other people, or they have other names. */
  meet() {
    if (this.#handset.kind !== "phone") return;
    this.texts.meet();
    this.dial.suggest();
  }

  show(text, { live = false } = {}) {
    this.texts.show(text, { live });
    this.#count();
  }

  showCall(call, { live = false } = {}) {
    if (this.#handset.on) this.call.show(call, this.#handset.number);
    this.recents.show(call, { live });
    this.#count();
  }

  /* Calls that are not among these are over, and nobody knows any more how. */
  keepCalls(ids) {
    this.call.keep(ids);
  }

  clear() {
    this.isLoaded = false;
    this.call.clear();
    this.texts.clear();
    this.recents.clear();
    this.banner.dismiss();
    this.#count();
  }

  remove() {
    const focused = this.element.contains(document.activeElement);
    this.call.clear();
    this.element.remove();
    if (focused) document.getElementById("phones").focus();
  }

  get #called() {
    return this.#handset.name || spaced(this.#handset.number);
  }

  /* What looks alike on all phones is told apart by their names. */
  #label(called) {
    const name = (element, words) => element.setAttribute("aria-label", words);
    this.parts.powerLabel.textContent = `${called}'s phone is on`;
    name(this.element, `Phone of ${called}`);
    name(this.panels.texts, `Texts of ${called}`);
    name(this.panels.dial, `Keypad of ${called}`);
    name(this.panels.calls, `Calls of ${called}`);
    name(this.parts.apps, `What the phone of ${called} shows`);
    name(this.call.panel, `Call of ${called}`);
  }

  #announce(words) {
    announce(`${this.#called}'s phone: ${words}`);
  }

  #open(app) {
    for (const [name, panel] of Object.entries(this.panels)) panel.hidden = name !== app;
    for (const button of this.parts.apps.children) button.setAttribute("aria-current", button.dataset.app === app);
    if (app === "texts") this.texts.seen();
    if (app === "calls") this.recents.seen();
    this.banner.dismiss();
    this.#count();
  }

  #count() {
    const [texts, , calls] = this.parts.apps.children;
    badge(texts.querySelector(".badge"), this.texts.unread, "not read");
    badge(calls.querySelector(".badge"), this.recents.missed, "missed");
    if (this.#handset.on) return;
    const count = this.texts.waiting;
    this.parts.waiting.textContent = count ? `${count === 1 ? "1 text waits" : `${count} texts wait`} until it is on` : "Texts wait until it is on";
  }

  #tellOf({ from, message }) {
    const words = `${this.#people.nameOf(from)}: ${message || "a picture"}`;
    this.#announce(`text from ${words}`);
    this.banner.show(words, () => {
      this.#open("texts");
      this.texts.open(from);
      this.#count();
    });
  }

  #tellOfCall(peer) {
    const words = `Missed call from ${isNumber(peer) ? this.#people.nameOf(peer) : "a hidden number"}`;
    this.#announce(words);
    if (!this.panels.calls.hidden || !this.#handset.on) return;
    this.banner.show(words, () => {
      this.#open("calls");
      focusFirst(this.parts.apps.querySelector("[aria-current=true]"));
    });
  }

  /* Whoever switches a phone off leaves the call. */
  async #turn() {
    const { power } = this.parts;
    const leave = power.checked ? undefined : this.call.leaving();
    try {
      await control.putHandset(this.#handset.number, { on: power.checked });
    } catch (error) {
      power.checked = this.#handset.on;
      throw error;
    }
    await leave?.();
  }
}
