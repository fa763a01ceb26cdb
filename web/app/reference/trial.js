// The two calls that a learning site needs, to be tried from here.

import { fill, h } from "../dom.js";

const LEARNER = `me-${Math.floor(Math.random() * 1e6).toString(36)}`;
const EVENT = `try-${Date.now().toString(36)}`;
const CALLS = [
  { path: "/v1/events", title: "Tell what a learner did: POST /v1/events",
    body: { events: [{ id: EVENT, type: "enrolled", learner: LEARNER, course: "COURSE", test: true }] } },
  { path: "/v1/decisions", title: "Ask what comes next: POST /v1/decisions", body: { learner: LEARNER, course: "COURSE" } },
];

/** @param {Element} parent */
export async function showTrial(parent) {
  const key = h("input", { type: "password", autocomplete: "off", spellcheck: "false", id: "trial-key" });
  fill(parent, h("label", {}, "API key with events:write and decisions:write; it stays on this page", key), CALLS.map((call) => form(call, key)));
}

function form({ path, title, body }, key) {
  const area = h("textarea", { rows: 8, spellcheck: "false", "aria-label": `Body of ${path}` });
  area.value = JSON.stringify(body, null, 2);
  const said = h("div", { class: "answer", role: "status" });
  const element = h("form", {}, area, h("button", { type: "submit" }, "Send it"), said);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    fill(said, await sent(path, area.value, key.value.trim()));
  });
  return h("details", {}, h("summary", {}, title), element);
}

/** Sends a body, and says what came back. */
async function sent(path, text, key) {
  if (key === "") return h("p", { class: "failed" }, "Paste a key first: nexus key create --data ./nexus-data --name me --for site, or that of the demo.");
  try {
    JSON.parse(text);
  } catch (error) {
    return h("p", { class: "failed" }, `This is not JSON: ${error.message}`);
  }
  const began = performance.now();
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: text }).catch(() => null);
  if (answer === null) return h("p", { class: "failed" }, "The server does not answer.");
  const found = await answer.json().catch(() => null);
  const took = Math.max(1, Math.round(performance.now() - began));
  return [h("p", {}, h("strong", {}, `${answer.status} ${answer.statusText}`), ` in ${took} ms`),
    h("pre", { tabindex: 0, "aria-label": "Answer" }, h("code", {}, JSON.stringify(found, null, 2)))];
}
