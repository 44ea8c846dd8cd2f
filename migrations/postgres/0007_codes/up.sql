-- Codes are compared in a folded form that SQL cannot make: the program fills these columns and makes them unique when it migrates
-- (platform/db/codes.rs). A lot's code is its supplier's: two suppliers may use the same one.

ALTER TABLE party ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
ALTER TABLE style ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
ALTER TABLE sku ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
ALTER TABLE batch ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
ALTER TABLE warranty_policy ADD COLUMN code_key TEXT NOT NULL DEFAULT '';

ALTER TABLE lot ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
ALTER TABLE lot DROP CONSTRAINT lot_code_key;
CREATE INDEX lot_code ON lot (code, id);
CREATE INDEX lot_folded ON lot (code_key);
