/**
 * Finds each token's place in the text. Tokens come before their text does, a character may consist of several tokens, and a stop string is
 * in no text at all; so a token gets the text that it begins, possibly none.
 */
export class Aligner {
  #text = "";
  #tokens = [];

  /** The part of the text that no token has got yet. */
  get rest() {
    return this.#text;
  }

  /** Takes text and tokens; returns pairs { token, text } of tokens whose text is certain. */
  take(text, tokens) {
    this.#text += text;
    this.#tokens.push(...tokens);
    const found = [];
    // How many tokens stand before the next one whose text can be found: parts of characters.
    let parts = 0;
    while (parts < this.#tokens.length) {
      const own = this.#tokens[parts].text;
      const place = parts === 0 ? this.#startsWith(own) : this.#soon(own, parts);
      if (place === null) break;
      if (place < 0) {
        parts++;
        continue;
      }
      found.push(...this.#give(parts, place));
      found.push(...this.#give(1, this.#lengthOf(own)));
      parts = 0;
    }
    return found;
  }

  /** All that is left: the first token that waits has the text that waits. Without one it stays the rest. */
  end() {
    return this.#tokens.length > 0 ? this.#give(this.#tokens.length, this.#text.length) : [];
  }

  // 0: the text goes on with the token; -1: it does not; null: more text will tell.
  #startsWith(own) {
    if (own === "" || this.#text.startsWith(own) || this.#lengthOf(own) < own.length) return 0;
    return own.startsWith(this.#text) ? null : -1;
  }

  // Behind so many tokens that were not found, and no further than they can reach.
  #soon(own, parts) {
    if (own === "" || own.includes("\ufffd")) return -1;
    const reach = this.#tokens.slice(0, parts).reduce((sum, token) => sum + token.text.length, 0);
    const place = this.#text.indexOf(own);
    return place > 0 && place <= reach ? place : -1;
  }

  // Some tokenizers write a text's first token without its space.
  #lengthOf(own) {
    return !this.#text.startsWith(own) && own.startsWith(" ") && own.length > 1 && this.#text.startsWith(own.slice(1)) ? own.length - 1 : own.length;
  }

  #give(tokens, length) {
    const text = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return this.#tokens.splice(0, tokens).map((token, i) => ({ token, text: i === 0 ? text : "" }));
  }
}
