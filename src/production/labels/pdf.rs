//! Labels as one PDF (ISO 32000-2), written object by object as the units come: in memory are only the places of the objects.
//!
//! The background is one form object that every label calls. A label of its own is the code as a one-bit image mask and its texts in fonts made of
//! the glyphs' outlines (Type 3), so that they can be searched and copied. Pages hang in a tree of small nodes, closed as they fill.

use std::collections::BTreeMap;
use std::io::Write;

use pdf_writer::types::UnicodeCmap;
use pdf_writer::{Chunk, Content, Filter, Finish, Name, Rect, Ref, Str};
use resvg::tiny_skia::Transform;

use super::atlas::Atlas;
use super::bitmap::Bitmap;
use super::layout::{LabelLayout, UnitText};
use super::measure::{PT_PER_INCH, PX_PER_INCH, float, mm_to_pt, single};
use super::pdf_art::{art, deflate, glyph_units, image_objects, matrix, shares, trace};
use super::template::{Media, Sheet};
use super::{LabelUnit, every};
use crate::kernel::{Error, Result, saturating};

/// Pages, or nodes, under one node of the page tree.
const FAN_OUT: usize = 64;
const CATALOG: i32 = 1;
const ROOT: i32 = 2;
const INFO: i32 = 3;
const RESOURCES: i32 = 4;
const BACKGROUND: i32 = 5;

