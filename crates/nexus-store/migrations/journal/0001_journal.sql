-- The journal: the truth. Rows are only ever added. `hash` is
-- BLAKE3(previous hash, seq, id, kind, learner, learner_seq, received_at, request_hash, body).
-- Times are microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE journal (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    learner      TEXT,
    learner_seq  INTEGER,
    received_at  INTEGER NOT NULL,
    request_hash BLOB,
    body         TEXT NOT NULL,
    hash         BLOB NOT NULL,
    CHECK ((learner IS NULL) = (learner_seq IS NULL))
) STRICT;

CREATE UNIQUE INDEX journal_by_learner ON journal (learner, learner_seq)
    WHERE learner IS NOT NULL;

-- The latest checkpoint: a cache, with the place in the journal it belongs to.
CREATE TABLE snapshot_shared (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    seq    INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    digest BLOB NOT NULL,
    bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE snapshot_learner (
    learner TEXT PRIMARY KEY,
    seq     INTEGER NOT NULL,
    digest  BLOB NOT NULL,
    bytes   BLOB NOT NULL
) STRICT;

-- One row that is written to find out whether the disk has space again.
CREATE TABLE space_probe (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    bytes BLOB NOT NULL
) STRICT;

-- Views for people with the sqlite3 tool. The engine never reads them.
CREATE VIEW v_events AS
SELECT seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', received_at / 1e6, 'unixepoch') AS received_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.at') / 1e6, 'unixepoch')
           AS occurred_at,
       kind,
       learner,
       learner_seq,
       json_extract(body, '$.course') AS course,
       json_extract(body, '$.course_version') AS course_version,
       json_extract(body, '$.activity') AS activity,
       json_extract(body, '$.answer.question') AS question,
       coalesce(json_extract(body, '$.answer.grade'), json_extract(body, '$.grade')) AS grade,
       json_extract(body, '$.decision') AS decision,
       id
FROM journal;

CREATE VIEW v_decisions AS
SELECT seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.at') / 1e6, 'unixepoch') AS made_at,
       json_extract(body, '$.decision') AS decision,
       learner,
       json_extract(body, '$.course') AS course,
       json_extract(body, '$.policy') AS policy,
       json_extract(body, '$.policy_version') AS policy_version,
       json_extract(body, '$.assignment.experiment') AS experiment,
       json_extract(body, '$.assignment.variant') AS variant,
       json_extract(body, '$.candidates[' || json_extract(body, '$.chosen') || '][0]') AS activity,
       json_extract(body, '$.candidates[' || json_extract(body, '$.chosen') || '][1]')
           AS propensity,
       json_array_length(body, '$.candidates') AS candidates,
       json_extract(body, '$.relaxation') AS relaxation,
       json_extract(body, '$.fallback') AS fallback,
       json_extract(body, '$.probe.question') AS probe
FROM journal
WHERE kind = 'decision_made';

CREATE VIEW v_rewards AS
SELECT seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.at') / 1e6, 'unixepoch')
           AS settled_at,
       json_extract(body, '$.decision') AS decision,
       learner,
       json_extract(body, '$.course') AS course,
       json_extract(body, '$.policy') AS policy,
       json_extract(body, '$.assignment.experiment') AS experiment,
       json_extract(body, '$.assignment.variant') AS variant,
       json_extract(body, '$.value') AS value,
       json_extract(body, '$.propensity') AS propensity,
       json_extract(body, '$.gain.surprise') AS gain,
       json_extract(body, '$.gain.source') AS gain_source,
       json_extract(body, '$.success') AS success,
       json_extract(body, '$.cost') AS cost,
       json_extract(body, '$.abandoned') AS abandoned
FROM journal
WHERE kind = 'reward_joined';
