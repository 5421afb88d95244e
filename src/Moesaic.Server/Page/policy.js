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
  #layers;
  #policy = {};
  #share = byId("share");

  /**
   * @param model What the server says of its model.
   * @param experts Who is told the name of the setting.
   */
  constructor(model, experts) {
    super();
    this.#experts = experts;
    this.#layers = model.mixtures.length;
    this.#most = Math.min(...model.mixtures.map(({ chosen }) => chosen));
    const numbers = Array.from({ length: this.#most }, (_, i) => this.#choice(i + 1));
    byId("chosen").append(...numbers);
    byId("policy").disabled = !model.policy_changes;
    byId("policy-locked").hidden = model.policy_changes;
    this.#share.addEventListener("input", () => this.#told());
    this.#share.addEventListener("change", () => this.#set({ share: Number(this.#share.value) / 100 }));
    byId("share-row").hidden = this.#most === 1;
    this.#show();
  }

  // The setting's name, such as "k = 1" or "k = 2, share 80 %".
  #name() {
    const { chosen = this.#most, share = 1, ...others } = this.#policy;
    return [`k = ${chosen}`, share < 1 ? `share ${percent(share)}` : null, ...Object.keys(others)].filter((part) => part !== null).join(", ");
  }

  /** Reads what the server does now. */
  async read() {
    await this.#trying(async () => (this.#policy = everywhere(await get("moesaic/policy"), this.#layers)));
  }

  #choice(chosen) {
    const input = element("input", { type: "radio", name: "chosen", value: chosen });
    input.addEventListener("change", () => this.#set({ chosen }));
    return element("label", {}, input, element("span", {}, `${chosen}`));
  }

  async #set(change) {
    const { chosen = this.#most, share = 1 } = { ...this.#policy, ...change };
    // A share of 1 takes nothing away, nor does it leave what the model itself would take away; and routers of all kinds know it.
    const next = { share, ...(chosen < this.#most ? { chosen } : {}) };
    await this.#trying(async () => {
      await put("moesaic/policy", next);
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
    const { chosen = this.#most, share = 1, ...others } = this.#policy;
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

// What the server says is null, a policy for all layers, or policies by layer, which may all be the same.
function everywhere(said, layers) {
  if (said === null) return {};
  if (said.policy || said.layers) {
    const own = Object.values(said.layers ?? {});
    const [first] = own;
    const same = own.length === layers && own.every((policy) => JSON.stringify(policy) === JSON.stringify(first));
    return own.length === 0 ? said.policy : same ? first : said;
  }
  return said;
}
