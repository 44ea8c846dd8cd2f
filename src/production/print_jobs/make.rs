//! Labels into files: at once for the command line, as long work for the pages.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use super::fill::{self, Prepared};
use super::rules::{self, Wanted, wanted};
use super::store::{self, LABEL_WORK, NewJob, Order};
use super::{Chunk, LabelRequest, PrintJob, PrintJobState};
use crate::kernel::{Code, Error, Fault, Id, Result, saturating};
use crate::platform::disk::{Readers, WholeFile};
use crate::platform::events::Stamp;
use crate::platform::jobs::{Job, Work};
use crate::platform::state::AppState;
use crate::production::batches;
use crate::production::labels::{Format, LabelLayout, LabelUnit, Summary, Target, png, svg, widest_unit, write_labels};
use crate::production::printers;

/// How often a file's progress is written down.
const NEWS: Duration = Duration::from_millis(500);

/// The unit a preview shows.
const FIRST_UNIT: std::ops::Range<i64> = 0..1;

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Labels and bytes.
    pub summary: Summary,
    /// The template.
    pub template: String,
    /// Fields with a value that did not fit and were left out.
    pub left_out: Vec<String>,
}

/// Makes labels at once, minting first what has no serial yet, and writes down that these units have labels. `progress` is told how many of
/// how many are done.
///
/// # Errors
/// What the request, the template or the batch has wrong, before anything is minted; [`Error::Broken`] when `target` cannot be written.
pub fn make(app: &AppState, stamp: &Stamp, request: &LabelRequest, target: Target<'_>, progress: &mut dyn FnMut(u64, u64)) -> Result<Made> {
    let format = format_of(request)?;
    let prepared = fill::prepare(app, request, format, request.dpi)?;
    let order = ordered(app, request, &prepared, format, None, wanted(request, false)?);
    let (taker, taken) = (stamp.clone(), order.clone());
    let (batch, runs) = app.store.write_blocking(move |db| store::take_units(db, &taker, &taken))?;
    let total = u64::try_from(rules::count(&runs)).map_err(Error::broken)?;
    progress(0, total);
    let mut units = fill::units(&app.keys.serials, &batch, &runs, request.claim_codes)?;
    let summary = write_labels(format, &prepared.layout, &mut units, target, &mut |done| progress(done, total))?;
    let (stamp, runs) = (stamp.clone(), runs.clone());
    app.store.write_blocking(move |db| store::insert(db, &stamp, &order.job, &runs, PrintJobState::Done))?;
    Ok(Made { summary, template: prepared.template, left_out: prepared.left_out })
}

/// The format a request asks for.
fn format_of(request: &LabelRequest) -> Result<Format> {
    let text = request.format.as_deref().map(str::trim).filter(|text| !text.is_empty());
    Ok(text.map_or(Ok(Format::Pdf), |text| Format::read("format", text))?)
}

/// What a request orders, checked as far as is possible without writing.
///
/// # Errors
/// [`Code::UnknownReference`] for `printer`; [`Code::NotOneOf`] for a format that is not the printer's; as [`make`].
pub(super) fn order(app: &AppState, request: &LabelRequest) -> Result<Order> {
    let code = request.printer.as_deref().map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned);
    let printer = code.map(|code| {
        let unknown = Error::from(Fault::new("printer", Code::UnknownReference).with("value", &code));
        app.store.read_blocking(move |db| printers::by_code(db, &code))?.ok_or(unknown)
    });
    let printer = printer.transpose()?;
    let format = printer.as_ref().map_or_else(|| format_of(request), |printer| Ok(printer.language.format()))?;
    if let Some(asked) = request.format.as_deref().filter(|asked| printer.is_some() && *asked != format.as_str()) {
        return Err(Fault::new("format", Code::NotOneOf).with("value", asked).with("allowed", format.as_str()).into());
    }
    let wanted = wanted(request, printer.is_some())?;
    let dpi = printer.as_ref().map_or(request.dpi, |printer| Some(saturating(printer.dpi)));
    let prepared = fill::prepare(app, request, format, dpi)?;
    Ok(ordered(app, request, &prepared, format, printer.map(|printer| printer.id), wanted))
}

