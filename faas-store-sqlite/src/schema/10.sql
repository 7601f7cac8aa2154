-- How the runtime calls the code, such as workers.fetch. NULL: it did not say.
ALTER TABLE functions ADD COLUMN handler TEXT;
ALTER TABLE function_versions ADD COLUMN handler TEXT;
-- Which requests the code may make, as JSON. NULL: all that the server allows.
ALTER TABLE functions ADD COLUMN egress TEXT;
ALTER TABLE function_versions ADD COLUMN egress TEXT;
