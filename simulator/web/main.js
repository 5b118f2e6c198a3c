/* The page: the account, the phones side by side, and what goes between Home Assistant and 46elks. */

import { Add } from "./add.js";
import * as control from "./control.js";
import { Feed } from "./feed.js";
import { Money } from "./money.js";
import { spaced } from "./numbers.js";
import { once } from "./pace.js";
import { People } from "./people.js";
import { Phone } from "./phone.js";
import { claimSound } from "./sound.js";
import { hasCome } from "./texts.js";
import { momentOf } from "./thread.js";
import { Wire } from "./wire.js";

const SHOWN = 24;
const LOGGED = 100;
/* More than there are bills to show. */
const REMEMBERED = 1000;
const BURST_MS = 300;
const element = (id) => document.getElementById(id);

const people = new People();
const phones = new Map();
/* Who a text or a call was to or from, by its id at 46elks. */
const others = new Map();

const wire = new Wire(element("wire"));
const money = new Money(document, { about: (id) => others.has(id) && `${others.get(id).way} ${people.nameOf(others.get(id).number)}` });

function showTrouble(words) {
  element("trouble").hidden = !words;
  element("trouble").textContent = words ?? "";
}

function showLine(text, live) {
  element("line").textContent = text;
  element("line").classList.toggle("live", live);
}

function answeredBy(address, what) {
  if (!address) return `nothing answers ${what}`;
  return URL.canParse(address) ? `${what} go to ${new URL(address).host}` : `${what} have a fixed answer`;
}

function showNumbers(numbers) {
  if (!people.setNumbers(numbers)) return;
  element("numbers").replaceChildren(...numbers.filter(({ active }) => active === "yes").map((number) => {
    const item = document.createElement("li");
    const written = document.createElement("strong");
    const about = document.createElement("small");
    written.textContent = number.name ? `${number.name} ${spaced(number.number)}` : spaced(number.number);
    about.textContent = number.capabilities.includes("websocket")
      ? answeredBy(number.websocket_url, "sockets")
      : `${answeredBy(number.sms_url, "texts")}, ${answeredBy(number.voice_start, "calls")}`;
    item.title = number.capabilities.join(", ");
    item.append(written, about);
    return item;
  }));
  showPeople();
}

function offer(id, those) {
  element(id).replaceChildren(...those.map(({ number, name }) => {
    const option = document.createElement("option");
    option.value = number;
    if (name) option.label = name;
    return option;
  }));
}

const showPeople = once(() => {
  offer("people", [...people.numbers, ...people.handsets.slice(0, SHOWN)]);
  offer("callable", people.callable);
  for (const phone of phones.values()) phone.meet();
});

function showHandset(handset) {
  const { number } = handset;
  const changed = people.put(handset);
  if (phones.has(number)) phones.get(number).change(handset);
  else if (phones.size < SHOWN) {
    const phone = new Phone(handset, { people });
    phones.set(number, phone);
    element("phones").append(phone.element);
  }
  const hidden = people.handsets.length - phones.size;
  element("more").hidden = !hidden;
  element("more").textContent = `and ${hidden} more ${hidden === 1 ? "phone that was" : "phones that were"} texted`;
  if (changed) showPeople();
}

/* A phone that has just come to be has nothing that it could begin with. */
function showNewHandset(handset) {
  const known = phones.has(handset.number);
  showHandset(handset);
  if (!known) phones.get(handset.number)?.begin();
}

function keepHandsets(numbers) {
  for (const { number } of people.handsets) {
    if (numbers.has(number)) continue;
    people.remove(number);
    phones.get(number)?.remove();
    phones.delete(number);
  }
}

function remember(id, way, number) {
  if (!others.has(id)) money.refresh();
  others.delete(id);
  others.set(id, { way, number });
  if (others.size > REMEMBERED) others.delete(others.keys().next().value);
}

function showText(number, text, live) {
  if (text.direction === "incoming") remember(text.id, "to", number);
  phones.get(number)?.show(text, { live });
}

function showCall(call, live) {
  if (call.direction === "outgoing") remember(call.id, "to", call.to);
  else remember(call.id, "from", call.from);
  for (const handset of new Set(call.legs.map((leg) => leg.handset))) phones.get(handset)?.showCall(call, { live });
}

/* What a phone did not have when it was loaded before has arrived since then. */
async function loadTexts({ number }, show) {
  const texts = await control.texts(number);
  texts.sort((one, other) => momentOf(one) - momentOf(other));
  show(() => phones.get(number)?.load(texts.findLast(hasCome)));
  for (const text of texts) show(() => showText(number, text, phones.get(number)?.isLoaded));
  show(() => phones.get(number)?.loaded());
}

/* What cannot be had leaves the rest as it is. */
async function load(show) {
  const troubles = [];
  const all = (asked) => Promise.all(asked.map((one) => one.catch((error) => {
    troubles.push(error.message);
  })));
  const [account, numbers, everyone, calls, entries] = await all([
    control.account(), control.numbers(), control.handsets(), control.calls(), control.log(LOGGED),
  ]);
  if (account) show(() => money.show(account));
  if (numbers) show(() => showNumbers(numbers));
  if (everyone) show(() => keepHandsets(new Set(everyone.map(({ number }) => number))));
  for (const handset of everyone ?? []) show(() => showHandset(handset));
  await all((everyone ?? []).slice(0, SHOWN).map((handset) => loadTexts(handset, show)));
  if (calls) show(() => phones.forEach((phone) => phone.keepCalls(new Set(calls.map(({ id }) => id)))));
  for (const call of calls ?? []) show(() => showCall(call, false));
  for (const entry of entries ?? []) show(() => wire.show(entry));
  showTrouble(troubles[0]);
}

function clear() {
  for (const phone of phones.values()) phone.clear();
  others.clear();
  wire.reset();
}

const feed = new Feed({ load, clear });

/* Numbers change rarely, the balance with every text: ask once for a burst. */
let asking;
function numbersMayHaveChanged() {
  asking ??= setTimeout(async () => {
    asking = undefined;
    try {
      showNumbers(await control.numbers());
    } catch (error) {
      showTrouble(error.message);
    }
  }, BURST_MS);
}

control.listen({
  open: () => showLine("live", true),
  lost: () => showLine("reconnecting", false),
  hello: ({ instance }) => feed.begin(instance),
  reset: ({ instance }) => feed.begin(instance),
  account: (account) => feed.take(() => {
    money.show(account);
    numbersMayHaveChanged();
  }),
  handset: (handset) => feed.take(() => showNewHandset(handset)),
  message: (text) => feed.take(() => showText(text.handset, text, true)),
  call: (call) => feed.take(() => showCall(call, true)),
  log: (entry) => feed.take(() => wire.show(entry)),
});

const showSound = (here) => {
  element("elsewhere").hidden = here;
};
element("play-here").addEventListener("click", () => claimSound(showSound, { steal: true }));
claimSound(showSound);

new Add(document, people);
