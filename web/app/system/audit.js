// What people did, an entry a row, in words.

import { h, table } from "../dom.js";
import { UNKNOWN, count, day, iso, percent } from "../format.js";

const WORDS = {
  course_published: ({ version }) => (version === undefined ? "published a version of the course" : `published version ${count(version)} of the course`),
  constraint_set: ({ rule, activity, learner }) => `${{ pin: "pinned", block: "blocked", cap: "capped" }[rule] ?? rule} ${activity}${learner ? ` for ${learner}` : " for everybody"}`,
  constraint_lifted: ({ constraint }) => `lifted the order ${constraint ?? ""}`,
  experiment_started: ({ id, experiment, version }) => `started the experiment ${id ?? experiment ?? ""}${version > 1 ? `, version ${count(version)}` : ""}`,
  experiment_changed: ({ experiment, change, share, variant }) => `${{ share: `changed the share of ${experiment} to ${percent(share)}`,
    concluded: `concluded ${experiment}${variant ? `: ${variant}` : " without a choice"}`, archived: `put ${experiment} away` }[change] ?? `${change ?? "changed"} ${experiment ?? ""}`}`,
  experiment_stopped: ({ experiment }) => `stopped the experiment ${experiment}`,
  policy_versioned: ({ policy, version, origin }) => `${policy}: version ${count(version)}, ${origin}`,
  policy_promoted: ({ promoted, share, overridden }) => (share === 0 ? `ended the promotion of ${promoted}`
    : `promoted ${promoted} to ${percent(share)} of the learners${overridden ? ", without evidence" : ""}`),
  policy_mode_set: ({ policy, mode }) => `set ${policy} to ${mode}`,
  policy_graduated: ({ graduated }) => `${graduated} graduated`,
  holdout_set: ({ share }) => (share === 0 ? "holds nobody out" : `holds out ${percent(share, 1)} of the learners`),
  tracing_trained: ({ version }) => `published version ${count(version)} of the question parameters`,
  kill_switch_turned: ({ thrown }) => (thrown ? "turned the kill switch on" : "released the kill switch"),
  corrected: ({ correction, corrected }) => `corrected ${count((corrected ?? []).length)} entries (${correction})`,
  learner_erased: () => "erased a learner",
};

const BECAUSE = ["reason", "stopped_because", "lifted_because", "corrected_because", "erased_because"];
const BY = ["by", "asked_by", "lifted_by", "corrected_by", "erased_by"];
const said = (data, names) => data[names.find((name) => name in data)] ?? "";

/** A change of an experiment stands in a part of its own. */
const flattened = (entry) => {
  const { change } = entry.data;
  return { ...entry, flat: change !== null && typeof change === "object" ? { ...entry.data, ...change } : entry.data };
};

export const auditTable = (entries) => table("One row an entry of the journal.", ["When", "What", "Where", "By", "Why"],
  entries.map(flattened).map(({ seq, at, type, course, flat }) => [
    [h("time", { datetime: iso(at) }, day(at)), h("span", { class: "note" }, `entry ${count(seq)}`)],
    h("bdi", {}, (WORDS[type] ?? (() => type.replaceAll("_", " ")))(flat)),
    h("bdi", {}, course ?? (type === "kill_switch_turned" ? "all courses" : "")), h("bdi", {}, said(flat, BY) || UNKNOWN), h("bdi", {}, said(flat, BECAUSE))]));
