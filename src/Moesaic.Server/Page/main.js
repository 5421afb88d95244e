import { byId } from "./element.js";
import { get, onMissingKey } from "./api.js";
import { askForKey } from "./key.js";
import { Chat } from "./chat.js";
import { Effect } from "./effect.js";
import { Experts } from "./experts.js";
import { LoadTable } from "./load.js";
import { LookBar } from "./look.js";
import { Meter } from "./meter.js";
import { compact, count, plural } from "./numbers.js";
import { Policy } from "./policy.js";
import { Settings } from "./settings.js";

onMissingKey(askForKey);
byId("retry").addEventListener("click", start);
start();

async function start() {
  byId("retry").hidden = true;
  try {
    const model = await loaded();
    document.title = `${model.name} · Moesaic`;
    byId("facts").textContent = facts(model);
    const experts = model.mixtures.length > 0 ? new Experts(model.mixtures) : null;
    const chat = new Chat(model, new Settings(model), experts);
    welcome(model);
    if (experts !== null) showExperts(model, chat, experts);
  } catch (problem) {
    say("No model to talk to", problem.message);
    byId("retry").hidden = false;
  }
}

// A server that is still reading its model says 503.
async function loaded() {
  for (;;) {
    try {
      return await get("moesaic/model");
    } catch (problem) {
      if (problem.status !== 503) throw problem;
      say("Loading", problem.message);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function say(title, text) {
  byId("empty-title").textContent = title;
  byId("empty-text").textContent = text;
}

function welcome(model) {
  if (model.mixtures.length === 0) say(model.chat ? "Ask something" : "Write a beginning", "This model is dense: it has no experts to watch.");
  else say("Watch the experts at work", `Every token of ${model.chat ? "an answer" : "the text"} is coloured by the expert that computed most of it.`);
}

function facts({ name, parameters, active_parameters: active, context, mixtures }) {
  const [first] = mixtures;
  return [
    name,
    active < parameters ? `${compact(parameters)} parameters, ${compact(active)} active` : `${compact(parameters)} parameters`,
    first ? `${plural(mixtures.length, "layer")} of ${first.experts} experts, ${first.chosen} a token${first.shared ? " beside a shared one" : ""}` : null,
    `context ${count(context)}`,
  ].filter((fact) => fact !== null).join(" · ");
}

function showExperts(model, chat, experts) {
  const toggle = byId("show-experts");
  for (const id of ["experts", "show-experts", "inspected"]) byId(id).hidden = false;
  // On a phone the experts take the place of the conversation.
  toggle.addEventListener("click", () => {
    const shown = document.body.classList.toggle("at-experts");
    toggle.ariaExpanded = `${shown}`;
    toggle.textContent = shown ? "Chat" : "Experts";
  });

  const look = new LookBar(experts);
  const load = new LoadTable(experts);
  const policy = new Policy(model, experts);
  const meter = new Meter();
  const effect = new Effect(meter);
  let answer = null;

  experts.addEventListener("look", () => chat.recolour());
  policy.addEventListener("change", () => answer?.state === "running" && use(answer));
  chat.addEventListener("look", ({ detail }) => look.show(detail));
  chat.addEventListener("begin", ({ detail }) => {
    answer = detail;
    experts.begin();
    meter.begin();
    use(answer);
  });
  chat.addEventListener("came", ({ detail }) => {
    experts.take(detail.routed);
    meter.take(experts.setting, detail.count, detail.routed);
    effect.update();
  });
  chat.addEventListener("end", ({ detail }) => {
    meter.end(detail.timings?.tokens_per_second ?? 0, detail.expertsPerToken);
    effect.update();
    load.refresh();
  });
  chat.addEventListener("new", () => {
    answer = null;
    meter.end(0, null);
    experts.forget();
    look.show(null);
    effect.update();
  });

  function use(written) {
    if (written.settings.at(-1) !== experts.setting) written.settings.push(experts.setting);
  }

  policy.read();
}
