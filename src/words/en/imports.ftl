# Why a file or a cell cannot be read; `reason` of an error.
reason-empty = the file is empty
reason-not-a-table = it is neither a CSV nor an XLSX file
reason-old-excel = it is an old Excel or WPS file (.xls, .et); please open it and save it as XLSX
reason-web-page = it is a web page, though its name may end in .xls; please open it in a spreadsheet program and save it as XLSX
reason-xml = it is an XML file, though its name may end in .xls; please open it in a spreadsheet program and save it as XLSX
reason-pdf = it is a PDF; please send the spreadsheet it was made from, as XLSX or CSV
reason-picture = it is a picture; please send the spreadsheet itself, as XLSX or CSV
reason-archive = it is a packed archive; please unpack it and send the files in it
reason-numbers = it is an Apple Numbers file; please export it as XLSX or CSV
reason-open-document = it is an OpenDocument file; please save it as XLSX or CSV
reason-binary-workbook = it is a binary Excel workbook (.xlsb); please save it as XLSX
reason-password = it is protected by a password; please remove the password and send it again
reason-not-xlsx = it is a ZIP archive, but not an XLSX workbook
reason-damaged = it is cut short or damaged; please export it again
reason-too-large = it unpacks to more than can be read; please split it into several files
reason-open-quote = a quotation mark on this line is never closed, or the line is too long
reason-too-many-columns = it has too many columns
reason-unknown-encoding = its text encoding cannot be told for sure; please save the file again as UTF-8 or XLSX
reason-unreadable-text = it has characters that cannot be read; please save the file again as UTF-8
reason-stray-quote = a quotation mark inside the cell is not doubled, so where the cell ends cannot be told; please write "" for it
reason-cell-error = the cell shows a formula error
reason-no-result = the cell has a formula without a result; please open the file in a spreadsheet program and save it
reason-number-format = the cell's number format shows something else than the number in it; please format the cell as text or as a plain number and enter it again
reason-is-date = the spreadsheet holds a date here; if it is not meant as one, please format the column as text and enter it again
reason-is-time = the spreadsheet holds a time here; please format the column as text and enter it again
reason-is-boolean = the spreadsheet holds TRUE or FALSE here; please format the column as text and enter it again
reason-looks-dated = it looks like a date that a spreadsheet made of something else (a size 2-4); please format the column as text, enter it again and send the file as XLSX
reason-digits-lost = the number is so long that the spreadsheet lost its last digits; please format the column as text and enter it again
reason-ambiguous-number = the comma in the number could mean two things; please write decimals with a point
reason-row-refused = the row cannot be read
# Faults that are said otherwise of a file than of a form.
import-duplicate = The same stands on line { $line } already.
import-unknown-field = There is no such column.
# What to know of a file before it is written.
import-on-sheet = Sheet “{ $sheet }”: { $said }
import-note-encoding = The file does not say its text encoding; it was read as { $encoding }. Line { $line } for example reads “{ $sample }”. If that is not what you wrote, save the file as UTF-8.
import-note-above-header = What stands above the header was not read: line { $lines }.
import-note-sheets = These sheets were read as one table: { $sheets }.
import-note-sheets-left = These sheets are not this table and were not read: { $sheets }.
import-note-hidden-sheet = The hidden sheet “{ $sheet }” was read, since no visible one is this table.
import-note-hidden-rows = Hidden rows were read like the others: { $lines }.
import-note-hidden-columns = Hidden columns were read like the others: { $columns }.
import-note-merged = What merged cells show was taken for every row of theirs: { $cells }.
# The file of faults.
import-faults-sheet = sheet
import-faults-line = line
import-faults-column = column
import-faults-value = value
import-faults-reason = reason

# The desk where files are handed in
imports-title = Imports
imports-about = Hand in tables as CSV or XLSX, one file or many at once. Every file is checked whole first; nothing is written until you say so.
imports-table = Table
imports-show = Show its columns
imports-file = Files with { $table }
imports-file-hint = CSV (comma, semicolon or tab; best in UTF-8) or XLSX, up to 1 GB. Headers may be Chinese or English.
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
imports-kind-check = check only, nothing is written
imports-kind-apply = written to the store
imports-may-leave = You may leave this page; the work goes on.
imports-state-queued = Waiting for its turn
imports-state-running = Under way
imports-state-done = Done
imports-state-failed = Failed
imports-state-cancelled = Called off
imports-outcome-checked = Sound, not written yet
imports-outcome-checked-about = Nothing has been written. If the counts below are what you expect, write it.
imports-outcome-refused = Needs mending
imports-outcome-refused-about = Nothing was written. Mend the rows below in your file and hand it in again.
imports-outcome-applied = Written
imports-outcome-applied-about = Every row is in. Handing in the same file again changes nothing.
imports-outcome-stopped = Stopped on the way
imports-outcome-stopped-about = Something changed between check and writing. Earlier rows stand; hand in the same file again to complete it.
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
imports-not-recognised = its headings fit no table, or more than one. Choose the table, or take its template.
imports-order = What can be handed in
imports-order-about = A new deployment loads them in this order: each may name what stands in those before it.
imports-needed-columns = Columns it must have
imports-apply-all = { $count ->
    [one] Write the sound file
   *[other] Write the { $count } sound files
}
imports-again-all = { $count ->
    [one] Check the refused file again
   *[other] Check the { $count } refused files again
}
imports-again = Check it again
imports-again-about = Does the file name what was not there yet, and is there now? Then check it again as it is.
imports-mended = Hand in a mended file
imports-another = Hand in another
imports-not-yet = Not yet
imports-faults-first = The first { $count } are listed.
