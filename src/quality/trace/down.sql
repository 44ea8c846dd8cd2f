WITH RECURSIVE reached(lot_id) AS (
    SELECT id FROM lot WHERE id = $1
    UNION
    SELECT made.lot_id FROM lot_parent made JOIN reached ON made.parent_id = reached.lot_id
)
SELECT DISTINCT fed.batch_no, fed.unit_from, fed.unit_to
FROM batch_lot fed WHERE fed.lot_id IN (SELECT lot_id FROM reached)
ORDER BY fed.batch_no, fed.unit_from, fed.unit_to
