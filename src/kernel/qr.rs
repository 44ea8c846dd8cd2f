//! QR codes (ISO/IEC 18004:2015, model 2), made fast enough that they are not what a print job waits for.
//!
//! The `qrcode` crate does the segmentation into modes, the Reed–Solomon codewords and, once per version and level, the function
//! patterns. What takes nine tenths of its time, scoring the eight masks, is done here on whole rows at once: a row of versions 1 to 9
//! (at most 53 modules, 61 with the quiet zone the third rule looks at) fits one `u64`. Larger codes are left to the crate.
//!
//! Given the same mask the modules are the crate's own, bit for bit (a test compares all of them). The mask chosen may differ, because
//! readings of the third penalty rule differ; every mask decodes.

use std::fmt::Write;
use std::sync::OnceLock;

use qrcode::bits::{Bits, encode_auto};
use qrcode::canvas::{Canvas, MaskPattern, Module};
use qrcode::types::{EcLevel, QrError, Version};
use qrcode::{QrCode, ec};

use super::{Code, Error, Refusal, Result, saturating};

/// How much of the code may be lost and still be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecc {
    /// About 7 % of the codewords.
    L,
    /// About 15 %.
    M,
    /// About 25 %.
    Q,
    /// About 30 %.
    H,
}

impl Ecc {
    /// All four, weakest first.
    pub const ALL: [Ecc; 4] = [Ecc::L, Ecc::M, Ecc::Q, Ecc::H];

    const fn level(self) -> EcLevel {
        match self {
            Ecc::L => EcLevel::L,
            Ecc::M => EcLevel::M,
            Ecc::Q => EcLevel::Q,
            Ecc::H => EcLevel::H,
        }
    }

    /// Bytes a version 40 code holds (ISO/IEC 18004, table 7): what a refusal names as the most there can be.
    const fn most_bytes(self) -> usize {
        match self {
            Ecc::L => 2953,
            Ecc::M => 2331,
            Ecc::Q => 1663,
            Ecc::H => 1273,
        }
    }
}

/// The masks of ISO/IEC 18004, table 10, in the order of their numbers.
const MASKS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

/// The largest version whose rows fit a `u64` with the quiet zone beside them.
const PACKED_VERSIONS: usize = 9;
/// Modules per side of version 9.
const PACKED_SIZE: usize = 17 + 4 * PACKED_VERSIONS;
/// Light modules a code needs on every side; the third rule looks into it.
const QUIET: usize = 4;

/// A QR code, without its quiet zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Qr {
    version: u8,
    ecc: Ecc,
    mask: u8,
    size: usize,
    /// Words per row.
    stride: usize,
    /// Rows from the top; module `x` of a row is bit `x % 64` of its word `x / 64`, 1 is dark.
    words: Vec<u64>,
}

impl Qr {
    /// The smallest code of level `ecc` that holds `text`, in the modes (numeric, alphanumeric, bytes) that make it shortest.
    ///
    /// # Errors
    /// [`Code::TooLong`] when no version holds it.
    pub fn encode(text: &[u8], ecc: Ecc) -> Result<Self> {
        let bits = encode_auto(text, ecc.level()).map_err(|error| refused(error, ecc))?;
        Self::of_bits(bits, ecc, None)
    }

    /// Like [`Qr::encode`], and at the highest level that the same version has room for: better reading for no larger code.
    ///
    /// # Errors
    /// [`Code::TooLong`] when no version holds it at `least`.
    pub fn encode_boosted(text: &[u8], least: Ecc) -> Result<Self> {
        let bits = encode_auto(text, least.level()).map_err(|error| refused(error, least))?;
        let version = bits.version();
        for ecc in Ecc::ALL.into_iter().rev().take_while(|&ecc| ecc > least) {
            let mut boosted = Bits::new(version);
            boosted.push_optimal_data(text).map_err(|error| refused(error, ecc))?;
            if boosted.max_len(ecc.level()).is_ok_and(|room| boosted.len() <= room) {
                boosted.push_terminator(ecc.level()).map_err(|error| refused(error, ecc))?;
                return Self::of_bits(boosted, ecc, None);
            }
        }
        Self::of_bits(bits, least, None)
    }

