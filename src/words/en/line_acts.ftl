# One act for many lines of a case.
line-acts-new = Many garments at once
line-acts-go = Open them
line-acts-running = Being done. This page looks again by itself.
line-acts-begun = { $count ->
    [0] Opened for none.
    [one] Opened for one garment.
   *[other] Opened for { $count } garments.
}
line-acts-refused = { $count ->
    [one] One garment was refused
   *[other] { $count } garments were refused
}
line-acts-none = Nothing was opened for the others either: leave these out, or mend what is said of them, and send it again.
line-acts-line = Line
line-acts-why = Why
line-acts-failed = It could not be done to its end. Send it again: it goes on with what is left.
