/* Work is done in small slices, one for each picture on the screen: so nothing that arrives, however much, holds the page up. */

const SLICE_MS = 6;
const HIDDEN_MS = 50;

let waiting = [];
let planned;

/* Do it before the screen is drawn next, or a little later where much is to be done. */
export function soon(work) {
  waiting.push(work);
  plan();
}

/* Return what does something soon, and once however often it is asked for until then. */
export function once(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    soon(() => {
      asked = false;
      work();
    });
  };
}

/* A page that nobody sees is not drawn: what waits for a picture then would wait until somebody looks. */
function plan() {
  if (planned) return;
  planned = document.hidden ? { timer: setTimeout(run, HIDDEN_MS) } : { frame: requestAnimationFrame(run) };
}

document.addEventListener("visibilitychange", () => {
  if (!planned) return;
  clearTimeout(planned.timer);
  cancelAnimationFrame(planned.frame);
  planned = undefined;
  plan();
});

function run() {
  planned = undefined;
  const until = performance.now() + SLICE_MS;
  let done = 0;
  try {
    while (done < waiting.length && performance.now() < until) {
      done += 1;
      waiting[done - 1]();
    }
  } finally {
    waiting = waiting.slice(done);
    if (waiting.length) plan();
  }
}
