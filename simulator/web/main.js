/* The page: the account, the phones side by side, and what goes between Home Assistant and 46elks. */

import * as control from "./control.js";
import { Money } from "./money.js";
import { once, soon } from "./pace.js";
import { Phone } from "./phone.js";
import { Wire } from "./wire.js";
import { spaced } from "./words.js";

const SHOWN = 24;
const LOGGED = 100;
const FIRST_FREE = 46701740605;
const element = (id) => document.getElementById(id);

const handsets = new Map();
const phones = new Map();
const recipients = new Map();
let numbers = [];

const isHouse = (number) => numbers.some((own) => own.number === number);
const nameOf = (number) => handsets.get(number)?.name || (isHouse(number) ? "The house" : spaced(number));

const wire = new Wire(element("wire"));
const money = new Money(document, { about: (id) => recipients.has(id) && nameOf(recipients.get(id)) });

function answeredBy(address, what) {
  if (!address) return `nothing answers ${what}`;
  return URL.canParse(address) ? `${what} go to ${new URL(address).host}` : `${what} have a fixed answer`;
}

function showNumbers() {
  element("numbers").replaceChildren(...numbers.filter(({ active }) => active === "yes").map((number) => {
    const item = document.createElement("li");
    const written = document.createElement("strong");
    const about = document.createElement("small");
    written.textContent = number.name ? `${number.name} ${spaced(number.number)}` : spaced(number.number);
    const answers = number.capabilities.includes("websocket")
      ? answeredBy(number.websocket_url, "sockets")
      : `${answeredBy(number.sms_url, "texts")}, ${answeredBy(number.voice_start, "calls")}`;
    about.textContent = answers;
    item.title = number.capabilities.join(", ");
    item.append(written, about);
    return item;
  }));
  showPeople();
}

const showPeople = once(() => {
  const options = [...numbers, ...[...handsets.values()].slice(0, SHOWN)].map(({ number, name }) => {
    const option = document.createElement("option");
    option.value = number;
    if (name) option.label = name;
    return option;
  });
  element("people").replaceChildren(...options);
  for (const phone of phones.values()) {
    if (numbers.length) phone.suggest(numbers[0].number);
    phone.rename();
  }
});

function showHandset(handset) {
  const { number } = handset;
  const named = handsets.get(number)?.name !== handset.name;
  handsets.set(number, handset);
  if (phones.has(number)) phones.get(number).change(handset);
  else if (phones.size < SHOWN) {
    const phone = new Phone(handset, { names: nameOf });
    phones.set(number, phone);
    element("phones").append(phone.element);
  }
  const hidden = handsets.size - phones.size;
  element("more").hidden = !hidden;
  element("more").textContent = `and ${hidden} more phones that were texted`;
  if (named) showPeople();
}

function showText(number, text, live) {
  if (text.direction === "incoming") recipients.set(text.id, number);
  phones.get(number)?.show(text, { live });
}

function showCall(call, live) {
  recipients.set(call.id, call.direction === "outgoing" ? call.to : call.from);
  for (const handset of new Set(call.legs.map((leg) => leg.handset))) phones.get(handset)?.showCall(call, { live });
}

async function refresh() {
  const [account, ownNumbers, everyone, entries] = await Promise.all([
    control.account(), control.numbers(), control.handsets(), control.log(LOGGED),
  ]);
  money.show(account);
  numbers = ownNumbers;
  showNumbers();
  const there = new Set(everyone.map(({ number }) => number));
  for (const number of [...handsets.keys()].filter((known) => !there.has(known))) {
    handsets.delete(number);
    phones.get(number)?.element.remove();
    phones.delete(number);
  }
  for (const handset of everyone) soon(() => showHandset(handset));
  for (const entry of entries) soon(() => wire.show(entry));
  await Promise.all([...there].slice(0, SHOWN).map(async (number) => {
    for (const text of await control.texts(number)) soon(() => showText(number, text, false));
  }));
  for (const call of await control.calls()) soon(() => showCall(call, false));
}

async function attempt(work) {
  const trouble = element("trouble");
  try {
    await work();
    trouble.hidden = true;
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
}

/* Numbers change rarely, the balance with every text: ask once for a burst. */
let asking;
function numbersMayHaveChanged() {
  clearTimeout(asking);
  asking = setTimeout(() => attempt(async () => {
    const known = JSON.stringify(numbers);
    numbers = await control.numbers();
    if (JSON.stringify(numbers) !== known) showNumbers();
  }), 300);
}

function showLine(text, live) {
  element("line").textContent = text;
  element("line").classList.toggle("live", live);
}

/* What comes is shown in the order it came in. */
const inTurn = (show) => (what) => soon(() => show(what));

control.listen({
  open() {
    showLine("live", true);
    attempt(refresh);
  },
  lost: () => showLine("reconnecting", false),
  account(account) {
    soon(() => money.show(account));
    numbersMayHaveChanged();
  },
  handset: inTurn(showHandset),
  message: inTurn((text) => showText(text.handset, text, true)),
  call: inTurn((call) => showCall(call, true)),
  log: inTurn((entry) => wire.show(entry)),
  reset: inTurn(() => {
    for (const phone of phones.values()) phone.clear();
    recipients.clear();
    wire.reset();
    attempt(refresh);
  }),
});

const dialog = element("dialog");
const form = element("dialog-form");

element("add").addEventListener("click", () => {
  form.reset();
  element("dialog-trouble").hidden = true;
  const taken = new Set([...handsets.keys(), ...numbers.map(({ number }) => number)]);
  let free = FIRST_FREE;
  while (taken.has(`+${free}`)) free += 1;
  form.number.value = `+${free}`;
  dialog.showModal();
});
element("dialog-cancel").addEventListener("click", () => dialog.close());
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await control.putHandset(form.number.value, { name: form.elements.namedItem("name").value.trim(), on: true });
    dialog.close();
  } catch (error) {
    element("dialog-trouble").textContent = error.message;
    element("dialog-trouble").hidden = false;
  }
});
