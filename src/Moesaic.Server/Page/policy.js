import { byId, element } from "./element.js";
import { get, put } from "./api.js";
import { percent } from "./numbers.js";

/**
 * The routing setting of the server, for all who use it: how many of the router's experts a token uses, and up to which share of their
 * weight. Dispatches "change" when it was set.
 */
export class Policy extends EventTarget {
  #most;
  #experts;
  #policy = null;
  #share = byId("share");

  /**
   * @param model What the server says of its model.
   * @param experts Who is told the name of the setting.
   */
  constructor(model, experts) {
    super();
    this.#experts = experts;
    this.#most = Math.min(...model.mixtures.map(({ chosen }) => chosen));
    const numbers = Array.from({ length: this.#most }, (_, i) => this.#choice(i + 1));
    byId("chosen").append(...numbers);
    byId("policy").disabled = !model.policy_changes;
    byId("policy-locked").hidden = model.policy_changes;
    this.#share.addEventListener("input", () => this.#told());
    this.#share.addEventListener("change", () => this.#set({ share: Number(this.#share.value) / 100 }));
    byId("share-row").hidden = this.#most === 1;
  }

  // The setting's name, such as "k = 1" or "k = 2, share 80 %".
  #name() {
    const { chosen = this.#most, share = 1 } = this.#policy?.policy ?? this.#policy ?? {};
    const own = Object.keys(this.#policy?.policy ?? this.#policy ?? {}).filter((key) => key !== "chosen" && key !== "share");
    return `k = ${chosen}${share < 1 ? `, share ${percent(share)}` : ""}${own.length > 0 ? `, ${own.join(", ")}` : ""}`;
  }

  /** Reads what the server does now. */
  async read() {
    await this.#trying(async () => (this.#policy = await get("moesaic/policy")));
  }

  #choice(chosen) {
    const input = element("input", { type: "radio", name: "chosen", value: chosen });
    input.addEventListener("change", () => this.#set({ chosen }));
    return element("label", {}, input, element("span", {}, `${chosen}`));
  }

  async #set(change) {
    const { chosen = this.#most, share = 1 } = { ...(this.#policy?.policy ?? this.#policy), ...change };
    const next = { ...(chosen < this.#most ? { chosen } : {}), ...(share < 1 ? { share } : {}) };
    await this.#trying(async () => {
      await put("moesaic/policy", Object.keys(next).length > 0 ? next : null);
      this.#policy = next;
    });
    this.dispatchEvent(new Event("change"));
  }

  // Shows what is so afterwards, and what went wrong.
  async #trying(act) {
    byId("policy-problem").textContent = await act().then(() => "", (problem) => problem.message);
    this.#show();
  }

  #show() {
    this.#experts.setting = this.#name();
    const { chosen = this.#most, share = 1, ...others } = this.#policy?.policy ?? this.#policy ?? {};
    const input = byId("chosen").querySelector(`input[value="${chosen}"]`);
    if (input) input.checked = true;
    this.#share.value = Math.round(share * 100);
    this.#told();
    const own = Object.keys(others);
    byId("policy-file").hidden = own.length === 0;
    byId("policy-file").textContent = `The server was started with a policy of its own (${own.join(", ")}). A choice here replaces it.`;
  }

  #told() {
    byId("share-value").textContent = Number(this.#share.value) === 100 ? "all" : `${this.#share.value} %`;
  }
}
