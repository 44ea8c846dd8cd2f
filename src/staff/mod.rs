//! The staff wing: people who sign in and programs that do, what they may do, and who is at the door.
//!
//! `accounts` knows people, their roles and sessions; `tokens` knows API keys and the tokens they are exchanged for; `door` recognises both;
//! `calendars` knows holidays and make-up workdays, `working_hours` the weeks of teams; `policies` is where the numbers are set that the company decides;
//! `sign_in` holds the pages to come in, go out, look after one's own account and start from.

pub mod accounts;
pub mod calendars;
pub mod door;
pub mod policies;
pub mod sign_in;
pub mod tokens;
pub mod working_hours;
