-- Days that are not like their weekday: public holidays, make-up workdays, a team's own.

CREATE TABLE calendar (
    id INTEGER PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL
);

-- source says how the day came in: the name of a file, or what wrote it.
CREATE TABLE calendar_day (
    calendar_id BIGINT NOT NULL REFERENCES calendar (id),
    day DATE NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('off', 'work')),
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (calendar_id, day)
) WITHOUT ROWID;

-- What an event may be about is said by the program's types; a list in the table would have to be rebuilt for every new thing.
CREATE TABLE event_rebuilt (
    id INTEGER PRIMARY KEY NOT NULL,
    at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO event_rebuilt SELECT id, at, kind, actor, subject_kind, subject_id, body FROM event;
DROP TABLE event;
ALTER TABLE event_rebuilt RENAME TO event;
CREATE INDEX event_subject ON event (subject_kind, subject_id, id);
