-- Service levels: how long something may take, the clocks of cases that run on them, and the hours teams work.

-- The week of a team: each day's windows from local midnight (`09:00-12:00;13:00-18:00`), empty for a day off. holidays is the calendar of public
-- holidays it follows, or empty; days of its own are those of the calendar with its code.
CREATE TABLE work_week (
    id INTEGER PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    zone TEXT NOT NULL,
    holidays TEXT NOT NULL,
    works_makeup BOOLEAN NOT NULL,
    monday TEXT NOT NULL,
    tuesday TEXT NOT NULL,
    wednesday TEXT NOT NULL,
    thursday TEXT NOT NULL,
    friday TEXT NOT NULL,
    saturday TEXT NOT NULL,
    sunday TEXT NOT NULL,
    makeup TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

-- What a team's week and all its days were together: a version never changes, so that a verdict can be recomputed. held says at which count of
-- changes of calendars it was last found to be so.
CREATE TABLE calendar_version (
    no INTEGER PRIMARY KEY NOT NULL,
    week TEXT NOT NULL REFERENCES work_week (code),
    held BIGINT NOT NULL,
    content TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX calendar_version_week ON calendar_version (week, no);

-- How long something may take, for the cases that fit; what is empty fits any. Of the rows of a clock that fit, the lowest rank holds.
CREATE TABLE service_level (
    id INTEGER PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    clock TEXT NOT NULL,
    rank BIGINT NOT NULL CHECK (rank >= 1),
    kind TEXT CHECK (kind IN ('consult', 'return', 'exchange', 'repair', 'complaint', 'withdrawal')),
    severity TEXT CHECK (severity IN ('general', 'serious', 'critical')),
    priority TEXT CHECK (priority IN ('normal', 'urgent')),
    channel TEXT CHECK (channel IN ('card', 'phone', 'chat', 'mail', 'shop', 'api')),
    market TEXT NOT NULL,
    target BIGINT NOT NULL CHECK (target >= 1),
    unit TEXT NOT NULL CHECK (unit IN ('seconds', 'minutes', 'hours', 'days', 'working_minutes', 'working_hours', 'working_days')),
    warn_percent BIGINT CHECK (warn_percent BETWEEN 1 AND 99),
    escalate_percent BIGINT CHECK (escalate_percent > 100),
    calendar TEXT NOT NULL REFERENCES work_week (code),
    valid_from DATE NOT NULL,
    valid_to DATE,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX service_level_clock ON service_level (clock, rank);

-- A run of a clock of a case, or of a part of it (a line, a repair, a verdict; 0 for the case itself). Its events decide; state, due_at, breached_at,
-- met_at, next_at and told are an index of what they come to. next_at is when there is next something to tell.
CREATE TABLE clock (
    id INTEGER PRIMARY KEY NOT NULL,
    case_id BIGINT NOT NULL,
    case_no TEXT NOT NULL,
    part_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq >= 1),
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    priority TEXT NOT NULL,
    level_code TEXT NOT NULL,
    level_version BIGINT NOT NULL,
    calendar_no BIGINT NOT NULL REFERENCES calendar_version (no),
    target BIGINT NOT NULL CHECK (target >= 1),
    unit TEXT NOT NULL CHECK (unit IN ('seconds', 'working_minutes', 'working_days')),
    warn_percent BIGINT,
    escalate_percent BIGINT,
    started_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'met', 'missed', 'cancelled')),
    due_at TIMESTAMP,
    breached_at TIMESTAMP,
    met_at TIMESTAMP,
    ended_at TIMESTAMP,
    next_at TIMESTAMP,
    told BIGINT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (case_id, part_id, code, seq),
    CHECK ((state = 'met') = (met_at IS NOT NULL)),
    CHECK ((state = 'missed') = (breached_at IS NOT NULL)),
    CHECK (state NOT IN ('met', 'cancelled') OR ended_at IS NOT NULL),
    CHECK (state NOT IN ('running', 'paused') OR ended_at IS NULL)
);
-- One run at a time.
CREATE UNIQUE INDEX clock_open ON clock (case_id, part_id, code) WHERE ended_at IS NULL;
-- The sweep's question, the desk's, and that of a change of calendar.
CREATE INDEX clock_next ON clock (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX clock_due ON clock (due_at, id) WHERE ended_at IS NULL;
CREATE INDEX clock_code_due ON clock (code, due_at, id) WHERE ended_at IS NULL;
CREATE INDEX clock_case_no ON clock (case_no);
CREATE INDEX clock_calendar ON clock (calendar_no, ended_at, unit);

-- What happened to a clock, in order; never changed. moment is what it came by, empty for a change of calendar.
CREATE TABLE clock_event (
    clock_id BIGINT NOT NULL REFERENCES clock (id),
    no BIGINT NOT NULL CHECK (no >= 1),
    at TIMESTAMP NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('start', 'pause', 'resume', 'retarget', 'recalendar', 'stop', 'cancel')),
    moment TEXT NOT NULL,
    target BIGINT,
    unit TEXT,
    calendar_no BIGINT REFERENCES calendar_version (no),
    actor TEXT NOT NULL,
    PRIMARY KEY (clock_id, no)
) WITHOUT ROWID;

-- Who was to be told of a clock, each step once. tell_at is when they work, or at once where it is critical.
CREATE TABLE clock_escalation (
    clock_id BIGINT NOT NULL REFERENCES clock (id),
    step BIGINT NOT NULL CHECK (step BETWEEN 1 AND 3),
    reached_at TIMESTAMP NOT NULL,
    tell_at TIMESTAMP NOT NULL,
    written_at TIMESTAMP NOT NULL,
    PRIMARY KEY (clock_id, step)
) WITHOUT ROWID;

-- Up to which version of a team's calendar the open clocks have followed.
CREATE TABLE clock_week (
    week TEXT NOT NULL PRIMARY KEY REFERENCES work_week (code),
    calendar_no BIGINT NOT NULL
) WITHOUT ROWID;
