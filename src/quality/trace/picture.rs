//! A trace as a picture: SVG made here, coloured by classes of the style sheet (the security policy allows no inline style), so that it is
//! dark where the page is dark. Links are links, every box has its full text as a title, and the whole has a title and a description.

use std::collections::HashMap;
use std::fmt::Write;

use super::graph::{Graph, Layer, Node, Thing};
use super::{BatchLine, Trace};
use crate::kernel::text::{Lang, grouped};
use crate::platform::http::query_escape;
use crate::platform::words::Words;

const BOX_W: usize = 140;
const BOX_H: usize = 46;
const GAP_X: usize = 46;
const GAP_Y: usize = 12;
const TOP: usize = 34;
const EDGE: usize = 8;
/// Columns that are still readable when the picture is made as narrow as the page.
const FITTING: usize = 8;
/// Bars of the chart of findings.
const BARS: usize = 20;

/// The address of a thing's own trace. A code may hold a slash, which must not part the path.
pub(super) fn trace_href(kind: &str, code: &str) -> String {
    format!("/trace/{kind}/{}", query_escape(code).replace('/', "%2F"))
}

/// The picture of a trace: suppliers, lots level by level, batches, retailers.
pub fn picture(graph: &Graph, trace: &Trace, words: Words) -> String {
    let order = ordered(graph);
    let tallest = (0..graph.columns.len()).map(|column| height_of(graph, &order, column)).max().unwrap_or_default();
    let (width, height) = (graph.columns.len() * (BOX_W + GAP_X) + 2 * EDGE - GAP_X.min(graph.columns.len() * GAP_X), TOP + tallest + EDGE);
    let mut at: HashMap<usize, (usize, usize)> = HashMap::new();
    let mut boxes = String::new();
    for (column, info) in graph.columns.iter().enumerate() {
        let x = EDGE + column * (BOX_W + GAP_X);
        let mut y = TOP + (tallest - height_of(graph, &order, column)) / 2;
        let title = layer_title(info.layer, words);
        put(&mut boxes, format_args!("<text class=\"head\" x=\"{}\" y=\"20\">{}</text>", x + BOX_W / 2, escape(&fit(&title, 20))));
        for place in order.iter().copied().filter(|place| graph.nodes.get(*place).is_some_and(|node| node.column == column)) {
            if let Some(node) = graph.nodes.get(place) {
                at.insert(place, (x, y));
                draw_box(&mut boxes, node, x, y, words);
                y += BOX_H + GAP_Y;
            }
        }
        if info.more > 0 {
            let more = words.say1("trace-more", "count", info.more);
            put(&mut boxes, format_args!("<text class=\"more\" x=\"{}\" y=\"{}\">{}</text>", x + BOX_W / 2, y + 14, escape(&more)));
        }
    }
    let mut lines = String::new();
    for (from, to) in &graph.edges {
        if let (Some((x1, y1)), Some((x2, y2))) = (at.get(from), at.get(to)) {
            let (x1, y1, y2) = (x1 + BOX_W, y1 + BOX_H / 2, y2 + BOX_H / 2);
            // A lot made of one of its own kind stands in the same column: that line goes around on the right.
            let (x2, middle) = if *x2 > x1 { (*x2, (x1 + x2) / 2) } else { (x2 + BOX_W, x1 + GAP_X / 2) };
            // A line over other columns runs behind their boxes; it is fainter, so that it is not taken for one of theirs.
            let far = if x2.saturating_sub(x1) > GAP_X { " class=\"far\"" } else { "" };
            put(&mut lines, format_args!("<path{far} d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\"/>"));
        }
    }
    let title = escape(&words.say1("trace-picture-title", "code", &trace.subject.code));
    let totals = &trace.totals;
    let about = words.say_with(
        "trace-picture-about",
        &[
            ("suppliers", totals.suppliers.to_string()),
            ("lots", totals.lots.to_string()),
            ("batches", totals.batches.to_string()),
            ("sold", totals.sold.to_string()),
        ],
    );
    format!(
        "<svg class=\"graph{}\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"group\" aria-labelledby=\"trace-title trace-about\"><title id=\"trace-title\">{title}</title>\
         <desc id=\"trace-about\">{}</desc><g class=\"edges\" aria-hidden=\"true\">{lines}</g>{boxes}</svg>",
        if graph.columns.len() <= FITTING { " fits" } else { "" },
        escape(&about)
    )
}

