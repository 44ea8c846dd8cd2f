//! Labels as one PDF (ISO 32000-2), written object by object as the units come: in memory are only the places of the objects.
//!
//! The background is one form object that every label calls. A label of its own is the code as a one-bit image mask and its texts
//! ([`super::pdf_text`]). Pages hang in a tree of small nodes, closed as they fill.

use std::io::Write;

use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref};

use super::bitmap::Bitmap;
use super::layout::LabelLayout;
use super::measure::{PT_PER_INCH, PX_PER_INCH, float, mm_to_pt, single};
use super::pdf_art::{art, deflate, image_objects};
use super::pdf_text::{Faces, TextState, UnitLine};
use super::template::{Media, Sheet};
use super::{LabelUnit, every};
use crate::kernel::error::{Error, Result};
use crate::kernel::saturating;

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
    let mut faces = Faces::default();
    let images = background(layout, &mut faces, &mut file)?;
    let mut lines: Vec<_> = layout.texts.iter().map(|text| UnitLine::of(text, spec.height, &mut faces, &mut file)).collect();
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
        label(layout, unit, &mut uri, &mut page)?;
        if !lines.is_empty() {
            let mut state = TextState::default();
            page.extend_from_slice(b"BT");
            lines.iter_mut().try_for_each(|line| line.show(unit, &mut state, &mut page, &mut faces, &mut file))?;
            page.extend_from_slice(b" ET\n");
        }
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
    resources(&mut file, faces.fonts(), &images)?;
    faces.write(&mut file)?;
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

/// Of one label the background and the code.
fn label(layout: &LabelLayout, unit: &LabelUnit, uri: &mut String, page: &mut Vec<u8>) -> Result<()> {
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
    Ok(())
}

/// A number with at most three decimals and no more digits than it needs.
pub struct Short(pub f64);

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
fn background(layout: &LabelLayout, faces: &mut Faces, file: &mut File<'_>) -> Result<Vec<(String, Ref)>> {
    let drawn = art(&layout.tree, faces, file);
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
    let mut named = own.fonts();
    for (name, id) in faces.fonts() {
        named.pair(Name(name.as_bytes()), id);
    }
    named.finish();
    own.finish();
    form.finish();
    file.object(id, chunk.as_bytes())?;
    Ok(images)
}

/// What every page may call. Its own object, so that it is written once and after the fonts are known.
fn resources(file: &mut File<'_>, fonts: impl Iterator<Item = (String, Ref)>, images: &[(String, Ref)]) -> Result<()> {
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
    for (name, id) in fonts {
        named.pair(Name(name.as_bytes()), id);
    }
    named.finish();
    all.finish();
    file.object(id, chunk.as_bytes())
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
pub struct File<'w> {
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
    pub fn reserve(&mut self) -> Ref {
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
    pub fn object(&mut self, id: Ref, bytes: &[u8]) -> Result<()> {
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
