-- Whether and how the function answers HTTP requests, as JSON. NULL: not.
ALTER TABLE functions ADD COLUMN http TEXT;
ALTER TABLE function_versions ADD COLUMN http TEXT;