    /// The code of terminated bits, with the mask given or else the best one.
    fn of_bits(bits: Bits, ecc: Ecc, mask: Option<u8>) -> Result<Self> {
        let version = bits.version();
        let Some(template) = Template::of(version, ecc) else {
            return Self::large(bits, ecc);
        };
        let (data, correction) = ec::construct_codewords(&bits.into_bytes(), version, ecc.level()).map_err(|error| refused(error, ecc))?;
        let data = template.place(data.iter().chain(&correction).copied());
        let size = template.size;
        let (mask, rows) = match mask {
            Some(mask) => (mask, template.masked(mask, &data)),
            None => template.best(&data),
        };
        let words = rows.iter().skip(QUIET).take(size).map(|row| row >> QUIET).collect();
        Ok(Self { version: template.version, ecc, mask, size, stride: 1, words })
    }

    /// Versions 10 to 40, which no label of ours needs: the crate's own choice of mask.
    fn large(bits: Bits, ecc: Ecc) -> Result<Self> {
        let code = QrCode::with_bits(bits, ecc.level()).map_err(|error| refused(error, ecc))?;
        let Version::Normal(version) = code.version() else { return Err(refused(QrError::InvalidVersion, ecc)) };
        let size = code.width();
        let stride = size.div_ceil(64);
        let mut words = Vec::with_capacity(stride * size);
        for row in code.to_colors().chunks(size) {
            for run in row.chunks(64) {
                words.push(run.iter().rev().fold(0, |word, colour| word << 1 | u64::from(*colour == qrcode::Color::Dark)));
            }
        }
        let mut qr = Self { version: u8::try_from(version).map_err(Error::broken)?, ecc, mask: 0, size, stride, words };
        // The mask's number stands in the format information, row 8, columns 2 to 4, under the fixed pattern 101 (clause 7.9).
        qr.mask = (2..5).fold(0, |mask, x| mask << 1 | u8::from(qr.dark(x, 8))) ^ 0b101;
        Ok(qr)
    }

    /// Modules per side, without the quiet zone.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether the module in column `x` of row `y` is dark. Everything outside is light.
    pub fn dark(&self, x: usize, y: usize) -> bool {
        x < self.size && self.words.get(y * self.stride + x / 64).is_some_and(|word| word >> (x % 64) & 1 == 1)
    }

    /// The rows from the top. Module `x` is bit `x % 64` of word `x / 64`, 1 is dark; one word per row up to version 11.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u64]> {
        self.words.chunks(self.stride)
    }

    /// Version, 1 to 40; the size is `17 + 4 × version`.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Level of error correction.
    pub fn ecc(&self) -> Ecc {
        self.ecc
    }

    /// Number of the mask, 0 to 7.
    pub fn mask(&self) -> u8 {
        self.mask
    }

    /// The dark modules as the `d` of one SVG path in units of modules, runs of a row merged, no quiet zone.
    ///
    /// Fill it with `shape-rendering="crispEdges"` in a `viewBox` of `-4 -4 size+8 size+8` for the quiet zone.
    pub fn to_svg_path(&self) -> String {
        let mut path = String::with_capacity(self.size * self.size * 4);
        for y in 0..self.size {
            let mut x = 0;
            while x < self.size {
                let run = (x..self.size).take_while(|&x| self.dark(x, y)).count();
                if run > 0 {
                    // Writing to a String cannot fail.
                    let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
                }
                x += run.max(1);
            }
        }
        path
    }
}

impl std::fmt::Debug for Qr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "QR {}-{:?}, mask {}", self.version, self.ecc, self.mask)?;
        for y in 0..self.size {
            for x in 0..self.size {
                f.write_str(if self.dark(x, y) { "##" } else { "  " })?;
            }
            f.write_char('\n')?;
        }
        Ok(())
    }
}

fn refused(error: QrError, ecc: Ecc) -> Error {
    match error {
        QrError::DataTooLong => Refusal::new(Code::TooLong).with("max", ecc.most_bytes()).into(),
        other => Error::broken(other),
    }
}

/// Rows of a code of version 1 to 9 with its quiet zone: row `y` is at `y + QUIET`, module `x` at bit `x + QUIET`.
type Rows = [u64; PACKED_SIZE + 2 * QUIET];

