//! The built-in face: the house's own lettering, widened into outlines and packed as a TrueType font in memory.
//!
//! Packed as a real font so that the layout of a label knows only one kind of text. Table formats: ISO/IEC 14496-22 (Open Font Format).

use resvg::tiny_skia::{LineCap, LineJoin, Path, PathBuilder, PathSegment, Point, Stroke};

use super::measure::{signed, single};
use crate::kernel::lettering::{self, CAP_HEIGHT, Letter, Piece, X_HEIGHT};

/// Family name of the built-in face.
pub const FAMILY: &str = "Hangtag Label";
/// Font units per em.
const UNITS: u16 = 1000;
/// Ink height of capitals, in font units.
const CAPITALS: f64 = 720.0;
/// Font units of one grid step sideways: a little narrower than high, as on road signs, because labels are short of width.
const SIDEWAYS: f64 = 45.0;
const ASCENT: i16 = 950;
const DESCENT: i16 = -250;

/// The font file of the built-in face: regular, or bold with wider strokes.
pub fn font(bold: bool) -> Vec<u8> {
    let pen = if bold { 128.0 } else { 84.0 };
    let letters: Vec<Letter> = lettering::letters().collect();
    let glyphs: Vec<Glyph> = std::iter::once(Glyph::box_of_nothing()).chain(letters.iter().map(|letter| Glyph::of(letter, pen))).collect();

    let mut glyf = Vec::new();
    let mut loca = Table::default();
    let mut hmtx = Table::default();
    for glyph in &glyphs {
        loca.u32(glyf.len());
        hmtx.u16(glyph.advance);
        hmtx.i16(glyph.bounds[0]);
        glyf.extend_from_slice(&glyph.data);
    }
    loca.u32(glyf.len());

    let count = glyphs.len();
    assemble(vec![
        (*b"OS/2", os2(bold).0),
        (*b"cmap", cmap(&letters).0),
        (*b"glyf", glyf),
        (*b"head", head(&glyphs, bold).0),
        (*b"hhea", hhea(&glyphs).0),
        (*b"hmtx", hmtx.0),
        (*b"loca", loca.0),
        (*b"maxp", maxp(count).0),
        (*b"name", name(bold).0),
        (*b"post", post().0),
    ])
}

struct Glyph {
    advance: usize,
    data: Vec<u8>,
    /// Left, lowest, right, highest.
    bounds: [i32; 4],
}

impl Glyph {
    fn of(letter: &Letter, pen: f64) -> Self {
        let bearing = 0.8 * SIDEWAYS;
        let advance = if letter.character.is_whitespace() { 260.0 } else { letter.width * SIDEWAYS + pen + 2.0 * bearing };
        let blank = Self { advance: super::measure::whole(advance), data: Vec::new(), bounds: [0; 4] };
        match widen(letter, pen, bearing + pen / 2.0) {
            Some(outline) => Self::drawn(blank.advance, &contours(&outline)),
            None => blank,
        }
    }

    /// Glyph 0, shown for a character that is not there: an upright box. It must have ink, or a text of nothing else would vanish unnoticed.
    fn box_of_nothing() -> Self {
        let ring = |inset: i32| {
            [(60 + inset, inset), (60 + inset, 720 - inset), (540 - inset, 720 - inset), (540 - inset, inset)]
                .map(|(x, y)| (x, y, true))
                .to_vec()
        };
        let mut inner = ring(70);
        inner.reverse();
        Self::drawn(600, &[ring(0), inner])
    }