/// Boxes by column; within one, near the middle of what they are joined to on the left, so that few lines cross.
fn ordered(graph: &Graph) -> Vec<usize> {
    let mut row: HashMap<usize, usize> = HashMap::new();
    let mut order = Vec::with_capacity(graph.nodes.len());
    for column in 0..graph.columns.len() {
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (place, _) in graph.nodes.iter().enumerate().filter(|(_, node)| node.column == column) {
            let rows: Vec<usize> =
                graph.edges.iter().filter(|(_, to)| *to == place).filter_map(|(from, _)| row.get(from).copied()).collect();
            let middle = if rows.is_empty() { usize::MAX } else { rows.iter().sum::<usize>() * 1_000 / rows.len() };
            places.push((middle, place));
        }
        places.sort_unstable();
        for (height, (_, place)) in places.into_iter().enumerate() {
            row.insert(place, height);
            order.push(place);
        }
    }
    order
}

fn height_of(graph: &Graph, order: &[usize], column: usize) -> usize {
    let boxes = order.iter().filter(|place| graph.nodes.get(**place).is_some_and(|node| node.column == column)).count();
    let more = graph.columns.get(column).map_or(0, |column| if column.more > 0 { 20 } else { 0 });
    boxes * (BOX_H + GAP_Y) + more
}

fn layer_title(layer: Layer, words: Words) -> String {
    match layer {
        Layer::Suppliers => words.say("trace-layer-suppliers").into_owned(),
        Layer::Lots(0) => words.say("trace-layer-lots").into_owned(),
        Layer::Lots(level) if level < 0 => words.say1("trace-layer-up", "level", -level).into_owned(),
        Layer::Lots(level) => words.say1("trace-layer-down", "level", level).into_owned(),
        Layer::Batches => words.say("trace-layer-batches").into_owned(),
        Layer::Retailers => words.say("trace-layer-retailers").into_owned(),
    }
}

fn draw_box(out: &mut String, node: &Node, x: usize, y: usize, words: Words) {
    let lang = words.lang();
    let (class, kind) = match node.thing {
        Thing::Supplier(_) => ("supplier", Some("party")),
        Thing::Lot(_) => ("lot", Some("lot")),
        Thing::Batch(_) => ("batch", Some("batch")),
        Thing::Retailer(_) => ("retailer", None),
    };
    let code = node.code.clone().unwrap_or_else(|| {
        words.say(if matches!(node.thing, Thing::Retailer(_)) { "trace-no-retailer" } else { "trace-hidden" }).into_owned()
    });
    let name = node.name.get(lang);
    let count = match node.thing {
        Thing::Retailer(_) if node.count > 0 => words.say1("trace-box-sold", "count", node.count).into_owned(),
        Thing::Batch(_) if node.count > 0 => words.say1("trace-box-found", "count", node.count).into_owned(),
        _ => String::new(),
    };
    let note = if count.is_empty() { name.to_owned() } else { count };
    let href = kind.zip(node.code.as_ref()).map(|(kind, code)| trace_href(kind, code));
    if let Some(href) = &href {
        put(out, format_args!("<a href=\"{}\">", escape(href)));
    }
    let state = match (node.is_subject, matches!(node.thing, Thing::Batch(_)) && node.count > 0) {
        (true, _) => " here",
        (false, true) => " found",
        (false, false) => "",
    };
    let text_x = x + 10;
    put(
        out,
        format_args!(
            "<g class=\"box {class}{state}\"><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_W}\" height=\"{BOX_H}\" rx=\"7\"/>\
             <text class=\"code\" x=\"{text_x}\" y=\"{}\">{}</text><text class=\"name\" x=\"{text_x}\" y=\"{}\">{}</text></g>",
            escape(
                &[code.as_str(), name, if note == name { "" } else { &note }]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(" · ")
            ),
            y + 19,
            escape(&fit(&code, 16)),
            y + 36,
            escape(&fit(&note, 19)),
        ),
    );
    if href.is_some() {
        out.push_str("</a>");
    }
}

