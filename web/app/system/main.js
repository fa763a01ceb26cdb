// The page of the operator: is it healthy, and if not, what to do.

import { getSession } from "../api.js";
import { byId, fill, h, setText, show, table } from "../dom.js";
import { UNKNOWN, count, decimal, iso, moment, percent, plural, rate, span } from "../format.js";
import { sourceActivityWords } from "../words.js";
import { auditTable } from "./audit.js";
import { keysTable, showRevocation } from "./keys.js";
import { KINDS, getAudit, getKeys, getSystem } from "./read.js";

const EVERY_MS = 5000;
const NAMES = { courses: "courses", orders: "orders of teachers", experiments: "experiments", policies: "policies and training",
  switches: "kill switches", records: "corrections and erasures" };
const seen = { scopes: new Set(), audit: [], before: null, head: 0, verdict: "" };
const query = new URLSearchParams(location.search);

async function start() {
  fill(byId("audit-kind"), h("option", { value: "" }, "everything"),
    Object.keys(KINDS).map((kind) => h("option", { value: kind, selected: kind === query.get("only") }, NAMES[kind])));
  try {
    seen.scopes = await getSession();
    await load();
    await Promise.all([loadKeys(), lookBack(true)]);
  } catch (failure) {
    trouble(failure);
  }
  byId("main").setAttribute("aria-busy", "false");
  setInterval(() => !document.hidden && load().catch(trouble), EVERY_MS);
}

/** A server that does not answer is the first thing to know of it. */
function trouble(failure) {
  if (failure.status === 0) verdict("bad", "The server does not answer.", "Look whether its process runs, and at its log. Everything below is as it was before.");
  else {
    setText(byId("trouble"), failure.message);
    show(byId("trouble"), true);
  }
}

function verdict(tone, lead, rest) {
  byId("verdict").dataset.tone = tone;
  const text = `${lead} ${rest}`;
  if (byId("verdict").textContent !== text) fill(byId("verdict"), h("strong", {}, lead), ` ${rest}`);
  // Only another verdict is announced, not each number.
  if (seen.verdict !== lead) setText(byId("announce"), text);
  seen.verdict = lead;
}

async function load() {
  const system = await getSystem();
  seen.head = system.head;
  show(byId("trouble"), false);
  judge(system);
  replace(byId("alarms"), system.alarms.map(({ level, detail, advice }) => h("li", { "data-tone": level === "problem" ? "bad" : "warn" },
    h("span", { class: "sign", "aria-hidden": true }, level === "problem" ? "✗" : "!"),
    h("p", {}, h("strong", {}, h("bdi", {}, detail)), ` ${advice}`))));
  replace(byId("server"), facts(system));
  show(byId("backup-command"), system.backup === null);
  replace(byId("streams"), streams(system));
  setText(byId("as-of"), `as of ${iso(system.at).slice(11, 19)} UTC`);
  setText(byId("node-time"), `Server time ${iso(system.at)}, journal entry ${count(system.head)}.`);
}

function judge({ works, alarms }) {
  const problems = alarms.filter(({ level }) => level === "problem");
  const warnings = alarms.length - problems.length;
  if (!works) return verdict("bad", `${plural(problems.length, "thing does", "things do")} not work.`, "What it is and what to do stands below.");
  if (warnings > 0) return verdict("wait", "Everything works,", `and ${plural(warnings, "thing needs", "things need")} somebody to look.`);
  return verdict("good", "Everything works.", "Nothing needs you.");
}

function replace(parent, nodes) {
  const fresh = document.createElement("div");
  fill(fresh, nodes);
  if (fresh.innerHTML !== parent.innerHTML) parent.replaceChildren(...fresh.childNodes);
}

const bytes = (n) => (n >= 1e9 ? `${decimal(n / 1e9, 1)} GB` : `${decimal(n / 1e6, 1)} MB`);