/// What does not depend on the data: function patterns and masks, and where the data bits go.
struct Template {
    version: u8,
    size: usize,
    /// For every mask: function patterns with the format information, and the mask itself where the data goes.
    masks: [Rows; 8],
    /// Row and bit of every data bit, in the order of clause 7.7.3.
    places: Vec<(usize, u32)>,
}

impl Template {
    /// The template of a version, made at its first use. None above version 9.
    fn of(version: Version, ecc: Ecc) -> Option<&'static Self> {
        static MADE: [[OnceLock<Template>; 4]; PACKED_VERSIONS] = [const { [const { OnceLock::new() }; 4] }; PACKED_VERSIONS];
        let Version::Normal(number) = version else { return None };
        let number = saturating::<u8>(number);
        let levels = MADE.get(usize::from(number).checked_sub(1)?)?;
        let [l, m, q, h] = levels;
        let cell = match ecc {
            Ecc::L => l,
            Ecc::M => m,
            Ecc::Q => q,
            Ecc::H => h,
        };
        Some(cell.get_or_init(|| Self::make(number, ecc)))
    }

    fn make(version: u8, ecc: Ecc) -> Self {
        let size = 17 + 4 * i16::from(version);
        let mut blank = Canvas::new(Version::Normal(i16::from(version)), ecc.level());
        blank.draw_all_functional_patterns();
        let masks = MASKS.map(|mask| {
            let mut canvas = blank.clone();
            canvas.apply_mask(mask);
            let mut rows: Rows = [0; PACKED_SIZE + 2 * QUIET];
            for (y, row) in (0..size).zip(rows.iter_mut().skip(QUIET)) {
                *row = (0..size).rev().fold(0, |row, x| row << 1 | u64::from(canvas.get(x, y).is_dark())) << QUIET;
            }
            rows
        });
        // Two columns at a time from the right, up and down in turn, past the timing column.
        let mut places = Vec::new();
        let mut upward = true;
        let mut right = size - 1;
        while right > 0 {
            if right == 6 {
                right -= 1;
            }
            for step in 0..size {
                let y = if upward { size - 1 - step } else { step };
                for x in [right, right - 1] {
                    if blank.get(x, y) == Module::Empty {
                        places.push((usize::from(y.unsigned_abs()) + QUIET, u32::from(x.unsigned_abs()) + 4));
                    }
                }
            }
            upward = !upward;
            right -= 2;
        }
        Self { version, size: usize::from(size.unsigned_abs()), masks, places }
    }

    /// The codewords where they belong, all else light.
    fn place(&self, codewords: impl Iterator<Item = u8>) -> Rows {
        let mut rows: Rows = [0; PACKED_SIZE + 2 * QUIET];
        for (codeword, places) in codewords.zip(self.places.chunks(8)) {
            for (bit, &(row, column)) in places.iter().enumerate() {
                if let Some(row) = rows.get_mut(row) {
                    *row |= u64::from(codeword >> (7 - bit) & 1) << column;
                }
            }
        }
        rows
    }

    fn masked(&self, mask: u8, data: &Rows) -> Rows {
        let mut rows = *data;
        for (row, pattern) in rows.iter_mut().zip(self.masks.get(usize::from(mask)).into_iter().flatten()) {
            *row ^= pattern;
        }
        rows
    }

    /// The mask with the least penalty (the first of equals), and the rows under it.
    fn best(&self, data: &Rows) -> (u8, Rows) {
        let mut best = (u32::MAX, 0, *data);
        for mask in 0..8 {
            let rows = self.masked(mask, data);
            let penalty = penalty(&rows, self.size, best.0);
            if penalty < best.0 {
                best = (penalty, mask, rows);
            }
        }
        (best.1, best.2)
    }
}

