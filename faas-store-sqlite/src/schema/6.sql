-- How many host calls an execution made, also those that are not kept. NULL: none. Before the calls,
-- so that lists do not read past them.
ALTER TABLE executions ADD COLUMN host_call_count INTEGER;
-- The host calls of an execution, as JSON. NULL: none.
ALTER TABLE executions ADD COLUMN host_calls TEXT;
-- From here on, `attempts` can also be a number: the attempt that the row itself tells used so many
-- nanoseconds of processor time.

-- The memory of a function's code in MiB. NULL: what its tier gives.
ALTER TABLE functions ADD COLUMN memory INTEGER;
ALTER TABLE function_versions ADD COLUMN memory INTEGER;
-- The bindings that a function may use, as a JSON array of names. NULL: those open to all.
ALTER TABLE functions ADD COLUMN bindings TEXT;
ALTER TABLE function_versions ADD COLUMN bindings TEXT;
