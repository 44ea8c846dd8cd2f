//! The glyphs a unit text may need: drawn once per job, placed per label.
//!
//! A text that differs from label to label is never laid out by the drawing crates again. Its characters are drawn one by one under exactly the
//! attributes the designer gave the text, and set side by side here by the widths of their face. Without kerning the same characters always take the
//! same room.

use std::collections::BTreeMap;
use std::sync::Arc;

use resvg::tiny_skia::{self, Path, PathBuilder, Pixmap, Transform};
use resvg::usvg::layout::PositionedGlyph;
use resvg::usvg::{self, Group, Node, Options, Paint, Text, TextAnchor, Tree};

use super::bitmap::Bitmap;
use super::flaw::Flaw;
use super::markup::{self, Edits};
use super::measure::{PX_PER_INCH, signed, single};
use super::typeset::{Face, GlyphRun, RunGlyph};
use crate::kernel::error::{Code, Fault};
use crate::kernel::saturating;

/// One character of one text.
#[derive(Clone, Debug)]
pub struct Glyph {
    /// To the next character, in the text's own units.
    pub advance: f64,
    /// Outline in the text's own units, x from the pen. None for a blank.
    pub outline: Option<Path>,
    /// The face it is taken from.
    pub face: Arc<Face>,
    /// Its number in the face.
    pub id: u16,
    /// Its width by the metrics of the face, in the text's own units.
    pub width: f64,
    /// Its dots, and where their left upper corner is, seen from the pen.
    stamp: Option<(Bitmap, i32, i32)>,
}

/// The glyphs of one text, and where it stands.
#[derive(Clone, Debug)]
pub struct Atlas {
    glyphs: BTreeMap<char, Glyph>,
    /// From the text's own units to SVG pixels.
    pub transform: Transform,
    anchor: TextAnchor,
    x: f64,
    /// Baseline, in the text's own units.
    pub baseline: f64,
    /// Size of the text, in its own units.
    pub em: f64,
    /// Face of the text's letters.
    pub face: Arc<Face>,
    /// Room between two characters, in the text's own units.
    pub spacing: f64,
    /// Red, green, blue.
    pub colour: [u8; 3],
    dots_per_px: f64,
}

/// A character in its place: its glyph, and the pen's x in the text's own units.
pub type Placed<'a> = (char, &'a Glyph, f64);

