//! TSPL: the language of TSC and of most label printers made in China (TSPL/TSPL2 programming manual).
//!
//! The whole label goes over as one `BITMAP`, so that every printer shows the same dots whatever fonts it has. There a 1 is white.

use std::io::Write;

use super::layout::Layout;
use super::template::Media;
use super::{LabelUnit, every};
use crate::kernel::error::Result;

/// Writes the labels.
///
/// # Errors
/// As [`Layout::label`]; [`crate::kernel::Error::Broken`] when `out` cannot be written.
pub fn write(
    layout: &Layout,
    units: &mut dyn Iterator<Item = LabelUnit>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<u64> {
    let spec = &layout.template.spec;
    let gap = match spec.media {
        Media::Gap { gap } => gap,
        Media::Continuous | Media::Sheet(_) => 0.0,
    };
    write!(out, "SIZE {} mm,{} mm\r\nGAP {gap} mm,0 mm\r\nDIRECTION 1\r\nREFERENCE 0,0\r\n", spec.width, spec.height)?;
    let mut inverted = Vec::new();
    every(units, progress, |unit| {
        let label = layout.label(unit)?;
        inverted.clear();
        inverted.extend(label.bytes().iter().map(|byte| !byte));
        write!(out, "CLS\r\nBITMAP 0,0,{},{},0,", label.stride(), label.height())?;
        out.write_all(&inverted)?;
        out.write_all(b"\r\nPRINT 1,1\r\n")?;
        Ok(())
    })
}