/// The penalty of ISO/IEC 18004:2015, clause 7.8.3, table 11; stops counting once `enough` is reached.
///
/// 1. a run of `5 + k` like modules in a row or column: `3 + k` points;
/// 2. every 2 × 2 block of like modules, overlapping ones too: 3 points;
/// 3. dark-light-dark-light-dark in the ratio 1:1:3:1:1 in a row or column, with 4 light modules before or after it: 40 points each. The
///    quiet zone counts as light, as a reader sees it, and a pattern light on both sides counts once;
/// 4. for every full 5 % by which the dark share leaves 50 %: 10 points.
///
/// All on whole rows: bit `x` of a mask says that something begins at column `x`.
fn penalty(rows: &Rows, size: usize, enough: u32) -> u32 {
    let symbol = (1_u64 << size) - 1;
    let inner = rows.get(QUIET..QUIET + size).unwrap_or_default();

    let mut total = 0;
    let mut dark = 0;
    let mut last_alike = 0;
    let mut last: Option<u64> = None;
    for &row in inner {
        dark += row.count_ones();
        let module = row >> QUIET;
        // Bit x: modules x and x+1 of this row are alike.
        let alike = !(module ^ (module >> 1)) & (symbol >> 1);
        total += runs(alike & alike >> 1 & alike >> 2 & alike >> 3);
        // A block needs both rows alike within, and like each other.
        if let Some(last) = last {
            total += 3 * (alike & last_alike & !(module ^ last)).count_ones();
        }
        total += 40 * finders_in_row(row).count_ones();
        (last_alike, last) = (alike, Some(module));
    }
    let share = 20 * u64::from(dark);
    let modules = saturating::<u64>(size * size);
    total += 10 * saturating::<u32>(share.abs_diff(10 * modules) / modules);
    if total >= enough {
        return total;
    }

    let mut begun = 0;
    for &[a, b, c, d, e] in inner.array_windows() {
        let five = !(a ^ b) & !(b ^ c) & !(c ^ d) & !(d ^ e) & (symbol << QUIET);
        total += five.count_ones() + 2 * (five & !begun).count_ones();
        begun = five;
    }
    let quiet = rows.get(..size + 2 * QUIET).unwrap_or_default();
    for &[a, b, c, d, p0, p1, p2, p3, p4, p5, p6, e, f, g, h] in quiet.array_windows() {
        let pattern = p0 & !p1 & p2 & p3 & p4 & !p5 & p6;
        total += 40 * (pattern & !((a | b | c | d) & (e | f | g | h))).count_ones();
    }
    total
}

/// Points of rule 1 for a row, from the places where five like modules begin: a run of `n` has `n − 4` of them in a row and costs `n − 2`.
const fn runs(five: u64) -> u32 {
    five.count_ones() + 2 * (five & !(five << 1)).count_ones()
}

