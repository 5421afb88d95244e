import { stream } from "./api.js";
import { Aligner } from "./aligner.js";

/**
 * One answer, while it comes and afterwards. Dispatches "progress" with detail { found, count, routed }: pairs of token and text that
 * became certain, how many tokens came, and those with experts; and "end" once.
 */
export class Answer extends EventTarget {
  /** All text so far. */
  text = "";
  /** Pairs { token, text }; their texts together are the text, but for what is still to be told apart. */
  tokens = [];
  /** running, whole, cut (at the number of tokens asked for), stopped (by the reader), failed. */
  state = "running";
  /** What went wrong, as a sentence; null when nothing did. */
  problem = null;
  /** The server's own times, null before the end. */
  timings = null;
  /** Routed experts a token and layer used, as the server counts them; null where unknown. */
  expertsPerToken = null;
  /** Tokens of prompt and answer; null before the end. */
  usage = null;
  /** Names of the routing settings that it was written under, in order. */
  settings = [];

  #aligner = new Aligner();
  #abort = new AbortController();

  /** Text that belongs to no token yet. */
  get rest() {
    return this.#aligner.rest;
  }

  /** Ends the answer with what has come. */
  stop() {
    this.#abort.abort();
  }

  /** Reads the answer to its end; never throws for what the server or the network does. */
  async read(path, body) {
    try {
      for await (const chunk of stream(path, body, this.#abort.signal)) this.#take(chunk);
      if (this.state === "running") this.state = "whole";
    } catch (error) {
      const stopped = error.name === "AbortError";
      this.state = stopped ? "stopped" : "failed";
      this.problem = stopped ? null : error.message;
    }
    const found = this.#aligner.end();
    this.tokens.push(...found);
    this.#tell("progress", { found, count: 0, routed: [] });
    this.#tell("end");
  }

  #take(chunk) {
    const choice = chunk.choices?.[0];
    const text = choice?.delta?.content ?? choice?.text ?? "";
    const tokens = choice?.moesaic?.tokens ?? [];
    this.text += text;
    if (choice?.finish_reason) this.state = choice.finish_reason === "length" ? "cut" : "whole";
    this.usage = chunk.usage ?? this.usage;
    this.timings = chunk.moesaic?.timings ?? this.timings;
    this.expertsPerToken = chunk.moesaic?.experts_per_token ?? this.expertsPerToken;
    if (text === "" && tokens.length === 0) return;
    const found = this.#aligner.take(text, tokens);
    this.tokens.push(...found);
    this.#tell("progress", { found, count: tokens.length || 1, routed: tokens });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
