-- Returns, settlements, exchanges and cases as one loop.

-- accepted_minor: what of the price the inspection accepted, where it did so in part. A garment is destroyed on a ground, of a weight, with evidence.
ALTER TABLE return_order ADD COLUMN accepted_minor BIGINT CHECK (accepted_minor > 0);
ALTER TABLE return_order ADD COLUMN destroyed_on DATE;
ALTER TABLE return_order ADD COLUMN destroyed_ground TEXT;
ALTER TABLE return_order ADD COLUMN destroyed_weight_g BIGINT CHECK (destroyed_weight_g > 0);
ALTER TABLE return_order ADD COLUMN destroyed_photo BIGINT REFERENCES case_photo (id);
ALTER TABLE return_order ADD COLUMN destroyed_document TEXT NOT NULL DEFAULT '' CHECK (
    (destroyed_on IS NULL AND destroyed_ground IS NULL AND destroyed_weight_g IS NULL AND destroyed_photo IS NULL AND destroyed_document = '')
    OR (destroyed_on IS NOT NULL AND destroyed_ground IS NOT NULL AND destroyed_weight_g IS NOT NULL
        AND (destroyed_photo IS NOT NULL OR destroyed_document <> ''))
);
CREATE INDEX return_order_photo ON return_order (destroyed_photo);

-- The kinds of holds are the program's.
CREATE TABLE garment_hold_0019 (
    garment_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (garment_id, kind)
) WITHOUT ROWID;
INSERT INTO garment_hold_0019 SELECT garment_id, kind, reason, set_by, at FROM garment_hold;
DROP TABLE garment_hold;
ALTER TABLE garment_hold_0019 RENAME TO garment_hold;

-- What keeps units of a batch from being sold, by ranges, however many there are: counted from 0, the end left out. reason is what it was decided with.
CREATE TABLE unit_hold (
    batch_no BIGINT NOT NULL REFERENCES batch (no),
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    unit_from BIGINT NOT NULL CHECK (unit_from >= 0),
    unit_to BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (batch_no, kind, reason, unit_from),
    CHECK (unit_to > unit_from)
) WITHOUT ROWID;
CREATE INDEX unit_hold_reason ON unit_hold (reason);

-- What the levels of a clock's case go by, beside what was there: a level that changed is held against open clocks.
ALTER TABLE clock ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE clock ADD COLUMN market TEXT NOT NULL DEFAULT '';
UPDATE clock SET
    channel = COALESCE((SELECT channel FROM service_case c WHERE c.id = clock.case_id), ''),
    market = COALESCE((SELECT market FROM service_case c WHERE c.id = clock.case_id), '');

-- Who took up a step of an escalation: whoever took the case after it.
ALTER TABLE clock_escalation ADD COLUMN taken_by TEXT;
ALTER TABLE clock_escalation ADD COLUMN taken_at TIMESTAMP;
