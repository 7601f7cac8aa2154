-- Who called: the id of an API key or of a tenant, and the name. NULL: not known.
ALTER TABLE executions ADD COLUMN caller TEXT;
ALTER TABLE executions ADD COLUMN caller_name TEXT;