fn ordered(app: &AppState, request: &LabelRequest, prepared: &Prepared, format: Format, printer_id: Option<Id>, wanted: Wanted) -> Order {
    let job =
        NewJob { batch_no: prepared.batch.no, template: prepared.template.clone(), format, printer_id, claim_codes: request.claim_codes };
    Order { job, wanted, epoch: app.keys.serials.newest(), gtin: prepared.gtin.clone(), dpi: request.dpi }
}

/// One label as a picture: that of the batch's first unit, or, before it is minted, of a made-up serial that is nobody's. With it the
/// fields that did not fit.
pub fn preview(app: &AppState, request: &LabelRequest) -> Result<(Vec<u8>, Vec<String>)> {
    let prepared = fill::prepare(app, request, Format::Png, request.dpi)?;
    let first = std::slice::from_ref(&FIRST_UNIT);
    let unit = match prepared.batch.minted {
        0 => LabelUnit { unit: 1, ..widest_unit() },
        _ => {
            // A claim code on a screen would be a claim code given away.
            let unit = fill::units(&app.keys.serials, &prepared.batch, first, false)?.next();
            let unit = unit.ok_or_else(|| Error::broken("a minted batch has a first unit"))?;
            LabelUnit { claim_code: request.claim_codes.then(|| "XXXXX-XXXXX".to_owned()), ..unit }
        }
    };
    Ok((png(&prepared.layout.label(&unit)?, prepared.layout.dpi)?, prepared.left_out))
}

/// Where label files lie.
pub(super) fn folder(app: &AppState) -> PathBuf {
    app.config.data_dir.join("labels")
}

/// Queues a print job: everything is checked and minted now.
///
/// # Errors
/// [`Code::UnknownReference`] for `printer`; as [`make`].
pub fn queue_print(app: &AppState, stamp: &Stamp, request: &LabelRequest) -> Result<Id> {
    let (order, stamp) = (order(app, request)?, stamp.clone());
    app.store.write_blocking(move |db| store::queue(db, &stamp, &order))
}

/// The long work of writing a label file.
#[derive(Debug)]
pub struct LabelWork;

impl Work for LabelWork {
    fn kind(&self) -> &'static str {
        LABEL_WORK
    }

    fn run(&self, app: &AppState, job: &Job, progress: &mut dyn FnMut(u64, u64)) -> Result<Value> {
        #[derive(Deserialize)]
        struct Input {
            label_job: Id,
            dpi: Option<u16>,
        }
        let Input { label_job: id, dpi } = Input::deserialize(&job.input).map_err(Error::broken)?;
        let label_job = app.store.read_blocking(move |db| store::job(db, id))?;
        let stamp = app.stamp(&job.created_by);
        match label_job.state {
            PrintJobState::Queued => {
                let (stamp, label_job) = (stamp.clone(), label_job.clone());
                app.store.write_blocking(move |db| store::step(db, &stamp, &label_job, PrintJobState::Running, ""))?;
            }
            // Begun by a process that is gone: from the start.
            PrintJobState::Running => {}
            over => return Ok(serde_json::json!({ "state": over.as_str() })),
        }
        let written = write_file(app, &label_job, dpi, progress);
        let labels = match written {
            Ok(labels) => labels,
            Err(error) => {
                let message = super::words_of(&error);
                app.store.write_blocking(move |db| {
                    let now = store::job(db, id)?;
                    match now.state {
                        PrintJobState::Running => store::give_up(db, &stamp, &now, PrintJobState::Failed, &message),
                        _ => Ok(()),
                    }
                })?;
                return Err(error);
            }
        };
        let file = file_name(&label_job);
        app.store.write_blocking(move |db| store::file_done(db, &stamp, id, &file, labels))?;
        Ok(serde_json::json!({ "label_job": id, "labels": labels }))
    }
}

fn file_name(job: &PrintJob) -> String {
    let ending = if job.format.is_file_per_label() { "zip" } else { job.format.as_str() };
    format!("{}.{ending}", job.id)
}

