-- Priority and key of an execution, as JSON. NULL: the default.
ALTER TABLE executions ADD COLUMN queueing TEXT;

-- How many executions with one key may run at a time. NULL: one.
ALTER TABLE functions ADD COLUMN concurrency_per_key INTEGER;
ALTER TABLE function_versions ADD COLUMN concurrency_per_key INTEGER;

-- The executions with singleton keys that have not ended.
CREATE TABLE singletons (
    function_no INTEGER NOT NULL,
    key TEXT NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (function_no, key)
) WITHOUT ROWID, STRICT;
