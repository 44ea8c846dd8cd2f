//! Labels: from a template and a batch to something a printer or a bureau can use.
//!
//! Two layers. Everything that is the same on every label of a job (words, lines, care symbols, the job's values) is laid out and drawn once. What
//! differs (the QR code, serial, unit number, claim code) is set from glyphs drawn once, and composited per label. So 100,000 labels stream out in
//! seconds and a job is never held in memory.
//!
//! The contract of a template (SVG as Inkscape or Illustrator save it, and a TOML beside it, see [`Spec`]):
//! - `<rect id="qr">` is the room of the QR code with its quiet zone; the code stands in its middle on whole dots;
//! - `<rect id="care">` is the room of the row of care symbols;
//! - `{{field}}` in a text is replaced ([`FIELDS`]); `{{field:1}}`, `{{field:2}}` are the lines of a value wrapped to the field's `width`; `{{serial:1}}` is the
//!   first half of the serial, `{{serial:2}}` the second;
//! - a text whose fields are all empty is left out; an element with `id="when-field"` is left out when the field is empty;
//! - what depends on the serial, the unit number or the claim code is found by itself and drawn per label.

mod atlas;
mod bitmap;
mod csv;
mod draft;
mod flaw;
mod fonts;
mod images;
mod layout;
mod lint;
mod machine_fonts;
mod markup;
mod measure;
mod pdf;
mod pdf_art;
mod pdf_text;
mod png;
mod svg;
mod template;
mod tspl;
mod typeset;
mod wrap;
mod zpl;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

pub use bitmap::Bitmap;
pub use flaw::Flaw;
pub use fonts::Fonts;
pub use layout::{CodePlace, LabelLayout, widest_unit};
pub use lint::{lint, longest_job};
pub use png::png;
pub use svg::svg;
pub use template::{FIELDS, FieldSpec, Layer, Media, Sheet, Spec, Template};

use crate::choices;
use crate::kernel::error::{Code, Error, Fault, Result};
use crate::kernel::saturating;

/// What is the same on every label of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelJob {
    /// Values of job fields ([`FIELDS`]), by name.
    pub fields: BTreeMap<String, String>,
    /// Codes of care symbols ([`crate::kernel::care`]), in any order.
    pub care: Vec<String>,
    /// The address up to the serial, such as `HTTPS://ID.BRAND.CN/01/09506000134352/21/`.
    pub uri_prefix: String,
    /// Whether the labels carry claim codes; without, the scratch area is left out.
    pub claim_codes: bool,
}

/// What differs from label to label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelUnit {
    /// The serial, 20 characters for ours.
    pub serial: String,
    /// Number of the garment in its batch as people count, from 1.
    pub unit: i64,
    /// The code under the scratch film.
    pub claim_code: Option<String>,
}

choices! {
    /// What labels are written as. The stored text is the ending of its files.
    Format {
        /// One document, one label a page or a sheet a page.
        Pdf = "pdf", "PDF（印刷厂或办公打印机）", "PDF, for a bureau or an office printer";
        /// Zebra and those that understand it.
        Zpl = "zpl", "ZPL（斑马打印机）", "ZPL, for Zebra printers";
        /// TSC and most printers made in China.
        Tspl = "tspl", "TSPL（TSC 及多数国产打印机）", "TSPL, for TSC and most printers made in China";
        /// One picture a label.
        Png = "png", "PNG，每枚一张图片（ZIP）", "PNG, one picture a label (ZIP)";
        /// One drawing a label.
        Svg = "svg", "SVG，每枚一个图形（ZIP）", "SVG, one drawing a label (ZIP)";
        /// One row a label, for a bureau with a layout of its own.
        Csv = "csv", "CSV，数据行，版式自定", "CSV, rows for a layout of your own";
    }
}

impl Format {
    /// The media type of what it writes.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Zpl => "application/vnd.zebra.zpl",
            Self::Tspl => "application/octet-stream",
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// Whether every label is a file of its own, so that several need a folder.
    pub const fn is_file_per_label(self) -> bool {
        matches!(self, Self::Png | Self::Svg)
    }
}

/// Where labels are written to.
pub enum Target<'a> {
    /// One stream.
    Stream(&'a mut dyn Write),
    /// A folder, made if need be, of files `000001.png`, `000002.png`, … in the order of the units.
    Folder(&'a Path),
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Labels.
    pub labels: u64,
    /// Bytes, of all files together.
    pub bytes: u64,
}

/// Writes a label for every unit, in order, and tells `progress` how many are done.
///
/// # Errors
/// [`Code::Malformed`] for `out` when several PNG or SVG labels are to go into one stream, or another format into a folder; [`Code::MissingGlyph`],
/// [`Code::CodeDoesNotFit`] for a serial that cannot be drawn; [`Error::Broken`] when the target cannot be written.
pub fn write_labels(
    format: Format,
    layout: &LabelLayout,
    units: &mut dyn Iterator<Item = LabelUnit>,
    target: Target<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary> {
    match (format.is_file_per_label(), target) {
        (false, Target::Stream(out)) => {
            let mut out = Counted { out: BufWriter::with_capacity(1 << 16, out), bytes: 0 };
            let labels = match format {
                Format::Pdf => pdf::write(layout, units, &mut out, progress)?,
                Format::Zpl => zpl::write(layout, units, &mut out, progress)?,
                Format::Tspl => tspl::write(layout, units, &mut out, progress)?,
                _ => csv::write(layout, units, &mut out, progress)?,
            };
            out.flush()?;
            Ok(Summary { labels, bytes: out.bytes })
        }
        (true, Target::Stream(out)) => {
            let Some(unit) = units.next() else { return Ok(Summary::default()) };
            if units.next().is_some() {
                return Err(out_fault("several labels in this format need a folder"));
            }
            let file = one_file(format, layout, &unit)?;
            out.write_all(&file)?;
            progress(1);
            Ok(Summary { labels: 1, bytes: saturating(file.len()) })
        }
        (true, Target::Folder(folder)) => {
            std::fs::create_dir_all(folder)?;
            let mut summary = Summary::default();
            for unit in units {
                let file = one_file(format, layout, &unit)?;
                summary.labels += 1;
                summary.bytes += saturating::<u64>(file.len());
                File::create_new(folder.join(format!("{:06}.{}", summary.labels, format.as_str())))?.write_all(&file)?;
                progress(summary.labels);
            }
            Ok(summary)
        }
        (false, Target::Folder(_)) => Err(out_fault("this format is one file, not a folder")),
    }
}

fn one_file(format: Format, layout: &LabelLayout, unit: &LabelUnit) -> Result<Vec<u8>> {
    match format {
        Format::Svg => svg(layout, unit).map(String::into_bytes),
        _ => png(&layout.label(unit)?, layout.dpi),
    }
}

fn out_fault(reason: &'static str) -> Error {
    Fault::new("out", Code::Malformed).with("reason", reason).into()
}

/// A writer that knows how much went through it.
struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += saturating::<u64>(written);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// Calls `each` for every unit and `progress` every 250 labels and at the end; gives the number of labels.
fn every(
    units: &mut dyn Iterator<Item = LabelUnit>,
    progress: &mut dyn FnMut(u64),
    mut each: impl FnMut(&LabelUnit) -> Result<()>,
) -> Result<u64> {
    let mut labels = 0;
    for unit in units {
        each(&unit)?;
        labels += 1;
        if labels % 250 == 0 {
            progress(labels);
        }
    }
    progress(labels);
    Ok(labels)
}
