// What can be done with policies: promote stage by stage, roll back, save, set a mode. A refusal says
// why in words, and what to do about it.

import { fill, h, setText } from "../dom.js";
import { count, day, percent } from "../format.js";
import { changePolicy, getVersions } from "./read.js";

/** What to do about a refusal, by its code. */
const ADVICE = {
  evidence_missing: "Ask the gate on the server, and paste all of what it prints: nexus evaluate gate --data DIR --course COURSE --policy POLICY --matrix matrix.json --json",
  evidence_lacking: "Gather what is lacking: more learners in a shadow or an experiment, or simulate the families that are missing. Then ask the gate again.",
  evidence_of_other_version: "The evidence is of another version. Ask the gate again for the version that serves now.",
  stage_too_young: "Wait until the present stage has earned its rewards, then ask for the next.",
  stage_left_out: "Go to the next stage, and to this one after it.",
  policy_unhealthy: "Its numbers are not sound. Roll back to a version that was, or publish sound statistics.",
  policy_serves: "It serves or is a side of a running experiment. Promote another policy first, or stop the experiment.",
  policy_shadows_full: "A course has at most four shadows. Set one of them live first.",
  policy_no_shadow: "This policy cannot decide beside another. Choose one that learns.",
  experiment_running: "An experiment runs in this course. Stop it first.",
  unknown_policy_version: "Look at its versions: this one is not kept.",
  policy_without_statistics: "This policy has learned nothing that could be saved.",
  missing_scope: "Log out, and in with a key that has this scope.",
  other_evidence: "Paste the evidence of this course and this policy.",
};

/**
 * @param {Element} parent @param {Element} note
 * @param {{ course: string, lives: object, scopes: Set<string>, done: (words: string) => Promise<void> }} given
 */
export function showActions(parent, note, { course, lives, scopes, done }) {
  const may = scopes.has("policies:write") || scopes.has("admin");
  const { serving, policies } = lives;
  const key = JSON.stringify([may, serving.policy, serving.promoted, serving.stage?.share, policies.map(({ policy, version, mode }) => [policy, version, mode])]);
  if (parent.dataset.shown === key) return;
  parent.dataset.shown = key;
  setText(note, may ? "" : "This browser only reads. Log out and in with a key that has policies:write, or use nexus policy.");
  if (!may) return fill(parent);
  const learners = policies.filter(({ learns }) => learns);
  fill(parent, [promotion(lives), stepBack(lives), rollback(policies), save(learners), mode(policies)]
    .filter((offer) => offer !== null).map((offer) => offerForm(offer, course, done)));
}

function promotion({ serving, policies }) {
  const onStage = serving.stage !== null;
  return {
    title: onStage ? "Next stage of the promotion" : "Promote a policy", what: "promote", button: onStage ? "Begin the next stage" : "Promote it",
    words: onStage ? `“${serving.policy}” decides for ${percent(serving.stage.share)} now. The next stage takes in more learners; who is inside stays.`
      : "It begins with 1 % of the learners and rises to 10, 50 and 100 % as you ask again. Nexus ends a stage that does harm.",
    policy: onStage ? [serving.policy] : policies.map(({ policy }) => policy),
    fields: onStage ? [] : [{ name: "evidence", label: "Evidence: what nexus evaluate gate --json prints. The course's own path (static) needs none.",
      area: true, optional: true }],
    body: ({ evidence = "" }) => (evidence.trim() === "" ? {} : { evidence: parsed(evidence) }),
    said: ({ policy }, { share }) => `“${policy}” decides for ${percent(share ?? 1)} of the learners.`,
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw Object.assign(new Error("The evidence is not JSON. Paste all of what the command printed, from the first { to the last }."), { errors: [] });
  }
}

function stepBack({ serving }) {
  if (!serving.promoted) return null;
  return { title: "End the promotion", what: "promote", button: "End it", policy: [serving.policy], fields: [], body: () => ({ share: 0 }),
    words: `What decided before “${serving.policy}” decides again for everybody. What it learned is kept.`, said: () => "The promotion has ended." };
}