    fn drawn(advance: usize, contours: &[Vec<(i32, i32, bool)>]) -> Self {
        let blank = Self { advance, data: Vec::new(), bounds: [0; 4] };
        let points: Vec<(i32, i32, bool)> = contours.iter().flatten().copied().collect();
        if points.is_empty() {
            return blank;
        }
        let extreme = |pick: fn(&(i32, i32, bool)) -> i32, most: bool| {
            let values = points.iter().map(pick);
            if most { values.max() } else { values.min() }.unwrap_or_default()
        };
        let bounds = [extreme(|p| p.0, false), extreme(|p| p.1, false), extreme(|p| p.0, true), extreme(|p| p.1, true)];

        let mut data = Table::default();
        data.u16(contours.len());
        bounds.iter().for_each(|&bound| data.i16(bound));
        let mut last = 0;
        for contour in contours {
            last += contour.len();
            data.u16(last - 1);
        }
        data.u16(0usize);
        for (at, point) in points.iter().enumerate() {
            // Bit 0: on the curve. Bit 6 of the first: contours overlap, fill by winding. Coordinates always as two bytes.
            data.0.push(u8::from(point.2) | if at == 0 { 0x40 } else { 0 });
        }
        for pick in [|p: &(i32, i32, bool)| p.0, |p: &(i32, i32, bool)| p.1] {
            let mut before = 0;
            for point in &points {
                data.i16(pick(point) - before);
                before = pick(point);
            }
        }
        while data.0.len() % 4 != 0 {
            data.0.push(0);
        }
        Self { data: data.0, bounds, ..blank }
    }
}

