/* The texts of one phone: who there are conversations with, and the one that is open. */

import { Compose, EMPTY, isEmpty, together } from "./compose.js";
import * as control from "./control.js";
import { focusFirst, isReachable } from "./focus.js";
import { isNumber } from "./numbers.js";
import { Talk } from "./talk.js";
import { Thread } from "./thread.js";
import { attempt, badge, copy, showFace, showTime } from "./words.js";

const RANK = { created: 0, sent: 1, delivered: 2, failed: 2 };
/* A phone keeps as many texts of a conversation as the simulator. */
const KEPT = 500;
/* Where a text to somebody who is still to be named is written. */
const NOBODY = "";

/* A text waits at the operator until it is delivered; what a phone has sent it has. */
export const hasCome = ({ direction, status }) => direction === "outgoing" || RANK[status] === 2;

const peerOf = ({ direction, from, to }) => (direction === "outgoing" ? to : from);

export class Texts {
  #number;
  #people;
  #names;
  #told;
  #dial;
  #talk;
  #known = new Map();
  #threads = new Map();
  #drafts = new Map();
  #addressed = "";
  /* Whose conversation is on the screen; undefined where it is the list of all. */
  #at;
  /* A conversation that a person has gone to, or writes in, stays; until then the phone shows where something happens. */
  #chosen = false;
  #ready = false;
  #sending = Promise.resolve();

