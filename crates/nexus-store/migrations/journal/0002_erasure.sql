-- Erasure of learners. `salt` enters the hash of an entry, and is thrown away when the entry is
-- redacted: then nobody can find out by trying whether the hash once covered a guessed name.
-- `erased_by` is the entry that says so; its `hash` is kept as it was, and what is left of the
-- entry is covered by that entry's digest.
ALTER TABLE journal ADD COLUMN salt BLOB;
ALTER TABLE journal ADD COLUMN erased_by INTEGER;

-- Keyed hashes of the ids that redacted entries had, so that they stay used.
CREATE TABLE erased_id (
    digest BLOB PRIMARY KEY,
    seq    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Each erasure: its entry, a check of the key that its hashes were made with, and what is still
-- to be done so that the old bytes are gone from the files: 2 write the database anew and empty
-- the log, 1 empty the log, 0 nothing.
CREATE TABLE erasure (
    seq       INTEGER PRIMARY KEY,
    key_check BLOB NOT NULL,
    remains   INTEGER NOT NULL
) STRICT;