impl Atlas {
    /// Draws `characters` as `run` of the `text` element would show them.
    ///
    /// # Errors
    /// [`Code::MissingGlyph`] for a character that no face has; [`Code::NotDrawable`] for a text that is not filled with one colour.
    pub fn of(
        source: &str,
        text: usvg::roxmltree::Node<'_, '_>,
        run: usvg::roxmltree::Node<'_, '_>,
        characters: impl Iterator<Item = char>,
        options: &Options<'_>,
        dpi: u16,
    ) -> Result<Self, Vec<Fault>> {
        let characters: std::collections::BTreeSet<char> = characters.collect();
        let mut edits = Edits::of(source);
        edits.keep_only(&[text]);
        let mut copies = markup::copy_of(source, text, run, "base", "n");
        for &character in &characters {
            let number = u32::from(character);
            copies.push_str(&markup::copy_of(source, text, run, &format!("o{number}"), &character.to_string()));
            copies.push_str(&markup::copy_of(source, text, run, &format!("a{number}"), &format!("n{character}n")));
        }
        edits.replace(text.range(), copies);
        let tree = Tree::from_str(&edits.apply(), options).map_err(|error| vec![Flaw::Drawing.fault().with("detail", error)])?;
        let shown = |id: &str| match tree.node_by_id(id) {
            Some(Node::Text(text)) => Some(text.as_ref()),
            _ => None,
        };
        let not_drawable = |feature: &str| vec![Fault::new("template", Code::NotDrawable).with("feature", feature)];
        let base = shown("base").ok_or_else(|| not_drawable("invisible text"))?;
        let chunk = base.chunks().first().ok_or_else(|| not_drawable("empty text"))?;
        let first = glyphs_of(base).next().ok_or_else(|| not_drawable("empty text"))?;
        let span = chunk.spans().first();
        let between_words = span.map_or(0.0, |span| f64::from(span.word_spacing()));
        let fill = base.layouted().first().and_then(|span| span.fill.clone());
        let Some(Paint::Color(colour)) = fill.as_ref().map(usvg::Fill::paint) else {
            return Err(not_drawable("text without a plain colour"));
        };
        let mut faces = BTreeMap::new();
        let mut face_of = |id| faces.entry(id).or_insert_with(|| Face::of(tree.fontdb(), id)).clone();
        let mut atlas = Self {
            glyphs: BTreeMap::new(),
            transform: base.abs_transform(),
            anchor: chunk.anchor(),
            x: f64::from(chunk.x().unwrap_or_default()),
            baseline: f64::from(first.transform().ty),
            em: f64::from(first.font_size()),
            face: face_of(first.font).ok_or_else(|| not_drawable("text without a face"))?,
            spacing: span.map_or(0.0, |span| span.letter_spacing().into()),
            colour: [colour.red, colour.green, colour.blue],
            dots_per_px: f64::from(dpi) / PX_PER_INCH,
        };
        let mut faults = Vec::new();
        for character in characters {
            let number = u32::from(character);
            let Some(between) = shown(&format!("a{number}")) else { continue };
            if let Some(fault) = missing(between, &tree) {
                faults.push(fault);
                continue;
            }
            let outline = shown(&format!("o{number}")).and_then(|text| {
                let pen = glyphs_of(text).next()?.transform().tx;
                outline_of(text.flattened())?.transform(Transform::from_translate(-pen, 0.0))
            });
            let stamp = outline.as_ref().and_then(|outline| atlas.stamp(outline));
            let glyph = glyphs_of(between).nth(1).map(|glyph| (face_of(glyph.font), u16::try_from(glyph.id.0)));
            let Some((Some(face), Ok(id))) = glyph else { continue };
            let width = face.width(id) * atlas.em / 1000.0;
            let advance = width + atlas.spacing + if character == ' ' { between_words } else { 0.0 };
            atlas.glyphs.insert(character, Glyph { advance, outline, face, id, width, stamp });
        }
        if faults.is_empty() { Ok(atlas) } else { Err(faults) }
    }

    /// A character's glyph.
    pub fn glyph(&self, character: char) -> Option<&Glyph> {
        self.glyphs.get(&character)
    }

    /// Width of `text` in the text's own units. Characters without a glyph count nothing.
    pub fn width(&self, text: &str) -> f64 {
        text.chars().filter_map(|c| self.glyph(c)).map(|glyph| glyph.advance).sum()
    }

    /// SVG pixels per unit of the text, along the line.
    pub fn scale(&self) -> f64 {
        f64::from(self.transform.sx).hypot(self.transform.ky.into())
    }

    /// Where the pen starts for a text of this width.
    pub fn start(&self, width: f64) -> f64 {
        match self.anchor {
            TextAnchor::Start => self.x,
            TextAnchor::Middle => self.x - width / 2.0,
            TextAnchor::End => self.x - width,
        }
    }

