-- API keys. The secret itself is never stored: `hash` is a keyed BLAKE3 of the whole text.
-- Times are microseconds since 1970-01-01T00:00:00Z; `last_used_day` counts UTC days since then.
CREATE TABLE api_key (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('sk', 'pk', 'ad')),
    environment   TEXT NOT NULL CHECK (environment IN ('live', 'test')),
    hash          BLOB NOT NULL,
    last_four     TEXT NOT NULL,
    name          TEXT NOT NULL,
    scopes        TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER,
    revoked_at    INTEGER,
    last_used_day INTEGER
) STRICT;
