# Words every page shares.

lang-other = 中文
page-problem = This did not work
page-problem-fields = What to correct
back = Back
home = Home
sign-in = Sign in
sign-out = Sign out
save = Save
form-more = Seldom needed
cancel = Cancel
next-page = Next page
search = Search
filter = Filter
yes = Yes
no = No
line = Line
download-csv = CSV
download-xlsx = XLSX
skip-to-content = Skip to content
open = Open
menu = Menu
menu-aftersales = After-sales
menu-quality = Quality and liability
menu-money = Money
menu-production = Production
menu-settings = Settings
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

# Corrections of what other things stand on
correct = Correct
correct-title = Correction
correct-about = An edit leaves alone what other things stand on. A correction changes it, for everything that stands on it now:
correct-moves-lots = Lots made of it: { $count }
correct-moves-batches = Batches: { $count }
correct-moves-minted = Garments with serials: { $count }
correct-moves-sold = Garments sold: { $count }
correct-moves-findings = Findings: { $count }
correct-moves-nothing = Nothing stands on it yet; an edit would do.
correct-reason = Reason
correct-reason-hint = Why what was written down was not what was meant. It stays in the history; name no person.
changed-facts = Product facts
form-sent-before = This form was sent once before, and what stood in it then has been saved. What stands in it now has not. Look first whether it is still wanted; then save it.
form-overtaken = Somebody else has saved this since you opened it. What you wrote stands here, unsaved. Where it differs from what is saved now, that stands below the field. Saving keeps what stands here.
form-now = Saved now: { $now }
form-now-empty = Saved now: nothing
