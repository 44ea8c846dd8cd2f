-- Days that are not like their weekday: public holidays, make-up workdays, a team's own.

CREATE TABLE calendar (
    id BIGINT PRIMARY KEY NOT NULL,
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
);

-- What an event may be about is said by the program's types; a list in the table would have to be rebuilt for every new thing.
ALTER TABLE event DROP CONSTRAINT event_subject_kind_check;
