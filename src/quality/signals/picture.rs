//! Ratios with their intervals as a picture: SVG made here, coloured by classes of the style sheet. It is as wide as there is room, and its letters
//! are as large on a telephone as on a desk. The table beside it says the same.

use std::fmt::Write;

use super::tables::called;
use super::{NodeSignal, SignalVerdict};
use crate::platform::words::Words;

/// Rows of the picture.
const ROWS: usize = 14;
/// Where names end and the axis begins, in percent of the width.
const LEFT: f64 = 34.0;
/// Where the axis ends, in percent of the width.
const RIGHT: f64 = 85.0;
/// Marks of the axis.
const MARKS: [f64; 7] = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0];

/// Places of ratios: a logarithmic axis, so that twice and half are equally far from 1.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn of(rows: &[&NodeSignal]) -> Self {
        let ratios = || rows.iter().filter_map(|row| row.ratio);
        let low = ratios().map(|one| one.lower).fold(0.5, f64::min).max(0.05);
        let high = ratios().map(|one| one.upper.unwrap_or(one.ratio)).fold(2.0, f64::max).min(200.0);
        Self { low, high }
    }

    fn at(&self, ratio: f64) -> f64 {
        let share = (ratio.clamp(self.low, self.high) / self.low).ln() / (self.high / self.low).ln();
        LEFT + share * (RIGHT - LEFT)
    }
}

fn class(verdict: SignalVerdict) -> &'static str {
    match verdict {
        SignalVerdict::Explains => "bad",
        SignalVerdict::Inseparable | SignalVerdict::Interaction | SignalVerdict::Both | SignalVerdict::Watch => "warn",
        SignalVerdict::Cleared | SignalVerdict::TooLittle | SignalVerdict::Quiet => "calm",
    }
}

/// Ratio and interval of the most suspicious, each leading to its claims. None where there is nothing to show.
pub(super) fn forest(nodes: &[NodeSignal], words: Words, href: impl Fn(&NodeSignal) -> String) -> Option<String> {
    let rows: Vec<&NodeSignal> = nodes.iter().filter(|node| node.ratio.is_some()).take(ROWS).collect();
    let axis = Axis::of(&rows);
    let first = rows.first()?;
    let mut drawn = String::new();
    let bottom = 14 + 28 * rows.len();
    for mark in MARKS.into_iter().filter(|mark| (axis.low..=axis.high).contains(mark)) {
        let x = axis.at(mark);
        let one = if (mark - 1.0).abs() < 1e-9 { " one" } else { "" };
        put(&mut drawn, format_args!("<line class=\"mark{one}\" x1=\"{x:.2}%\" y1=\"8\" x2=\"{x:.2}%\" y2=\"{bottom}\"/>"));
        put(&mut drawn, format_args!("<text class=\"head\" x=\"{x:.2}%\" y=\"{}\">{mark}</text>", bottom + 16));
    }
    let mut y = 24;
    for (node, ratio) in rows.iter().filter_map(|row| Some((row, row.ratio?))) {
        let lang = words.lang();
        let said = words.say_with(
            "signals-forest-row",
            &[
                ("name", called(&node.node, lang)),
                ("ratio", two(ratio.ratio)),
                ("lower", two(ratio.lower)),
                ("upper", ratio.upper.map_or_else(|| "∞".to_owned(), two)),
                ("verdict", node.verdict.word(lang).to_owned()),
            ],
        );
        let label = if node.node.code.is_empty() { node.node.name.get(lang) } else { &node.node.code };
        let (from, to, at) = (axis.at(ratio.lower), axis.at(ratio.upper.unwrap_or(axis.high)), axis.at(ratio.ratio));
        let row = format!(
            "<g class=\"{}\"><title>{}</title><rect class=\"hit\" x=\"0\" y=\"{}\" width=\"100%\" height=\"28\"/>\
             <text class=\"label\" x=\"{LEFT}%\" dx=\"-10\" y=\"{}\">{}</text>\
             <line class=\"span\" x1=\"{from:.2}%\" y1=\"{y}\" x2=\"{to:.2}%\" y2=\"{y}\"/>\
             <rect x=\"{at:.2}%\" y=\"{y}\" width=\"9\" height=\"9\" transform=\"translate(-4.5 -4.5)\"/>\
             <text x=\"{RIGHT}%\" dx=\"10\" y=\"{}\">{}</text></g>",
            class(node.verdict),
            escape(&said),
            y - 14,
            y + 4,
            escape(&fit(label)),
            y + 4,
            escape(&words.say1("signals-times", "ratio", two(ratio.ratio))),
        );
        put(&mut drawn, format_args!("<a href=\"{}\">{row}</a>", escape(&href(node))));
        y += 28;
    }
    let title = escape(&words.say("signals-forest-title"));
    let about = words.say_with(
        "signals-forest-about",
        &[("count", rows.len().to_string()), ("first", called(&first.node, words.lang())), ("ratio", two(first.ratio?.ratio))],
    );
    let height = bottom + 26;
    Some(format!(
        "<svg class=\"bars forest\" xmlns=\"http://www.w3.org/2000/svg\" width=\"100%\" height=\"{height}\" \
         role=\"group\" aria-labelledby=\"forest-title forest-about\"><title id=\"forest-title\">{title}</title>\
         <desc id=\"forest-about\">{}</desc>{drawn}</svg>",
        escape(&about)
    ))
}

/// A ratio as people read it.
pub(super) fn two(ratio: f64) -> String {
    if ratio >= 10.0 { format!("{ratio:.0}") } else { format!("{ratio:.1}") }
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    let _infallible = out.write_fmt(what);
}

/// As much of a name as there is room for; characters of Chinese count twice.
fn fit(text: &str) -> String {
    const ROOM: usize = 16;
    let mut room = ROOM;
    let fitted: String = text
        .chars()
        .take_while(|one| {
            let wide = if one.is_ascii() { 1 } else { 2 };
            let fits = wide <= room;
            room = room.saturating_sub(wide);
            fits
        })
        .collect();
    if fitted.len() == text.len() { fitted } else { format!("{fitted}…") }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
