ALTER TABLE clock_escalation DROP COLUMN taken_at;
ALTER TABLE clock_escalation DROP COLUMN taken_by;
ALTER TABLE clock DROP COLUMN market;
ALTER TABLE clock DROP COLUMN channel;
DROP TABLE unit_hold;
CREATE TABLE garment_hold_0016 (
    garment_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('hygiene', 'kept', 'recall')),
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (garment_id, kind)
) WITHOUT ROWID;
INSERT INTO garment_hold_0016 SELECT garment_id, kind, reason, set_by, at FROM garment_hold WHERE kind IN ('hygiene', 'kept', 'recall');
DROP TABLE garment_hold;
ALTER TABLE garment_hold_0016 RENAME TO garment_hold;
DROP INDEX return_order_photo;
ALTER TABLE return_order DROP COLUMN destroyed_document;
ALTER TABLE return_order DROP COLUMN destroyed_photo;
ALTER TABLE return_order DROP COLUMN destroyed_weight_g;
ALTER TABLE return_order DROP COLUMN destroyed_ground;
ALTER TABLE return_order DROP COLUMN destroyed_on;
ALTER TABLE return_order DROP COLUMN accepted_minor;
