-- Evidence as it was measured, what was agreed with parties, contests in two rounds, chargebacks, legal holds.

-- What settles an argument about blame, as it was measured or seen: laboratory values, washing, transport, parts, measures. Of a line of a case, or
-- of a lot and then of everything made of it. Nothing is changed: what was a mistake is withdrawn, with the reason.
CREATE TABLE evidence_record (
    id BIGINT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('laboratory', 'supplier_laboratory', 'wash_log', 'transport', 'packaging', 'part', 'measures', 'pattern', 'sent_item', 'shop_handling', 'use')),
    result TEXT NOT NULL CHECK (result IN ('meets', 'fails')),
    line_id BIGINT REFERENCES case_line (id),
    lot_id BIGINT REFERENCES lot (id),
    party_id BIGINT REFERENCES party (id),
    measured BIGINT,
    required BIGINT,
    source TEXT NOT NULL CHECK (source <> ''),
    seen_on DATE NOT NULL,
    note TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    withdrawn_at TIMESTAMP,
    withdrawn_by TEXT NOT NULL,
    withdrawn_why TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((line_id IS NULL) <> (lot_id IS NULL)),
    CHECK (lot_id IS NULL OR kind IN ('laboratory', 'supplier_laboratory')),
    CHECK ((measured IS NULL) = (required IS NULL)),
    CHECK (kind <> 'transport' OR result = 'meets' OR party_id IS NOT NULL),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by = ''))
);
CREATE INDEX evidence_record_line ON evidence_record (line_id);
CREATE INDEX evidence_record_lot ON evidence_record (lot_id);
CREATE INDEX evidence_record_party ON evidence_record (party_id);

-- What was agreed with a party about answering: within how many working days of which calendar, and whether saying nothing accepts.
CREATE TABLE supplier_agreement (
    id BIGINT PRIMARY KEY NOT NULL,
    party_id BIGINT NOT NULL REFERENCES party (id),
    valid_from DATE NOT NULL,
    valid_to DATE,
    reply_days BIGINT NOT NULL CHECK (reply_days BETWEEN 1 AND 365),
    silence_accepts BOOLEAN NOT NULL,
    calendar TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK (valid_to IS NULL OR valid_from <= valid_to),
    UNIQUE (party_id, valid_from)
);

-- What a party that is charged was told: until when it may reply, and under what. It is fixed on that day, whatever is agreed later.
CREATE TABLE verdict_notice (
    verdict_id BIGINT NOT NULL REFERENCES verdict (id),
    party_id BIGINT NOT NULL REFERENCES party (id),
    agreement_id BIGINT REFERENCES supplier_agreement (id),
    calendar_version BIGINT NOT NULL,
    reply_days BIGINT NOT NULL CHECK (reply_days >= 1),
    reply_by DATE NOT NULL,
    silence_accepts BOOLEAN NOT NULL,
    -- The year has no holidays yet: only weekdays were counted.
    is_rough BOOLEAN NOT NULL,
    PRIMARY KEY (verdict_id, party_id),
    -- Nobody accepts by silence who did not agree to that.
    CHECK (NOT silence_accepts OR agreement_id IS NOT NULL)
);
CREATE INDEX verdict_notice_silent ON verdict_notice (reply_by, verdict_id) WHERE silence_accepts;
CREATE INDEX verdict_notice_party ON verdict_notice (party_id);
CREATE INDEX verdict_notice_agreement ON verdict_notice (agreement_id);

-- Replies once more, with which round of contest it is: a party contests what it is charged with for a line twice at most, however many versions
-- there are.
CREATE TABLE verdict_reply_new (
    verdict_id BIGINT NOT NULL REFERENCES verdict (id),
    party_id BIGINT NOT NULL REFERENCES party (id),
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    accepts BOOLEAN NOT NULL,
    round BIGINT CHECK (round BETWEEN 1 AND 2),
    by_silence BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (verdict_id, party_id),
    UNIQUE (line_id, party_id, round),
    CHECK (accepts = (round IS NULL)),
    CHECK (accepts OR reason <> ''),
    CHECK (accepts OR NOT by_silence)
);
INSERT INTO verdict_reply_new (verdict_id, party_id, line_id, accepts, round, by_silence, reason, actor, at)
    SELECT r.verdict_id, r.party_id, v.line_id, r.accepts,
        CASE WHEN r.accepts THEN NULL ELSE ROW_NUMBER() OVER (PARTITION BY v.line_id, r.party_id, r.accepts ORDER BY v.seq) END,
        FALSE, r.reason, r.actor, r.at
    FROM verdict_reply r JOIN verdict v ON v.id = r.verdict_id;
