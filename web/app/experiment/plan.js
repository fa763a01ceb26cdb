// A plan for an experiment: kept in this browser until it is started.

import { getPolicies, startExperiment } from "../api.js";
import { h, setText } from "../dom.js";
import { policyWords } from "../words.js";

const KEPT = "nexus.plan";
const SIDES_MAX = 6;
const BLANK = { id: "", course: "", planned: 1000, sides: [{ name: "control", policy: "static", share: 50 },
  { name: "treatment", policy: "pace", share: 50 }] };

const kept = () => {
  try {
    return { ...BLANK, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return BLANK;
  }
};
const keep = (plan) => {
  try {
    if (plan === null) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, JSON.stringify(plan));
  } catch {
    // Then the plan is only on the page.
  }
};

/** @param {{ id: string, title: string }[]} courses */
export async function showPlan(parent, courses) {
  let plan = kept();
  plan.course = courses.some(({ id }) => id === plan.course) ? plan.course : courses[0].id;
  const policies = await getPolicies(plan.course);
  const draw = () => parent.replaceChildren(form());

  function form() {
    const failed = h("p", { class: "failed", role: "alert" });
    const total = () => plan.sides.reduce((sum, { share }) => sum + share, 0);
    const sum = h("p", { class: "quiet" });
    const changed = () => {
      keep(plan);
      setText(sum, total() === 100 ? "The shares sum to 100 %." : `The shares sum to ${total()} %: they must sum to 100 %.`);
    };
    const element = h("form", {},
      field("What you call it", { value: plan.id, required: true, pattern: "[A-Za-z0-9_.:~@=\\-]{1,128}", maxlength: 128,
        title: "letters, digits and - _ . : ~ @ =" }, (value) => { plan.id = value; changed(); }),
      choice("Course", courses.map(({ id, title }) => [id, title]), plan.course, (value) => { plan.course = value; changed(); }),
      field("Learners it is planned for", { type: "number", min: 100, max: 10_000_000, value: plan.planned, required: true },
        (value) => { plan.planned = Number(value); changed(); }),
      h("div", { class: "sides", role: "group", "aria-label": "Variants, the control first" }, plan.sides.map((side, place) => h("div", {},
        field(place === 0 ? "Control" : `Variant ${place}`, { value: side.name, required: true, maxlength: 64 },
          (value) => { side.name = value; changed(); }),
        choice("Who decides", policies.map((policy) => [policy, `${policy}: ${policyWords(policy)}`]), side.policy,
          (value) => { side.policy = value; changed(); }),
        field("Share, %", { type: "number", min: 1, max: 99, value: side.share, required: true },
          (value) => { side.share = Number(value); changed(); }),
        place > 1 && button("Remove", () => { plan.sides.splice(place, 1); changed(); draw(); })))),
      plan.sides.length < SIDES_MAX && button("Add a variant", () => {
        plan.sides.push({ name: `variant-${plan.sides.length}`, policy: "lin-ts", share: 10 });
        changed();
        draw();
      }),
      sum, failed,
      h("span", { class: "together" }, h("button", { type: "submit" }, "Start it"),
        button("Forget this plan", () => { keep(null); plan = { ...structuredClone(BLANK), course: courses[0].id }; draw(); })));
    element.addEventListener("submit", async (event) => {
      event.preventDefault();
      setText(failed, "");
      try {
        await startExperiment({ id: plan.id, course: plan.course, planned_learners: plan.planned,
          variants: plan.sides.map(({ name, policy, share }) => ({ name, policy, weight: share / 100 })) });
        keep(null);
        location.assign(`/experiment/${encodeURIComponent(plan.id)}`);
      } catch (failure) {
        setText(failed, failure.message);
      }
    });
    changed();
    return element;
  }
  draw();
}

function field(label, attributes, change) {
  const input = h("input", { autocomplete: "off", ...attributes });
  input.addEventListener("input", () => change(input.value));
  return h("label", {}, label, input);
}

function choice(label, options, chosen, change) {
  const select = h("select", {}, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  select.addEventListener("change", () => change(select.value));
  return h("label", {}, label, select);
}

function button(words, act) {
  const element = h("button", { type: "button" }, words);
  element.addEventListener("click", act);
  return element;
}
