-- Who answers for a claim, in what shares and why; and what a party is told of it. Verdicts and statements lie beside cases on one node.

-- The rule tables that verdicts are reckoned by. Whoever proposes a version does not approve it. Before the first the program's own hold.
CREATE TABLE liability_rules (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'active', 'retired', 'rejected')),
    rules TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    reason TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    approved_by TEXT,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK (approved_by IS NULL OR approved_by <> proposed_by),
    CHECK (state IN ('proposed', 'rejected') OR approved_by IS NOT NULL)
);
-- One version holds at a time.
CREATE UNIQUE INDEX liability_rules_active ON liability_rules (state) WHERE state = 'active';

-- A version of what was decided about a line of a case. bundle is everything that it was reckoned of, as canonical JSON, and its outcome.
CREATE TABLE verdict (
    id BIGINT PRIMARY KEY NOT NULL,
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    seq BIGINT NOT NULL CHECK (seq >= 1),
    garment_id BIGINT NOT NULL,
    batch_no BIGINT NOT NULL REFERENCES batch (no),
    state TEXT NOT NULL CHECK (state IN ('open', 'proposed', 'notified', 'accepted', 'contested', 'decided', 'final', 'superseded')),
    defect_code TEXT REFERENCES defect (code),
    basis TEXT NOT NULL CHECK (basis IN ('gate', 'held', 'evidence', 'unresolved', 'no_prior')),
    clause TEXT NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('supplier_material', 'workmanship', 'design', 'carrier', 'retailer', 'misuse', 'wear', 'no_fault', 'undetermined')),
    needs TEXT NOT NULL,
    ambiguous BOOLEAN NOT NULL,
    rules_code TEXT NOT NULL,
    bundle TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    reply_by DATE,
    reason TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    decided_by TEXT,
    final_on DATE,
    superseded_on DATE,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (line_id, seq),
    CHECK (state <> 'notified' OR reply_by IS NOT NULL),
    CHECK (state <> 'final' OR final_on IS NOT NULL),
    CHECK ((state = 'superseded') = (superseded_on IS NOT NULL)),
    CHECK (decided_by IS NULL OR decided_by <> proposed_by)
);
-- One version of a line's verdict holds.
CREATE UNIQUE INDEX verdict_live ON verdict (line_id) WHERE state <> 'superseded';
CREATE INDEX verdict_case ON verdict (case_id, id);
CREATE INDEX verdict_state ON verdict (state, id);
CREATE INDEX verdict_batch ON verdict (batch_no, id);
CREATE INDEX verdict_defect ON verdict (defect_code);

-- Micro-shares; those of a verdict sum to 1,000,000. payer is who pays: what nobody answers for stays with the brand.
CREATE TABLE verdict_share (
    verdict_id BIGINT NOT NULL REFERENCES verdict (id),
    place BIGINT NOT NULL CHECK (place >= 0),
    role TEXT NOT NULL CHECK (role IN ('mill', 'trims', 'factory', 'carrier', 'retailer', 'brand', 'customer', 'no_fault', 'unresolved')),
    payer TEXT NOT NULL CHECK (payer IN ('brand', 'customer', 'party')),
    party_id BIGINT REFERENCES party (id),
    lot_id BIGINT REFERENCES lot (id),
    micro BIGINT NOT NULL CHECK (micro BETWEEN 1 AND 1000000),
    PRIMARY KEY (verdict_id, place),
    CHECK ((payer = 'party') = (party_id IS NOT NULL)),
    CHECK (role NOT IN ('no_fault', 'unresolved', 'brand') OR payer = 'brand')
);
CREATE INDEX verdict_share_party ON verdict_share (party_id, verdict_id);
CREATE INDEX verdict_share_lot ON verdict_share (lot_id);

-- What each party that is charged says to it, once.
CREATE TABLE verdict_reply (
    verdict_id BIGINT NOT NULL REFERENCES verdict (id),
    party_id BIGINT NOT NULL REFERENCES party (id),
    accepts BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (verdict_id, party_id),
    CHECK (accepts OR reason <> '')
);
CREATE INDEX verdict_reply_party ON verdict_reply (party_id);

-- What a party is charged with for a period: frozen with everything it was made of.
CREATE TABLE statement (
    id BIGINT PRIMARY KEY NOT NULL,
    party_id BIGINT NOT NULL REFERENCES party (id),
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('issued', 'void')),
    currency TEXT NOT NULL,
    claims BIGINT NOT NULL CHECK (claims >= 0),
    amount_minor BIGINT NOT NULL,
    bundle TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    engine TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK (from_on <= to_on)
);
CREATE INDEX statement_party ON statement (party_id, id);

-- kind: claim for a final verdict, correction for one that was charged before and is superseded. live: the statement stands.
CREATE TABLE statement_line (
    statement_id BIGINT NOT NULL REFERENCES statement (id),
    place BIGINT NOT NULL CHECK (place >= 0),
    party_id BIGINT NOT NULL REFERENCES party (id),
    verdict_id BIGINT NOT NULL REFERENCES verdict (id),
    kind TEXT NOT NULL CHECK (kind IN ('claim', 'correction')),
    amount_minor BIGINT NOT NULL,
    live BOOLEAN NOT NULL,
    PRIMARY KEY (statement_id, place)
);
-- A verdict is charged to a party at most once, and taken back at most once.
CREATE UNIQUE INDEX statement_line_live ON statement_line (verdict_id, party_id, kind) WHERE live;
CREATE INDEX statement_line_verdict ON statement_line (verdict_id);
CREATE INDEX statement_line_party ON statement_line (party_id);
