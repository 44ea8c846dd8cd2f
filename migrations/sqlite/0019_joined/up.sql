-- Returns, settlements, exchanges and cases as one loop.

-- accepted_minor: what of the price the inspection accepted, where it did so in part. settlement_id: what gives its buyer something for it. A garment is
-- destroyed on a ground, of a weight, with evidence.
ALTER TABLE return_order ADD COLUMN settlement_id BIGINT;
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
ALTER TABLE clock ADD COLUMN channel TEXT NOT NULL DEFAULT 'card';
ALTER TABLE clock ADD COLUMN market TEXT NOT NULL DEFAULT '';
UPDATE clock SET
    channel = COALESCE((SELECT channel FROM service_case c WHERE c.id = clock.case_id), 'card'),
    market = COALESCE((SELECT market FROM service_case c WHERE c.id = clock.case_id), '');

-- The open clocks of a code, a stretch at a time.
CREATE INDEX clock_code_open ON clock (code, id) WHERE ended_at IS NULL;

-- Who took up a step of an escalation: whoever took the case after it.
ALTER TABLE clock_escalation ADD COLUMN taken_by TEXT;
ALTER TABLE clock_escalation ADD COLUMN taken_at TIMESTAMP;

-- The kinds of costs are the program's: handling and destruction are among them now.
CREATE TABLE ledger_entry_0019 (
    id INTEGER PRIMARY KEY NOT NULL,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    line_id BIGINT REFERENCES case_line (id),
    garment_id BIGINT,
    kind TEXT NOT NULL,
    sign TEXT NOT NULL CHECK (sign IN ('debit', 'credit')),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    occurred_on DATE NOT NULL,
    payer TEXT NOT NULL CHECK (payer IN ('brand', 'customer', 'party')),
    party_id BIGINT REFERENCES party (id),
    settlement_id BIGINT REFERENCES settlement (id),
    verdict_id BIGINT,
    moves_id BIGINT REFERENCES ledger_entry (id),
    reversal_of BIGINT UNIQUE REFERENCES ledger_entry (id),
    reference TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    CHECK ((payer = 'party') = (party_id IS NOT NULL)),
    CHECK (moves_id IS NULL OR verdict_id IS NOT NULL)
);
INSERT INTO ledger_entry_0019 SELECT id, case_id, line_id, garment_id, kind, sign, amount_minor, currency, occurred_on, payer, party_id, settlement_id, verdict_id, moves_id, reversal_of, reference, actor, at FROM ledger_entry;
DROP TABLE ledger_entry;
ALTER TABLE ledger_entry_0019 RENAME TO ledger_entry;
CREATE INDEX ledger_entry_case ON ledger_entry (case_id, id);
CREATE INDEX ledger_entry_line ON ledger_entry (line_id, id);
CREATE INDEX ledger_entry_party ON ledger_entry (party_id, occurred_on, id);
CREATE INDEX ledger_entry_day ON ledger_entry (occurred_on, id);
CREATE INDEX ledger_entry_verdict ON ledger_entry (verdict_id);
CREATE INDEX ledger_entry_moves ON ledger_entry (moves_id);
CREATE INDEX ledger_entry_settlement ON ledger_entry (settlement_id);

CREATE TRIGGER ledger_entry_stays BEFORE UPDATE ON ledger_entry
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only added to: reverse the entry');
END;
CREATE TRIGGER ledger_entry_remains BEFORE DELETE ON ledger_entry
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only added to: reverse the entry');
END;
-- A reversal is the entry with the other sign, and is itself not reversed.
CREATE TRIGGER ledger_entry_reverses BEFORE INSERT ON ledger_entry WHEN NEW.reversal_of IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a reversal is what it reverses with the other sign') WHERE NOT EXISTS (
        SELECT 1 FROM ledger_entry o WHERE o.id = NEW.reversal_of AND o.reversal_of IS NULL AND o.amount_minor = NEW.amount_minor
            AND o.currency = NEW.currency AND o.sign <> NEW.sign AND o.kind = NEW.kind AND o.case_id = NEW.case_id
            AND o.payer = NEW.payer AND COALESCE(o.party_id, 0) = COALESCE(NEW.party_id, 0)
    );
END;
