/* Asks the simulator, and hears from it what happens. */

const handsetPath = (number, rest = "") => `/simulator/handsets/${encodeURIComponent(number)}${rest}`;

async function ask(path, method = "GET", body = undefined) {
  let response;
  try {
    response = await fetch(path, { method, body: body && JSON.stringify(body) });
  } catch {
    throw new Error("The simulator does not answer.");
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

export const account = () => ask("/simulator/account");
export const numbers = () => ask("/simulator/numbers");
export const handsets = () => ask("/simulator/handsets");
export const texts = (number) => ask(handsetPath(number, "/messages?images=addresses"));
export const putHandset = (number, changes) => ask(handsetPath(number), "PUT", changes);
export const send = (number, to, message, images) => ask(handsetPath(number, "/messages"), "POST", { to, message, images });

/* `open` is called whenever the line is there (again), and must fetch what may have been missed. */
export function listen({ open, lost, ...heard }) {
  const source = new EventSource("/simulator/events");
  source.addEventListener("open", open);
  source.addEventListener("error", lost);
  for (const [name, hear] of Object.entries(heard)) {
    source.addEventListener(name, (event) => hear(JSON.parse(event.data)));
  }
}
