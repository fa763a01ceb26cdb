// What can be done with an experiment, in the order of its life. Each action asks why.

import { h, setText } from "../dom.js";
import { percent } from "../format.js";

const SHARES = [0.01, 0.05, 0.1, 0.25, 0.5, 1];

/**
 * @param {Element} parent @param {Element} note
 * @param {import("../api.js").Results} results
 * @param {Set<string>} scopes what this browser may do
 * @param {(what: string, body: object) => Promise<void>} act
 */
export function showActions(parent, note, results, scopes, act) {
  const may = scopes.has("experiments:write") || scopes.has("admin");
  const offered = offers(results);
  const key = JSON.stringify([may, results.status, results.share]);
  if (parent.dataset.shown === key) return;
  parent.dataset.shown = key;
  parent.replaceChildren(...offered.map((offer) => may
    ? form(offer, act)
    : h("details", {}, h("summary", {}, offer.title), h("p", { class: "quiet" }, offer.words),
      h("pre", { tabindex: 0, "aria-label": "Command" }, h("code", {}, `${offer.command} --url ${location.origin} --key "$NEXUS_KEY" --reason "..."`)))));
  setText(note, offered.length === 0 ? "Nothing is left to do; it stays readable."
    : may ? "" : "This browser only reads. Log out and in with a key that may change experiments, or use the commands.");
}

function offers({ id, status, share, variants }) {
  const command = (words) => `nexus experiment ${words.replace("ID", id)}`;
  const ramp = { title: "Change the share of learners", what: "share", button: "Change the share",
    words: `It takes in ${percent(share)} of learners now. Who was shown something of it stays in.`,
    command: command("ramp ID --share 0.1"),
    fields: [{ name: "share", label: "Takes in", options: SHARES.map((one) => ({ value: one, text: percent(one), selected: one === share })) }],
    body: ({ share: chosen }) => ({ share: Number(chosen) }) };
  const pause = { title: "Pause", what: "share", button: "Pause", command: command("pause ID"),
    words: "Nobody new comes in. Who was shown something of it stays in their variant and is counted.",
    fields: [], body: () => ({ share: 0 }) };
  const resume = { title: "Go on", what: "share", button: "Go on", command: command("resume ID"),
    words: "It takes all learners in again. Nobody changes sides by it.", fields: [], body: () => ({ share: 1 }) };
  const stop = { title: "Stop", what: "stop", button: "Stop for ever", command: command("stop ID"),
    words: "It ends: nobody is assigned, nothing is counted any more. It goes on only as a new version.", fields: [], body: () => ({}) };
  const conclude = { title: "Conclude", what: "conclude", button: "Conclude", command: command("conclude ID --variant NAME"),
    words: "Say what it came to. It promotes nothing.",
    fields: [{ name: "variant", label: "Chosen", options: [{ value: "", text: "None" },
      ...variants.map(({ name, policy }) => ({ value: name, text: `${name} (${policy})` }))] }],
    body: ({ variant }) => (variant === "" ? {} : { variant }) };
  const archive = { title: "Put away", what: "archive", button: "Put away", command: command("archive ID"),
    words: "It leaves the list of what needs you, and stays readable.", fields: [], body: () => ({}) };
  return { running: [ramp, pause, stop], paused: [resume, ramp, stop], stopped: [conclude, archive],
    concluded: [archive, conclude], archived: [] }[status] ?? [];
}

function form({ title, words, what, button, fields, body }, act) {
  const failed = h("p", { class: "failed", role: "alert" });
  const select = ({ name, label, options }) => h("label", {}, label, h("select", { name },
    options.map(({ value, text, selected }) => h("option", { value, selected }, text))));
  const element = h("form", {}, h("p", { class: "quiet" }, words), fields.map(select),
    h("label", {}, "Why? It stands in the journal.",
      h("input", { name: "reason", required: true, maxlength: 500, autocomplete: "off" })),
    failed, h("button", { type: "submit" }, button));
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { reason, ...values } = Object.fromEntries(new FormData(element));
    const submit = element.querySelector("button");
    submit.disabled = true;
    setText(failed, "");
    try {
      await act(what, { ...body(values), reason });
    } catch (failure) {
      setText(failed, failure.message);
    }
    submit.disabled = false;
  });
  return h("details", {}, h("summary", {}, title), element);
}
