// What was done with policies, an entry a line: what, when, who and why.

import { h } from "../dom.js";
import { count, day, iso, percent } from "../format.js";

const ORIGINS = { saved: "saved as it was", trained: "published, made elsewhere", restored: "restored" };

/** What an entry did, and a sign for it. */
function told({ type, course, data }) {
  const where = course === null ? " in all courses" : "";
  if (type === "kill_switch_turned") {
    return data.thrown ? ["✗", `Kill switch turned on${where}`] : ["✓", `Kill switch released${where}`];
  }
  if (type === "policy_versioned") {
    const from = data.origin === "restored" ? `restored from version ${count(data.restored_from)}` : ORIGINS[data.origin] ?? data.origin;
    return ["v", `${data.policy}: version ${count(data.version)}, ${from}`];
  }
  if (type === "policy_promoted") {
    const share = data.share ?? 1;
    if (share === 0) return ["↓", `${data.promoted}: promotion ended`];
    const whom = share >= 1 ? "all learners" : `${percent(share)} of the learners`;
    return ["↑", `${data.promoted} decides for ${whom}${data.overridden ? ", the gate was overruled" : ""}`];
  }
  if (type === "policy_mode_set") return ["·", `${data.policy} became ${data.mode}`];
  if (type === "policy_graduated") return ["↑", `${data.graduated} graduated: it agreed with its baseline and serves`];
  if (type === "holdout_set") return ["·", data.share === 0 ? "Nobody is held out" : `${percent(data.share, 1)} of learners are held out`];
  return ["·", type.replaceAll("_", " ")];
}

const byOf = (data) => data.by ?? data.asked_by ?? "nexus";

export function laneItem(entry) {
  const [sign, words] = told(entry);
  const reason = entry.data.reason ?? "";
  return h("li", { "data-type": entry.type },
    h("span", { class: "sign", "aria-hidden": true }, sign),
    h("div", {}, h("p", { class: "what" }, h("bdi", {}, words)),
      h("p", { class: "note" }, h("time", { datetime: iso(entry.at) }, day(entry.at)), `, by ${byOf(entry.data)}, entry ${count(entry.seq)}`),
      reason !== "" && h("p", { class: "why" }, h("bdi", {}, reason))));
}
