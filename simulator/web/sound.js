/* One of the tabs that show this page plays what the phones play; two would be heard twice. */

const LOCK = "46elks simulator: sound";

let here = true;

export const playsHere = () => here;

function change(now, changed) {
  here = now;
  changed(now);
}

/* Play here if nobody else does, or as soon as nobody else does; with `steal`, from now on. `changed` hears which it is. */
export async function claimSound(changed, { steal = false } = {}) {
  /* Browsers share nothing between pages of other computers that do not come by https. */
  if (!navigator.locks) return;
  const hold = () => {
    change(true, changed);
    return new Promise(() => {});
  };
  try {
    if (steal) await navigator.locks.request(LOCK, { steal }, hold);
    await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? hold() : change(false, changed)));
    await navigator.locks.request(LOCK, hold);
  } catch {
    /* Another tab was told to play. */
    change(false, changed);
  }
}