/// Writes the document.
///
/// # Errors
/// As [`LabelLayout::label`]; [`Error::Broken`] when `out` cannot be written.
pub fn write(
    layout: &LabelLayout,
    units: &mut dyn Iterator<Item = LabelUnit>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<u64> {
    let mut file = File { out, at: 0, places: vec![0; 5], pending: Vec::new() };
    file.put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
    let spec = &layout.template.spec;
    let images = background(layout, &mut file)?;
    // Black is what a page begins with: a colour is set only where some text has another.
    let all_black = layout.texts.iter().all(|text| text.atlas.colour == [0; 3]);
    let texts = layout.texts.iter().enumerate();
    let mut fonts: Vec<Font<'_>> = texts.map(|(at, text)| Font::of(text, at, &mut file, spec.height, all_black)).collect();
    let mut pages = Pages::default();

    let sheet = match spec.media {
        Media::Sheet(sheet) => Some(sheet),
        Media::Gap { .. } | Media::Continuous => None,
    };
    let per_page = sheet.map_or(1, |sheet| u64::from(sheet.columns) * u64::from(sheet.rows));
    let mut page = Vec::with_capacity(1024);
    let (mut number, mut uri) = (0u64, String::new());
    let labels = every(units, progress, |unit| {
        if let Some(sheet) = &sheet {
            let (x, y) = place_on(sheet, number % per_page, spec.height);
            writeln!(page, "q 1 0 0 1 {} {} cm", Short(x), Short(y))?;
        }
        label(layout, &mut fonts, unit, &mut uri, &mut page)?;
        if sheet.is_some() {
            page.extend_from_slice(b"Q\n");
        }
        number += 1;
        if number % per_page == 0 {
            pages.add(&mut file, &page)?;
            page.clear();
        }
        Ok(())
    })?;
    if !page.is_empty() || labels == 0 {
        pages.add(&mut file, &page)?;
    }
    let (width, height) = sheet.map_or((spec.width, spec.height), |sheet| (sheet.width, sheet.height));
    resources(&mut file, &fonts, &images)?;
    for font in &fonts {
        font.write(&mut file)?;
    }
    pages.finish(&mut file, mm_to_pt(width), mm_to_pt(height))?;
    file.finish(&layout.template.name)?;
    Ok(labels)
}

/// Where the label `number` of a sheet stands, in points from its lower left corner.
fn place_on(sheet: &Sheet, number: u64, label_height: f64) -> (f64, f64) {
    let columns = u64::from(sheet.columns.max(1));
    let count = |n: u64| f64::from(saturating::<u32>(n));
    let x = sheet.left + count(number % columns) * sheet.across;
    let y = sheet.height - sheet.top - count(number / columns) * sheet.down - label_height;
    (mm_to_pt(x), mm_to_pt(y))
}

/// One label: the background, the code, the texts.
fn label(layout: &LabelLayout, fonts: &mut [Font<'_>], unit: &LabelUnit, uri: &mut String, page: &mut Vec<u8>) -> Result<()> {
    let qr = layout.qr(unit, uri)?;
    let place = layout.code_place(qr.size())?;
    let pt = PT_PER_INCH / f64::from(layout.dpi);
    let side = float(qr.size() * place.dots) * pt;
    let bottom = mm_to_pt(layout.template.spec.height) - float(place.top) * pt - side;
    let modules = Bitmap::of_qr(&qr, 1);
    let (n, bytes) = (modules.width(), modules.bytes().len());
    write!(
        page,
        "/B Do q {} 0 0 {} {} {} cm BI/W {n}/H {n}/IM true/L {bytes} ID ",
        Short(side),
        Short(side),
        Short(float(place.left) * pt),
        Short(bottom)
    )?;
    // In an image mask a 0 is painted.
    page.extend(modules.bytes().iter().map(|byte| !byte));
    page.extend_from_slice(b"\nEI Q\n");
    if !fonts.is_empty() {
        page.extend_from_slice(b"BT");
        for font in fonts {
            font.show(unit, page)?;
        }
        page.extend_from_slice(b" ET\n");
    }
    Ok(())
}

/// A number with at most three decimals and no more digits than it needs.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let thousandths = super::measure::signed(self.0 * 1000.0);
        let (whole, part) = (thousandths / 1000, (thousandths % 1000).abs());
        if thousandths < 0 && whole == 0 {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        match part {
            0 => Ok(()),
            _ if part % 100 == 0 => write!(f, ".{}", part / 100),
            _ if part % 10 == 0 => write!(f, ".{:02}", part / 10),
            _ => write!(f, ".{part:03}"),
        }
    }
}

/// The form object and its images; gives the images' names and numbers.
fn background(layout: &LabelLayout, file: &mut File<'_>) -> Result<Vec<(String, Ref)>> {
    let drawn = art(&layout.tree);
    let mut images = Vec::new();
    for (at, kind) in drawn.images.iter().enumerate() {
        let (id, mask) = (file.reserve(), file.reserve());
        for (number, chunk) in [id, mask].into_iter().zip(image_objects(kind, id, mask)?) {
            file.object(number, chunk.as_bytes())?;
        }
        images.push((format!("I{at}"), id));
    }
    let size = layout.tree.size();
    let scale = single(PT_PER_INCH / PX_PER_INCH);
    let operators = deflate(&drawn.operators)?;
    let id = Ref::new(BACKGROUND);
    let mut chunk = Chunk::new();
    let mut form = chunk.form_xobject(id, &operators);
    form.filter(Filter::FlateDecode);
    form.bbox(Rect::new(0.0, 0.0, size.width(), size.height()));
    form.matrix([scale, 0.0, 0.0, -scale, 0.0, single(mm_to_pt(layout.template.spec.height))]);
    let mut own = form.resources();
    let mut named = own.x_objects();
    for (name, id) in &images {
        named.pair(Name(name.as_bytes()), *id);
    }
    named.finish();
    own.finish();
    form.finish();
    file.object(id, chunk.as_bytes())?;
    Ok(images)
}

/// What every page may call. Its own object, so that it is written once and after the fonts are known.
fn resources(file: &mut File<'_>, fonts: &[Font<'_>], images: &[(String, Ref)]) -> Result<()> {
    let id = Ref::new(RESOURCES);
    let mut chunk = Chunk::new();
    let mut all = chunk.indirect(id).start::<pdf_writer::writers::Resources>();
    let mut named = all.x_objects();
    named.pair(Name(b"B"), Ref::new(BACKGROUND));
    for (name, id) in images {
        named.pair(Name(name.as_bytes()), *id);
    }
    named.finish();
    let mut named = all.fonts();
    for font in fonts {
        named.pair(Name(font.name.as_bytes()), font.id);
    }
    named.finish();
    all.finish();
    file.object(id, chunk.as_bytes())
}

