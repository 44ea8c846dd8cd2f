//! Who holds a garment: whoever proved possession with the claim code. No account, no name; a secret in their browser, its hash in the store.
//!
//! - **Claim**: the code under the scratch film, a few tries a day for one serial. A wrong try is written down although it is refused, so
//!   [`claim`] and [`transfer_accept`] answer `Ok(Outcome::Wrong)`: an error would leave no trace, and the count with it. Whatever is wrong
//!   with a code, the answer is the same.
//! - **Transfer**: the holder makes a one-time code; whoever enters it holds the garment, and the former holder no more.
//! - **Contact**: only if the holder wants, for the purposes they choose, sealed under a key of their own ([`HolderKeys`]). It ends with the
//!   holding: it is never passed on.
//!
//! What erasing guarantees: the row keeps neither the text nor its key, and no plain text was ever stored. On SQLite the freed bytes are
//! overwritten in the same write, and the log keeps them, sealed, until its next checkpoint; PostgreSQL keeps them, sealed, until VACUUM.
//! Backups made before keep them, sealed, as long as the backup and the house's key are both kept.

mod http;
mod rules;
mod seal;
mod store;

use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Room};
pub use rules::{COOKIE_DAYS, Consent, Contact, Purpose, ReadReason, Secret, TransferCode};
pub use seal::{HolderKeys, Sealed, SealedFor};
pub use store::{
    Export, ExportEvent, Holder, LegalHold, Opened, Outcome, claim, claimed_at_of, contact_erase, contact_of, contact_read, contact_save,
    end_for_return, export, holder_of, is_legally_held, live, may_erase, overwriting, recover, release, transfer_accept, transfer_offer,
};

/// The room.
pub const ROOM: Room =
    Room::new("holders", http::routes).menu(&[Entry::new("/legal-holds", "legal-holds-title", &[Permission::LiabilityEdit])]);

/// The fields of a legal hold.
#[rustfmt::skip]
pub const LEGAL_HOLD_FIELDS: Fields = Fields { table: "legal-holds", title: ("法律保全", "Legal holds"), columns: &[
    Field::new("code", Kind::Id, &["保全"], &["Hold"]).only_read(),
    Field::new("serial", Kind::Line(2_000), &["序列号"], &["Serial"]).needed().listed()
        .hint("序列号或标签网址。", "A serial or a label's address.", "a7-Q/0001"),
    Field::new("reason", Kind::Paragraph(1_000), &["理由"], &["Reason"]).needed().listed()
        .hint("案号或争议；不要写个人信息。", "Number of the proceedings or dispute. Name no person.", "(2026)沪01民初123号"),
    Field::new("set_by", Kind::Actor, &["设置人"], &["Set by"]).only_read().listed(),
    Field::new("set_at", Kind::Moment, &["设置时间"], &["Set"]).only_read().listed(),
    Field::new("lifted_by", Kind::Actor, &["解除人"], &["Lifted by"]).only_read().listed(),
    Field::new("lifted_at", Kind::Moment, &["解除时间"], &["Lifted"]).only_read(),
    Field::new("lifted_why", Kind::Paragraph(1_000), &["解除理由"], &["Why"]).only_read(),
] };

/// What is said of a new one.
#[rustfmt::skip]
pub const NEW_LEGAL_HOLD: Fields = Fields { table: LEGAL_HOLD_FIELDS.table, title: LEGAL_HOLD_FIELDS.title, columns: {
    const ALL: &[Field] = LEGAL_HOLD_FIELDS.columns;
    ALL.split_at(1).1.split_at(2).0
} };

/// What is asked of whoever lifts one.
#[rustfmt::skip]
const LIFT: Fields = Fields { table: LEGAL_HOLD_FIELDS.table, title: LEGAL_HOLD_FIELDS.title, columns: &[
    Field::new("reason", Kind::Paragraph(1_000), &["理由"], &["Reason"]).needed().hint("不要写个人信息。", "Name no person.", ""),
] };
