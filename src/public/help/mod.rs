//! Asking for help: from the card of a garment to a sent request in three taps, without an account or a script; the page that tells how it
//! stands; and withdrawing from the contract.
//!
//! - **The secret** of a request stands in the address of its page and in a cookie; the store has its hash alone. A form that is sent again has
//!   the same, so that its second answer leads where the first one did.
//! - **Whoever lost the address** finds their requests by the order's number and the end of their telephone number. Whatever of both is wrong,
//!   the answer is the same, and both the address and the order are counted.
//! - **A garment that is asked about already** is answered with the page of that request for whoever sent it, and for everybody else with no more
//!   than that.

mod http;
mod page;

use crate::platform::rooms::Room;

/// The room.
pub const ROOM: Room = Room::new("help", http::routes);
