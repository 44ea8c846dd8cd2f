//! A template in the making of a layout: values checked, marks filled in, what differs per label taken out and drawn as glyphs.

use std::collections::BTreeMap;

use resvg::usvg::roxmltree::{Document, Node};
use resvg::usvg::{Options, Tree};

use super::LabelJob;
use super::atlas::Atlas;
use super::flaw::Flaw;
use super::layout::{Part, SERIAL_LINE, UnitText};
use super::markup::{self, Edits, Mark};
use super::measure::{Area, MM_PER_INCH, PX_PER_INCH, float};
use super::template::{self, Layer, Template};
use super::wrap;
use crate::kernel::care;
use crate::kernel::{Code, Fault, parsed};

/// Characters a unit text may meet beside its own words: those of a serial of any origin (GS1 AI 21 allows 82 of them).
const UNIT_CHARACTERS: std::ops::RangeInclusive<char> = ' '..='~';

/// A layout in the making.
pub struct Draft<'a, 'input> {
    /// The template.
    pub template: &'a Template,
    /// Its SVG, read.
    pub document: &'a Document<'input>,
    /// The values.
    pub job: &'a LabelJob,
    /// How SVG is drawn.
    pub options: &'a Options<'a>,
    /// Dots per inch.
    pub dpi: u16,
    /// What was found so far.
    pub faults: Vec<Fault>,
}

impl<'a, 'input> Draft<'a, 'input> {
    /// Values against what the template says of its fields.
    pub fn check_values(&mut self) {
        let spec = &self.template.spec;
        for name in self.job.fields.keys().chain(spec.fields.keys()) {
            if template::layer_of(name) != Some(Layer::Job) {
                self.faults.push(Fault::new(format!("fields.{name}"), Code::UnknownField));
            }
        }
        for (name, field) in &spec.fields {
            let value = self.value(name);
            let place = || format!("fields.{name}");
            if field.required && value.is_empty() {
                self.faults.push(Fault::new(place(), Code::Missing));
            }
            if value.chars().count() > field.max {
                self.faults.push(Fault::new(place(), Code::TooLong).with("max", field.max));
            }
            if value.chars().any(|c| c.is_control() && c != '\n') {
                self.faults.push(Fault::new(place(), Code::ControlCharacter));
            }
        }
        if let Err(fault) = care::in_order("care", &self.job.care) {
            self.faults.push(fault);
        }
    }

    /// What the drawing refers to: its own parts and small embedded images, nothing else. And elements that would be left out without a word.
    pub fn check_references(&mut self) {
        for node in self.document.descendants().filter(Node::is_element) {
            let name = node.tag_name().name();
            if matches!(name, "foreignObject" | "flowRoot" | "script" | "animate" | "animateTransform" | "set") {
                self.faults.push(Fault::new("template", Code::NotDrawable).with("feature", name));
            }
        }
        for node in self.document.descendants().filter(|node| node.is_element() && node.tag_name().name() != "a") {
            let Some(href) = node.attributes().find(|attribute| attribute.name() == "href").map(|attribute| attribute.value().trim())
            else {
                continue;
            };
            let known = ["data:image/png;", "data:image/jpeg;", "data:image/jpg;"].iter().any(|kind| href.starts_with(kind));
            let short: String = href.chars().take(60).collect();
            if href.starts_with("data:") && !known {
                self.faults.push(Fault::new("template", Code::NotAnImage).with("href", short));
            } else if !known && !href.starts_with('#') {
                self.faults.push(Fault::new("template", Code::RemoteImage).with("href", short));
            }
        }
    }