    /// The characters of `text` in their places.
    ///
    /// # Errors
    /// The first character without a glyph.
    pub fn set<'a>(&'a self, text: &str, placed: &mut Vec<Placed<'a>>) -> Result<(), char> {
        placed.clear();
        let mut pen = self.start(self.width(text));
        for character in text.chars() {
            let glyph = self.glyph(character).ok_or(character)?;
            placed.push((character, glyph, pen));
            pen += glyph.advance;
        }
        Ok(())
    }

    /// Placed characters as runs of one face each.
    pub fn runs(&self, placed: &[Placed<'_>]) -> Vec<GlyphRun> {
        let of_one_face = placed.chunk_by(|a, b| a.1.face == b.1.face);
        let run = |set: &[Placed<'_>]| {
            let &(_, first, start) = set.first()?;
            let glyph = |&(character, glyph, pen): &Placed<'_>| RunGlyph {
                id: glyph.id,
                says: character.into(),
                pen: pen - start,
                width: glyph.width,
            };
            let at = self.upright(self.transform).pre_translate(single(start), 0.0);
            Some(GlyphRun { face: Arc::clone(&first.face), em: self.em, at, glyphs: set.iter().map(glyph).collect() })
        };
        of_one_face.filter_map(run).collect()
    }

    /// `transform`, seen from the baseline and with y upwards.
    pub fn upright(&self, transform: Transform) -> Transform {
        transform.pre_concat(Transform::from_row(1.0, 0.0, 0.0, -1.0, 0.0, single(self.baseline)))
    }

    /// Lays placed characters on a picture of the whole label whose left upper corner is at dot (`left`, `top`).
    pub fn lay(&self, placed: &[Placed<'_>], on: &mut Bitmap, left: i32, top: i32) {
        for (_, glyph, pen) in placed {
            let Some((stamp, dx, dy)) = &glyph.stamp else { continue };
            let x = (f64::from(self.transform.sx) * pen + f64::from(self.transform.tx)) * self.dots_per_px;
            let y = (f64::from(self.transform.ky) * pen + f64::from(self.transform.ty)) * self.dots_per_px;
            on.lay(stamp, signed(x) + dx - left, signed(y) + dy - top);
        }
    }

    fn stamp(&self, outline: &Path) -> Option<(Bitmap, i32, i32)> {
        let scale = single(self.dots_per_px);
        let turn = Transform { tx: 0.0, ty: 0.0, ..self.transform.post_scale(scale, scale) };
        let dots = outline.clone().transform(turn)?;
        let bounds = dots.bounds();
        let (left, top) = (bounds.left().floor(), bounds.top().floor());
        let side = |low: f32, high: f32| saturating(super::measure::whole((high.ceil() - low).into()) + 1);
        let mut pixmap = Pixmap::new(side(left, bounds.right()), side(top, bounds.bottom()))?;
        let paint = tiny_skia::Paint { anti_alias: true, ..tiny_skia::Paint::default() };
        pixmap.fill_path(&dots, &paint, tiny_skia::FillRule::Winding, Transform::from_translate(-left, -top), None);
        Some((Bitmap::of_pixmap(&pixmap), signed(left.into()), signed(top.into())))
    }
}

fn glyphs_of(text: &Text) -> impl Iterator<Item = &PositionedGlyph> {
    text.layouted().iter().flat_map(|span| &span.positioned_glyphs)
}

/// The first character of a drawn text that no face has. The drawing crates leave it out without a word.
pub fn missing(text: &Text, tree: &Tree) -> Option<Fault> {
    let glyph = glyphs_of(text).find(|glyph| glyph.id.0 == 0)?;
    Some(Fault::new("template", Code::MissingGlyph).with("character", &glyph.text).with("font", face_name(tree, glyph.font)))
}

fn face_name(tree: &Tree, id: usvg::fontdb::ID) -> String {
    tree.fontdb().face(id).and_then(|face| face.families.first()).map(|name| name.0.clone()).unwrap_or_default()
}

/// All outlines of a flattened text as one.
pub fn outline_of(group: &Group) -> Option<Path> {
    fn gather(group: &Group, at: Transform, into: &mut PathBuilder) {
        for node in group.children() {
            match node {
                Node::Group(group) => gather(group, at.pre_concat(group.transform()), into),
                Node::Path(path) => {
                    if let Some(path) = path.data().clone().transform(at) {
                        into.push_path(&path);
                    }
                }
                Node::Image(_) | Node::Text(_) => {}
            }
        }
    }
    let mut builder = PathBuilder::new();
    gather(group, Transform::identity(), &mut builder);
    builder.finish()
}
