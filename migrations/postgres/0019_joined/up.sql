-- Returns, settlements, exchanges and cases as one loop.

-- accepted_minor: what of the price the inspection accepted, where it did so in part. settlement_id: what gives its buyer something for it. A garment is
-- destroyed on a ground, of a weight, with evidence.
ALTER TABLE return_order ADD COLUMN settlement_id BIGINT;
ALTER TABLE return_order ADD COLUMN accepted_minor BIGINT CHECK (accepted_minor > 0);
ALTER TABLE return_order ADD COLUMN destroyed_on DATE;
ALTER TABLE return_order ADD COLUMN destroyed_ground TEXT;
ALTER TABLE return_order ADD COLUMN destroyed_weight_g BIGINT CHECK (destroyed_weight_g > 0);
ALTER TABLE return_order ADD COLUMN destroyed_photo BIGINT REFERENCES case_photo (id);
ALTER TABLE return_order ADD COLUMN destroyed_document TEXT NOT NULL DEFAULT '';
ALTER TABLE return_order ADD CONSTRAINT return_order_destroyed CHECK (
    (destroyed_on IS NULL AND destroyed_ground IS NULL AND destroyed_weight_g IS NULL AND destroyed_photo IS NULL AND destroyed_document = '')
    OR (destroyed_on IS NOT NULL AND destroyed_ground IS NOT NULL AND destroyed_weight_g IS NOT NULL
        AND (destroyed_photo IS NOT NULL OR destroyed_document <> ''))
);
CREATE INDEX return_order_photo ON return_order (destroyed_photo);

-- The kinds of holds are the program's.
ALTER TABLE garment_hold DROP CONSTRAINT garment_hold_kind_check;

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
);
CREATE INDEX unit_hold_reason ON unit_hold (reason);

-- What the levels of a clock's case go by, beside what was there: a level that changed is held against open clocks.
ALTER TABLE clock ADD COLUMN channel TEXT NOT NULL DEFAULT 'card';
ALTER TABLE clock ADD COLUMN market TEXT NOT NULL DEFAULT '';
UPDATE clock SET channel = c.channel, market = c.market FROM service_case c WHERE c.id = clock.case_id;

-- The open clocks of a code, a stretch at a time.
CREATE INDEX clock_code_open ON clock (code, id) WHERE ended_at IS NULL;

-- Who took up a step of an escalation: whoever took the case after it.
ALTER TABLE clock_escalation ADD COLUMN taken_by TEXT;
ALTER TABLE clock_escalation ADD COLUMN taken_at TIMESTAMP;

-- The kinds of costs are the program's: handling and destruction are among them now.
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_kind_check;
