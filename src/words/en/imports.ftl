# Why a file or a cell cannot be read; `reason` of an error.
reason-empty = the file is empty
reason-not-a-table = it is neither a CSV nor an XLSX file
reason-old-excel = it is an old Excel file (.xls); please save it as XLSX or CSV
reason-password = it is protected by a password; please remove the password and send it again
reason-not-xlsx = it is a ZIP archive, but not an XLSX workbook
reason-damaged = it is cut short or damaged; please export it again
reason-too-large = it unpacks to more than can be read; please split it into several files
reason-open-quote = a quotation mark on this line is never closed, or the line is too long
reason-too-many-columns = it has too many columns
reason-unreadable-text = it has characters that cannot be read; please save the file again as UTF-8
reason-cell-error = the cell shows a formula error
reason-digits-lost = the number is so long that the spreadsheet lost its last digits; please format the column as text and enter it again
reason-ambiguous-number = the comma in the number could mean two things; please write decimals with a point
reason-row-refused = the row cannot be read
# Faults that are said otherwise of a file than of a form.
import-duplicate = The same stands on line { $line } already.
import-unknown-field = There is no such column.
# The file of faults.
import-faults-column = column
import-faults-value = value
import-faults-reason = reason

# The desk where files are handed in
imports-title = Imports
imports-about = Hand in tables as CSV or XLSX, one file or many at once. Every file is checked whole first; nothing is written until you say so.
imports-table = Table
imports-show = Show its columns
imports-file-hint = CSV (comma, semicolon or tab; UTF-8 or GBK) or XLSX, up to 1 GB. Headers may be Chinese or English.
imports-check = Check
imports-template = Template
imports-columns = Columns
imports-column = Column
imports-column-name = Name
imports-needed = Needed
imports-meaning = Meaning
imports-example = Example
imports-recent = Handed in
imports-when = When
imports-file-name = File
imports-state = State
imports-may-leave = You may leave this page; the work goes on.
imports-state-queued = Waiting for its turn
imports-state-running = Under way
imports-state-done = Done
imports-state-failed = Failed
imports-state-cancelled = Called off
imports-outcome-checked = Sound, not written yet
imports-outcome-refused = Needs mending
imports-outcome-applied = Written
imports-outcome-stopped = Stopped on the way
imports-rows = rows read
imports-added = new
imports-changed = changed
imports-unchanged = there already
imports-faults = faults
imports-faults-download = Faults as CSV
imports-apply = Write it
imports-checking = checking
imports-applying = writing
imports-by-headings = By the headings of each file
imports-files = Files
imports-not-taken = Not taken:
imports-order = What can be handed in
imports-order-about = A new deployment loads them in this order: each may name what stands in those before it.
imports-needed-columns = Columns it must have
imports-again = Check it again
imports-another = Hand in another
imports-faults-first = The first { $count } are listed.

# A parcel: files handed in together
imports-file = Files with { $table }
imports-and-more = { $count ->
    [one] { $file } and one more
   *[other] { $file } and { $count } more
}
imports-no-files = no files
imports-parcel-of = { $count ->
    [one] One file
   *[other] { $count } files
}
imports-parcel-open = Not checked yet
imports-parcel-open-about = It has not been checked yet.
imports-parcel-sound = Sound, not written yet
imports-parcel-sound-about = Nothing has been written. Look at what would change; if it is what you expect, write it.
imports-parcel-faulty = Needs mending
imports-parcel-faulty-about = Nothing was written, of no file. Mend what is listed and hand the mended files in below: a file of the same name takes the place of the one before. Or say how a file is read, or take it out.
imports-parcel-written = Written
imports-parcel-written-about = Every row of every file is in. Handing in the same files again changes nothing.
imports-parcel-stopped = Stopped on the way
imports-parcel-stopped-about = Something changed between check and writing. What stands as written below is in; check again, and write the rest.
imports-parcel-discarded = Discarded
imports-parcel-discarded-about = It was thrown away, and nothing of it was written.
imports-no-table = Not recognised
imports-discard = Discard
imports-take-out = Take { $file } out
imports-more = Mended or further files
imports-more-hint = A file of the same name and table takes the place of the one before. Everything is then checked again.
imports-templates = All templates (ZIP)
imports-changes = Changes
imports-changes-would = What would change
imports-changes-done = What changed
imports-changes-first = The first { $count } are shown; the file to take away has more.
imports-how-read = How this file is read
imports-read-as = Read it as
imports-their-header = Header in the file
imports-our-column = Is our column
imports-leave-out = leave out
imports-make-codes = The file has no codes
imports-codes-none = that is a fault
imports-codes-slug = make them from the name
imports-codes-from = take them from “{ $column }”
imports-codes-numbered = number the rows
imports-codes-prefix = Before the number
imports-constants = The same in every row
imports-read-so = Read it so and check
import-faults-file = file
import-faults-line = line
import-changes-file = file
import-changes-line = line
import-changes-record = record
import-changes-kind = kind
import-changes-field = field
import-changes-old = old
import-changes-new = new
import-changes-added = new
import-changes-changed = changed
import-changes-more = … and { $count } more; --changes FILE.csv writes them all
import-unknown-field-near = There is no such column. Is it “{ $nearest_en }”?
import-column-missing = The column “{ $column_en }” is missing.
reason-no-table = its columns are those of no table, or of more than one; say which table it is
reason-other-table = it looks like a file of { $table_en }
