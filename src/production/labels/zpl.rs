//! ZPL II: the language of Zebra printers and of many that emulate them (Zebra Programming Guide, `~DG`, `^XG`, `^GF`).
//!
//! The background goes over once (`~DG`) and is recalled by every label (`^XG`); a label itself is only its code and its own texts (`^GFA`). Dots go as
//! hexadecimal, shortened by the guide's "alternative data compression": a letter repeats what follows, `,` and `!` fill a row, `:` repeats a row.

use std::io::Write;

use super::bitmap::Bitmap;
use super::layout::LabelLayout;
use super::{LabelUnit, every};
use crate::kernel::{Result, saturating};

/// Name of the background in the printer's memory.
const BACKGROUND: &str = "R:HANGTAG.GRF";

/// Writes the labels, and a last format that removes the background from the printer.
///
/// # Errors
/// As [`LabelLayout::label`]; [`crate::kernel::Error::Broken`] when `out` cannot be written.
pub fn write(
    layout: &LabelLayout,
    units: &mut dyn Iterator<Item = LabelUnit>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<u64> {
    let background = &layout.background;
    let mut line = Vec::new();
    write!(line, "~DG{BACKGROUND},{},{},", background.bytes().len(), background.stride())?;
    compress(background, &mut line);
    line.push(b'\n');
    out.write_all(&line)?;

    let (mut uri, mut text, mut placed) = (String::new(), String::new(), Vec::new());
    let labels = every(units, progress, |unit| {
        line.clear();
        write!(line, "^XA^PW{}^LL{}^LH0,0^FO0,0^XG{BACKGROUND},1,1^FS", background.width(), background.height())?;
        let qr = layout.qr(unit, &mut uri)?;
        let place = layout.code_place(qr.size())?;
        graphic(&Bitmap::of_qr(&qr, place.dots), place.left, place.top, &mut line)?;
        for unit_text in &layout.texts {
            unit_text.place(unit, &mut text, &mut placed)?;
            let Some((left, top, width, height)) = layout.text_window(&placed, &unit_text.atlas) else { continue };
            let mut window = Bitmap::new(width, height);
            let corner = |at: usize| saturating::<i32>(at);
            unit_text.atlas.lay(&placed, &mut window, corner(left), corner(top));
            graphic(&window, left, top, &mut line)?;
        }
        line.extend_from_slice(b"^PQ1^XZ\n");
        out.write_all(&line)?;
        Ok(())
    })?;
    writeln!(out, "^XA^ID{BACKGROUND}^FS^XZ")?;
    Ok(labels)
}

fn graphic(bitmap: &Bitmap, left: usize, top: usize, line: &mut Vec<u8>) -> Result<()> {
    let bytes = bitmap.bytes().len();
    write!(line, "^FO{left},{top}^GFA,{bytes},{bytes},{},", bitmap.stride())?;
    compress(bitmap, line);
    line.extend_from_slice(b"^FS");
    Ok(())
}

/// The rows of a picture as compressed hexadecimal.
fn compress(bitmap: &Bitmap, line: &mut Vec<u8>) {
    let mut before: Option<&[u8]> = None;
    for row in bitmap.rows() {
        if before == Some(row) {
            line.push(b':');
        } else {
            compress_row(row, line);
        }
        before = Some(row);
    }
}

fn compress_row(row: &[u8], line: &mut Vec<u8>) {
    let mut digits = row.iter().flat_map(|byte| [byte >> 4, byte & 15]).peekable();
    while let Some(digit) = digits.next() {
        let mut run = 1usize;
        while digits.next_if_eq(&digit).is_some() {
            run += 1;
        }
        if digits.peek().is_none() && (digit == 0 || digit == 15) {
            line.push(if digit == 0 { b',' } else { b'!' });
            return;
        }
        repeat(run, line);
        line.push(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 });
    }
}

/// `g` to `z` stand for 20 to 400 repetitions in twenties, `G` to `Y` for 1 to 19; they add up. A single digit needs none.
fn repeat(run: usize, line: &mut Vec<u8>) {
    if run < 2 {
        return;
    }
    let mut left = run;
    while left >= 20 {
        let twenties = (left / 20).min(20);
        line.push(b'f' + saturating::<u8>(twenties));
        left -= twenties * 20;
    }
    if left > 0 {
        line.push(b'F' + saturating::<u8>(left));
    }
}
