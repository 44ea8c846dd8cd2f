//! The background of a label as PDF drawing operators (ISO 32000-2, 8 and 9).

use image::ImageReader;
use pdf_writer::types::{LineCapStyle, LineJoinStyle, TextRenderingMode};
use pdf_writer::{Chunk, Content, Filter, Finish, Name, Ref};
use resvg::tiny_skia::{Path, PathSegment, Point, Transform};
use resvg::usvg::{self, ClipPath, FillRule, Group, ImageKind, LineCap, LineJoin, Node, Paint, PaintOrder, Tree};

use super::pdf::File;
use super::pdf_text::Faces;
use super::typeset;
use crate::kernel::error::{Error, Result};

/// The drawing as operators in SVG pixels, y downwards, and the images it calls `I0`, `I1`, …
pub struct Art {
    /// Operators.
    pub operators: Vec<u8>,
    /// Images as they stand in the template.
    pub images: Vec<ImageKind>,
}

/// Draws a tree. Whatever `lint` calls not drawable has been refused before.
pub fn art(tree: &Tree, faces: &mut Faces, file: &mut File<'_>) -> Art {
    let mut painter = Painter { content: Content::new(), images: Vec::new(), tree, faces, file };
    painter.group(tree.root());
    Art { operators: painter.content.finish().into_vec(), images: painter.images }
}

struct Painter<'a, 'w> {
    content: Content,
    images: Vec<ImageKind>,
    tree: &'a Tree,
    faces: &'a mut Faces,
    file: &'a mut File<'w>,
}

impl Painter<'_, '_> {
    fn group(&mut self, group: &Group) {
        let framed = !group.transform().is_identity() || group.clip_path().is_some();
        if framed {
            self.content.save_state();
            self.content.transform(matrix(group.transform()));
            if let Some(clip) = group.clip_path() {
                self.clip(clip);
            }
        }
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group),
                Node::Text(text) => self.text(text),
                Node::Path(path) => self.path(path),
                Node::Image(image) if image.is_visible() => self.image(image),
                Node::Image(_) => {}
            }
        }
        if framed {
            self.content.restore_state();
        }
    }

    fn clip(&mut self, clip: &ClipPath) {
        fn gather(content: &mut Content, group: &Group, at: Transform) {
            let at = at.pre_concat(group.transform());
            for node in group.children() {
                match node {
                    Node::Group(group) => gather(content, group, at),
                    Node::Text(text) => gather(content, text.flattened(), at),
                    Node::Path(path) => {
                        if let Some(path) = path.data().clone().transform(at) {
                            trace(content, &path);
                        }
                    }
                    Node::Image(_) => {}
                }
            }
        }
        gather(&mut self.content, clip.root(), clip.transform());
        self.content.clip_nonzero().end_path();
    }

    fn text(&mut self, text: &usvg::Text) {
        for (span, runs) in typeset::runs(text, self.tree.fontdb()).into_iter().filter(|(span, _)| span.visible) {
            [&span.underline, &span.overline].into_iter().flatten().for_each(|line| self.path(line));
            let (fill, stroke) = (TextRenderingMode::Fill, TextRenderingMode::Stroke);
            for mode in if span.paint_order == PaintOrder::FillAndStroke { [fill, stroke] } else { [stroke, fill] } {
                let painted = if mode == fill { self.fill_paint(span.fill.as_ref()) } else { self.stroke_paint(span.stroke.as_ref()) };
                for run in runs.iter().filter(|_| painted) {
                    self.faces.show(run, mode, &mut self.content, self.file);
                }
            }
            span.line_through.iter().for_each(|line| self.path(line));
        }
    }

    fn path(&mut self, path: &usvg::Path) {
        if !path.is_visible() {
            return;
        }
        match path.paint_order() {
            PaintOrder::FillAndStroke => {
                self.fill(path);
                self.stroke(path);
            }
            PaintOrder::StrokeAndFill => {
                self.stroke(path);
                self.fill(path);
            }
        }
    }

    fn fill(&mut self, path: &usvg::Path) {
        if !self.fill_paint(path.fill()) {
            return;
        }
        trace(&mut self.content, path.data());
        match path.fill().map(usvg::Fill::rule) {
            Some(FillRule::EvenOdd) => self.content.fill_even_odd(),
            _ => self.content.fill_nonzero(),
        };
    }

    fn stroke(&mut self, path: &usvg::Path) {
        if self.stroke_paint(path.stroke()) {
            trace(&mut self.content, path.data());
            self.content.stroke();
        }
    }

    /// Takes up the paint of a fill, if there is one.
    fn fill_paint(&mut self, fill: Option<&usvg::Fill>) -> bool {
        let Some(Paint::Color(colour)) = fill.map(usvg::Fill::paint) else { return false };
        let [r, g, b] = shares([colour.red, colour.green, colour.blue]);
        self.content.set_fill_rgb(r, g, b);
        true
    }

    /// Takes up the paint and the pen of a stroke, if there is one.
    fn stroke_paint(&mut self, stroke: Option<&usvg::Stroke>) -> bool {
        let Some(stroke) = stroke else { return false };
        let Paint::Color(colour) = stroke.paint() else { return false };
        let [r, g, b] = shares([colour.red, colour.green, colour.blue]);
        self.content.set_stroke_rgb(r, g, b).set_line_width(stroke.width().get());
        self.content.set_line_cap(match stroke.linecap() {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        self.content.set_line_join(match stroke.linejoin() {
            LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
            LineJoin::Round => LineJoinStyle::RoundJoin,
            LineJoin::Bevel => LineJoinStyle::BevelJoin,
        });
        self.content.set_miter_limit(stroke.miterlimit().get());
        self.content.set_dash_pattern(stroke.dasharray().unwrap_or_default().iter().copied(), stroke.dashoffset());
        true
    }

    fn image(&mut self, image: &usvg::Image) {
        let (width, height) = (image.size().width(), image.size().height());
        let name = format!("I{}", self.images.len());
        self.images.push(image.kind().clone());
        self.content.save_state().transform([width, 0.0, 0.0, -height, 0.0, height]).x_object(Name(name.as_bytes())).restore_state();
    }
}

/// Path operators of an outline.
fn trace(content: &mut Content, path: &Path) {
    let mut here = Point::zero();
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(p) => {
                content.move_to(p.x, p.y);
                here = p;
            }
            PathSegment::LineTo(p) => {
                content.line_to(p.x, p.y);
                here = p;
            }
            PathSegment::QuadTo(c, p) => {
                // A quadratic curve raised to a cubic one: control points two thirds of the way to the old one.
                let third = |end: Point| Point::from_xy(end.x + (c.x - end.x) * 2.0 / 3.0, end.y + (c.y - end.y) * 2.0 / 3.0);
                let (a, b) = (third(here), third(p));
                content.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y);
                here = p;
            }
            PathSegment::CubicTo(a, b, p) => {
                content.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y);
                here = p;
            }
            PathSegment::Close => {
                content.close_path();
            }
        }
    }
}

