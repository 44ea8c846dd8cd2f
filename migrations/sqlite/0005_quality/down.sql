DROP TABLE recall_scope;
DROP TABLE photo;
DROP TABLE finding;
DROP TABLE defect;
