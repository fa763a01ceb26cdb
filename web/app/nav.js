// The way between pages: what is in it follows what the key behind this browser may do. On phones
// the first four stand in a bar at the bottom, and the rest behind "More".

import { byId, fill, h, show } from "./dom.js";

const KEPT = "nexus.scopes";
const BAR = 4;

/** The course that this page is about, as its address says it and as addresses are written. */
function courseHere() {
  const [place, id] = location.pathname.split("/").filter(Boolean);
  if ((place === "course" || place === "policy") && id !== undefined) return id;
  const asked = new URLSearchParams(location.search).get("course");
  return asked === null ? null : encodeURIComponent(asked);
}

/**
 * Teachers read learners and courses; scientists look into the journal or change experiments and
 * policies; operators read the journal of everything.
 */
function places(has) {
  const course = courseHere();
  const of = (folder) => (course === null ? folder : `${folder}/${course}`);
  const sees = has("journal:read");
  return [
    { name: "Live", href: "/", at: ["", "decision", "decision.html"], open: has("stream:read") },
    { name: "Class", href: course === null ? "/class" : `/class?course=${course}`, at: ["class", "learner"], open: has("learners:read") },
    { name: "Course", href: of("/course"), at: ["course"], open: has("courses:read") },
    { name: "Experiments", href: "/experiments", at: ["experiments", "experiment"],
      open: has("experiments:read") && (sees || has("experiments:write")) },
    { name: "Policies", href: of("/policy"), at: ["policy"], open: has("courses:read") && (sees || has("policies:write")) },
    { name: "System", href: "/system", at: ["system"], open: sees && has("stream:read") },
    { name: "Help", href: "/help", at: ["help"], open: true },
    { name: "API", href: "/docs", at: ["docs"], open: true },
  ].filter(({ open }) => open);
}

function draw(scopes) {
  const here = location.pathname.split("/")[1];
  const has = (scope) => scopes !== null && (scopes.includes(scope) || scopes.includes("admin"));
  const link = ({ name, href, at }) =>
    h("a", { href, "aria-current": at.includes(here) ? "page" : null }, name);
  const all = places(has);
  const item = (place, position) => h("li", { class: position >= BAR && all.length > BAR + 1 ? "rest" : null }, link(place));
  const rest = all.slice(BAR);
  fill(byId("pages"), h("ul", {}, all.map(item)), all.length > BAR + 1 && behind(rest.map((place) => h("li", {}, link(place)))));
  const leave = document.querySelector("header form[action='/logout']");
  if (leave !== null) show(leave, scopes !== null);
}

/** "More" and what is behind it, which only phones show. */
function behind(items) {
  const list = h("ul", { id: "more", hidden: true }, items);
  const button = h("button", { type: "button", "aria-expanded": "false", "aria-controls": "more" }, "More");
  button.addEventListener("click", () => {
    show(list, list.hidden);
    button.setAttribute("aria-expanded", String(!list.hidden));
  });
  return h("div", { class: "more" }, button, list);
}

/** What was known at the last page; nothing is asked for a browser that never logged in. */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function remember(scopes) {
  try {
    if (scopes === null) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, JSON.stringify(scopes));
  } catch {
    // Without storage the way is drawn a moment later.
  }
}

async function start() {
  const isOpen = document.body.hasAttribute("data-open");
  const known = remembered();
  draw(known);
  if (isOpen && known === null) return;
  const answer = await fetch("/v1/session", { headers: { accept: "application/json" } }).catch(() => null);
  if (answer === null) return;
  const scopes = answer.ok ? (await answer.json()).scopes : null;
  remember(scopes);
  if (JSON.stringify(scopes) !== JSON.stringify(known)) draw(scopes);
}

document.querySelector("header form[action='/logout']")?.addEventListener("submit", () => remember(null));
start();
