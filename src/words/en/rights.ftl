# What a buyer is entitled to.
rights-title = Rules of rights
rights-about = What buyers are entitled to, by market: until when, who pays the way, what it takes, and where the rule comes from. A rule that holds is not changed; it is ended, and another one follows it.
rights-none = There are no rules yet. Run “hangtag migrate” to fill in the standard ones, or add your own.
rights-new = New rule
rights-edit = Change a rule
rights-search-hint = Code or name
rights-of = { $what } · { $serial } · rights on { $on }
rights-sold = Sold on { $sold }; delivered: { $delivered }.
rights-not-recorded = not recorded
rights-sold-later = It was sold after { $on }: on that day nobody had a buyer’s rights.
rights-returned = It was given back, and the rights from that sale ended with it. They begin anew when it is sold again.
rights-unsold = No sale of it is recorded, so nobody has a buyer’s rights yet. If it was sold, register the sale first.
rights-market = Market: { $market }.
rights-market-unknown = The country of the sale is not recorded, so only what holds everywhere is listed. Name the market to see the rest.
rights-nothing = Nothing applies.
rights-not-certain = not certain, or not yet
rights-not-certain-mark = {" "}(not certain, or not yet)
rights-not-there = Not, or no longer
rights-rule = Rule { $rule }, version { $version }
rights-until = Until { $until }, that day included.
rights-from = From { $from } on.
rights-from-until = From { $from } to { $until }, both days included.
rights-without-end = Without an end.
rights-after-delivery = { $term } from delivery, which is not recorded. If it was delivered, then until { $least } at least.
rights-until-after-delivery = From the purchase until { $term } after delivery, which is not recorded; until { $least } at least.
rights-delivery-unknown = It depends on the day of delivery, which is not recorded.
rights-warranty-waiting = It begins with what the warranty waits for, which is not recorded yet.
rights-extended = A repair under the guarantee has extended it.
rights-channel-unknown = Only if it was not bought in a shop: how it was sold is not recorded.
rights-unofficial = The public holidays of { $years } are not in the calendar; only weekends were counted.
rights-gives-free = You may ask for: { $remedies }. The brand pays the way.
rights-gives = You may ask for: { $remedies }. The buyer pays the way.
rights-needs = It takes: { $needs }.
rights-why-over = It ended on { $on }.
rights-why-category = It is not for garments of this kind.
rights-why-confirmed = The buyer confirmed on { $on }, at the purchase, that this garment cannot be returned without a reason.
rights-why-channel = It is not for what was bought in a shop.
rights-of-component = { $name }: the repaired { $component }
rights-of-repair = { $name }: the repair
rights-days-added = { $count ->
    [one] The one day it was with us for repair is added.
   *[other] The { $count } days it was with us for repair are added.
}
