//! The screens of labels, print jobs and printers.

use std::collections::HashMap;

use askama::Template;
use chrono::NaiveDateTime;

use super::view::{ChunkView, JobView, Unaccounted};
use super::{ChunkState, LabelRequest, PrintJob, PrintJobState};
use crate::kernel::text::{Both, grouped};
use crate::kernel::time::local_minute;
use crate::kernel::{BatchNo, parsed};
use crate::platform::http::{FormState, Layout, query_escape, segment};
use crate::platform::rooms::Thing;
use crate::platform::rooms::timeline::Happened;
use crate::production::batches::{BatchSheet, BatchStatus};
use crate::production::labels::Format;
use crate::production::printers::{Printer, reasons};

/// Chunks a page lists at most: open ones first of all, then the rest in order.
const CHUNKS: usize = 200;
/// Unaccounted serials a page lists; all are in the CSV.
const OPEN: usize = 200;

/// A batch, with how far its labels are.
pub(super) struct ChosenBatch {
    pub no: BatchNo,
    pub view: BatchSheet,
    /// Units that had a label and are not void.
    pub labelled: i64,
    /// Units that never had one and are not void.
    pub fresh: i64,
}

/// The picture of one label.
pub(super) struct Shown {
    /// Its address.
    pub href: String,
    /// Width and height of the label, mm.
    pub size: Option<(f64, f64)>,
}

#[derive(Template)]
#[template(path = "production/print_jobs/labels.html")]
pub(super) struct LabelsPage {
    pub layout: Layout,
    pub form: FormState,
    /// The form for spoiled labels.
    pub spoiled: FormState,
    pub templates: Vec<(String, Both)>,
    pub printers: Vec<Printer>,
    /// Jobs, of the chosen batch if there is one.
    pub jobs: Vec<PrintJob>,
    pub batch: Option<ChosenBatch>,
    /// Without one: those whose name is like what was asked for, or the newest.
    pub offered: Vec<ChosenBatch>,
    pub shown: Option<Shown>,
    /// What is wrong with the label.
    pub trouble: Vec<String>,
    pub zone: chrono_tz::Tz,
}

impl LabelsPage {
    fn choose_href(&self, code: &str) -> String {
        format!("/labels?batch={}&template={}", query_escape(code), query_escape(self.form.value("template")))
    }

    fn product(&self, batch: &BatchSheet) -> String {
        batch.title(self.layout.lang)
    }

    /// Why no new serials can be minted for the chosen batch, if so.
    fn held(&self) -> Option<&'static str> {
        let status = self.batch.as_ref()?.view.status;
        matches!(status, BatchStatus::Hold | BatchStatus::Closed).then(|| status.word(self.layout.lang))
    }

    fn size(&self, (width, height): &(f64, f64)) -> String {
        format!("{width} × {height}")
    }

    fn count_hint(&self) -> String {
        let Some(batch) = &self.batch else { return String::new() };
        let all = batch.view.planned.max(batch.view.minted) - batch.view.void;
        let pairs = [("all", grouped(all)), ("fresh", grouped(batch.fresh))];
        self.layout.t.say_with("labels-count-hint", &pairs).into_owned()
    }

    fn started(&self, job: &PrintJob) -> String {
        local_minute(job.created_at, self.zone)
    }

    fn template_options(&self) -> Vec<(String, String)> {
        self.templates.iter().map(|(name, title)| (name.clone(), title.get(self.layout.lang).to_owned())).collect()
    }

    fn format_options(&self) -> Vec<(String, String)> {
        Format::ALL.iter().map(|format| (format.as_str().to_owned(), format.word(self.layout.lang).to_owned())).collect()
    }

    fn printer_options(&self) -> Vec<(String, String)> {
        let none = (String::new(), self.layout.t.say("labels-to-file").into_owned());
        let printers = self.printers.iter().map(|printer| (printer.code.clone(), format!("{} {}", printer.code, printer.name)));
        std::iter::once(none).chain(printers).collect()
    }

    fn all_href(&self) -> String {
        let batch = self.batch.as_ref().map(|batch| format!("?batch={}", query_escape(&batch.view.code)));
        format!("/label-jobs{}", batch.unwrap_or_default())
    }
}

/// The class of a state's badge.
fn tone(state: &PrintJobState) -> &'static str {
    match state {
        PrintJobState::Queued | PrintJobState::Running => "",
        PrintJobState::Done => "good",
        PrintJobState::Paused | PrintJobState::Cancelled => "warn",
        PrintJobState::Failed => "bad",
    }
}

