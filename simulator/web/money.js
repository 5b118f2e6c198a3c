/* What is left on the account, what was spent, and what for. */

import * as control from "./control.js";
import { once } from "./pace.js";
import { copy, showSecond } from "./words.js";

const WHAT = { s: "Text", m: "Picture message", c: "Call", n: "Number" };

export class Money {
  #format = (amount) => amount;
  #open = false;

  /* `about` tells who something was to or from, by its id at 46elks. */
  constructor(root, { about }) {
    const find = (id) => root.getElementById(id);
    this.parts = { balance: find("balance"), spent: find("spent"), panel: find("money"), none: find("money-none"), bills: find("bills") };
    this.about = about;
    this.refresh = once(() => this.#list());
    this.parts.panel.addEventListener("toggle", ({ newState }) => {
      this.#open = newState === "open";
      this.refresh();
    });
  }

  show({ balance, spent, currency }) {
    const money = new Intl.NumberFormat([], { style: "currency", currency, maximumFractionDigits: 4 });
    this.#format = (amount) => money.format(Number(amount));
    this.parts.balance.textContent = this.#format(balance);
    this.parts.spent.textContent = this.#format(spent);
    this.refresh();
  }

  async #list() {
    if (!this.#open) return;
    const bills = await control.bills().catch(() => undefined);
    /* What the simulator does not tell now it tells when it is there again. */
    if (!bills) return;
    this.parts.none.hidden = bills.length > 0;
    /* Of what is paid for in parts, like each minute of a call, the oldest is the last one. */
    this.parts.bills.replaceChildren(...bills.map(({ reference, created, cost }, index) => {
      const item = copy("bill");
      const what = [WHAT[reference[0]] ?? "Other", this.about(reference)].filter(Boolean).join(" ");
      const more = bills.slice(index + 1).some((older) => older.reference === reference);
      item.querySelector(".bill-what").textContent = more ? `${what}, more of it` : what;
      showSecond(item.querySelector("time"), `${created}Z`);
      item.querySelector(".bill-cost").textContent = this.#format(cost);
      return item;
    }));
  }
}
