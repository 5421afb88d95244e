import { events } from "./sse.js";

const keyName = "moesaic-api-key";
const unreachable = "The server cannot be reached. Is it still running?";

/** What went wrong, as a sentence for the reader. */
export class Problem extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

let askForKey = async () => null;
let asking = null;

/** Sets what asks for the API key: a function of whether a key was given and refused, that returns the key, or null to give up. */
export function onMissingKey(ask) {
  askForKey = ask;
}

async function send(path, options) {
  for (;;) {
    const key = sessionStorage.getItem(keyName);
    const headers = { ...options.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
    let response;
    try {
      response = await fetch(path, { ...options, headers, cache: "no-store" });
    } catch (error) {
      throw error.name === "AbortError" ? error : new Problem(unreachable);
    }
    if (response.ok) return response;
    if (response.status !== 401) throw await problemOf(response);
    // Several requests at a time ask once.
    asking ??= askForKey(key !== null).finally(() => (asking = null));
    const given = await asking;
    if (given === null) throw new Problem("This server answers only to those who have its API key.", 401);
    sessionStorage.setItem(keyName, given);
  }
}

async function problemOf(response) {
  const said = await response.json().then((body) => body.error?.message, () => null);
  const wait = Number(response.headers.get("Retry-After"));
  const again = wait > 0 ? ` Try again in ${wait === 1 ? "a second" : `${wait} seconds`}.` : "";
  return new Problem(sentence(said ?? `The server answered ${response.status} ${response.statusText}`) + again, response.status);
}

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** The JSON at a path. */
export const get = async (path) => (await send(path, {})).json();

/** Puts JSON to a path. */
export const put = (path, value) =>
  send(path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });

/** The chunks of a streamed answer. Throws a Problem where the server tells of one, and an AbortError when the signal is given. */
export async function* stream(path, body, signal) {
  const response = await send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ ...body, stream: true }),
    signal,
  });
  try {
    for await (const data of events(response.body)) {
      if (data === "[DONE]") return;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Problem(sentence(chunk.error.message));
      yield chunk;
    }
  } catch (error) {
    throw error instanceof TypeError ? new Problem("The answer broke off: the connection was lost.") : error;
  }
  throw new Problem("The answer broke off: the server closed the connection.");
}
