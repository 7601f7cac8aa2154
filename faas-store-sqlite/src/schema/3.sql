-- Who may do what. Keys that were revoked stay: that there ever was one is what requires one.
CREATE TABLE api_keys (
    id BLOB PRIMARY KEY, -- in the order of time
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    hash BLOB NOT NULL, -- SHA-256 of the secret
    created_at INTEGER NOT NULL,
    expires_at INTEGER, -- NULL: never
    revoked_at INTEGER -- NULL: not revoked
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX api_keys_name ON api_keys (name) WHERE revoked_at IS NULL;

-- Who did what.
CREATE TABLE audit (
    id BLOB PRIMARY KEY, -- in the order of time
    at INTEGER NOT NULL,
    key_id BLOB, -- NULL: nobody who needed a key
    key_name TEXT,
    action TEXT NOT NULL,
    target TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What code finds in `context.env`, as JSON with secrets sealed. NULL: nothing, or deleted.
ALTER TABLE functions ADD COLUMN environment TEXT;
