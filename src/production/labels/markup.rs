//! The SVG source of a template as text: its `{{field}}` marks and edits by place, so that what a designer drew stays byte for byte as it was.

use std::ops::Range;

use resvg::usvg::roxmltree::Node;

use crate::kernel::parsed;

/// A run of text cut at its marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Text as it stands, entities resolved.
    Literal(String),
    /// `{{name}}`, or `{{name:2}}` for the second line of a wrapped value.
    Field(String, Option<usize>),
}

/// Cuts a text at its `{{…}}` marks.
pub fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("{{") {
        let Some((name, after)) = inside.split_once("}}") else { break };
        if !before.is_empty() {
            marks.push(Mark::Literal(before.to_owned()));
        }
        let (name, line) = match name.split_once(':') {
            Some((name, line)) => (name, parsed(line.trim())),
            None => (name, None),
        };
        marks.push(Mark::Field(name.trim().to_owned(), line));
        rest = after;
    }
    if !rest.is_empty() {
        marks.push(Mark::Literal(rest.to_owned()));
    }
    marks
}

/// `text` as XML character data.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Edits of a source by byte range, applied together.
pub struct Edits<'a> {
    source: &'a str,
    edits: Vec<(Range<usize>, String)>,
}

impl<'a> Edits<'a> {
    /// No edits yet.
    pub fn of(source: &'a str) -> Self {
        Self { source, edits: Vec::new() }
    }

    /// Puts `text` in place of `range`. An edit inside a range that another one replaces has no effect.
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.edits.push((range, text.into()));
    }

    /// Removes a node.
    pub fn remove(&mut self, node: Node<'_, '_>) {
        self.replace(node.range(), "");
    }

    /// Removes what is not needed to draw `wanted` as it is drawn in the whole: keeps its ancestors and every definition and style.
    pub fn keep_only(&mut self, wanted: &[Node<'_, '_>]) {
        let ancestors: Vec<_> = wanted.iter().flat_map(|node| node.ancestors()).map(|node| node.id()).collect();
        for ancestor in wanted.iter().flat_map(|node| node.ancestors().skip(1)) {
            for child in ancestor.children().filter(Node::is_element) {
                if !ancestors.contains(&child.id()) && !matches!(child.tag_name().name(), "defs" | "style") {
                    self.remove(child);
                }
            }
        }
    }

    /// The edited source.
    pub fn apply(mut self) -> String {
        self.edits.sort_by(|a, b| a.0.start.cmp(&b.0.start).then(b.0.end.cmp(&a.0.end)));
        let mut out = String::with_capacity(self.source.len());
        let mut at = 0;
        for (range, text) in self.edits {
            if range.start < at {
                continue;
            }
            out.push_str(self.source.get(at..range.start).unwrap_or_default());
            out.push_str(&text);
            at = range.end;
        }
        out.push_str(self.source.get(at..).unwrap_or_default());
        out
    }
}

/// The runs of text inside a `<text>` element that say something.
pub fn runs<'a, 'input>(text: Node<'a, 'input>) -> Vec<Node<'a, 'input>> {
    text.descendants().filter(|node| node.is_text() && node.text().is_some_and(|text| !text.trim().is_empty())).collect()
}

/// The source of a `<text>` element under another `id`, with `content` as its only run and without kerning.
pub fn copy_of(source: &str, text: Node<'_, '_>, run: Node<'_, '_>, id: &str, content: &str) -> String {
    let base = text.range().start;
    let inner = source.get(text.range()).unwrap_or_default();
    let shift = |range: Range<usize>| range.start - base..range.end - base;
    let mut edits = Edits::of(inner);
    let mut attributes = format!(" id=\"{id}\" xml:space=\"preserve\" font-kerning=\"none\"");
    for attribute in text.attributes() {
        if matches!(attribute.name(), "id" | "space" | "font-kerning") {
            edits.replace(shift(attribute.range()), "");
        }
    }
    let name_end = inner.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(inner.len());
    attributes.push(' ');
    edits.replace(name_end..name_end, attributes);
    edits.replace(shift(run.range()), escaped(content));
    edits.apply()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found() {
        let field = |name: &str, line| Mark::Field(name.into(), line);
        assert_eq!(
            marks("号型：{{ size }}/{{care:2}}"),
            [Mark::Literal("号型：".into()), field("size", None), Mark::Literal("/".into()), field("care", Some(2))]
        );
        assert_eq!(marks("a {{b"), [Mark::Literal("a {{b".into())]);
    }

    #[test]
    fn an_edit_inside_a_removed_range_is_dropped() {
        let mut edits = Edits::of("0123456789");
        edits.replace(2..6, "");
        edits.replace(3..4, "x");
        edits.replace(8..8, "y");
        assert_eq!(edits.apply(), "0167y89");
    }
}