    fn value(&self, name: &str) -> &'a str {
        self.job.fields.get(name).map(|value| value.trim()).unwrap_or_default()
    }

    fn element(&self, id: &str) -> Option<Node<'a, 'input>> {
        self.document.descendants().find(|node| node.attribute("id") == Some(id))
    }

    /// The place of `id="qr"` in SVG pixels, whatever groups it is in.
    pub fn code_room(&mut self) -> Option<Area> {
        let Some(node) = self.element("qr").filter(|node| node.tag_name().name() == "rect") else {
            self.faults.push(Fault::new("template", Code::Missing).with("value", "<rect id=\"qr\">"));
            return None;
        };
        let mut edits = Edits::of(&self.template.svg);
        edits.keep_only(&[node]);
        let attributes: String = ["x", "y", "width", "height", "transform"]
            .iter()
            .filter_map(|name| Some(format!(" {name}=\"{}\"", markup::escaped(node.attribute(*name)?))))
            .collect();
        edits.replace(node.range(), format!("<rect xmlns=\"http://www.w3.org/2000/svg\" id=\"qr\"{attributes} fill=\"#000\"/>"));
        let area = match Tree::from_str(&edits.apply(), self.options) {
            Ok(tree) => tree
                .node_by_id("qr")
                .map(|node| Area::of(node.abs_bounding_box()))
                .filter(|area| Area::new(0.0, 0.0, tree.size().width().into(), tree.size().height().into()).holds(area, 0.1)),
            Err(_) => None,
        };
        match area {
            Some(area) => Some(area),
            None => {
                self.faults.push(Fault::new("template", Code::TextClipped).with("text", "<rect id=\"qr\">"));
                None
            }
        }
    }

    /// The drawing with the job's values in it and without what differs per label; and the latter.
    pub fn fill_in(&mut self) -> (String, Vec<UnitText>) {
        let mut edits = Edits::of(&self.template.svg);
        let mut gone = Vec::new();
        for node in self.document.descendants().filter(Node::is_element) {
            let id = node.attribute("id").unwrap_or_default();
            let condition = id.strip_prefix("when-").map(|rest| rest.split('-').next().unwrap_or_default());
            if id == "qr" || condition.is_some_and(|field| !self.has(field)) {
                edits.remove(node);
                gone.push(node.id());
            }
        }
        if let Some(node) = self.element("care") {
            edits.replace(node.range(), self.care_row(node));
        }
        let texts: Vec<_> = self
            .document
            .descendants()
            .filter(|node| node.is_element() && node.tag_name().name() == "text")
            .filter(|node| !node.ancestors().any(|ancestor| gone.contains(&ancestor.id())))
            .collect();
        let lines = self.wrapped(&texts);
        let mut units = Vec::new();
        for &text in &texts {
            let runs: Vec<_> = markup::runs(text).into_iter().map(|run| (run, markup::marks(run.text().unwrap_or_default()))).collect();
            let fields: Vec<_> = runs
                .iter()
                .flat_map(|(_, marks)| marks)
                .filter_map(|mark| if let Mark::Field(name, line) = mark { Some((name, *line)) } else { None })
                .collect();
            for (name, _) in &fields {
                match template::layer_of(name) {
                    None => self.faults.push(Fault::new(format!("fields.{name}"), Code::UnknownField)),
                    Some(Layer::Job) if !self.template.spec.fields.contains_key(*name) => {
                        self.faults.push(Fault::new(format!("fields.{name}"), Code::UnknownField));
                    }
                    Some(_) => {}
                }
            }
            if fields.iter().any(|(name, _)| template::layer_of(name) == Some(Layer::Unit)) {
                edits.remove(text);
                units.extend(self.unit_text(text, &runs, &lines));
            } else if !fields.is_empty() {
                if fields.iter().all(|(name, line)| self.said(&lines, name, *line).is_empty()) {
                    edits.remove(text);
                }
                for (run, marks) in &runs {
                    edits.replace(run.range(), markup::escaped(&self.words(&lines, marks)));
                }
            }
        }
        (edits.apply(), units)
    }

    fn has(&self, field: &str) -> bool {
        match field {
            "claim_code" => self.job.claim_codes,
            "care" => !self.job.care.is_empty(),
            _ => !self.value(field).is_empty(),
        }
    }

    /// What a mark of a job field stands for.
    fn said<'l>(&self, lines: &'l Lines, name: &str, line: Option<usize>) -> &'l str
    where
        'a: 'l,
    {
        match line {
            None => self.value(name),
            Some(line) => lines.get(name).and_then(|lines| lines.get(line.checked_sub(1)?)).map(String::as_str).unwrap_or_default(),
        }
    }

    fn words(&self, lines: &Lines, marks: &[Mark]) -> String {
        marks
            .iter()
            .map(|mark| match mark {
                Mark::Literal(words) => words.as_str(),
                Mark::Field(name, line) => self.said(lines, name, *line),
            })
            .collect()
    }

    fn unit_text(&mut self, text: Node<'_, '_>, runs: &[(Node<'_, '_>, Vec<Mark>)], lines: &Lines) -> Option<UnitText> {
        let [(run, marks)] = runs else {
            self.faults.push(Flaw::UnitText.fault());
            return None;
        };
        let parts: Vec<Part> = marks
            .iter()
            .map(|mark| match mark {
                Mark::Literal(words) => Part::Words(words.clone()),
                Mark::Field(name, line) => match name.as_str() {
                    "serial" => match line {
                        None => Part::Serial(0, usize::MAX),
                        Some(1) => Part::Serial(0, SERIAL_LINE),
                        Some(_) => Part::Serial(SERIAL_LINE, usize::MAX),
                    },
                    "serial_plain" => Part::SerialPlain,
                    "unit" => Part::Unit,
                    "claim_code" => Part::ClaimCode,
                    _ => Part::Words(self.said(lines, name, *line).to_owned()),
                },
            })
            .collect();
        let own =
            parts.iter().filter_map(|part| if let Part::Words(words) = part { Some(words.as_str()) } else { None }).flat_map(str::chars);
        match Atlas::of(&self.template.svg, text, *run, own.chain(UNIT_CHARACTERS), self.options, self.dpi) {
            Ok(atlas) => Some(UnitText { atlas, parts }),
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }

    /// Values drawn as `{{name:1}}`, `{{name:2}}`, … cut into lines by the widths of their characters in that very text.
    fn wrapped(&mut self, texts: &[Node<'_, '_>]) -> Lines {
        let mut lines = Lines::new();
        for (name, field) in &self.template.spec.fields {
            let Some(width) = field.width else { continue };
            let value = self.value(name);
            let mut rooms = Vec::new();
            let mut atlas = None;
            for number in 1.. {
                let place = texts.iter().find_map(|&text| {
                    let run = markup::runs(text)
                        .into_iter()
                        .find(|run| markup::marks(run.text().unwrap_or_default()).contains(&Mark::Field(name.clone(), Some(number))))?;
                    Some((text, run))
                });
                let Some((text, run)) = place else { break };
                let beside: String = markup::marks(run.text().unwrap_or_default())
                    .iter()
                    .map(|mark| match mark {
                        Mark::Literal(words) => words.as_str(),
                        Mark::Field(other, None) => self.value(other),
                        Mark::Field(..) => "",
                    })
                    .collect();
                if atlas.is_none() {
                    match Atlas::of(
                        &self.template.svg,
                        text,
                        run,
                        value.chars().filter(|c| !c.is_control()).chain(beside.chars()),
                        self.options,
                        self.dpi,
                    ) {
                        Ok(drawn) => atlas = Some(drawn),
                        Err(faults) => {
                            self.faults.extend(faults);
                            break;
                        }
                    }
                }
                let taken = atlas.as_ref().map_or(0.0, |atlas| atlas.width(&beside) * atlas.scale());
                rooms.push(width * PX_PER_INCH / MM_PER_INCH - taken);
            }
            let Some(atlas) = atlas else { continue };
            let (cut, rest) = wrap::lines(value, &rooms, |c| atlas.glyph(c).map_or(0.0, |glyph| glyph.advance * atlas.scale()));
            if rest {
                self.faults.push(Fault::new(format!("fields.{name}"), Code::TextClipped).with("text", value));
            }
            lines.insert(name.clone(), cut);
        }
        lines
    }

    /// The care symbols in a row in the place of `id="care"`.
    fn care_row(&self, node: Node<'_, '_>) -> String {
        let number = |name: &str| node.attribute(name).and_then(|text| parsed::<f64>(text.trim())).unwrap_or_default();
        let symbols = match care::in_order("care", &self.job.care) {
            Ok(symbols) if !symbols.is_empty() => symbols,
            _ => return String::new(),
        };
        let step = care::BOX_WIDTH + 8.0;
        let wide = step * float(symbols.len()) - 8.0;
        let scale = (number("height") / care::BOX_HEIGHT).min(number("width") / wide);
        let y = number("y") + (number("height") - care::BOX_HEIGHT * scale) / 2.0;
        let own = markup::escaped(node.attribute("transform").unwrap_or_default());
        let mut row = format!("<g xmlns=\"http://www.w3.org/2000/svg\" transform=\"{own} translate({} {y}) scale({scale})\">", number("x"));
        for (at, symbol) in symbols.iter().enumerate() {
            row.push_str(&format!("<g transform=\"translate({} 0)\">{}</g>", float(at) * step, symbol.elements()));
        }
        row.push_str("</g>");
        row
    }
}

/// Wrapped values by field.
type Lines = BTreeMap<String, Vec<String>>;
