# Signals.
signals-title = Signals
signals-about = Which defects came to be more, how sure that is, what they cost, and which lot, supplier, line or size is behind them.
signals-which = Claims
signals-show = Show
signals-all-defects = All defects
signals-exposed = Garments sold
signals-exposed-line = Pieces made
signals-no-fault = looked at, nothing found
signals-as-of = As of { $day }.
signals-since = Claims are recorded since { $month }; garments sold earlier count from then on.
signals-left-out = { $count ->
    [one] One claim is in no figure: the day its garment was sold is not known here, or the units of its batch cannot be told apart.
   *[other] { $count } claims are in no figure: the days their garments were sold are not known here, or the units of their batches cannot be told apart.
}
signals-none = There are no such claims yet.
signals-hint = Recent: this month and the one before. Rise: how many times as many claims came recently as in the months before, for the garments at risk then and now. By chance: how often chance alone would make something look as bad, allowing for the number of defects.
signals-says-explains = Behind it is { $names }. What was only seen together with it is cleared below.
signals-says-inseparable = One of these is behind it, and nobody can tell which, for they always went together: { $names }. Nobody is blamed. The table says what would tell them apart.
signals-says-too-little = There are too few claims for anything to stand out.
signals-says-quiet = Nothing stands out. What is at the top of the list is there by chance.
signals-chance = Chance alone would make something look as bad in { $chance } of such seasons.
signals-known = { $share } of the claims in the long run can be known by now.
signals-verdicts = Verdicts on this defect: who answers for it, what was moved, with the cases and their photos
signals-forest-title = How many times as many claims as usual
signals-forest-hint = The mark is the ratio, the line holds the true ratio nine times out of ten. Everything at 1 is as usual.
signals-forest-about = { $count ->
    [one] One row
   *[other] { $count } rows
}, the most suspicious first: { $first } with { $ratio } times as many claims as usual. The table below says the same.
signals-forest-row = { $name }: { $ratio } times as many claims as usual ({ $lower } to { $upper }). { $verdict }.
signals-times = × { $ratio }
signals-defect = Defect
signals-defect-name = Name of the defect
signals-verdict = Verdict
signals-named = Behind it
signals-claims = Claims
signals-per-thousand = Per 1,000
signals-recent = Recent
signals-recent-expected = Recent, expected
signals-rise = Rise
signals-lower = Lower bound
signals-upper = Upper bound
signals-known-share = Known by now
signals-p = By chance
signals-kind = Kind
signals-code = Code
signals-name = Name
signals-what = What
signals-expected = Expected
signals-ratio = Ratio
signals-ratio-interval = Ratio (90 %)
signals-with = With, ‰
signals-without = Without, ‰
signals-without-exposed = Garments without
signals-without-claims = Claims without
signals-without-per-thousand = Per 1,000 without
signals-bad = Probability of twice the usual
signals-beside = Beside
signals-adjusted = Ratio among equals
signals-allocate = Garments that would tell
signals-node-explains = { $claims } claims on { $exposed } garments where { $expected } were to come. Among garments that are equal in everything else it is still worse.
signals-node-inseparable = { $name } and { $beside } always went together. About { $garments } garments made with the one and without the other would tell.
signals-node-interaction = How bad { $beside } is depends on this: worse together than each by itself.
signals-node-both = Worse by itself as well, also without { $beside }.
signals-node-cleared = Seen together with { $beside }. Among garments equal in that: × { $ratio }.
signals-node-too-little = { $share } of its claims can be known by now.
signals-node-watch = It may be worse, or chance. Nobody should pay because of this.
signals-more = { $count ->
    [one] One more is not listed.
   *[other] { $count } more are not listed.
}
signals-basis = Claims expected by age: { $basis }.
signals-simple = What simpler methods would say
signals-simple-about = A rank by rate puts small lots first, by luck. χ² puts everything first that a bad lot was ever sewn together with. Beside each stands what is said of it here.
signals-by-rate = Highest rate
signals-by-chi-square = Highest χ²
signals-cost = Cost of the claims
signals-excess = Cost above expected
signals-excess-lower = Cost above expected, at least
signals-excess-short = Above expected
signals-excess-says = { $excess }, at least { $lower }
signals-cost-hint = Cost: everything spent on these claims so far (refunds, repairs, transport, goods in exchange), less what came in, whoever pays in the end. Above expected: the part that would not have been spent at the usual rate; “at least” is that part at the lower bound of the ratio.
signals-claims-of = { $defect }: claims of { $name }
signals-claims-count = { $count ->
    [one] one claim
   *[other] { $count } claims
}
signals-garment = Garment
signals-month = Month
signals-cases = Case or finding
signals-photos = Photos
signals-finding = Finding
