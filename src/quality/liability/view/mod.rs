//! Rule tables, verdicts and statements as people and programs read them. Who is bound to a party learns of a verdict what concerns them: the
//! defect, the batch, their own lots and share, the rule and the evidence; of others only the role.

mod rule_sets;
mod statements;
mod verdicts;
mod why;

pub use rule_sets::RulesView;
pub use statements::StatementView;
pub use verdicts::{NoticeView, VerdictView, verdict_views};
pub use why::{SecondView, WhyView, why};

use crate::kernel::event::Subject;
use crate::kernel::{Id, Result, parsed};
use crate::platform::db::Db;
use crate::platform::events::{self, Fact};

/// The history of something, of which who is bound to a party sees nothing: it names people.
fn history(db: &mut Db, subject: &'static str, id: Id) -> Result<Vec<Fact>> {
    events::of(db, Subject::Thing(subject, id.0))
}

fn id_of(code: &str) -> Id {
    parsed(code).unwrap_or_default()
}
