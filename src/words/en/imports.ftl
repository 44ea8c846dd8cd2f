# Why a file or a cell cannot be read; `reason` of an error.
reason-empty = the file is empty
reason-not-a-table = it is neither a CSV nor an XLSX file
reason-old-excel = it is an old Excel or WPS file (.xls, .et); please open it and save it as XLSX
reason-web-page = it is a web page, though its name may end in .xls; please open it in a spreadsheet program and save it as XLSX
reason-xml = it is an XML file, though its name may end in .xls; please open it in a spreadsheet program and save it as XLSX
reason-pdf = it is a PDF; please send the spreadsheet it was made from, as XLSX or CSV
reason-picture = it is a picture; please send the spreadsheet itself, as XLSX or CSV
reason-archive = it is a packed archive; please send the files in it, or a ZIP of them
reason-numbers = it is an Apple Numbers file; please export it as XLSX or CSV
reason-open-document = it is an OpenDocument file; please save it as XLSX or CSV
reason-binary-workbook = it is a binary Excel workbook (.xlsb); please save it as XLSX
reason-password = it is protected by a password; please remove the password and send it again
reason-not-xlsx = it is a ZIP archive, but neither an XLSX workbook nor one of files to hand in
reason-member-name = “{ $member }” in it is not the plain name of a file; please pack the files themselves, without folders and links
reason-member-twice = “{ $member }” is in it twice; please pack each file once
reason-member-password = “{ $member }” in it is protected by a password; please pack it without one
reason-member-packing = “{ $member }” in it is packed in a way that is not read here; please pack it as an ordinary ZIP (Deflate)
reason-member-damaged = “{ $member }” in it is cut short, damaged or larger than it says; please pack it again
reason-member-archive = “{ $member }” in it is a ZIP of files itself; please pack the files of both into one
reason-members-too-many = it has more than { $max } files; please split it
reason-members-too-large = its files unpack to { $megabytes } MB, and at most { $max } MB are taken at once; please split it
reason-damaged = it is cut short or damaged; please export it again
reason-too-large = it unpacks to more than can be read; please split it into several files
reason-open-quote = a quotation mark on this line is never closed, or the line is too long
reason-too-many-columns = it has too many columns
reason-unknown-encoding = its text encoding cannot be told for sure; please save the file again as UTF-8 or XLSX, or name its encoding with --encoding at a terminal
reason-mixed-encoding = this line is written in another text encoding than line { $other }; please save the whole file again as UTF-8
reason-doubtful-encoding = it does not say its text encoding, and several are possible; read as { $encoding }, this line has “{ $sample }”. If that is right, say --encoding { $encoding }; else name the right one, or save the file as UTF-8
reason-unreadable-text = it has characters that cannot be read; please save the file again as UTF-8
reason-stray-quote = a quotation mark inside the cell is not doubled, so where the cell ends cannot be told; please write "" for it
reason-cell-error = the cell shows a formula error
reason-no-result = the cell has a formula without a result; please open the file in a spreadsheet program and save it
reason-number-format = the cell's number format shows something else than the number in it; please format the cell as text or as a plain number and enter it again
reason-shows-more = the cell shows more than the number in it; please enter the number that is meant, without words in its format (a unit goes into its own column)
reason-merged-across = the cell is merged with the one on its left; please unmerge them and fill in each column
reason-decimal-comma = in a file with semicolons this number could mean two things; please write it without thousands separators and with fewer or more than three decimals, or hand in the workbook itself
reason-is-date = the spreadsheet holds a date here; if it is not meant as one, please format the column as text and enter it again
reason-is-time = the spreadsheet holds a time here; please format the column as text and enter it again
reason-is-boolean = the spreadsheet holds TRUE or FALSE here; please format the column as text and enter it again
reason-looks-dated = it looks like a date that a spreadsheet made of something else (a size 2-4); if so, please format the column as text, enter it again and send the file as XLSX. If it is meant as it stands, say so under “How this file is read”, or with --as-written COLUMN
reason-digits-lost = the number is so long that the spreadsheet lost its last digits; please format the column as text and enter it again
reason-ambiguous-number = the comma in the number could mean two things; please write decimals with a point
reason-row-refused = the row cannot be read
reason-too-many-in-line = the line “{ $value }” has more parts than it may; put a part that has a | in it between quotation marks
reason-lacks-in-line = line { $number } of the cell lacks “{ $lacks_en }”
reason-workbook-cell = its text is longer than a cell of a workbook holds; take CSV instead
# Faults that are said otherwise of a file than of a form.
import-duplicate = The same stands on line { $line } already.
import-too-many-cells = Column { $letter } has no header, so what stands there would be lost. Give it one, or empty it.
import-duplicate-header = This column stands there more than once: { $letters }. Keep one of them.
import-duplicate-overlaps = Units { $overlaps } of this component are made of the lot already. A file can change where a stretch of units ends, not where it begins: change it on the batch's page.
import-duplicate-in = The same stands in { $file }, line { $file_line }.
import-stale = It has been changed since it was checked.
import-unknown-field = There is no such column.
# What to know of a file before it is written.
import-on-sheet = Sheet “{ $sheet }”: { $said }
import-note-encoding = The file does not say its text encoding; it was read as { $encoding }. Line { $line } for example reads “{ $sample }”. If that is not what you wrote, save the file as UTF-8.
import-note-encoding-doubted = The file does not say its text encoding, and several are possible; it was read as { $encoding }. Line { $line } for example reads “{ $sample }”. If that is not what you wrote, do not write it: save the file as UTF-8, or name its encoding with --encoding at a terminal.
import-note-changed-since = Nothing was written: what this would change is no longer what was shown. Look at it again; if it is what you expect, write it.
import-note-above-header = What stands above the header was not read: line { $lines }.
import-note-sheets = These sheets were read as one table: { $sheets }.
import-note-sheets-left = These sheets are not this table and were not read: { $sheets }.
import-note-hidden-sheet = The hidden sheet “{ $sheet }” was read, since no visible one is this table.
import-note-hidden-rows = Hidden rows were read like the others: { $lines }.
import-note-hidden-columns = Hidden columns were read like the others: { $columns }.
import-note-merged = What merged cells show was taken for every row of theirs: { $cells }.
import-note-read-only = These columns are for reading; a file changes nothing in them: { $columns }.
import-note-of-new = These columns only say something of what is not here yet; a file changes nothing in them: { $columns }.
import-note-as-written = What looks like a date was taken as it stands, as was said, under: { $columns }.
# The file of faults.
import-faults-file = file
import-faults-sheet = sheet
import-faults-line = line
import-faults-column = column
import-faults-value = value
import-faults-reason = reason

