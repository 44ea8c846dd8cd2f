//! The page of a verdict beside its fields, and the page on which a party replies line by line.

use std::collections::HashMap;

use askama::Template;

use super::rules::{Basis, Change, LeftOut, Money as RoleMoney, Moved, Role, Shares, StatementCount, Without};
use super::starter::{ClaimFact, called};
use super::store::files::VerdictFile;
use super::view::{NoticeView, SecondView, VerdictView, WhyView};
use super::{FileKind, VerdictState, WantedProof};
use crate::kernel::money::Money;
use crate::kernel::text::Lang;
use crate::kernel::{Id, saturating};
use crate::platform::http::Layout;
use crate::platform::rooms::Names;

/// What the page of a verdict shows beside its fields.
#[derive(Template)]
#[template(path = "quality/liability/verdict.html")]
pub struct VerdictSection {
    /// The frame, for words and rights.
    pub layout: Layout,
    /// The verdict.
    pub verdict: VerdictView,
    /// What the garment has cost so far, and how it is parted by role.
    pub costs: Vec<(Role, Money)>,
    /// How often the lots that are charged fail, of those that the asker may know.
    pub counts: Vec<StatementCount>,
    /// Why it is as it is.
    pub why: WhyView,
    /// What the defects and parties in it are called.
    pub names: Names,
    /// Photos of the garment: their ids.
    pub photos: Vec<Id>,
    /// What was handed in.
    pub files: Vec<VerdictFile>,
    /// What is usually handed in with a contest, and was not.
    pub missing: Vec<WantedProof>,
    /// Whether the asker may hand something in.
    pub may_hand_in: bool,
    /// The currency of all amounts.
    pub currency: String,
    /// What is wrong with what was handed in, in words.
    pub fault: Option<String>,
}

/// Micro-shares as people write them.
fn percent(micro: u32) -> String {
    format!("{}.{:02} %", micro / 10_000, micro % 10_000 / 100)
}

impl VerdictSection {
    fn lang(&self) -> Lang {
        self.layout.lang
    }

    /// What it is called that was left out.
    fn input(&self, left_out: &LeftOut) -> String {
        match left_out {
            LeftOut::Fact(fact) => ClaimFact::of(fact).map_or_else(|| fact.clone(), |fact| fact.word(self.lang()).to_owned()),
            LeftOut::Evidence(evidence) => self.evidence(&evidence.rule, &evidence.source),
        }
    }

    /// A piece of evidence, and where it stands.
    fn evidence(&self, rule: &str, source: &str) -> String {
        format!("{} · {source}", called(rule, self.lang()))
    }

    fn shares(&self, shares: &Shares) -> String {
        let share = |(role, micro): (&Role, &u32)| format!("{} {}", role.word(self.lang()), percent(*micro));
        shares.iter().map(share).collect::<Vec<_>>().join(self.lang().of("，", ", "))
    }

    /// The clause of a hard rule that would decide then, or nothing.
    fn basis(&self, one: &Without) -> String {
        match &one.basis {
            Basis::Gate(clause) | Basis::Held(clause) => format!(" ({})", called(clause, self.lang())),
            Basis::Evidence | Basis::Unresolved | Basis::NoPrior => String::new(),
        }
    }

    /// What changed, as the key of its words and what it is about.
    fn change(&self, moved: &Moved) -> (&'static str, String) {
        match &moved.change {
            Change::ClaimRemoved(code) => ("verdicts-change-claim-removed", code.clone()),
            Change::ClaimAdded(code) => ("verdicts-change-claim-added", code.clone()),
            Change::Amount(_) => ("verdicts-change-amount", String::new()),
            Change::Defect(_) => ("verdicts-change-defect", String::new()),
            Change::Facts(_) => ("verdicts-change-facts", String::new()),
            Change::EvidenceRemoved(_, evidence) => ("verdicts-change-evidence-removed", self.evidence(&evidence.rule, &evidence.source)),
            Change::EvidenceAdded(_, evidence) => ("verdicts-change-evidence-added", self.evidence(&evidence.rule, &evidence.source)),
            Change::Excess => ("verdicts-change-excess", String::new()),
            Change::Sample => ("verdicts-change-sample", String::new()),
            Change::Rules(from, to) => ("verdicts-change-rules", format!("{from} → {to}")),
            Change::Title => ("verdicts-change-title", String::new()),
        }
    }

