# Verdicts.
verdicts-title = Verdicts
verdicts-about = Who answers for a claim, in what shares and why. The rules run on what is stored and on what was found; people decide. When a verdict is final, the costs move.
verdicts-about-own = What you are charged with: the defect as it was found, your lots, the rule and the evidence. Accept or contest each until its day.
verdicts-none = No verdict yet. It begins at the line of a case that was inspected.
verdicts-new = Reckon a verdict
verdicts-new-about = The rules run on what is stored of the garment, its batch and lots, and on what you add here. Nobody is charged before the verdict is final.
verdicts-search-hint = Number of a case
verdicts-evidence-none = Nothing was added to what is stored.
verdicts-shares-none = No shares.
verdicts-notices-none = Nobody has been told yet.
verdicts-notify = Tell those who are charged
verdicts-notify-about = From today on they may accept or contest, until the day that is shown.
verdicts-decide = Decide
verdicts-decide-about = It stands as it was reckoned. What is to be decided otherwise is reckoned anew first, with what has been found since. Whoever had it reckoned cannot decide.
verdicts-finish = Make final
verdicts-finish-about = Every cost of the line moves to whoever answers for it. A later version moves it back.
verdicts-accept = Accept
verdicts-accept-about = You accept your share. The brand charges it with the next statement.
verdicts-inspect = Record the second inspection
verdicts-inspect-about = Somebody else than looked first looks at the garment again and says what they found. The verdict can then be reckoned anew, and decided.
verdicts-contest = Contest
verdicts-contest-about = Say what is wrong and what shows it: a report, a test, a record. Somebody else looks at the garment again.
# Evidence.
evidence-title = Evidence
evidence-about = What settles an argument about blame, as it was measured or seen: laboratory values, washing, transport, parts, measures. Verdicts read it from here.
evidence-none = Nothing was recorded yet.
evidence-new = Record evidence
evidence-new-about = Of a garment of a case, or of a whole lot. A record is never changed; one that was a mistake is withdrawn.
evidence-search-hint = Number of a case
evidence-withdraw = Withdraw
evidence-withdraw-about = From then on it says nothing. Verdicts that were reckoned with it stay as they are until they are reckoned anew.
# Agreements.
supplier-agreements-title = Supplier agreements
supplier-agreements-about = Within how many working days a party replies to a verdict, and whether silence accepts. Without one the deployment's own days hold, and silence never accepts.
supplier-agreements-about-own = Within how many working days you reply to a verdict, and whether silence accepts.
supplier-agreements-none = No agreement is recorded.
supplier-agreements-new = Record an agreement
supplier-agreements-new-about = What was told under an earlier agreement stays as it was told.
supplier-agreements-edit = Change
supplier-agreements-search-hint = Code of a party
# Statements.
statements-title = Statements
statements-about = What a party is charged with for a period, line by line, frozen in a file that anybody can work out again.
statements-about-own = What you are charged with, line by line. The file can be worked out again to the cent.
statements-none = No statement yet.
statements-new = Make a statement
statements-new-about = Every verdict that became final in the period and was not charged before, and what was charged before and has been superseded since.
statements-search-hint = Code of a party
statements-lines-none = Nothing was charged in this period.
statements-counts-none = None of its lots has a confirmed claim yet.
statements-months-none = Nothing was sold of its lots long enough ago to expect a claim.
statements-file = File
statements-file-about = Checked anywhere with: hangtag statement verify FILE
statements-void = Make void
statements-void-about = Its lines may stand in another statement.
statement-made = { $count ->
    [one] One line, { $amount } { $currency }, in { $file }
   *[other] { $count } lines, { $amount } { $currency } together, in { $file }
}
statement-differs = { $place }: the file says { $said }, it must be { $is }
statement-does-not-hold = the statement does not hold
statement-holds = The statement of { $party } from { $from } to { $to } holds: { $count ->
    [one] one line
   *[other] { $count } lines
}, { $amount } { $currency }.
# Rule tables.
liability-rules-title = Liability rules
liability-rules-about = The tables that verdicts are reckoned by: hard rules, agreed shares, what evidence means. A version holds once somebody else than its author approves it. A deployment begins with a starting point that nobody agreed to yet.
liability-rules-none = No version is there: nothing can be reckoned until one is in force.
liability-rules-new = Propose a version
liability-rules-new-about = The form begins with the tables in force. Give the version a name of its own.
liability-rules-search-hint = Name of a version
liability-rules-approve = Put in force
liability-rules-approve-about = From then on verdicts are reckoned by these tables; those that were reckoned before stay as they are.
liability-rules-reject = Reject
# Chargebacks.
chargebacks-title = Chargebacks
chargebacks-about = What parties are asked to pay: the lines of a statement, each in one chargeback that stands at most.
chargebacks-about-own = What you are asked to pay, line by line of a statement.
chargebacks-none = No chargeback yet. It begins at a statement.
chargebacks-new = Charge a statement
chargebacks-new-about = Takes every line of the statement that no chargeback that stands has.
chargebacks-search-hint = Code of a party
chargebacks-issue = Send to the party
chargebacks-issue-about = From then on the party sees it, and acknowledges or disputes it.
chargebacks-acknowledge = Acknowledge
chargebacks-dispute = Dispute
chargebacks-dispute-about = Say why you will not pay it.
chargebacks-settle = Settled
chargebacks-settle-about = It was paid, or netted with another bill.
chargebacks-waive = Waive
chargebacks-waive-about = It is given up on purpose. Its lines are not charged again.
chargebacks-write-off = Write off
chargebacks-write-off-about = It cannot be had. Its lines are not charged again.
chargebacks-void = Make void
chargebacks-void-about = Its lines may stand in another chargeback.
# The page of a verdict.
verdicts-costs = Costs and shares
verdicts-counts = How often the lot fails
verdicts-count = Lot { $lot }: { $claims } confirmed claims where { $expected } were to come by now, { $ratio } times the average lot of its kind ({ $lower } to { $upper }); { $known } of its claims can be known by now.
verdicts-peers = Nine of ten lots of its kind lie between { $low } and { $high }.
verdicts-photos = Photos of the garment
verdicts-photos-none = Nobody sent a photo.
verdicts-without = What hangs on what
verdicts-without-about = Each fact and each piece of evidence is left out in turn, and the shares are reckoned again.
verdicts-without-none = It rests on nothing but the agreed shares.
verdicts-without-what = Left out
verdicts-without-shares = Shares then
verdicts-without-moved = Moved
verdicts-without-nothing = nothing
verdicts-since = What changed since the version before
verdicts-since-what = Changed
verdicts-second = Second inspection
verdicts-second-confirms = the same as at first
verdicts-second-differs = not as at first
verdicts-nothing-found = nothing found
verdicts-said = What was replied
verdicts-said-accepts = accepts.
verdicts-said-silent = accepts: it said nothing until its last day was over, as was agreed.
verdicts-said-contests = contests:
verdicts-files = Documents
verdicts-files-none = Nothing was handed in.
verdicts-contest-missing = Usually handed in with a contest, and not there yet; you can contest without it:
verdicts-missing = Usually handed in with a contest, and not there yet:
verdicts-missing-about = You can contest without it.
verdicts-hand-in = Hand in documents
verdicts-hand-in-about = Photos, PDF or any other file, up to 8 MB each. Of photos only the picture is kept.
verdicts-change-claim-removed = A claim was taken out:
verdicts-change-claim-added = A claim came in:
verdicts-change-amount = The costs
verdicts-change-defect = The defect that was found
verdicts-change-facts = The facts
verdicts-change-evidence-removed = Evidence was taken out:
verdicts-change-evidence-added = Evidence came in:
verdicts-change-excess = How often the lot fails
verdicts-change-sample = The sample
verdicts-change-rules = The rule tables:
verdicts-change-title = The number of the case or its currency
verdicts-replies = Waiting for a reply
verdicts-until = A reply is due by { $day }: accept, or contest with a reason. Without one the brand decides.
verdicts-until-silence = A reply is due by { $day }: accept, or contest with a reason. No reply by then counts as acceptance.
verdicts-replies-about = Charges that wait to be accepted or contested, the first deadline first.
verdicts-replies-waiting = { $count ->
    [0] Nothing waits for a reply.
    [one] One line waits for a reply.
   *[other] { $count } lines wait for a reply, the first to end first.
}
verdicts-replies-case = Case
verdicts-replies-defect = Defect
verdicts-replies-batch = Batch
verdicts-replies-share = Share of the costs
verdicts-replies-by = Reply by
verdicts-replies-silence = silence accepts
verdicts-replies-do = Reply
# Legal holds.
legal-holds-title = Legal holds
legal-holds-about = Garments of which nothing is erased while it may matter before a court. Somebody else than set a hold lifts it.
legal-holds-none = No garment is held.
legal-holds-new = Set a legal hold
legal-holds-new-about = From then on neither what its holders nor what those who asked for help left is erased.
legal-holds-search-hint = Reason
legal-holds-lift = Lift
legal-holds-lift-about = What should have been erased in the meantime is erased.
legal-holds-file = Everything known of it
legal-holds-file-about = One file: what it was made of, who sold it, cases, inspections, evidence, verdicts, costs and pictures. No contact data.
