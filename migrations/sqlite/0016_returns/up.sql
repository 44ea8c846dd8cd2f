-- What becomes of garments that are on their way back, one at most for each line of a case. It names its garment and refers to no big table.
CREATE TABLE return_order (
    id INTEGER PRIMARY KEY NOT NULL,
    line_id BIGINT NOT NULL UNIQUE REFERENCES case_line (id),
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
    CHECK ((kind = 'goodwill') = (rule = '')),
    CHECK ((returnless_origin IS NULL) = (returnless_by = ''))
);
CREATE INDEX return_order_case ON return_order (case_id);
CREATE INDEX return_order_garment ON return_order (garment_id);
CREATE INDEX return_order_state ON return_order (state, approved_at);
CREATE INDEX return_order_waybill ON return_order (waybill);

-- What keeps a garment from being sold or claimed, and why: decided further on, heeded here.
CREATE TABLE garment_hold (
    garment_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('hygiene', 'kept', 'recall')),
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (garment_id, kind)
) WITHOUT ROWID;