/// The operators `a b c d e f` of a transform.
pub fn matrix(at: Transform) -> [f32; 6] {
    [at.sx, at.ky, at.kx, at.sy, at.tx, at.ty]
}

/// A colour as shares of one.
pub fn shares(colour: [u8; 3]) -> [f32; 3] {
    colour.map(|part| f32::from(part) / 255.0)
}

/// Deflated bytes, as `FlateDecode` reads them.
pub fn deflate(bytes: &[u8]) -> Result<Vec<u8>> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(7));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// An image as objects `id` and `mask`: colours, and how much of them covers.
///
/// # Errors
/// [`Error::Broken`] when the bytes do not decode; their kind and size were checked when the template was read.
pub fn image_objects(kind: &ImageKind, id: Ref, mask: Ref) -> Result<[Chunk; 2]> {
    let (ImageKind::PNG(data) | ImageKind::JPEG(data)) = kind else { return Err(Error::broken("an image of another kind")) };
    let reader = ImageReader::new(std::io::Cursor::new(data.as_slice())).with_guessed_format()?;
    let picture = reader.decode().map_err(Error::broken)?.into_rgba8();
    let side = |pixels: u32| i32::try_from(pixels).map_err(Error::broken);
    let (width, height) = (side(picture.width())?, side(picture.height())?);
    let colours: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel.0[0], pixel.0[1], pixel.0[2]]).collect();
    let cover: Vec<u8> = picture.pixels().map(|pixel| pixel.0[3]).collect();
    let (colours, cover) = (deflate(&colours)?, deflate(&cover)?);

    let mut first = Chunk::new();
    let mut object = first.image_xobject(id, &colours);
    object.width(width).height(height).bits_per_component(8).s_mask(mask);
    object.filter(Filter::FlateDecode);
    object.color_space().device_rgb();
    object.finish();
    let mut second = Chunk::new();
    let mut object = second.image_xobject(mask, &cover);
    object.width(width).height(height).bits_per_component(8);
    object.filter(Filter::FlateDecode);
    object.color_space().device_gray();
    object.finish();
    Ok([first, second])
}
