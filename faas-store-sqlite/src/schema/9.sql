-- The name of the runtime that runs a function. NULL: the platform's first one.
ALTER TABLE functions ADD COLUMN runtime TEXT;
ALTER TABLE function_versions ADD COLUMN runtime TEXT;
