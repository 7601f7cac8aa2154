-- Which namespaces of keys and values the code has, as JSON. NULL: none.
ALTER TABLE functions ADD COLUMN kv TEXT;
ALTER TABLE function_versions ADD COLUMN kv TEXT;

-- The namespaces that have entries, and what they have.
CREATE TABLE kv_namespaces (
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    keys INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;

-- The value is last, so that lists do not read it.
CREATE TABLE kv_entries (
    namespace_no INTEGER NOT NULL,
    key TEXT NOT NULL,
    metadata TEXT,
    expires_at INTEGER,
    value BLOB NOT NULL,
    UNIQUE (namespace_no, key)
) STRICT;

-- Those that expire.
CREATE INDEX kv_entries_expiring ON kv_entries (expires_at) WHERE expires_at IS NOT NULL;
