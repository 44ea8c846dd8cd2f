DROP TABLE case_contact;
DROP TABLE case_task;
DROP TABLE case_photo;
DROP TABLE case_note;
DROP TABLE case_line;
DROP TABLE service_case;
DROP TABLE case_reason;