function rollback(policies) {
  const saved = policies.filter(({ version }) => version > 0).map(({ policy }) => policy);
  if (saved.length === 0) return null;
  return { title: "Roll back to an older version", what: "rollback", button: "Roll back", policy: saved, versions: true,
    words: "The old numbers become the next version and serve at once. What was learned since is left behind: save it first if you may want it.",
    fields: [], body: ({ version }) => ({ version: Number(version) }), said: (_, { version }) => `Restored as version ${version}.` };
}

function save(learners) {
  return { title: "Save a version", what: "versions", button: "Save it", policy: learners.map(({ policy }) => policy), fields: [], body: () => ({}),
    words: "Keeps what a policy has learned as a version to go back to. Nothing else happens.", said: (_, { version }) => `Saved as version ${version}.` };
}

function mode(policies) {
  return { title: "Freeze it, let it learn again, or try it as a shadow", what: "mode", button: "Set the mode", policy: policies.map(({ policy }) => policy),
    words: "A shadow decides beside the serving policy; no learner sees its choices, and this page says what it would have earned.",
    fields: [{ name: "mode", label: "Mode", options: [["shadow", "shadow: beside, not served"], ["frozen", "frozen: serves, learns nothing"], ["live", "live: serves and learns"]] }],
    body: ({ mode: chosen }) => ({ mode: chosen }), said: ({ policy, mode: chosen }) => `“${policy}” is ${chosen}.` };
}

function offerForm(offer, course, done) {
  const failed = h("div", { class: "failed", role: "alert" });
  const choose = (name, options) => h("select", { name }, options.map(([value, text]) => h("option", { value }, text)));
  const policy = choose("policy", offer.policy.map((word) => [word, word]));
  const versions = offer.versions ? h("select", { name: "version", required: true }) : null;
  const field = ({ name, label, area, options, optional }) => h("label", {}, label,
    area ? h("textarea", { name, rows: 5, spellcheck: false, required: !optional }) : choose(name, options));
  const form = h("form", {}, h("p", { class: "quiet" }, offer.words), h("label", {}, "Policy", policy),
    versions && h("label", {}, "Version", versions), offer.fields.map(field),
    h("label", {}, "Why? It stands in the journal.", h("input", { name: "reason", required: true, maxlength: 500, autocomplete: "off" })),
    failed, h("button", { type: "submit" }, offer.button));
  const listVersions = async () => fill(versions, (await getVersions(policy.value, course)).map((one) =>
    h("option", { value: one.version }, `${count(one.version)}: ${one.reason}, ${day(one.at)}`)));
  if (versions !== null) policy.addEventListener("change", () => listVersions().catch(() => {}));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    const submit = form.querySelector("button");
    submit.disabled = true;
    fill(failed);
    try {
      const receipt = await changePolicy(values.policy, offer.what, { course, ...offer.body(values), reason: values.reason });
      await done(receipt.duplicate ? "Nothing changed: it stood like that already." : offer.said(values, receipt));
    } catch (failure) {
      fill(failed, refusal(failure));
    }
    submit.disabled = false;
  });
  const details = h("details", {}, h("summary", {}, offer.title), form);
  details.addEventListener("toggle", () => details.open && versions !== null && listVersions().catch(() => {}));
  return details;
}

/** Why it was refused, each place on its own, and what to do. */
function refusal(failure) {
  const places = (failure.errors ?? []).map((one) => h("li", {}, one.detail));
  const advice = ADVICE[failure.code] ?? ADVICE[failure.errors?.[0]?.code];
  return [h("p", {}, `Refused: ${failure.message}`), places.length > 0 && h("ul", {}, places),
    advice && h("p", { class: "advice" }, h("strong", {}, "What to do: "), advice)];
}
