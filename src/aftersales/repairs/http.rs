//! The acts on a repair; what every thing has, it has from its fields.

use serde_json::Value;

use super::store::acts::{accept, beyond, check, cost, decline, diagnose, hand, part, pay, quote, receive, reject, send, sign, start};
use super::{ACCEPT, CHECK, COST, DIAGNOSE, HAND, PART, PAY, QUOTE, REASON, RECEIVE, RepairOrder, SEND, SIGN};
use crate::kernel::{Code, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::Routes;
use crate::platform::http::perm::CasesEdit;
use crate::platform::rooms::{ActDeed, Acting, BrandOnly, Fields, Said, Sees, ThingAct, once_made_routes, thing_act};
use crate::platform::state::AppState;

/// Every act: its verb, what the API says of it, what it asks, what it does.
type Acts = [(&'static str, &'static str, &'static Fields, ActDeed<RepairOrder>)];

#[rustfmt::skip]
const ACTS: &Acts = &[
    ("quote", "Quotes, or quotes anew: the buyer is asked again.", &QUOTE, |db, stamp, order, by| quote(db, stamp, order, by.said.value()?)),
    ("accept", "The buyer agrees to the quote that holds.", &ACCEPT, |db, stamp, order, by| accept(db, stamp, order, by.said.value()?)),
    ("reject", "The buyer does not want it.", &REASON, |db, stamp, order, by| reject(db, stamp, order, by.said.value()?)),
    ("decline", "It is not repaired.", &REASON, |db, stamp, order, by| decline(db, stamp, order, by.said.value()?)),
    ("diagnose", "Somebody of the workshop looks at it: the finding and the case have what was found.", &DIAGNOSE, |db, stamp, order, by| diagnose(db, stamp, order, by.app.today(), by.said.value()?)),
    ("receive", "The garment is here.", &RECEIVE, |db, stamp, order, by| receive(db, stamp, order, by.said.value()?)),
    ("start", "The work begins.", &Fields::NONE, |db, stamp, order, _| start(db, stamp, order)),
    ("part", "Something of a lot is put in.", &PART, |db, stamp, order, by| part(db, stamp, order, by.app.today(), by.said.value()?)),
    ("cost", "What it costs us goes to the ledger.", &COST, |db, stamp, order, by| cost(db, stamp, order, by.app.today(), by.said.value()?)),
    ("check", "The repairer looks at it, then somebody else.", &CHECK, |db, stamp, order, by| check(db, stamp, order, by.said.value()?)),
    ("pay", "A payment is noted.", &PAY, |db, stamp, order, by| pay(db, stamp, order, by.app.today(), by.said.value()?)),
    ("send", "It goes to the buyer.", &SEND, |db, stamp, order, by| send(db, stamp, order, by.app.today(), by.said.value()?)),
    ("hand", "The buyer has it.", &HAND, |db, stamp, order, by| hand(db, stamp, order, by.said.value()?)),
    ("sign", "The buyer signs, or sends it back to the bench.", &SIGN, |db, stamp, order, by| sign(db, stamp, order, by.said.value()?)),
    ("beyond", "It cannot be mended.", &REASON, |db, stamp, order, by| beyond(db, stamp, order, by.said.value()?)),
];

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    once_made_routes::<RepairOrder>(on);
    for &(verb, about, asks, deed) in ACTS {
        thing_act::<_, BrandOnly<CasesEdit>>(on, ThingAct { verb, about, asks, deed });
    }
}

/// Does something with a repair as the API does, in a write that is under way: `verb` says what, `document` what it asks.
///
/// # Errors
/// [`Code::NotFound`] for no such repair or verb; what the act refuses.
pub fn act(app: &AppState, db: &mut Db, stamp: &Stamp, code: &str, verb: &str, document: Value) -> Result<RepairOrder> {
    let Value::Object(document) = document else { return Err(Code::Malformed.into()) };
    let &(verb, about, asks, deed) = ACTS.iter().find(|act| act.0 == verb).ok_or(Code::NotFound)?;
    let acting = Acting { app, sees: Sees::ALL, said: &Said::of_json(asks, document)? };
    ThingAct { verb, about, asks, deed }.within(db, stamp, code, &acting)
}
