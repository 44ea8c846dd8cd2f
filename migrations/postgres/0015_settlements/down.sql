DROP TABLE ledger_entry;
DROP FUNCTION ledger_entry_reverses();
DROP FUNCTION ledger_entry_stays();
DROP TABLE settlement;
ALTER TABLE sale DROP CONSTRAINT sale_reserved;
ALTER TABLE sale DROP COLUMN refund_reserved_minor;
