import { byId } from "./element.js";
import { Conversation } from "./conversation.js";
import { TurnView } from "./turn.js";
import { count } from "./numbers.js";

/**
 * The conversation and where questions are written. Dispatches "begin" with an answer, "came" with what an answer's progress says, "end"
 * with the answer, "look" with a token, and "new".
 */
export class Chat extends EventTarget {
  #model;
  #settings;
  #experts;
  #conversation;
  #views = [];
  #running = null;
  #follows = true;
  #log = byId("log");
  #question = byId("question");

  constructor(model, settings, experts) {
    super();
    this.#model = model;
    this.#settings = settings;
    this.#experts = experts;
    this.#conversation = new Conversation(model);
    document.body.classList.toggle("texts", !model.chat);
    byId("question-label").textContent = model.chat ? "Question" : "Text to continue";
    this.#question.placeholder = model.chat ? "Ask something" : "Write the beginning of a text";
    for (const id of ["question", "send"]) byId(id).disabled = false;
    byId("send").textContent = model.chat ? "Send" : "Continue";
    byId("composer").addEventListener("submit", (event) => this.#send(event));
    this.#log.addEventListener("scroll", () => (this.#follows = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 80));
    byId("stop").addEventListener("click", () => this.#running?.stop());
    byId("new").addEventListener("click", () => this.#new());
    document.addEventListener("keydown", ({ key }) => key === "Escape" && !document.querySelector("dialog[open]") && this.#running?.stop());
    // Enter sends; with Shift, or while a character is being composed, it does not.
    this.#question.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      byId("composer").requestSubmit();
    });
    this.#question.focus();
  }

  /** Colours all answers anew. */
  recolour() {
    this.#views.forEach((view) => view.recolour());
  }

  #send(event) {
    event.preventDefault();
    const question = this.#model.chat ? this.#question.value.trim() : this.#question.value;
    const goesOn = !this.#model.chat && this.#views.length > 0;
    if (this.#running !== null || (question === "" && !goesOn)) return;
    this.#question.value = "";
    const turn = this.#conversation.ask(question);
    const view = new TurnView(turn, this.#experts);
    view.addEventListener("again", () => this.#read(view, this.#conversation.answer(turn)));
    view.addEventListener("look", ({ detail }) => this.dispatchEvent(new CustomEvent("look", { detail })));
    this.#views.push(view);
    byId("empty").hidden = true;
    this.#log.append(view.whole);
    this.#read(view, this.#conversation.answer(turn));
  }

  async #read(view, answer) {
    this.#busy(answer);
    view.add(answer);
    this.#follows = true;
    this.#follow();
    this.#tell("begin", answer);
    answer.addEventListener("progress", ({ detail }) => {
      this.#follow();
      if (detail.count > 0) this.#tell("came", detail);
    });
    const { path, body } = this.#conversation.request(this.#settings, this.#experts?.setting);
    await answer.read(path, body);
    // After "New conversation" nobody waits for it any more.
    if (this.#running !== answer) return;
    this.#busy(null);
    this.#follow();
    byId("status").textContent = answer.problem === null ? answer.text : "";
    if (answer.usage) byId("context").textContent = `${count(answer.usage.total_tokens)} of ${count(this.#model.context)} tokens of context used`;
    this.#tell("end", answer);
  }

  #busy(answer) {
    this.#running = answer;
    const running = answer !== null;
    if (running) byId("status").textContent = "The answer is being written.";
    else if (document.activeElement === byId("stop")) this.#question.focus();
    byId("stop").hidden = !running;
    byId("send").hidden = running;
    this.#log.ariaBusy = `${running}`;
    this.#views.forEach((view, i) => (view.mayAskAgain = !running && i === this.#views.length - 1));
  }

  // Goes along with the text, unless its reader has scrolled up.
  #follow() {
    if (this.#follows) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #new() {
    const running = this.#running;
    this.#busy(null);
    running?.stop();
    this.#views.forEach((view) => view.whole.remove());
    this.#views = [];
    this.#conversation = new Conversation(this.#model);
    byId("empty").hidden = false;
    byId("context").textContent = "\u00a0";
    byId("status").textContent = "New conversation.";
    this.#question.focus();
    this.#tell("new");
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
