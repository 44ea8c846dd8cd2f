//! The texts of a PDF (ISO 32000-2, 9.7): each face embedded with the glyphs that were shown, so that they can be searched, copied and edited.
//!
//! Words of the background are written in glyph numbers, two bytes each. A text that differs from label to label is nearly all ASCII: a second font
//! over the same face, in which a byte is its character, takes half the room.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, TextRenderingMode, UnicodeCmap};
use pdf_writer::{Chunk, Content, Filter, Finish, Name, Rect, Ref, Str};
use resvg::tiny_skia::Transform;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider, Tag};
use subsetter::GlyphRemapper;

use super::LabelUnit;
use super::atlas::Placed;
use super::layout::UnitText;
use super::measure::{PT_PER_INCH, PX_PER_INCH, mm_to_pt, single};
use super::pdf::{File, Short};
use super::pdf_art::{deflate, matrix, shares};
use super::typeset::{Face, GlyphRun};
use crate::kernel::error::{Error, Result};

/// Glyph numbers stand for themselves.
const IDENTITY: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// What a text says.
const UNICODE: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"UCS"), supplement: 0 };
/// A pen that is off by less than this share of an em is where it should be.
const NEAR: f64 = 0.002;

/// A face of the document.
struct Carried {
    face: Arc<Face>,
    /// The font of two bytes a glyph.
    id: Ref,
    /// Widths and outlines, which all fonts over this face share.
    glyphs_id: Ref,
    glyphs: GlyphRemapper,
    says: BTreeMap<u16, String>,
    /// The font of one byte a character, and the glyphs of its characters.
    plain_id: Ref,
    plain: BTreeMap<u8, u16>,
}

/// A font of a page: over the face in this place, by glyph numbers or by characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Font {
    Wide(usize),
    Plain(usize),
}

impl std::fmt::Display for Font {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Wide(place) => write!(f, "G{place}"),
            Self::Plain(place) => write!(f, "F{place}"),
        }
    }
}

/// The faces of the document.
#[derive(Default)]
pub struct Faces(Vec<Carried>);

impl Faces {
    /// The place of a face among those of the document.
    fn place(&mut self, face: &Arc<Face>, file: &mut File<'_>) -> usize {
        self.0.iter().position(|carried| carried.face == *face).unwrap_or_else(|| {
            let (id, glyphs_id, plain_id) = (file.reserve(), file.reserve(), file.reserve());
            let (face, glyphs) = (Arc::clone(face), GlyphRemapper::new());
            self.0.push(Carried { face, id, glyphs_id, glyphs, says: BTreeMap::new(), plain_id, plain: BTreeMap::new() });
            self.0.len() - 1
        })
    }

    /// The number under which the document has a glyph.
    fn glyph(&mut self, place: usize, id: u16, says: impl Into<String>) -> u16 {
        let Some(carried) = self.0.get_mut(place) else { return 0 };
        let number = carried.glyphs.remap(id);
        carried.says.entry(number).or_insert_with(|| says.into());
        number
    }

    /// The font and the code of a character: itself if it is ASCII and drawn as everywhere else, else the number of its glyph.
    fn code(&mut self, place: usize, id: u16, character: char) -> (Font, u16) {
        let number = self.glyph(place, id, character);
        let plain = self.0.get_mut(place).map(|carried| &mut carried.plain).zip(Some(character).filter(char::is_ascii));
        let Some((plain, Ok(byte))) = plain.map(|(plain, character)| (plain, u8::try_from(character))) else {
            return (Font::Wide(place), number);
        };
        if *plain.entry(byte).or_insert(number) == number { (Font::Plain(place), byte.into()) } else { (Font::Wide(place), number) }
    }

    /// Names and numbers of the fonts there are.
    pub fn fonts(&self) -> impl Iterator<Item = (String, Ref)> {
        self.0.iter().enumerate().flat_map(|(place, carried)| {
            let plain = (!carried.plain.is_empty()).then(|| (Font::Plain(place).to_string(), carried.plain_id));
            std::iter::once((Font::Wide(place).to_string(), carried.id)).chain(plain)
        })
    }

