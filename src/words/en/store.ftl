# The store on the terminal: migrating it, and what doctor says.

store-made = Made a new store at { $place }.
store-kept-copy = The store is being brought up to this program; a copy of it as it was is kept at { $place }.
store-applied = applied { $version }
store-nothing-to-do = nothing to do

doctor-attention = something needs attention
doctor-disk = disk
doctor-store = store
doctor-migrations = migrations
doctor-tables = tables
doctor-more = more than ours
doctor-integrity = integrity
doctor-foreign-keys = foreign keys
doctor-journal = journal
doctor-fsync = fsync
doctor-synchronous-commit = synchronous_commit
doctor-keys = keys
doctor-policies = policies
doctor-warranty-policies = warranty policies
doctor-clock = clock
doctor-free = { $free } MB free at { $place }
doctor-full = only { $free } MB free at { $place }: nothing can be written soon; make room
doctor-none-pending = none pending
doctor-pending = pending: { $versions }
doctor-tables-as-made = every table, column and key is as version { $version } makes it
doctor-nothing = nothing found
doctor-policies-sound = all within bounds
doctor-warranties-sound = every style's exists
doctor-clock-sound = { $now } UTC, after every event
doctor-clock-behind = now is { $now } UTC, but the newest event is of { $newest } UTC
doctor-verdicts = verdicts
doctor-verdicts-sound = every verdict's shares are a whole
