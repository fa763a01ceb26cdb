// What now with this learner: where they stand in a course, what they did lately, and what a teacher
// has ordered or can order.

import { getClass, getConstraints, getLately, getSyllabus, liftConstraint, setConstraint } from "./api.js";
import { standingTag } from "./class-roster.js";
import { fill, h, setText } from "./dom.js";
import { count, day, isKnown, iso, percent, span } from "./format.js";
import { stepWords } from "./status.js";

const LATELY = 8;
const RULES = { pin: "comes next", block: "is never shown", cap: "is shown a few times at most" };
const DONE = {
  activity_completed: "completed", activity_skipped: "skipped", activity_started: "began", quiz_completed: "finished the quiz",
};

/** The panel of one course; it draws itself again after an order. */
export async function nowPanel(learner, course, now, mayOrder) {
  const panel = h("section", { class: "panel now", "aria-label": "What now" });
  const draw = async () => {
    const [view, constraints, syllabus, lately] = await Promise.all([
      getClass(course, { learners: [learner] }), getConstraints(course, learner), getSyllabus(course), getLately(learner)]);
    const row = view.rows[0];
    if (row === undefined) return;
    const titleOf = (id) => syllabus.find((activity) => activity.id === id)?.title ?? id;
    fill(panel,
      h("p", {}, standingTag(row.standing), " ", h("bdi", {}, row.because)),
      row.stuck && h("p", { class: "next-step" }, h("strong", {}, "Try next: "), stepWords(row.stuck.step)),
      h("dl", { class: "skill-facts" },
        fact("Last answer", isKnown(row.lastAt) ? `${span(Math.max(0, now - row.lastAt))} ago` : "none yet"),
        fact("Path done", row.required === 0 ? "nothing is required" : `${percent(row.completed / row.required)}, ${
          count(row.completed)} of ${count(row.required)} required activities`),
        fact("Skills mastered", `${count(row.mastered)} of ${count(row.begun)} begun`)),
      ordersList(constraints, titleOf, mayOrder, draw),
      mayOrder && orderForm({ learner, course, syllabus, first: row.stuck?.assign?.activity ?? null, draw }),
      latelyList(lately.filter((one) => one.course === course), titleOf));
  };
  await draw();
  return panel;
}

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

function ordersList(constraints, titleOf, mayOrder, draw) {
  if (constraints.length === 0) return null;
  const item = (one) => {
    const failed = h("span", { class: "note", role: "alert" });
    const lift = h("button", { type: "button" }, "Take it back");
    lift.addEventListener("click", async () => {
      try {
        await liftConstraint(one.id, "taken back on the learner's page");
        await draw();
      } catch (failure) {
        setText(failed, failure.message);
      }
    });
    return h("li", {}, h("bdi", {}, `“${titleOf(one.activity)}”`), ` ${RULES[one.rule] ?? one.rule}`,
      one.learner === null ? ", for everybody" : "", isKnown(one.until) ? `, until ${day(one.until)}` : "",
      h("span", { class: "note" }, h("bdi", {}, `${one.reason} (${one.by})`)),
      mayOrder && one.learner !== null && [lift, failed]);
  };
  return h("div", {}, h("h3", {}, "What teachers ordered"), h("ul", { class: "orders" }, constraints.map(item)));
}

function orderForm({ learner, course, syllabus, first, draw }) {
  const failed = h("p", { class: "failed", role: "alert" });
  const select = (name, options, chosen) => h("select", { name }, options.map(([value, text]) =>
    h("option", { value, selected: value === chosen }, text)));
  const form = h("form", {},
    h("label", {}, "Activity", select("activity", syllabus.map(({ id, title }) => [id, title]), first)),
    h("label", {}, "It", select("rule", [["pin", "comes next"], ["block", "is never shown"]], "pin")),
    h("label", {}, "Why? It stands in the journal.", h("input", { name: "reason", required: true, maxlength: 500, autocomplete: "off" })),
    failed, h("button", { type: "submit" }, "Order it for two weeks"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { activity, rule, reason } = Object.fromEntries(new FormData(form));
    try {
      await setConstraint({ course, learner, rule, activity, reason }, 14);
      await draw();
    } catch (failure) {
      setText(failed, failure.message);
    }
  });
  return h("details", { class: "order" }, h("summary", {}, "Let an activity come next, or never"), form);
}

function latelyList(entries, titleOf) {
  const words = ({ kind, activity, right }) => {
    if (kind === "question_answered") return `answered ${right ? "right" : "wrong"} in “${titleOf(activity)}”`;
    return `${DONE[kind]} “${titleOf(activity)}”`;
  };
  const shown = entries.filter(({ kind }) => kind === "question_answered" || kind in DONE).slice(0, LATELY);
  if (shown.length === 0) return null;
  return h("details", { class: "lately" }, h("summary", {}, "What they did last"),
    h("ol", {}, shown.map((one) => h("li", {}, h("time", { datetime: iso(one.at) }, day(one.at)), " ", h("bdi", {}, words(one))))));
}