  /* `told` hears of each text that arrives unseen, and `dial` calls somebody. */
  constructor(panel, { number, people, told, dial }) {
    this.#number = number;
    this.#people = people;
    this.#names = (peer) => people.nameOf(peer);
    this.#told = told;
    this.#dial = dial;
    const find = (selector) => panel.querySelector(selector);
    this.parts = {
      panel, inbox: find(".inbox"), none: find(".none"), threads: find(".threads"), thread: find(".thread"), back: find(".back"), fresh: find(".new"),
      unread: find(".back .badge"), name: find(".peer-name"), ring: find(".ring"), form: find(".write"), to: find(".to"), mute: find(".mute"),
      scroll: find(".scroll"),
    };
    const { back, ring, form, fresh } = this.parts;
    this.#talk = new Talk(panel, { names: this.#names });
    this.compose = new Compose(form, { send: (draft) => this.#send(draft) });
    fresh.addEventListener("click", () => this.#write());
    back.addEventListener("click", () => this.#leave());
    ring.addEventListener("click", () => attempt(this.compose.trouble, this.#dial(this.#at)));
    form.addEventListener("focusin", () => {
      this.#chosen = true;
    });
  }

  get unread() {
    let count = 0;
    for (const thread of this.#threads.values()) count += thread.unread;
    return count;
  }

  /* Texts that wait at the operator until the phone is on. */
  get waiting() {
    let count = 0;
    for (const text of this.#known.values()) count += !hasCome(text);
    return count;
  }

  /* Begin with the conversation of the newest text, or else with whom people here text most: the house. */
  begin(newest) {
    this.#ready = true;
    const peer = newest ? peerOf(newest) : this.#people.house;
    if (peer && this.#at === undefined && !this.#chosen) this.#show(this.#threadWith(peer));
  }

  show(text, { live }) {
    const key = `${text.direction} ${text.id}`;
    const known = this.#known.get(key);
    if (known && RANK[known.status] > RANK[text.status]) return;
    this.#known.set(key, text);
    if (!hasCome(text)) return;
    const thread = this.#threadWith(peerOf(text));
    if (known && hasCome(known)) this.#change(thread, key, text);
    else this.#add(thread, key, text, live);
  }

  /* There are other people, or they have other names. */
  meet() {
    for (const thread of this.#threads.values()) this.#name(thread);
    if (this.#at) this.#head(this.#at);
    else if (this.#ready && !this.#threads.size) this.begin();
  }

  /* While it shows what there was, nobody is told. */
  hush(quiet) {
    this.#talk.hush(quiet);
  }

  /* What is written here has been seen. */
  seen() {
    if (this.#talk.thread) this.#read(this.#talk.thread);
  }

  open(peer) {
    this.#chosen = true;
    this.#show(this.#threadWith(peer));
    focusFirst(this.parts.form.message, this.parts.scroll);
  }

  clear() {
    this.#known.clear();
    this.#threads.clear();
    this.parts.threads.replaceChildren();
    this.parts.none.hidden = false;
    this.#leave();
    this.#drafts.clear();
    this.#addressed = "";
    this.#chosen = false;
    this.#ready = false;
  }

  #threadWith(peer) {
    let thread = this.#threads.get(peer);
    if (!thread) {
      const item = copy("conversation");
      thread = new Thread(peer, item);
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
    const empty = this.#at === undefined || (this.#talk.thread && !this.#talk.thread.size);
    const later = thread.add(key, text);
    if (this.#talk.thread === thread) this.#talk.add({ key, text }, later);
    else if (live && empty && !this.#chosen) this.#show(thread);
    if (thread.size > KEPT) this.#forget(thread);
    const unseen = text.direction === "incoming" && live && !this.#isSeen(thread);
    if (unseen) thread.unread += 1;
    this.#summarise(thread);
    if (unseen) this.#told(text);
  }

  #change(thread, key, text) {
    thread.change(key, text);
    if (this.#talk.thread === thread) this.#talk.change(key, text);
  }

  #forget(thread) {
    const key = thread.forget();
    if (this.#talk.thread === thread) this.#talk.forget(key);
    this.#known.delete(key);
  }

  #isSeen(thread) {
    return this.#talk.thread === thread && !this.parts.panel.hidden;
  }

  #summarise(thread) {
    const { item, unread } = thread;
    const { threads, none } = this.parts;
    const moment = thread.newest?.moment ?? Date.now();
    item.querySelector(".excerpt").textContent = this.#excerpt(thread).slice(0, 80);
    showTime(item.querySelector("time"), new Date(moment).toISOString());
    badge(item.querySelector(".badge"), unread, "not read");
    item.dataset.newest = moment;
    const first = [...threads.children].find((other) => other === item || Number(other.dataset.newest) <= moment);
    if (first !== item) threads.insertBefore(item, first ?? null);
    none.hidden = true;
    this.#count();
  }

  #excerpt({ peer, newest }) {
    const draft = this.#drafts.get(peer) ?? EMPTY;
    if (!isEmpty(draft)) return `Draft: ${draft.message || "a picture"}`;
    const { direction, message } = newest.text;
    return (direction === "outgoing" ? "You: " : "") + (message || "A picture");
  }

  #count() {
    badge(this.parts.unread, this.unread - (this.#talk.thread?.unread ?? 0), "not read elsewhere");
  }

  #read(thread) {
    thread.unread = 0;
    badge(thread.item.querySelector(".badge"), 0, "not read");
    this.#count();
  }

  #show(thread) {
    const { panel: screen, inbox, thread: panel, form, scroll } = this.parts;
    const focused = screen.contains(document.activeElement);
    this.#go(thread.peer);
    inbox.hidden = true;
    panel.hidden = false;
    this.#head(thread.peer);
    this.#talk.open(thread);
    this.#read(thread);
    if (focused && !isReachable(document.activeElement)) focusFirst(form.message, scroll);
  }

  /* Who a conversation is with, and what can be done there. */
  #head(peer) {
    const { name, to, form, mute, ring } = this.parts;
    name.textContent = this.#names(peer);
    to.hidden = true;
    form.to.value = peer;
    form.hidden = !isNumber(peer);
    ring.hidden = !this.#people.takesCalls(peer);
    mute.hidden = isNumber(peer);
  }

  #leave() {
    const { inbox, thread, threads, fresh } = this.parts;
    const focused = thread.contains(document.activeElement);
    this.#go(undefined);
    this.#talk.shut();
    this.#chosen = true;
    thread.hidden = true;
    inbox.hidden = false;
    if (focused) focusFirst(threads.querySelector("button"), fresh);
  }

  /* A new text, to somebody who is still to be named. */
  #write() {
    const { inbox, thread, name, form, mute, to, ring } = this.parts;
    this.#go(NOBODY);
    this.#talk.shut();
    this.#chosen = true;
    inbox.hidden = mute.hidden = ring.hidden = true;
    thread.hidden = to.hidden = form.hidden = false;
    name.textContent = "New text";
    form.to.value = this.#addressed;
    form.to.focus();
  }

  /* What is written and not sent waits where it was written. */
  #go(peer) {
    if (this.#at !== undefined) this.#keep(this.#at, this.compose.take());
    if (this.#at === NOBODY) this.#addressed = this.parts.form.to.value;
    this.#at = peer;
    this.compose.put(this.#drafts.get(peer) ?? EMPTY);
    this.#drafts.delete(peer);
  }

  #keep(peer, draft) {
    const thread = this.#threads.get(peer);
    if (isEmpty(draft)) this.#drafts.delete(peer);
    else this.#drafts.set(peer, draft);
    if (thread?.size || (thread && !isEmpty(draft))) this.#summarise(thread);
    else thread?.item.remove();
    this.parts.none.hidden = this.parts.threads.childElementCount > 0;
  }

  /* One after the other, so that they arrive in the order in which they were written. */
  #send(draft) {
    const at = this.#at;
    const written = this.parts.form.to.value;
    const sent = this.#sending.then(() => this.#deliver(draft, at, written));
    this.#sending = sent.catch(() => {});
    return sent;
  }

  async #deliver(draft, at, written) {
    try {
      const peer = at || this.#people.find(written);
      await control.send(this.#number, peer, draft.message, await this.compose.read(draft.files));
      if (at === NOBODY && this.#at === NOBODY) this.#arrive(peer);
      this.#talk.end();
    } catch (error) {
      if (this.#at === at) this.compose.put(together(draft, this.compose.take()));
      else this.#keep(at, together(draft, this.#drafts.get(at) ?? EMPTY));
      throw error;
    }
  }

  /* Somebody new was written to: the conversation goes on, with what has been written since. */
  #arrive(peer) {
    const begun = this.compose.take();
    this.#show(this.#threadWith(peer));
    this.#addressed = "";
    this.compose.put(together(this.compose.take(), begun));
  }
}
