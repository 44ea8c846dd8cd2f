-- Repairs: one order per line of a case. The quote that holds stands on the order; every quote there was stands in repair_quote.
CREATE TABLE repair_order (
    id INTEGER PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    garment_id BIGINT NOT NULL,
    sale_seq BIGINT,
    kind TEXT NOT NULL CHECK (kind IN ('repair', 'alteration', 'care')),
    site TEXT NOT NULL CHECK (site IN ('workshop', 'on_site', 'factory')),
    state TEXT NOT NULL CHECK (state IN ('triage', 'declined', 'quoted', 'accepted', 'rejected', 'received', 'repairing', 'checked', 'ready', 'sent', 'handed', 'done', 'beyond')),
    covered BOOLEAN NOT NULL,
    diagnosis TEXT NOT NULL,
    quote_version BIGINT NOT NULL CHECK (quote_version >= 0),
    plan TEXT NOT NULL,
    price_minor BIGINT CHECK (price_minor >= 0),
    currency TEXT,
    ready_on DATE,
    text_hash TEXT NOT NULL,
    accepted_version BIGINT,
    accepted_via TEXT CHECK (accepted_via IN ('card', 'phone', 'chat', 'mail', 'shop')),
    accepted_at TIMESTAMP,
    paid_ref TEXT NOT NULL,
    received_on DATE,
    handed_on DATE,
    extended_days BIGINT NOT NULL CHECK (extended_days >= 0),
    repairer TEXT NOT NULL,
    rework BIGINT NOT NULL CHECK (rework >= 0),
    score BIGINT CHECK (score BETWEEN 1 AND 5),
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    -- A covered repair costs the buyer nothing (I-12); nothing is accepted that is not the quote that holds (I-11).
    CHECK (NOT covered OR price_minor IS NULL OR price_minor = 0),
    CHECK ((price_minor IS NULL) = (currency IS NULL)),
    CHECK (accepted_version IS NULL OR accepted_version = quote_version),
    CHECK (state NOT IN ('accepted', 'received', 'repairing', 'checked', 'ready', 'sent', 'handed', 'done') OR accepted_version IS NOT NULL),
    CHECK (handed_on IS NULL OR received_on IS NULL OR handed_on >= received_on)
);
CREATE UNIQUE INDEX repair_order_line ON repair_order (line_id);
CREATE INDEX repair_order_case ON repair_order (case_id);
CREATE INDEX repair_order_state ON repair_order (state, id);
CREATE INDEX repair_order_garment ON repair_order (garment_id, id);

CREATE TABLE repair_quote (
    order_id BIGINT NOT NULL REFERENCES repair_order (id),
    version BIGINT NOT NULL CHECK (version >= 1),
    plan TEXT NOT NULL,
    price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
    currency TEXT NOT NULL,
    ready_on DATE NOT NULL,
    text_hash TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, version)
) WITHOUT ROWID;

-- What was put in, and out of which lot: from then on it belongs to the garment's genealogy.
CREATE TABLE repair_part (
    id INTEGER PRIMARY KEY NOT NULL,
    order_id BIGINT NOT NULL REFERENCES repair_order (id),
    garment_id BIGINT NOT NULL,
    component TEXT NOT NULL,
    lot_id BIGINT NOT NULL REFERENCES lot (id),
    quantity_milli BIGINT NOT NULL CHECK (quantity_milli > 0),
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX repair_part_order ON repair_part (order_id, id);
CREATE INDEX repair_part_lot ON repair_part (lot_id, garment_id);
CREATE INDEX repair_part_garment ON repair_part (garment_id);

-- Every check there was; none is changed. A second check is never by the one who repaired (I-10, I-22).
CREATE TABLE repair_check (
    order_id BIGINT NOT NULL REFERENCES repair_order (id),
    seq BIGINT NOT NULL CHECK (seq >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('self', 'second', 'buyer')),
    passed BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, seq)
) WITHOUT ROWID;
