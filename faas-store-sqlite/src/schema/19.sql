-- How models get the function as a tool, as JSON. NULL: they do not.
ALTER TABLE functions ADD COLUMN tool TEXT;
ALTER TABLE function_versions ADD COLUMN tool TEXT;
