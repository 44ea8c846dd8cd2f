# Trace.
trace-title = Trace
trace-about = From a lot or a supplier to every garment made of it; from a garment back to its lots and suppliers.
trace-q = Lot, party, batch or serial
trace-q-hint = A code, a serial, or the address read from a label.
trace-go = Trace
trace-several = Which one?
trace-nothing = Nothing is called “{ $q }”. Check the code; capitals matter in codes of lots, parties and batches.
trace-how = What you can find
trace-how-lot = Every batch it went into, however many steps away, with the units affected, where they were sold and what was found.
trace-how-party = The same for all lots of a supplier, and the batches a factory sewed.
trace-how-batch = The lots it was made of, their own lots, and all their suppliers.
trace-how-garment = The very rolls and trims of this one garment, where they were recorded.
trace-kind-lot = Lot
trace-kind-party = Party
trace-kind-batch = Batch
trace-kind-garment = Garment
trace-kind-finding = Finding
trace-another = Another trace
trace-save-scope = Save as recall scope
trace-unit = unit { $unit }
trace-critical = { $count } critical
trace-hidden = Not shown
trace-hidden-lots = { $count ->
    [one] One lot belongs to another party and is shown without name or code.
   *[other] { $count } lots belong to other parties and are shown without name or code.
}
trace-ambiguous = { $component }: more than one lot may be in the same unit, and nobody recorded which. No one supplier can be named.
trace-ambiguous-short = ambiguous
trace-suspected = suspected
trace-picture = Picture
trace-picture-title = Trace of { $code }
trace-picture-about = From left to right: { $suppliers ->
    [one] one supplier
   *[other] { $suppliers } suppliers
}, { $lots ->
    [one] one lot
   *[other] { $lots } lots by level
}, { $batches ->
    [one] one batch
   *[other] { $batches } batches
}, and the retailers that sold { $sold ->
    [one] one garment
   *[other] { $sold } garments
}. Every box leads to its own trace. The tables below say the same.
trace-more = + { $count } more
trace-layer-suppliers = Suppliers
trace-layer-lots = Lots
trace-layer-up = Made of (−{ $level })
trace-layer-down = Made into (+{ $level })
trace-layer-batches = Batches
trace-layer-retailers = Retailers
trace-box-sold = { $count } sold
trace-box-found = { $count } found defective
trace-no-retailer = No retailer named
trace-chart-title = Found per 1,000 made, by batch
trace-chart-about = { $count ->
    [one] One batch, with { $most } per 1,000.
   *[other] { $count } batches, the worst first; the highest has { $most } per 1,000.
}
trace-chart-bar = { $batch }: { $rate } per 1,000 ({ $pieces } of { $made })
trace-made-of = Made of
trace-no-lots = No lots are recorded for this batch, so no supplier can be named.
trace-no-batches = Nothing has been sewn out of it yet.
trace-left-out = { $count ->
    [one] One more is in the files.
   *[other] { $count } more are in the files.
}
trace-where = Where they were sold
trace-found = What was found
trace-batches = Batches
trace-batch = Batch
trace-lots = Lots
trace-lot = Lot
trace-suppliers = Suppliers
trace-supplier = Supplier
trace-supplier-name = Supplier's name
trace-component = Component
trace-material = Material
trace-kind = Kind
trace-dye-lot = Dye lot
trace-level = Level
trace-all-units = all
trace-units = Units
trace-minted = Serials in batch
trace-made = Made
trace-labelled = Labelled
trace-void = Void
trace-sold = Sold
trace-claimed = Claimed
trace-findings = Findings
trace-pieces = Pieces
trace-per-thousand = Per 1,000
trace-path = Way
trace-style = Style
trace-style-name = Style's name
trace-sku = SKU
trace-factory = Factory
trace-line = Line
trace-finished = Finished
trace-status = Status
trace-status-hold = on hold
trace-retailer = Retailer
trace-retailer-name = Retailer's name
trace-country = Country
trace-city = City
trace-place = Place
trace-defect = Defect
trace-defect-name = Defect's name
trace-severity = Severity
trace-severity-minor = Minor
trace-severity-major = Major
trace-severity-critical = Critical
trace-own-page = Its own page
trace-compared-title = The same batches, with it and without
trace-compared-about = { $batches ->
    [one] One batch has it in some garments only: same factory, same line, same days. Pieces found per 1,000 made:
   *[other] { $batches } batches have it in some garments only: same factory, same line, same days. Pieces found per 1,000 made:
}
trace-compared-with = With { $code }
trace-compared-without = Without it
trace-compared-of = ({ $pieces } of { $made })
trace-compared-ratio = { $ratio } times as many with it.
trace-compared-none = Nothing was found on the garments without it.
trace-cost = Cost of the claims
