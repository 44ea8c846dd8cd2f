ALTER TABLE sale DROP COLUMN no_return_confirmed_on;
DROP TABLE right_rule;
