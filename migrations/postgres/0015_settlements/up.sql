-- What after-sales gives back and what it costs. A sold garment is refunded, exchanged or credited, once; what anything cost stands in a ledger
-- that is only added to.

-- What of the price is promised back already: it grows by one conditional update, and never beyond the price.
-- The check is not held against the rows that are there, which would be read one by one: they have 0.
ALTER TABLE sale ADD COLUMN refund_reserved_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sale ADD CONSTRAINT sale_reserved CHECK (refund_reserved_minor BETWEEN 0 AND COALESCE(price_minor, 0)) NOT VALID;

-- author asks, approver and second_approver are other people. needs_two is decided by the limit that holds when it is asked.
CREATE TABLE settlement (
    id BIGINT PRIMARY KEY NOT NULL,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    garment_id BIGINT NOT NULL,
    sale_seq BIGINT NOT NULL CHECK (sale_seq >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('refund', 'exchange', 'credit')),
    state TEXT NOT NULL CHECK (state IN ('authorised', 'approved', 'submitted', 'paid', 'failed', 'void')),
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    currency TEXT NOT NULL,
    new_garment_id BIGINT,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    approver TEXT,
    second_approver TEXT,
    needs_two BOOLEAN NOT NULL,
    payout_id BIGINT,
    payout_ref TEXT NOT NULL,
    failure TEXT NOT NULL,
    paid_on DATE,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK (kind = 'exchange' OR amount_minor > 0),
    CHECK ((kind = 'exchange') = (new_garment_id IS NOT NULL)),
    CHECK (new_garment_id IS NULL OR new_garment_id <> garment_id),
    CHECK (approver IS NULL OR approver <> author),
    CHECK (second_approver IS NULL OR (approver IS NOT NULL AND second_approver <> author AND second_approver <> approver)),
    CHECK (state IN ('authorised', 'void') OR approver IS NOT NULL),
    CHECK (state IN ('authorised', 'void') OR NOT needs_two OR second_approver IS NOT NULL),
    CHECK ((state = 'paid') = (paid_on IS NOT NULL))
);
-- Refund or exchange or credit, once for each sale, whoever asks at the same time.
CREATE UNIQUE INDEX settlement_live ON settlement (garment_id, sale_seq) WHERE state <> 'void';
-- A garment is given in exchange once.
CREATE UNIQUE INDEX settlement_given ON settlement (new_garment_id) WHERE new_garment_id IS NOT NULL AND state <> 'void';
CREATE INDEX settlement_state ON settlement (state, id);
CREATE INDEX settlement_case ON settlement (case_id, id);
CREATE INDEX settlement_line ON settlement (line_id);
CREATE INDEX settlement_payout ON settlement (payout_id, id);

-- Each entry is charged to the brand, to the customer or to a party. verdict_id is the version of the verdict that moved it there, moves_id the entry it
-- moves a part of, reversal_of the entry it takes back.
CREATE TABLE ledger_entry (
    id BIGINT PRIMARY KEY NOT NULL,
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
CREATE INDEX ledger_entry_case ON ledger_entry (case_id, id);
CREATE INDEX ledger_entry_line ON ledger_entry (line_id, id);
CREATE INDEX ledger_entry_party ON ledger_entry (party_id, occurred_on, id);
CREATE INDEX ledger_entry_day ON ledger_entry (occurred_on, id);
CREATE INDEX ledger_entry_verdict ON ledger_entry (verdict_id);
CREATE INDEX ledger_entry_moves ON ledger_entry (moves_id);
CREATE INDEX ledger_entry_settlement ON ledger_entry (settlement_id);

CREATE FUNCTION ledger_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is only added to: reverse the entry' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_entry_stays BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_entry_stays();
CREATE TRIGGER ledger_entry_remains BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_stays();
-- A reversal is the entry with the other sign, and is itself not reversed.
CREATE FUNCTION ledger_entry_reverses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM ledger_entry o WHERE o.id = NEW.reversal_of AND o.reversal_of IS NULL AND o.amount_minor = NEW.amount_minor
            AND o.currency = NEW.currency AND o.sign <> NEW.sign AND o.kind = NEW.kind AND o.case_id = NEW.case_id
            AND o.payer = NEW.payer AND COALESCE(o.party_id, 0) = COALESCE(NEW.party_id, 0)
    ) THEN
        RAISE EXCEPTION 'a reversal is what it reverses with the other sign' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_reverses BEFORE INSERT ON ledger_entry FOR EACH ROW WHEN (NEW.reversal_of IS NOT NULL)
    EXECUTE FUNCTION ledger_entry_reverses();
