import { element } from "./element.js";
import { duration, fixed, plural, rate } from "./numbers.js";
import { inWords } from "./experts.js";
import { Tokens } from "./tokens.js";
import { visible } from "./look.js";

/** An answer as it is read: its tokens, what it took, and its tokens as a table for those who do not see colours. */
class AnswerView {
  whole = element("div", { className: "answer" });
  tokens;

  #answer;
  #experts;
  #before;
  #foot = element("p", { className: "foot soft" });
  #problem = element("p", { className: "problem", role: "alert" });

  constructor(answer, before, experts) {
    this.#answer = answer;
    this.#before = before;
    this.#experts = experts;
    this.tokens = new Tokens(experts);
    this.whole.append(this.tokens.text, this.#problem, this.#foot);
    this.tokens.text.classList.add("coming");
    answer.addEventListener("progress", ({ detail }) => this.tokens.add(detail.found, answer.rest));
    answer.addEventListener("end", () => this.#end());
  }

  #end() {
    this.tokens.text.classList.remove("coming");
    this.#problem.textContent = this.#answer.problem ?? "";
    this.#foot.textContent = this.#figures().join(" · ");
    if (this.#experts !== null && this.#answer.tokens.length > 0) this.#foot.after(this.#table());
  }

  #figures() {
    const { state, settings, expertsPerToken, timings, usage, tokens } = this.#answer;
    const length = usage?.completion_tokens ?? tokens.length;
    return [
      { stopped: "stopped", cut: `cut at ${plural(length, "token")}` }[state] ?? (length > 0 ? plural(length, "token") : null),
      settings.length > 0 ? settings.join(", then ") : null,
      expertsPerToken !== null ? `${fixed(expertsPerToken, 2)} experts per token` : null,
      timings?.tokens_per_second > 0 ? `${rate(timings.tokens_per_second)} tokens/s` : null,
      timings ? `first token after ${duration(timings.first_token_ms)}` : null,
      this.#comparison(),
    ].filter((figure) => figure !== null);
  }

  #comparison() {
    if (!this.#before || this.#answer.tokens.length === 0 || this.#before.tokens.length === 0) return null;
    const [own, other] = [this.#answer.tokens, this.#before.tokens];
    const differs = own.findIndex(({ token }, i) => token.id !== other[i]?.token.id);
    const same = differs < 0 ? own.length : differs;
    return same === own.length && same === other.length ? "the same text as before" : `other text than before from token ${same + 1} on`;
  }

  // Made when it is opened: it has a cell a token and layer.
  #table() {
    const made = element("details", { className: "soft" }, element("summary", {}, "Tokens as a table"));
    made.addEventListener("toggle", () => {
      if (!made.open || made.children.length > 1) return;
      const layers = this.#experts.mixtures.map(({ layer }) => layer);
      const head = element("tr", {}, element("th", { scope: "col" }, "token"), ...layers.map((layer) => element("th", { scope: "col" }, `layer ${layer}`)));
      const rows = this.#answer.tokens.map(({ token, text }) => element("tr", {},
        element("th", { scope: "row" }, visible(text || token.text)),
        ...layers.map((layer) => element("td", {}, inWords(token.layers?.find((routing) => routing.layer === layer)).replaceAll("expert ", "")))));
      made.append(element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: "Experts by token and layer" },
        element("table", {}, element("caption", { className: "unseen" }, "Experts by token and layer, with their weights"),
          element("thead", {}, head), element("tbody", {}, ...rows))));
    }, { once: false });
    return made;
  }
}

/** A question with its answers, of which one is shown. Dispatches "again", "shown" and, with a token, "look". */
export class TurnView extends EventTarget {
  whole = element("article", { className: "turn" });

  #turn;
  #experts;
  #views = [];
  #place = element("div");
  #again = button("Ask again");
  #copy = button("Copy");
  #older = button("‹", "The answer before");
  #newer = button("›", "The next answer");
  #which = element("span");
  #buttons = element("div", { className: "actions", hidden: true }, this.#older, this.#which, this.#newer, this.#copy, this.#again);

  constructor(turn, experts) {
    super();
    this.#turn = turn;
    this.#experts = experts;
    this.whole.append(
      element("h3", { className: "unseen" }, "Question"), element("p", { className: "question" }, turn.question),
      element("h3", { className: "unseen" }, "Answer"), this.#place, this.#buttons);
    this.#again.addEventListener("click", () => this.dispatchEvent(new Event("again")));
    this.#copy.addEventListener("click", () => this.#take());
    this.#older.addEventListener("click", () => this.#flip(-1));
    this.#newer.addEventListener("click", () => this.#flip(1));
  }

  /** Shows an answer that was just asked for. */
  add(answer) {
    const view = new AnswerView(answer, this.#turn.answers.at(-2), this.#experts);
    view.tokens.addEventListener("look", ({ detail }) => this.dispatchEvent(new CustomEvent("look", { detail })));
    answer.addEventListener("end", () => this.#show());
    this.#views.push(view);
    this.#show();
  }

  /** Colours anew. */
  recolour() {
    this.#views.forEach(({ tokens }) => tokens.recolour());
  }

  /** Whether another answer may be asked for: only to the last question, and not while one comes. */
  set mayAskAgain(may) {
    this.#again.hidden = !may;
  }

  #flip(by) {
    this.#turn.shown += by;
    this.#show();
    this.dispatchEvent(new Event("shown"));
  }

  #show() {
    const { answers, shown } = this.#turn;
    this.#place.replaceChildren(this.#views[shown].whole);
    this.#buttons.hidden = answers.at(-1).state === "running";
    for (const one of [this.#older, this.#which, this.#newer]) one.hidden = answers.length < 2;
    this.#older.disabled = shown === 0;
    this.#newer.disabled = shown === answers.length - 1;
    this.#which.textContent = `${shown + 1} of ${answers.length}`;
  }

  async #take() {
    const done = await navigator.clipboard.writeText(this.#turn.answers[this.#turn.shown].text).then(() => "Copied", () => "Not allowed");
    this.#copy.textContent = done;
    setTimeout(() => (this.#copy.textContent = "Copy"), 1500);
  }
}

function button(text, label = text) {
  return element("button", { type: "button", className: "small", ariaLabel: label, title: label === text ? "" : label }, text);
}
