# The buyer's pages: card, claim, holder, transfer, not issued, product, home.

card-kind = Warranty card
card-serial = Serial
card-colour = Colour
card-size = Size
card-style = Style
card-not-sold = No sale registered yet
card-not-sold-text = The warranty starts with the sale. If you have bought this garment, keep the receipt and ask the shop to register it.
card-none = No warranty registered
card-none-text = This sale carries no warranty of the brand. Your rights against the seller stand.
card-waiting = Warranty has not started yet
card-waiting-delivery = It starts on the day of delivery.
card-waiting-activation = It starts when you claim the garment with the code under the scratch film.
card-waiting-either = It starts on delivery or when you claim the garment, whichever comes first.
card-waiting-production = It starts when production is recorded.
card-running = Covered until { $until }
card-running-text = Since { $since }. { $days ->
    [0] Today is the last day.
    [one] One day left.
   *[other] { $days } days left.
}
card-ended = Warranty ended on { $until }
card-ended-early = Warranty ended
card-ended-text = Repairs are still possible: ask us.
card-void = Warranty void
card-returned = Returned to the seller
card-returned-text = This garment was given back. If you bought it afterwards, ask the shop to register the new sale.
card-label-title = What this label tells
card-label-issued = Issued
card-label-issued-text = by { $brand }, for exactly one garment
card-label-claimed = First claimed
card-label-unclaimed = not yet
card-label-scans = Scanned on
card-label-devices = { $count ->
    [0] no phone before
    [one] one phone
   *[other] { $count } different phones
}
card-label-first = first on { $date }
card-label-note = A printed code can be copied. The claim code under the scratch film works only once: if yours is already used, ask us.
card-label-many = That is a lot for a new garment. If you have just bought it as new, ask us before you rely on it.
card-claim = This is mine
card-claim-hint = Claim it with the code under the scratch film. No name, no telephone number.
card-held = Claimed by its holder
card-held-hint = Was it passed on to you?
card-accept = Enter the transfer code
card-mine = You hold this garment
card-mine-open = Your garment's papers
card-coverage = Covered
card-exclusions = Not covered
card-warranty-title = Warranty
card-warranty-length = Lasts
card-months = { $count ->
    [one] one month
   *[other] { $count } months
}
card-days = { $count ->
    [one] one day
   *[other] { $count } days
}
card-materials = Materials and origin
card-spin = Spun in
card-weave = Woven or knitted in
card-dye = Dyed in
card-sew = Sewn in
card-recycled = Recycled content
card-certificates = Certificates
card-valid-to = valid to { $date }
card-care = Care
card-label-items = What the law asks a label to say
card-sizes = Measurements
card-sizes-unit = in centimetres
card-repair = Repair
card-take-back = At the end of its life
card-history = History
card-history-none = Nothing has happened to it yet.
card-more = From the brand
card-faq = Questions
card-faq-claim = What is claiming good for?
card-faq-claim-text = It ties the garment to your phone, so that nobody else can. You see its papers, can pass it on, and a copied label stays worthless.
card-faq-code = I cannot read the code under the film.
card-faq-code-text = Do not scratch further. Ask us with the serial and your receipt.
card-faq-data = What do you know about me?
card-faq-data-text = Nothing, unless you tell us. We count phones that scan a label, without keeping addresses. Contact data are optional, sealed, and gone when you erase them.
card-help = Help
card-ask = Something is wrong? Get help
card-withdraw = Withdraw from the contract (EU)
card-footer = We say what was issued, claimed and scanned. We never judge a garment by its label alone.

claim-title = Claim this garment
claim-lead = Scratch the film on the hang-tag and type the ten characters below it.
claim-code = Claim code
claim-code-hint = Ten letters and digits such as ABCDE-12345, capitals or not. Spaces and the hyphen do not matter.
claim-button = Claim it
claim-tries = { $count ->
    [0] No tries left today. Try again tomorrow.
    [one] One try left today.
   *[other] { $count } tries left today.
}
claim-nothing-personal = Nothing personal is needed. Your browser keeps a key; we keep only its fingerprint.
claim-held = Somebody holds this garment already
claim-held-text = If it was passed on to you, ask for a transfer code. If you bought it as new, ask us.
claim-back = Back to the card

