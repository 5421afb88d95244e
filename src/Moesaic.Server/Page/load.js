import { byId, element } from "./element.js";
import { get } from "./api.js";
import { paint } from "./colours.js";
import { count, fixed, plural } from "./numbers.js";

/** Experts beyond which cells are too narrow for numbers; readers of tables still get them. */
const widest = 16;

/** How often the numbers change while an answer comes, in milliseconds. */
const often = 200;

/** Load per layer as a heat map that is a table: a row a layer, a column an expert, in percent of an even share. */
export class LoadTable {
  #experts;
  #table = byId("load");
  #scope = byId("scope");
  #cells = [];
  #due = 0;
  #server = null;

  constructor(experts) {
    this.#experts = experts;
    this.#build();
    this.#scope.addEventListener("change", () => this.refresh());
    experts.addEventListener("counts", () => (this.#due ||= setTimeout(() => this.#show(), often)));
    experts.addEventListener("look", () => this.#mark());
    this.#mark();
    this.#show();
  }

  /** Reads the server's own counts anew where those are shown. */
  async refresh() {
    if (this.#scope.value === "server") this.#server = await get("moesaic/experts").catch(() => null);
    this.#show();
  }

  #build() {
    const { mixtures } = this.#experts;
    const widths = Math.max(...mixtures.map(({ experts }) => experts));
    this.#table.classList.toggle("narrow", widths > widest);
    const heads = Array.from({ length: widths }, (_, expert) => {
      const head = element("th", { scope: "col" }, `${expert}`);
      paint(head, expert);
      return head;
    });
    const rows = mixtures.map(({ layer, experts }, at) => {
      const button = element("button", { type: "button", title: `Colour the text by layer ${layer}` }, `${layer}`);
      button.addEventListener("click", () => this.#experts.look({ at }));
      const cells = Array.from({ length: experts }, () => element("td"));
      this.#cells.push(cells);
      return element("tr", {}, element("th", { scope: "row" }, button), ...cells);
    });
    this.#table.tHead.replaceChildren(element("tr", {}, element("th", { scope: "col" }, "layer"), ...heads));
    this.#table.tBodies[0].replaceChildren(...rows);
  }

  #mark() {
    [...this.#table.tBodies[0].rows].forEach((row, at) => {
      row.classList.toggle("here", at === this.#experts.at);
      row.querySelector("button").ariaPressed = `${at === this.#experts.at}`;
    });
  }

  #counts() {
    if (this.#scope.value !== "server") return this.#experts[this.#scope.value];
    const layers = new Map((this.#server?.layers ?? []).map(({ layer, slots }) => [layer, slots]));
    return this.#experts.mixtures.map(({ layer, experts }) => layers.get(layer) ?? new Array(experts).fill(0));
  }

  #show() {
    clearTimeout(this.#due);
    this.#due = 0;
    const counts = this.#counts();
    let choices = 0;
    let idle = 0;
    let busiest = 0;
    counts.forEach((row, at) => {
      const sum = row.reduce((a, b) => a + b, 0);
      choices += sum;
      this.#cells[at].forEach((cell, expert) => {
        const even = sum === 0 ? 0 : (row[expert] / sum) * row.length;
        idle += row[expert] === 0;
        busiest = Math.max(busiest, even);
        cell.textContent = sum === 0 ? "" : `${Math.round(even * 100)}`;
        cell.style.setProperty("--heat-share", `${Math.round(Math.min(even / 2, 1) * 100)}%`);
        cell.title = `layer ${this.#experts.mixtures[at].layer}, expert ${expert}: ${plural(row[expert], "choice")}, ${Math.round(even * 100)} % of an even share`;
      });
    });
    byId("load-note").textContent = choices === 0
      ? "Nothing has been counted yet."
      : `${count(choices)} choices. The busiest expert has ${fixed(busiest, 1)} times an even share; ${idle === 0 ? "none is idle" : `${idle} idle`}.`;
  }
}
