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
mod make;
mod page;
mod rules;
mod run;
mod store;
mod view;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use fill::default_template;
pub use http::routes;
pub use make::{LabelWork, Made, make, make_at, preview, queue_print};
pub use run::{run_forever, run_job, run_one};
pub use store::{Totals, Verdict, settle};
pub use view::{JobView, Unaccounted, job_view, unaccounted};

use crate::choices;
use crate::kernel::{BatchNo, Error, Id};
use crate::production::labels::Format;

choices! {
    /// Where a job stands.
    JobState {
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

/// A job as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelJobRow {
    /// Its id.
    pub id: Id,
    /// The batch.
    pub batch: BatchNo,
    /// Name of the template.
    pub template: String,
    /// What is written.
    pub format: Format,
    /// The printer; None for a file.
    pub printer: Option<Id>,
    /// The file's name in the folder of label files, when it is there.
    pub file: Option<String>,
    /// Whether the labels carry claim codes.
    pub claim_codes: bool,
    /// Where it stands.
    pub state: JobState,
    /// Why it stands there: names of reasons, or a text.
    pub message: String,
    /// Labels made so far, of a file.
    pub made: i64,
    /// Who asked.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Last news, UTC.
    pub updated_at: NaiveDateTime,
    /// Grows with every change of state.
    pub version: i64,
}

/// A chunk of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its place in the job, from 1.
    pub seq: i64,
    /// Its units, from 0, end left out.
    pub units: std::ops::Range<i64>,
    /// Where it stands.
    pub state: ChunkState,
    /// When it was sent, UTC.
    pub sent_at: Option<NaiveDateTime>,
    /// When it was settled, UTC.
    pub settled_at: Option<NaiveDateTime>,
    /// What was said about it.
    pub note: String,
}

/// An error as a job's message keeps it.
fn words_of(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => refusal.to_string(),
        other => other.code().as_str().to_owned(),
    }
}
