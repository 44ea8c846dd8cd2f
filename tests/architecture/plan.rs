//! The plan as data: wings, rooms, who owns which table, and every exception with its reason.

/// A finding that stands for now.
pub struct Exception {
    pub rule: &'static str,
    /// The module: `quality/recalls/rules`.
    pub place: &'static str,
    pub what: &'static str,
    #[expect(dead_code, reason = "read by whoever wants to know why")]
    pub why: &'static str,
}

pub struct Plan {
    /// From left to right. A wing never uses one to its right; its rooms are the folders and files in it.
    pub wings: &'static [&'static str],
    /// Files that may name every room.
    pub front: &'static [&'static str],
    /// Wings of machinery: their rooms' submodules may be named, and rules may not use them.
    pub open_wings: &'static [&'static str],
    /// The room and the module that declare the tables.
    pub schema: (&'static str, &'static str),
    /// Which room changes which tables of the schema. A table that a room's store declares is that room's.
    pub tables: &'static [(&'static str, &'static [&'static str])],
    /// Modules beside `store` that use diesel, and why.
    pub diesel: &'static [(&'static str, &'static str)],
    /// Modules beside `http` that use actix, and why.
    pub actix: &'static [(&'static str, &'static str)],
    /// Crates that compute and do nothing else: what the kernel and rules may use.
    pub pure_crates: &'static [&'static str],
    /// The kernel's own clock and chance.
    pub impure: &'static [(&'static str, &'static str)],
    pub exceptions: &'static [Exception],
    /// Public types that share a name: the name, where, and why.
    pub namesakes: &'static [(&'static str, &'static str, &'static str)],
}

/// Each rule and what to do about a finding.
pub const WHY: &[(&str, &str)] = &[
    (
        "one-way",
        "Data walks from left to right, and only app, cli, demo and main name every room. What both need belongs to the left room; a decision \
         taken on the right that binds the left goes through a table and a function of the left room.",
    ),
    ("rooms", "A room lies in a wing; the list of wings; it is in tests/architecture/plan.rs."),
    ("wing-file", "The file of a wing declares its rooms and nothing else, so that nothing passes a room by. Put it into a room."),
    ("through-mod", "Rooms use each other through mod.rs. Offer it there (`pub use store::…`), or ask the room for what is meant."),
    ("circle", "Rooms of a wing use each other in one direction. Move what both need into one of them, or into a room of its own."),
    (
        "kernel",
        "The kernel computes: no files, network, environment, processes, threads or clock, no runtime, and only crates of the plan's `pure_crates`. \
         Hand in the value, or move this to the platform.",
    ),
    (
        "rules",
        "Rules are values in, values out: no clock, no chance, no store, nothing of the platform, no state, and only crates of the plan's \
         `pure_crates`. Hand in the value (`now`, an id, a row), or move this out of rules.",
    ),
    ("diesel", "Queries live in the room's store, where every query is looked for. Move this there and call it."),
    ("actix", "Requests and answers live in the room's http. Move this there and hand values on."),
    ("page", "A page shows what it is given: no connection, no query, no file. Read in http and hand the values in."),
    (
        "step",
        "A step of the trade is one function of the room, so that a form, a file and a program take the same step. Move these calls into one \
         function of mod.rs or the store that http calls alone.",
    ),
    ("step-unseen", "What is written here cannot be read. Hand a closure or a function to `write` where it is called."),
    (
        "table-owner",
        "A table is declared in its room's store, or in the schema with an owner in the plan's `tables`; its owner alone changes it. Call a function of the owner.",
    ),
    ("table-unseen", "Which table is changed here cannot be read. Begin with the table: `diesel::update(sale::table…)`."),
    (
        "source",
        "This keeps source from whoever reads it, this test included. Modules are files in their place; crates and rooms go by their names.",
    ),
    (
        "namesake",
        "Two public types of one name are taken for one another, in imports and in the API's description. Rename one, or list them in the \
         plan's `namesakes` with the reason.",
    ),
    ("stale", "This stands in the plan and is true no more. Take it out."),
];

