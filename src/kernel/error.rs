//! One error type for everything, and the one table of error codes.
//!
//! Which type to use where:
//! - a **rule** or a **store** function returns [`Result`]; what a person can mend is a [`Refusal`] (a code, its arguments, the fields it is about);
//! - a **broken** thing (database gone, disk full, a bug) is [`Error::Broken`] with its source, logged whole and shown as a plain 500;
//! - [`Error::Retry`] never leaves the store: the write verb runs the closure again;
//! - [`Error::Busy`] is a bounded wait that ran out: 503 with `Retry-After`.
//!
//! The words people read are not here: `error-<code>` in each language's catalogue, so that every code has both (a test checks).

use std::borrow::Cow;
use std::fmt;

/// The result of everything that may be refused or may break.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// Why something was refused. The text form is stable: it is part of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in table order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable text form, as it stands in `code` of a problem document.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }
        }
    };
}

codes! {
    // What the request is
    /// No such thing, or none that the caller may know of.
    NotFound = "not_found", 404;
    /// The method is not offered here.
    MethodNotAllowed = "method_not_allowed", 405;
    /// None of the media types asked for can be made.
    NotAcceptable = "not_acceptable", 406;
    /// The body is of a media type this route does not read.
    UnsupportedMedia = "unsupported_media", 415;
    /// The body is larger than this route takes (`limit` bytes).
    BodyTooLarge = "body_too_large", 413;
    /// What somebody handed in and not yet wrote or threw away fills what they may have (`megabytes`).
    QuotaFull = "quota_full", 413;
    /// The body did not arrive in time.
    BodyTooSlow = "body_too_slow", 408;
    /// The body is not what its media type says (`reason`).
    Malformed = "malformed", 400;
    /// One or more fields are wrong; each is named.
    Invalid = "invalid", 422;
    /// Too many requests; `seconds` until the next may come.
    TooMany = "too_many", 429;
    /// The store did not answer in time.
    Busy = "busy", 503;
    /// Something of ours is broken; `id` finds it in the log.
    Broken = "broken", 500;

    // Who asks
    /// Nobody is signed in.
    SignInNeeded = "sign_in_needed", 401;
    /// Signed in, but without the right.
    Forbidden = "forbidden", 403;
    /// The form did not come from our own page.
    CrossSite = "cross_site", 403;
    /// Name or password is wrong.
    WrongPassword = "wrong_password", 401;
    /// The token is not valid (any reason).
    BadToken = "bad_token", 401;
    /// A one-time link that was used, has run out or never was.
    LinkSpent = "link_spent", 410;
    /// The password is one of those tried first by everyone.
    PasswordCommon = "password_common", 422;
    /// The password was not typed the same way twice.
    PasswordsDiffer = "passwords_differ", 422;

    // Repeated and concurrent requests
    /// A correction that leaves everything as it is.
    NothingChanges = "nothing_changes", 422;
    /// Same idempotency key, other request.
    KeyReused = "key_reused", 422;
    /// Something with this name is there already (`field`).
    Duplicate = "duplicate", 409;
    /// Somebody else changed it in between.
    Stale = "stale", 409;
    /// The state does not allow it (`state`).
    WrongState = "wrong_state", 409;

    // Values
    /// Nothing where something is needed.
    Missing = "missing", 422;
    /// Longer than `max` characters.
    TooLong = "too_long", 422;
    /// Shorter than `min` characters.
    TooShort = "too_short", 422;
    /// A control character in a text.
    ControlCharacter = "control_character", 422;
    /// Not a number.
    NotANumber = "not_a_number", 422;
    /// More than `max` decimals; none where that is 0, as in some currencies.
    TooManyDecimals = "too_many_decimals", 422;
    /// Not a date of the form 2026-03-31.
    NotADate = "not_a_date", 422;
    /// Below zero.
    BelowZero = "below_zero", 422;
    /// Does not go with the rest (`with`).
    DoesNotApply = "does_not_apply", 422;
    /// Outside `min`..=`max`.
    OutOfRange = "out_of_range", 422;
    /// Not one of `allowed`.
    NotOneOf = "not_one_of", 422;
    /// A field this document does not have.
    UnknownField = "unknown_field", 422;
    /// A name that stands for nothing, or for more than one thing (`kind`: country, currency, fibre, component; `value`; `near_zh`, `near_en`).
    UnknownName = "unknown_name", 422;
    /// Points at something that is not there (`value`).
    UnknownReference = "unknown_reference", 422;
    /// Names something that is closed, which nothing new may do (`closed`: its code).
    Closed = "closed", 422;
    /// A day further ahead than it can be (`value`, `latest`).
    DateToCome = "date_to_come", 422;
    /// A date before the one it must follow (`earlier`, `later`).
    DatesOutOfOrder = "dates_out_of_order", 422;
    /// Two stretches that share something (`first`, `second`).
    Overlap = "overlap", 422;
    /// Rows with conditions hold on days on which none without conditions does (`value`: one of them, `clock_zh`, `clock_en`: what they are for).
    NoCatchAll = "no_catch_all", 422;
    /// Shares that do not sum to what they must (`sum`, `expected`).
    WrongSum = "wrong_sum", 422;

    // GS1 and serials
    /// The check digit of a GS1 key is wrong (`expected`).
    CheckDigit = "check_digit", 422;
    /// Not a GTIN of 8, 12, 13 or 14 digits.
    NotAGtin = "not_a_gtin", 422;
    /// A number in the form of a GTIN that is none of a product sold everywhere (`reason`).
    RestrictedGtin = "restricted_gtin", 422;
    /// Not a GS1 Digital Link (`reason`).
    NotADigitalLink = "not_a_digital_link", 400;
    /// The public check character of a serial is wrong: a typo.
    SerialTypo = "serial_typo", 422;
    /// Not issued by us. Also said of void serials.
    SerialUnknown = "serial_unknown", 404;

    // Production
    /// A lot would contain itself (`path`).
    Cycle = "cycle", 422;
    /// More units than a batch number can name (4,194,304).
    BatchTooLarge = "batch_too_large", 422;
    /// More serials than garments are planned (`planned`; `minted`: those that have one and are not void; `left`).
    BeyondPlanned = "beyond_planned", 409;
    /// Other things stand on it: it changes only by a correction of its own (`by`: what stands on it, `count`: how many).
    InUse = "in_use", 409;
    /// The code is that of several things (`value`; `between`: `suppliers` with their codes in `suppliers` and a clear name in `write`, or `kinds`).
    Ambiguous = "ambiguous", 409;

    // Labels
    /// The template will not scan or will not print (`reason`).
    TemplateRefused = "template_refused", 422;
    /// A character no loaded font can draw (`character`, `font`).
    MissingGlyph = "missing_glyph", 422;
    /// A module of the QR code is smaller than phones read (`mm`, `min`).
    ModuleTooSmall = "module_too_small", 422;
    /// A module that is not a whole number of dots (`dots`, `dpi`).
    DotsNotWhole = "dots_not_whole", 422;
    /// The QR code with its quiet zone is larger than its place (`needed`, `given`, mm).
    CodeDoesNotFit = "code_does_not_fit", 422;
    /// Something is drawn in the quiet zone of the QR code (`left`, `top`).
    QuietZone = "quiet_zone", 422;
    /// A text reaches over the edge of the label (`text`).
    TextClipped = "text_clipped", 422;
    /// A text runs into another one or into the QR code (`text`, `other`).
    TextOverlaps = "text_overlaps", 422;
    /// An image that is not inside the template (`href`).
    RemoteImage = "remote_image", 422;
    /// Something that cannot be printed as lines and areas (`feature`).
    NotDrawable = "not_drawable", 422;
    /// The printer could not be reached (`reason`).
    PrinterUnreachable = "printer_unreachable", 502;

    // Sales, warranty, holder
    /// The rule gives the buyer of this garment nothing today (`rule`).
    NoRight = "no_right", 409;
    /// Nothing is accepted or refused that was not inspected since it came.
    NotInspected = "not_inspected", 422;
    /// Whoever said what was found the first time does not say it again: somebody else looks.
    AnotherInspector = "another_inspector", 409;
    /// A person decides this, not a program.
    PersonNeeded = "person_needed", 409;
    /// The garment has a live sale already.
    AlreadySold = "already_sold", 409;
    /// The garment has no sale.
    NotSold = "not_sold", 409;
    /// The claim code is not right. Same answer whatever is wrong with it.
    WrongClaimCode = "wrong_claim_code", 422;
    /// No more tries today.
    NoTriesLeft = "no_tries_left", 429;
    /// Somebody holds it already.
    AlreadyClaimed = "already_claimed", 409;
    /// The transfer code is not right or has run out.
    WrongTransferCode = "wrong_transfer_code", 422;

    /// The quote is another now (`now`: its version).
    QuoteChanged = "quote_changed", 409;
    /// What has a price does not leave before it is paid.
    Unpaid = "unpaid", 409;
    // After-sales
    /// The garment is in a request that is worked on already (`no`: its case, for those who may know).
    CaseOpen = "case_open", 409;
    /// A return, a repair or a settlement is under way (`what`, `line`, `no`: of which case): it is ended first.
    UnderWay = "under_way", 409;
    /// Lines of a case of which something is still to be said or done (`count`, `lines`).
    Undecided = "undecided", 409;
    /// Tasks of a case that are not ended (`count`).
    TasksOpen = "tasks_open", 409;
    /// It was answered before, and an answer stays as it was given.
    AlreadyAnswered = "already_answered", 409;
    /// Later than it may be done (`days`).
    TooLate = "too_late", 409;
    /// Earlier than it may be done (`from`).
    TooEarly = "too_early", 409;
    /// Nothing was sold before or after it that could be compared.
    NothingToCompare = "nothing_to_compare", 409;
    /// It cannot have helped: the rate rose (`before`, `after`).
    RateRose = "rate_rose", 409;
    /// The garment was given back, and nobody has bought it since.
    GivenBack = "given_back", 409;
    // Money
    /// The sale has no price paid, without which nothing can be given back of it.
    NoPrice = "no_price", 422;
    /// More than is left of what was paid (`asked`, `left`, `currency`).
    BeyondPaid = "beyond_paid", 409;
    /// More than the inspection accepted of what came back (`asked`, `left`: what was accepted, `rest`, `currency`).
    BeyondAccepted = "beyond_accepted", 409;
    /// A garment with a serial from elsewhere, of which nobody here says whose it is now.
    NotOurStock = "not_our_stock", 422;
    /// The sale was refunded, exchanged or credited before (`kind`, `settlement`).
    AlreadySettled = "already_settled", 409;
    /// Somebody else has to do this (`who`: author, twice, repairer, owner, holder, compensation with `from` and `currency`).
    NeedsAnother = "needs_another", 409;
    /// The entry was taken back before, or is itself what takes one back.
    AlreadyReversed = "already_reversed", 409;
    /// The claim is covered: its repair and its ways cost the customer nothing.
    CoveredClaim = "covered_claim", 409;

    // Files
    /// Not an image of a kind we read.
    NotAnImage = "not_an_image", 422;
    /// More pixels than we decode (`max` megapixels).
    ImageTooLarge = "image_too_large", 422;
    /// The file cannot be read to its end (`reason`).
    FileBroken = "file_broken", 422;
    /// The file has no column that is needed (`column`).
    ColumnMissing = "column_missing", 422;
    /// A row has more cells than the header names.
    TooManyCells = "too_many_cells", 422;
    /// Another file says something else of the same record (`file`, `file_line`).
    Contradicts = "contradicts", 422;
    /// The code made for a row is that of a record with another name (`made`, `there`, `here`).
    MadeCodeTaken = "made_code_taken", 422;

    // Settings and the store itself: said on the terminal
    /// A setting that is not one (`nearest`).
    SettingUnknown = "setting_unknown", 500;
    /// A setting's value that cannot be used (`value`, `reason`).
    SettingRefused = "setting_refused", 500;
    /// There is no store, and this command makes none (`place`).
    StoreMissing = "store_missing", 500;
    /// The store is of a newer program (`place`, `store`, `program`, `own`).
    StoreNewer = "store_newer", 500;
    /// The file holds somebody else's tables (`place`).
    StoreForeign = "store_foreign", 500;
    /// The store's tables are not what its migrations made; each difference is named (`place`).
    StoreDiffers = "store_differs", 500;
    /// A table, column or key that should be there (`wanted`).
    StoreLacks = "store_lacks", 500;
    /// A column that is not as it should be (`found`, `wanted`).
    StoreOther = "store_other", 500;
    /// A table, column or key that is not of this program (`found`).
    StoreMore = "store_more", 500;
    /// Too little room on the disk (`place`, `needed`, `free`).
    NoRoom = "no_room", 503;
    /// No backup could be made, so nothing was changed (`place`, `reason`).
    BackupFailed = "backup_failed", 500;
}