function facts(system) {
  const fact = (name, value, note) => h("div", {}, h("dt", {}, name), h("dd", {}, value), note && h("dd", { class: "note" }, note));
  const { disk, backup } = system;
  return [
    fact("Version", system.version, `running for ${span(system.uptime * 1000)}, since ${moment(system.startedAt)}`),
    fact("Ready", { ready: "yes", recovering: "no, it rebuilds its state", storage_full: "no, the disk is full", storage_failed: "no, the disk failed",
      stopping: "no, it stops" }[system.health] ?? system.health, system.queue === 0 ? "no request waits" : `${plural(system.queue, "request")} wait`),
    fact("Journal", count(system.head), "entries, each of them durable"),
    disk === null ? fact("Disk", UNKNOWN, "the system does not say") : fact("Disk", `${bytes(disk.free)} free`,
      `${percent(disk.free / disk.total)} of ${bytes(disk.total)}; the data take ${bytes(disk.database)}`),
    fact("Connections", count(system.connections), `${plural(system.streams, "live page")}`),
    backup === null ? fact("Backup", "none is known", "of these data by nexus backup on this machine")
      : fact("Backup", moment(backup.at), `up to entry ${count(backup.seq)}, ${count(Math.max(0, system.head - backup.seq))} behind; in ${backup.folder}`),
  ];
}

function streams({ sources, sinks }) {
  if (sources.length + sinks.length === 0) {
    return h("p", { class: "quiet" }, "None is configured: events come by HTTP alone, and nothing is sent on.");
  }
  const scroll = (label, inner) => h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label }, inner);
  return [
    sources.length > 0 && scroll("Sources", table("Sources; counts since the server started.",
      ["Source", "State", "#Lag", "#Records a second", "#Taken", "#Known before", "#Put aside"],
      sources.map((one) => [[h("bdi", {}, one.name), one.kind && h("span", { class: "note" }, one.kind)],
        [sourceActivityWords(one.activity), one.error && h("span", { class: "note" }, `${moment(one.error.at)}: ${one.error.detail}`)],
        count(one.lag), rate(one.rate), count(one.accepted), count(one.before), count(one.rejected)]))),
    sinks.length > 0 && scroll("Sinks", table("Sinks; counts since the server started.",
      ["Sink", "State", "#Lag", "#Delivered", "#Tried again", "#Put aside"],
      sinks.map((one) => [[h("bdi", {}, one.name), h("span", { class: "note" }, one.kind)],
        [one.activity === "waiting" ? "waits" : "delivers", one.error && h("span", { class: "note" }, one.error)],
        count(one.lag), count(one.delivered), count(one.retries), count(one.aside)]))),
  ];
}

async function loadKeys() {
  if (!seen.scopes.has("keys:write") && !seen.scopes.has("admin")) {
    setText(byId("keys-note"), "This browser may not see them. Log out and in with a key that has keys:write, or on the server:");
    fill(byId("keys"), h("pre", { tabindex: 0, "aria-label": "Command" }, h("code", {}, "nexus key list --data ./nexus-data")));
    return;
  }
  const keys = await getKeys();
  setText(byId("keys-note"), "A new key is made on the server alone: nexus key create.");
  fill(byId("keys"), keysTable(keys));
  showRevocation(byId("revoke"), keys, async (words) => {
    setText(byId("announce"), words);
    await loadKeys();
  });
}

async function lookBack(anew) {
  if (!seen.scopes.has("journal:read") && !seen.scopes.has("admin")) {
    setText(byId("audit-note"), "What people did stands in the journal, which this key may not read.");
    return;
  }
  if (anew) [seen.audit, seen.before] = [[], seen.head + 1];
  const page = await getAudit(byId("audit-kind").value, seen.before);
  seen.audit.push(...page.entries);
  seen.before = page.before;
  fill(byId("audit"), seen.audit.length === 0 ? null : auditTable(seen.audit));
  show(byId("audit"), seen.audit.length > 0);
  show(byId("audit-more"), seen.before !== null);
  setText(byId("audit-note"), seen.audit.length > 0 ? "" : seen.before === null ? "Nobody did anything of this kind."
    : `Nothing of this kind since entry ${count(seen.before)}.`);
}

byId("audit-kind").addEventListener("change", (event) => {
  history.replaceState(null, "", event.target.value === "" ? location.pathname : `?only=${event.target.value}`);
  lookBack(true).catch(trouble);
});
byId("audit-more").addEventListener("click", () => lookBack(false).catch(trouble));

start();
