-- What was made, out of what, by whom; and its labels. Small tables: replicated to every node of a distributed store.

CREATE TABLE party (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    gln TEXT UNIQUE,
    country TEXT NOT NULL,
    city TEXT NOT NULL,
    address_zh TEXT NOT NULL,
    address_en TEXT NOT NULL,
    contact TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'closed')),
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE party_role (
    party_id BIGINT NOT NULL REFERENCES party (id),
    role TEXT NOT NULL CHECK (role IN ('brand', 'supplier', 'mill', 'dye_house', 'trim_maker', 'factory', 'carrier', 'retailer', 'service_point', 'organisation')),
    PRIMARY KEY (party_id, role)
);
CREATE INDEX party_role_role ON party_role (role, party_id);

-- Coverage and exclusions are versioned text: a garment keeps the version that held on the day of its sale.
CREATE TABLE warranty_policy (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    valid_from DATE NOT NULL,
    months BIGINT NOT NULL CHECK (months >= 0),
    days BIGINT NOT NULL CHECK (days >= 0),
    start_rules TEXT NOT NULL,
    made_plus_months BIGINT CHECK (made_plus_months >= 0),
    coverage_zh TEXT NOT NULL,
    coverage_en TEXT NOT NULL,
    exclusions_zh TEXT NOT NULL,
    exclusions_en TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (code, version)
);

