//! A template laid out for one job: what is the same on every label is drawn once, what differs knows its place.

use std::sync::{Arc, Mutex};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::roxmltree::{Document, Node, ParsingOptions};
use resvg::usvg::{self, Tree};

use super::atlas::{Atlas, Placed};
use super::bitmap::Bitmap;
use super::draft::Draft;
use super::flaw::Flaw;
use super::fonts::Fonts;
use super::lint;
use super::measure::{Area, PX_PER_INCH, dots_to_mm, float, mm_to_dots, px_to_mm, single, whole};
use super::template::{MOST_ELEMENTS, Template};
use super::{LabelJob, LabelUnit, images};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::qr::Qr;
use crate::kernel::{Code, Error, Fault, Refusal, Result, saturating};
use crate::platform::locks::lock;

/// Light modules around a QR code (ISO/IEC 18004, 6.3.8).
pub const QUIET_MODULES: usize = 4;
/// Characters of a serial on the first of two lines, `{{serial:1}}`.
pub const SERIAL_LINE: usize = 10;
/// Most dots of one label.
const MOST_DOTS: usize = 64_000_000;

/// A template with the values of one job.
#[derive(Debug)]
pub struct LabelLayout {
    /// The template.
    pub template: Template,
    /// The job.
    pub job: LabelJob,
    /// Resolution, dots per inch.
    pub dpi: u16,
    /// What is the same on every label, as outlines and images, in SVG pixels.
    pub tree: Tree,
    /// The same in dots.
    pub background: Bitmap,
    /// What differs, in drawing order.
    pub texts: Vec<UnitText>,
    /// Room for the code and its quiet zone, in dots.
    code_room: Area,
}

/// Where a QR code stands, in dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePlace {
    /// Left edge of the symbol without quiet zone.
    pub left: usize,
    /// Upper edge of the symbol without quiet zone.
    pub top: usize,
    /// Dots per module.
    pub dots: usize,
}

/// A text that differs from label to label.
#[derive(Debug)]
pub struct UnitText {
    /// Its glyphs and place.
    pub atlas: Atlas,
    /// What it says.
    pub parts: Vec<Part>,
}

/// A piece of what a unit text says.
#[derive(Debug)]
pub enum Part {
    /// The same on every label.
    Words(String),
    /// Characters of the serial from, to, in groups of five.
    Serial(usize, usize),
    /// The serial without groups.
    SerialPlain,
    /// The number of the garment in its batch.
    Unit,
    /// The claim code.
    ClaimCode,
}

impl UnitText {
    /// The text on this label, into `text`.
    pub fn say(&self, unit: &LabelUnit, text: &mut String) {
        use std::fmt::Write as _;
        text.clear();
        for part in &self.parts {
            match part {
                Part::Words(words) => text.push_str(words),
                Part::SerialPlain => text.push_str(&unit.serial),
                Part::Serial(from, to) => {
                    for (at, character) in unit.serial.chars().enumerate().skip(*from).take(to - from) {
                        if at > *from && at % 5 == 0 {
                            text.push(' ');
                        }
                        text.push(character);
                    }
                }
                Part::Unit => {
                    let _ = write!(text, "{}", unit.unit);
                }
                Part::ClaimCode => text.push_str(unit.claim_code.as_deref().unwrap_or_default()),
            }
        }
    }

    /// The characters of this label's text in their places.
    ///
    /// # Errors
    /// [`Code::MissingGlyph`] for a serial or claim code with a character outside ASCII; [`Code::Missing`] for `claim_code` where it is shown and
    /// the unit has none.
    pub fn place<'a>(&'a self, unit: &LabelUnit, text: &mut String, placed: &mut Vec<Placed<'a>>) -> Result<()> {
        if unit.claim_code.is_none() && self.parts.iter().any(|part| matches!(part, Part::ClaimCode)) {
            return Err(Fault::new("claim_code", Code::Missing).into());
        }
        self.say(unit, text);
        let missing = |character| Refusal::new(Code::MissingGlyph).with("character", character).with("font", &self.atlas.face.family);
        self.atlas.set(text, placed).map_err(|character| missing(character).into())
    }

    /// The room it takes at most, in SVG pixels.
    fn room(&self, unit: &LabelUnit) -> (String, Option<Area>) {
        let (mut text, mut placed) = (String::new(), Vec::new());
        if self.place(unit, &mut text, &mut placed).is_err() {
            return (text, None);
        }
        let areas = placed.iter().filter_map(|(_, glyph, pen)| {
            let at = self.atlas.transform.pre_translate(single(*pen), 0.0);
            Some(Area::of(glyph.outline.clone()?.transform(at)?.bounds()))
        });
        let area = areas.reduce(|a, b| a.joined(&b));
        (text, area)
    }
}