const ANSWER: &str = "reads what it wrote, for the answer";
const ENGINE: &str = "a term of its own field in each; nobody outside the engine or its room names it";
const QUESTION: &str = "each room's own question of its list; they go when rooms share one list";
const STATE: &str = "each thing has its own states, and is named with its room";

pub const PLAN: Plan = Plan {
    wings: &["kernel", "platform", "staff", "production", "ownership", "inspection", "aftersales", "quality", "public"],
    front: &["lib", "main", "app", "cli", "demo"],
    open_wings: &["platform"],
    schema: ("platform/db", "platform/db/schema"),
    tables: &[
        ("platform/db", &["held_version"]),
        ("platform/events", &["event", "garment_event"]),
        ("platform/policies", &["policy"]),
        ("platform/http", &["idempotency"]),
        ("platform/imports", &["parcel", "parcel_file"]),
        ("platform/jobs", &["job"]),
        ("staff/accounts", &["account", "account_link", "session"]),
        ("staff/calendars", &["calendar", "calendar_day"]),
        ("staff/tokens", &["api_key"]),
        ("staff/working_hours", &["work_week", "calendar_version"]),
        ("production/parties", &["party", "party_role"]),
        ("production/terms", &["warranty_policy"]),
        ("production/styles", &["style"]),
        ("production/skus", &["sku", "gtin_alias"]),
        ("production/materials", &["lot", "lot_parent"]),
        ("production/batches", &["batch", "batch_lot", "batch_void", "foreign_serial"]),
        ("production/printers", &["printer"]),
        ("production/print_jobs", &["label_job", "label_chunk"]),
        ("ownership/garments", &["garment", "batch_tally"]),
        ("ownership/sales", &["sale"]),
        ("ownership/warranties", &["warranty"]),
        ("ownership/holders", &["holder", "claim_try", "contact"]),
        ("ownership/scans", &["scan_device", "scan_total"]),
        ("inspection/defects", &["defect"]),
        ("inspection/findings", &["finding", "photo"]),
        ("aftersales/service_levels", &["service_level", "clock", "clock_event", "clock_escalation", "clock_week"]),
        ("aftersales/reasons", &["case_reason"]),
        ("aftersales/cases", &["service_case", "case_line", "case_note", "case_photo", "case_task", "case_contact"]),
        ("aftersales/repairs", &["repair_order", "repair_quote", "repair_part", "repair_check"]),
        ("aftersales/ledger", &["ledger_entry"]),
        ("aftersales/settlements", &["settlement"]),
        ("quality/recalls", &["recall_scope"]),
        ("quality/liability", &["liability_rules", "verdict", "verdict_share", "verdict_reply", "statement", "statement_line"]),
        ("public/links", &["link"]),
    ],
    diesel: &[
        ("platform/db", "it is the store"),
        ("platform/events", "one file, and its queries are most of it"),
        ("platform/http/idempotency", "the answer is kept in the write that made it"),
        ("platform/policies", "one file, and its queries are most of it"),
        ("platform/rooms", "`step!` is written into the store that uses it"),
    ],
    actix: &[
        ("app", "it puts the server together"),
        ("cli", "it starts the server"),
        ("platform/exports", "a file that is made while it is sent is a body"),
        ("platform/http", "it is the server"),
        ("platform/rooms", "it is the handlers of every room"),
    ],
    pure_crates: &[
        "aho_corasick",
        "chrono",
        "chrono_tz",
        "csv",
        "hmac",
        "icu_casemap",
        "icu_normalizer",
        "icu_properties",
        "iso_currency",
        "num_bigint",
        "num_traits",
        "qrcode",
        "roaring",
        "serde",
        "serde_json",
        "serde_urlencoded",
        "sha2",
        "statrs",
        "strsim",
        "subtle",
        "thiserror",
        "utoipa",
        "zeroize",
    ],
    impure: &[("kernel/time", "Clock"), ("kernel/ids", "Id::fresh")],
    exceptions: &[
        Exception { rule: "kernel", place: "kernel/time", what: "chrono::Utc::now", why: "the clock: the one place that asks the machine" },
        Exception {
            rule: "rules",
            place: "ownership/holders/rules",
            what: "platform/http: random_token",
            why: "a secret is made where it is checked; the token should be handed in",
        },
        Exception {
            rule: "rules",
            place: "ownership/holders/rules",
            what: "platform/http: sha256_hex",
            why: "a pure function that lies with the server; it belongs to the kernel",
        },
        Exception {
            rule: "rules",
            place: "ownership/holders/rules",
            what: "platform/words: Words",
            why: "the answer for people is chosen here; words belong to the view",
        },
        Exception {
            rule: "rules",
            place: "production/batches/rules",
            what: "platform/http: query_escape",
            why: "a pure function that lies with the server; it belongs to the kernel",
        },
        Exception {
            rule: "rules",
            place: "quality/recalls/rules",
            what: "platform/http: sha256_hex",
            why: "a pure function that lies with the server; it belongs to the kernel",
        },
        Exception {
            rule: "rules",
            place: "staff/accounts/rules",
            what: "platform/http/perm: Permission",
            why: "a right is a value; it lies with the callers it is checked for",
        },
        Exception {
            rule: "rules",
            place: "staff/accounts/rules",
            what: "platform/http/perm: Permissions",
            why: "a right is a value; it lies with the callers it is checked for",
        },
        Exception {
            rule: "table-owner",
            place: "platform/db/codes",
            what: "platform/db changes `party`, which is production/parties's",
            why: "a migration in code: SQL cannot fold a code",
        },
        Exception {
            rule: "table-owner",
            place: "platform/db/sqlite",
            what: "`pragma_data_version` is declared beside the schema",
            why: "SQLite's own, of which there is no row to own",
        },
        Exception {
            rule: "step",
            place: "ownership/holders/http",
            what: "read_api: serials::garment + contact::contact_read",
            why: "finds the garment, then notes who read its contact",
        },
        Exception {
            rule: "step",
            place: "ownership/warranties/http",
            what: "void_api: serials::garment + store::void + .state",
            why: "a step in http: finding the garment belongs to a function of the room",
        },
        Exception { rule: "step", place: "production/print_jobs/http", what: "changed: change + view::job_view", why: ANSWER },
        Exception {
            rule: "step",
            place: "public/card/http/holding",
            what: "take: holders::claim + holders::transfer_accept",
            why: "one or the other: two ways to one form",
        },
        Exception {
            rule: "step",
            place: "staff/sign_in/http",
            what: "started: accounts::forget_session + accounts::insert_session",
            why: "a step in http: the session before is ended here",
        },
        Exception {
            rule: "step",
            place: "staff/sign_in/http",
            what: "settled: accounts::find_link + accounts::spend_link + accounts::set_password + accounts::insert",
            why: "a step in http: spending a link and setting the password belong to a function of accounts",
        },
        Exception {
            rule: "step",
            place: "staff/sign_in/http",
            what: "own_sessions: accounts::end_sessions + accounts::end_session",
            why: "one or the other: two ways to one form",
        },
    ],
    namesakes: &[
        ("About", "aftersales/service_levels inspection/findings", "the case that something happens to, and what a finding is about"),
        ("Gathered", "inspection/findings quality/liability", "what a form holds, and what a verdict is made of"),
        ("Settlement", "aftersales/settlements production/print_jobs", "of a sale, and of what became of labels"),
        ("Answer", "public/card quality/root_cause", "a page that is answered, and what an engine answers"),
        ("Ask", "quality/trace staff/calendars", QUESTION),
        ("At", "platform/db public/card", "how a moment is written to the store, and where a card is"),
        ("Cause", "kernel quality/root_cause", ENGINE),
        ("Cell", "platform/exports quality/root_cause quality/root_cause", ENGINE),
        ("Change", "kernel platform/imports quality/liability", ENGINE),
        ("Choice", "kernel public/resolver", "a line of a closed list, and what a resolver chose"),
        ("Column", "platform/db platform/imports quality/trace", "of a file, and of a trace's table"),
        ("Compared", "quality/trace staff/accounts", ENGINE),
        ("Component", "inspection/defects production/composition quality/trace", "of a style, of a defect, and of a trace"),
        ("Day", "kernel platform/db", "a day of a calendar, and how a day is written to the store"),
        ("Difference", "platform/db quality/recalls", "between two stores, and between two answers"),
        ("Draft", "inspection/findings production/labels", "what somebody wants a thing to be, each read by its own room"),
        ("Entry", "platform/http platform/imports", "of the menu, and of an import"),
        ("Excess", "quality/liability quality/root_cause", ENGINE),
        ("Factor", "quality/liability quality/root_cause", ENGINE),
        ("Finding", "inspection/findings platform/db", "what an inspector and what the examination of a store found"),
        ("Format", "platform/exports production/labels", "of a file, and of labels"),
        ("Kind", "kernel platform/imports quality/trace", ENGINE),
        ("Layer", "production/labels quality/trace", ENGINE),
        ("Level", "public/links quality/root_cause quality/root_cause", "two lists of choices, each named after what it grades"),
        ("Live", "platform/db staff/tokens", "a word of SQL, and a key that still holds"),
        ("Money", "kernel quality/liability", "the kernel's with a currency; the engine's reckons in one"),
        ("Node", "public/resolver quality/root_cause quality/trace", ENGINE),
        ("Outcome", "ownership/holders platform/imports quality/liability", "of an import, of a claim, and of a matter"),
        ("Part", "kernel production/labels", ENGINE),
        ("Parts", "public/card quality/trace", ENGINE),
        ("Place", "platform/imports quality/trace", "where an import finds the store, and a place in a trace"),
        ("Plan", "demo quality/root_cause", "of the demo season, and of sampling"),
        ("Point", "production/styles quality/root_cause", ENGINE),
        ("Purpose", "ownership/holders platform/keys", "of a key, and of a consent"),
        ("Role", "production/parties quality/liability staff/accounts", "a person's, a party's, and a component's in a matter"),
        ("Said", "platform/rooms public/card", "what somebody says of a thing, and what a card says"),
        ("Seen", "ownership/scans public/card", ENGINE),
        ("Secret", "ownership/holders platform/rooms", "what a holder's device keeps, and what is shown once when it is made"),
        ("Settings", "quality/root_cause quality/root_cause", ENGINE),
        ("Severity", "inspection/defects quality/root_cause", "how grave a defect is; the same for the engine, which knows no room"),
        ("Sheet", "platform/exports production/labels", "of labels, and of a workbook"),
        ("Sound", "inspection/findings ownership/sales", "a draft that was checked, each by its own room"),
        ("Span", "kernel quality/trace", ENGINE),
        ("Standing", "platform/db production/corrections production/print_jobs quality/root_cause", STATE),
        ("Status", "inspection/findings ownership/garments ownership/warranties production/parties production/printers", STATE),
        ("Step", "quality/root_cause quality/trace", ENGINE),
        ("Subject", "kernel quality/root_cause quality/trace", "of an event, of a trace, and of the engine's cells"),
        ("Summary", "ownership/scans production/labels", ENGINE),
        ("Surprise", "quality/root_cause quality/root_cause", ENGINE),
        ("Suspect", "inspection/defects quality/root_cause", ENGINE),
        ("Table", "platform/db quality/root_cause quality/root_cause quality/trace", ENGINE),
        ("Tally", "ownership/garments quality/root_cause quality/trace", "counts of garments, of the engine's cells, and of a trace"),
        ("Target", "kernel production/labels public/resolver", "of a deadline, of a label's code, and of a resolver's answer"),
        ("Thing", "platform/rooms quality/trace", "what rooms hold, and what a trace begins at"),
        ("Totals", "production/print_jobs quality/trace", "of a print job, and of a trace"),
        ("Verdict", "production/print_jobs quality/liability quality/root_cause", "of a printer, and of two engines"),
        ("Wanted", "platform/imports production/print_jobs", "of an import, and of a print job"),
    ],
};
