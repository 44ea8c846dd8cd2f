WITH RECURSIVE reached(lot_id) AS (
    SELECT fed.lot_id FROM batch_lot fed WHERE fed.batch_no = $1 AND fed.unit_from < $2 AND fed.unit_to > $3
    UNION
    SELECT made.parent_id FROM lot_parent made JOIN reached ON made.lot_id = reached.lot_id
)
SELECT lot_id FROM reached ORDER BY lot_id
