# Findings and the defect catalogue.

findings-title = Findings
findings-about = Defects seen on garments, batches and lots. What was a mistake is withdrawn, never deleted.
findings-about-own = Defects seen on your lots, on batches that hold them and on batches you sewed.
findings-new = Log a finding
findings-new-about = Scan or type what you hold: the label of a garment, a batch code or a lot code.
findings-search-hint = Defect, note or batch
findings-import = Load a file
findings-saved = Saved.
findings-again-batch = Another on this batch
findings-again-thing = Another on the same piece
findings-subject = Garment, batch or lot
findings-subject-hint = A serial, the address in a QR code, a batch code or a lot code. A scanner that types works as it is.
findings-go-on = Go on
findings-other-subject = Another garment, batch or lot
findings-unit-n = unit { $unit }
findings-what = What is wrong?
findings-seek = Search
findings-often = Often logged
findings-where = Where
findings-front = Front
findings-back = Back
findings-no-place = No place
findings-severity = Severity
findings-as-catalogue = As usual
findings-quantity = How many
findings-stage = Stage
findings-found-on = Found on
findings-camera = Take a photo
findings-files = Choose photos
findings-photos-n = { $count ->
    [one] one photo
   *[other] { $count } photos
}
findings-photos-hint = At most { $count }, JPEG or PNG, 8 MB each. Place, time and camera are taken out.
findings-photo-n = Photo { $number }
findings-note = Note
findings-note-hint = Please write no names.
findings-log = Save finding
findings-pieces = Pieces
findings-batch = Batch
findings-lot = Lot
findings-none = Nothing has been logged yet.
findings-trace = Trace it
findings-others = Others on the same
findings-withdrawn-because = Withdrawn: { $reason }
findings-facts = Facts
findings-logged = Logged
findings-add-photos = Add photos
findings-withdraw = Withdraw
findings-withdraw-about = For a finding that was a mistake. It stays in the records with your reason and counts nowhere.
findings-reason = Reason
findings-reason-hint = For example: logged on the wrong batch.

defects-title = Defect catalogue
defects-about = What can be wrong with a garment, how bad it is unless the inspector says otherwise, and who is asked first.
defects-none = The catalogue is empty. Run “hangtag migrate” to fill it, or add your own codes.
defects-new = New code
defects-edit = Change a kind of defect
defects-search-hint = Code or name
# Reasons.
reason-cut-short = it ends too early
reason-not-a-picture = it is not put together like a picture
