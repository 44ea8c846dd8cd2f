# Warranty, in sentences.

warranties-none = No sale is recorded for this garment yet, so no warranty has started.
warranties-waiting-delivery = The warranty starts on the day the garment is delivered.
warranties-waiting-activation = The warranty starts on the day you activate it with the code under the scratch film.
warranties-waiting-either = The warranty starts on the day of delivery, or on the day you activate it, whichever is recorded first.
warranties-waiting-production = The warranty starts on the day of production, which is not recorded yet.
warranties-running = Covered until { $until }. { $days ->
    [0] Today is the last day.
    [one] One more day after today.
   *[other] { $days } more days after today.
}
warranties-ended = The warranty ended on { $since }.
warranties-ended-returned = The garment was returned, and its warranty ended with that sale.
warranties-ended-exchanged = The garment was exchanged for another one, which has its own warranty.
warranties-ended-early = The warranty has ended.
warranties-void = The warranty is void.
