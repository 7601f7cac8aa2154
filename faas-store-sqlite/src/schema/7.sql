-- The language of a function's code: javascript or typescript. NULL: the compiler finds out.
ALTER TABLE functions ADD COLUMN language TEXT;
ALTER TABLE function_versions ADD COLUMN language TEXT;
-- The size of the files besides `code` and of all paths, in bytes. NULL: `code` is the only file.
ALTER TABLE functions ADD COLUMN module_bytes INTEGER;
ALTER TABLE function_versions ADD COLUMN module_bytes INTEGER;
-- The path of the main file, whose text is `code`, and the other files, as JSON.
ALTER TABLE functions ADD COLUMN modules TEXT;
ALTER TABLE function_versions ADD COLUMN modules TEXT;
