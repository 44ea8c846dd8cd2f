//! The acts on a repair; what every thing has, it has from its fields.

use super::store::{accept, beyond, check, decline, hand, part, pay, quote, receive, reject, send, sign, start};
use super::{
    ACCEPT, Accept, CHECK, CheckSaid, HAND, Handed, PART, PAY, Paid, Part, QUOTE, Quote, REASON, RECEIVE, Reason, Received, RepairOrder, SIGN, Signed,
};
use crate::platform::http::Routes;
use crate::platform::http::perm::CasesEdit;
use crate::platform::rooms::{Asking, act_routes, asking_routes, once_made_routes};

/// Mounts the room.
#[rustfmt::skip]
pub fn routes(on: &mut Routes<'_>) {
    once_made_routes::<RepairOrder>(on);
    asks::<Quote>(on, &Asking { verb: "quote", about: "Quotes, or quotes anew: the buyer is asked again.", fields: &QUOTE, deed: quote });
    asks::<Accept>(on, &Asking { verb: "accept", about: "The buyer agrees to the quote that holds.", fields: &ACCEPT, deed: accept });
    asks::<Reason>(on, &Asking { verb: "reject", about: "The buyer does not want it.", fields: &REASON, deed: reject });
    asks::<Reason>(on, &Asking { verb: "decline", about: "It is not repaired.", fields: &REASON, deed: decline });
    asks::<Received>(on, &Asking { verb: "receive", about: "The garment is here.", fields: &RECEIVE, deed: receive });
    act_routes::<RepairOrder>(on, "start", "The work begins.", start);
    asks::<Part>(on, &Asking { verb: "part", about: "Something of a lot is put in.", fields: &PART, deed: part });
    asks::<CheckSaid>(on, &Asking { verb: "check", about: "The repairer looks at it, then somebody else.", fields: &CHECK, deed: check });
    asks::<Paid>(on, &Asking { verb: "pay", about: "A payment is noted.", fields: &PAY, deed: pay });
    act_routes::<RepairOrder>(on, "send", "It goes to the buyer.", send);
    asks::<Handed>(on, &Asking { verb: "hand", about: "The buyer has it.", fields: &HAND, deed: hand });
    asks::<Signed>(on, &Asking { verb: "sign", about: "The buyer signs, or sends it back to the bench.", fields: &SIGN, deed: sign });
    asks::<Reason>(on, &Asking { verb: "beyond", about: "It cannot be mended.", fields: &REASON, deed: beyond });
}

fn asks<V: serde::de::DeserializeOwned + Clone + Send + 'static>(on: &mut Routes<'_>, act: &'static Asking<RepairOrder, V>) {
    asking_routes::<RepairOrder, CasesEdit, V>(on, act);
}
