DROP TABLE garment_hold;
DROP TABLE return_order;