    /// Draws a run.
    pub fn show(&mut self, run: &GlyphRun, mode: TextRenderingMode, content: &mut Content, file: &mut File<'_>) {
        let place = self.place(&run.face, file);
        content.begin_text().set_font(Name(Font::Wide(place).to_string().as_bytes()), single(run.em)).set_text_rendering_mode(mode);
        content.set_text_matrix(matrix(run.at));
        let mut positioned = content.show_positioned();
        let mut items = positioned.items();
        let (mut shown, mut pen) = (Vec::new(), 0.0);
        for glyph in &run.glyphs {
            let off = pen - glyph.pen;
            if off.abs() > NEAR * run.em {
                items.show(Str(&shown)).adjust(single((off / run.em * 1000.0).round()));
                shown.clear();
                pen = glyph.pen;
            }
            shown.extend(self.glyph(place, glyph.id, &glyph.says).to_be_bytes());
            pen += glyph.width;
        }
        items.show(Str(&shown));
        items.finish();
        positioned.finish();
        content.end_text();
    }

    /// Writes them all, with the glyphs shown so far.
    pub fn write(&self, file: &mut File<'_>) -> Result<()> {
        self.0.iter().enumerate().try_for_each(|(place, carried)| carried.write(place, file))
    }
}

impl Carried {
    /// The face's name, marked as a subset.
    fn base_name(&self, place: usize) -> String {
        let letter = u8::try_from(place % 26).map_or('A', |place| char::from(b'A' + place));
        format!("HANGT{letter}+{}", self.face.name)
    }

