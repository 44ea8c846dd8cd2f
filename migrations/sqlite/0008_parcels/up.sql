-- Files that somebody handed in together, until they are written or thrown away.

CREATE TABLE parcel (
    id INTEGER PRIMARY KEY NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'sound', 'faulty', 'written', 'stopped', 'discarded')),
    job_id BIGINT,
    party_id BIGINT REFERENCES party (id),
    report TEXT NOT NULL,
    rows_read BIGINT,
    fault_count BIGINT,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX parcel_created_by ON parcel (created_by, id);

CREATE TABLE parcel_file (
    parcel_id BIGINT NOT NULL REFERENCES parcel (id),
    no BIGINT NOT NULL CHECK (no >= 1),
    table_name TEXT NOT NULL,
    name TEXT NOT NULL,
    stored_as TEXT NOT NULL,
    bytes BIGINT NOT NULL CHECK (bytes >= 0),
    headers TEXT NOT NULL,
    reading TEXT NOT NULL,
    refused TEXT NOT NULL,
    PRIMARY KEY (parcel_id, no)
) WITHOUT ROWID;
