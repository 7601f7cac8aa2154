-- Replaced versions of functions, for the unfinished executions that were accepted with them.
CREATE TABLE function_versions (
    function_no INTEGER NOT NULL,
    version INTEGER NOT NULL,
    replaced_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    active INTEGER NOT NULL,
    timeout INTEGER NOT NULL,
    retry_count INTEGER NOT NULL,
    concurrency INTEGER,
    tier INTEGER NOT NULL,
    environment TEXT,
    code TEXT NOT NULL,
    PRIMARY KEY (function_no, version)
) STRICT;

-- Those that were replaced long ago.
CREATE INDEX function_versions_replaced ON function_versions (replaced_at);

-- How many functions there are by status.
CREATE INDEX functions_active ON functions (active) WHERE deleted_at IS NULL;
