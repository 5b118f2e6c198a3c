/* How names, times and counts are shown. */

const FACES = 6;
const CLOCK = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const SECONDS = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

export function faceOf(number, name) {
  const sum = [...number].reduce((total, sign) => total + sign.codePointAt(0), 0);
  return { face: `face-${sum % FACES}`, initial: /^\p{L}/u.test(name) ? [...name][0].toUpperCase() : "#" };
}

export function showFace(element, number, name) {
  const { face, initial } = faceOf(number, name);
  element.className = `face ${face}`;
  element.textContent = initial;
}

export function showTime(element, created, format = CLOCK) {
  element.dateTime = created;
  element.textContent = format.format(new Date(created));
}

export const showSecond = (element, created) => showTime(element, created, SECONDS);

export const lasting = (seconds) => (seconds === 1 ? "1 second" : `${seconds} seconds`);

export function badge(element, count, what) {
  element.hidden = !count;
  element.textContent = count > 99 ? "99+" : count;
  element.setAttribute("aria-label", `${count} ${what}`);
}

/* Do what may fail, and say below it what went wrong. */
export async function attempt(trouble, work) {
  try {
    await work;
    trouble.hidden = true;
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
}
