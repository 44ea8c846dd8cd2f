-- Codes are compared in a folded form that SQL cannot make: the program fills these columns and makes them unique when it migrates
-- (platform/db/codes.rs). A lot's code is its supplier's: two suppliers may use the same one.

ALTER TABLE party ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
ALTER TABLE style ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
ALTER TABLE sku ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
ALTER TABLE batch ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
ALTER TABLE warranty_policy ADD COLUMN code_key TEXT NOT NULL DEFAULT '';

CREATE TABLE lot_by_supplier (
    id INTEGER PRIMARY KEY NOT NULL,
    code TEXT NOT NULL,
    party_id BIGINT NOT NULL REFERENCES party (id),
    kind TEXT NOT NULL CHECK (kind IN ('fibre', 'yarn', 'greige', 'fabric', 'lining', 'filling', 'thread', 'button', 'zip', 'trim', 'label', 'packaging', 'chemical')),
    material_zh TEXT NOT NULL,
    material_en TEXT NOT NULL,
    dye_lot TEXT NOT NULL,
    quantity_milli BIGINT NOT NULL CHECK (quantity_milli >= 0),
    unit TEXT NOT NULL,
    country TEXT NOT NULL,
    produced_on DATE,
    received_on DATE,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    code_key TEXT NOT NULL DEFAULT ''
);
INSERT INTO lot_by_supplier SELECT lot.*, '' FROM lot;
DROP TABLE lot;
ALTER TABLE lot_by_supplier RENAME TO lot;
CREATE INDEX lot_party ON lot (party_id);
CREATE INDEX lot_code ON lot (code, id);
CREATE INDEX lot_folded ON lot (code_key);
