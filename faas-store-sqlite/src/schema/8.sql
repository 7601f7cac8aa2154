-- How the runtime calls the code, such as workers.fetch. NULL: it did not say.
ALTER TABLE functions ADD COLUMN handler TEXT;
ALTER TABLE function_versions ADD COLUMN handler TEXT;
