SELECT COALESCE(sale.retailer_id, 0) AS party_id, COUNT(*) AS garments
FROM holder LEFT JOIN sale ON sale.garment_id = holder.garment_id AND sale.status = 'live'
WHERE holder.garment_id >= $1 AND holder.garment_id < $2 AND holder.status = 'live'
GROUP BY COALESCE(sale.retailer_id, 0)
