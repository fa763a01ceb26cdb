// The top of the live page: which course, which experiment, and the others one could look at.

import { byId, follow, h, setText, show } from "./dom.js";

/** @param {import("./api.js").Live} live */
export function showCourse(live, course, experiment) {
  setText(byId("course-title"), course === null ? "No course yet" : course.title);
  document.title = course === null ? "Nexus" : `${course.title} · Nexus`;
  const others = live.experiments.filter(({ id }) => id !== experiment?.id);
  show(byId("others"), others.length > 0);
  follow(byId("others-list"), others, ({ id }) => id, ({ id }) =>
    h("li", {}, h("a", { href: `/?experiment=${encodeURIComponent(id)}` }, h("bdi", {}, id))));
}
