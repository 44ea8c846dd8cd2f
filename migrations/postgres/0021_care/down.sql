ALTER TABLE case_reason DROP COLUMN components;
DROP TABLE garment_repair;
ALTER TABLE repair_order DROP COLUMN under_rule;
ALTER TABLE repair_order DROP COLUMN under_kind;