/// Where in a row with its quiet zone a finder-like pattern begins (rule 3).
const fn finders_in_row(row: u64) -> u64 {
    let pattern = row & !(row >> 1) & row >> 2 & row >> 3 & row >> 4 & !(row >> 5) & row >> 6;
    let light = !(row | row >> 1 | row >> 2 | row >> 3);
    pattern & (light << 4 | light >> 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LABEL: &[u8] = b"HTTPS://ID.BRAND.CN/01/09506000134352/21/0ABCDEFGHJKMNPQRSTV0ZZ";

    /// The crate's modules under a given mask, by its own drawing.
    fn by_crate(text: &[u8], ecc: Ecc, mask: u8) -> Vec<bool> {
        let bits = encode_auto(text, ecc.level()).unwrap();
        let version = bits.version();
        let (data, correction) = ec::construct_codewords(&bits.into_bytes(), version, ecc.level()).unwrap();
        let mut canvas = Canvas::new(version, ecc.level());
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&data, &correction);
        canvas.apply_mask(MASKS[usize::from(mask)]);
        canvas.into_colors().into_iter().map(|colour| colour == qrcode::Color::Dark).collect()
    }

    fn modules(qr: &Qr) -> Vec<bool> {
        (0..qr.size()).flat_map(|y| (0..qr.size()).map(move |x| qr.dark(x, y))).collect()
    }

    /// Every rule as its words say, module by module.
    fn penalty_by_the_book(rows: &Rows, size: usize) -> u32 {
        let size = i32::try_from(size).unwrap();
        let dark =
            |x: i32, y: i32| (0..size).contains(&x) && (0..size).contains(&y) && rows[usize::try_from(y + 4).unwrap()] >> (x + 4) & 1 == 1;
        let mut total = 0;
        for across in [true, false] {
            let at = |along: i32, line: i32| if across { dark(along, line) } else { dark(line, along) };
            for line in 0..size {
                let mut run = 0;
                for along in 0..size {
                    run = if along > 0 && at(along, line) == at(along - 1, line) { run + 1 } else { 1 };
                    let ends = along + 1 == size || at(along + 1, line) != at(along, line);
                    if ends && run >= 5 {
                        total += run - 2;
                    }
                }
                for along in 0..=size - 7 {
                    let pattern = [true, false, true, true, true, false, true];
                    let hit = (0..7).zip(pattern).all(|(step, wanted)| at(along + step, line) == wanted);
                    let before = (1..=4).all(|step| !at(along - step, line));
                    let after = (7..=10).all(|step| !at(along + step, line));
                    if hit && (before || after) {
                        total += 40;
                    }
                }
            }
        }
        let mut count = 0;
        for y in 0..size {
            for x in 0..size {
                count += i32::from(dark(x, y));
                let block = [dark(x, y), dark(x + 1, y), dark(x, y + 1), dark(x + 1, y + 1)];
                if x + 1 < size && y + 1 < size && block.iter().all(|module| *module == block[0]) {
                    total += 3;
                }
            }
        }
        let percent_off = (f64::from(count) / f64::from(size * size) * 100.0 - 50.0).abs();
        let steps = (0..10).take_while(|step| f64::from(step + 1) * 5.0 <= percent_off + 1e-9).count();
        u32::try_from(total).unwrap() + 10 * u32::try_from(steps).unwrap()
    }

    #[test]
    fn every_version_and_level_is_the_crates_at_every_mask() {
        let mut versions = std::collections::BTreeSet::new();
        for ecc in Ecc::ALL {
            for length in (0..240).step_by(9) {
                let text: Vec<u8> = (0..length).map(|i| b"HTTPS://id.brand.cn/01/095"[(i * 7 + length) % 26]).collect();
                for mask in 0..8 {
                    let bits = encode_auto(&text, ecc.level()).unwrap();
                    if bits.version().width() > 53 {
                        continue;
                    }
                    let qr = Qr::of_bits(bits, ecc, Some(mask)).unwrap();
                    assert_eq!(modules(&qr), by_crate(&text, ecc, mask), "{length} bytes, {ecc:?}, mask {mask}");
                    versions.insert((qr.version(), ecc));
                }
            }
        }
        assert_eq!(versions.len(), 36, "nine versions at four levels: {versions:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn uris_are_the_crates_at_our_mask(host in "[A-Za-z]{1,12}", tail in "[0-9A-Z/%a-z?=&]{0,150}", level in 0..4_usize) {
            let text = format!("https://{host}.cn/01/09506000134352/21/{tail}");
            let ecc = Ecc::ALL[level];
            let qr = Qr::encode(text.as_bytes(), ecc).unwrap();
            prop_assert_eq!(qr.size(), 17 + 4 * usize::from(qr.version()));
            prop_assert_eq!(modules(&qr), by_crate(text.as_bytes(), ecc, qr.mask()));
        }

        #[test]
        fn penalty_is_by_the_book(seed in proptest::array::uniform32(any::<u64>()), version in 1..=9_usize, thin in any::<bool>()) {
            let size = 17 + 4 * version;
            let mut rows: Rows = [0; PACKED_SIZE + 2 * QUIET];
            for y in 0..size {
                // A second word makes long runs and finder-like patterns likely.
                let word = seed[y % 32] & if thin { seed[(y + 7) % 32] } else { u64::MAX };
                rows[y + QUIET] = ((word.rotate_left(u32::try_from(y).unwrap()) | 0x5d) & ((1 << size) - 1)) << QUIET;
            }
            prop_assert_eq!(penalty(&rows, size, u32::MAX), penalty_by_the_book(&rows, size));
        }
    }

    #[test]
    fn the_chosen_mask_has_the_least_penalty() {
        for ecc in Ecc::ALL {
            let bits = encode_auto(LABEL, ecc.level()).unwrap();
            let template = Template::of(bits.version(), ecc).unwrap();
            let (data, correction) =
                ec::construct_codewords(&bits.into_bytes(), Version::Normal(i16::from(template.version)), ecc.level()).unwrap();
            let data = template.place(data.into_iter().chain(correction));
            let least = (0..8).min_by_key(|mask| penalty_by_the_book(&template.masked(*mask, &data), template.size)).unwrap();
            assert_eq!(Qr::encode(LABEL, ecc).unwrap().mask(), least);
        }
    }

    #[test]
    fn capacity_boundaries() {
        // Alphanumeric characters that just fit (ISO/IEC 18004, table 7), and the modules per side of that code.
        for (ecc, characters, version, size) in [
            (Ecc::M, 61, 3, 29),
            (Ecc::Q, 67, 4, 33),
            (Ecc::M, 90, 4, 33),
            (Ecc::L, 77, 3, 29),
            (Ecc::H, 50, 4, 33),
            (Ecc::Q, 87, 5, 37),
            (Ecc::H, 64, 5, 37),
            (Ecc::L, 335, 9, 53),
        ] {
            let text = "A".repeat(characters);
            let qr = Qr::encode(text.as_bytes(), ecc).unwrap();
            assert_eq!((qr.version(), qr.size()), (version, size), "{characters} characters at {ecc:?}");
            let longer = Qr::encode(format!("{text}A").as_bytes(), ecc).unwrap();
            assert_eq!(longer.version(), version + 1, "{} characters at {ecc:?}", characters + 1);
        }
        assert_eq!(LABEL.len(), 63);
        let label = [LABEL, b"X"].concat();
        let upper = Qr::encode(&label, Ecc::Q).unwrap();
        assert_eq!((upper.version(), upper.size()), (4, 33), "64 upper-case characters at Q");
        let lower = Qr::encode(&label.to_ascii_lowercase(), Ecc::Q).unwrap();
        assert!(lower.size() > upper.size(), "lower case needs byte mode");
    }

    #[test]
    fn boosting_keeps_the_version() {
        for length in 1..200 {
            let text = "K".repeat(length);
            for least in Ecc::ALL {
                let plain = Qr::encode(text.as_bytes(), least).unwrap();
                let boosted = Qr::encode_boosted(text.as_bytes(), least).unwrap();
                assert_eq!(plain.version(), boosted.version());
                assert!(boosted.ecc() >= least);
                for higher in Ecc::ALL.into_iter().filter(|ecc| *ecc > boosted.ecc()) {
                    assert!(Qr::encode(text.as_bytes(), higher).unwrap().version() > plain.version());
                }
            }
        }
    }

    #[test]
    fn large_codes_are_the_crates_own() {
        for length in [400, 1200, 2900] {
            let text: Vec<u8> = (0..length).map(|i| b'a' + u8::try_from(i % 26).unwrap()).collect();
            let qr = Qr::encode(&text, Ecc::L).unwrap();
            let code = QrCode::with_error_correction_level(&text, EcLevel::L).unwrap();
            let colours: Vec<bool> = code.to_colors().into_iter().map(|colour| colour == qrcode::Color::Dark).collect();
            assert_eq!(modules(&qr), colours);
            assert_eq!(colours, by_crate(&text, Ecc::L, qr.mask()), "the mask is read back rightly");
            assert_eq!(qr.rows().len(), qr.size());
        }
        let error = Qr::encode(&[b'a'; 3000], Ecc::L).unwrap_err();
        assert_eq!((error.code(), error.to_string()), (Code::TooLong, "too_long max=2953".to_owned()));
    }

    #[test]
    fn svg_path_draws_exactly_the_dark_modules() {
        let qr = Qr::encode(LABEL, Ecc::M).unwrap();
        let mut drawn = vec![false; qr.size() * qr.size()];
        for rectangle in qr.to_svg_path().split('M').skip(1) {
            let (place, rest) = rectangle.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let run: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            assert_eq!(rest, format!("{run}v1h-{run}z"));
            let start = y.parse::<usize>().unwrap() * qr.size() + x.parse::<usize>().unwrap();
            for module in &mut drawn[start..start + run] {
                assert!(!*module, "drawn twice");
                *module = true;
            }
        }
        assert_eq!(drawn, modules(&qr));
    }
}
