//! TSPL: the language of TSC and of most label printers made in China (TSPL/TSPL2 programming manual).
//!
//! The whole label goes over as one `BITMAP`, so that every printer shows the same dots whatever fonts it has. There a 1 is white.

use std::io::Write;

use super::layout::LabelLayout;
use super::template::Media;
use super::{LabelUnit, every};
use crate::kernel::error::Result;

/// Writes the labels.
///
/// # Errors
/// As [`LabelLayout::label`]; [`crate::kernel::Error::Broken`] when `out` cannot be written.
pub fn write(
    layout: &LabelLayout,
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
        say_nothing(&mut inverted);
        write!(out, "CLS\r\nBITMAP 0,0,{},{},0,", label.stride(), label.height())?;
        out.write_all(&inverted)?;
        out.write_all(b"\r\nPRINT 1,1\r\n")?;
        Ok(())
    })
}

/// Takes the orders out of a picture: printers obey `<ESC>!` and a letter wherever they see it, between the bytes of a `BITMAP` too (manual,
/// `<ESC>!D`), and one of them is a reset. The dot beside a white dot becomes white.
fn say_nothing(picture: &mut [u8]) {
    let mut before = 0;
    for byte in picture {
        if (before, *byte) == (0x1b, b'!') {
            *byte |= 0b10;
        }
        before = *byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_gives_no_orders() {
        let mut picture = *b"\x1b!R!!\x1b\x1b!?\x1b";
        say_nothing(&mut picture);
        assert_eq!(picture, *b"\x1b#R!!\x1b\x1b#?\x1b");
    }
}
