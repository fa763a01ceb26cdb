// How the server is, its keys and what people did, as the server says it.

import { get, millis, number, some } from "../api.js";

/** Types of entries that people make, by what they are about. */
export const KINDS = {
  courses: ["course_published"],
  orders: ["constraint_set", "constraint_lifted"],
  experiments: ["experiment_started", "experiment_changed", "experiment_stopped"],
  policies: ["policy_versioned", "policy_promoted", "policy_mode_set", "policy_graduated", "holdout_set", "tracing_trained"],
  switches: ["kill_switch_turned"],
  records: ["corrected", "learner_erased"],
};
const ALL = Object.values(KINDS).flat();

export async function getSystem() {
  const wire = await get("/v1/system");
  return {
    works: wire.works === true, version: wire.version, startedAt: millis(wire.started_at), uptime: wire.uptime_seconds ?? 0,
    at: millis(wire.at), health: wire.health, head: wire.head ?? 0, queue: wire.queue ?? 0, connections: wire.connections ?? 0,
    streams: wire.streams ?? 0,
    alarms: some(wire.alarms).map(({ code, level, detail, advice }) => ({ code, level, detail, advice })),
    disk: wire.disk ? { free: wire.disk.free_bytes, total: wire.disk.total_bytes, database: wire.disk.database_bytes } : null,
    backup: wire.backup ? { at: millis(wire.backup.at), seq: wire.backup.seq, folder: wire.backup.folder } : null,
    sources: some(wire.sources).map((one) => ({ name: one.source, kind: one.kind ?? null, activity: one.activity, rate: one.records_per_second,
      lag: number(one.lag), accepted: one.accepted, before: (one.duplicate ?? 0) + (one.behind ?? 0), rejected: one.rejected,
      error: one.last_error ? { at: millis(one.last_error.at), detail: one.last_error.detail } : null })),
    sinks: some(wire.sinks).map((one) => ({ name: one.sink, kind: one.kind, activity: one.activity, lag: number(one.lag),
      delivered: one.delivered, aside: one.put_aside, retries: one.retries, error: one.last_error ?? null })),
  };
}

const readKey = (wire) => ({ id: wire.id, name: wire.name, lastFour: wire.last_four, scopes: some(wire.scopes), state: wire.state,
  own: wire.own === true, createdAt: millis(wire.created_at), expiresAt: millis(wire.expires_at), revokedAt: millis(wire.revoked_at),
  usedOn: millis(wire.last_used_on) });
export const getKeys = async () => some((await get("/v1/keys")).keys).map(readKey);
export const revokeKey = (id, name) => get(`/v1/keys/${encodeURIComponent(id)}/revoke`, { name });

/** What people did before a place in the journal, the newest first; `before` is `null` at its beginning. */
export async function getAudit(kind, before) {
  const types = KINDS[kind] ?? ALL;
  const page = await get(`/v1/journal?${new URLSearchParams({ type: types.join(","), before, limit: 40 })}`);
  return { before: page.next ?? null, entries: some(page.entries).map((entry) => ({ seq: entry.seq, at: millis(entry.received_at),
    type: entry.type, course: entry.course ?? null, learner: entry.learner ?? null, data: entry.data ?? {} })) };
}