/// A text's glyphs as a font. Only those that were shown are written, at the end.
struct Font<'a> {
    text: &'a UnitText,
    name: String,
    id: Ref,
    codes: BTreeMap<char, u8>,
    /// Operators up to the text matrix's last two numbers, which depend on where the pen starts.
    before: String,
    /// From the text's own units to points.
    at: Transform,
    said: String,
    placed: Vec<super::atlas::Placed<'a>>,
}

impl<'a> Font<'a> {
    fn of(text: &'a UnitText, at: usize, file: &mut File<'_>, label_height: f64, all_black: bool) -> Self {
        let atlas = &text.atlas;
        let scale = single(PT_PER_INCH / PX_PER_INCH);
        let page = Transform::from_row(scale, 0.0, 0.0, -scale, 0.0, single(mm_to_pt(label_height)));
        let at_page = page.pre_concat(atlas.transform);
        let upright = at_page.pre_concat(Transform::from_row(1.0, 0.0, 0.0, -1.0, 0.0, single(atlas.baseline)));
        let [r, g, b] = shares(atlas.colour);
        let colour = if all_black { String::new() } else { format!(" {} {} {} rg", Short(r.into()), Short(g.into()), Short(b.into())) };
        let [a, b, c, d, ..] = matrix(upright).map(|part| Short(part.into()));
        let name = format!("F{at}");
        let before = format!("{colour}/{name} {} Tf {a} {b} {c} {d} ", Short(atlas.em));
        Self { text, name, id: file.reserve(), codes: BTreeMap::new(), before, at: upright, said: String::new(), placed: Vec::new() }
    }

    /// The text of one label.
    fn show(&mut self, unit: &LabelUnit, page: &mut Vec<u8>) -> Result<()> {
        let mut placed = std::mem::take(&mut self.placed);
        self.text.place(unit, &mut self.said, &mut placed)?;
        if let Some(&(_, _, pen)) = placed.first() {
            self.show_placed(&placed, pen, page)?;
        }
        self.placed = placed;
        Ok(())
    }

