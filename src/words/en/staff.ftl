# Signing in
sign-in-about = For staff, suppliers and shops. Buyers need no account.
sign-in-lost = Forgotten your password? Ask your administrator for a new one-time link.

# One-time links
set-up-title = Choose your password
set-up-about = Welcome, { $name }. Choose a password to sign in with. This link works once.
set-up-first-title = Set up Hangtag
set-up-first-about = Make the first administrator. Everybody else is invited from inside. This link works once.
set-up-done = Save and sign in

# Where work starts
desk-title = Hello, { $name }
desk-nothing = You are signed in, but nothing has been opened to you yet. Ask your administrator for a role.

# One's own account
account-title = My account
account-password = Password
account-again = The same password again
account-password-hint = At least 12 characters, of any kind. A few words in a row are easy to remember and hard to guess.
account-change-password = Change password
account-current-password = Present password
account-new-password = New password
account-password-ends = You stay signed in here; everywhere else you are signed out.
account-lang = Language
account-lang-label = Language you work in
account-sessions = Where you are signed in
account-sessions-about = Something here you do not know? End it and change your password.
account-since = Since
account-seen = Last seen
account-until = Ends at the latest
account-this = This one
account-end = End
account-end-others = End all others

# Accounts
accounts-title = Accounts
accounts-about = Who may sign in, and what they may do.
accounts-new = New account
accounts-new-about = You get a one-time link to hand over. The person chooses a password; you never learn it.
accounts-add = Make account and link
accounts-name = Name
accounts-login = User name
accounts-login-hint = 2 to 40 characters: a–z, 0–9, dot, underscore, hyphen. It stays in the records, so do not use an e-mail address or a telephone number.
accounts-roles = Roles
accounts-may-be-bound = May be bound to a party.
accounts-must-be-bound = Must be bound to a party.
accounts-party = Party
accounts-party-hint = Code of the party this belongs to. Suppliers see only rows of their own lots and batches. Leave empty for our own people.
accounts-state = State
accounts-active = Active
accounts-invited = Invited
accounts-disabled = Disabled
accounts-access = Access
accounts-access-hint = Disabling ends every session at once. A new link lets the person choose another password; the old one holds until then.
accounts-new-link = New one-time link
accounts-disable = Disable
accounts-enable = Enable again
accounts-link-title = One-time link
accounts-link = Link
accounts-link-about = Hand this link over in person or by a message only they can read. Whoever opens it first chooses the password.
accounts-link-hint = It is shown this once, works once, and runs out by itself. Earlier links have stopped.
accounts-link-shown = The account was made already and its link was shown then. If it is lost, make a new one on the account's page.
accounts-open = Open the account

# API keys
api-keys-title = API keys
api-keys-about = For programs: a key is exchanged for tokens that hold some minutes.
api-keys-none = No program has a key yet. Issue one below.
api-keys-new = New key
api-keys-name = What it is for
api-keys-name-hint = For example: ERP, webshop. Records name it.
api-keys-created = Issued
api-keys-used = Last used
api-keys-never = never
api-keys-revoked = Revoked
api-keys-revoke = Revoke
api-keys-issue = Issue key
api-keys-issued = Key issued
api-keys-key = Key
api-keys-issued-about = Copy the key now. It is shown this once; only its fingerprint is kept.
api-keys-issued-hint = Send it as “Authorization: Bearer …” to /api/v1/token to get a token.
api-keys-shown = The key was issued already and shown then. If it is lost, revoke it and issue another.
# What each role is for.
accounts-role-admin = Everything, accounts and keys included.
accounts-role-planner = Keeps parties, styles, skus, lots and batches; loads files.
accounts-role-label-operator = Makes and prints labels, voids spoiled ones.
accounts-role-inspector = Logs defects at the line.
accounts-role-supplier-manager = Traces defects to lots and suppliers, saves recall scopes.
accounts-role-supplier = Sees and traces its own lots, changes nothing.
accounts-role-retailer = Registers sales.
accounts-role-agent = Helps buyers: sees contact data, corrects sales, logs defects.
accounts-role-finance = Reads production, sales and traces.
accounts-role-analyst = Reads everything but personal data.
# Accounts by the command line.
user-added = { $login } has an account.
user-link-about = Hand this link over in a way only that person can read. It works once; whoever opens it first chooses the password.
user-disabled = { $login } is disabled; every session has ended.
