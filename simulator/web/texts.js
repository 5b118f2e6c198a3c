/* The texts of one phone: who there are conversations with, and the one that is open. */

import { Bubble } from "./bubble.js";
import { Compose } from "./compose.js";
import * as control from "./control.js";
import { attempt, badge, bare, copy, isNumber, showFace, showTime } from "./words.js";

const RANK = { created: 0, sent: 1, delivered: 2, failed: 2 };
/* So many texts of a conversation are drawn at first, and so many more each time; a phone keeps as many as the simulator. */
const DRAWN = 30;
const KEPT = 500;

const peerOf = ({ direction, from, to }) => (direction === "outgoing" ? to : from);

export class Texts {
  #number;
  #names;
  #told;
  #dial;
  #known = new Map();
  #threads = new Map();
  #open;
  /* A conversation that a person has gone to stays; until then the phone shows where something happens. */
  #chosen = false;

  /* `told` hears of each text that arrives unseen, and `dial` calls somebody. */
  constructor(panel, { number, names, told, dial }) {
    this.#number = number;
    this.#names = names;
    this.#told = told;
    this.#dial = dial;
    const find = (selector) => panel.querySelector(selector);
    this.parts = {
      panel, inbox: find(".inbox"), none: find(".none"), threads: find(".threads"), thread: find(".thread"), back: find(".back"),
      unread: find(".back .badge"), name: find(".peer-name"), ring: find(".ring"), scroll: find(".scroll"), earlier: find(".earlier"),
      talk: find(".talk"), form: find(".write"), to: find(".to"), mute: find(".mute"),
    };
    const { back, ring, earlier, form } = this.parts;
    this.compose = new Compose(form, { send: (message, images) => this.#send(message, images) });
    find(".new").addEventListener("click", () => this.#write());
    back.addEventListener("click", () => this.#leave());
    ring.addEventListener("click", () => attempt(this.compose.trouble, this.#dial(this.#open.peer)));
    earlier.addEventListener("click", () => this.#drawEarlier());
  }

  get unread() {
    let count = 0;
    for (const thread of this.#threads.values()) count += thread.unread;
    return count;
  }

  /* Texts that wait at the operator until the phone is on. */
  get waiting() {
    let count = 0;
    for (const { direction, status } of this.#known.values()) count += direction === "incoming" && RANK[status] < 2;
    return count;
  }

  /* Begin with whom people here text most: the house. */
  suggest(peer) {
    if (!this.#open && !this.#chosen && !this.#threads.size) this.#show(this.#threadWith(peer));
  }

  show(text, { live }) {
    const key = `${text.direction} ${text.id}`;
    const known = this.#known.get(key);
    if (known && RANK[known.status] > RANK[text.status]) return;
    this.#known.set(key, text);
    const came = text.direction === "outgoing" || RANK[text.status] === 2;
    const thread = came ? this.#threadWith(peerOf(text)) : undefined;
    if (!thread) return;
    if (thread.texts.has(key)) this.#change(thread, key, text);
    else this.#add(thread, key, text, live);
  }

  /* Names may have changed. */
  rename() {
    for (const thread of this.#threads.values()) this.#name(thread);
    if (this.#open) this.parts.name.textContent = this.#names(this.#open.peer);
  }

  /* What is written here has been seen. */
  seen() {
    if (this.#open) this.#read(this.#open);
  }

  open(peer) {
    this.#chosen = true;
    this.#show(this.#threadWith(peer));
  }

  clear() {
    this.#known.clear();
    this.#threads.clear();
    this.parts.threads.replaceChildren();
    this.parts.none.hidden = false;
    this.#chosen = false;
    this.#leave();
    this.#chosen = false;
  }

  #threadWith(peer) {
    let thread = this.#threads.get(peer);
    if (!thread) {
      const item = copy("conversation");
      thread = { peer, item, texts: new Map(), drawn: new Map(), unread: 0 };
      item.querySelector("button").addEventListener("click", () => this.open(peer));
      this.#threads.set(peer, thread);
      this.#name(thread);
    }
    return thread;
  }

  #name({ peer, item }) {
    const name = this.#names(peer);
    item.querySelector(".thread-name").textContent = name;
    showFace(item.querySelector(".face"), peer, name);
  }

  #add(thread, key, text, live) {
    thread.texts.set(key, text);
    if (thread.texts.size > KEPT) this.#forget(thread);
    if (live && this.#open !== thread && !this.#chosen && !this.#open?.texts.size) this.#show(thread);
    else if (this.#open === thread) this.#draw(thread, key, text);
    const unseen = text.direction === "incoming" && live && !this.#isSeen(thread);
    if (unseen) thread.unread += 1;
    this.#summarise(thread, text);
    if (unseen) this.#told(text);
  }

  #change(thread, key, text) {
    thread.texts.set(key, text);
    thread.drawn.get(key)?.change(text);
  }

  #isSeen(thread) {
    return this.#open === thread && !this.parts.panel.hidden;
  }

  #summarise(thread, text) {
    const { item, unread } = thread;
    const mine = text.direction === "outgoing" ? "You: " : "";
    item.querySelector(".excerpt").textContent = mine + (text.message || "A picture").slice(0, 80);
    showTime(item.querySelector("time"), text.created);
    badge(item.querySelector(".badge"), unread, "not read");
    if (this.parts.threads.firstElementChild !== item) this.parts.threads.prepend(item);
    this.parts.none.hidden = true;
    this.#count();
  }

  #count() {
    badge(this.parts.unread, this.unread - (this.#open?.unread ?? 0), "not read elsewhere");
  }

  #read(thread) {
    thread.unread = 0;
    badge(thread.item.querySelector(".badge"), 0, "not read");
    this.#count();
  }

  #show(thread) {
    const { inbox, thread: panel, name, talk, form, mute, to, earlier, ring } = this.parts;
    const answerable = isNumber(thread.peer);
    this.#shut();
    this.#open = thread;
    inbox.hidden = true;
    panel.hidden = to.hidden = false;
    to.hidden = true;
    form.to.value = thread.peer;
    name.textContent = this.#names(thread.peer);
    talk.setAttribute("aria-label", `Texts with ${this.#names(thread.peer)}`);
    form.hidden = ring.hidden = !answerable;
    mute.hidden = answerable;
    /* What was there before is not read out again. */
    talk.setAttribute("aria-busy", "true");
    for (const [key, text] of [...thread.texts].slice(-DRAWN)) this.#draw(thread, key, text);
    talk.setAttribute("aria-busy", "false");
    earlier.hidden = thread.drawn.size >= thread.texts.size;
    this.#read(thread);
  }

  #shut() {
    this.#open?.drawn.clear();
    this.#open = undefined;
    this.parts.talk.replaceChildren();
    this.parts.scroll.scrollTop = 0;
  }

  #leave() {
    const { inbox, thread, threads } = this.parts;
    const focused = thread.contains(document.activeElement);
    this.#shut();
    this.#chosen = true;
    thread.hidden = true;
    inbox.hidden = false;
    this.compose.clear();
    if (focused) (threads.querySelector("button") ?? inbox.querySelector(".new")).focus();
  }

  /* A new text, to somebody who is still to be named. */
  #write() {
    const { inbox, thread, name, form, mute, to, earlier, ring } = this.parts;
    this.#shut();
    this.#chosen = true;
    inbox.hidden = mute.hidden = ring.hidden = earlier.hidden = true;
    thread.hidden = to.hidden = form.hidden = false;
    ring.hidden = true;
    name.textContent = "New text";
    form.to.value = "";
    form.to.focus();
  }

  #draw(thread, key, text) {
    const bubble = new Bubble(text, this.#names);
    thread.drawn.set(key, bubble);
    this.parts.talk.append(bubble.element);
    if (thread.drawn.size <= 3 * DRAWN || this.parts.scroll.scrollTop < 0) return;
    const [[oldest, gone]] = thread.drawn;
    gone.element.remove();
    thread.drawn.delete(oldest);
    this.parts.earlier.hidden = false;
  }

  #drawEarlier() {
    const { drawn, texts } = this.#open;
    const { talk, earlier } = this.parts;
    const missing = [...texts].slice(0, texts.size - drawn.size).slice(-DRAWN);
    const bubbles = missing.map(([key, text]) => [key, new Bubble(text, this.#names)]);
    this.#open.drawn = new Map([...bubbles, ...drawn]);
    talk.prepend(...bubbles.map(([, { element }]) => element));
    earlier.hidden = this.#open.drawn.size >= texts.size;
  }

  #forget(thread) {
    const [oldest] = thread.texts.keys();
    thread.texts.delete(oldest);
    thread.drawn.get(oldest)?.element.remove();
    thread.drawn.delete(oldest);
    this.#known.delete(oldest);
  }

  async #send(message, images) {
    const peer = bare(this.parts.form.to.value);
    const thread = this.#open;
    await control.send(this.#number, peer, message, images);
    this.#chosen = true;
    if (!thread) this.#show(this.#threadWith(peer));
    this.parts.scroll.scrollTop = 0;
  }
}
