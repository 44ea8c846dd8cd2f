DROP TABLE job;
DROP TABLE idempotency;
DROP TABLE held_version;
DROP TABLE policy;
DROP TABLE garment_event;
DROP TABLE event;
