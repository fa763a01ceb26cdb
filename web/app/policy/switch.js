// The kill switch: first why and where, then a second look at what will happen, then at once.

import { fill, h, setText } from "../dom.js";
import { day } from "../format.js";
import { turnSwitch } from "./read.js";

/**
 * Draws the switch; while somebody fills it in it is left alone.
 * @param {Element} parent
 * @param {{ course: string, title: string, on: import("../api.js").Switch[], scopes: Set<string>,
 *   done: (words: string) => Promise<void> }} given
 */
export function showSwitch(parent, { course, title, on, scopes, done }) {
  const may = scopes.has("switch:write") || scopes.has("admin");
  const key = JSON.stringify([may, on]);
  if (parent.dataset.shown === key) return;
  parent.dataset.shown = key;
  const state = on.map((one) => h("p", { class: "thrown" },
    h("strong", {}, `On ${one.course === null ? "in all courses" : "in this course"}`), ` since ${day(one.at)}, by ${one.by}: `,
    h("bdi", {}, one.reason)));
  const quiet = h("p", { class: "quiet" }, "Off: policies decide. Turned on, everybody gets the course's own path from the next decision on, "
    + "and nothing is learned from it, until a person releases it.");
  fill(parent, on.length === 0 ? quiet : state, may ? form(parent, { course, title, on, done }) : command(course, on));
}

const command = (course, on) => h("pre", { tabindex: 0, "aria-label": "Command" }, h("code", {},
  `nexus switch ${on.length === 0 ? "on" : "off"} --url ${location.origin} --key "$NEXUS_KEY" --course ${course} --reason "..."`));

function form(parent, { course, title, on, done }) {
  const thrown = on.length === 0;
  const failed = h("p", { class: "failed", role: "alert" });
  const where = h("select", { name: "where" },
    (thrown || on.some((one) => one.course !== null)) && h("option", { value: "course" }, `This course only: ${title}`),
    (thrown || on.some((one) => one.course === null)) && h("option", { value: "all" }, "All courses"));
  const element = h("form", { class: "step" },
    h("label", {}, "Where", where),
    h("label", {}, thrown ? "What is wrong? It stands in the journal." : "Why may policies decide again? It stands in the journal.",
      h("input", { name: "reason", required: true, maxlength: 1000, autocomplete: "off" })),
    h("button", { type: "submit", class: thrown ? "danger" : null }, thrown ? "Turn it on …" : "Release it …"));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const { where: place, reason } = Object.fromEntries(new FormData(element));
    const body = { ...(place === "all" ? {} : { course }), thrown, reason };
    fill(holder, sure({ thrown, place, title, reason, failed,
      back: () => fill(holder, element),
      act: async () => {
        await turnSwitch(body);
        parent.dataset.shown = "";
        await done(thrown ? "The kill switch is on." : "The kill switch is released.");
      } }));
    holder.querySelector("button")?.focus();
  });
  const holder = h("div", { class: "actions" }, element);
  return holder;
}

/** The second step: what will happen, and the button that does it. */
function sure({ thrown, place, title, reason, failed, back, act }) {
  const whom = place === "all" ? "every course" : `“${title}”`;
  const what = thrown ? `From the next decision on, everybody in ${whom} gets the course's own path. No policy is asked and none learns, until somebody releases the switch.`
    : `From the next decision on, policies decide again in ${whom}. The monitors begin anew.`;
  const yes = h("button", { type: "button", class: thrown ? "danger" : "main" }, thrown ? "Turn it on now" : "Release it now");
  const no = h("button", { type: "button" }, "Back");
  no.addEventListener("click", back);
  yes.addEventListener("click", async () => {
    yes.disabled = true;
    setText(failed, "");
    try {
      await act();
    } catch (failure) {
      setText(failed, failure.message);
      yes.disabled = false;
    }
  });
  return h("div", { class: "step", role: "group", "aria-label": "Are you sure?" }, h("p", {}, what),
    h("p", { class: "quiet" }, "Reason: ", h("bdi", {}, reason)), failed, h("p", { class: "together" }, yes, no));
}
