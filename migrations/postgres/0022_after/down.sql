DROP TABLE return_address;
DROP TABLE quality_measure;
DROP TABLE follow_up;
DROP TABLE survey;
DROP FUNCTION survey_stays;
