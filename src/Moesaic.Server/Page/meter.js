import { perToken } from "./experts.js";

/**
 * Measures answers by the routing setting under which their tokens came. Speeds are those of the browser's clock from the first token on;
 * where a whole answer was written under one setting the server's own figure takes their place.
 */
export class Meter {
  /** By the name of a setting, in the order of first use: { tokens, timed, seconds, experts, counted }. */
  rows = new Map();
  /** By setting, of the last answer under it: points { token, rate }, one an arrival. */
  curves = new Map();

  #window = [];
  #setting = null;
  #parts = new Map();
  #tokens = 0;

  /** An answer begins. */
  begin() {
    this.#window = [];
    this.#setting = null;
    this.#parts = new Map();
    this.#tokens = 0;
  }

  /** So many tokens came now, under this setting; routed are those whose experts are known. */
  take(setting, tokens, routed, now = performance.now()) {
    this.#tokens += tokens;
    const part = this.#part(this.#parts, setting);
    part.tokens += tokens;
    const experts = perToken(routed);
    if (experts !== null) {
      part.experts += experts * routed.length;
      part.counted += routed.length;
    }
    // A first token also waited for the prompt, and one right after a change for both settings.
    if (setting === this.#setting) {
      part.seconds += (now - this.#window.at(-1).now) / 1000;
      part.timed += tokens;
    } else {
      this.#window = [];
      this.curves.delete(setting);
      this.curves.set(setting, []);
    }
    this.#setting = setting;
    this.#window.push({ now, tokens });
    while (this.#window.length > 2 && now - this.#window[0].now > 1000) this.#window.shift();
    const passed = (now - this.#window[0].now) / 1000;
    const came = this.#window.slice(1).reduce((sum, arrival) => sum + arrival.tokens, 0);
    if (passed > 0.05) this.curves.get(setting).push({ token: this.#tokens, rate: came / passed });
  }

  /** The answer ended; the server's tokens per second and experts per token, where known. */
  end(tokensPerSecond, expertsPerToken) {
    const alone = this.#parts.size === 1;
    for (const [setting, part] of this.#parts) {
      if (alone && tokensPerSecond > 0) Object.assign(part, { timed: part.tokens, seconds: part.tokens / tokensPerSecond });
      if (alone && expertsPerToken !== null) Object.assign(part, { experts: part.tokens * expertsPerToken, counted: part.tokens });
      const row = this.#part(this.rows, setting);
      for (const name of Object.keys(part)) row[name] += part[name];
    }
    this.#parts = new Map();
  }

  /** Rows to show, what is under way included: { setting, tokens, rate, experts }, figures null where unknown. */
  figures() {
    return [...new Set([...this.rows.keys(), ...this.#parts.keys()])].map((setting) => {
      const parts = [this.rows.get(setting), this.#parts.get(setting)].filter(Boolean);
      const sum = (name) => parts.reduce((total, part) => total + part[name], 0);
      return {
        setting,
        tokens: sum("tokens"),
        rate: sum("seconds") > 0 ? sum("timed") / sum("seconds") : null,
        experts: sum("counted") > 0 ? sum("experts") / sum("counted") : null,
      };
    });
  }

  #part(parts, setting) {
    if (!parts.has(setting)) parts.set(setting, { tokens: 0, timed: 0, seconds: 0, experts: 0, counted: 0 });
    return parts.get(setting);
  }
}
