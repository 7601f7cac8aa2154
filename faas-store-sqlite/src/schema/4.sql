-- When somebody came with the key last, to the minute. NULL: never.
ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;
