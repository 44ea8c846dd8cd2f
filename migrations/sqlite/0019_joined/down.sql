CREATE TABLE ledger_entry_0019 (
    id INTEGER PRIMARY KEY NOT NULL,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    line_id BIGINT REFERENCES case_line (id),
    garment_id BIGINT,
    kind TEXT NOT NULL CHECK (kind IN ('refund', 'exchange_goods', 'repair_labour', 'repair_parts', 'logistics_out', 'logistics_in', 'pickup', 'compensation_cash', 'gift', 'goodwill', 'inspection_lab', 'onsite_visit', 'scrap_loss', 'resale_recovery', 'customer_payment', 'chargeback_recovery', 'insurance_recovery')),
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

ALTER TABLE clock_escalation DROP COLUMN taken_at;
ALTER TABLE clock_escalation DROP COLUMN taken_by;
DROP INDEX clock_code_open;
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
ALTER TABLE return_order DROP COLUMN settlement_id;
