-- Load tests, few and rewritten once a second while they run.
CREATE TABLE load_tests (
    id BLOB PRIMARY KEY, -- in the order of time
    function_no INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    record TEXT NOT NULL -- JSON: all of it
) STRICT;

CREATE INDEX load_tests_function ON load_tests (function_no, id);
