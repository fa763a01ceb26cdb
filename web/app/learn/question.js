// One question: asked, waiting for what the course says, and answered. Right or wrong is only ever
// what Nexus said: this page does not know the answers.

import { h } from "../dom.js";
import { inline, markdown } from "./markdown.js";
import { words } from "./words.js";

/**
 * A question to answer.
 * @param {object} question as the lesson has it
 * @param {object} on `answer(response)`, `draft(value)`, `hint()`, `help()`
 * @param {object} state `draft`, `hints` (how many are shown), `help` (what was given), `measures`
 */
export function askingNode(question, on, state) {
  const field = fieldOf(question, state.draft, on.draft);
  const trouble = h("p", { class: "trouble", id: "trouble", role: "alert" });
  const form = h("form", { class: "question", novalidate: true },
    field.node, trouble, helpNode(question, on, state),
    h("div", { class: "actions" },
      h("button", { type: "submit", class: "main" }, state.measures ? words.send : words.check)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const response = field.read();
    trouble.textContent = response === "" ? words.empty[question.kind] : "";
    if (response === "") field.focus();
    else on.answer(response);
  });
  return form;
}

/** The question itself: the heading of its screen, so that it is heard first. */
export const promptNode = (question) =>
  h("div", { class: "prompt", id: "prompt", tabindex: -1, dir: "auto" }, markdown(question.prompt));

function fieldOf(question, draft, keep) {
  return question.options.length > 0 ? choice(question, draft, keep) : line(question, draft, keep);
}

function choice(question, draft, keep) {
  const several = question.kind === "multiple";
  const chosen = new Set((draft ?? "").split(",").filter((id) => id !== ""));
  const inputs = question.options.map(({ id }) => h("input", {
    type: several ? "checkbox" : "radio", name: "answer", value: id, id: `option-${id}`, checked: chosen.has(id),
  }));
  const read = () => inputs.filter((input) => input.checked).map((input) => input.value).join(",");
  const options = question.options.map(({ text }, place) =>
    h("label", { class: "option" }, inputs[place], h("bdi", {}, inline(text))));
  const node = h("fieldset", { "aria-describedby": "trouble" }, h("legend", {}, words.ways[question.kind]), options);
  node.addEventListener("change", () => keep(read()));
  return { node, read, focus: () => inputs[0].focus() };
}

function line(question, draft, keep) {
  const input = h("input", {
    type: "text", id: "answer", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    maxlength: 4000, enterkeyhint: "done", "aria-describedby": "trouble", value: draft ?? null, dir: "auto",
  });
  input.addEventListener("input", () => keep(input.value));
  const node = h("p", { class: "line" }, h("label", { for: "answer" }, words.ways[question.kind]), input);
  return { node, read: () => input.value.trim(), focus: () => input.focus() };
}

function helpNode(question, on, state) {
  const left = question.hints.length - state.hints;
  const shown = question.hints.slice(0, state.hints);
  const button = (text, click) => {
    const made = h("button", { type: "button", class: "soft" }, text);
    made.addEventListener("click", click);
    return made;
  };
  return h("div", { class: "help" },
    shown.length > 0 && h("section", { class: "aid", "aria-label": words.hints },
      h("h2", {}, words.hints), h("ol", {}, shown.map((hint) => h("li", { dir: "auto" }, inline(hint))))),
    state.help && h("section", { class: "aid", "aria-label": words.helpTitle },
      h("h2", {}, words.helpTitle), h("div", { class: "prose", dir: "auto" }, markdown(state.help))),
    h("div", { class: "actions" },
      left > 0 && button(words.hint(left), on.hint),
      question.offers_help && button(state.help ? words.otherHelp : words.help, on.help)));
}

/** What the learner answered while nothing is known about it. */
export function waitingNode(question, response) {
  return h("section", { class: "feedback", "data-tone": "wait" },
    h("h2", { id: "verdict", tabindex: -1 }, words.kept), answerLine(words.yourAnswer, question, response), h("p", {}, words.keptWhy));
}

/**
 * What the course says of an answer.
 * @param {boolean} open whether what is right is told already
 */
export function feedbackNode(question, open) {
  const { answer } = question;
  const tone = answer.correct ? "right" : "wrong";
  const partly = !answer.correct && answer.grade > 0;
  const lead = answer.correct ? words.right : partly ? words.partly
    : open && answer.attempt > 1 ? words.wrongAgain : words.wrong;
  return h("section", { class: "feedback", "data-tone": tone },
    h("h2", { id: "verdict", tabindex: -1 },
      h("span", { class: "sign", "aria-hidden": "true" }, answer.correct ? "✓" : "✗"), lead),
    answer.response && answerLine(words.yourAnswer, question, answer.response),
    open && !answer.correct && answer.solution.length > 0 && answerLine(words.rightAnswer, question,
      question.options.length > 0 ? answer.solution.join(",") : answer.solution[0]),
    open ? answer.explanation && h("div", { class: "prose", dir: "auto" },
      h("h3", {}, words.because), markdown(answer.explanation)) : h("p", {}, words.tryWithHelp));
}

function answerLine(name, question, response) {
  const texts = new Map(question.options.map(({ id, text }) => [id, text]));
  const parts = texts.size > 0 ? response.split(",").map((id) => texts.get(id.trim()) ?? id) : [response];
  return h("p", { class: "answer" }, h("span", {}, `${name}: `),
    parts.map((text, place) => [place > 0 && "; ", h("bdi", {}, inline(text))]).flat());
}
