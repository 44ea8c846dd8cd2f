-- After-sales cases: one matter about one garment or many. They live together on one node, whatever shards the garments are in: a line names
-- its garment and refers to no big table.

-- What people say is wrong, as data: a stable code, the class that decides which rights it gives, the defect it most likely is.
CREATE TABLE case_reason (
    code TEXT NOT NULL PRIMARY KEY,
    class TEXT NOT NULL CHECK (class IN ('defect', 'size', 'change_of_mind', 'delivery', 'advice', 'complaint')),
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    defect_code TEXT REFERENCES defect (code),
    categories TEXT NOT NULL,
    zones TEXT NOT NULL,
    rank BIGINT NOT NULL,
    retired BOOLEAN NOT NULL,
    version BIGINT NOT NULL
) WITHOUT ROWID;

-- no is what people say on the telephone. secret_hash opens the status page; phone_tag is a keyed hash of the order's number and the end of the
-- telephone number, which do as well. withdrawn_at is when a withdrawal from the contract was received.
CREATE TABLE service_case (
    id INTEGER PRIMARY KEY NOT NULL,
    no TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('consult', 'return', 'exchange', 'repair', 'complaint', 'withdrawal')),
    state TEXT NOT NULL CHECK (state IN ('new', 'assigned', 'in_progress', 'waiting_customer', 'waiting_internal', 'waiting_supplier', 'in_transit', 'resolved', 'closed', 'cancelled')),
    severity TEXT NOT NULL CHECK (severity IN ('general', 'serious', 'critical')),
    priority TEXT NOT NULL CHECK (priority IN ('normal', 'urgent')),
    channel TEXT NOT NULL CHECK (channel IN ('card', 'phone', 'chat', 'mail', 'shop', 'api')),
    market TEXT NOT NULL,
    lang TEXT NOT NULL,
    order_no TEXT NOT NULL,
    retailer_id BIGINT REFERENCES party (id),
    queue TEXT NOT NULL CHECK (queue IN ('desk', 'technical', 'quality', 'logistics', 'finance', 'supervisor')),
    owner_id BIGINT,
    cause TEXT CHECK (cause IN ('supplier_material', 'workmanship', 'design', 'carrier', 'retailer', 'misuse', 'wear', 'no_fault', 'undetermined')),
    result TEXT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq >= 1),
    merged_into BIGINT REFERENCES service_case (id),
    parent_id BIGINT REFERENCES service_case (id),
    secret_hash TEXT NOT NULL,
    phone_tag TEXT,
    opened_by TEXT NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    withdrawn_at TIMESTAMP,
    told_at TIMESTAMP,
    resolved_at TIMESTAMP,
    closed_at TIMESTAMP,
    touched_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK (merged_into IS NULL OR merged_into <> id),
    CHECK ((state IN ('closed', 'cancelled')) = (closed_at IS NOT NULL)),
    CHECK (state <> 'assigned' OR owner_id IS NOT NULL)
);
-- I-33: an open case has one owner: a queue always (NOT NULL), and a person of it once it is assigned (the last check).
-- The inbox: what is open, by queue and by person, by age, however many are closed.
CREATE INDEX service_case_open ON service_case (id) WHERE closed_at IS NULL;
CREATE INDEX service_case_queue ON service_case (queue, id) WHERE closed_at IS NULL;
CREATE INDEX service_case_owner ON service_case (owner_id, id) WHERE closed_at IS NULL;
CREATE INDEX service_case_state ON service_case (state, id);
CREATE INDEX service_case_order ON service_case (order_no, id);
CREATE INDEX service_case_phone ON service_case (phone_tag);
CREATE INDEX service_case_merged ON service_case (merged_into);

