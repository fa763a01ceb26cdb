-- Statements of other systems as they were sent, so that they can be asked for again. They are no part of
-- the fold: what they say of learning stands in the journal as events, written in the same transaction.
CREATE TABLE statement (
    place        INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    actor        TEXT,
    verb         TEXT NOT NULL,
    activity     TEXT,
    registration TEXT,
    voids        TEXT,
    stored_at    INTEGER NOT NULL,
    hash         BLOB NOT NULL,
    body         TEXT NOT NULL
) STRICT;
CREATE INDEX statement_voids ON statement (voids) WHERE voids IS NOT NULL;

-- Everybody whom a statement names, by the learner that they are: an erasure finds them here.
CREATE TABLE statement_person (
    learner TEXT NOT NULL,
    place   INTEGER NOT NULL,
    PRIMARY KEY (learner, place)
) STRICT, WITHOUT ROWID;
