-- Who sold it, who holds it. Everything here grows with garments: garment_id first in every key, foreign keys only to small tables.

-- A garment gets a row when something first happens to it; until then it exists by arithmetic.
CREATE TABLE garment (
    garment_id INTEGER PRIMARY KEY NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('live', 'returned', 'destroyed', 'lost')),
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

-- Serials that came with the garment from elsewhere. The one big table that is looked up by something other than garment_id: distribute it by serial.
CREATE TABLE foreign_serial (
    serial TEXT NOT NULL,
    gtin TEXT NOT NULL,
    garment_id BIGINT NOT NULL,
    PRIMARY KEY (serial, gtin)
) WITHOUT ROWID;
CREATE INDEX foreign_serial_garment ON foreign_serial (garment_id);

CREATE TABLE sale (
    garment_id BIGINT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq >= 1),
    status TEXT NOT NULL CHECK (status IN ('live', 'ended')),
    sold_on DATE NOT NULL,
    delivered_on DATE,
    promised_on DATE,
    channel TEXT NOT NULL,
    retailer_id BIGINT REFERENCES party (id),
    order_no TEXT NOT NULL,
    price_minor BIGINT CHECK (price_minor >= 0),
    currency TEXT,
    country TEXT NOT NULL,
    city TEXT NOT NULL,
    policy_id BIGINT REFERENCES warranty_policy (id),
    source TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (garment_id, seq)
) WITHOUT ROWID;
-- One live sale per garment, whatever arrives at the same time.
CREATE UNIQUE INDEX sale_live ON sale (garment_id) WHERE status = 'live';
-- The list by day; and the same of one retailer.
CREATE INDEX sale_day ON sale (sold_on, garment_id, seq);
CREATE INDEX sale_retailer ON sale (retailer_id, sold_on, garment_id, seq);

-- policy_id is null where the style names no policy and the house's number of days holds.
CREATE TABLE warranty (
    garment_id BIGINT NOT NULL,
    sale_seq BIGINT NOT NULL,
    policy_id BIGINT REFERENCES warranty_policy (id),
    status TEXT NOT NULL CHECK (status IN ('waiting', 'running', 'void', 'ended')),
    starts_on DATE,
    ends_on DATE,
    start_basis TEXT NOT NULL CHECK (start_basis IN ('', 'delivered', 'sold', 'activated', 'made')),
    reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (garment_id, sale_seq),
    CHECK (ends_on IS NULL OR ends_on >= starts_on)
) WITHOUT ROWID;

-- Whoever proved possession with the claim code. Nothing personal: a hash of the secret in their browser.
CREATE TABLE holder (
    garment_id BIGINT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq >= 1),
    status TEXT NOT NULL CHECK (status IN ('live', 'ended')),
    secret_hash TEXT NOT NULL,
    claimed_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    transfer_hash TEXT,
    transfer_until TIMESTAMP,
    version BIGINT NOT NULL,
    PRIMARY KEY (garment_id, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX holder_live ON holder (garment_id) WHERE status = 'live';

CREATE TABLE claim_try (
    garment_id BIGINT NOT NULL,
    day DATE NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (garment_id, day)
) WITHOUT ROWID;

-- Optional contact of a holder: sealed under a key of its own, which erasure destroys.
CREATE TABLE contact (
    garment_id BIGINT NOT NULL,
    holder_seq BIGINT NOT NULL,
    sealed_key BLOB,
    sealed BLOB,
    consent TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    erased_at TIMESTAMP,
    PRIMARY KEY (garment_id, holder_seq)
) WITHOUT ROWID;

-- Distinct devices by a keyed hash whose key changes; never an address.
CREATE TABLE scan_device (
    garment_id BIGINT NOT NULL,
    device TEXT NOT NULL,
    first_at TIMESTAMP NOT NULL,
    last_at TIMESTAMP NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (garment_id, device)
) WITHOUT ROWID;
CREATE INDEX scan_device_last ON scan_device (last_at);

CREATE TABLE scan_total (
    garment_id INTEGER PRIMARY KEY NOT NULL,
    devices BIGINT NOT NULL,
    times BIGINT NOT NULL,
    first_at TIMESTAMP NOT NULL,
    last_at TIMESTAMP NOT NULL
);