/// The class of a chunk's badge.
fn chunk_tone(chunk: &ChunkView) -> &'static str {
    match chunk.state {
        _ if chunk.open => "bad",
        ChunkState::Confirmed => "good",
        ChunkState::Voided => "warn",
        _ => "",
    }
}

#[derive(Template)]
#[template(path = "production/print_jobs/job.html")]
pub(super) struct JobPage {
    pub layout: Layout,
    pub job: JobView,
    pub open: Vec<Unaccounted>,
    pub form: FormState,
    pub history: Vec<Happened>,
    pub zone: chrono_tz::Tz,
}

impl JobPage {
    fn reasons(&self, message: &str) -> String {
        reasons(self.layout.t, message)
    }

    fn moving(&self) -> bool {
        matches!(self.job.state, PrintJobState::Queued | PrintJobState::Running)
    }

    fn may_pause(&self) -> bool {
        self.moving() && self.job.printer.is_some()
    }

    fn may_resume(&self) -> bool {
        self.job.state == PrintJobState::Paused
    }

    fn may_cancel(&self) -> bool {
        matches!(self.job.state, PrintJobState::Queued | PrintJobState::Running | PrintJobState::Paused)
    }

    fn may_settle(&self) -> bool {
        self.job.state != PrintJobState::Running && self.layout.may("labels.edit")
    }

    fn is_over(&self) -> bool {
        matches!(self.job.state, PrintJobState::Done | PrintJobState::Paused | PrintJobState::Cancelled)
    }

    /// The open chunks, each with its first and its last label.
    fn open_chunks(&self) -> Vec<(&ChunkView, &Unaccounted, &Unaccounted)> {
        let ends = |chunk: &ChunkView| {
            let mut own = self.open.iter().filter(|one| one.chunk == chunk.seq);
            let first = own.next()?;
            Some((first, own.next_back().unwrap_or(first)))
        };
        let open = self.job.chunks.iter().filter(|chunk| chunk.open);
        open.filter_map(|chunk| ends(chunk).map(|(first, last)| (chunk, first, last))).collect()
    }

    fn chunk_title(&self, chunk: &ChunkView) -> String {
        let pairs = [("chunk", chunk.seq.to_string()), ("units", chunk.units.clone()), ("count", chunk.labels.to_string())];
        self.layout.t.say_with("labels-chunk-of", &pairs).into_owned()
    }

    /// What may be said of an open chunk: value, words, what it means.
    fn verdicts(&self) -> Vec<(&'static str, String, String)> {
        let said = |value: &'static str, name: &str| {
            let word = |key: String| self.layout.t.say(key).into_owned();
            (value, word(format!("labels-verdict-{name}")), word(format!("labels-verdict-{name}-about")))
        };
        vec![said("printed", "printed"), said("reprint", "reprint"), said("void", "void"), said("", "later")]
    }

    fn is_chosen(&self, chunk: &ChunkView, value: &str) -> bool {
        self.form.value(&format!("chunk.{}", chunk.seq)) == value
    }

    fn chunks(&self) -> Vec<&ChunkView> {
        self.job.chunks.iter().take(CHUNKS).collect()
    }

    fn more_chunks(&self) -> usize {
        self.job.chunks.len().saturating_sub(CHUNKS)
    }

    fn listed(&self) -> Vec<&Unaccounted> {
        self.open.iter().take(OPEN).collect()
    }

    fn more_open(&self) -> usize {
        self.open.len().saturating_sub(OPEN)
    }

    fn when(&self, at: &Option<NaiveDateTime>) -> String {
        at.map_or_else(|| "—".to_owned(), |at| local_minute(at, self.zone))
    }

    fn started(&self) -> String {
        local_minute(self.job.created_at, self.zone)
    }
}

/// What the form on the page of labels asks for.
pub(super) fn request_of(values: &HashMap<String, String>) -> LabelRequest {
    let text = |name: &str| values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let printer = text("printer");
    LabelRequest {
        batch: text("batch").unwrap_or_default(),
        template: text("template"),
        format: if printer.is_none() { text("format") } else { None },
        count: text("count").as_deref().and_then(parsed),
        units: text("units").filter(|_| printer.is_none()),
        only_new: values.contains_key("only_new"),
        claim_codes: values.contains_key("claim_codes"),
        printer,
        dpi: None,
    }
}