    fn write(&self, place: usize, file: &mut File<'_>) -> Result<()> {
        let data = (*self.face.data).as_ref();
        let subset = subsetter::subset(data, self.face.index, &self.glyphs).map_err(Error::broken)?;
        let program = FontRef::new(&subset).map_err(Error::broken)?;
        let compact = program.table_data(Tag::new(b"CFF "));
        let whole = FontRef::from_index(data, self.face.index).map_err(Error::broken)?;
        let metrics = whole.metrics(Size::new(1000.0), LocationRef::default());
        let name = self.base_name(place);
        let (description, outlines, unicode) = (file.reserve(), file.reserve(), file.reserve());

        let mut chunk = Chunk::new();
        let mut font = chunk.type0_font(self.id);
        font.base_font(Name(name.as_bytes())).encoding_predefined(Name(b"Identity-H")).descendant_font(self.glyphs_id).to_unicode(unicode);
        font.finish();
        file.object(self.id, chunk.as_bytes())?;

        let mut chunk = Chunk::new();
        let mut font = chunk.cid_font(self.glyphs_id);
        font.subtype(if compact.is_some() { CidFontType::Type0 } else { CidFontType::Type2 });
        font.base_font(Name(name.as_bytes())).system_info(IDENTITY).font_descriptor(description).default_width(0.0);
        font.widths().consecutive(0, self.glyphs.remapped_gids().map(|glyph| single(self.face.width(glyph))));
        if compact.is_none() {
            font.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        font.finish();
        file.object(self.glyphs_id, chunk.as_bytes())?;

        let mut chunk = Chunk::new();
        let mut descriptor = chunk.font_descriptor(description);
        descriptor.name(Name(name.as_bytes())).flags(FontFlags::SYMBOLIC).italic_angle(metrics.italic_angle);
        descriptor.bbox(
            metrics
                .bounds
                .map_or(Rect::new(0.0, metrics.descent, 1000.0, metrics.ascent), |b| Rect::new(b.x_min, b.y_min, b.x_max, b.y_max)),
        );
        descriptor.ascent(metrics.ascent).descent(metrics.descent).cap_height(metrics.cap_height.unwrap_or(metrics.ascent));
        // A stem's width is written nowhere in a font; readers only want it to replace a missing one.
        descriptor.stem_v(f32::from(self.face.weight) / 5.0);
        if compact.is_some() {
            descriptor.font_file3(outlines);
        } else {
            descriptor.font_file2(outlines);
        }
        descriptor.finish();
        file.object(description, chunk.as_bytes())?;

        let bytes = compact.as_ref().map_or(subset.as_slice(), |table| table.as_bytes());
        let packed = deflate(bytes)?;
        let mut chunk = Chunk::new();
        let mut stream = chunk.stream(outlines, &packed);
        stream.filter(Filter::FlateDecode);
        if compact.is_some() {
            stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        } else {
            stream.pair(Name(b"Length1"), i32::try_from(bytes.len()).map_err(Error::broken)?);
        }
        stream.finish();
        file.object(outlines, chunk.as_bytes())?;

        let mut map = UnicodeCmap::<u16>::new(Name(b"HangtagUnicode"), UNICODE);
        for (&number, says) in &self.says {
            map.pair_with_multiple(number, says.chars());
        }
        let mut chunk = Chunk::new();
        chunk.cmap(unicode, &map.finish());
        file.object(unicode, chunk.as_bytes())?;
        self.write_plain(&name, file)
    }

    /// The font of one byte a character: which glyph a byte stands for, and which character.
    fn write_plain(&self, name: &str, file: &mut File<'_>) -> Result<()> {
        if self.plain.is_empty() {
            return file.object(self.plain_id, format!("{} 0 obj\nnull\nendobj\n", self.plain_id.get()).as_bytes());
        }
        let (codes, unicode) = (file.reserve(), file.reserve());
        let mut chunk = Chunk::new();
        let mut font = chunk.type0_font(self.plain_id);
        font.base_font(Name(name.as_bytes())).encoding_cmap(codes).descendant_font(self.glyphs_id).to_unicode(unicode);
        font.finish();
        file.object(self.plain_id, chunk.as_bytes())?;
        let glyphs: String = self.plain.iter().map(|(byte, number)| format!("<{byte:02x}> {number}\n")).collect();
        // At most 95 characters of ASCII can be printed; a block holds 100.
        let map = format!(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
             /CIDSystemInfo 3 dict dup begin /Registry (Adobe) def /Ordering (Identity) def /Supplement 0 def end def\n\
             /CMapName /HangtagPlain def\n/CMapType 1 def\n1 begincodespacerange\n<00> <ff>\nendcodespacerange\n\
             {} begincidchar\n{glyphs}endcidchar\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend",
            self.plain.len()
        );
        let mut chunk = Chunk::new();
        chunk.cmap(codes, map.as_bytes()).name(Name(b"HangtagPlain")).system_info(IDENTITY);
        file.object(codes, chunk.as_bytes())?;
        let mut says = UnicodeCmap::<u8>::new(Name(b"HangtagUnicode"), UNICODE);
        self.plain.keys().for_each(|&byte| says.pair(byte, char::from(byte)));
        let mut chunk = Chunk::new();
        chunk.cmap(unicode, &says.finish());
        file.object(unicode, chunk.as_bytes())
    }
}

/// What the texts before have set on a label. At its start nothing, so the text is black and without spacing.
#[derive(Default)]
pub struct TextState {
    font: Option<(Font, f64)>,
    spacing: f64,
    colour: [u8; 3],
}

/// A text that differs from label to label.
pub struct UnitLine<'a> {
    text: &'a UnitText,
    /// The place of its face.
    face: usize,
    /// Direction and scale of the text matrix; where it starts depends on the label.
    turn: String,
    /// From the text's own units to points.
    at: Transform,
    said: String,
    placed: Vec<Placed<'a>>,
}