/// What stands in for `{ $name }` in a message.
pub type Args = Vec<(&'static str, Cow<'static, str>)>;

/// One thing wrong with one place of what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Field or column, as the sender wrote it (a JSON pointer tail such as `lots.0.quantity` for nested fields).
    pub field: Cow<'static, str>,
    /// Line of the file, counted from 1 (the header is line 1). None where there are no lines.
    pub line: Option<u64>,
    /// Why.
    pub code: Code,
    /// Arguments of the message.
    pub args: Args,
}

impl Fault {
    /// A fault of one field.
    pub fn new(field: impl Into<Cow<'static, str>>, code: Code) -> Self {
        Self { field: field.into(), line: None, code, args: Vec::new() }
    }

    /// With an argument for the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, Cow::Owned(value.to_string())));
        self
    }

    /// With what was perhaps meant, Chinese and English: said after the message, in the language of whoever reads it.
    #[must_use]
    pub fn near(self, names: &[(&str, &str)]) -> Self {
        if names.is_empty() {
            return self;
        }
        let (zh, en): (Vec<_>, Vec<_>) = names.iter().copied().unzip();
        self.with("near_zh", zh.join("或")).with("near_en", en.join(" or "))
    }

    /// At a line of a file.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }
}

/// A refusal: what was asked will not be done, and it is for the asker to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// Arguments of the message.
    pub args: Args,
    /// The places it is about, if it is about places.
    pub faults: Vec<Fault>,
}

