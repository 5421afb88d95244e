import { byId, element } from "./element.js";
import { paint } from "./colours.js";
import { inWords } from "./experts.js";

/** A tile with an expert's number in its colour. */
export function tile(expert) {
  const made = element("b", { className: "tile" }, `${expert}`);
  paint(made, expert);
  return made;
}

/** A token's text where it stands alone: white space is made visible. */
export const visible = (text) => (text === "" ? "part of a character" : text.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\t", "⇥"));

/** The bar above the conversation: which layer colours the text, its experts, and the token that is looked at with its way through all layers. */
export class LookBar {
  #experts;
  #layer = byId("layer");
  #legend = byId("legend");
  #token = byId("token");
  #built = -1;
  #shown = null;

  constructor(experts) {
    this.#experts = experts;
    byId("look").hidden = false;
    this.#layer.max = experts.mixtures.length - 1;
    this.#layer.addEventListener("input", () => experts.look({ at: Number(this.#layer.value) }));
    byId("numbers").addEventListener("change", ({ target }) => experts.look({ numbers: target.checked }));
    experts.addEventListener("look", () => this.#show());
    experts.addEventListener("counts", () => this.#shares());
    this.#show();
  }

  /** Shows a token of an answer, or with null how to choose one. */
  show(shown) {
    this.#shown = shown;
    const own = byId("way");
    if (shown === null) {
      this.#token.textContent = "Touch a token, or walk through an answer with the arrow keys, to see its experts in every layer.";
      own.replaceChildren();
      return;
    }
    const { token, text } = shown;
    const routing = this.#experts.of(token);
    this.#token.replaceChildren(element("code", {}, visible(text || token.text)), ` layer ${this.#experts.layer.layer}: ${inWords(routing)}`);
    own.replaceChildren(...(token.layers ?? []).map(({ layer, experts }) =>
      element("span", { className: layer === this.#experts.layer.layer ? "here" : "" }, `${layer}`, ...experts.map(tile))));
  }

  #show() {
    const { at, layer, only, mixtures } = this.#experts;
    this.#layer.value = at;
    this.#layer.ariaValueText = `layer ${layer.layer}, ${at + 1} of ${mixtures.length}`;
    byId("layer-number").textContent = layer.layer;
    if (this.#built !== at) {
      this.#built = at;
      this.#legend.replaceChildren(...Array.from({ length: layer.experts }, (_, expert) => this.#button(expert)));
    }
    [...this.#legend.children].forEach((button, expert) => (button.ariaPressed = `${expert === only}`));
    this.#shares();
    this.show(this.#shown);
  }

  #button(expert) {
    const made = element("button", { type: "button", className: "expert" }, `${expert}`);
    paint(made, expert);
    made.addEventListener("click", () => this.#experts.look({ only: this.#experts.only === expert ? null : expert }));
    return made;
  }

  #shares() {
    const counts = this.#experts.answer[this.#experts.at];
    const sum = counts.reduce((a, b) => a + b, 0);
    [...this.#legend.children].forEach((button, expert) => {
      const share = sum === 0 ? 0 : counts[expert] / sum;
      button.style.setProperty("--share", `${Math.round(share * 100)}%`);
      button.title = `Expert ${expert}: ${Math.round(share * 100)} % of the last answer's choices in layer ${this.#experts.layer.layer}`;
    });
  }
}
