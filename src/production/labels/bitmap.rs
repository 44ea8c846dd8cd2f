//! One-bit pictures: what a printer gets.

use resvg::tiny_skia::{self, Pixmap};

use crate::kernel::qr::Qr;
use crate::kernel::saturating;

/// A picture of dots. Rows of bytes from the top, the leftmost dot is the highest bit, 1 is ink; bits beyond the width are 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    width: usize,
    height: usize,
    stride: usize,
    bits: Vec<u8>,
}

impl Bitmap {
    /// A blank picture of `width` × `height` dots.
    pub fn new(width: usize, height: usize) -> Self {
        let stride = width.div_ceil(8);
        Self { width, height, stride, bits: vec![0; stride * height] }
    }

    /// Dark where the drawing, laid on white, is darker than the middle.
    pub fn of_pixmap(pixmap: &Pixmap) -> Self {
        let (width, height) = (saturating(pixmap.width()), saturating(pixmap.height()));
        let mut bitmap = Self::new(width, height);
        if width == 0 {
            return bitmap;
        }
        for (row, pixels) in bitmap.bits.chunks_exact_mut(bitmap.stride).zip(pixmap.pixels().chunks_exact(width)) {
            for (byte, eight) in row.iter_mut().zip(pixels.chunks(8)) {
                for (bit, pixel) in eight.iter().enumerate() {
                    *byte |= u8::from(is_dark(*pixel)) << (7 - bit);
                }
            }
        }
        bitmap
    }

    /// A QR code without quiet zone, `dots` dots per module.
    pub fn of_qr(qr: &Qr, dots: usize) -> Self {
        let side = qr.size() * dots;
        let mut bitmap = Self::new(side, side);
        let stride = bitmap.stride;
        for (rows, words) in bitmap.bits.chunks_exact_mut((stride * dots).max(1)).zip(qr.rows()) {
            let Some((first, others)) = rows.split_at_mut_checked(stride) else { continue };
            let mut modules = words.iter().flat_map(|word| (0..64).map(move |bit| word >> bit & 1 == 1)).take(qr.size());
            let (mut left, mut dark) = (0, false);
            for byte in first.iter_mut() {
                for bit in (0..8).rev() {
                    if left == 0 {
                        dark = modules.next().unwrap_or(false);
                        left = dots;
                    }
                    left -= 1;
                    *byte |= u8::from(dark) << bit;
                }
            }
            for row in others.chunks_exact_mut(stride) {
                row.copy_from_slice(first);
            }
        }
        bitmap
    }

    /// Width in dots.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in dots.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Bytes per row.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// All rows.
    pub fn bytes(&self) -> &[u8] {
        &self.bits
    }

    /// The rows from the top.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.bits.chunks_exact(self.stride.max(1))
    }

    /// Whether there is ink at column `x` of row `y`; nothing outside.
    pub fn dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.bits.get(y * self.stride + x / 8).is_some_and(|byte| byte >> (7 - x % 8) & 1 == 1)
    }

    /// Lays the ink of `other` over this picture, its left upper corner at (`x`, `y`). What falls outside is cut off.
    pub fn lay(&mut self, other: &Self, x: i32, y: i32) {
        if x < 0 || y < 0 {
            let (skip_x, skip_y) = (saturating(-x), saturating(-y));
            let part = other.cut(skip_x, skip_y);
            return self.lay(&part, x.max(0), y.max(0));
        }
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        let (byte, shift) = (x / 8, x % 8);
        let last = self.width.checked_sub(1).map_or(0, |last| last / 8);
        let last_mask = if self.width.is_multiple_of(8) { 0xff } else { !(0xffu8 >> (self.width % 8)) };
        for (into, from) in self.bits.chunks_exact_mut(self.stride.max(1)).skip(y).zip(other.rows()) {
            let mut carry = 0u16;
            let shifted = from.iter().copied().chain(std::iter::once(0)).map(|eight| {
                let word = u16::from(eight) << (8 - shift);
                let [high, _] = (carry | word).to_be_bytes();
                carry = word << 8;
                high
            });
            for (dot, ink) in into.iter_mut().skip(byte).zip(shifted) {
                *dot |= ink;
            }
            if let Some(end) = into.get_mut(last) {
                *end &= last_mask;
            }
        }
    }

    /// The part right of `x` and below `y`.
    fn cut(&self, x: usize, y: usize) -> Self {
        let mut part = Self::new(self.width.saturating_sub(x), self.height.saturating_sub(y));
        for (row, into) in part.bits.chunks_exact_mut(part.stride.max(1)).enumerate() {
            for (byte, at) in into.iter_mut().zip((x..).step_by(8)) {
                for bit in 0..8 {
                    *byte |= u8::from(self.dark(at + bit, row + y)) << (7 - bit);
                }
            }
        }
        part
    }

    /// The first dot with ink within `left..right`, `top..bottom`, reading as people do.
    pub fn first_ink(&self, left: usize, top: usize, right: usize, bottom: usize) -> Option<(usize, usize)> {
        (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y))).find(|&(x, y)| self.dark(x, y))
    }
}

fn is_dark(pixel: tiny_skia::PremultipliedColorU8) -> bool {
    // Laid on white: what the paint does not cover adds its share of 255. Weights of ITU-R BT.601 in 1/1000.
    let paper = 255 - u32::from(pixel.alpha());
    let light = 299 * (u32::from(pixel.red()) + paper) + 587 * (u32::from(pixel.green()) + paper) + 114 * (u32::from(pixel.blue()) + paper);
    light < 127_500
}

#[cfg(test)]
mod tests {
    use num_traits::ToPrimitive;

    use super::*;
    use crate::kernel::qr::Ecc;

    fn dots(bitmap: &Bitmap) -> Vec<(usize, usize)> {
        (0..bitmap.height()).flat_map(|y| (0..bitmap.width()).map(move |x| (x, y))).filter(|&(x, y)| bitmap.dark(x, y)).collect()
    }

    #[test]
    fn laying_keeps_every_dot_in_its_place() {
        let mut stamp = Bitmap::new(11, 2);
        stamp.bits = vec![0b1000_0001, 0b0010_0000, 0b0100_0000, 0b0010_0000];
        for x in -3..30 {
            for y in -1..4 {
                let mut sheet = Bitmap::new(21, 3);
                sheet.lay(&stamp, x, y);
                let want: Vec<_> = [(0, 0), (7, 0), (10, 0), (1, 1), (10, 1)]
                    .iter()
                    .filter_map(|&(dx, dy): &(i32, i32)| Some(((x + dx).to_usize()?, (y + dy).to_usize()?)))
                    .filter(|&(x, y)| x < 21 && y < 3)
                    .collect();
                let mut found = dots(&sheet);
                found.sort_by_key(|&(x, y)| (y, x));
                assert_eq!(found, want, "{x} {y}");
                assert!(sheet.rows().all(|row| row[2] & 0b111 == 0));
            }
        }
    }

    #[test]
    fn a_code_keeps_its_modules() {
        let qr = Qr::encode(b"HTTPS://ID.EXAMPLE.COM/01/09506000134352/21/ABC", Ecc::Q).unwrap();
        for scale in [1, 3, 4, 5, 10] {
            let bitmap = Bitmap::of_qr(&qr, scale);
            assert_eq!(bitmap.width(), qr.size() * scale);
            for y in 0..bitmap.height() {
                for x in 0..bitmap.width() {
                    assert_eq!(bitmap.dark(x, y), qr.dark(x / scale, y / scale));
                }
            }
        }
    }
}
