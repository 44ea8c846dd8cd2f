//! The screen of signals.

use askama::Template;

use super::picture::{forest, two};
use super::tables::{amounts, called, kind};
use super::{
    ClaimCost, ClaimKind, DefectSignal, ExposedClaims, NodeName, NodeSignal, RatioInterval, SignalClaim, SignalClaims, SignalReport,
    SignalVerdict, SimpleRank,
};
use crate::kernel::text::grouped;
use crate::platform::http::{Layout, query_escape, segment};

/// The claims behind a row.
#[derive(Template)]
#[template(path = "quality/signals/claims.html")]
pub(super) struct ClaimsPage {
    layout: Layout,
    found: SignalClaims,
}

impl ClaimsPage {
    pub(super) fn new(mut layout: Layout, found: SignalClaims) -> Self {
        let name = called(&found.node, layout.lang);
        layout.title =
            layout.t.say_with("signals-claims-of", &[("defect", found.name.get(layout.lang).to_owned()), ("name", name)]).into_owned();
        Self { layout, found }
    }

    fn kind(&self) -> &'static str {
        self.found.kind.word(self.layout.lang)
    }

    fn back(&self) -> String {
        format!("/signals?kind={}&defect={}", self.found.kind.as_str(), query_escape(&self.found.defect))
    }

    fn trace(&self, serial: &str) -> String {
        format!("/trace/garment/{}", segment(serial))
    }

    fn cost(&self, costs: &[ClaimCost]) -> String {
        amounts(costs, |cost| cost.cost_minor)
    }

    fn photos<'a>(&self, one: &'a SignalClaim) -> impl Iterator<Item = &'a String> {
        one.lines.iter().flat_map(|line| &line.photos).chain(one.findings.iter().flat_map(|finding| &finding.photos))
    }
}

/// Where the claims of a row are.
fn claims_href(kind: ClaimKind, defect: &str, one: &NodeSignal) -> String {
    format!("/signals/claims?kind={}&defect={}&of={}", kind.as_str(), query_escape(defect), query_escape(&one.of))
}

/// What rose, how sure that is, and what is behind it.
#[derive(Template)]
#[template(path = "quality/signals/signals.html")]
pub(super) struct SignalsPage {
    layout: Layout,
    report: SignalReport,
    forest: Option<String>,
}

impl SignalsPage {
    pub(super) fn new(layout: Layout, report: SignalReport) -> Self {
        let forest = report
            .detail
            .as_ref()
            .and_then(|detail| forest(&detail.nodes, layout.t, |one| claims_href(report.kind, &detail.signal.defect, one)));
        Self { layout, report, forest }
    }