DROP TABLE verdict_reply;
ALTER TABLE verdict_reply_new RENAME TO verdict_reply;
CREATE INDEX verdict_reply_party ON verdict_reply (party_id);

-- What somebody hands in with a verdict: pictures made anew, everything else as it came. party_id: whose door it came through; none is the brand's.
CREATE TABLE verdict_file (
    id BIGINT PRIMARY KEY NOT NULL,
    verdict_id BIGINT NOT NULL REFERENCES verdict (id),
    party_id BIGINT REFERENCES party (id),
    kind TEXT NOT NULL CHECK (kind IN ('photo', 'pdf', 'other')),
    name TEXT NOT NULL CHECK (name <> ''),
    sha256 TEXT NOT NULL,
    content BYTEA NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    UNIQUE (verdict_id, sha256)
);
CREATE INDEX verdict_file_party ON verdict_file (party_id);

-- The second look at a garment after a contest, by somebody else than looked first.
CREATE TABLE verdict_inspection (
    verdict_id BIGINT PRIMARY KEY NOT NULL REFERENCES verdict (id),
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    found_defect TEXT REFERENCES defect (code),
    confirms BOOLEAN NOT NULL,
    report TEXT NOT NULL CHECK (report <> ''),
    first_inspector TEXT NOT NULL,
    inspector TEXT NOT NULL,
    inspected_on DATE NOT NULL,
    at TIMESTAMP NOT NULL,
    CHECK (inspector <> first_inspector)
);
CREATE INDEX verdict_inspection_line ON verdict_inspection (line_id);
CREATE INDEX verdict_inspection_defect ON verdict_inspection (found_defect);

-- What a party is asked to pay, line by line of a statement.
CREATE TABLE chargeback (
    id BIGINT PRIMARY KEY NOT NULL,
    party_id BIGINT NOT NULL REFERENCES party (id),
    statement_id BIGINT NOT NULL REFERENCES statement (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'issued', 'acknowledged', 'disputed', 'settled', 'waived', 'written_off', 'void')),
    currency TEXT NOT NULL,
    claims BIGINT NOT NULL CHECK (claims >= 1),
    amount_minor BIGINT NOT NULL,
    reference TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX chargeback_party ON chargeback (party_id, id);
CREATE INDEX chargeback_statement ON chargeback (statement_id);

CREATE TABLE chargeback_line (
    chargeback_id BIGINT NOT NULL REFERENCES chargeback (id),
    place BIGINT NOT NULL CHECK (place >= 0),
    party_id BIGINT NOT NULL REFERENCES party (id),
    verdict_id BIGINT NOT NULL REFERENCES verdict (id),
    kind TEXT NOT NULL CHECK (kind IN ('claim', 'correction')),
    amount_minor BIGINT NOT NULL,
    live BOOLEAN NOT NULL,
    PRIMARY KEY (chargeback_id, place)
);
-- I-29: what a verdict charges a party with is in one chargeback that stands at most, and so is taking it back.
CREATE UNIQUE INDEX chargeback_line_live ON chargeback_line (verdict_id, party_id, kind) WHERE live;
CREATE INDEX chargeback_line_party ON chargeback_line (party_id);

-- A garment of which nothing is erased while it may matter before a court.
CREATE TABLE legal_hold (
    id BIGINT PRIMARY KEY NOT NULL,
    garment_id BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    set_by TEXT NOT NULL,
    set_at TIMESTAMP NOT NULL,
    lifted_by TEXT,
    lifted_at TIMESTAMP,
    lifted_why TEXT NOT NULL,
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL)),
    -- Whoever set it does not lift it alone.
    CHECK (lifted_by IS NULL OR lifted_by <> set_by)
);
CREATE UNIQUE INDEX legal_hold_live ON legal_hold (garment_id) WHERE lifted_at IS NULL;