-- One garment of a case. reason_class and batch_no are copied, so that claims are counted without joining a big table.
CREATE TABLE case_line (
    id INTEGER PRIMARY KEY NOT NULL,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    line_no BIGINT NOT NULL CHECK (line_no >= 1),
    garment_id BIGINT NOT NULL,
    batch_no BIGINT NOT NULL REFERENCES batch (no),
    sale_seq BIGINT,
    state TEXT NOT NULL CHECK (state IN ('open', 'decided', 'done', 'refused', 'withdrawn', 'merged')),
    reason_code TEXT NOT NULL REFERENCES case_reason (code),
    reason_class TEXT NOT NULL CHECK (reason_class IN ('defect', 'size', 'change_of_mind', 'delivery', 'advice', 'complaint')),
    defect_code TEXT REFERENCES defect (code),
    zone TEXT NOT NULL,
    words TEXT NOT NULL,
    wanted TEXT NOT NULL CHECK (wanted IN ('repair', 'exchange', 'refund', 'withdraw', 'advice', 'complain')),
    decided TEXT CHECK (decided IN ('repair', 'exchange', 'refund', 'credit', 'advice', 'goodwill', 'refuse')),
    grade TEXT CHECK (grade IN ('a', 'b', 'c', 'd')),
    quarantined BOOLEAN NOT NULL,
    inspected_on DATE,
    found_defect TEXT REFERENCES defect (code),
    finding_id BIGINT REFERENCES finding (id),
    cause TEXT CHECK (cause IN ('supplier_material', 'workmanship', 'design', 'carrier', 'retailer', 'misuse', 'wear', 'no_fault', 'undetermined')),
    reported_on DATE NOT NULL,
    ended_at TIMESTAMP,
    version BIGINT NOT NULL,
    UNIQUE (case_id, line_no),
    CHECK (found_defect IS NULL OR inspected_on IS NOT NULL),
    CHECK (state <> 'decided' OR decided IS NOT NULL),
    CHECK (ended_at IS NULL OR state NOT IN ('open', 'decided'))
);
-- I-6: a garment is in at most one open line, whoever opens it at the same time.
CREATE UNIQUE INDEX case_line_live ON case_line (garment_id) WHERE state IN ('open', 'decided');
CREATE INDEX case_line_garment ON case_line (garment_id, id);
CREATE INDEX case_line_batch ON case_line (batch_no, id);
CREATE INDEX case_line_defect ON case_line (defect_code);
CREATE INDEX case_line_found ON case_line (found_defect);
CREATE INDEX case_line_finding ON case_line (finding_id);
CREATE INDEX case_line_reason ON case_line (reason_code);

-- Notes never change, but for what a buyer wrote, which is emptied when they ask. What may hold personal data stands here and never in an event.
CREATE TABLE case_note (
    id INTEGER PRIMARY KEY NOT NULL,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    audience TEXT NOT NULL CHECK (audience IN ('us', 'buyer', 'supplier')),
    party_id BIGINT REFERENCES party (id),
    body TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    CHECK ((audience = 'supplier') = (party_id IS NOT NULL))
);
CREATE INDEX case_note_case ON case_note (case_id, id);
CREATE INDEX case_note_party ON case_note (party_id);

CREATE TABLE case_photo (
    id INTEGER PRIMARY KEY NOT NULL,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    line_id BIGINT REFERENCES case_line (id),
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    jpeg BLOB NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX case_photo_case ON case_photo (case_id, id);
CREATE INDEX case_photo_line ON case_photo (line_id);

CREATE TABLE case_task (
    id INTEGER PRIMARY KEY NOT NULL,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    title TEXT NOT NULL,
    queue TEXT NOT NULL CHECK (queue IN ('desk', 'technical', 'quality', 'logistics', 'finance', 'supervisor')),
    owner_id BIGINT,
    due_on DATE,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    note TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX case_task_case ON case_task (case_id, id);
CREATE INDEX case_task_queue ON case_task (queue, state, due_on);

-- How to reach the person of a case: sealed under a key of its own, which erasure destroys.
CREATE TABLE case_contact (
    case_id INTEGER PRIMARY KEY NOT NULL REFERENCES service_case (id),
    sealed_key BLOB,
    sealed BLOB,
    consent TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    erased_at TIMESTAMP
);
