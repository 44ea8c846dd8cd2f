# Styles, skus, warranty policies.
styles-title = Styles
styles-about = Designs, and what their labels and cards say.
styles-add = Add a style
styles-new = Add a style
styles-edit = Change a style
styles-search-hint = Code, name, brand or category
styles-none = There are no styles yet. Add one, or import a file.
styles-manufacturer = Manufacturer
styles-status-closed = Closed
styles-confidential = Confidential
styles-public-name = Public name
styles-policy = Warranty policy
styles-policy-default = Default term
styles-return = Seven-day return without a reason
styles-label = Label (GB/T 5296.4)
styles-label-missing = { $count ->
    [one] The label still lacks one item.
   *[other] The label still lacks { $count } items.
}
styles-label-complete = Everything a label must say is there.
styles-missing = Missing
styles-address-missing = Address missing
styles-more = Other details
styles-spin = Spun in
styles-weave = Woven or knitted in
styles-dye = Dyed in
styles-sew = Sewn in
styles-recycled = Recycled content
styles-materials = Materials
styles-origin = Origin
styles-repair = Repair
styles-take-back = Take-back
styles-certificates = Certificates
styles-certificate-name = Certificate
styles-certificate-issuer = Issued by
styles-certificate-number = Number
styles-certificate-valid = Valid to
styles-size-chart = Finished measurements
styles-in-mm = In millimetres.
styles-point = Point
styles-faq = Questions buyers ask
skus-title = Skus
skus-add = Add a sku
skus-new = Add a sku
skus-edit = Change a sku
skus-none = This style has no skus yet. A batch needs one.
skus-code = Sku
skus-colour = Colour
skus-size = Size
skus-size-label = Size on the label
policies-title = Warranty policies
policies-about = A policy is never changed; a new version takes its place. What has been sold keeps the version of its day.
policies-new = Add a warranty policy
policies-next-version = New version
policies-none = There are no warranty policies yet. Styles without one have the default term.
policies-version = Version
policies-months = { $count ->
    [one] 1 month
   *[other] { $count } months
}
policies-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
policies-no-warranty = No warranty
policies-start-delivered = on the day of delivery
policies-start-sold = on the day of sale
policies-start-activated = on the day the card is activated
policies-start-made = on the day it was made
policies-edit = New version of a warranty policy
policies-search-hint = Code
policies-history = Versions
policies-versions = All versions
skus-about = A style in one colour and size. Batches are made of skus.
skus-search-hint = Code, colour or name of the style
skus-more = Where it belongs
skus-style = Style
