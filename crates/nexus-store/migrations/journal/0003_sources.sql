-- How far each source of events has come: the position of the first record that is not taken yet,
-- by source and partition. Written in the same transaction as the entries that the records became.
-- `sum` is a hash of the other columns: a position that a bad disk moved ahead would lose records.
CREATE TABLE source_position (
    source    TEXT NOT NULL,
    partition TEXT NOT NULL,
    next      INTEGER NOT NULL,
    sum       BLOB NOT NULL,
    PRIMARY KEY (source, partition)
) STRICT, WITHOUT ROWID;
