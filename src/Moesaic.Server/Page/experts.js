import { percent } from "./numbers.js";

/**
 * What is known of the experts at work: how often each was chosen in this page's answers, and which layer and expert the reader looks at.
 * Dispatches "counts" when choices came, "look" when the reader looks elsewhere.
 */
export class Experts extends EventTarget {
  /** Mixture layers: { layer, experts, chosen }. */
  mixtures;
  /** Index in mixtures of the layer that colours the text. */
  at = 0;
  /** The expert whose tokens stand out, or null. */
  only = null;
  /** Whether numbers stand beside tokens. */
  numbers = false;
  /** The name of the routing setting of the server. */
  setting = "";
  /** Choices in the last answer and in all of them, as [mixture][expert]. */
  answer;
  all;

  #places = new Map();

  constructor(mixtures) {
    super();
    this.mixtures = mixtures;
    this.at = Math.floor(mixtures.length / 2);
    this.#places = new Map(mixtures.map(({ layer }, i) => [layer, i]));
    this.forget();
  }

  /** The layer that colours the text. */
  get layer() {
    return this.mixtures[this.at];
  }

  /** The experts and weights of a token in the layer that colours the text; undefined where it has none. */
  of = (token) => token.layers?.find(({ layer }) => layer === this.layer.layer);

  /** Looks at another layer, expert, or with or without numbers. */
  look(change) {
    if (change.at !== undefined && change.at !== this.at) change.only = null;
    Object.assign(this, change);
    this.dispatchEvent(new Event("look"));
  }

  /** Counts from now on what is of another answer. */
  begin() {
    this.answer = this.#empty();
    this.dispatchEvent(new Event("counts"));
  }

  /** Counts tokens. */
  take(tokens) {
    for (const { layers = [] } of tokens) {
      for (const { layer, experts } of layers) {
        const place = this.#places.get(layer);
        for (const expert of experts) {
          this.answer[place][expert]++;
          this.all[place][expert]++;
        }
      }
    }
    this.dispatchEvent(new Event("counts"));
  }

  /** Starts from zero. */
  forget() {
    this.all = this.#empty();
    this.begin();
  }

  #empty() {
    return this.mixtures.map(({ experts }) => new Uint32Array(experts));
  }
}

/** How many experts a token used on average over its layers. */
export const perToken = (tokens) => {
  const layers = tokens.flatMap((token) => token.layers ?? []);
  return layers.length === 0 ? null : layers.reduce((sum, { experts }) => sum + experts.length, 0) / layers.length;
};

/** A token's experts in a layer in words, with their parts of the weight: "expert 5 (61 %), expert 1 (39 %)". */
export function inWords(routing) {
  if (!routing || routing.experts.length === 0) return "no expert";
  // Routers scale weights as they like.
  const all = routing.weights.reduce((sum, weight) => sum + weight, 0);
  return routing.experts.map((expert, i) => `expert ${expert} (${percent(all > 0 ? routing.weights[i] / all : 0)})`).join(", ");
}
