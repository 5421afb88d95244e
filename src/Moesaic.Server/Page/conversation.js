import { Answer } from "./answer.js";

/** Questions and their answers, and the requests they make: chats, or texts to continue where a model knows no chat. */
export class Conversation {
  /** { question, answers, shown, seed }: the answers to one question, which of them the conversation goes on from, and the last one's seed. */
  turns = [];

  /** @param model What the server says of its model. */
  constructor(model) {
    this.model = model;
  }

  /** A new turn, without an answer. */
  ask(question) {
    const turn = { question, answers: [], shown: 0, seed: null };
    this.turns.push(turn);
    return turn;
  }

  /** An answer to the question of the last turn, not yet asked for. */
  answer(turn) {
    const answer = new Answer();
    turn.shown = turn.answers.push(answer) - 1;
    return answer;
  }

  /**
   * Path and body of the request for the last answer. An answer under another routing than the one before has the same seed, so that only
   * the experts make a difference.
   */
  request(settings, routing) {
    const turn = this.turns.at(-1);
    if (turn.seed === null || turn.answers.at(-2)?.settings.at(-1) === routing) turn.seed = crypto.getRandomValues(new Uint32Array(1))[0];
    const body = {
      model: this.model.name,
      max_tokens: settings.maxTokens,
      temperature: settings.temperature,
      seed: settings.seed ?? turn.seed,
      stream_options: { include_usage: true },
      ...(settings.task === null ? {} : { task: settings.task }),
      ...(this.model.mixtures.length > 0 ? { moesaic: { routing: true } } : {}),
    };
    return this.model.chat
      ? { path: "v1/chat/completions", body: { ...body, messages: this.#messages(settings.system) } }
      : { path: "v1/completions", body: { ...body, prompt: this.#text() } };
  }

  #messages(system) {
    const messages = system === "" ? [] : [{ role: "system", content: system }];
    this.turns.forEach(({ question, answers, shown }, i) => {
      messages.push({ role: "user", content: question });
      if (i < this.turns.length - 1) messages.push({ role: "assistant", content: answers[shown].text });
    });
    return messages;
  }

  #text() {
    const last = this.turns.length - 1;
    return this.turns.map(({ question, answers, shown }, i) => question + (i < last ? answers[shown].text : "")).join("");
  }
}
