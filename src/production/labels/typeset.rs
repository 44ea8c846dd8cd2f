//! Texts as the drawing crates have set them, for the formats in which a text stays a text.

use std::sync::Arc;

use resvg::tiny_skia::Transform;
use resvg::usvg::Text;
use resvg::usvg::fontdb::{Database, ID, Source};
use resvg::usvg::layout::Span;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// A face and its data.
#[derive(Clone)]
pub struct Face {
    /// The whole file.
    pub data: Arc<dyn AsRef<[u8]> + Send + Sync>,
    /// Which face of the file.
    pub index: u32,
    /// Family name.
    pub family: String,
    /// PostScript name.
    pub name: String,
    /// 400 is regular, 700 bold.
    pub weight: u16,
}

impl Face {
    /// A face of a database whose files are in memory, as all of ours are ([`super::fonts`]).
    pub fn of(database: &Database, id: ID) -> Option<Arc<Self>> {
        let info = database.face(id)?;
        let Source::Binary(data) = &info.source else { return None };
        let family = info.families.first().map(|name| name.0.clone()).unwrap_or_default();
        let (name, weight) = (info.post_script_name.clone(), info.weight.0);
        Some(Arc::new(Self { data: Arc::clone(data), index: info.index, family, name, weight }))
    }

    /// The face, read.
    pub fn font(&self) -> Option<FontRef<'_>> {
        let Ok(font) = FontRef::from_index((*self.data).as_ref(), self.index) else { return None };
        Some(font)
    }

    /// What its metrics say of the width of a glyph, in thousandths of an em.
    pub fn width(&self, glyph: u16) -> f64 {
        let width =
            self.font().and_then(|font| font.glyph_metrics(Size::new(1000.0), LocationRef::default()).advance_width(GlyphId::from(glyph)));
        width.map_or(0.0, f64::from)
    }
}

impl PartialEq for Face {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.data), Arc::as_ptr(&other.data)) && self.index == other.index
    }
}

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// A glyph of a run. Lengths in units of the text.
#[derive(Debug)]
pub struct RunGlyph {
    /// Its number in the face.
    pub id: u16,
    /// What it says.
    pub says: String,
    /// Where it stands on the baseline, from the start of the run.
    pub pen: f64,
    /// Its width by the metrics of the face, without kerning and spacing.
    pub width: f64,
}

/// Glyphs of one face and size on one straight baseline.
#[derive(Debug)]
pub struct GlyphRun {
    /// The face.
    pub face: Arc<Face>,
    /// Size of the text.
    pub em: f64,
    /// From the start of the run, y upwards, to the units of the text, y downwards.
    pub at: Transform,
    /// The glyphs from left to right.
    pub glyphs: Vec<RunGlyph>,
}

impl GlyphRun {
    /// From the start of the run to where the last glyph ends.
    pub fn width(&self) -> f64 {
        self.glyphs.last().map_or(0.0, |last| last.pen + last.width)
    }
}

/// The runs of each span of a drawn text.
pub fn runs<'a>(text: &'a Text, database: &Database) -> Vec<(&'a Span, Vec<GlyphRun>)> {
    text.layouted().iter().map(|span| (span, runs_of(span, database))).collect()
}

fn runs_of(span: &Span, database: &Database) -> Vec<GlyphRun> {
    let mut runs: Vec<GlyphRun> = Vec::new();
    let mut faces: Vec<(ID, Arc<Face>)> = Vec::new();
    for glyph in &span.positioned_glyphs {
        let known = faces.iter().find(|(id, _)| *id == glyph.font).map(|(_, face)| Arc::clone(face));
        let Some(face) = known.or_else(|| Face::of(database, glyph.font)) else { continue };
        if !faces.iter().any(|(id, _)| *id == glyph.font) {
            faces.push((glyph.font, Arc::clone(&face)));
        }
        let (Some(font), Ok(id)) = (face.font(), u16::try_from(glyph.id.0)) else { continue };
        let em = glyph.font_size();
        let per_unit = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em) / em;
        let at = glyph.outline_transform().pre_scale(per_unit, per_unit);
        let width = face.width(id) * f64::from(em) / 1000.0;
        let mut set = RunGlyph { id, says: glyph.text.clone(), pen: 0.0, width };
        match runs.last_mut() {
            Some(run) if run.face == face && continues(run, at, em) => {
                set.pen = along(run.at, at).map_or(0.0, |(pen, _)| pen);
                run.glyphs.push(set);
            }
            _ => runs.push(GlyphRun { face, em: em.into(), at, glyphs: vec![set] }),
        }
    }
    runs
}

/// Where `to` starts, seen from `from`: along the baseline and above it.
fn along(from: Transform, to: Transform) -> Option<(f64, f64)> {
    let mut point = resvg::tiny_skia::Point::from_xy(to.tx, to.ty);
    from.invert()?.map_point(&mut point);
    Some((point.x.into(), point.y.into()))
}

fn continues(run: &GlyphRun, at: Transform, em: f32) -> bool {
    let near = |a: f32, b: f32| (a - b).abs() < 1e-4;
    let parallel = near(run.at.sx, at.sx) && near(run.at.kx, at.kx) && near(run.at.ky, at.ky) && near(run.at.sy, at.sy);
    let forward = along(run.at, at).is_some_and(|(pen, rise)| pen >= 0.0 && rise.abs() < f64::from(em) * 1e-3);
    parallel && forward && (run.em - f64::from(em)).abs() < 1e-6
}