/// Findings for every thousand made, as bars, the worst batches first. None when nothing was found on any batch.
pub fn chart(trace: &Trace, words: Words) -> Option<String> {
    let mut found: Vec<(&BatchLine, f64)> =
        trace.batches.iter().filter_map(|batch| batch.per_thousand.filter(|rate| *rate > 0.0).map(|rate| (batch, rate))).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.no.cmp(&b.0.no)));
    let more = found.len().saturating_sub(BARS);
    found.truncate(BARS);
    let most = found.first()?.1;
    let (left, room, row) = (150.0, 420.0, 26);
    let height = found.len() * row + 8 + if more > 0 { 22 } else { 0 };
    let mut bars = String::new();
    let mut y = 4;
    for (batch, rate) in &found {
        let long = (rate / most * room).max(2.0);
        put(
            &mut bars,
            format_args!(
                "<a href=\"{}\"><g><title>{}</title><text class=\"label\" x=\"{}\" y=\"{}\">{}</text>\
                 <rect x=\"{left}\" y=\"{y}\" width=\"{long:.1}\" height=\"18\" rx=\"3\"/><text x=\"{:.1}\" y=\"{}\">{rate:.1}</text></g></a>",
                escape(&trace_href("batch", &batch.code)),
                escape(&words.say_with(
                    "trace-chart-bar",
                    &[
                        ("batch", batch.code.clone()),
                        ("rate", format!("{rate:.1}")),
                        ("pieces", batch.pieces.to_string()),
                        ("made", batch.made.to_string())
                    ]
                )),
                left - 8.0,
                y + 14,
                escape(&fit(&batch.code, 18)),
                left + long + 6.0,
                y + 14,
            ),
        );
        y += row;
    }
    if more > 0 {
        put(
            &mut bars,
            format_args!("<text class=\"more\" x=\"{left}\" y=\"{}\">{}</text>", y + 14, escape(&words.say1("trace-more", "count", more))),
        );
    }
    let title = escape(&words.say("trace-chart-title"));
    let about = words.say_with("trace-chart-about", &[("count", found.len().to_string()), ("most", format!("{most:.1}"))]);
    Some(format!(
        "<svg class=\"bars fits\" xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"{height}\" viewBox=\"0 0 640 {height}\" role=\"group\" \
         aria-labelledby=\"chart-title chart-about\"><title id=\"chart-title\">{title}</title><desc id=\"chart-about\">{}</desc>{bars}</svg>",
        escape(&about)
    ))
}

/// The garments of a trace beside the others of the same batches, as two bars. None where there is nothing to compare.
pub fn comparison(trace: &Trace, words: Words) -> Option<String> {
    let compared = trace.compared.as_ref()?;
    let most = compared.per_thousand.max(compared.other_per_thousand);
    if most <= 0.0 {
        return None;
    }
    let (left, room) = (190.0, 330.0);
    let mut bars = String::new();
    let of =
        |pieces: i64, made: i64| words.say_with("trace-compared-of", &[("pieces", grouped(pieces)), ("made", grouped(made))]).into_owned();
    let rows = [
        ("", words.say1("trace-compared-with", "code", &trace.subject.code), compared.per_thousand, of(compared.pieces, compared.made)),
        (
            " class=\"calm\"",
            words.say("trace-compared-without"),
            compared.other_per_thousand,
            of(compared.other_pieces, compared.other_made),
        ),
    ];
    for (y, (class, label, rate, about)) in [4, 42].into_iter().zip(rows) {
        let long = (rate / most * room).max(2.0);
        put(
            &mut bars,
            format_args!(
                "<text class=\"label\" x=\"{}\" y=\"{}\">{}</text><rect{class} x=\"{left}\" y=\"{y}\" width=\"{long:.1}\" height=\"26\" rx=\"3\"/>\
                 <text x=\"{:.1}\" y=\"{}\"><tspan class=\"code\">{rate:.1}</tspan> {}</text>",
                left - 8.0,
                y + 18,
                escape(&fit(&label, 24)),
                left + long + 6.0,
                y + 18,
                escape(&about),
            ),
        );
    }
    let title = escape(&words.say("trace-compared-title"));
    Some(format!(
        "<svg class=\"bars fits\" xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"74\" viewBox=\"0 0 760 74\" role=\"img\" \
         aria-labelledby=\"compared-title\"><title id=\"compared-title\">{title}</title>{bars}</svg>"
    ))
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    let _infallible = out.write_fmt(what);
}

/// As much of a text as fits; characters of Chinese count twice.
fn fit(text: &str, most: usize) -> String {
    let wide = |character: char| if character.is_ascii() { 1 } else { 2 };
    if text.chars().map(wide).sum::<usize>() <= most {
        return text.to_owned();
    }
    let mut room = most.saturating_sub(1);
    let mut fitted: String = text
        .chars()
        .take_while(|character| {
            let fits = wide(*character) <= room;
            room = room.saturating_sub(wide(*character));
            fits
        })
        .collect();
    fitted.push('…');
    fitted
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The language's name of a severity.
pub(super) fn severity_word(severity: &str, words: Words) -> String {
    match severity {
        "minor" | "major" | "critical" => words.say(format!("trace-severity-{severity}")).into_owned(),
        other => other.to_owned(),
    }
}

/// A text of both languages and its empty case.
pub(super) fn said(text: Option<&crate::kernel::text::Both>, lang: Lang) -> &str {
    text.map_or("", |text| text.get(lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_boxes() {
        assert_eq!(fit("LOT-2026-014", 17), "LOT-2026-014");
        assert_eq!(fit("LOT-2026-014-DYE-0099", 17), "LOT-2026-014-DYE…");
        assert_eq!(fit("全棉精梳府绸面料一等品", 20), "全棉精梳府绸面料一…");
        assert_eq!(escape("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
        assert_eq!(trace_href("lot", "A/1#2"), "/trace/lot/A%2F1%232");
    }
}
