-- Who set a value of policy, and why. Rows from before nobody was asked have neither.
ALTER TABLE policy ADD COLUMN set_by TEXT NOT NULL DEFAULT '';
ALTER TABLE policy ADD COLUMN reason TEXT NOT NULL DEFAULT '';
