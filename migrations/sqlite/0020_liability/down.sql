DROP TRIGGER verdict_final_is_whole;
DROP TRIGGER verdict_begins_unfinished;
DROP TRIGGER verdict_share_is_early;
DROP TRIGGER verdict_share_stays;
DROP TRIGGER verdict_share_remains;
DROP TRIGGER verdict_input_stays;
DROP TRIGGER statement_stays;
DROP TRIGGER verdict_reply_is_of_its_line;
DROP TRIGGER chargeback_line_is_final;
DROP TABLE legal_hold;
DROP TABLE chargeback_line;
DROP TABLE chargeback;
DROP TABLE verdict_inspection;
DROP TABLE verdict_file;
CREATE TABLE verdict_reply_old (
    verdict_id BIGINT NOT NULL REFERENCES verdict (id),
    party_id BIGINT NOT NULL REFERENCES party (id),
    accepts BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (verdict_id, party_id),
    CHECK (accepts OR reason <> '')
) WITHOUT ROWID;
INSERT INTO verdict_reply_old SELECT verdict_id, party_id, accepts, reason, actor, at FROM verdict_reply;
DROP TABLE verdict_reply;
ALTER TABLE verdict_reply_old RENAME TO verdict_reply;
CREATE INDEX verdict_reply_party ON verdict_reply (party_id);
DROP TABLE verdict_notice;
DROP TABLE supplier_agreement;
DROP TABLE evidence_record;
