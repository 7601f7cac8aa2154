-- After which failures the function is retried and after how long, as JSON. NULL: as the platform says.
ALTER TABLE functions ADD COLUMN retry TEXT;
ALTER TABLE function_versions ADD COLUMN retry TEXT;