    fn show_placed(&mut self, placed: &[super::atlas::Placed<'a>], pen: f64, page: &mut Vec<u8>) -> Result<()> {
        let start = self.at.pre_translate(single(pen), 0.0);
        write!(page, "{}{} {} Tm(", self.before, Short(start.tx.into()), Short(start.ty.into()))?;
        for &(character, ..) in placed {
            let code = self.code(character);
            if matches!(code, b'(' | b')' | b'\\') {
                page.push(b'\\');
            }
            page.push(code);
        }
        page.extend_from_slice(b")Tj");
        Ok(())
    }

    /// ASCII keeps its code; the few others of a template's own words follow from 128. Beyond 255 a character is shown as a blank.
    fn code(&mut self, character: char) -> u8 {
        if let Some(&code) = self.codes.get(&character) {
            return code;
        }
        let others = self.codes.keys().filter(|c| !c.is_ascii()).count();
        let code = match (u8::try_from(character), u8::try_from(128 + others)) {
            (Ok(code @ ..128), _) | (Err(_) | Ok(128..), Ok(code)) => code,
            _ => b' ',
        };
        self.codes.insert(character, code);
        code
    }

    fn write(&self, file: &mut File<'_>) -> Result<()> {
        let atlas: &Atlas = &self.text.atlas;
        let mut by_code: Vec<(u8, char)> = self.codes.iter().map(|(&character, &code)| (code, character)).collect();
        by_code.sort_unstable();
        let (Some(&(first, _)), Some(&(last, _))) = (by_code.first(), by_code.last()) else {
            // Never shown: an empty font keeps the reference sound.
            return file.object(self.id, format!("{} 0 obj\nnull\nendobj\n", self.id.get()).as_bytes());
        };
        let unicode_id = file.reserve();
        let mut unicode = UnicodeCmap::<u8>::new(
            Name(b"HangtagUnicode"),
            pdf_writer::types::SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"UCS"), supplement: 0 },
        );
        let mut glyphs = Vec::new();
        let mut widths = vec![0.0; usize::from(last - first) + 1];
        let mut most = [0.0f32, -300.0, 1000.0, 1000.0];
        for &(code, character) in &by_code {
            unicode.pair(code, character);
            let Some(glyph) = atlas.glyph(character) else { continue };
            let width = glyph_units(glyph.advance, atlas.em);
            if let Some(place) = widths.get_mut(usize::from(code - first)) {
                *place = width;
            }
            let mut content = Content::new();
            let bounds = glyph.outline.as_ref().map(resvg::tiny_skia::Path::bounds);
            let x = |x: f32| glyph_units(x.into(), atlas.em);
            let y = |y: f32| glyph_units(atlas.baseline - f64::from(y), atlas.em);
            let [left, low, right, high] = bounds.map_or([0.0; 4], |b| [x(b.left()), y(b.bottom()), x(b.right()), y(b.top())]);
            most = [most[0].min(left), most[1].min(low), most[2].max(right), most[3].max(high)];
            content.start_shape_glyph(width, left, low, right, high);
            if let Some(outline) = &glyph.outline {
                trace(&mut content, outline, |p| (x(p.x), y(p.y)));
                content.fill_nonzero();
            }
            let id = file.reserve();
            let mut chunk = Chunk::new();
            let operators = deflate(&content.finish())?;
            chunk.stream(id, &operators).filter(Filter::FlateDecode);
            file.object(id, chunk.as_bytes())?;
            glyphs.push((code, format!("g{code}"), id));
        }
        let mut chunk = Chunk::new();
        let mut font = chunk.type3_font(self.id);
        font.bbox(Rect::new(most[0], most[1], most[2], most[3]));
        font.matrix([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]);
        let mut procedures = font.char_procs();
        for (_, name, id) in &glyphs {
            procedures.pair(Name(name.as_bytes()), *id);
        }
        procedures.finish();
        let mut encoding = font.encoding_custom();
        let mut differences = encoding.differences();
        for (code, name, _) in &glyphs {
            differences.consecutive(*code, [Name(name.as_bytes())]);
        }
        differences.finish();
        encoding.finish();
        font.first_char(first).last_char(last).widths(widths);
        font.to_unicode(unicode_id);
        font.finish();
        file.object(self.id, chunk.as_bytes())?;
        let mut chunk = Chunk::new();
        chunk.cmap(unicode_id, &unicode.finish());
        file.object(unicode_id, chunk.as_bytes())
    }
}

/// A node of the page tree in the making.
#[derive(Default)]
struct TreeNode {
    id: i32,
    kids: Vec<i32>,
    pages: u64,
}

/// The page tree: pages under leaves, leaves under branches, branches under the root; each node at most [`FAN_OUT`] wide, except the root.
#[derive(Default)]
struct Pages {
    leaf: TreeNode,
    branch: TreeNode,
    root: TreeNode,
}

impl Pages {
    fn add(&mut self, file: &mut File<'_>, content: &[u8]) -> Result<()> {
        if self.branch.id == 0 {
            self.branch.id = file.reserve().get();
        }
        if self.leaf.id == 0 {
            self.leaf.id = file.reserve().get();
        }
        let (stream, page) = (file.reserve(), file.reserve());
        file.begin(stream)?;
        writeln!(file.pending, "<</Length {}>>stream", content.len())?;
        file.pending.extend_from_slice(content);
        file.pending.extend_from_slice(b"\nendstream\nendobj\n");
        file.send()?;
        file.begin(page)?;
        write!(file.pending, "<</Type/Page/Parent {} 0 R/Contents {} 0 R>>\nendobj\n", self.leaf.id, stream.get())?;
        file.send()?;
        self.leaf.kids.push(page.get());
        self.leaf.pages += 1;
        if self.leaf.kids.len() >= FAN_OUT {
            self.close_leaf(file)?;
        }
        Ok(())
    }

    fn close_leaf(&mut self, file: &mut File<'_>) -> Result<()> {
        let leaf = std::mem::take(&mut self.leaf);
        if leaf.kids.is_empty() {
            return Ok(());
        }
        file.node(&leaf, &format!("/Parent {} 0 R", self.branch.id))?;
        self.branch.kids.push(leaf.id);
        self.branch.pages += leaf.pages;
        if self.branch.kids.len() >= FAN_OUT {
            self.close_branch(file)?;
        }
        Ok(())
    }

