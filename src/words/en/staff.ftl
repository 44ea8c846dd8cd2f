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
accounts-edit = Change account
accounts-none = Nobody can sign in yet.
accounts-search-hint = User name or name
accounts-new-about = You get a one-time link to hand over. The person chooses a password; you never learn it.
accounts-name = Name
accounts-login = User name
accounts-login-hint = 2 to 40 characters: a–z, 0–9, dot, underscore, hyphen. It stays in the records, so do not use an e-mail address or a telephone number.
accounts-access-hint = Disabling ends every session at once. A new link lets the person choose another password; the old one holds until then.
accounts-new-link = New one-time link
accounts-disable = Disable
accounts-enable = Enable again
accounts-issued = One-time link
accounts-secret = Link
accounts-issued-about = Hand this link over in person or by a message only they can read. Whoever opens it first chooses the password.
accounts-issued-hint = It is shown this once, works once, and runs out by itself. Earlier links have stopped.
accounts-shown = The account was made already and its link was shown then. If it is lost, make a new one on the account's page.
accounts-open = Open the account

# API keys
api-keys-title = API keys
api-keys-about = For programs: a key is exchanged for tokens that hold some minutes.
api-keys-none = No program has a key yet.
api-keys-new = New key
api-keys-search-hint = What it is for
api-keys-open = Open the key
api-keys-revoke = Revoke
api-keys-issued = Key issued
api-keys-secret = Key
api-keys-issued-about = Copy the key now. It is shown this once; only its fingerprint is kept.
api-keys-issued-hint = Send it as “Authorization: Bearer …” to /api/v1/token to get a token.
api-keys-shown = The key was issued already and shown then. If it is lost, revoke it and issue another.
# Accounts by the command line.
user-added = { $login } has an account.
user-link-about = Hand this link over in a way only that person can read. It works once; whoever opens it first chooses the password.
user-disabled = { $login } is disabled; every session has ended.