-- I-26: the shares of a final verdict sum to 1,000,000.
CREATE FUNCTION verdict_final_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT COALESCE(SUM(micro), 0) FROM verdict_share WHERE verdict_id = NEW.id) <> 1000000 THEN
        RAISE EXCEPTION 'the shares of a final verdict sum to 1,000,000' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdict_final_is_whole BEFORE UPDATE OF state ON verdict FOR EACH ROW WHEN (NEW.state = 'final')
    EXECUTE FUNCTION verdict_final_is_whole();

-- I-26: a verdict becomes final, it is not made so.
CREATE FUNCTION verdict_begins_unfinished() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF 1 = 1 THEN
        RAISE EXCEPTION 'a verdict becomes final, it is not made so' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdict_begins_unfinished BEFORE INSERT ON verdict FOR EACH ROW WHEN (NEW.state = 'final')
    EXECUTE FUNCTION verdict_begins_unfinished();

-- I-26: the shares of a verdict that was told stay as they are.
CREATE FUNCTION verdict_share_is_early() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT state FROM verdict WHERE id = NEW.verdict_id) <> 'proposed' THEN
        RAISE EXCEPTION 'the shares of a verdict that was told stay as they are' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdict_share_is_early BEFORE INSERT ON verdict_share FOR EACH ROW
    EXECUTE FUNCTION verdict_share_is_early();

-- I-26: shares are never changed: another version is made.
CREATE FUNCTION verdict_share_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF 1 = 1 THEN
        RAISE EXCEPTION 'shares are never changed: another version is made' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdict_share_stays BEFORE UPDATE ON verdict_share FOR EACH ROW
    EXECUTE FUNCTION verdict_share_stays();

-- I-26: shares are never changed: another version is made.
CREATE FUNCTION verdict_share_remains() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF 1 = 1 THEN
        RAISE EXCEPTION 'shares are never changed: another version is made' USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER verdict_share_remains BEFORE DELETE ON verdict_share FOR EACH ROW
    EXECUTE FUNCTION verdict_share_remains();

-- I-26: what a verdict was reckoned of stays as it was.
CREATE FUNCTION verdict_input_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.bundle <> OLD.bundle OR NEW.sha256 <> OLD.sha256 OR NEW.line_id <> OLD.line_id OR NEW.seq <> OLD.seq OR NEW.rules_code <> OLD.rules_code THEN
        RAISE EXCEPTION 'what a verdict was reckoned of stays as it was' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdict_input_stays BEFORE UPDATE OF bundle, sha256, line_id, seq, rules_code ON verdict FOR EACH ROW
    EXECUTE FUNCTION verdict_input_stays();

-- I-28: a statement stays as it was issued.
CREATE FUNCTION statement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.bundle <> OLD.bundle OR NEW.sha256 <> OLD.sha256 OR NEW.party_id <> OLD.party_id OR NEW.from_on <> OLD.from_on OR NEW.to_on <> OLD.to_on OR NEW.amount_minor <> OLD.amount_minor OR NEW.claims <> OLD.claims THEN
        RAISE EXCEPTION 'a statement stays as it was issued' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER statement_stays BEFORE UPDATE OF bundle, sha256, party_id, from_on, to_on, amount_minor, claims ON statement FOR EACH ROW
    EXECUTE FUNCTION statement_stays();

-- Two rounds: a reply is counted to the line of its verdict.
CREATE FUNCTION verdict_reply_is_of_its_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT line_id FROM verdict WHERE id = NEW.verdict_id) <> NEW.line_id THEN
        RAISE EXCEPTION 'a reply is counted to the line of its verdict' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdict_reply_is_of_its_line BEFORE INSERT ON verdict_reply FOR EACH ROW
    EXECUTE FUNCTION verdict_reply_is_of_its_line();

-- I-29: a chargeback has lines of final verdicts alone.
CREATE FUNCTION chargeback_line_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM verdict v JOIN verdict_share s ON s.verdict_id = v.id WHERE v.id = NEW.verdict_id AND s.party_id = NEW.party_id AND v.state = CASE NEW.kind WHEN 'claim' THEN 'final' ELSE 'superseded' END) THEN
        RAISE EXCEPTION 'a chargeback has lines of final verdicts alone' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER chargeback_line_is_final BEFORE INSERT ON chargeback_line FOR EACH ROW
    EXECUTE FUNCTION chargeback_line_is_final();
