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
import-faults-line = line
import-faults-column = column
import-faults-value = value
import-faults-reason = reason
