# Labels and print jobs.
labels-title = Labels
labels-left-out = Left out, because it does not fit the template: { $fields }.
labels-made-at = { $labels } labels, { $bytes } bytes, template { $template }: { $out }
labels-lint-bad = { $count ->
    [one] One of the templates will not print or scan
   *[other] { $count } of the templates will not print or scan
}
labels-about = Choose a batch and a template, look at one label, then make a file for a bureau or print.
labels-batch = Batch
labels-template = Template
labels-look = Show the label
labels-preview = How the label will look
labels-preview-alt = One label of this batch, as it will be printed
labels-make = Make labels
labels-printer = Printer
labels-printer-hint = What goes to a printer is always new: a serial is never printed twice.
labels-to-file = No printer: make a file
labels-format = Format
labels-count = How many
labels-count-hint = Empty: all { $all } garments; to a printer the { $fresh } that never had a label. If you need more than there are serials, new ones are minted.
labels-units = Units
labels-units-hint = Such as 501-1000, to make the file of some again. Only for files, and not together with a number.
labels-only-new = Only garments that never had a label
labels-claim-codes = Print the claim code
labels-start = Make the labels
labels-jobs = Jobs
labels-jobs-none = No labels have been made yet. Choose a batch above.
labels-job = Job
labels-job-title = Labels on their way
labels-to = To
labels-labels = Labels
labels-state = State
labels-download = Download the file
labels-pause = Pause
labels-resume = Resume
labels-cancel = Call off
labels-progress = Made
labels-started = Begun
labels-unaccounted-count = { $count ->
    [one] One label unaccounted for
   *[other] { $count } labels unaccounted for
}
labels-unaccounted-about = The connection or the printer failed while they were on their way. Nobody can tell from here whether they came out, so they are never sent again: a serial must not be on two labels.
labels-chunk = Part
labels-chunks = Parts of this job
labels-why = Reason
labels-verdict-later = I cannot tell yet
labels-verdict-printed = They all came out and are good
labels-verdict-reprint = Some are missing or spoiled: replace them all
labels-verdict-void = Some are missing or spoiled, and I need no new ones
labels-settle = Save what I said
labels-serials = Serials
labels-serial = Serial
labels-unit = Unit
labels-more = { $count } more
labels-spoiled = Some labels came out spoiled
labels-spoiled-units = Their unit numbers
labels-spoiled-hint = Such as 17, 45-60, as the list below counts them. This cannot be undone.
labels-spoiled-reprint = Make as many new labels, with new serials
labels-spoiled-void = Make their serials void
labels-sent-at = Sent
labels-printers = Printers
labels-printer-idle = Ready; nothing waits.
labels-printer-busy = { $count ->
    [one] At work; one label or format waits.
   *[other] At work; { $count } labels or formats wait.
}
labels-reason-paper-out = No labels left in the printer: put in a new roll.
labels-reason-printer-paused = Somebody paused the printer: press its pause key.
labels-reason-head-open = The print head or the cover is open: close it.
labels-reason-ribbon-out = No ribbon left: put in a new one.
labels-reason-jam = Labels are stuck in the printer: clear the jam.
labels-reason-temperature = The print head is too hot or too cold: wait a while.
labels-reason-printer-fault = The printer reports a fault of its own: see its display.
labels-reason-silent = The printer does not answer. Out of labels, open or switched off? If it never answers, say so in its settings.
labels-reason-unreachable = The printer cannot be reached in the network.
labels-reason-closed = The printer closed the connection.
labels-reason-busy = The printer is busy with something else.
labels-reason-broke-off = The connection broke off while labels were being sent.
labels-reason-not-finished = The printer did not finish in time.
labels-reason-interrupted = The program stopped while labels were being sent.
labels-reason-by-hand = By hand.
labels-reason-written = Sent whole; this printer confirms nothing.
labels-no-claim-codes = These labels carry no claim codes, so no buyer can claim the garments. For labels with scratch film add --claim-codes.
labels-print-waits = The job waits. When the printer is ready, resume it, or say what became of the labels: { $page }
labels-print-summary = { $confirmed } printed, { $unaccounted } unaccounted for, { $queued } not sent
labels-batch-hint = Code, sku, style or line
labels-batch-newest = Newest batches
labels-batch-all = All batches
labels-batch-none = No batch is called “{ $batch }”, and none is like it.
labels-batch-several = No batch is called exactly “{ $batch }”. Did you mean one of these?
labels-batches-none = There are no batches yet. The planner adds them.
labels-product = Product
labels-factory = Factory
labels-tile-planned = Planned
labels-tile-minted = With serial
labels-tile-labelled = Had a label
labels-tile-fresh = Still without
labels-tile-void = Void
labels-held = This batch is “{ $status }”: labels of serials it has can be made, new serials cannot.
labels-format-hint = Of the file. A printer has its own.
labels-claim-codes-hint = For the place under the scratch film. Without it a buyer cannot claim the garment.
labels-preview-size = { $size } mm, shown larger.
labels-preview-about = Serial and code are those of the first garment; the claim code is hidden here.
labels-jobs-of = Labels made of { $batch }
labels-jobs-none-of = No labels of this batch have been made yet.
labels-may-leave = You may leave this page; the work goes on.
labels-paused-resume = Put that right, then press “Resume”. What was printed is not printed again.
labels-paused-settle = First say below what became of the labels on their way, then put the printer right and press “Resume”.
labels-step-roll = Take the roll and look for the last good label. Compare its serial with the first and last serial below.
labels-step-say = Say what you found.
labels-step-destroy = Destroy every label whose serial you make void: it is refused for ever.
labels-chunk-of = { $count ->
    [one] Part { $chunk }: one label, unit { $units }
   *[other] Part { $chunk }: { $count } labels, units { $units }
}
labels-first-serial = First serial
labels-last-serial = Last serial
labels-verdict-printed-about = They count as printed. Nothing is made void.
labels-verdict-reprint-about = All of this part become void, also those that came out. As many new labels with new serials are queued at the end of this job.
labels-verdict-void-about = All of this part become void, also those that came out.
labels-verdict-later-about = They stay on this list.
labels-unaccounted-csv = These serials as CSV
labels-chunks-about = What goes to a printer leaves in small parts, so that little is at stake when something goes wrong.
labels-spoiled-scan = A label is spoiled or lost
labels-spoiled-serials = Serials
labels-spoiled-serials-hint = Scan the code or type the serial below it, one a line. They become void for ever; destroy the labels. A serial that is void already is not found again.
labels-spoiled-or = Only serials at hand? Scan them under
labels-spoiled-done = { $count ->
    [one] One serial is void. It was in no label job, so choose here how the new label is made.
   *[other] { $count } serials are void. They were in no label job, so choose here how the new labels are made.
}
void-reason-spoiled = label spoiled
void-reason-unaccounted = label unaccounted for after a failed print
void-reason-imported = void in the store it came from
# Why a label template cannot be used (src/production/labels/flaw.rs).
reason-template-unreadable = the file { $file } cannot be read ({ $detail })
reason-template-description = its TOML file cannot be understood ({ $detail })
reason-template-size = width and height are in millimetres, above 0 and at most 300 × 450
reason-template-resolution = dpi lists the resolutions it is made for, each from 100 to 1200
reason-template-module = code.min_module is in millimetres, from { $least } to 5
reason-template-sheet = on the sheet the labels overlap or reach over the edge
reason-template-drawing = its SVG file cannot be understood ({ $detail })
reason-template-too-many = its SVG has more than { $most } elements; simplify it
reason-template-blank = its SVG draws nothing
reason-template-other-size = the drawing is { $drawn } mm, but its TOML file says { $described } mm
reason-template-unit-text = a text with a serial, unit number or claim code must be one text of one line, in one style
label-jobs-title = Label jobs
label-jobs-about = Every file and every print of labels, the newest first.
label-jobs-none = No labels have been made yet.
label-jobs-search-hint = Batch or template
labels-jobs-all = All jobs
reason-no-such-key = the key file here has no serial key number { $number }; put the copy of the old deployment's key file in its place first
reason-made-with-other-keys = the keys here did not make this serial with this GTIN; put the copy of the old deployment's key file in its place first
reason-not-the-first = this is the serial of unit { $unit }; write that of the first
reason-of-another-batch = this serial is of batch number { $number }, and the batch is number { $here } here; bring batches with their numbers
