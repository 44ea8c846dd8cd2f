-- What is under way for a line of a case: whoever merges, cancels or closes the case sees it. What it is stands in the table of its room.
CREATE TABLE line_work (
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    kind TEXT NOT NULL CHECK (kind IN ('return', 'repair', 'settlement', 'compensation')),
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    garment_id BIGINT NOT NULL,
    begun_at TIMESTAMP NOT NULL,
    PRIMARY KEY (line_id, kind)
) WITHOUT ROWID;
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
CREATE TABLE return_order_0023 (
    id INTEGER PRIMARY KEY NOT NULL,
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    garment_id BIGINT NOT NULL,
    sale_seq BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'need_info', 'approved', 'rejected', 'awaiting_inbound', 'in_transit', 'received', 'inspecting',
        'accepted', 'partly_accepted', 'refused', 'settling', 'settled', 'returning_to_customer', 'closed_refused', 'withdrawn', 'lapsed')),
    kind TEXT NOT NULL CHECK (kind IN ('no_fault', 'defect', 'no_worry', 'withdrawal', 'recall', 'goodwill')),
    rule TEXT NOT NULL,
    rule_version BIGINT NOT NULL,
    freight TEXT NOT NULL CHECK (freight IN ('company', 'buyer')),
    inbound TEXT CHECK (inbound IN ('parcel', 'pickup', 'shop')),
    waybill TEXT NOT NULL,
    note TEXT NOT NULL,
    report TEXT NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    approved_at TIMESTAMP,
    received_on DATE,
    inspected_by TEXT NOT NULL,
    disputed_at TIMESTAMP,
    outcome TEXT CHECK (outcome IN ('refund', 'exchange', 'repair', 'credit')),
    returnless_origin TEXT CHECK (returnless_origin IN ('own', 'platform_forced')),
    returnless_by TEXT NOT NULL,
    ended_at TIMESTAMP,
    version BIGINT NOT NULL,
    settlement_id BIGINT,
    accepted_minor BIGINT CHECK (accepted_minor > 0),
    destroyed_on DATE,
    destroyed_ground TEXT,
    destroyed_weight_g BIGINT CHECK (destroyed_weight_g > 0),
    destroyed_photo BIGINT REFERENCES case_photo (id),
    destroyed_document TEXT NOT NULL DEFAULT '' CHECK (
        (destroyed_on IS NULL AND destroyed_ground IS NULL AND destroyed_weight_g IS NULL AND destroyed_photo IS NULL AND destroyed_document = '')
        OR (destroyed_on IS NOT NULL AND destroyed_ground IS NOT NULL AND destroyed_weight_g IS NOT NULL
            AND (destroyed_photo IS NOT NULL OR destroyed_document <> ''))
    ),
    CHECK ((kind = 'goodwill') = (rule = '')),
    CHECK ((returnless_origin IS NULL) = (returnless_by = ''))
);
INSERT INTO return_order_0023 (id, line_id, case_id, garment_id, sale_seq, state, kind, rule, rule_version, freight, inbound, waybill, note, report, requested_at, approved_at, received_on, inspected_by, disputed_at, outcome, returnless_origin, returnless_by, ended_at, version, settlement_id, accepted_minor, destroyed_on, destroyed_ground, destroyed_weight_g, destroyed_photo, destroyed_document)
    SELECT id, line_id, case_id, garment_id, sale_seq, state, kind, rule, rule_version, freight, inbound, waybill, note, report, requested_at, approved_at, received_on, inspected_by, disputed_at, outcome, returnless_origin, returnless_by, ended_at, version, settlement_id, accepted_minor, destroyed_on, destroyed_ground, destroyed_weight_g, destroyed_photo, destroyed_document FROM return_order;
DROP TABLE return_order;
ALTER TABLE return_order_0023 RENAME TO return_order;
CREATE INDEX return_order_case ON return_order (case_id);
CREATE INDEX return_order_garment ON return_order (garment_id);
CREATE INDEX return_order_state ON return_order (state, approved_at);
CREATE INDEX return_order_waybill ON return_order (waybill);
CREATE INDEX return_order_photo ON return_order (destroyed_photo);
CREATE INDEX return_order_line ON return_order (line_id);
CREATE UNIQUE INDEX return_order_live ON return_order (line_id) WHERE state NOT IN ('rejected', 'settled', 'closed_refused', 'withdrawn', 'lapsed');

-- A line has one repair at a time, and another once that is over.
DROP INDEX repair_order_line;
CREATE INDEX repair_order_line ON repair_order (line_id);
CREATE UNIQUE INDEX repair_order_live ON repair_order (line_id) WHERE state NOT IN ('declined', 'rejected', 'done', 'beyond');