impl LabelLayout {
    /// Lays `template` out for `job` at `dpi` (or the template's own resolution).
    ///
    /// # Errors
    /// [`Code::Invalid`] with every fault there is: values missing, too long or for unknown fields, glyphs missing, texts clipped or running into
    /// each other, a code that would not scan, images from elsewhere.
    pub fn new(template: Template, fonts: &Fonts, job: LabelJob, dpi: Option<u16>) -> Result<Self> {
        let dpi = dpi.unwrap_or_else(|| template.default_dpi());
        Self::examine(template, fonts, job, dpi, &widest_unit()).map_err(|faults| match Refusal::unless_empty(faults) {
            Err(refusal) => refusal,
            Ok(()) => Error::broken("a layout failed without a fault"),
        })
    }

    /// As [`LabelLayout::new`], with every fault found. `longest` is the unit that takes most room.
    ///
    /// # Errors
    /// All faults.
    pub fn examine(
        template: Template,
        fonts: &Fonts,
        job: LabelJob,
        dpi: u16,
        longest: &LabelUnit,
    ) -> std::result::Result<Self, Vec<Fault>> {
        let spec = &template.spec;
        let size = (whole(mm_to_dots(spec.width, dpi)), whole(mm_to_dots(spec.height, dpi)));
        if size.0 * size.1 > MOST_DOTS || !(100..=1200).contains(&dpi) {
            return Err(vec![Fault::new("dpi", Code::OutOfRange).with("min", 100).with("max", 1200)]);
        }
        let reading = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
        let document =
            Document::parse_with_options(&template.svg, reading).map_err(|error| vec![Flaw::Drawing.fault().with("detail", error)])?;
        if document.descendants().filter(Node::is_element).count() > MOST_ELEMENTS {
            return Err(vec![Flaw::TooMany.fault().with("most", MOST_ELEMENTS)]);
        }
        let image_faults = Arc::new(Mutex::new(Vec::new()));
        let mut options = fonts.options(spec.lang);
        options.image_href_resolver = images::resolver(Arc::clone(&image_faults));

        let mut draft = Draft { template: &template, document: &document, job: &job, options: &options, dpi, faults: Vec::new() };
        draft.check_values();
        draft.check_references();
        let code_px = draft.code_room();
        let (markup, texts) = draft.fill_in();
        let mut faults = draft.faults;
        let tree = match Tree::from_str(&markup, &options) {
            Ok(tree) => tree,
            Err(error) => {
                faults.push(Flaw::Drawing.fault().with("detail", error));
                return Err(faults);
            }
        };
        faults.extend(lock(&image_faults).iter().cloned());

        let scale = f64::from(dpi) / PX_PER_INCH;
        let Some(background) = paint(&tree, size, single(scale)) else { return Err(vec![Flaw::Blank.fault()]) };
        let Some(code_px) = code_px else { return Err(faults) };
        let layout = Self { job, dpi, tree, background, texts, code_room: code_px.scaled(scale), template };
        faults.extend(layout.faults(longest));
        if faults.is_empty() { Ok(layout) } else { Err(faults) }
    }

    /// Every fault of what was drawn.
    fn faults(&self, longest: &LabelUnit) -> Vec<Fault> {
        let spec = &self.template.spec;
        let mut faults = Vec::new();
        let (width, height) = (px_to_mm(self.tree.size().width().into()), px_to_mm(self.tree.size().height().into()));
        if (width - spec.width).abs() > 0.1 || (height - spec.height).abs() > 0.1 {
            let described = format!("{:.1} × {:.1}", spec.width, spec.height);
            faults.push(Flaw::OtherSize.fault().with("drawn", format!("{width:.1} × {height:.1}")).with("described", described));
        }
        lint::not_drawable(self.tree.root(), &mut faults);
        let mut rooms = lint::text_rooms(&self.tree, &mut faults);
        rooms.extend(self.texts.iter().map(|text| text.room(longest)).filter_map(|(text, room)| Some((text, room?))));
        lint::edges_and_overlaps(
            &rooms,
            Area::new(0.0, 0.0, self.tree.size().width().into(), self.tree.size().height().into()),
            &mut faults,
        );
        let uri = format!("{}{}", self.job.uri_prefix, longest.serial);
        match Qr::encode(uri.as_bytes(), spec.code.ecc).map(|qr| (qr.size(), self.code_place(qr.size()))) {
            Ok((size, Ok(place))) => lint::quiet_zone(self, size, place, &rooms, &mut faults),
            Ok((_, Err(Error::Refused(refusal)))) if !refusal.faults.is_empty() => faults.extend(refusal.faults),
            Ok((_, Err(error))) | Err(error) => faults.push(Fault::new("uri_prefix", error.code())),
        }
        faults
    }