CREATE TABLE style (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    brand TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    category TEXT NOT NULL,
    confidential BOOLEAN NOT NULL,
    manufacturer_id BIGINT REFERENCES party (id),
    policy_code TEXT NOT NULL,
    facts TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'closed')),
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE sku (
    id BIGINT PRIMARY KEY NOT NULL,
    style_id BIGINT NOT NULL REFERENCES style (id),
    code TEXT NOT NULL UNIQUE,
    gtin TEXT UNIQUE,
    colour_zh TEXT NOT NULL,
    colour_en TEXT NOT NULL,
    size TEXT NOT NULL,
    size_label TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX sku_style ON sku (style_id);

-- GTINs a sku once had: a label printed with one never dies.
CREATE TABLE gtin_alias (
    gtin TEXT NOT NULL PRIMARY KEY,
    sku_id BIGINT NOT NULL REFERENCES sku (id),
    added_at TIMESTAMP NOT NULL
);

-- Quantities are in thousandths of the lot's unit (metres, pieces, kilograms).
CREATE TABLE lot (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    party_id BIGINT NOT NULL REFERENCES party (id),
    kind TEXT NOT NULL CHECK (kind IN ('fibre', 'yarn', 'greige', 'fabric', 'lining', 'filling', 'thread', 'button', 'zip', 'trim', 'label', 'packaging', 'chemical')),
    material_zh TEXT NOT NULL,
    material_en TEXT NOT NULL,
    dye_lot TEXT NOT NULL,
    quantity_milli BIGINT NOT NULL CHECK (quantity_milli >= 0),
    unit TEXT NOT NULL,
    country TEXT NOT NULL,
    produced_on DATE,
    received_on DATE,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX lot_party ON lot (party_id);

CREATE TABLE lot_parent (
    lot_id BIGINT NOT NULL REFERENCES lot (id),
    parent_id BIGINT NOT NULL REFERENCES lot (id),
    quantity_milli BIGINT CHECK (quantity_milli >= 0),
    PRIMARY KEY (lot_id, parent_id),
    CHECK (lot_id <> parent_id)
);
CREATE INDEX lot_parent_parent ON lot_parent (parent_id, lot_id);

-- no is 24 bits: the upper part of every garment id. minted = serials that exist: units 0 to minted - 1.
CREATE TABLE batch (
    no BIGINT PRIMARY KEY NOT NULL CHECK (no BETWEEN 1 AND 16777215),
    code TEXT NOT NULL UNIQUE,
    sku_id BIGINT NOT NULL REFERENCES sku (id),
    factory_id BIGINT NOT NULL REFERENCES party (id),
    line TEXT NOT NULL,
    started_on DATE,
    finished_on DATE,
    planned BIGINT NOT NULL CHECK (planned BETWEEN 0 AND 4194304),
    minted BIGINT NOT NULL CHECK (minted BETWEEN 0 AND 4194304),
    minted_gtin TEXT,
    minted_epoch BIGINT,
    minted_at TIMESTAMP,
    origin TEXT NOT NULL CHECK (origin IN ('own', 'foreign')),
    status TEXT NOT NULL CHECK (status IN ('open', 'released', 'hold', 'closed')),
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX batch_sku ON batch (sku_id);
CREATE INDEX batch_factory ON batch (factory_id);

-- Which lot went into which component, for units unit_from (from 0) to unit_to (exclusive).
CREATE TABLE batch_lot (
    batch_no BIGINT NOT NULL REFERENCES batch (no),
    component TEXT NOT NULL,
    lot_id BIGINT NOT NULL REFERENCES lot (id),
    unit_from BIGINT NOT NULL CHECK (unit_from >= 0),
    unit_to BIGINT NOT NULL CHECK (unit_to <= 4194304),
    quantity_milli BIGINT CHECK (quantity_milli >= 0),
    PRIMARY KEY (batch_no, component, lot_id, unit_from),
    CHECK (unit_from < unit_to)
);
CREATE INDEX batch_lot_lot ON batch_lot (lot_id, batch_no);

-- Void units as a roaring bitmap: spoiled labels cost no rows.
CREATE TABLE batch_void (
    batch_no BIGINT NOT NULL PRIMARY KEY REFERENCES batch (no),
    bitmap BYTEA NOT NULL,
    voided BIGINT NOT NULL CHECK (voided >= 0),
    version BIGINT NOT NULL
);

-- Sold and claimed garments of a batch by retailer (party 0: none named), kept in the write that sells or claims.
CREATE TABLE batch_tally (
    batch_no BIGINT NOT NULL REFERENCES batch (no),
    party_id BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    claimed BIGINT NOT NULL,
    PRIMARY KEY (batch_no, party_id)
);

CREATE TABLE printer (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    port BIGINT NOT NULL CHECK (port BETWEEN 1 AND 65535),
    language TEXT NOT NULL CHECK (language IN ('zpl', 'tspl')),
    dpi BIGINT NOT NULL CHECK (dpi IN (203, 300, 600)),
    confirms BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE label_job (
    id BIGINT PRIMARY KEY NOT NULL,
    batch_no BIGINT NOT NULL REFERENCES batch (no),
    template TEXT NOT NULL,
    format TEXT NOT NULL CHECK (format IN ('pdf', 'zpl', 'tspl', 'png', 'svg', 'csv')),
    printer_id BIGINT REFERENCES printer (id),
    file TEXT,
    claim_codes BOOLEAN NOT NULL,
    unit_from BIGINT NOT NULL CHECK (unit_from >= 0),
    unit_to BIGINT NOT NULL CHECK (unit_to <= 4194304),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
    message TEXT NOT NULL,
    made BIGINT NOT NULL CHECK (made >= 0),
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    lease_until TIMESTAMP,
    version BIGINT NOT NULL,
    CHECK (unit_from < unit_to)
);
CREATE INDEX label_job_batch ON label_job (batch_no, id);
CREATE INDEX label_job_state ON label_job (state, id);

CREATE TABLE label_chunk (
    job_id BIGINT NOT NULL REFERENCES label_job (id),
    seq BIGINT NOT NULL,
    unit_from BIGINT NOT NULL,
    unit_to BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'confirmed', 'unknown', 'voided')),
    sent_at TIMESTAMP,
    settled_at TIMESTAMP,
    note TEXT NOT NULL,
    PRIMARY KEY (job_id, seq),
    CHECK (unit_from < unit_to)
);

-- Links the brand attaches, of any GS1 link type. subject_id: style, sku or lot id, batch no or garment id.
CREATE TABLE link (
    id BIGINT PRIMARY KEY NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('style', 'sku', 'lot', 'batch', 'garment')),
    subject_id BIGINT NOT NULL,
    link_type TEXT NOT NULL,
    href TEXT NOT NULL,
    title TEXT NOT NULL,
    hreflang TEXT NOT NULL,
    media_type TEXT NOT NULL,
    context TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (level, subject_id, link_type, hreflang, media_type, context, href)
);
