/* One phone on the page: its head, its switch, and what its screen shows. */

import { Call } from "./call.js";
import * as control from "./control.js";
import { Dial } from "./dial.js";
import { Recents } from "./recents.js";
import { Texts } from "./texts.js";
import { attempt, badge, copy, isNumber, showFace, spaced } from "./words.js";

const BANNER_MS = 6000;

export class Phone {
  #handset;
  #names;
  #bannerTimer;

  constructor(handset, { names }) {
    this.#names = names;
    this.element = copy("phone");
    const find = (selector) => this.element.querySelector(selector);
    this.parts = {
      name: find("h2"), number: find(".number"), face: find(".face"), power: find(".switch input"), powerLabel: find(".switch .hidden"),
      screen: find(".screen"), banner: find(".banner"), dark: find(".dark"), waiting: find(".waiting"), apps: find(".apps"),
    };
    const { number } = handset;
    const dial = (to) => control.dial(number, to);
    const panel = (name) => find(`.app.${name}`);
    this.panels = { texts: panel("texts"), dial: panel("dial"), calls: panel("calls") };
    this.texts = new Texts(this.panels.texts, { number, names, dial, told: (text) => this.#tellOf(text) });
    this.dial = new Dial(this.panels.dial, { dial });
    this.recents = new Recents(this.panels.calls, { number, names, dial, told: (_call, { peer }) => this.#tellOfCall(peer) });
    this.call = new Call(find(".call"), { names, behind: [this.parts.screen, this.parts.apps] });
    this.parts.power.addEventListener("change", () => this.#turn());
    for (const button of this.parts.apps.children) button.addEventListener("click", () => this.#open(button.dataset.app));
    this.change(handset);
  }

  change(handset) {
    this.#handset = handset;
    const { name, number, face, power, powerLabel, screen, apps, dark } = this.parts;
    const called = handset.name || spaced(handset.number);
    name.textContent = called;
    number.textContent = handset.name ? spaced(handset.number) : "";
    showFace(face, handset.number, handset.name);
    power.checked = handset.on;
    powerLabel.textContent = `${called}'s phone is on`;
    this.element.setAttribute("aria-label", `Phone of ${called}`);
    this.element.classList.toggle("off", !handset.on);
    this.element.dataset.kind = handset.kind;
    dark.hidden = handset.on;
    for (const panel of Object.values(this.panels)) panel.inert = !handset.on;
    for (const button of apps.children) button.disabled = !handset.on;
    if (handset.kind !== "phone") {
      screen.dataset.only = handset.kind === "sip" ? "A SIP address: it is only rung" : "A softphone: it is only rung";
      for (const hidden of [...Object.values(this.panels), apps]) hidden.hidden = true;
    }
    this.recents.change(handset);
    this.#count();
  }

  /* Offer somebody to text and to call unless another was chosen. */
  suggest(number) {
    if (this.#handset.kind !== "phone") return;
    this.texts.suggest(number);
    this.dial.suggest(number);
  }

  show(text, { live = false } = {}) {
    this.texts.show(text, { live });
    this.#count();
  }

  showCall(call, { live = false } = {}) {
    this.call.show(call, this.#handset.number);
    this.recents.show(call, { live });
    this.#count();
  }

  rename() {
    this.texts.rename();
  }

  clear() {
    this.texts.clear();
    this.recents.clear();
    this.call.clear();
    this.#dismiss();
    this.#count();
  }

  #open(app) {
    for (const [name, panel] of Object.entries(this.panels)) panel.hidden = name !== app;
    for (const button of this.parts.apps.children) button.setAttribute("aria-current", button.dataset.app === app);
    if (app === "texts") this.texts.seen();
    if (app === "calls") this.recents.seen();
    this.#dismiss();
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
    this.#banner(`${this.#names(from)}: ${message || "a picture"}`, () => {
      this.#open("texts");
      this.texts.open(from);
      this.#count();
    });
  }

  #tellOfCall(peer) {
    if (!this.panels.calls.hidden) return;
    this.#banner(`Missed call from ${isNumber(peer) ? this.#names(peer) : "a hidden number"}`, () => this.#open("calls"));
  }

  #banner(words, open) {
    const { banner } = this.parts;
    banner.textContent = words;
    banner.hidden = false;
    banner.onclick = open;
    clearTimeout(this.#bannerTimer);
    this.#bannerTimer = setTimeout(() => this.#dismiss(), BANNER_MS);
  }

  #dismiss() {
    clearTimeout(this.#bannerTimer);
    this.parts.banner.hidden = true;
  }

  async #turn() {
    const { power } = this.parts;
    const wanted = power.checked;
    await attempt(this.texts.compose.trouble, control.putHandset(this.#handset.number, { on: wanted }).catch((error) => {
      power.checked = this.#handset.on;
      throw error;
    }));
  }
}
