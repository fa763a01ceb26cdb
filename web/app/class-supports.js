// Which help works for which question of a course.

import { h, nothing, table } from "./dom.js";
import { UNKNOWN, chance, count, percent, plural, signed } from "./format.js";
import { supportWords } from "./words.js";

const HEADS = ["Help", "#Served", "#Right on the retry", "#Right on the next question",
  "#Better than predicted", "#Chance to be the best"];

/** The questions in which a support was served, those that say most first. */
export function supportTables(report) {
  if (report.questions.length === 0) {
    return nothing("No question of this course offers help to choose from. An author adds some "
      + "under “supports” of a question.");
  }
  const served = (question) => question.supports.reduce((sum, one) => sum + one.served, 0);
  const tried = report.questions.filter((question) => served(question) > 0)
    .sort((one, other) => served(other) - served(one));
  const rest = report.questions.length - tried.length;
  return h("div", { class: "supports" },
    tried.map(supportTable),
    rest > 0 && h("p", { class: "quiet" }, tried.length === 0
      ? `${plural(rest, "question")} ${rest === 1 ? "offers" : "offer"} help, and none was asked for yet.`
      : `${plural(rest, "more question")} ${rest === 1 ? "offers" : "offer"} help that was not asked for yet.`));
}

function supportTable({ id, prompt, title, supports }) {
  const caption = `${title}: ${prompt}`;
  const share = (right, of) => (of === 0 ? UNKNOWN : `${percent(right / of)} of ${count(of)}`);
  const worth = (one) => (one.outcomes === 0 ? UNKNOWN : h("span", {}, signed(one.estimate), " ",
    h("span", { class: "note" }, `${signed(one.low)} to ${signed(one.high)}`)));
  const rows = supports.map((one) => [
    h("span", {}, supportWords(one.kind), one.id.replaceAll("-", "_") !== one.kind
      && h("span", { class: "note" }, one.id)),
    count(one.served),
    share(one.retriesRight, one.retries),
    share(one.nextsRight, one.nexts),
    worth(one),
    chance(one.best),
  ]);
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": `Help with ${id}` },
    table(caption, HEADS, rows));
}
