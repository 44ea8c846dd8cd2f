-- What buyers are entitled to, by market: rows with validity and their source, never constants in code. Lists are JSON texts.

-- market: a country of two letters, EU for all of its members, empty for everywhere. months and days: how long, counted from what counted_from
-- says; neither is without an end. rest_days: the calendar by whose days of rest a last day rolls on, or empty.
CREATE TABLE right_rule (
    id INTEGER PRIMARY KEY NOT NULL,
    code TEXT NOT NULL,
    code_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('recall', 'no_worry', 'withdrawal', 'no_reason', 'legal_guarantee', 'brand_warranty', 'alteration')),
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    market TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    holds_from TEXT NOT NULL CHECK (holds_from IN ('sale', 'request')),
    counted_from TEXT NOT NULL CHECK (counted_from IN ('delivery', 'purchase', 'warranty')),
    before_delivery BOOLEAN NOT NULL,
    months BIGINT CHECK (months >= 0),
    days BIGINT CHECK (days >= 0),
    rest_days TEXT NOT NULL,
    defects TEXT NOT NULL,
    measured_over BIGINT CHECK (measured_over >= 0),
    late_days BIGINT CHECK (late_days >= 0),
    freight TEXT NOT NULL CHECK (freight IN ('company', 'buyer')),
    remedies TEXT NOT NULL,
    needs TEXT NOT NULL,
    not_channels TEXT NOT NULL,
    never_for TEXT NOT NULL,
    confirmed_for TEXT NOT NULL,
    repair_months BIGINT CHECK (repair_months > 0),
    repair_since DATE,
    notice_zh TEXT NOT NULL,
    notice_en TEXT NOT NULL,
    source TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);

-- The day on which a buyer confirmed, at the purchase, that the garment cannot be returned without a reason.
ALTER TABLE sale ADD COLUMN no_return_confirmed_on DATE;
