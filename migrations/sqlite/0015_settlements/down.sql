DROP TABLE ledger_entry;
DROP TABLE settlement;
ALTER TABLE sale DROP COLUMN refund_reserved_minor;
