/* The page: the account, and the phones side by side. */

import * as control from "./control.js";
import { Phone } from "./phone.js";

const SHOWN = 24;
const FIRST_FREE = 46701740605;
const element = (id) => document.getElementById(id);

const handsets = new Map();
const phones = new Map();
let numbers = [];

const nameOf = (number) => handsets.get(number)?.name || number;

function showAccount(account) {
  const money = new Intl.NumberFormat([], { style: "currency", currency: account.currency });
  element("balance").textContent = money.format(Number(account.balance));
}

function answeredBy(address, what) {
  if (!address) return `nothing answers ${what}`;
  return URL.canParse(address) ? `${what} go to ${new URL(address).host}` : `${what} have a fixed answer`;
}

function showNumbers() {
  element("numbers").replaceChildren(...numbers.filter(({ active }) => active === "yes").map((number) => {
    const item = document.createElement("li");
    const written = document.createElement("strong");
    const about = document.createElement("small");
    written.textContent = number.name ? `${number.name} ${number.number}` : number.number;
    const answers = number.capabilities.includes("websocket")
      ? answeredBy(number.websocket_url, "sockets")
      : `${answeredBy(number.sms_url, "texts")}, ${answeredBy(number.voice_start, "calls")}`;
    about.textContent = `${number.capabilities.join(", ")}: ${answers}`;
    item.append(written, about);
    return item;
  }));
  showPeople();
}

function showPeople() {
  const options = [...numbers, ...[...handsets.values()].slice(0, SHOWN)].map(({ number, name }) => {
    const option = document.createElement("option");
    option.value = number;
    if (name) option.label = name;
    return option;
  });
  element("people").replaceChildren(...options);
  if (numbers.length) for (const phone of phones.values()) phone.suggest(numbers[0].number);
}

function showHandset(handset) {
  const { number } = handset;
  handsets.set(number, handset);
  if (phones.has(number)) phones.get(number).change(handset);
  else if (phones.size < SHOWN) {
    const phone = new Phone(handset, { names: nameOf, index: phones.size });
    phones.set(number, phone);
    element("phones").append(phone.element);
  }
  const hidden = handsets.size - phones.size;
  element("more").hidden = !hidden;
  element("more").textContent = `and ${hidden} more phones that were texted`;
  showPeople();
}

function showCall(call) {
  for (const handset of new Set(call.legs.map((leg) => leg.handset))) phones.get(handset)?.call.show(call, handset);
}

async function refresh() {
  const [account, ownNumbers, everyone] = await Promise.all([control.account(), control.numbers(), control.handsets()]);
  showAccount(account);
  numbers = ownNumbers;
  showNumbers();
  const there = new Set(everyone.map(({ number }) => number));
  for (const number of [...handsets.keys()].filter((known) => !there.has(known))) {
    handsets.delete(number);
    phones.get(number)?.element.remove();
    phones.delete(number);
  }
  for (const handset of everyone) showHandset(handset);
  await Promise.all([...phones].map(async ([number, phone]) => {
    for (const text of await control.texts(number)) phone.show(text);
  }));
  for (const call of await control.calls()) showCall(call);
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
    numbers = await control.numbers();
    showNumbers();
  }), 300);
}

function showLine(text, live) {
  element("line").textContent = text;
  element("line").classList.toggle("live", live);
}

control.listen({
  open() {
    showLine("live", true);
    attempt(refresh);
  },
  lost: () => showLine("reconnecting", false),
  account(account) {
    showAccount(account);
    numbersMayHaveChanged();
  },
  handset: showHandset,
  message: (text) => phones.get(text.handset)?.show(text),
  call: showCall,
  reset() {
    for (const phone of phones.values()) phone.clear();
    attempt(refresh);
  },
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
