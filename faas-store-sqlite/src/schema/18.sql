-- Where the results of asynchronous executions are sent, as JSON. NULL: nowhere.
ALTER TABLE functions ADD COLUMN destinations TEXT;
ALTER TABLE function_versions ADD COLUMN destinations TEXT;

-- What follows the end of an asynchronous execution, as JSON. NULL: somebody waits for the end. The
-- other columns repeat parts of it.
ALTER TABLE executions ADD COLUMN follow_up TEXT;
ALTER TABLE executions ADD COLUMN follow_up_revision INTEGER;
-- Of an open dead letter.
ALTER TABLE executions ADD COLUMN dead_letter_group INTEGER;
-- When the next delivery is due.
ALTER TABLE executions ADD COLUMN delivery_due INTEGER;
-- Whether there are deliveries: 1, or 2 if one of them has failed.
ALTER TABLE executions ADD COLUMN deliveries INTEGER;

-- Few executions are in these.
CREATE INDEX executions_dead ON executions (seq, dead_letter_group, id)
    WHERE dead_letter_group IS NOT NULL;
CREATE INDEX executions_dead_function ON executions (function_no, seq, dead_letter_group, id)
    WHERE dead_letter_group IS NOT NULL;
CREATE INDEX executions_dead_group ON executions (dead_letter_group, seq)
    WHERE dead_letter_group IS NOT NULL;
CREATE INDEX executions_delivery_due ON executions (delivery_due, id)
    WHERE delivery_due IS NOT NULL;
CREATE INDEX executions_deliveries ON executions (function_no, seq) WHERE deliveries IS NOT NULL;
CREATE INDEX executions_deliveries_failed ON executions (function_no, seq) WHERE deliveries = 2;
