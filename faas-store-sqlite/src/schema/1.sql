-- Moments are microseconds since 1970 in UTC, durations nanoseconds, money nano-dollars.

-- The number that stands for a function everywhere else.
CREATE TABLE function_numbers (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE functions (
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    code TEXT NOT NULL, -- empty once deleted
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    active INTEGER NOT NULL,
    timeout INTEGER NOT NULL,
    retry_count INTEGER NOT NULL,
    concurrency INTEGER,
    tier INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE UNIQUE INDEX functions_name ON functions (name) WHERE deleted_at IS NULL;

-- How many bytes of code were kept from when until when.
CREATE TABLE code_spans (
    function_no INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER -- NULL: still kept
) STRICT;

CREATE INDEX code_spans_function ON code_spans (function_no);

CREATE TABLE executions (
    seq INTEGER PRIMARY KEY, -- of the id: milliseconds << 12 | counter
    id BLOB NOT NULL,
    function_no INTEGER NOT NULL,
    status INTEGER NOT NULL, -- 0 pending, 1 running, 2 completed, 3 failed
    attempt INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    cold_start INTEGER NOT NULL,
    cost_tier INTEGER NOT NULL,
    cost_base INTEGER NOT NULL,
    cost_cold_start INTEGER NOT NULL,
    cost_retry INTEGER NOT NULL,
    cost_data_transfer INTEGER NOT NULL,
    memory_mb INTEGER NOT NULL,
    cpu_millis INTEGER NOT NULL,
    price_version INTEGER NOT NULL,
    function_version INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    start_time INTEGER,
    end_time INTEGER,
    retry_count INTEGER NOT NULL,
    max_retries INTEGER NOT NULL,
    due_at INTEGER,
    instance_id TEXT,
    retry_of BLOB,
    idempotency_key TEXT,
    failure TEXT, -- JSON
    attempts TEXT, -- JSON; NULL: none, or the one that the row itself tells
    logs TEXT, -- JSON; NULL: none
    input TEXT NOT NULL,
    output TEXT
) STRICT;


-- What one function did, in the order of time. The one index that every execution is entered in:
-- it costs a fifth to a half of the commits per second, and a function's list would scan without.
CREATE INDEX executions_function ON executions (function_no);

-- What recovery takes up.
CREATE INDEX executions_unfinished ON executions (seq) WHERE status < 2;

-- Failures are few and looked for.
CREATE INDEX executions_failed ON executions (seq) WHERE status = 3;
CREATE INDEX executions_failed_function ON executions (function_no, seq) WHERE status = 3;

CREATE TABLE idempotency_keys (
    function_no INTEGER NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (function_no, key)
) STRICT, WITHOUT ROWID;

-- Sums over ended executions by span of time and function.
CREATE TABLE usage (
    grain INTEGER NOT NULL, -- 0 minute, 1 hour, 2 day
    start INTEGER NOT NULL,
    function_no INTEGER NOT NULL,
    executions INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cold INTEGER NOT NULL,
    duration_micros INTEGER NOT NULL,
    base INTEGER NOT NULL,
    cold_start INTEGER NOT NULL,
    retry INTEGER NOT NULL,
    data_transfer INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    PRIMARY KEY (grain, start, function_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE scaling_events (
    at INTEGER NOT NULL,
    id BLOB NOT NULL,
    function_id BLOB,
    up INTEGER NOT NULL,
    instance_count INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (at, id)
) STRICT, WITHOUT ROWID;

-- One row, rewritten by each commit.
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    pending INTEGER NOT NULL DEFAULT 0,
    running INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    -- The earliest and latest created_at of what was rolled up; NULL: nothing was.
    oldest INTEGER,
    newest INTEGER,
    -- Executions accepted before may have expired; minutes before may be gone.
    executions_from INTEGER NOT NULL DEFAULT 0,
    minutes_from INTEGER NOT NULL DEFAULT 0,
    -- How far ids and created_at lie apart at most, in milliseconds.
    ahead INTEGER NOT NULL DEFAULT 0,
    behind INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO state (one) VALUES (1);
