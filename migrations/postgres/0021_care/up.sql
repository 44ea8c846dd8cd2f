-- A repair: the right it was opened under, where one makes it free; and what a garment's repairs leave its buyer with.
ALTER TABLE repair_order ADD COLUMN under_kind TEXT
    CHECK (under_kind IN ('recall', 'no_worry', 'withdrawal', 'no_reason', 'legal_guarantee', 'brand_warranty', 'alteration'));
ALTER TABLE repair_order ADD COLUMN under_rule TEXT NOT NULL DEFAULT '';

-- A row for each component that a repair mended; component is empty where none was named. days_added: those it was in our hands, which its warranty lasts longer.
CREATE TABLE garment_repair (
    garment_id BIGINT NOT NULL,
    sale_seq BIGINT NOT NULL,
    repair TEXT NOT NULL,
    component TEXT NOT NULL,
    under_kind TEXT
        CHECK (under_kind IN ('recall', 'no_worry', 'withdrawal', 'no_reason', 'legal_guarantee', 'brand_warranty', 'alteration')),
    done_on DATE NOT NULL,
    days_added BIGINT NOT NULL CHECK (days_added >= 0),
    covered_until DATE NOT NULL,
    PRIMARY KEY (garment_id, repair, component),
    CHECK (covered_until >= done_on)
);

-- A reason is offered where the garment has one of these components; with commas, empty for any garment.
ALTER TABLE case_reason ADD COLUMN components TEXT NOT NULL DEFAULT '';
-- As they are shipped from now on; what a deployment edited stays as it is.
UPDATE case_reason SET components = 'buttons' WHERE code = 'button_off' AND version = 1;
UPDATE case_reason SET components = 'buttons,hooks' WHERE code = 'fastener_broken' AND version = 1;
UPDATE case_reason SET components = 'zip' WHERE code = 'zip_broken' AND version = 1;
UPDATE case_reason SET components = 'thread' WHERE code = 'seam_open' AND version = 1;
UPDATE case_reason SET components = 'print' WHERE code = 'print_peels' AND version = 1;
UPDATE case_reason SET components = 'elastic' WHERE code = 'elastic_slack' AND version = 1;
UPDATE case_reason SET components = 'label' WHERE code = 'label_wrong' AND version = 1;
UPDATE case_reason SET components = 'filling' WHERE code = 'down_leaks' AND version = 1;
UPDATE case_reason SET components = 'filling' WHERE code = 'thin_filling' AND version = 1;
UPDATE case_reason SET components = 'reflective' WHERE code = 'strip_off' AND version = 1;
UPDATE case_reason SET components = 'straps' WHERE code = 'strap_off' AND version = 1;
UPDATE case_reason SET categories = '' WHERE code IN ('down_leaks', 'thin_filling', 'strip_off', 'strap_off') AND version = 1;
