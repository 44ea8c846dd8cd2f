-- The list of what an event may be about does not come back: events about calendars would break it.
DROP TABLE calendar_day;
DROP TABLE calendar;
