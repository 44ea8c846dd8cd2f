//! Our own lettering: single-stroke skeletons of the printable Latin characters.
//!
//! A label must be drawable on a machine with no font at all, and a care symbol carries digits and letters. Both take their shapes from here:
//! `production::labels` widens the strokes into a font, [`super::care`] draws them as they are.
//!
//! The grid: baseline at y = 0, capitals and digits 14 high, small letters 10, descenders to -4; y grows upwards, x = 0 is the left edge of the
//! skeleton. A drawing is strokes separated by `|`; a stroke is made of `M x y`, `L x y`, `Q cx cy x y`, `Z` and arcs `A cx cy rx ry from to` (degrees,
//! counter-clockwise from the right; an arc is joined to what came before it by a line).

use super::number::parsed;

/// Height of capitals and digits on the grid.
pub const CAP_HEIGHT: f64 = 14.0;
/// Height of small letters without ascender.
pub const X_HEIGHT: f64 = 10.0;

/// One piece of a skeleton. Arcs are given as quadratic curves, eight to a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece {
    /// Lift the pen and put it down here.
    Move(f64, f64),
    /// A straight line.
    Line(f64, f64),
    /// A quadratic curve: control point, end.
    Quad(f64, f64, f64, f64),
    /// Back to where the stroke began.
    Close,
}

/// A character's skeleton.
#[derive(Clone, Copy, Debug)]
pub struct Letter {
    /// The character.
    pub character: char,
    /// Width of the skeleton on the grid, without bearings.
    pub width: f64,
    drawing: &'static str,
}

/// Every letter there is, in order of code point.
pub fn letters() -> impl Iterator<Item = Letter> {
    LETTERS.iter().map(|&(character, width, drawing)| Letter { character, width, drawing })
}

/// The skeleton of one character.
pub fn letter(character: char) -> Option<Letter> {
    let at = LETTERS.partition_point(|row| row.0 < character);
    LETTERS.get(at).filter(|row| row.0 == character).map(|&(character, width, drawing)| Letter { character, width, drawing })
}

impl Letter {
    /// Its pieces, stroke after stroke.
    pub fn pieces(&self) -> Vec<Piece> {
        self.drawing.split('|').flat_map(stroke).collect()
    }
}

/// An SVG path of `text` as bare skeletons, centred on (`x`, `y`), capitals `height` tall, y growing downwards. Characters without a skeleton are left out.
pub fn centred_path(text: &str, x: f64, y: f64, height: f64) -> String {
    let scale = height / CAP_HEIGHT;
    let gap = 3.6;
    let set: Vec<Letter> = text.chars().filter_map(letter).collect();
    let width = set.iter().map(|letter| letter.width + gap).sum::<f64>() - gap;
    let mut pen = x - width * scale / 2.0;
    let base = y + height / 2.0;
    let mut path = String::new();
    for letter in set {
        let (px, py) = (|gx: f64| tenth(pen + gx * scale), |gy: f64| tenth(base - gy * scale));
        for piece in letter.pieces() {
            match piece {
                Piece::Move(x, y) => path.push_str(&format!("M{} {}", px(x), py(y))),
                Piece::Line(x, y) => path.push_str(&format!("L{} {}", px(x), py(y))),
                Piece::Quad(cx, cy, x, y) => path.push_str(&format!("Q{} {} {} {}", px(cx), py(cy), px(x), py(y))),
                Piece::Close => path.push('Z'),
            }
        }
        pen += (letter.width + gap) * scale;
    }
    path
}

