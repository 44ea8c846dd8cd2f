DROP TABLE repair_check;
DROP TABLE repair_part;
DROP TABLE repair_quote;
DROP TABLE repair_order;
