//! Print jobs: a batch becomes labels, in a file or out of a printer, and no serial is ever printed twice.
//!
//! - A job's units are its **chunks**. A file is one chunk a run of units; what goes to a printer is cut small, because a chunk is what is
//!   at stake when something goes wrong.
//! - A chunk is written down as `sent` before its first byte leaves. What becomes of it is then known (`confirmed`) or not (`unknown`), and
//!   an unknown chunk is never sent again: a person looks at the roll and says that it was printed, or its serials are voided and as many
//!   new ones take their place.
//! - A printer that does not answer is a state. Before a chunk is sent it only means that nothing is sent; after, that the chunk is unknown.
//! - What goes to a printer is always new: units no other job had.

mod fill;
mod http;
mod import;
mod make;
mod page;
mod rules;
mod run;
mod store;
mod view;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use fill::default_template;
pub use import::IMPORT;
pub use make::{LabelWork, Made, make, make_at, preview, queue_print};
pub use run::{run_forever, run_job, run_one};
pub use store::{Chunk, PrintJob, Totals, Verdict};
pub use view::{JobView, Unaccounted, job_view, unaccounted};

use crate::choices;
use crate::kernel::Error;
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Room};
use crate::production::labels::Format;

/// The room.
pub const ROOM: Room = Room::new("print_jobs", http::routes)
    .menu(&[Entry::new("/labels", "labels-title", &[Permission::LabelsRead])])
    .imports(&[IMPORT])
    .works(&[|| Box::new(LabelWork)]);

choices! {
    /// Where a job stands.
    PrintJobState {
        /// Waits for its turn.
        Queued = "queued", "等待中", "Waiting";
        /// Is being done.
        Running = "running", "进行中", "In progress";
        /// Waits for a person: told to, or because of the printer.
        Paused = "paused", "已暂停", "Paused";
        /// Nothing is left to be made.
        Done = "done", "已完成", "Done";
        /// Could not be made.
        Failed = "failed", "失败", "Failed";
        /// Called off.
        Cancelled = "cancelled", "已取消", "Called off";
    }
}

choices! {
    /// Where a chunk stands.
    ChunkState {
        /// Not yet sent.
        Queued = "queued", "等待中", "Waiting";
        /// On its way, or with a printer that confirms nothing.
        Sent = "sent", "已发送", "Sent";
        /// Printed, by the printer's or a person's word.
        Confirmed = "confirmed", "已印", "Printed";
        /// Perhaps printed. Never sent again.
        Unknown = "unknown", "不明", "Unknown";
        /// Its serials are void.
        Voided = "voided", "已作废", "Void";
    }
}

/// What a list of jobs shows.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "label-jobs", title: ("标签任务", "Label jobs"), columns: &[
    Field::new("id", Kind::Id, &["任务"], &["Job"]).listed(),
    Field::new("created_at", Kind::Moment, &["开始时间"], &["Begun"]).listed(),
    Field::new("batch", Kind::Code, &["批次"], &["Batch"]).listed().filter("batch").offers("batches"),
    Field::new("template", Kind::Line(80), &["模板"], &["Template"]).listed(),
    Field::new("format", Kind::Choice(Format::TABLE), &["文件格式"], &["Format"]),
    Field::new("printer", Kind::Code, &["打印机"], &["Printer"]).nullable().listed(),
    Field::new("claim_codes", Kind::Flag, &["印有领取码"], &["With claim codes"]),
    Field::new("labels", Kind::Whole(0, i64::MAX), &["标签"], &["Labels"]).listed(),
    Field::new("made", Kind::Whole(0, i64::MAX), &["已完成"], &["Made"]).listed(),
    Field::new("unaccounted", Kind::Whole(0, i64::MAX), &["去向不明"], &["Unaccounted for"]).listed(),
    Field::new("state", Kind::Choice(PrintJobState::TABLE), &["状态"], &["State"]).listed().filter("state"),
    Field::new("message", Kind::Line(400), &["原因"], &["Reason"]),
    Field::new("created_by", Kind::Actor, &["发起人"], &["Begun by"]),
] };

/// What somebody wants labels of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelRequest {
    /// Code of the batch.
    pub batch: String,
    /// Name of the template; the hang-tag when absent.
    #[serde(default)]
    pub template: Option<String>,
    /// `pdf`, `zpl`, `tspl`, `png`, `svg` or `csv`; `pdf` when absent. Not with a printer, whose language decides.
    #[serde(default)]
    pub format: Option<String>,
    /// Code of the printer. Absent: a file is made.
    #[serde(default)]
    pub printer: Option<String>,
    /// How many labels; more serials are minted if need be. Absent: all units of the batch.
    #[serde(default)]
    pub count: Option<i64>,
    /// Which units, counted from 1 with both ends: `501-1000`. Not with `count`.
    #[serde(default)]
    pub units: Option<String>,
    /// Only units no job ever had. Always so with a printer.
    #[serde(default)]
    pub only_new: bool,
    /// Whether the labels carry claim codes.
    #[serde(default)]
    pub claim_codes: bool,
    /// Dots per inch; the template's own when absent. A printer has its own.
    #[serde(default)]
    pub dpi: Option<u16>,
}

/// An error as a job's message keeps it.
fn words_of(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => refusal.to_string(),
        other => other.code().as_str().to_owned(),
    }
}