fn tenth(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn stroke(drawing: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut tokens = drawing.split_ascii_whitespace();
    while let Some(token) = tokens.next() {
        let mut number = || tokens.next().and_then(parsed::<f64>).unwrap_or_default();
        match token {
            "M" => pieces.push(Piece::Move(number(), number())),
            "L" => pieces.push(Piece::Line(number(), number())),
            "Q" => pieces.push(Piece::Quad(number(), number(), number(), number())),
            "Z" => pieces.push(Piece::Close),
            _ => arc(&mut pieces, [number(), number(), number(), number(), number(), number()]),
        }
    }
    pieces
}

/// An elliptic arc as quadratic curves of at most 45 degrees: the control point lies where the tangents of both ends meet, `1 / cos(half)` out.
fn arc(pieces: &mut Vec<Piece>, [cx, cy, rx, ry, from, to]: [f64; 6]) {
    let steps = ((to - from).abs() / 45.0).ceil().max(1.0);
    let step = (to - from) / steps;
    let at = |degrees: f64, out: f64| (cx + rx * out * degrees.to_radians().cos(), cy + ry * out * degrees.to_radians().sin());
    let out = 1.0 / (step / 2.0).to_radians().cos();
    let (x, y) = at(from, 1.0);
    pieces.push(if pieces.is_empty() { Piece::Move(x, y) } else { Piece::Line(x, y) });
    let mut here = from;
    while (to - here).abs() > 1e-6 {
        let (qx, qy) = at(here + step / 2.0, out);
        let (x, y) = at(here + step, 1.0);
        pieces.push(Piece::Quad(qx, qy, x, y));
        here += step;
    }
}

const LETTERS: &[(char, f64, &str)] = &[
    (' ', 2.4, ""),
    ('!', 0.0, "M 0 14 L 0 4.2 | M 0 0 L 0 0.1"),
    ('"', 2.6, "M 0 14 L 0 10.5 | M 2.6 14 L 2.6 10.5"),
    ('#', 8.0, "M 2 0 L 3.4 14 | M 5.4 0 L 6.8 14 | M 0.4 9.4 L 8 9.4 | M 0 4.6 L 7.6 4.6"),
    ('$', 8.0, "A 4 10.2 3.8 3.2 25 270 A 4 3.6 4 3.4 90 -155 | M 4 15.6 L 4 -1.6"),
    ('%', 11.0, "M 9.4 14 L 1.6 0 | A 2.2 10.9 2.2 3.1 0 360 Z | A 8.8 3.1 2.2 3.1 0 360 Z"),
    ('&', 9.0, "M 9 0 L 1.8 9.6 Q 0.8 14 4 14 Q 7 14 6.4 10.8 Q 6 9 2.6 7.2 Q 0 5.8 0 3.4 Q 0 0 3.8 0 Q 8 0 9 6"),
    ('\'', 0.0, "M 0 14 L 0 10.5"),
    ('(', 2.6, "M 2.6 15.6 Q -2.4 6.5 2.6 -2.6"),
    (')', 2.6, "M 0 15.6 Q 5 6.5 0 -2.6"),
    ('*', 5.0, "M 2.5 14 L 2.5 9 | M 0.3 12.7 L 4.7 10.3 | M 4.7 12.7 L 0.3 10.3"),
    ('+', 8.0, "M 4 10.5 L 4 2.5 | M 0 6.5 L 8 6.5"),
    (',', 0.8, "M 0.6 0.3 L -0.3 -2.6"),
    ('-', 4.2, "M 0 5.6 L 4.2 5.6"),
    ('.', 0.0, "M 0 0 L 0 0.1"),
    ('/', 5.6, "M 0 -1.5 L 5.6 15.5"),
    ('0', 8.0, "A 4 9.9 3.9 4.1 0 180 A 4 4.1 3.9 4.1 180 360 Z"),
    ('1', 8.0, "M 1.6 10.8 L 5 14 L 5 0"),
    ('2', 8.0, "A 4 10.1 3.9 3.9 165 -40 L 0.2 0 L 8 0"),
    ('3', 8.0, "A 3.9 10.6 3.5 3.4 155 -90 L 2.8 7.2 | M 3.9 7.2 A 3.9 3.6 4 3.6 90 -155"),
    ('4', 8.0, "M 5.2 14 L 0 4 L 8 4 | M 5.9 8 L 5.9 0"),
    ('5', 8.0, "M 7.2 14 L 1.3 14 L 0.66 7.23 A 3.8 4.4 4.1 4.4 140 -155"),
    ('6', 8.0, "M 5.24 14 L 0.72 6.92 | A 4 4.4 4 4.4 0 360 Z"),
    ('7', 8.0, "M 0 14 L 8 14 L 3 0"),
    ('8', 8.0, "A 4 10.6 3.5 3.4 0 360 Z | A 4 3.6 4 3.6 0 360 Z"),
    ('9', 8.0, "M 2.76 0 L 7.28 7.08 | A 4 9.6 4 4.4 0 360 Z"),
    (':', 0.0, "M 0 0.6 L 0 0.7 | M 0 8.4 L 0 8.5"),
    (';', 0.8, "M 0.6 0.3 L -0.3 -2.6 | M 0.6 8.4 L 0.6 8.5"),
    ('<', 7.0, "M 7 11 L 0 6.5 L 7 2"),
    ('=', 8.0, "M 0 8.6 L 8 8.6 | M 0 4.4 L 8 4.4"),
    ('>', 7.0, "M 0 11 L 7 6.5 L 0 2"),
    ('?', 6.6, "A 3.3 10.7 3.3 3.3 165 -40 Q 3.3 6.8 3.3 4.4 | M 3.3 0 L 3.3 0.1"),
    ('@', 12.0, "M 8.6 9.2 L 8.6 5 Q 8.6 2.6 10.3 2.6 Q 12 2.6 12 6 A 6 6 6 7.4 0 290 | A 5.9 5.9 2.7 3.2 0 360 Z"),
    ('A', 9.4, "M 0 0 L 4.7 14 L 9.4 0 | M 1.5 4.6 L 7.9 4.6"),
    ('B', 8.0, "M 0 0 L 0 14 L 4.2 14 A 4.2 10.75 3.3 3.25 90 -90 L 0 7.5 | M 4.2 7.5 A 4.2 3.75 3.8 3.75 90 -90 L 0 0"),
    ('C', 8.0, "A 4.1 9.9 4.1 4.1 20 180 A 4.1 4.1 4.1 4.1 180 340"),
    ('D', 8.4, "M 0 0 L 0 14 L 4.2 14 A 4.2 9.8 4.2 4.2 90 0 A 4.2 4.2 4.2 4.2 0 -90 Z"),
    ('E', 7.0, "M 7 14 L 0 14 L 0 0 L 7 0 | M 0 7.3 L 6 7.3"),
    ('F', 7.0, "M 7 14 L 0 14 L 0 0 | M 0 7 L 6 7"),
    ('G', 8.2, "A 4.1 9.9 4.1 4.1 20 180 A 4.1 4.1 4.1 4.1 180 360 L 8.2 6.8 L 4.8 6.8"),
    ('H', 8.2, "M 0 0 L 0 14 | M 8.2 0 L 8.2 14 | M 0 7.2 L 8.2 7.2"),
    ('I', 0.0, "M 0 0 L 0 14"),
    ('J', 6.0, "M 6 14 L 6 3.2 A 3 3.2 3 3.2 0 -165"),
    ('K', 8.0, "M 0 0 L 0 14 | M 7.6 14 L 0 5.4 | M 2.6 8.35 L 8 0"),
    ('L', 6.6, "M 0 14 L 0 0 L 6.6 0"),
    ('M', 10.4, "M 0 0 L 0 14 L 5.2 5 L 10.4 14 L 10.4 0"),
    ('N', 8.4, "M 0 0 L 0 14 L 8.4 0 L 8.4 14"),
    ('O', 8.6, "A 4.3 9.7 4.3 4.3 0 180 A 4.3 4.3 4.3 4.3 180 360 Z"),
    ('P', 8.0, "M 0 0 L 0 14 L 4.2 14 A 4.2 10.2 3.8 3.8 90 -90 L 0 6.4"),
    ('Q', 8.6, "A 4.3 9.7 4.3 4.3 0 180 A 4.3 4.3 4.3 4.3 180 360 Z | M 5.4 3.4 L 8.8 -0.8"),
    ('R', 8.0, "M 0 0 L 0 14 L 4.2 14 A 4.2 10.2 3.8 3.8 90 -90 L 0 6.4 | M 4 6.4 L 8 0"),
    ('S', 8.0, "A 4 10.5 3.7 3.5 25 270 A 4 3.5 4 3.5 90 -155"),
    ('T', 8.4, "M 0 14 L 8.4 14 | M 4.2 14 L 4.2 0"),
    ('U', 8.2, "M 0 14 L 0 4.1 A 4.1 4.1 4.1 4.1 180 360 L 8.2 14"),
    ('V', 9.2, "M 0 14 L 4.6 0 L 9.2 14"),
    ('W', 13.0, "M 0 14 L 3.25 0 L 6.5 12 L 9.75 0 L 13 14"),
    ('X', 8.6, "M 0 14 L 8.6 0 | M 8.6 14 L 0 0"),
    ('Y', 9.0, "M 0 14 L 4.5 6.4 L 9 14 | M 4.5 6.4 L 4.5 0"),
    ('Z', 8.0, "M 0 14 L 8 14 L 0 0 L 8 0"),
    ('[', 2.6, "M 2.6 15.5 L 0 15.5 L 0 -2.5 L 2.6 -2.5"),
    ('\\', 5.6, "M 0 15.5 L 5.6 -1.5"),
    (']', 2.6, "M 0 15.5 L 2.6 15.5 L 2.6 -2.5 L 0 -2.5"),
    ('^', 6.0, "M 0 9.5 L 3 14 L 6 9.5"),
    ('_', 8.0, "M 0 -2.5 L 8 -2.5"),
    ('`', 2.0, "M 0 14 L 2 11.8"),
    ('a', 6.8, "A 3.4 6.8 3.3 3.2 150 0 L 6.7 0 | M 6.7 5.7 L 2.9 5.7 A 2.9 2.85 2.9 2.85 90 270 L 3.4 0 Q 6.3 0.2 6.7 2.6"),
    ('b', 7.0, "M 0 14 L 0 0 | A 3.5 6.5 3.5 3.5 180 0 A 3.5 3.5 3.5 3.5 0 -180 Z"),
    ('c', 6.6, "A 3.5 6.5 3.5 3.5 30 180 A 3.5 3.5 3.5 3.5 180 330"),
    ('d', 7.0, "M 7 14 L 7 0 | A 3.5 6.5 3.5 3.5 180 0 A 3.5 3.5 3.5 3.5 0 -180 Z"),
    ('e', 7.0, "M 0 5.1 L 7 5.1 L 7 6.5 A 3.5 6.5 3.5 3.5 0 180 A 3.5 3.5 3.5 3.5 180 325"),
    ('f', 4.6, "M 1.6 0 L 1.6 10.8 Q 1.6 14 4.8 14 | M 0 9.6 L 4.6 9.6"),
    ('g', 7.0, "M 7 10 L 7 -0.9 A 3.5 -0.9 3.5 3.1 0 -155 | A 3.5 6.5 3.5 3.5 180 0 A 3.5 3.5 3.5 3.5 0 -180 Z"),
    ('h', 7.0, "M 0 0 L 0 14 | M 0 6.5 A 3.5 6.5 3.5 3.5 180 0 L 7 0"),
    ('i', 0.0, "M 0 0 L 0 10 | M 0 13.4 L 0 13.5"),
    ('j', 1.8, "M 1.8 10 L 1.8 -1.5 Q 1.8 -4 -0.6 -4 | M 1.8 13.4 L 1.8 13.5"),
    ('k', 6.6, "M 0 0 L 0 14 | M 6.1 10 L 0 3.8 | M 2.3 6.2 L 6.6 0"),
    ('l', 1.8, "M 0 14 L 0 2.2 Q 0 0 2 0"),
    ('m', 11.0, "M 0 0 L 0 10 | M 0 7.2 A 2.75 7.2 2.75 2.8 180 0 L 5.5 0 | M 5.5 7.2 A 8.25 7.2 2.75 2.8 180 0 L 11 0"),
    ('n', 7.0, "M 0 0 L 0 10 | M 0 6.5 A 3.5 6.5 3.5 3.5 180 0 L 7 0"),
    ('o', 7.0, "A 3.5 6.5 3.5 3.5 180 0 A 3.5 3.5 3.5 3.5 0 -180 Z"),
    ('p', 7.0, "M 0 10 L 0 -4 | A 3.5 6.5 3.5 3.5 180 0 A 3.5 3.5 3.5 3.5 0 -180 Z"),
    ('q', 7.0, "M 7 10 L 7 -4 | A 3.5 6.5 3.5 3.5 180 0 A 3.5 3.5 3.5 3.5 0 -180 Z"),
    ('r', 4.2, "M 0 0 L 0 10 | M 0 6.3 Q 0.3 10 4.2 10"),
    ('s', 6.2, "A 3.1 7.5 2.8 2.5 25 270 A 3.1 2.5 3.1 2.5 90 -155"),
    ('t', 4.4, "M 1.6 13 L 1.6 2.4 Q 1.6 0 4.4 0 | M 0 9.6 L 4.4 9.6"),
    ('u', 7.0, "M 0 10 L 0 3.5 A 3.5 3.5 3.5 3.5 180 360 | M 7 10 L 7 0"),
    ('v', 7.2, "M 0 10 L 3.6 0 L 7.2 10"),
    ('w', 10.6, "M 0 10 L 2.65 0 L 5.3 8.6 L 7.95 0 L 10.6 10"),
    ('x', 6.8, "M 0 10 L 6.8 0 | M 6.8 10 L 0 0"),
    ('y', 7.2, "M 0 10 L 3.6 0 | M 7.2 10 L 2.2 -4"),
    ('z', 6.4, "M 0 10 L 6.4 10 L 0 0 L 6.4 0"),
    ('{', 3.4, "M 3.4 15.5 Q 1.6 15.5 1.6 13.5 L 1.6 8.5 Q 1.6 6.5 0 6.5 Q 1.6 6.5 1.6 4.5 L 1.6 -0.5 Q 1.6 -2.5 3.4 -2.5"),
    ('|', 0.0, "M 0 15.5 L 0 -2.5"),
    ('}', 3.4, "M 0 15.5 Q 1.8 15.5 1.8 13.5 L 1.8 8.5 Q 1.8 6.5 3.4 6.5 Q 1.8 6.5 1.8 4.5 L 1.8 -0.5 Q 1.8 -2.5 0 -2.5"),
    ('~', 8.0, "M 0 5.6 Q 2 8.8 4 6.5 Q 6 4.2 8 7.4"),
    ('\u{a0}', 2.4, ""),
    ('£', 7.4, "A 4.6 10.8 2.8 3.2 20 180 L 1.8 2 Q 1.8 0 0 0 L 7.4 0 | M 0 6.8 L 5.4 6.8"),
    ('¥', 9.0, "M 0 14 L 4.5 7 L 9 14 | M 4.5 7 L 4.5 0 | M 1.2 6.4 L 7.8 6.4 | M 1.2 3.4 L 7.8 3.4"),
    ('©', 13.0, "A 6.5 7 6.5 7 0 360 Z | A 6.5 7 2.8 3.4 45 315"),
    ('®', 13.0, "A 6.5 7 6.5 7 0 360 Z | M 4.8 3.6 L 4.8 10.4 L 6.6 10.4 A 6.6 8.8 1.8 1.6 90 -90 L 4.8 7.2 | M 6.6 7.2 L 8.6 3.6"),
    ('°', 3.8, "A 1.9 12.1 1.9 1.9 0 360 Z"),
    ('±', 8.0, "M 4 11.5 L 4 4.5 | M 0 8 L 8 8 | M 0 1 L 8 1"),
    ('·', 0.0, "M 0 6 L 0 6.1"),
    ('×', 6.4, "M 0 9.7 L 6.4 3.3 | M 6.4 9.7 L 0 3.3"),
    ('–', 7.0, "M 0 5.6 L 7 5.6"),
    ('—', 12.0, "M 0 5.6 L 12 5.6"),
    ('‘', 0.9, "M 0.9 14 L 0 11"),
    ('’', 0.9, "M 0.9 14 L 0 11"),
    ('“', 3.6, "M 0.9 14 L 0 11 | M 3.6 14 L 2.7 11"),
    ('”', 3.6, "M 0.9 14 L 0 11 | M 3.6 14 L 2.7 11"),
    ('•', 1.6, "A 0.8 6.5 0.8 0.8 0 360 Z"),
    ('…', 8.0, "M 0 0 L 0 0.1 | M 4 0 L 4 0.1 | M 8 0 L 8 0.1"),
    ('€', 8.4, "A 4.9 9.9 3.9 4.1 25 180 A 4.9 4.1 3.9 4.1 180 335 | M 0 8.4 L 6.4 8.4 | M 0 5.6 L 6 5.6"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drawing_reads_to_its_end() {
        assert!(LETTERS.windows(2).all(|pair| pair[0].0 < pair[1].0), "sorted by code point");
        for &(character, width, drawing) in LETTERS {
            for token in drawing.split_ascii_whitespace() {
                assert!("MLQZA|".contains(token) || token.parse::<f64>().is_ok(), "{character}: {token}");
            }
            for piece in letter(character).unwrap().pieces() {
                if let Piece::Move(x, y) | Piece::Line(x, y) | Piece::Quad(_, _, x, y) = piece {
                    assert!((-0.7..=width + 0.7).contains(&x) && (-4.1..=15.7).contains(&y), "{character}: {x} {y}");
                }
            }
        }
        for character in (' '..='~').chain("°·×–—¥€".chars()) {
            assert!(letter(character).is_some(), "{character:?}");
        }
    }

    #[test]
    fn an_arc_ends_where_it_says() {
        let mut pieces = Vec::new();
        arc(&mut pieces, [4.0, 4.0, 2.0, 2.0, 0.0, 180.0]);
        let Some(&Piece::Quad(_, _, x, y)) = pieces.last() else { panic!("no curve") };
        assert!((x - 2.0).abs() < 1e-9 && (y - 4.0).abs() < 1e-9);
        assert_eq!(pieces.len(), 5);
    }
}
