-- The cost of operations on keys and values.
ALTER TABLE executions ADD COLUMN cost_kv INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN kv INTEGER NOT NULL DEFAULT 0;
