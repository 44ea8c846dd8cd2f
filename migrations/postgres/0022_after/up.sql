-- What buyers say of how a case was handled, once for each time it was resolved; who would not say is kept as that.
CREATE TABLE survey (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    seq BIGINT NOT NULL CHECK (seq >= 1),
    score BIGINT CHECK (score BETWEEN 1 AND 5),
    declined BOOLEAN NOT NULL,
    words TEXT NOT NULL,
    via TEXT NOT NULL CHECK (via IN ('card', 'phone')),
    answered_by TEXT NOT NULL,
    agent TEXT NOT NULL,
    channel TEXT NOT NULL,
    reason_class TEXT NOT NULL,
    resolved_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (case_id, seq),
    CHECK ((score IS NULL) = declined),
    -- Whoever answers for a buyer does so by telephone, under their own name.
    CHECK ((via = 'phone') = (answered_by LIKE 'staff:_%'))
);
CREATE INDEX survey_answered ON survey (answered_at, id);
CREATE INDEX survey_agent ON survey (agent, id);

-- Somebody asks whether all is well: some days after a repair or an exchange, and at once after a low score. declined: there was no consent to be
-- asked, or the buyer would rather not be. What it is about is named by kind and source_id: a repair, a settlement, a survey,
-- or itself where the desk asked for it.
CREATE TABLE follow_up (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('repair', 'exchange', 'low_score', 'desk')),
    source_id BIGINT NOT NULL,
    days BIGINT NOT NULL CHECK (days >= 0),
    case_id BIGINT NOT NULL REFERENCES service_case (id),
    line_id BIGINT NOT NULL REFERENCES case_line (id),
    garment_id BIGINT NOT NULL,
    queue TEXT NOT NULL,
    due_on DATE NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'missed', 'declined')),
    result TEXT CHECK (result IN ('fine', 'again')),
    note TEXT NOT NULL,
    next_case_id BIGINT REFERENCES service_case (id),
    ended_by TEXT NOT NULL,
    ended_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (kind, source_id, days),
    CHECK ((state = 'planned') = (ended_at IS NULL)),
    CHECK ((state = 'done') = (result IS NOT NULL)),
    CHECK (next_case_id IS NULL OR result = 'again')
);
CREATE INDEX follow_up_due ON follow_up (state, due_on);
CREATE INDEX follow_up_case ON follow_up (case_id, id);

-- An answer never changes; its words can be erased.
CREATE FUNCTION survey_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an answer is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER survey_stays BEFORE UPDATE OF id, code, case_id, seq, score, declined, via, answered_by, agent, channel, reason_class, resolved_at, answered_at ON survey
    FOR EACH ROW EXECUTE FUNCTION survey_stays();
CREATE TRIGGER survey_words BEFORE UPDATE OF words ON survey FOR EACH ROW WHEN (NEW.words <> '') EXECUTE FUNCTION survey_stays();
CREATE TRIGGER survey_remains BEFORE DELETE OR TRUNCATE ON survey FOR EACH STATEMENT EXECUTE FUNCTION survey_stays();

-- Corrective and preventive measures: what is changed so that a defect does not come back, and whether that helped. What came before and after is
-- garments sold in as many days before and after, with the claims of the defect that were confirmed within the same days.
CREATE TABLE quality_measure (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('corrective', 'preventive')),
    origin TEXT NOT NULL CHECK (origin IN ('finding', 'verdict', 'recall', 'signal')),
    origin_ref TEXT NOT NULL,
    defect_code TEXT NOT NULL REFERENCES defect (code),
    lot_id BIGINT REFERENCES lot (id),
    owner TEXT NOT NULL,
    due_on DATE NOT NULL,
    whys TEXT NOT NULL,
    action TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'planned', 'implemented', 'verified', 'ineffective', 'closed')),
    implemented_on DATE,
    check_on DATE,
    checked_on DATE,
    checked_by TEXT NOT NULL,
    before_sold BIGINT CHECK (before_sold >= 0),
    before_claims BIGINT CHECK (before_claims >= 0),
    after_sold BIGINT CHECK (after_sold >= 0),
    after_claims BIGINT CHECK (after_claims >= 0),
    note TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK (state IN ('open', 'closed') OR action <> ''),
    CHECK (state NOT IN ('implemented', 'verified', 'ineffective') OR (implemented_on IS NOT NULL AND check_on > implemented_on)),
    -- Nobody checks their own measure, and none is checked without numbers.
    CHECK (checked_by <> 'staff:' || owner),
    CHECK ((checked_on IS NULL) = (checked_by = '')),
    CHECK (checked_on IS NULL OR (before_sold IS NOT NULL AND before_claims IS NOT NULL AND after_sold IS NOT NULL AND after_claims IS NOT NULL)),
    CHECK (state NOT IN ('verified', 'ineffective') OR checked_on IS NOT NULL),
    CHECK (state <> 'verified' OR (before_sold > 0 AND after_sold > 0 AND after_claims * before_sold <= before_claims * after_sold))
);
CREATE INDEX quality_measure_state ON quality_measure (state, due_on);
CREATE INDEX quality_measure_defect ON quality_measure (defect_code);
CREATE INDEX quality_measure_lot ON quality_measure (lot_id);

-- Where the buyers of a market send a garment back, and how. The market * is for every one that has none of its own.
CREATE TABLE return_address (
    code TEXT PRIMARY KEY NOT NULL CHECK (code <> ''),
    address_zh TEXT NOT NULL,
    address_en TEXT NOT NULL,
    hours_zh TEXT NOT NULL,
    hours_en TEXT NOT NULL,
    enclose_zh TEXT NOT NULL,
    enclose_en TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK (address_zh <> '' OR address_en <> '')
);
