//! Lengths: millimetres, SVG pixels, printer dots; and the only places where floats become whole numbers here.

/// Millimetres per inch.
pub const MM_PER_INCH: f64 = 25.4;
/// SVG (CSS) pixels per inch.
pub const PX_PER_INCH: f64 = 96.0;
/// PDF points per inch.
pub const PT_PER_INCH: f64 = 72.0;

/// Millimetres of a length in SVG pixels.
pub fn px_to_mm(px: f64) -> f64 {
    px * MM_PER_INCH / PX_PER_INCH
}

/// PDF points of a length in millimetres.
pub fn mm_to_pt(mm: f64) -> f64 {
    mm * PT_PER_INCH / MM_PER_INCH
}

/// Dots of a length in millimetres, not rounded.
pub fn mm_to_dots(mm: f64, dpi: u16) -> f64 {
    mm * f64::from(dpi) / MM_PER_INCH
}

/// Millimetres of a number of dots.
pub fn dots_to_mm(dots: f64, dpi: u16) -> f64 {
    dots * MM_PER_INCH / f64::from(dpi)
}

/// The nearest whole number, kept within 0 ..= 1,000,000.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits; NaN gives 0")]
pub fn whole(value: f64) -> usize {
    value.round().clamp(0.0, 1_000_000.0) as usize
}

/// The nearest whole number, kept within ± 1,000,000.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "clamped to what fits; NaN gives 0")]
pub fn signed(value: f64) -> i32 {
    value.round().clamp(-1_000_000.0, 1_000_000.0) as i32
}

/// The nearest `f32`, for the drawing crates.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "rounding to the nearest is what is wanted")]
pub fn single(value: f64) -> f32 {
    value as f32
}

/// A count as a float; exact up to 2^53, far above any count here.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "counts here stay far below 2^53")]
pub fn float(count: usize) -> f64 {
    count as f64
}

/// A rectangle in SVG pixels or in dots, as its user says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Area {
    /// Of a left upper corner and a size.
    pub fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self { left, top, right: left + width, bottom: top + height }
    }

    /// Of a drawing crate's rectangle.
    pub fn of(rect: resvg::tiny_skia::Rect) -> Self {
        Self { left: rect.left().into(), top: rect.top().into(), right: rect.right().into(), bottom: rect.bottom().into() }
    }

    /// Width.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Height.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Everything times `factor`.
    pub fn scaled(&self, factor: f64) -> Self {
        Self { left: self.left * factor, top: self.top * factor, right: self.right * factor, bottom: self.bottom * factor }
    }

    /// The smallest area that holds both.
    pub fn joined(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Whether the two share more than an edge.
    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// Whether `other` lies inside, give or take `slack`.
    pub fn holds(&self, other: &Self, slack: f64) -> bool {
        other.left >= self.left - slack
            && other.top >= self.top - slack
            && other.right <= self.right + slack
            && other.bottom <= self.bottom + slack
    }
}