mine-title = Your garment's papers
mine-welcome = It is yours
mine-welcome-text = This browser now holds the garment's key. Keep the square below: it restores the key on another phone. It is shown only this once.
mine-recovery = Recovery code
mine-recovery-hint = Print it or photograph it, and keep it private: whoever has it holds the garment.
mine-since = Held since
mine-pass-on = Pass it on
mine-pass-on-text = { $hours ->
    [one] Make a one-time code and give it to the new owner. It holds for one hour; the warranty keeps its dates.
   *[other] Make a one-time code and give it to the new owner. It holds for { $hours } hours; the warranty keeps its dates.
}
mine-pass-on-button = Make a transfer code
mine-code = Transfer code
mine-code-text = The new owner scans the label, taps “Enter the transfer code” and types this. It is shown only once.
mine-code-until = Valid until { $until }
mine-contact = Contact, if you like
mine-contact-text = So that we can reach you about a recall or a repair. Sealed, seen only by those who handle your case, and each look is recorded.
mine-contact-kept = We keep contact data of yours, sealed, since { $date }.
mine-name = Name
mine-phone = Telephone
mine-mail = E-mail
mine-consent = I agree that these data are kept, until I erase them, for:
mine-contact-button = Save sealed
mine-erase = Erase my contact data
mine-export = Download everything about me (JSON)
mine-release = Give it up
mine-release-text = You will no longer be its holder. Whoever has the code under the scratch film can then claim it. To give it to somebody, make a transfer code instead.
mine-release-button = Give it up
mine-saved = Saved.
mine-erased = Erased.
mine-not = This browser does not hold this garment
mine-not-text = Open the page on the phone you claimed it with, or scan your recovery code. If it is not claimed or was passed on to you, go on here:
recover-title = Restore your key
recover-text = Tap to make this browser the garment's holder again.
recover-button = Restore

transfer-title = Accept this garment
transfer-lead = Type the code the former owner gave you.
transfer-code = Transfer code
transfer-button = Accept it
transfer-hint = Eight digits.

unissued-title = Not issued by us
unissued-lead = We have not issued this code.
unissued-text = The label may be misprinted or copied with changes. Look at the characters once more; if they are right, do not rely on this label and ask us.
unissued-typo = That cannot be a serial
unissued-typo-text = Its last character does not match the others: one of them is mistyped. Twenty letters and digits, as printed under the square.
unissued-product = We know no product with this number
unissued-product-text = The label may be misprinted or copied with changes. Have the garment in your hand? Type the serial printed under the square.
unissued-number = Product number
damaged-title = This address is not complete
damaged-text = The square was not read to its end, or the link was cut off. Scan it once more, or type the serial printed below it.
damaged-reason = Reason
unissued-seen = Where did you buy it? Tell us, it helps others.

product-kind = Product
product-title = About this product
product-serial = Have it in your hand? Type the serial on its label.

home-title = What does your label say?
home-lead = Scan the square on the hang-tag, or type the serial printed below it.
home-serial = Serial
home-serial-hint = Twenty letters and digits. Capitals, spaces and hyphens do not matter.
home-button = Open the card
home-what = One label, one garment
home-what-text = Every garment carries a label of its own. Its card says what it is made of, how to wash it, whether it is covered and what has happened to it.

choices-title = Several pages answer this
choices-text = Choose one.

link-product = Product information
link-register = Claim and register
link-care = Care
link-faq = Questions
link-help = Help
link-history = Origin and history
link-service = Warranty and service
link-linkset = All links
claim-no-code = This is not a whole code: it has ten letters and digits, such as ABCDE-12345. No try was used.
transfer-no-code = This is not a whole code: it has eight digits. No try was used.
mine-already = This garment is yours already; nothing else needs doing.
card-mended = Repaired on { $repaired }: the repair is covered until { $until }.
card-mended-part = Repaired on { $repaired } ({ $component }): covered until { $until }, whatever becomes of the warranty.
