# The weeks of teams.
working-hours-title = Working hours
working-hours-about = When each team works. Public holidays and a team's own days stand in the calendars. A change moves the deadlines of what is open.
working-hours-new = Add working hours
working-hours-edit = Change working hours
working-hours-none = No working hours yet.
working-hours-search-hint = Code or name