    /// Where a code of `size` modules stands: in the middle of its room, on whole dots, as large as fits.
    ///
    /// # Errors
    /// [`Code::Invalid`] with one of [`Code::DotsNotWhole`], [`Code::CodeDoesNotFit`], [`Code::ModuleTooSmall`].
    pub fn code_place(&self, size: usize) -> Result<CodePlace> {
        let spec = &self.template.spec.code;
        let modules = float(size + 2 * QUIET_MODULES);
        let room = self.code_room.width().min(self.code_room.height());
        let largest = (room / modules + 1e-4).floor();
        let dots = spec.dots.get(&self.dpi.to_string()).copied().unwrap_or(largest);
        let fault = |code| Fault::new("code", code);
        if !dots.is_finite() || dots.fract().abs() > 1e-9 {
            return Err(fault(Code::DotsNotWhole).with("dots", dots).with("dpi", self.dpi).into());
        }
        let least = (mm_to_dots(spec.min_module, self.dpi) - 1e-3).ceil().max(1.0);
        if dots > largest || largest < least {
            let needed = dots_to_mm(modules * dots.max(least), self.dpi);
            return Err(fault(Code::CodeDoesNotFit)
                .with("needed", format!("{needed:.1}"))
                .with("given", format!("{:.1}", dots_to_mm(room, self.dpi)))
                .into());
        }
        if dots < least {
            let mm = dots_to_mm(dots, self.dpi);
            return Err(fault(Code::ModuleTooSmall).with("mm", format!("{mm:.3}")).with("min", spec.min_module).into());
        }
        let side = float(size) * dots;
        let middle = |low: f64, high: f64| whole(((low + high - side) / 2.0).max(0.0));
        let room = &self.code_room;
        Ok(CodePlace { left: middle(room.left, room.right), top: middle(room.top, room.bottom), dots: whole(dots) })
    }

    /// The address of a unit.
    pub fn uri(&self, unit: &LabelUnit) -> String {
        format!("{}{}", self.job.uri_prefix, unit.serial)
    }

    /// The code of a unit.
    ///
    /// # Errors
    /// [`Code::TooLong`] when no code holds its address.
    pub fn qr(&self, unit: &LabelUnit, uri: &mut String) -> Result<Qr> {
        uri.clear();
        uri.push_str(&self.job.uri_prefix);
        uri.push_str(&unit.serial);
        Qr::encode(uri.as_bytes(), self.template.spec.code.ecc)
    }

    /// The whole label in dots.
    ///
    /// # Errors
    /// As [`LabelLayout::qr`], [`LabelLayout::code_place`] and [`UnitText::place`].
    pub fn label(&self, unit: &LabelUnit) -> Result<Bitmap> {
        let mut label = self.background.clone();
        let qr = self.qr(unit, &mut String::new())?;
        let place = self.code_place(qr.size())?;
        let corner = |at: usize| saturating::<i32>(at);
        label.lay(&Bitmap::of_qr(&qr, place.dots), corner(place.left), corner(place.top));
        let (mut text, mut placed) = (String::new(), Vec::new());
        for unit_text in &self.texts {
            unit_text.place(unit, &mut text, &mut placed)?;
            unit_text.atlas.lay(&placed, &mut label, 0, 0);
        }
        Ok(label)
    }

    /// The box that holds every ink a unit text can have, in dots: left, top, width, height. The width is a multiple of 8.
    pub fn text_window(&self, placed: &[Placed<'_>], atlas: &Atlas) -> Option<(usize, usize, usize, usize)> {
        let mut area: Option<Area> = None;
        for (_, glyph, pen) in placed {
            let Some(outline) = &glyph.outline else { continue };
            let at = atlas.transform.pre_translate(single(*pen), 0.0);
            let bounds = Area::of(outline.bounds().transform(at)?);
            area = Some(area.map_or(bounds, |area| area.joined(&bounds)));
        }
        let area = area?.scaled(f64::from(self.dpi) / PX_PER_INCH);
        // Two dots of margin: a stamp stands on whole dots, its outline need not.
        let (left, top) = (whole((area.left - 2.0).floor()), whole((area.top - 2.0).floor()));
        let width = (whole((area.right + 2.0).ceil()).saturating_sub(left)).next_multiple_of(8);
        Some((left, top, width, whole((area.bottom + 2.0).ceil()).saturating_sub(top)))
    }
}

/// The drawing in dots.
fn paint(tree: &Tree, size: (usize, usize), scale: f32) -> Option<Bitmap> {
    let mut pixmap = Pixmap::new(saturating(size.0), saturating(size.1))?;
    pixmap.fill(Color::WHITE);
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    Some(Bitmap::of_pixmap(&pixmap))
}

/// A unit as wide as one can be expected: serial and claim code are drawn at random, so they are taken to be of the wider
/// third of the alphabet. All W, the widest, would ask for room that no label in the world needs.
pub fn widest_unit() -> LabelUnit {
    LabelUnit { serial: "WMQNGHDKRXWMQNGHDKRX".to_owned(), unit: UNITS_PER_BATCH, claim_code: Some("WMWMQ-NGHDK".to_owned()) }
}

/// The text node of a drawn tree, for those who look into it.
pub fn texts_of(group: &usvg::Group) -> Vec<&usvg::Text> {
    let mut texts = Vec::new();
    for node in group.children() {
        match node {
            usvg::Node::Group(group) => texts.extend(texts_of(group)),
            usvg::Node::Text(text) => texts.push(text.as_ref()),
            usvg::Node::Path(_) | usvg::Node::Image(_) => {}
        }
    }
    texts
}
