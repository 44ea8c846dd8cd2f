-- What went wrong and where it came from.

CREATE TABLE defect (
    code TEXT NOT NULL PRIMARY KEY,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    component TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('minor', 'major', 'critical')),
    suspect TEXT NOT NULL,
    repairable BOOLEAN NOT NULL,
    retired BOOLEAN NOT NULL,
    version BIGINT NOT NULL
);

-- batch_no is filled for a garment too, so that a batch's findings are one range.
CREATE TABLE finding (
    id BIGINT PRIMARY KEY NOT NULL,
    subject TEXT NOT NULL CHECK (subject IN ('garment', 'batch', 'lot')),
    garment_id BIGINT,
    batch_no BIGINT REFERENCES batch (no),
    lot_id BIGINT REFERENCES lot (id),
    defect_code TEXT NOT NULL REFERENCES defect (code),
    severity TEXT NOT NULL CHECK (severity IN ('minor', 'major', 'critical')),
    zone TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity >= 1),
    stage TEXT NOT NULL CHECK (stage IN ('incoming', 'inline', 'final', 'warehouse', 'store', 'return', 'repair', 'buyer')),
    note TEXT NOT NULL,
    found_on DATE NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('live', 'withdrawn')),
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((subject = 'garment' AND garment_id IS NOT NULL AND batch_no IS NOT NULL) OR (subject = 'batch' AND batch_no IS NOT NULL) OR (subject = 'lot' AND lot_id IS NOT NULL))
);
CREATE INDEX finding_batch ON finding (batch_no, id);
CREATE INDEX finding_lot ON finding (lot_id, id);
CREATE INDEX finding_garment ON finding (garment_id, id);

CREATE TABLE photo (
    id BIGINT PRIMARY KEY NOT NULL,
    finding_id BIGINT NOT NULL REFERENCES finding (id),
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    jpeg BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX photo_finding ON photo (finding_id);

-- A recall's scope is a saved trace: what was asked, of what, and the hash of the answer.
CREATE TABLE recall_scope (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    query TEXT NOT NULL,
    inputs TEXT NOT NULL,
    result TEXT NOT NULL,
    result_hash TEXT NOT NULL,
    counts TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
