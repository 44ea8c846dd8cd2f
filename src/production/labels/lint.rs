//! What will not scan or will not print, found before anything is printed. Every check tells all it finds, not the first.

use std::collections::BTreeMap;

use resvg::usvg::{BlendMode, Group, Node, Paint, Tree};

use super::LabelJob;
use super::atlas;
use super::fonts::Fonts;
use super::layout::{CodePlace, LabelLayout, QUIET_MODULES, texts_of, widest_unit};
use super::measure::{Area, MM_PER_INCH, PX_PER_INCH, dots_to_mm, float};
use super::template::Template;
use crate::kernel::care::SYMBOLS;
use crate::kernel::error::{Code, Fault};
use crate::kernel::text::Lang;

/// An address of the usual length: 41 characters before the serial.
const USUAL_PREFIX: &str = "HTTPS://ID.BRAND.CN/01/09506000134352/21/";
/// How far two texts may run into each other, mm: the ink of two lines set tight.
const TOUCH: f64 = 0.05;

/// Every fault of a template with the longest values it allows, at each of its resolutions. `prefix` is the address before the serial.
pub fn lint(template: &Template, fonts: &Fonts, prefix: Option<&str>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for (name, field) in &template.spec.fields {
        if field.longest.as_ref().is_some_and(|longest| longest.chars().count() > field.max) {
            faults.push(Fault::new(format!("fields.{name}.longest"), Code::TooLong).with("max", field.max));
        }
    }
    let job = longest_job(template, prefix.unwrap_or(USUAL_PREFIX));
    for &dpi in &template.spec.dpi {
        if let Err(found) = LabelLayout::examine(template.clone(), fonts, job.clone(), dpi, &widest_unit()) {
            for fault in found {
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
        }
    }
    faults
}

/// The job that takes most room on a template: every field at its longest, one care symbol of each group, claim codes.
pub fn longest_job(template: &Template, prefix: &str) -> LabelJob {
    let wide = match template.spec.lang {
        Lang::Zh => "国",
        Lang::En => "M",
    };
    let fields: BTreeMap<String, String> = template
        .spec
        .fields
        .iter()
        .map(|(name, field)| (name.clone(), field.longest.clone().unwrap_or_else(|| wide.repeat(field.max))))
        .collect();
    let mut care: Vec<String> = Vec::new();
    let mut group = None;
    for symbol in SYMBOLS {
        if group != Some(symbol.group) {
            care.push(symbol.code.to_owned());
            group = Some(symbol.group);
        }
    }
    LabelJob { fields, care, uri_prefix: prefix.to_owned(), claim_codes: true }
}

/// What a printer of dots and a bureau's PDF would draw differently, or not at all.
pub fn not_drawable(group: &Group, faults: &mut Vec<Fault>) {
    let mut add = |feature: &str| {
        let fault = Fault::new("template", Code::NotDrawable).with("feature", feature);
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    };
    for (found, feature) in [
        (group.opacity().get() < 1.0, "opacity"),
        (group.mask().is_some(), "mask"),
        (!group.filters().is_empty(), "filter"),
        (group.blend_mode() != BlendMode::Normal, "mix-blend-mode"),
        (group.clip_path().is_some_and(|clip| clip.clip_path().is_some()), "clip-path of a clip-path"),
    ] {
        if found {
            add(feature);
        }
    }
    for node in group.children() {
        match node {
            Node::Group(group) => not_drawable(group, faults),
            Node::Text(text) => not_drawable(text.flattened(), faults),
            Node::Image(_) => {}
            Node::Path(path) => {
                let fill = path.fill().map(|fill| (fill.paint(), fill.opacity()));
                let stroke = path.stroke().map(|stroke| (stroke.paint(), stroke.opacity()));
                for (paint, opacity) in fill.into_iter().chain(stroke) {
                    let feature = match paint {
                        Paint::Color(_) if opacity.get() < 1.0 => "opacity",
                        Paint::Color(_) => continue,
                        Paint::LinearGradient(_) | Paint::RadialGradient(_) => "gradient",
                        Paint::Pattern(_) => "pattern",
                    };
                    let fault = Fault::new("template", Code::NotDrawable).with("feature", feature);
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                }
            }
        }
    }
}

/// The ink of every text of the drawing, in SVG pixels; missing glyphs and broken marks go to `faults`.
pub fn text_rooms(tree: &Tree, faults: &mut Vec<Fault>) -> Vec<(String, Area)> {
    let mut rooms = Vec::new();
    for text in texts_of(tree.root()) {
        faults.extend(atlas::missing(text, tree));
        let words: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
        if words.contains("{{") || words.contains("}}") {
            // A mark cut in two by the drawing program: its halves stand in different runs.
            faults.push(Fault::new(words.clone(), Code::UnknownField));
        }
        let ink = atlas::outline_of(text.flattened()).and_then(|outline| outline.transform(text.abs_transform()));
        if let Some(ink) = ink {
            rooms.push((words, Area::of(ink.bounds())));
        }
    }
    rooms
}

/// Texts over the edge, and texts over each other.
pub fn edges_and_overlaps(rooms: &[(String, Area)], page: Area, faults: &mut Vec<Fault>) {
    let touch = TOUCH * PX_PER_INCH / MM_PER_INCH;
    for (at, (text, room)) in rooms.iter().enumerate() {
        if !page.holds(room, 0.0) {
            faults.push(Fault::new("template", Code::TextClipped).with("text", text));
        }
        let inner = Area { left: room.left + touch, top: room.top + touch, right: room.right - touch, bottom: room.bottom - touch };
        for (other, _) in rooms.iter().skip(at + 1).filter(|(_, other)| inner.meets(other)) {
            faults.push(Fault::new("template", Code::TextOverlaps).with("text", text).with("other", other));
        }
    }
}

/// Ink in the four modules around the code: of the background, and of texts that differ per label.
pub fn quiet_zone(layout: &LabelLayout, size: usize, place: CodePlace, rooms: &[(String, Area)], faults: &mut Vec<Fault>) {
    let quiet = QUIET_MODULES * place.dots;
    let (left, top) = (place.left.saturating_sub(quiet), place.top.saturating_sub(quiet));
    let (right, bottom) = (place.left + size * place.dots + quiet, place.top + size * place.dots + quiet);
    let zone = Area { left: float(left), top: float(top), right: float(right), bottom: float(bottom) };
    let scale = f64::from(layout.dpi) / PX_PER_INCH;
    let mut found = false;
    for (text, room) in rooms {
        if zone.meets(&room.scaled(scale)) {
            faults.push(Fault::new("template", Code::TextOverlaps).with("text", text).with("other", "QR"));
            found = true;
        }
    }
    if let Some((x, y)) = layout.background.first_ink(left, top, right, bottom).filter(|_| !found) {
        let mm = |dots: usize| format!("{:.1}", dots_to_mm(float(dots), layout.dpi));
        faults.push(Fault::new("template", Code::QuietZone).with("left", mm(x)).with("top", mm(y)));
    }
}
