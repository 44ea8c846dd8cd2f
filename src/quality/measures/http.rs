//! The acts on a measure; what every thing has, it has from its fields.

use super::store::{Measure, check, close, implement, plan};
use super::{CHECK, CLOSE, IMPLEMENT, PLAN};
use crate::platform::http::Routes;
use crate::platform::http::perm::RecallEdit;
use crate::platform::rooms::{BrandOnly, ThingAct, routes as thing_routes, thing_act};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    thing_routes::<Measure>(on);
    let acts = [
        ThingAct { verb: "plan", about: "It is known why it happened and what is to change.", asks: &PLAN, deed: plan },
        ThingAct { verb: "implement", about: "It is changed, and checked from a day on.", asks: &IMPLEMENT, deed: implement },
        ThingAct {
            verb: "check",
            about: "Somebody else than its owner says whether it helped. The numbers are counted up to today.",
            asks: &CHECK,
            deed: check,
        },
        ThingAct { verb: "close", about: "It is over.", asks: &CLOSE, deed: close },
    ];
    for act in acts {
        thing_act::<_, BrandOnly<RecallEdit>>(on, act);
    }
}