impl<'a> UnitLine<'a> {
    /// Of a text on labels of this height, mm.
    pub fn of(text: &'a UnitText, label_height: f64, faces: &mut Faces, file: &mut File<'_>) -> Self {
        let scale = single(PT_PER_INCH / PX_PER_INCH);
        let page = Transform::from_row(scale, 0.0, 0.0, -scale, 0.0, single(mm_to_pt(label_height)));
        let at = text.atlas.upright(page.pre_concat(text.atlas.transform));
        let [a, b, c, d, ..] = matrix(at).map(|part| Short(part.into()));
        let face = faces.place(&text.atlas.face, file);
        Self { text, face, turn: format!(" {a} {b} {c} {d}"), at, said: String::new(), placed: Vec::new() }
    }

    /// The text of one label.
    pub fn show(
        &mut self,
        unit: &LabelUnit,
        state: &mut TextState,
        page: &mut Vec<u8>,
        faces: &mut Faces,
        file: &mut File<'_>,
    ) -> Result<()> {
        let mut placed = std::mem::take(&mut self.placed);
        self.text.place(unit, &mut self.said, &mut placed)?;
        if let Some(&(_, _, start)) = placed.first() {
            self.show_placed(&placed, start, state, page, faces, file)?;
        }
        self.placed = placed;
        Ok(())
    }

    fn show_placed(
        &self,
        placed: &[Placed<'a>],
        start: f64,
        state: &mut TextState,
        page: &mut Vec<u8>,
        faces: &mut Faces,
        file: &mut File<'_>,
    ) -> Result<()> {
        let atlas = &self.text.atlas;
        if state.colour != atlas.colour {
            let [r, g, b] = shares(atlas.colour).map(|part| Short(part.into()));
            write!(page, " {r} {g} {b} rg")?;
            state.colour = atlas.colour;
        }
        if (state.spacing - atlas.spacing).abs() > f64::EPSILON {
            write!(page, " {} Tc", Short(atlas.spacing))?;
            state.spacing = atlas.spacing;
        }
        let at = self.at.pre_translate(single(start), 0.0);
        write!(page, "{} {} {} Tm", self.turn, Short(at.tx.into()), Short(at.ty.into()))?;
        // Where the pen would stand by the widths of the face and the spacing alone, and whether it was moved within the open string.
        let (mut pen, mut open, mut moved) = (start, page.len(), false);
        for &(character, glyph, wanted) in placed {
            let place = if glyph.face == atlas.face { self.face } else { faces.place(&glyph.face, file) };
            let (font, code) = faces.code(place, glyph.id, character);
            if state.font != Some((font, atlas.em)) {
                close_string(page, open, moved);
                write!(page, "/{font} {} Tf", Short(atlas.em))?;
                (open, moved) = (page.len(), false);
                state.font = Some((font, atlas.em));
            }
            let off = (pen - wanted) / atlas.em;
            if off.abs() > NEAR {
                write!(page, "){}(", Short((off * 1000.0).round()))?;
                (pen, moved) = (wanted, true);
            }
            match font {
                Font::Plain(_) => quote(code.to_be_bytes()[1], page),
                Font::Wide(_) => code.to_be_bytes().iter().for_each(|&byte| quote(byte, page)),
            }
            pen += glyph.width + atlas.spacing;
        }
        close_string(page, open, moved);
        Ok(())
    }
}

/// Puts what stands on the page from `open` on into the brackets of a string; with `moved`, it holds movements of the pen.
fn close_string(page: &mut Vec<u8>, open: usize, moved: bool) {
    if page.len() > open {
        page.splice(open..open, if moved { b"[(".iter() } else { b"(".iter() }.copied());
        page.extend_from_slice(if moved { b")]TJ" } else { b")Tj" });
    }
}

/// A byte of a string in brackets.
fn quote(byte: u8, page: &mut Vec<u8>) {
    match byte {
        b'(' | b')' | b'\\' => page.extend([b'\\', byte]),
        b'\r' => page.extend(b"\\r"),
        _ => page.push(byte),
    }
}
