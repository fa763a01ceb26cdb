// All experiments: those that need somebody first, those that were put away last.

import { getCourses, getExperiments, getSession } from "../api.js";
import { byId, h, nothing, setText, show, table } from "../dom.js";
import { count, day } from "../format.js";
import { showPlan } from "./plan.js";

const ORDER = ["running", "paused", "stopped", "concluded", "archived"];
const STATUSES = { running: "Running", paused: "Paused", stopped: "Stopped, not concluded", concluded: "Concluded",
  archived: "Put away" };

async function start() {
  try {
    const [experiments, courses] = await Promise.all([getExperiments(), getCourses()]);
    const sorted = experiments.sort((one, other) =>
      ORDER.indexOf(one.status) - ORDER.indexOf(other.status) || other.startedAt - one.startedAt);
    const rows = sorted.map((one) => [
      h("a", { href: `/experiment/${encodeURIComponent(one.id)}` }, h("bdi", {}, one.id)),
      h("bdi", {}, one.course),
      STATUSES[one.status] ?? one.status,
      `${count(one.learners)} of ${count(one.planned)}`,
      day(one.startedAt),
    ]);
    byId("list").replaceChildren(rows.length === 0 ? "" : table("One row an experiment",
      ["Experiment", "Course", "Where it stands", "#Learners", "Begun"], rows));
    byId("list").firstElementChild?.classList.add("experiments");
    show(byId("list"), rows.length > 0);
    if (rows.length === 0) {
      byId("empty").replaceChildren(nothing("None was started yet. This compares the course's own path with the "
        + "learned one, half of the learners each:",
      `nexus experiment start --url ${location.origin} --key "$NEXUS_KEY" path-or-learned \\
  --course ${courses[0]?.id ?? "COURSE"} --variant control=static --variant treatment=pace`));
    }
    const scopes = await getSession();
    if (courses.length > 0 && (scopes.has("experiments:write") || scopes.has("admin"))) {
      await showPlan(byId("draft-form"), courses);
      show(byId("draft"), true);
    }
  } catch (failure) {
    setText(byId("trouble"), failure.message);
    show(byId("trouble"), true);
  }
  byId("main").setAttribute("aria-busy", "false");
}

start();
