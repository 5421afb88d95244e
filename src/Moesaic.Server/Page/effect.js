import { byId, element } from "./element.js";
import { count, fixed, rate } from "./numbers.js";

const space = "http://www.w3.org/2000/svg";
const [width, height, top] = [320, 92, 20];

/** What settings do, before and after: a table a row a setting, and the speed of the present answer as a curve. */
export class Effect {
  #meter;
  #body = byId("effect").tBodies[0];
  #curve = byId("speed");
  #due = 0;

  constructor(meter) {
    this.#meter = meter;
  }

  /** Shows the figures soon; however often it is called. */
  update() {
    this.#due ||= setTimeout(() => this.#show(), 150);
  }

  #show() {
    this.#due = 0;
    const figures = this.#meter.figures();
    const first = figures[0];
    const fastest = Math.max(...figures.map((row) => row.rate ?? 0));
    byId("effect-empty").hidden = figures.length > 0;
    byId("effects").hidden = figures.length === 0;
    this.#body.replaceChildren(...figures.map(({ setting, tokens, rate: speed, experts }) => element("tr", {},
      element("th", { scope: "row" }, setting),
      element("td", {}, count(tokens)),
      element("td", {}, experts === null ? "–" : fixed(experts, 2)),
      bar(speed === null ? "–" : rate(speed), (speed ?? 0) / fastest),
      element("td", {}, first.setting === setting || speed === null || first.rate === null ? "–" : `× ${fixed(speed / first.rate, 2)}`))));
    this.#draw();
  }

  // Before and after: the curve of the last setting, and dashed the one of the setting before; both from where their tokens were.
  #draw() {
    const curves = [...this.#meter.curves].filter(([, points]) => points.length > 1).slice(-2);
    this.#curve.toggleAttribute("hidden", curves.length === 0);
    const all = curves.flatMap(([, points]) => points);
    const high = Math.max(...all.map((point) => point.rate)) * 1.05;
    const [from, to] = [Math.min(...all.map((point) => point.token)), Math.max(...all.map((point) => point.token))];
    const x = (token) => ((token - from) / (to - from || 1)) * width;
    const y = (speed) => top + (1 - speed / high) * (height - top);
    this.#curve.replaceChildren(...curves.flatMap(([setting, points], i) => {
      const last = i === curves.length - 1;
      const line = points.map((point) => `${x(point.token).toFixed(1)},${y(point.rate).toFixed(1)}`).join(" ");
      return [
        shape("polyline", { points: line, class: last ? "" : "before" }),
        shape("text", { x: width, y: last ? 10 : height - 6, class: last ? "" : "before" }, `${setting}: ${rate(points.at(-1).rate)} tokens/s`),
      ];
    }));
  }
}

function shape(name, attributes, text = "") {
  const made = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function bar(text, part) {
  const made = element("td", { className: "speed" }, text);
  made.style.setProperty("--part", `${Math.round(part * 100)}%`);
  return made;
}