    fn close_branch(&mut self, file: &mut File<'_>) -> Result<()> {
        let branch = std::mem::take(&mut self.branch);
        if branch.kids.is_empty() {
            return Ok(());
        }
        file.node(&branch, &format!("/Parent {ROOT} 0 R"))?;
        self.root.kids.push(branch.id);
        self.root.pages += branch.pages;
        Ok(())
    }

    fn finish(mut self, file: &mut File<'_>, width: f64, height: f64) -> Result<()> {
        self.close_leaf(file)?;
        self.close_branch(file)?;
        self.root.id = ROOT;
        file.node(&self.root, &format!("/MediaBox[0 0 {} {}]/Resources {RESOURCES} 0 R", Short(width), Short(height)))
    }
}

/// The file: what goes out, and where each object of it begins.
struct File<'w> {
    out: &'w mut dyn Write,
    at: u64,
    /// Byte of object 1, 2, …; 0 while it is not written.
    places: Vec<u64>,
    pending: Vec<u8>,
}

impl File<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes)?;
        self.at += u64::try_from(bytes.len()).map_err(Error::broken)?;
        Ok(())
    }

    /// A number for an object to come.
    fn reserve(&mut self) -> Ref {
        self.places.push(0);
        Ref::new(saturating(self.places.len()))
    }

    fn mark(&mut self, id: Ref) {
        let at = self.at;
        if let Some(place) = self.places.get_mut(saturating::<usize>(id.get() - 1)) {
            *place = at;
        }
    }

    /// A whole object, `n 0 obj` included.
    fn object(&mut self, id: Ref, bytes: &[u8]) -> Result<()> {
        self.mark(id);
        self.put(bytes)
    }

    fn begin(&mut self, id: Ref) -> Result<()> {
        self.mark(id);
        self.pending.clear();
        write!(self.pending, "{} 0 obj", id.get())?;
        Ok(())
    }

    fn send(&mut self) -> Result<()> {
        let bytes = std::mem::take(&mut self.pending);
        self.put(&bytes)?;
        self.pending = bytes;
        Ok(())
    }

    fn node(&mut self, node: &TreeNode, more: &str) -> Result<()> {
        self.begin(Ref::new(node.id))?;
        write!(self.pending, "<</Type/Pages/Count {}{more}/Kids[", node.pages)?;
        for kid in &node.kids {
            write!(self.pending, "{kid} 0 R ")?;
        }
        self.pending.extend_from_slice(b"]>>\nendobj\n");
        self.send()
    }

    fn finish(mut self, title: &str) -> Result<()> {
        self.begin(Ref::new(CATALOG))?;
        write!(self.pending, "<</Type/Catalog/Pages {ROOT} 0 R/ViewerPreferences<</PrintScaling/None>>>>\nendobj\n")?;
        self.send()?;
        self.begin(Ref::new(INFO))?;
        write!(self.pending, "<</Title({title})/Producer(Hangtag)>>\nendobj\n")?;
        self.send()?;
        let (start, count) = (self.at, self.places.len() + 1);
        self.put(format!("xref\n0 {count}\n0000000000 65535 f \n").as_bytes())?;
        for places in std::mem::take(&mut self.places).chunks(1024) {
            let mut lines = String::with_capacity(20 * places.len());
            for place in places {
                use std::fmt::Write as _;
                let _ = writeln!(lines, "{place:010} 00000 n ");
            }
            self.put(lines.as_bytes())?;
        }
        self.put(format!("trailer\n<</Size {count}/Root {CATALOG} 0 R/Info {INFO} 0 R>>\nstartxref\n{start}\n%%EOF\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::Short;

    #[test]
    fn numbers_are_short() {
        let cases = [(0.0, "0"), (1.5, "1.5"), (-0.25, "-0.25"), (12.3456, "12.346"), (-3.0, "-3"), (7.001, "7.001"), (0.05, "0.05")];
        for (number, text) in cases {
            assert_eq!(Short(number).to_string(), text);
        }
    }
}