# The desk where files are handed in
imports-title = Imports
imports-about = Hand in tables as CSV or XLSX, one file or many at once, also as a ZIP. Every file is checked whole first; nothing is written until you say so.
imports-table = Table
imports-show = Show its columns
imports-file = Files with { $table }
imports-file-hint = CSV (comma, semicolon or tab; best in UTF-8) or XLSX, or a ZIP of such files, up to 1 GB. Headers may be Chinese or English.
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
imports-faults-first = { $count ->
    [one] The first one is listed.
   *[other] The first { $count } are listed.
}

# A parcel: files handed in together
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
imports-parcel-moved-about = Nothing was written: somebody has changed what this would change since it was shown. Here it is as it stands now; if it is what you expect, write it.
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
imports-parcel = Everything as one parcel (ZIP)
imports-parcel-hint = Every table as it stands, in files that can be handed in elsewhere: the ZIP as it is. The keys of serials are not in it: a copy of the key file must be there first.
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
imports-as-written = What looks like a date under “{ $column }” is meant as it stands
imports-constants = The same in every row
imports-read-so = Read it so and check
import-changes-file = file
import-changes-line = line
import-changes-record = record
import-changes-kind = kind
import-changes-field = field
import-changes-old = old
import-changes-new = new
import-changes-added = new
import-changes-changed = changed
import-folder-empty = { $place } is a folder without files to import.
import-changes-more = … and { $count } more; --changes FILE.csv writes them all
import-unknown-field-near = There is no such column. Is it “{ $nearest_en }”?
import-column-missing = The column “{ $column_en }” is missing.
reason-no-table = its columns are those of no table, or of more than one; say which table it is
reason-other-table = it looks like a file of { $table_en }

# hangtag export
export-written = { $rows ->
    [one] { $table }: one row
   *[other] { $table }: { $rows } rows
}
export-left-out = { $rows ->
    [one] { $table }: one row was left out, because no file brings it back (a sale that was taken back)
   *[other] { $table }: { $rows } rows were left out, because no file brings them back (sales that were taken back)
}
export-keys = The keys of serials are not in it. Where these files are to be imported, put a copy of the key file { $keys } first.
export-exists = { $place } exists; nothing was written. Move it away or choose another place.
import-rows-read = { $count ->
    [one] 1 row read
   *[other] { $count } rows read
}
import-faults-found = { $count ->
    [one] There is 1 fault.
   *[other] There are { $count } faults.
}
