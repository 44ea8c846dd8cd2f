//! Labels as drawings in which a text is a text: every run in its place and its width, so that it stays there in whatever face it is shown.

use std::fmt::Write as _;

use resvg::usvg::layout::Span;
use resvg::usvg::roxmltree::Document;
use resvg::usvg::{self, Paint, PaintOrder, WriteOptions};

use super::LabelUnit;
use super::layout::{LabelLayout, texts_of};
use super::markup::{Edits, escaped};
use super::measure::{PX_PER_INCH, float};
use super::pdf::Short;
use super::pdf_art::matrix;
use super::typeset::{GlyphRun, runs};
use crate::kernel::error::{Error, Result};

/// Families like ours, for readers without it.
const ALIKE: &str = "'Noto Sans SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','Noto Sans',sans-serif";

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
    out.push_str(&background(layout)?);
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
        let paint = format!(" fill=\"#{red:02x}{green:02x}{blue:02x}\" font-kerning=\"none\"");
        for run in unit_text.atlas.runs(&placed) {
            write_run(&mut out, &run, unit_text.atlas.spacing, &paint);
        }
    }
    out.push_str("</svg>\n");
    Ok(out)
}

/// What is the same on every label. The drawing crate writes texts as it read them; they are replaced by the runs it set.
fn background(layout: &LabelLayout) -> Result<String> {
    let drawing = layout.tree.to_string(&WriteOptions { preserve_text: true, ..WriteOptions::default() });
    let document = Document::parse(&drawing).map_err(Error::broken)?;
    let is_shown = |node: &usvg::roxmltree::Node<'_, '_>| !node.ancestors().any(|ancestor| ancestor.tag_name().name() == "defs");
    let places = document.descendants().filter(|node| node.tag_name().name() == "text").filter(is_shown);
    let mut edits = Edits::of(&drawing);
    for (place, text) in places.zip(texts_of(layout.tree.root())) {
        let spacing = text.chunks().iter().flat_map(|chunk| chunk.spans()).next().map_or(0.0, |span| span.letter_spacing().into());
        let mut set = String::new();
        for (span, runs) in runs(text, layout.tree.fontdb()).into_iter().filter(|(span, _)| span.visible) {
            let paint = paint(span);
            runs.iter().for_each(|run| write_run(&mut set, run, spacing, &paint));
        }
        edits.replace(place.range(), set);
    }
    Ok(edits.apply())
}

fn paint(span: &Span) -> String {
    let colour = |paint: Option<&Paint>| match paint {
        Some(Paint::Color(colour)) => format!("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue),
        _ => "none".to_owned(),
    };
    let mut said = format!(" fill=\"{}\"", colour(span.fill.as_ref().map(usvg::Fill::paint)));
    if let Some(stroke) = &span.stroke {
        let _ = write!(said, " stroke=\"{}\" stroke-width=\"{}\"", colour(Some(stroke.paint())), stroke.width().get());
    }
    if span.paint_order == PaintOrder::StrokeAndFill {
        said.push_str(" paint-order=\"stroke\"");
    }
    let lines = [("underline", &span.underline), ("overline", &span.overline), ("line-through", &span.line_through)];
    let lines: Vec<&str> = lines.iter().filter(|(_, line)| line.is_some()).map(|(name, _)| *name).collect();
    if !lines.is_empty() {
        let _ = write!(said, " text-decoration=\"{}\"", lines.join(" "));
    }
    said
}

fn write_run(out: &mut String, run: &GlyphRun, spacing: f64, paint: &str) {
    let at = run.at.pre_scale(1.0, -1.0);
    let [a, b, c, d, x, y] = matrix(at).map(|part| Short(part.into()));
    out.push_str("<text ");
    let upright = [at.sx - 1.0, at.ky, at.kx, at.sy - 1.0].iter().all(|off| off.abs() < 1e-5);
    let _ = if upright { write!(out, "x=\"{x}\" y=\"{y}\"") } else { write!(out, "transform=\"matrix({a} {b} {c} {d} {x} {y})\"") };
    let _ = write!(out, " font-family=\"'{}',{ALIKE}\" font-size=\"{}\"", escaped(&run.face.family), Short(run.em));
    let _ = write!(out, " font-weight=\"{}\"", run.face.weight);
    if run.width() > 0.0 {
        // What letter spacing adds is in the length; readers do not agree on whether a length counts it when both are given.
        let adjust = if spacing.abs() > f64::EPSILON { "spacing" } else { "spacingAndGlyphs" };
        let _ = write!(out, " textLength=\"{}\" lengthAdjust=\"{adjust}\"", Short(run.width()));
    }
    let words: String = run.glyphs.iter().map(|glyph| glyph.says.as_str()).collect();
    let _ = writeln!(out, "{paint} xml:space=\"preserve\">{}</text>", escaped(&words));
}
