ALTER TABLE batch_tally DROP COLUMN changes;
ALTER TABLE sale DROP COLUMN ended_on;