-- What was paid in part is settled further: by one settlement after another, each of the one before it, never beyond what was paid (sale_reserved).
-- Compensation is beyond what was paid, and no settlement of the sale: it is asked for, approved and paid as one is.
CREATE TABLE settlement_0023 (
    id INTEGER PRIMARY KEY NOT NULL,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    garment_id BIGINT NOT NULL,
    sale_seq BIGINT NOT NULL CHECK (sale_seq >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('refund', 'exchange', 'credit', 'compensation')),
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
    further_of BIGINT REFERENCES settlement (id),
    CHECK (kind = 'exchange' OR amount_minor > 0),
    CHECK ((kind = 'exchange') = (new_garment_id IS NOT NULL)),
    CHECK (new_garment_id IS NULL OR new_garment_id <> garment_id),
    CHECK (approver IS NULL OR approver <> author),
    CHECK (second_approver IS NULL OR (approver IS NOT NULL AND second_approver <> author AND second_approver <> approver)),
    CHECK (state IN ('authorised', 'void') OR approver IS NOT NULL),
    CHECK (state IN ('authorised', 'void') OR NOT needs_two OR second_approver IS NOT NULL),
    CHECK ((state = 'paid') = (paid_on IS NOT NULL))
);
INSERT INTO settlement_0023 (id, case_id, line_id, garment_id, sale_seq, kind, state, amount_minor, currency, new_garment_id, reason, author, approver, second_approver, needs_two, payout_id, payout_ref, failure, paid_on, created_at, version)
    SELECT id, case_id, line_id, garment_id, sale_seq, kind, state, amount_minor, currency, new_garment_id, reason, author, approver, second_approver, needs_two, payout_id, payout_ref, failure, paid_on, created_at, version FROM settlement;
DROP TABLE settlement;
ALTER TABLE settlement_0023 RENAME TO settlement;
CREATE UNIQUE INDEX settlement_given ON settlement (new_garment_id) WHERE new_garment_id IS NOT NULL AND state <> 'void';
CREATE INDEX settlement_state ON settlement (state, id);
CREATE INDEX settlement_case ON settlement (case_id, id);
CREATE INDEX settlement_line ON settlement (line_id);
CREATE INDEX settlement_payout ON settlement (payout_id, id);
CREATE UNIQUE INDEX settlement_live ON settlement (garment_id, sale_seq) WHERE state <> 'void' AND further_of IS NULL AND kind <> 'compensation';
CREATE UNIQUE INDEX settlement_further ON settlement (further_of) WHERE further_of IS NOT NULL AND state <> 'void';

-- Who had a case before follows it.
CREATE TABLE case_follower (
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    account_id BIGINT NOT NULL,
    PRIMARY KEY (case_id, account_id)
) WITHOUT ROWID;
CREATE INDEX case_follower_account ON case_follower (account_id, case_id);

-- The last day of a warranty that took over what was left of another one's: that of a garment given in exchange, where policy says so.
ALTER TABLE warranty ADD COLUMN inherited_until DATE;

-- One settlement goes on with another: of the same sale and kind, and what that gave was paid.
CREATE TRIGGER settlement_goes_on BEFORE INSERT ON settlement WHEN NEW.further_of IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a settlement goes on with one of its sale and kind that was paid') WHERE NOT EXISTS (SELECT 1 FROM settlement o WHERE o.id = NEW.further_of AND o.garment_id = NEW.garment_id AND o.sale_seq = NEW.sale_seq
        AND o.kind = NEW.kind AND o.kind IN ('refund', 'credit') AND o.state = 'paid');
END;

-- I-3: a sale, what is given for it, what that costs and what a party is charged of it are of one currency.
CREATE TRIGGER settlement_currency BEFORE INSERT ON settlement
BEGIN
    SELECT RAISE(ABORT, 'a settlement is in the currency of its sale') WHERE EXISTS (SELECT 1 FROM sale s WHERE s.garment_id = NEW.garment_id AND s.seq = NEW.sale_seq AND s.currency <> NEW.currency);
END;
CREATE TRIGGER settlement_currency_stays BEFORE UPDATE OF currency ON settlement
BEGIN
    SELECT RAISE(ABORT, 'a settlement is in the currency of its sale') WHERE NEW.currency <> OLD.currency;
END;
CREATE TRIGGER sale_currency_stays BEFORE UPDATE OF currency ON sale WHEN OLD.currency IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a sale that is settled keeps its currency') WHERE (NEW.currency IS NULL OR NEW.currency <> OLD.currency)
        AND EXISTS (SELECT 1 FROM settlement t WHERE t.garment_id = OLD.garment_id AND t.sale_seq = OLD.seq AND t.state <> 'void');
END;
CREATE TRIGGER ledger_entry_currency BEFORE INSERT ON ledger_entry WHEN NEW.settlement_id IS NOT NULL OR NEW.moves_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'an entry is in the currency of what it pays or moves') WHERE EXISTS (SELECT 1 FROM settlement t WHERE t.id = NEW.settlement_id AND t.currency <> NEW.currency)
        OR EXISTS (SELECT 1 FROM ledger_entry o WHERE o.id = NEW.moves_id AND o.currency <> NEW.currency);
END;
CREATE TRIGGER chargeback_currency BEFORE INSERT ON chargeback
BEGIN
    SELECT RAISE(ABORT, 'a chargeback is in the currency of its statement') WHERE EXISTS (SELECT 1 FROM statement t WHERE t.id = NEW.statement_id AND t.currency <> NEW.currency);
END;
CREATE TRIGGER chargeback_currency_stays BEFORE UPDATE OF currency ON chargeback
BEGIN
    SELECT RAISE(ABORT, 'a chargeback is in the currency of its statement') WHERE NEW.currency <> OLD.currency;
END;
