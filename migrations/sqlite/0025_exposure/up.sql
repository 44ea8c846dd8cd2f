-- A garment is at risk of claims from a sale until it comes back: the day on which it did. Known so far from its history alone.
ALTER TABLE sale ADD COLUMN ended_on DATE CHECK (ended_on IS NULL OR (status = 'ended' AND ended_on >= sold_on));
UPDATE sale SET ended_on = MAX(sold_on, COALESCE((
    SELECT MAX(json_extract(e.body, '$.returned_on')) FROM garment_event e
    WHERE e.garment_id = sale.garment_id AND e.kind = 'garment.returned' AND json_extract(e.body, '$.sale') = sale.seq
), sold_on)) WHERE status = 'ended';

-- Sales and ends of sales so far, which only grows: a garment given back and another one sold leave the number of sold ones as it was.
ALTER TABLE batch_tally ADD COLUMN changes BIGINT NOT NULL DEFAULT 0;
