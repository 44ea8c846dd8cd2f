# Refunds, exchanges and credit.
settlements-title = Refunds and exchanges
settlements-about = What buyers are given for a sold garment: money, another garment or credit. A sale is settled once. Whoever asks for it does not approve it.
settlements-none = Nothing has been settled yet. It begins at a case.
settlements-new = Ask for a refund, an exchange or credit
settlements-new-about = What it takes is set aside from the price at once. Somebody else approves it; above the limit two people do.
settlements-search-hint = Number of a case
settlements-approve = Approve
settlements-approve-about = You say that it is owed. Whoever asked for it cannot, and above the limit it takes two people.
settlements-submit = Hand over for payment
settlements-paid = Paid or handed over
settlements-paid-about = What was given back becomes a cost of the brand's, until a verdict moves it.
settlements-failed = Could not be paid
settlements-failed-about = It can be handed over for payment once more afterwards.
settlements-void = Make void
settlements-void-about = What was set aside may be given back again, in another way or by another amount.
settlements-payout = Pay out what is approved
settlements-payout-about = Everything that is approved is handed over for payment, with a file of one line each. The account is for finance to fill in; it is not kept here.
settlements-payout-waiting = Approved and waiting:
settlements-payout-line = { $count ->
    [one] One settlement, { $amount } { $currency }
   *[other] { $count } settlements, { $amount } { $currency } together
}
settlements-payout-file = File of the payout (CSV)
settlements-file-settlement = Settlement
settlements-file-case = Case
settlements-file-account = Account
settlements-file-amount = Amount
settlements-file-currency = Currency
# The ledger.
ledger-title = Ledger
ledger-about = What after-sales costs, and who is charged. Entries are added and never changed: a mistake is taken back by an entry with the other sign. Every balance is their sum.
ledger-none = Nothing has been posted yet.
ledger-new = Post a cost
ledger-new-about = A cost begins as the brand's. When a verdict becomes final it moves to whoever answers for it, by itself.
ledger-search-hint = Number of a case
ledger-reverse = Take back
ledger-reverse-about = Adds the same entry with the other sign, and moves back what a verdict moved of it. Post the right one afterwards.
