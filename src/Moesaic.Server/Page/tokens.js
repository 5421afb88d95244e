import { element } from "./element.js";
import { paint } from "./colours.js";
import { inWords } from "./experts.js";

/**
 * An answer's text as tokens in the colours of their experts, underlined in the colour of the second one. One stop of the keyboard; arrow
 * keys walk from token to token. Dispatches "look" with the token that is looked at.
 */
export class Tokens extends EventTarget {
  /** The element. */
  text = element("p", { className: "tokens" });

  #experts;
  #shown = [];
  #bySpan = new WeakMap();
  #rest = document.createTextNode("");
  #walker = -1;

  constructor(experts) {
    super();
    this.#experts = experts;
    this.text.append(this.#rest);
    if (experts === null) return;
    this.text.tabIndex = 0;
    this.text.role = "group";
    this.text.ariaLabel = "Answer in the colours of its experts. Left and right: from token to token. Up and down: from layer to layer.";
    this.text.addEventListener("keydown", (event) => this.#walk(event));
    this.text.addEventListener("pointerover", ({ target }) => this.#point(target));
    this.text.addEventListener("pointerdown", ({ target }) => this.#point(target));
    this.text.addEventListener("blur", () => this.#stand(-1));
  }

  /** Adds pairs of token and text, and shows behind them the text that is no token's yet. */
  add(pairs, rest) {
    const added = document.createDocumentFragment();
    for (const { token, text } of pairs) {
      if (this.#experts === null) added.append(text);
      else added.append(...this.#tile(token, text));
    }
    this.#rest.data = rest;
    this.#rest.before(added);
  }

  // White space at which lines break stays outside, or a tile would have a part of itself in the line before.
  #tile(token, text) {
    const [, before, own, after] = /^( (?=\S))?([^]*?)(\n\s*)?$/.exec(text);
    const span = element("span", { className: after ? "token break" : own === "" ? "token part" : "token" }, own);
    const shown = { token, text, span };
    this.#shown.push(shown);
    this.#bySpan.set(span, shown);
    this.#colour(shown);
    return [before ?? "", span, after ?? ""];
  }

  /** Colours all tokens anew. */
  recolour() {
    this.#shown.forEach((shown) => this.#colour(shown));
  }

  #colour({ token, span }) {
    const routing = this.#experts.of(token);
    const [first, second] = routing?.experts ?? [];
    const { only, numbers, layer } = this.#experts;
    span.classList.toggle("none", first === undefined);
    span.classList.toggle("two", second !== undefined);
    span.classList.toggle("other", only !== null && !routing?.experts.includes(only));
    if (first !== undefined) paint(span, first);
    if (second !== undefined) paint(span, second, "--second");
    span.title = `layer ${layer.layer}: ${inWords(routing)}`;
    if (numbers && first !== undefined) span.dataset.experts = second === undefined ? first : `${first}·${second}`;
    else delete span.dataset.experts;
  }

  #point(target) {
    const shown = this.#bySpan.get(target);
    if (shown) this.#look(shown);
  }

  #look(shown) {
    this.dispatchEvent(new CustomEvent("look", { detail: shown }));
  }

  #walk(event) {
    const last = this.#shown.length - 1;
    const steps = { ArrowRight: Math.min(this.#walker + 1, last), ArrowLeft: Math.max(this.#walker - 1, 0), Home: 0, End: last };
    const layers = { ArrowUp: 1, ArrowDown: -1 };
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || last < 0) return;
    if (event.key in steps) {
      const shown = this.#stand(steps[event.key]);
      shown.span.scrollIntoView({ block: "nearest" });
      this.#look(shown);
    } else if (event.key in layers) {
      const at = this.#experts.at + layers[event.key];
      if (at >= 0 && at < this.#experts.mixtures.length) this.#experts.look({ at });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #stand(place) {
    this.#shown[this.#walker]?.span.classList.remove("here");
    this.#walker = place;
    this.#shown[place]?.span.classList.add("here");
    return this.#shown[place];
  }
}
