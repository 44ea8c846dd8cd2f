//! A GS1-Conformant Resolver (1.2.0): from the address on a label to whatever was asked about the thing that bears it.
//!
//! `/01/{gtin}[/22/{cpv}][/10/{lot}][/21/{serial}]` are GS1 Digital Links; `/C/{serial}` (either case) is the address of garments whose
//! brand has no GTIN, and never pretends to be one.
//!
//! **A person's browser is handed the page itself, without a redirect; every program is redirected.** A buyer's scan must be one request, and
//! WeChat warns of pages that redirect; the standard asks for a redirect to the default link "unless there is information in the request
//! that can be matched against available link metadata to provide a better response". An `Accept` that names `text/html`, and no `linkType`,
//! is that information: the default link is the card, the card is HTML, so it is answered in place with 200. GS1's conformance suite asks
//! for the default link with `Accept: */*` and gets 307; with `Accept: text/html` it asks only for links of a named type, which are always
//! redirects. Where the brand put another default link in the card's place, browsers are redirected like everybody.
//!
//! - Unknown variants and lots walk up to what is known; an **unknown serial does not**: a made-up serial must not land on a real page.
//! - Anchors name the host and scheme the request came to, because whoever asked compares them with what they asked.
//! - Nothing here writes. Looks are counted aside, only of people's browsers, only on GET.
//! - No compression: labels are not compressed, and the only toolkit that decompresses loses leading zeros.

mod http;
mod rules;
mod store;

use crate::platform::rooms::Room;

/// The room.
pub const ROOM: Room = Room::new("resolver", http::routes);