/// Writes a job's file beside its place and moves it there; gives the number of labels.
fn write_file(app: &AppState, job: &PrintJob, dpi: Option<u16>, progress: &mut dyn FnMut(u64, u64)) -> Result<i64> {
    let (id, no) = (job.id, job.batch_no);
    let (batch, chunks, void) = app.store.read_blocking(move |db| {
        Ok((batches::batch(db, no)?.ok_or(Code::NotFound)?, store::chunks(db, id)?, batches::voids_of(db, no)?))
    })?;
    let all: Vec<_> = chunks.iter().map(Chunk::units).collect();
    let runs = rules::without(&all, &void)?;
    let labels = rules::count(&runs);
    let total = u64::try_from(labels).map_err(Error::broken)?;
    let request = LabelRequest {
        batch: batch.code.clone(),
        template: Some(job.template.clone()),
        claim_codes: job.claim_codes,
        ..LabelRequest::default()
    };
    let prepared = fill::prepare(app, &request, job.format, dpi)?;
    let folder = folder(app);
    std::fs::create_dir_all(&folder)?;
    let place = folder.join(file_name(job));
    let half = folder.join(format!("{}.part", job.id));
    let mut told = Instant::now();
    let mut tell = |done: u64| {
        progress(done, total);
        if told.elapsed() >= NEWS {
            told = Instant::now();
            let (at, made) = (app.clock.now(), saturating(done));
            if let Err(error) = app.store.write_blocking(move |db| store::made(db, at, id, made)) {
                tracing::warn!(%error, %id, "progress was not written");
            }
        }
    };
    let mut file = std::fs::File::create(&half)?;
    let mut units = fill::units(&app.keys.serials, &batch, &runs, job.claim_codes)?;
    if job.format.is_file_per_label() {
        zip_labels(job.format, &prepared.layout, &mut units, &file, &mut tell)?;
    } else {
        write_labels(job.format, &prepared.layout, &mut units, Target::Stream(&mut file), &mut tell)?;
    }
    file.sync_all()?;
    std::fs::rename(&half, &place)?;
    Ok(labels)
}

/// A picture a label, all in one ZIP.
fn zip_labels(
    format: Format,
    layout: &LabelLayout,
    units: &mut dyn Iterator<Item = LabelUnit>,
    file: &std::fs::File,
    tell: &mut dyn FnMut(u64),
) -> Result<()> {
    let mut zip = zip::ZipWriter::new(std::io::BufWriter::new(file));
    let options = zip::write::SimpleFileOptions::default().compression_method(match format {
        // A PNG is compressed already.
        Format::Png => zip::CompressionMethod::Stored,
        _ => zip::CompressionMethod::Deflated,
    });
    let mut done = 0;
    for unit in units {
        zip.start_file(format!("{:06}-{}.{}", unit.unit, unit.serial, format.as_str()), options).map_err(Error::broken)?;
        match format {
            Format::Svg => zip.write_all(svg(layout, &unit)?.as_bytes())?,
            _ => zip.write_all(&png(&layout.label(&unit)?, layout.dpi)?)?,
        }
        done += 1;
        tell(done);
    }
    zip.finish().map_err(Error::broken)?.flush()?;
    Ok(())
}

/// Makes labels into a file or, for several pictures, a folder. A file appears whole or not at all.
///
/// # Errors
/// As [`make`]; [`Code::Malformed`] for `out` when its place cannot be written.
pub fn make_at(app: &AppState, stamp: &Stamp, request: &LabelRequest, out: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Made> {
    let format = format_of(request)?;
    let one = request.count == Some(1) && out.extension().is_some_and(|ending| ending == format.as_str());
    if format.is_file_per_label() && !one {
        if out.is_file() || std::fs::read_dir(out).is_ok_and(|mut inside| inside.next().is_some()) {
            return Err(Fault::new("out", Code::Malformed).with("reason", "not-an-empty-folder").into());
        }
        return make(app, stamp, request, Target::Folder(out), progress);
    }
    let refused =
        |error: std::io::Error| Error::from(Fault::new("out", Code::Malformed).with("reason", "cannot-be-written").with("detail", error));
    let mut whole = WholeFile::at(out, Readers::Anybody).map_err(refused)?;
    let made = make(app, stamp, request, Target::Stream(whole.file()), progress)?;
    whole.arrive().map_err(refused)?;
    Ok(made)
}
