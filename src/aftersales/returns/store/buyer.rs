//! What whoever asked does with a return on their own page.

use chrono_tz::Tz;

use super::super::rules::ReturnAct;
use super::acts::act;
use super::by_id;
use crate::aftersales::cases;
use crate::kernel::{Code, Id, Result};
use crate::ownership::holders::Secret;
use crate::platform::db::Db;
use crate::platform::events::Stamp;

/// They answer what the desk would like to know before a return is granted: a letter of theirs, and it is the desk's turn again.
///
/// # Errors
/// [`Code::NotFound`] without the secret of its case; [`Code::WrongState`] where nothing is asked; [`Code::Missing`] for `answer`.
pub fn buyer_answers(db: &mut Db, stamp: &Stamp, zone: Tz, (no, secret): (&str, &Secret), order: Id, answer: &str) -> Result<()> {
    let case = cases::with_secret(db, no, secret)?.ok_or(Code::NotFound)?;
    // A question about another case is none for them.
    if by_id(db, order)?.case_id != case.id {
        return Err(Code::NotFound.into());
    }
    act(db, stamp, zone, order, None, &ReturnAct::Answered { note: String::new() })?;
    cases::buyer_writes(db, stamp, no, secret, answer, &[]).map_err(|error| error.renaming("words", "answer"))
}
