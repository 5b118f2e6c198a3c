/* Asks the simulator, and hears from it what happens. */

const handsetPath = (number, rest = "") => `/simulator/handsets/${encodeURIComponent(number)}${rest}`;

async function get(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Error("The simulator does not answer.");
  }
}

/* What the simulator refuses to do, with the status of its answer. */
export class RefusedError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function read(response) {
  const answer = await response.json();
  if (!response.ok) throw new RefusedError(answer.error, response.status);
  return answer;
}

async function ask(path, method = "GET", data = undefined) {
  const said = data && { body: JSON.stringify(data), headers: { "Content-Type": "application/json" } };
  return read(await get(path, { method, ...said }));
}

export const account = () => ask("/simulator/account");
export const bills = () => ask("/simulator/bills");
export const log = (last) => ask(`/simulator/log?last=${last}`);
export const numbers = () => ask("/simulator/numbers");
export const handsets = () => ask("/simulator/handsets");
export const texts = (number) => ask(handsetPath(number, "/messages?images=addresses"));
export const putHandset = (number, changes) => ask(handsetPath(number), "PUT", changes);
export const send = (number, to, message, images) => ask(handsetPath(number, "/messages"), "POST", { to, message, images });
export const calls = () => ask("/simulator/calls");
export const dial = (number, to) => ask(handsetPath(number, "/calls"), "POST", { to });
export const act = (id, what, data) => ask(`/simulator/calls/${id}/${what}`, "POST", data);
export const heardPath = (id, handset) => `/simulator/calls/${id}/heard.wav?handset=${encodeURIComponent(handset)}`;

export async function heard(id, handset, after) {
  const response = await get(`${heardPath(id, handset)}&after=${after}`);
  return response.ok ? response.arrayBuffer() : undefined;
}

/* With a `lead`, what is said in pieces is heard without a gap where one is a little late. */
export async function say(id, handset, file, lead = 0) {
  const path = `/simulator/calls/${id}/audio?handset=${encodeURIComponent(handset)}&lead=${lead}`;
  return read(await get(path, { method: "POST", body: file, headers: { "Content-Type": "audio/wav" } }));
}

/* The first event of a line that is there (again) is `hello`: what happened until then may have been missed. */
export function listen({ open, lost, ...heard }) {
  const source = new EventSource("/simulator/events");
  source.addEventListener("open", open);
  source.addEventListener("error", lost);
  for (const [name, hear] of Object.entries(heard)) {
    source.addEventListener(name, (event) => hear(JSON.parse(event.data)));
  }
}
