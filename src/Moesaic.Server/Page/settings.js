import { byId, element } from "./element.js";

/** What answers are asked for with: the dialog of settings. */
export class Settings {
  #dialog = byId("settings");

  constructor(model) {
    byId("system-row").hidden = !model.chat;
    byId("task-row").hidden = model.tasks.length === 0;
    byId("task").append(...model.tasks.map((task) => element("option", {}, task)));
    byId("max-tokens").max = model.context;
    byId("max-tokens").value = Math.min(256, Math.floor(model.context / 2));
    byId("open-settings").addEventListener("click", () => this.#dialog.showModal());
    this.#dialog.addEventListener("close", () => byId("open-settings").focus());
    // A click beside the dialog closes it; not one that is wrong.
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.querySelector("form").requestSubmit());
  }

  get system() {
    return byId("system").value.trim();
  }

  /** What the text is for, where the model routes by that; else null. */
  get task() {
    return byId("task").value || null;
  }

  get temperature() {
    return byId("temperature").valueAsNumber;
  }

  get maxTokens() {
    return byId("max-tokens").valueAsNumber;
  }

  /** A number, or null: another text each time. */
  get seed() {
    const seed = byId("seed").valueAsNumber;
    return Number.isNaN(seed) ? null : seed;
  }
}
