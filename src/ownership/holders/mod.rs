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

use crate::platform::rooms::Room;
pub use rules::{COOKIE_DAYS, Consent, Contact, Purpose, ReadReason, Secret, TransferCode};
pub use seal::{HolderKeys, Sealed, SealedFor};
pub use store::{
    Export, ExportEvent, Holder, Opened, Outcome, claim, claimed_at_of, contact_erase, contact_of, contact_read, contact_save,
    end_for_return, export, holder_of, live, overwriting, recover, release, transfer_accept, transfer_offer,
};

/// The room.
pub const ROOM: Room = Room::new("holders", http::routes);
