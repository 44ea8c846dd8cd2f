# Words every page shares.

brand-name = Hangtag
lang-name = English
lang-other = 中文
page-problem = This did not work
page-problem-fields = What to correct
back = Back
home = Home
sign-in = Sign in
sign-out = Sign out
save = Save
cancel = Cancel
next-page = Next page
first-page = First page
nothing-yet = Nothing here yet.
search = Search
filter = Filter
yes = Yes
no = No
line = Line
download-csv = CSV
download-xlsx = XLSX
skip-to-content = Skip to content
menu = Menu
to-desk = To the start page
# Who did something, as a history names them.
actor-api = { $name } (program)
actor-system = the system
actor-holder = the holder
actor-cli = the command line
# The timeline of a thing.
timeline-history = History
timeline-when = When
timeline-what = What
timeline-who = Who
timeline-detail = Details
# What every list and page has.
any = Any
edit = Change
facts = Facts
import-from-file = Import from a file
nothing-found = Nothing matches.
show-all = Show all
previous-page = Previous page