    fn money(&self, money: &RoleMoney) -> String {
        let one = |(role, minor): (&Role, &i64)| {
            let amount = Money { minor: *minor, currency: self.currency.clone() }.amount();
            format!("{} {}{amount}", role.word(self.lang()), if *minor > 0 { "+" } else { "" })
        };
        money.iter().map(one).collect::<Vec<_>>().join(self.lang().of("，", ", "))
    }

    /// How often a lot fails, in a sentence.
    fn count(&self, count: &StatementCount) -> String {
        let two = |micro: u64| format!("{}.{:02}", micro / 1_000_000, micro % 1_000_000 / 10_000);
        let args = [
            ("lot", count.lot.clone().unwrap_or_default()),
            ("claims", count.claims.to_string()),
            ("expected", two(count.expected_micro)),
            ("ratio", two(count.ratio_micro)),
            ("lower", two(count.lower_micro)),
            ("upper", two(count.upper_micro)),
            ("known", count.completeness_micro.map_or_else(|| "–".to_owned(), percent)),
        ];
        self.layout.t.say_with("verdicts-count", &args).into_owned()
    }

    /// Where nine of ten other lots of its kind lie, in a sentence; empty where they do not differ.
    fn peers(&self, count: &StatementCount) -> String {
        let two = |micro: u64| format!("{}.{:02}", micro / 1_000_000, micro % 1_000_000 / 10_000);
        let sentence = |(low, high)| self.layout.t.say_with("verdicts-peers", &[("low", two(low)), ("high", two(high))]).into_owned();
        count.peers().map(sentence).unwrap_or_default()
    }

    fn second(&self, one: &SecondView) -> String {
        let nothing = self.layout.t.say("verdicts-nothing-found");
        let found = one.found.as_deref().map_or(nothing.as_ref(), |code| self.names.name("defects", code, self.lang()));
        format!("{} · {found}", one.on)
    }

    /// What a party is called.
    fn party<'a>(&'a self, code: &'a str) -> &'a str {
        self.names.name("parties", code, self.lang())
    }

    fn is_photo(&self, file: &VerdictFile) -> bool {
        file.kind == FileKind::Photo
    }

    fn href(&self) -> String {
        format!("/verdicts/{}", self.verdict.code)
    }
}

/// A line that waits for a reply.
pub struct OpenLine {
    /// The verdict.
    pub verdict: VerdictView,
    /// What the share of each party that the asker may know is of its costs, as people write it.
    pub amounts: HashMap<String, String>,
}

impl OpenLine {
    /// What is asked of a party that was told.
    fn amount(&self, party: &str) -> &str {
        self.amounts.get(party).map_or("", String::as_str)
    }
}

/// The page on which a party replies, line by line.
#[derive(Template)]
#[template(path = "quality/liability/replies.html")]
pub struct RepliesPage {
    /// The frame.
    pub layout: Layout,
    /// What waits, the first to end first.
    pub lines: Vec<OpenLine>,
    /// What the defects and parties in them are called.
    pub names: Names,
    /// Whether the asker replies for a party.
    pub is_bound: bool,
}

impl RepliesPage {
    /// What the thing of a room is called that has this code.
    fn name<'a>(&'a self, room: &'static str, code: &'a str) -> &'a str {
        self.names.name(room, code, self.layout.lang)
    }

    fn count(&self) -> i64 {
        saturating(self.lines.len())
    }

    fn reply(&self, notice: &NoticeView) -> &'static str {
        notice.reply.word(self.layout.lang)
    }

    fn is_open(&self, line: &OpenLine) -> bool {
        self.is_bound && line.verdict.state == VerdictState::Notified
    }
}
