//! Labels as drawings: the same outlines as the PDF, so that they look alike on a machine without the fonts.

use std::fmt::Write as _;

use resvg::tiny_skia::{Path, PathSegment, Transform};
use resvg::usvg::WriteOptions;

use super::LabelUnit;
use super::layout::LabelLayout;
use super::measure::{PX_PER_INCH, float, single};
use crate::kernel::error::Result;

/// One label as an SVG in millimetres.
///
/// # Errors
/// As [`LabelLayout::qr`], [`LabelLayout::code_place`] and [`super::layout::UnitText::place`].
pub fn svg(layout: &LabelLayout, unit: &LabelUnit) -> Result<String> {
    let size = layout.tree.size();
    let spec = &layout.template.spec;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {} {}\">\n",
        spec.width,
        spec.height,
        size.width(),
        size.height()
    );
    out.push_str(&layout.tree.to_string(&WriteOptions { preserve_text: false, ..WriteOptions::default() }));
    let qr = layout.qr(unit, &mut String::new())?;
    let place = layout.code_place(qr.size())?;
    let px = PX_PER_INCH / f64::from(layout.dpi);
    let _ = writeln!(
        out,
        "<path transform=\"translate({:.4} {:.4}) scale({:.6})\" shape-rendering=\"crispEdges\" d=\"{}\"/>",
        float(place.left) * px,
        float(place.top) * px,
        float(place.dots) * px,
        qr.to_svg_path()
    );
    let (mut text, mut placed) = (String::new(), Vec::new());
    for unit_text in &layout.texts {
        unit_text.place(unit, &mut text, &mut placed)?;
        let [red, green, blue] = unit_text.atlas.colour;
        let mut data = String::new();
        for (_, glyph, pen) in &placed {
            let at = unit_text.atlas.transform.pre_concat(Transform::from_translate(single(*pen), 0.0));
            if let Some(outline) = glyph.outline.clone().and_then(|outline| outline.transform(at)) {
                write_path(&outline, &mut data);
            }
        }
        let _ = writeln!(out, "<path fill=\"#{red:02x}{green:02x}{blue:02x}\" d=\"{data}\"/>");
    }
    out.push_str("</svg>\n");
    Ok(out)
}

fn write_path(path: &Path, data: &mut String) {
    for segment in path.segments() {
        let _ = match segment {
            PathSegment::MoveTo(p) => write!(data, "M{:.3} {:.3}", p.x, p.y),
            PathSegment::LineTo(p) => write!(data, "L{:.3} {:.3}", p.x, p.y),
            PathSegment::QuadTo(c, p) => write!(data, "Q{:.3} {:.3} {:.3} {:.3}", c.x, c.y, p.x, p.y),
            PathSegment::CubicTo(a, b, p) => write!(data, "C{:.3} {:.3} {:.3} {:.3} {:.3} {:.3}", a.x, a.y, b.x, b.y, p.x, p.y),
            PathSegment::Close => write!(data, "Z"),
        };
    }
}