    fn kinds(&self) -> &'static [ClaimKind] {
        ClaimKind::ALL
    }

    fn href(&self, kind: &ClaimKind, defect: &str) -> String {
        let defect = if defect.is_empty() { String::new() } else { format!("&defect={}", query_escape(defect)) };
        format!("/signals?kind={}{defect}", kind.as_str())
    }

    fn asked(&self) -> &str {
        self.report.detail.as_ref().map_or("", |detail| detail.signal.defect.as_str())
    }

    fn file(&self, format: &str) -> String {
        let (kind, lang) = (self.report.kind.as_str(), self.layout.lang.tag());
        format!("/api/v1/signals?kind={kind}&defect={}&format={format}&lang={lang}", query_escape(self.asked()))
    }

    fn tone(&self, verdict: &SignalVerdict) -> &'static str {
        match verdict {
            SignalVerdict::Explains => "bad",
            SignalVerdict::Inseparable | SignalVerdict::Interaction | SignalVerdict::Both | SignalVerdict::Watch => "warn",
            SignalVerdict::Cleared => "good",
            SignalVerdict::TooLittle | SignalVerdict::Quiet => "",
        }
    }

    fn word(&self, verdict: &SignalVerdict) -> &'static str {
        verdict.word(self.layout.lang)
    }

    fn name(&self, node: &NodeName) -> String {
        called(node, self.layout.lang)
    }

    fn kind(&self, node: &NodeName) -> &'static str {
        kind(node, self.layout.lang)
    }

    fn is_line(&self) -> bool {
        self.report.kind == ClaimKind::Line
    }

    /// What is counted as exposed.
    fn exposed_title(&self) -> String {
        self.layout.t.say(if self.is_line() { "signals-exposed-line" } else { "signals-exposed" }).into_owned()
    }

    fn rate(&self, counted: &ExposedClaims) -> String {
        counted.per_thousand.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.2}"))
    }

    fn decimal(&self, value: &f64) -> String {
        format!("{value:.1}")
    }

    fn interval(&self, ratio: &RatioInterval) -> String {
        let upper = ratio.upper.map_or_else(|| "∞".to_owned(), two);
        format!("{} ({}–{upper})", two(ratio.ratio), two(ratio.lower))
    }

    fn percent(&self, share: &f64) -> String {
        format!("{:.0} %", share * 100.0)
    }

    fn chance(&self, p: &f64) -> String {
        if *p < 0.001 { "< 0.1 %".to_owned() } else { format!("{:.1} %", p * 100.0) }
    }

    /// The claims of a row.
    fn claims(&self, one: &NodeSignal) -> String {
        claims_href(self.report.kind, self.asked(), one)
    }

    /// Whether there is anything to say of money: nothing was found at the line in the hands of a buyer, and not everybody may read it.
    fn has_costs(&self) -> bool {
        !self.report.costs.is_empty()
    }

    fn cost(&self, costs: &[ClaimCost]) -> String {
        amounts(costs, |cost| cost.cost_minor)
    }

    /// What of it is above what was expected, and surely so.
    fn excess(&self, costs: &[ClaimCost]) -> String {
        let (excess, lower) = (amounts(costs, |cost| cost.excess_minor), amounts(costs, |cost| cost.excess_lower_minor));
        let lower = if lower.is_empty() { "0".to_owned() } else { lower };
        if excess.is_empty() {
            excess
        } else {
            self.layout.t.say_with("signals-excess-says", &[("excess", excess), ("lower", lower)]).into_owned()
        }
    }

    fn count(&self, count: &u64) -> String {
        grouped(count)
    }

    /// A defect in a sentence: who is behind it, or that nobody stands out.
    fn sentence(&self, signal: &DefectSignal) -> String {
        let t = self.layout.t;
        let names: Vec<String> = signal.named.iter().map(|node| self.name(node)).collect();
        let names = names.join(if self.layout.lang == crate::kernel::text::Lang::Zh { "、" } else { ", " });
        match signal.verdict {
            SignalVerdict::Explains => t.say1("signals-says-explains", "names", names),
            SignalVerdict::Inseparable => t.say1("signals-says-inseparable", "names", names),
            SignalVerdict::TooLittle => t.say("signals-says-too-little"),
            _ => t.say("signals-says-quiet"),
        }
        .into_owned()
    }

    /// What is said of one, in a sentence.
    fn says(&self, one: &NodeSignal) -> String {
        let t = self.layout.t;
        let beside = one.beside.as_ref().map(|node| self.name(node)).unwrap_or_default();
        let named = |key: &str| t.say_with(key, &[("name", self.name(&one.node)), ("beside", beside.clone())]).into_owned();
        match one.verdict {
            SignalVerdict::Explains => t
                .say_with(
                    "signals-node-explains",
                    &[
                        ("name", self.name(&one.node)),
                        ("claims", one.with.claims.to_string()),
                        ("exposed", grouped(one.with.exposed)),
                        ("expected", format!("{:.1}", one.expected)),
                    ],
                )
                .into_owned(),
            SignalVerdict::Inseparable => t
                .say_with(
                    "signals-node-inseparable",
                    &[
                        ("name", self.name(&one.node)),
                        ("beside", beside),
                        ("garments", one.allocate.map_or_else(String::new, |garments| grouped(format!("{garments:.0}")))),
                    ],
                )
                .into_owned(),
            SignalVerdict::Interaction => named("signals-node-interaction"),
            SignalVerdict::Both => named("signals-node-both"),
            SignalVerdict::Cleared => t
                .say_with("signals-node-cleared", &[("beside", beside), ("ratio", one.adjusted.map_or_else(|| "1".to_owned(), two))])
                .into_owned(),
            SignalVerdict::TooLittle => t
                .say1("signals-node-too-little", "share", one.known_share.map_or_else(|| "0 %".to_owned(), |share| self.percent(&share)))
                .into_owned(),
            SignalVerdict::Watch => t.say("signals-node-watch").into_owned(),
            SignalVerdict::Quiet => String::new(),
        }
    }

    fn value(&self, simple: &SimpleRank) -> String {
        format!("{:.1}", simple.value)
    }
}
