-- What is under way for a line of a case: whoever merges, cancels or closes the case sees it. What it is stands in the table of its room.
CREATE TABLE line_work (
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    kind TEXT NOT NULL CHECK (kind IN ('return', 'repair', 'settlement', 'compensation')),
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    garment_id BIGINT NOT NULL,
    begun_at TIMESTAMP NOT NULL,
    PRIMARY KEY (line_id, kind)
);
-- I-6: a garment is in one return or one repair at a time, whatever cases it is in.
CREATE UNIQUE INDEX line_work_goods ON line_work (garment_id) WHERE kind IN ('return', 'repair');
CREATE INDEX line_work_case ON line_work (case_id);
INSERT INTO line_work (line_id, kind, case_id, garment_id, begun_at)
    SELECT line_id, 'return', case_id, garment_id, requested_at FROM return_order r WHERE r.state NOT IN ('rejected', 'settled', 'closed_refused', 'withdrawn', 'lapsed')
        AND NOT EXISTS (SELECT 1 FROM return_order o WHERE o.garment_id = r.garment_id AND o.id > r.id AND o.state NOT IN ('rejected', 'settled', 'closed_refused', 'withdrawn', 'lapsed'));
INSERT INTO line_work (line_id, kind, case_id, garment_id, begun_at)
    SELECT line_id, 'repair', case_id, garment_id, created_at FROM repair_order r WHERE r.state NOT IN ('declined', 'rejected', 'done', 'beyond')
        AND NOT EXISTS (SELECT 1 FROM repair_order o WHERE o.garment_id = r.garment_id AND o.id > r.id AND o.state NOT IN ('declined', 'rejected', 'done', 'beyond'))
        AND NOT EXISTS (SELECT 1 FROM line_work w WHERE w.garment_id = r.garment_id);
INSERT INTO line_work (line_id, kind, case_id, garment_id, begun_at)
    SELECT line_id, 'settlement', case_id, garment_id, created_at FROM settlement WHERE state NOT IN ('paid', 'void');

-- A line has one return at a time, and another once that is over.
ALTER TABLE return_order DROP CONSTRAINT return_order_line_id_key;
CREATE INDEX return_order_line ON return_order (line_id);
CREATE UNIQUE INDEX return_order_live ON return_order (line_id) WHERE state NOT IN ('rejected', 'settled', 'closed_refused', 'withdrawn', 'lapsed');

-- A line has one repair at a time, and another once that is over.
DROP INDEX repair_order_line;
CREATE INDEX repair_order_line ON repair_order (line_id);
CREATE UNIQUE INDEX repair_order_live ON repair_order (line_id) WHERE state NOT IN ('declined', 'rejected', 'done', 'beyond');

-- What was paid in part is settled further: by one settlement after another, each of the one before it, never beyond what was paid (sale_reserved).
-- Compensation is beyond what was paid, and no settlement of the sale: it is asked for, approved and paid as one is.
ALTER TABLE settlement ADD COLUMN further_of BIGINT REFERENCES settlement (id);
ALTER TABLE settlement DROP CONSTRAINT settlement_kind_check;
ALTER TABLE settlement ADD CONSTRAINT settlement_kind_check CHECK (kind IN ('refund', 'exchange', 'credit', 'compensation'));
DROP INDEX settlement_live;
CREATE UNIQUE INDEX settlement_live ON settlement (garment_id, sale_seq) WHERE state <> 'void' AND further_of IS NULL AND kind <> 'compensation';
CREATE UNIQUE INDEX settlement_further ON settlement (further_of) WHERE further_of IS NOT NULL AND state <> 'void';

-- Who had a case before follows it.
CREATE TABLE case_follower (
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    account_id BIGINT NOT NULL,
    PRIMARY KEY (case_id, account_id)
);
CREATE INDEX case_follower_account ON case_follower (account_id, case_id);

-- The last day of a warranty that took over what was left of another one's: that of a garment given in exchange, where policy says so.
ALTER TABLE warranty ADD COLUMN inherited_until DATE;

-- One settlement goes on with another: of the same sale and kind, and what that gave was paid.
CREATE FUNCTION settlement_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM settlement o WHERE o.id = NEW.further_of AND o.garment_id = NEW.garment_id AND o.sale_seq = NEW.sale_seq
        AND o.kind = NEW.kind AND o.kind IN ('refund', 'credit') AND o.state = 'paid') THEN
        RAISE EXCEPTION 'a settlement goes on with one of its sale and kind that was paid' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_goes_on BEFORE INSERT ON settlement FOR EACH ROW WHEN (NEW.further_of IS NOT NULL) EXECUTE FUNCTION settlement_goes_on();

-- I-3: a sale, what is given for it, what that costs and what a party is charged of it are of one currency.
CREATE FUNCTION settlement_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM sale s WHERE s.garment_id = NEW.garment_id AND s.seq = NEW.sale_seq AND s.currency <> NEW.currency) THEN
        RAISE EXCEPTION 'a settlement is in the currency of its sale' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_currency BEFORE INSERT ON settlement FOR EACH ROW EXECUTE FUNCTION settlement_currency();
CREATE FUNCTION settlement_currency_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.currency <> OLD.currency THEN
        RAISE EXCEPTION 'a settlement is in the currency of its sale' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_currency_stays BEFORE UPDATE OF currency ON settlement FOR EACH ROW EXECUTE FUNCTION settlement_currency_stays();
CREATE FUNCTION sale_currency_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.currency IS NULL OR NEW.currency <> OLD.currency)
        AND EXISTS (SELECT 1 FROM settlement t WHERE t.garment_id = OLD.garment_id AND t.sale_seq = OLD.seq AND t.state <> 'void') THEN
        RAISE EXCEPTION 'a sale that is settled keeps its currency' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sale_currency_stays BEFORE UPDATE OF currency ON sale FOR EACH ROW WHEN (OLD.currency IS NOT NULL) EXECUTE FUNCTION sale_currency_stays();
CREATE FUNCTION ledger_entry_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM settlement t WHERE t.id = NEW.settlement_id AND t.currency <> NEW.currency)
        OR EXISTS (SELECT 1 FROM ledger_entry o WHERE o.id = NEW.moves_id AND o.currency <> NEW.currency) THEN
        RAISE EXCEPTION 'an entry is in the currency of what it pays or moves' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_currency BEFORE INSERT ON ledger_entry FOR EACH ROW WHEN (NEW.settlement_id IS NOT NULL OR NEW.moves_id IS NOT NULL) EXECUTE FUNCTION ledger_entry_currency();
CREATE FUNCTION chargeback_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM statement t WHERE t.id = NEW.statement_id AND t.currency <> NEW.currency) THEN
        RAISE EXCEPTION 'a chargeback is in the currency of its statement' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER chargeback_currency BEFORE INSERT ON chargeback FOR EACH ROW EXECUTE FUNCTION chargeback_currency();
CREATE FUNCTION chargeback_currency_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.currency <> OLD.currency THEN
        RAISE EXCEPTION 'a chargeback is in the currency of its statement' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER chargeback_currency_stays BEFORE UPDATE OF currency ON chargeback FOR EACH ROW EXECUTE FUNCTION chargeback_currency_stays();
