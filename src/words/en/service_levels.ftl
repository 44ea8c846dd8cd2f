# Service levels and the clocks that run on them.
service-levels-title = Service levels
service-levels-about = How long an answer, a decision, a repair may take. Of the rows of a clock that fit a case, the one with the lowest rank holds. What runs already is reckoned anew by it, in the background; what was missed stays missed.
service-levels-new = Add a service level
service-levels-edit = Change a service level
service-levels-none = No service levels yet.
service-levels-search-hint = Code or name
clocks-title = Deadlines
clocks-about = What is owed to buyers, the longest overdue first. What waits for the buyer stands still and is not listed.
clocks-none = Nothing is due.
clocks-search-hint = Case
clocks-days = { $count } d
clocks-hours = { $count } h
clocks-minutes = { $count } min
clocks-seconds = { $count } s
clocks-working = { $time } of working time
clocks-working-days = { $count ->
    [one] 1 working day
   *[other] { $count } working days
}
clocks-left = { $time } left
clocks-over = { $time } late
clocks-paused = stands still
clocks-paused-left = stands still, { $time } left
