-- Schedules of functions. The record is JSON; the other columns are those of the indexes.
CREATE TABLE schedules (
    id BLOB NOT NULL PRIMARY KEY,
    function_no INTEGER NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    -- When a server must look at it, in microseconds. NULL: never.
    wakes_at INTEGER,
    record TEXT NOT NULL
) WITHOUT ROWID;

CREATE UNIQUE INDEX schedules_by_name ON schedules (function_no, name);
CREATE INDEX schedules_by_time ON schedules (wakes_at) WHERE wakes_at IS NOT NULL;
