-- What code finds in `context.env`, as JSON with secrets sealed. NULL: nothing, or deleted.
ALTER TABLE functions ADD COLUMN environment TEXT;
