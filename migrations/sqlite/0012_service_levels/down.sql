DROP TABLE clock_week;
DROP TABLE clock_escalation;
DROP TABLE clock_event;
DROP TABLE clock;
DROP TABLE service_level;
DROP TABLE calendar_version;
DROP TABLE work_week;