impl Refusal {
    /// A refusal with nothing but its code.
    pub fn new(code: Code) -> Self {
        Self { code, args: Vec::new(), faults: Vec::new() }
    }

    /// With an argument for the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, Cow::Owned(value.to_string())));
        self
    }

    /// `Invalid` with its faults, or nothing when there are none.
    ///
    /// # Errors
    /// When `faults` is not empty.
    pub fn unless_empty(faults: Vec<Fault>) -> Result<()> {
        if faults.is_empty() {
            return Ok(());
        }
        Err(Error::Refused(Box::new(Self { code: Code::Invalid, args: Vec::new(), faults })))
    }
}

impl Refusal {
    /// The refusal of faults that the store showed: what stands on something or is there already is a conflict, as the first of them says,
    /// unless something is wrong besides; nothing when there are none.
    ///
    /// # Errors
    /// When `faults` is not empty.
    pub fn unless_none(faults: Vec<Fault>) -> Result<()> {
        match faults.first().filter(|_| faults.iter().all(|fault| fault.code.status() == 409)) {
            Some(first) => Err(Self { code: first.code, args: first.args.clone(), faults }.into()),
            None => Self::unless_empty(faults),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code.as_str())?;
        for (name, value) in &self.args {
            write!(f, " {name}={value}")?;
        }
        for fault in &self.faults {
            write!(f, "; ")?;
            if let Some(line) = fault.line {
                write!(f, "line {line}, ")?;
            }
            write!(f, "{}: {}", fault.field, fault.code.as_str())?;
            for (name, value) in &fault.args {
                write!(f, " {name}={value}")?;
            }
        }
        Ok(())
    }
}

/// What can go wrong anywhere.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Refused: the asker can mend it.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Broken: ours to mend. The source goes to the log, never to the asker.
    #[error("broken")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store asks to run the write again (serialization failure, deadlock).
    #[error("the write must be run again")]
    Retry,
    /// A bounded wait ran out.
    #[error("busy")]
    Busy,
}

impl Error {
    /// The same with faults of one field said of another: of the name under which whoever is refused knows it.
    #[must_use]
    pub fn renaming(self, from: &str, to: &'static str) -> Self {
        let Self::Refused(mut refusal) = self else { return self };
        refusal.faults.iter_mut().filter(|fault| fault.field == from).for_each(|fault| fault.field = to.into());
        Self::Refused(refusal)
    }

    /// Wraps whatever broke.
    pub fn broken(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Broken(source.into())
    }

    /// The code a problem document shows for it.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Broken(_) => Code::Broken,
            Self::Retry | Self::Busy => Code::Busy,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Refusal::new(code).into()
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Refused(Box::new(Refusal { code: Code::Invalid, args: Vec::new(), faults: vec![fault] }))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::broken(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct() {
        let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        texts.sort_unstable();
        let all = texts.len();
        texts.dedup();
        assert_eq!(texts.len(), all);
    }
}
