-- The names for the versions of a function, as JSON. NULL: none.
ALTER TABLE functions ADD COLUMN aliases TEXT;

-- Whether an alias stands for the version.
ALTER TABLE function_versions ADD COLUMN aliased INTEGER NOT NULL DEFAULT 0;
