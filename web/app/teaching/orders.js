// What holds for everybody in a course: an activity that is never shown, or a few times at most.

import { liftConstraint, setConstraint } from "../api.js";
import { fill, h, setText } from "../dom.js";
import { count, day, isKnown } from "../format.js";
import { getOrders } from "./read.js";

const words = ({ rule, most }) => ({ pin: "comes next for everybody", block: "is never shown",
  cap: `is shown ${most === null ? "a few times" : `${count(most)} times`} at most` }[rule] ?? rule);
const DAYS = [[7, "a week"], [30, "a month"], [120, "a term"]];

export async function showOrders(parent, { course, activities, may }) {
  const orders = await getOrders(course);
  const key = JSON.stringify([orders, may]);
  if (parent.dataset.shown === key) return;
  parent.dataset.shown = key;
  const again = () => showOrders(parent, { course, activities, may });
  const title = new Map(activities.map((one) => [one.id, one.title]));
  fill(parent,
    orders.length === 0 ? h("p", { class: "quiet" }, "Nothing: every activity may be shown to everybody.")
      : h("ul", { class: "orders" }, orders.map((one) => item(one, title.get(one.activity) ?? one.activity, may, again))),
    may && h("div", { class: "actions" }, orderForm(course, activities, again)));
}

function item(one, title, may, again) {
  const failed = h("span", { class: "failed", role: "alert" });
  const lift = h("button", { type: "button" }, "Take it back");
  lift.addEventListener("click", () => liftConstraint(one.id, "taken back on the course's page").then(again)
    .catch((failure) => setText(failed, failure.message)));
  return h("li", {}, h("bdi", {}, `“${title}”`), ` ${words(one)}${isKnown(one.until) ? `, until ${day(one.until)}` : ""} `,
    h("span", { class: "note" }, h("bdi", {}, `${one.reason} (${one.by})`)), may && lift, failed);
}

function orderForm(course, activities, again) {
  const failed = h("p", { class: "failed", role: "alert" });
  const choose = (name, options) => h("select", { name }, options.map(([value, text]) => h("option", { value }, text)));
  const form = h("form", {},
    h("label", {}, "Activity", choose("activity", activities.map(({ id, title }) => [id, title]))),
    h("label", {}, "It", choose("rule", [["block", "is never shown"], ["cap", "is shown twice at most"], ["pin", "comes next for everybody"]])),
    h("label", {}, "For", choose("days", DAYS)),
    h("label", {}, "Why? It stands in the journal.", h("input", { name: "reason", required: true, maxlength: 500, autocomplete: "off" })),
    failed, h("button", { type: "submit" }, "Order it"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { activity, rule, days, reason } = Object.fromEntries(new FormData(form));
    try {
      await setConstraint({ course, rule, activity, reason, ...(rule === "cap" ? { shown_max: 2 } : {}) }, Number(days));
      await again();
    } catch (failure) {
      setText(failed, failure.message);
    }
  });
  return h("details", {}, h("summary", {}, "Show an activity to nobody, to few, or next to everybody"), form);
}
