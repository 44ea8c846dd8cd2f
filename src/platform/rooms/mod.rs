//! The middle: what every room has in common, said once.
//!
//! A room says which [`Fields`] its thing has and how the store finds and saves one ([`Thing`]); from that it gets a list with filters, pages
//! in both directions and downloads, a form, a page of one, the API with its description, and files to hand in. What is special to a room is
//! written by hand beside it, on the same parts:
//!
//! - [`Call`]: who asks, what they may see ([`Sees`]), the language, `read` and `change`;
//! - [`Field`]: one reader for a value, whoever wrote it: a person in a form, a planner in a file, a program;
//! - [`ListQuery`] and [`ListWindow`]: which rows of a list, from where, in which direction;
//! - [`machine!`](crate::machine): which state may follow which.

mod acting;
mod api;
mod call;
mod changes;
mod field;
mod form;
mod import;
mod lines;
mod list;
mod listing;
mod names;
mod one;
mod room;
mod said;
mod secret;
mod sweep;
mod thing;
pub mod timeline;

pub use acting::{ActDeed, Acting, ThingAct, thing_act};
pub use api::{answers, code_parameter, content, list_description};
pub use call::{BrandOnly, Call, Sees, change_as};
pub use changes::{changes, tell_saved};
pub use field::{Field, Fields, Half, Kind, Lines, Reference};
pub use form::{Asked, Deeded, FormView, asking_again, asking_page, deed_form, form_again, form_page};
pub use import::{import, import_table, of_column};
pub use list::{From, ListQuery, ListWindow, Offered, Sum, halves, key_of_two};
pub use listing::{Listing, asked_of, each_of, href, list_again, list_routes, oldest_first, rows, write_row};
pub use names::{Named, Names, NamesOf, named};
pub use one::{Act, Besides, NOTHING, Panel, ShownFact, facts};
pub use room::Room;
pub(crate) use said::object;
pub use said::{Said, document};
pub use secret::{Secret, secret_page};
pub use sweep::Sweep;
pub use thing::{
    Prepare, Thing, Update, made, once_made_routes, once_made_routes_without_page, one_of, one_with, overtaken_form, routes,
    routes_without_page, saved, seen, shown_again, thing_values,
};

/// Moves a row of a table on: a conditional update on its state and version, which fails when it is not as it was read. Says which columns
/// hold the state and the version, the machine, from which state to which, and what else changes, if anything.
///
/// ```ignore
/// step!(db, label_job::table.find(job.id.0), label_job::state, label_job::version, JOB_MACHINE,
///     job.state => to, job.version, (label_job::message.eq(message), label_job::updated_at.eq(stamp.at)));
/// ```
///
/// # Errors
/// Leaves the function with [`Code::WrongState`](crate::kernel::Code::WrongState) for a step that the machine has not, and with
/// [`Code::Stale`](crate::kernel::Code::Stale) when somebody moved or changed it in between.
#[macro_export]
macro_rules! step {
    ($db:expr, $row:expr, $state:expr, $version:expr, $machine:expr, $from:expr => $to:expr, $read:expr) => {{
        $machine.check($from, $to)?;
        let (from, to, read): (_, _, i64) = ($from.as_str(), $to.as_str(), $read);
        let as_read = $state.eq(from).and($version.eq(read));
        if $crate::each!($db, |c| diesel::update($row.filter(as_read)).set(($state.eq(to), $version.eq(read + 1))).execute(c))? == 0 {
            return Err($crate::kernel::Code::Stale.into());
        }
    }};
    ($db:expr, $row:expr, $state:expr, $version:expr, $machine:expr, $from:expr => $to:expr, $read:expr, $more:expr) => {{
        $machine.check($from, $to)?;
        let (from, to, read): (_, _, i64) = ($from.as_str(), $to.as_str(), $read);
        let moved = $crate::each!($db, |c| diesel::update($row.filter($state.eq(from).and($version.eq(read))))
            .set(($state.eq(to), $version.eq(read + 1), $more))
            .execute(c))?;
        if moved == 0 {
            return Err($crate::kernel::Code::Stale.into());
        }
    }};
}
