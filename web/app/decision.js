// The page of one decision: why this activity, for the learner, the teacher and the scientist.

import { getAudit, readAudit } from "./api.js";
import { candidates, chosenFacts, excluded } from "./decision-choice.js";
import { features, raw, rewardSince, skillsThen } from "./decision-outcome.js";
import { byId, fill, h, setText, show } from "./dom.js";
import { moment } from "./format.js";

const REFRESH_MS = 10_000;
const id = new URLSearchParams(location.search).get("id");

async function load() {
  if (id === null || id === "") {
    return trouble("The address names no decision: it ends with ?id= and the decision's id.");
  }
  try {
    const wire = await getAudit(id);
    render(readAudit(wire), wire);
    show(byId("trouble"), false);
  } catch (failure) {
    trouble(failure.status === 404
      ? `No decision has the id “${id}”. Ids are printed by POST /v1/decisions and on the live page.`
      : failure.message);
  }
  byId("main").setAttribute("aria-busy", "false");
}

function trouble(text) {
  setText(byId("trouble"), text);
  show(byId("trouble"), true);
}

function render(audit, wire) {
  document.title = `Why “${audit.title}”? · Nexus`;
  byId("title").replaceChildren("Why “", h("bdi", {}, audit.title), `”${/[?!.]$/.test(audit.title) ? "" : "?"}`);
  byId("about").replaceChildren("For ", h("bdi", {}, audit.learner), `, ${moment(audit.at)}`);
  setText(byId("for-learner"), audit.forLearner);
  setText(byId("for-teacher"), audit.forTeacher);
  setText(byId("for-scientist"), audit.forScientist);
  show(byId("explanation"), audit.forLearner !== "");
  fill(byId("parts"),
    h("div", { class: "column" }, candidates(audit), excluded(audit)),
    h("div", { class: "column" }, rewardSince(audit), skillsThen(audit)),
    h("div", { class: "column wide" }, chosenFacts(audit)),
    features(audit),
    raw(wire),
  );
  if (audit.outcome.state === "open") setTimeout(() => refresh(wire), REFRESH_MS);
}

/** A decision never changes; what came of it does. Only then is the page drawn again. */
async function refresh(before) {
  const wire = await getAudit(id).catch(() => before);
  const changed = JSON.stringify(wire.reward) !== JSON.stringify(before.reward)
    || wire.exposed_at !== before.exposed_at;
  if (changed) render(readAudit(wire), wire);
  else setTimeout(() => refresh(before), REFRESH_MS);
}

load();
