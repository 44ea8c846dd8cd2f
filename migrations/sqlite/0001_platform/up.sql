-- Machinery every room stands on: events, policies, versions of what is held in memory, idempotency, long work.

CREATE TABLE event (
    id INTEGER PRIMARY KEY NOT NULL,
    at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('party', 'style', 'sku', 'lot', 'batch', 'label_job', 'finding', 'recall', 'account', 'link', 'policy', 'defect')),
    subject_id BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX event_subject ON event (subject_kind, subject_id, id);

-- Grows with garments: garment_id first in every key (see docs/architecture.md, big tables).
CREATE TABLE garment_event (
    garment_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (garment_id, id)
) WITHOUT ROWID;

-- Numbers a deployment decides: each change is a new version that holds from a time on.
CREATE TABLE policy (
    code TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    valid_from TIMESTAMP NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (code, version)
) WITHOUT ROWID;

-- Bumped in the write that changes what is held in memory, so that every process notices.
CREATE TABLE held_version (
    name TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE idempotency (
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (caller, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Long work that must survive a restart and show its progress.
CREATE TABLE job (
    id INTEGER PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    input TEXT NOT NULL,
    report TEXT NOT NULL,
    done BIGINT NOT NULL CHECK (done >= 0),
    total BIGINT NOT NULL CHECK (total >= 0),
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    lease_until TIMESTAMP,
    version BIGINT NOT NULL
);
CREATE INDEX job_state ON job (state, id);
