# One sentence for each error code; the table of codes is src/kernel/error.rs.

error-not-found = Not found.
error-method-not-allowed = This address does not offer that method.
error-not-acceptable = None of the formats asked for can be made.
error-unsupported-media = This route does not read that kind of content.
error-quota-full = The files you handed in and have not written yet fill the { $megabytes } MB you may have. Write or discard some of them first.
error-body-too-large = Too large: at most { $limit } bytes.
error-body-too-slow = The content did not arrive in time. Check the connection and try again.
error-malformed = Malformed: { $reason }.
error-invalid = Something needs correcting.
error-too-many = { $seconds ->
    [one] Too many requests. Try again in one second.
   *[other] Too many requests. Try again in { $seconds } seconds.
}
error-busy = The system is busy. Please try again shortly.
error-broken = Something broke on our side; it has been recorded under { $id }.
error-sign-in-needed = Please sign in.
error-forbidden = You do not have the right to do this.
error-cross-site = The request did not come from our own page. Open the page again and retry.
error-wrong-password = The name or the password is wrong.
error-bad-token = The token is not valid.
error-link-spent = This link has been used or has run out. Ask your administrator for a new one.
error-password-common = This password is too common. Choose another.
error-passwords-differ = The two passwords are not the same.
error-nothing-changes = Nothing changes: everything is as it was. Change what is wrong, or go back.
error-key-reused = This Idempotency-Key was used for another request. Send this one with a key of its own.
error-duplicate = It exists already.
error-stale = Somebody else has just changed it. Reload and try again.
error-wrong-state = { $state ->
    [written] It was written already; there is nothing left to do.
    [discarded] It was discarded, or its files were removed after a month. Hand them in again.
    [last-admin] Somebody must stay administrator. Make another account one first.
    [house-keys] There is a key of this purpose already; a second one would make contacts unreadable.
    [serial-keys] There are as many keys of serials as serials can tell apart.
    [postgres] A store in PostgreSQL is copied with its own tools: pg_dump.
    [own] The serials of this batch are made here; it takes none from elsewhere.
    [foreign] The serials of this batch come from elsewhere; here none are made or printed for it.
    [of-verdict] A verdict moved this cost. It moves back when the verdict is replaced by a new version.
    [of-settlement] This is what a payment cost. A payment is not taken back here; post what came back as an entry of its own.
    [not-inspected] Nobody has looked at this garment yet. Record its inspection at the case first.
    [charges-nobody] It charges nobody outside. It is decided without notice.
    [reply-too-late] The last day of a reply was { $until }.
    [legal-hold] This garment is under a legal hold: nothing of it is erased until that is lifted.
    [lifted] This hold was lifted already.
    [contested-twice] This was contested twice; what was decided then stands.
    [second-inspection] It was contested: somebody else looks at the garment again before anybody decides.
    [no-rules] No rule tables are in force. Propose a version, and have somebody else approve it.
    [no-working-hours] No working hours are known, by which the days of a reply are counted. Add them first.
    [withdrawn-evidence] This record was withdrawn already.
    [charged-back] A chargeback that stands has lines of this statement. Make that one void first.
    [nothing-due] Every line of this statement stands in a chargeback already, or it has none.
    [reply-open] Those who are charged have not been heard: tell them, and wait for their replies or the last day.
    [corrected-later] A later statement takes back a line of this one. Make that one void first.
   *[other] This is not possible now: it is marked “{ $state_word }”.
}
error-missing = Needed.
error-too-long = { $max ->
    [one] At most one character.
   *[other] At most { $max } characters.
}
error-too-short = { $min ->
    [one] At least one character.
   *[other] At least { $min } characters.
}
error-control-character = Contains a control character.
error-not-a-number = “{ $value }” is not a number.
error-too-many-decimals = “{ $value }” has too many decimals: { $max ->
    [0] this currency has none
    [one] at most one
   *[other] at most { $max }
}.
error-not-a-date = “{ $value }” is not a date; write 2026-03-31.
error-below-zero = Below zero: { $value }.
error-does-not-apply = { $with ->
    [score] Leave this open where a score is given.
    [exclusion] Leave this empty: only rights that ask no reason can be excluded; what a defect gives cannot.
    [defects] Leave this empty: this kind of right is for no particular defect.
    [measured] Leave this empty, or name the defects that are measured.
    [late] Leave this empty: late delivery is a no-worry right of its own, without defects.
    [warranty] The brand warranty is counted as the warranty says, and nothing else is.
    [term] Leave this empty: the warranty has its own term.
   *[repair] Leave this empty: only a legal guarantee is extended by a repair, by so many months.
}
error-out-of-range = Must lie between { $min } and { $max }.
error-not-one-of = “{ $value }” is not one of: { $allowed }.
error-unknown-field = There is no such field.
error-unknown-name = { $kind ->
    [country] “{ $value }” is not the name of one country. Write a name or a code such as China or CN.
    [currency] “{ $value }” is not a currency of ISO 4217. Write three letters such as CNY.
    [fibre] “{ $value }” is not a fibre we know. One that is new to us needs both languages, such as 汉麻秆芯/hemp hurd.
    [component] “{ $value }” is not a part of a garment we know. One that is new to us needs both languages, such as 门襟/placket.
   *[other] “{ $value }” is not a name we know.
}
error-unknown-reference = “{ $value }” does not exist.
error-closed = “{ $closed }” is closed and is used for nothing new. Name another, or set its status to active first.
error-date-to-come = { $value } lies too far ahead: the latest day possible is { $latest }. Check the year.
error-dates-out-of-order = { $later } comes before { $earlier }.
error-overlap = { $first } and { $second } overlap.
error-no-catch-all = “{ $value }” holds for some cases only, and on some of its days nothing holds for the others. “{ $clock_en }” needs a row without conditions, ranked last, that holds on all those days.
error-wrong-sum = Sums to { $sum }; must be { $expected }.
error-check-digit = The check digit is wrong; it should be { $expected }.
error-not-a-gtin = A GTIN has 8, 12, 13 or 14 digits.
error-restricted-gtin = This number cannot be the GTIN of a product: { $reason }.
error-not-a-digital-link = Not a GS1 Digital Link: { $reason }.
error-serial-typo = The serial is mistyped. Please check it against the label.
error-serial-unknown = We did not issue this serial.
error-cycle = A lot cannot contain itself: { $path }.
error-batch-too-large = A batch holds at most 4,194,304 garments. Split it into several.
error-beyond-planned = { $planned } garments are planned and { $minted } have serials: { $left } more are possible. Raise the planned number of the batch first.
error-in-use = { $by ->
    [lots] Cannot be changed here: lots made of it: { $count }. Use “Correct” on its page, which says what it moves and asks why.
    [batches] Cannot be changed here: batches that use it: { $count }. Use “Correct” on its page, which says what it moves and asks why.
    [minted] Cannot be changed here: garments that have serials: { $count }. Use “Correct” on its page, which says what it moves and asks why.
    [sold] Cannot be changed here: garments sold: { $count }. Use “Correct” on its page, which says what it moves and asks why.
    [findings] Cannot be changed here: findings on it: { $count }. Use “Correct” on its page, which says what it moves and asks why.
    [code] Cannot be changed: findings name it by its code. Make another one.
    [rule] The rule has held since { $count }, and what it says stays. End it with its last day, and make another one that follows it.
    [serials] Cannot be changed: { $count ->
        [one] one garment has its serial already
       *[other] { $count } garments have their serials already
    }. Make another batch.
    [brought] This batch has serials here already ({ $count }); a file changes nothing of them.
    [day-off] The calendar has this day already, as a day off. Remove it from the list first, then say what it is.
    [day-work] The calendar has this day already, as a working day. Remove it from the list first, then say what it is.
    [minted-least] Cannot be fewer than the garments that have serials: { $count }.
   *[used-least] Cannot be less than what has been recorded as used: { $count }.
}
error-ambiguous = { $between ->
    [kinds] “{ $value }” is both a batch and a lot of material. Say which is meant (kind: batch or lot).
   *[suppliers] “{ $value }” is the lot of several suppliers ({ $suppliers }). Write which, as in { $write }.
}
error-template-refused = The label template cannot be used: { $reason }.
error-missing-glyph = The font “{ $font }” has no character “{ $character }”.
error-module-too-small = A module of the QR code would be { $mm } mm; phones need at least { $min } mm.
error-dots-not-whole = { $dots } dots per module at { $dpi } dpi: it must be a whole number.
error-code-does-not-fit = The QR code with its quiet zone needs { $needed } mm and has { $given } mm.
error-quiet-zone = Something is drawn in the quiet zone of the QR code, at { $left } mm from the left and { $top } mm from the top.
error-text-clipped = “{ $text }” reaches over its room.
error-text-overlaps = “{ $text }” runs into “{ $other }”.
error-remote-image = “{ $href }” is not inside the template. Embed the image.
error-not-drawable = The template uses “{ $feature }”, which cannot be printed as lines and areas.
error-printer-unreachable = The printer cannot be reached: { $reason }.
error-no-right = The rule { $rule } gives the buyer of this garment nothing today. Ask which rights there are, or grant it as goodwill with a reason.
error-not-inspected = It has not been inspected since it came. Record the inspection on the line of the case first.
error-another-inspector = It is contested, so somebody else inspects it this time.
error-person-needed = A person decides this, not a program.
error-already-sold = This garment has a live sale already.
error-not-sold = This garment has no sale.
error-wrong-claim-code = The claim code is not right.
error-no-tries-left = No tries left today. Please try again tomorrow.
error-already-claimed = This garment has been claimed already.
error-wrong-transfer-code = The transfer code is not right or has run out.
error-quote-changed = The quote has changed since. Read the buyer quote { $now }, and note what they say to that.
error-unpaid = This repair has a price and no payment is noted. Note the payment first.
error-no-price = No price paid is recorded for this sale. Enter under “Price paid” what the buyer paid for this garment; it is kept with the sale.
error-beyond-paid = { $asked } { $currency } is more than is left of what was paid: { $left } { $currency }.
error-beyond-accepted = { $asked } { $currency } is more than the inspection accepted: { $left } { $currency }. The other { $rest } { $currency } take a second inspection by somebody else.
error-not-our-stock = Its serial came from elsewhere, so nothing here says that it lies in stock. Choose one with a serial of ours.
error-already-settled = This sale is settled already: { $kind }, settlement { $settlement }. Make that one void first if it was a mistake.
error-needs-another = { $who ->
    [owner] Whoever sees to a measure does not check it. Somebody else has to.
    [holder] You hold these garments back. Somebody else has to let them be sold again.
    [compensation] From { $from } { $currency } on, compensation takes a second person: ask for it as a settlement, which somebody else approves.
    [repairer] You have repaired it. Somebody else has to look at it.
    [twice] You have approved this already. Above the limit a second person has to approve it.
   *[author] Whoever asks for something does not approve or decide it. Somebody else has to.
}
error-already-reversed = This entry has been taken back already, or is itself what takes one back. Post a new entry instead.
error-covered-claim = This claim is covered: the customer pays nothing for its repair or its transport. Charge the brand, or record the cause first.
error-not-an-image = Not an image we can read (JPEG or PNG).
error-image-too-large = { $max ->
    [one] The image is too large: at most one megapixel.
   *[other] The image is too large: at most { $max } megapixels.
}
error-file-broken = The file cannot be read: { $reason }.
error-column-missing = The column “{ $column }” is missing.
error-contradicts = { $file }, line { $file_line }, says something else here of the same record. Keep one of the two.
error-made-code-taken = The code { $made } made for this row is already that of a record with “{ $there }”, where the row has “{ $here }”. Give the file a column of codes, or make them by another rule.
error-too-many-cells = This row has more cells than the header names.
# Behind an error, where something else was perhaps meant.
did-you-mean = Did you mean { $name }?
fault-of-row = Line { $row }: { $fault }
possible-now = Possible from here: { $states }.
error-setting-unknown = There is no such setting; the nearest is { $nearest }.
error-setting-refused = “{ $value }” cannot be used: { $reason }.
error-store-missing = There is no store at { $place }, and this command makes none. Look at HANGTAG_DATABASE_URL; `hangtag migrate` makes a store.
error-store-newer = The store { $place } is of a newer program: its tables are of version { $store }, and hangtag { $program } knows them up to { $own }. Nothing was changed. Start the newer program, or put back the backup made before the upgrade.
error-store-foreign = { $place } holds tables that are not ours. Nothing was changed; name another file.
error-store-differs = The tables of { $place } are not what its migrations made. Nothing was changed. Put back a backup, or mend what is named here:
error-store-lacks = missing ({ $wanted }).
error-store-other = is { $found } and should be { $wanted }.
error-store-more = not of this program ({ $found }).
error-no-room = Too little room on the disk of { $place }: { $needed } MB are needed and { $free } MB are free. Nothing was changed.
error-backup-failed = Nothing was migrated, because no backup could be made at { $place }: { $reason }.
# Reasons, where an error has one.
reason-code-characters = it takes letters, digits and - _ . / # only
reason-expects-object = an object in braces is expected here
reason-expects-list = a list in square brackets is expected here
reason-expects-whole = a whole number without quotation marks is expected here
reason-expects-text = a text in quotation marks is expected here
reason-expects-yes-or-no = true or false is expected here
reason-composition-form = { $part } — write { $form }
reason-page-token = it is not the token of a page
reason-units-like = write units as 501-1000, 501- or 7
reason-units-backwards = the last unit comes before the first
reason-level-code = use small letters, digits and - _ . only
reason-host-like = write an address such as 192.168.1.50 or printer.lan
reason-login-characters = it takes a–z, 0–9, dot, underscore and hyphen only
reason-not-an-empty-folder = several labels need a new or empty folder
reason-cannot-be-written = it cannot be written there ({ $detail })
reason-gln-digits = a GLN has 13 digits
reason-gtin-region = numbers that begin with 02 or with 20 to 29 are known in one country or shop only, as for goods weighed there
reason-gtin-company = numbers that begin with 04 (of eight digits: with 0 or 2) are known in one company only
reason-gtin-coupon = numbers that begin with 05, with 981 to 984 or with 99 are coupons
reason-gtin-refund = numbers that begin with 980 are refund receipts
reason-gtin-reserved = GS1 gives out no numbers of this range
reason-composition-part-name = where there are several parts, each needs its name before it, such as “shell: cotton 100%; lining: polyester 100%”
reason-composition-signs = the signs ; : , / and % part components, fibres and languages, and cannot be in a name
reason-serial-characters = a serial takes 1 to 20 letters, digits and the signs GS1 allows
reason-language-tag = write a language tag such as en or zh-CN
reason-media-type = write a media type such as text/html
reason-link-too-long = { $max ->
    [one] it has more than one character
   *[other] it has more than { $max } characters
}
reason-link-character = “{ $character }” may not stand there
reason-link-scheme = it does not begin with http:// or https://
reason-link-no-path = it has no host or no path
reason-link-no-key = its path does not end in a GS1 key and its qualifiers
reason-link-empty = ({ $ai }) is empty
reason-link-zero-byte = ({ $ai }) has a zero byte
reason-link-unknown-ai = ({ $ai }) is not an application identifier
reason-link-too-many = { $max ->
    [one] it has more than one element
   *[other] it has more than { $max } elements
}
reason-link-order = ({ $ai }) does not take these qualifiers in this order
reason-link-duplicate = ({ $ai }) stands there twice
reason-link-not-an-attribute = ({ $ai }) may not be a data attribute
reason-link-belongs-in-path = ({ $ai }) belongs into the path
reason-link-value = “{ $value }” is not a value of ({ $ai })
reason-link-excluded = ({ $ai }) may not stand beside ({ $other })
reason-link-needs = ({ $ai }) needs one of: { $needs }
reason-link-serial-part = ({ $ai }) needs its serial part beside a digital signature
reason-phone = write 5 to 20 digits
reason-email = write it like name@example.com
reason-store-url-scheme = a store is sqlite:///path/to/file or postgres://user@host/name
reason-store-url-path = sqlite:// needs the whole path of a file: sqlite:///var/lib/hangtag/hangtag.db
reason-store-url-query = sqlite:// takes a path and nothing after it; “{ $query }” would become part of the file's name
reason-setting-number = it must be a whole number from { $min } to { $max }
reason-setting-zone = write the name of an IANA time zone, such as Asia/Shanghai
reason-setting-listen = write an address and a port, such as 127.0.0.1:8080 or [::]:8080
reason-setting-public-url = write scheme and host as buyers reach them and nothing else, such as https://id.brand.cn
reason-setting-addresses = write IP addresses parted by commas, such as 10.0.0.7, 10.0.0.8
reason-setting-utf8 = it is not UTF-8 text
reason-setting-file-line = write each setting on a line of its own as name = "value", and each once
reason-setting-log = write a level, or levels for parts of the program: info,hangtag::cli=debug
# States that are no closed list.
state-open = { imports-parcel-open }
state-sound = { imports-parcel-sound }
state-faulty = { imports-parcel-faulty }
state-written = { imports-parcel-written }
state-stopped = { imports-parcel-stopped }
state-discarded = { imports-parcel-discarded }
state-running = { imports-state-running }
state-started = Started
state-ended = Ended
error-case-open = A request about this garment is being worked on already: case { $no }.
error-under-way = Not while a { $what } is under way: line { $line } of case { $no }. Bring that to its end first.
error-undecided = { $count ->
    [one] Something is still to be said or done about one garment: line { $lines }.
   *[other] Something is still to be said or done about { $count } garments: lines { $lines }.
}
error-tasks-open = { $count ->
    [one] One task is still open. End it first.
   *[other] { $count } tasks are still open. End them first.
}
error-already-answered = This was answered already. An answer stays as it was given.
error-too-early = It is too early for this: it can be done from { $from } on.
error-nothing-to-compare = Nothing was sold before it or nothing after it, so there is nothing to compare.
error-rate-rose = It cannot be said to have helped: claims were { $before } before and { $after } after.
error-too-late = It is too late for this: it could be done for { $days } days.
error-given-back = This garment was given back, and nobody has bought it since.