/// The skeleton drawn with a round pen of width `pen`, in font units, its ink standing on the baseline.
fn widen(letter: &Letter, pen: f64, left: f64) -> Option<Path> {
    let upwards = (CAPITALS - pen) / CAP_HEIGHT;
    let px = |x: f64| single(left + x * SIDEWAYS);
    let py = |y: f64| single(pen / 2.0 + y * upwards);
    let mut skeleton = PathBuilder::new();
    for piece in letter.pieces() {
        match piece {
            Piece::Move(x, y) => skeleton.move_to(px(x), py(y)),
            Piece::Line(x, y) => skeleton.line_to(px(x), py(y)),
            Piece::Quad(cx, cy, x, y) => skeleton.quad_to(px(cx), py(cy), px(x), py(y)),
            Piece::Close => skeleton.close(),
        }
    }
    let stroke = Stroke { width: single(pen), line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
    // A quarter of 1/0.1 font units of tolerance: 2.5 thousandths of an em, below what any printer resolves.
    skeleton.finish()?.stroke(&stroke, 0.1)
}

/// Contours of TrueType points: x, y, whether on the curve. A cubic, should the widening ever give one, becomes its nearest quadratic.
fn contours(outline: &Path) -> Vec<Vec<(i32, i32, bool)>> {
    let mut contours: Vec<Vec<(i32, i32, bool)>> = Vec::new();
    let mut here = Point::zero();
    let mut put = |point: Point, on: bool, fresh: bool| {
        if fresh {
            contours.push(Vec::new());
        }
        if let Some(contour) = contours.last_mut() {
            contour.push((signed(point.x.into()), signed(point.y.into()), on));
        }
    };
    for segment in outline.segments() {
        match segment {
            PathSegment::MoveTo(to) => {
                put(to, true, true);
                here = to;
            }
            PathSegment::LineTo(to) => {
                put(to, true, false);
                here = to;
            }
            PathSegment::QuadTo(control, to) => {
                put(control, false, false);
                put(to, true, false);
                here = to;
            }
            PathSegment::CubicTo(a, b, to) => {
                let middle = |h: f32, a: f32, b: f32, t: f32| (3.0 * (a + b) - h - t) / 4.0;
                put(Point::from_xy(middle(here.x, a.x, b.x, to.x), middle(here.y, a.y, b.y, to.y)), false, false);
                put(to, true, false);
                here = to;
            }
            PathSegment::Close => {}
        }
    }
    for contour in &mut contours {
        contour.dedup();
        if contour.len() > 1 && contour.first() == contour.last() {
            contour.pop();
        }
    }
    contours.retain(|contour| contour.len() > 2);
    contours
}

/// Big-endian bytes of a table.
#[derive(Default)]
struct Table(Vec<u8>);

impl Table {
    fn u16(&mut self, value: impl TryInto<u16>) {
        self.0.extend_from_slice(&value.try_into().unwrap_or_default().to_be_bytes());
    }

    fn i16(&mut self, value: impl TryInto<i16>) {
        self.0.extend_from_slice(&value.try_into().unwrap_or_default().to_be_bytes());
    }

    fn u32(&mut self, value: impl TryInto<u32>) {
        self.0.extend_from_slice(&value.try_into().unwrap_or_default().to_be_bytes());
    }

    fn u16s(&mut self, values: &[u16]) {
        values.iter().for_each(|&value| self.u16(value));
    }
}

fn head(glyphs: &[Glyph], bold: bool) -> Table {
    let mut table = Table::default();
    table.u32(0x0001_0000u32);
    table.u32(0x0001_0000u32);
    table.u32(0u32);
    table.u32(0x5f0f_3cf5u32);
    table.u16s(&[0b11, UNITS]);
    table.0.extend_from_slice(&[0; 16]);
    let corner = |at: usize, most: bool| {
        let values = glyphs.iter().filter_map(|glyph| glyph.bounds.get(at).copied());
        if most { values.max() } else { values.min() }.unwrap_or_default()
    };
    for value in [corner(0, false), corner(1, false), corner(2, true), corner(3, true)] {
        table.i16(value);
    }
    table.u16s(&[u16::from(bold), 6]);
    table.u16s(&[2, 1, 0]);
    table
}

fn hhea(glyphs: &[Glyph]) -> Table {
    let mut table = Table::default();
    table.u32(0x0001_0000u32);
    table.i16(ASCENT);
    table.i16(DESCENT);
    table.u16(0u16);
    table.u16(glyphs.iter().map(|glyph| glyph.advance).max().unwrap_or_default());
    table.u16s(&[0, 0, u16::try_from(glyphs.iter().map(|glyph| glyph.bounds[2]).max().unwrap_or_default()).unwrap_or_default()]);
    table.u16s(&[1, 0, 0, 0, 0, 0, 0, 0]);
    table.u16(glyphs.len());
    table
}

fn maxp(glyphs: usize) -> Table {
    let mut table = Table::default();
    table.u32(0x0001_0000u32);
    table.u16(glyphs);
    table.u16s(&[400, 12, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
    table
}

fn os2(bold: bool) -> Table {
    let x_height = X_HEIGHT / CAP_HEIGHT * CAPITALS;
    let mut table = Table::default();
    table.u16(4u16);
    table.i16(560i16);
    table.u16s(&[if bold { 700 } else { 400 }, 5, 0]);
    for value in [650, 600, 0, 75, 650, 600, 0, 350, 60, 300, 0i16] {
        table.i16(value);
    }
    table.0.extend_from_slice(&[0; 10]);
    table.0.extend_from_slice(&[0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    table.0.extend_from_slice(b"HGTG");
    table.u16s(&[if bold { 0x20 } else { 0x40 }, 0x20, 0x20ac]);
    for value in [ASCENT, DESCENT, 0, ASCENT, -DESCENT] {
        table.i16(value);
    }
    table.0.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0]);
    table.i16(signed(x_height));
    table.i16(signed(CAPITALS));
    table.u16s(&[0, 0x20, 0]);
    table
}

fn post() -> Table {
    let mut table = Table::default();
    table.u32(0x0003_0000u32);
    table.u32(0u32);
    table.i16(-120i16);
    table.i16(60i16);
    table.0.extend_from_slice(&[0; 20]);
    table
}

fn name(bold: bool) -> Table {
    let style = if bold { "Bold" } else { "Regular" };
    let texts = [
        (1, FAMILY.to_owned()),
        (2, style.to_owned()),
        (3, format!("{FAMILY} {style}")),
        (4, format!("{FAMILY} {style}")),
        (5, "Version 1.0".to_owned()),
        (6, format!("HangtagLabel-{style}")),
    ];
    let mut table = Table::default();
    let mut strings = Table::default();
    table.u16(0u16);
    table.u16(texts.len());
    table.u16(6 + 12 * texts.len());
    for (id, text) in texts {
        let start = strings.0.len();
        text.encode_utf16().for_each(|unit| strings.u16(unit));
        table.u16s(&[3, 1, 0x409, id]);
        table.u16(strings.0.len() - start);
        table.u16(start);
    }
    table.0.extend(strings.0);
    table
}

/// Format 4: runs of code points whose glyphs follow each other.
fn cmap(letters: &[Letter]) -> Table {
    let mut runs: Vec<(u16, u16, u16)> = Vec::new();
    for (letter, glyph) in letters.iter().zip(1u16..) {
        let Ok(point) = u16::try_from(u32::from(letter.character)) else { continue };
        match runs.last_mut() {
            Some(run) if run.1 + 1 == point => run.1 = point,
            _ => runs.push((point, point, glyph.wrapping_sub(point))),
        }
    }
    runs.push((0xffff, 0xffff, 1));
    let count = runs.len();
    let log = count.ilog2();
    let search = 2 << log;
    let mut table = Table::default();
    table.u16s(&[0, 1, 3, 1]);
    table.u32(12u32);
    table.u16(4u16);
    table.u16(16 + 8 * count);
    table.u16(0u16);
    table.u16(2 * count);
    table.u16(search);
    table.u16(log);
    table.u16(2 * count - search);
    runs.iter().for_each(|run| table.u16(run.1));
    table.u16(0u16);
    runs.iter().for_each(|run| table.u16(run.0));
    runs.iter().for_each(|run| table.u16(run.2));
    runs.iter().for_each(|_| table.u16(0u16));
    table
}

fn assemble(tables: Vec<([u8; 4], Vec<u8>)>) -> Vec<u8> {
    let count = tables.len();
    let log = count.ilog2();
    let search = 16 << log;
    let mut file = Table::default();
    file.u32(0x0001_0000u32);
    file.u16(count);
    file.u16(search);
    file.u16(log);
    file.u16(16 * count - search);
    let mut body = Table::default();
    for (tag, data) in tables {
        file.0.extend_from_slice(&tag);
        file.u32(checksum(&data));
        file.u32(12 + 16 * count + body.0.len());
        file.u32(data.len());
        body.0.extend(data);
        while body.0.len() % 4 != 0 {
            body.0.push(0);
        }
    }
    file.0.extend(body.0);
    file.0
}

fn checksum(data: &[u8]) -> u32 {
    data.chunks(4).fold(0, |sum: u32, chunk| {
        let word = chunk.iter().chain(&[0; 4]).take(4).fold(0, |word, &byte| word << 8 | u32::from(byte));
        sum.wrapping_add(word)
    })
}

/// Width of `text` in the built-in face at `size`, without kerning; used by tests.
#[cfg(test)]
fn width(text: &str, size: f64) -> f64 {
    let advance = |c: char| lettering::letter(c).map_or(0, |letter| Glyph::of(&letter, 84.0).advance);
    super::measure::float(text.chars().map(advance).sum::<usize>()) * size / f64::from(UNITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use resvg::usvg::fontdb;

    #[test]
    fn both_weights_load_as_fonts() {
        let mut database = fontdb::Database::new();
        database.load_font_data(font(false));
        database.load_font_data(font(true));
        let faces: Vec<_> = database.faces().map(|face| (face.families[0].0.clone(), face.weight.0)).collect();
        assert_eq!(faces, [(FAMILY.to_owned(), 400), (FAMILY.to_owned(), 700)]);
    }

    #[test]
    fn digits_line_up() {
        let one = width("1", 10.0);
        assert!("0123456789".chars().all(|digit| (width(&digit.to_string(), 10.0) - one).abs() < 1e-9));
        assert!(one > 4.0 && one < 6.0);
    }
}
