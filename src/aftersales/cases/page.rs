//! The room's screens.

use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::act::{ASSIGN, CONCLUDE, DECIDE, END_TASK, INSPECT, MERGE, MOVE, NOTE, NOTHING, ONE_LINE, RATE, REASON, RESOLVE, TASK};
use super::store::contact::Reached;
use super::view::{CaseLineView, CaseView};
use super::{Audience, CaseState, LineDecision, LineState, TaskState, decision_of, href};
use crate::aftersales::rights::market_name;
use crate::aftersales::service_levels::{self, ClockState};
use crate::kernel::Result;
use crate::kernel::text::Lang;
use crate::kernel::time::local_minute;
use crate::platform::http::{FormState, Layout, segment};
use crate::platform::rooms::timeline::Happened;
use crate::platform::rooms::{Deeded, Names, Offered, deed_form};

/// Whatever is scanned: its case, or a new one.
#[derive(Template)]
#[template(path = "aftersales/cases/scan.html")]
pub(super) struct ScanPage {
    pub layout: Layout,
    pub q: String,
    pub fault: Option<String>,
}

/// What the page of a case is made of.
pub(super) struct Shown {
    pub form: FormState,
    pub case: CaseView,
    pub history: Vec<Happened>,
    /// Whoever may be given it.
    pub people: Vec<Offered>,
    /// The name that whoever looks signs in with.
    pub me: String,
    /// The address of the buyer's page, for whoever just opened the case: it is said this once.
    pub status: Option<String>,
    pub may_work: bool,
    pub may_reveal: bool,
    pub contact: Option<Reached>,
    /// When the contact was erased.
    pub erased: Option<String>,
    /// What is promised, and by when.
    pub clocks: Vec<service_levels::ShownClock>,
    /// What the buyers of its first lines are entitled to, as HTML.
    pub rights: Vec<String>,
    /// What defects and parties that it names by code are called.
    pub names: Names,
    /// Photos it may still get.
    pub room: i64,
    pub zone: Tz,
}

/// What may be done with a line, as forms.
struct LineDeeds {
    /// What may be decided with one key: the key, the decision, whether it is what they would like.
    outcomes: Vec<(String, LineDecision, bool)>,
    forms: Vec<String>,
}

/// The page of a case.
#[derive(Template)]
#[template(path = "aftersales/cases/one.html")]
pub(super) struct OnePage {
    layout: Layout,
    pub(super) shown: Shown,
    lines: Vec<LineDeeds>,
    deeds: Vec<String>,
    /// The form for a note, and the one for a task.
    note: String,
    task: String,
    /// Of each open task the form that ends it.
    ends: Vec<String>,
}

/// The class of a clock's badge.
const fn clock_tone(state: ClockState) -> &'static str {
    match state {
        ClockState::Missed => "bad",
        ClockState::Running => "warn",
        _ => "",
    }
}

/// Decisions that are taken with one key, in the order of their keys.
const QUICK: [LineDecision; 6] = [
    LineDecision::Repair,
    LineDecision::Exchange,
    LineDecision::Refund,
    LineDecision::Credit,
    LineDecision::Advice,
    LineDecision::Goodwill,
];

/// Makes the page.
pub(super) fn one(layout: Layout, shown: Shown) -> Result<OnePage> {
    let is_open = shown.case.state.is_open() && shown.may_work;
    let is_live = !shown.case.state.is_final() && shown.may_work;
    let at = href(&shown.case.no);
    let form = |deed: &Deeded| deed_form(&layout, deed, (&at, shown.case.version), &shown.form);
    let mut lines = Vec::with_capacity(shown.case.lines.len());
    // The first line that waits has the keys.
    let keyed = shown.case.lines.iter().find(|line| line.state == LineState::Open).map(|line| line.line);
    for line in &shown.case.lines {
        lines.push(line_deeds(line, (is_open, is_live, keyed == Some(line.line)), &form)?);
    }
    let deeds = if shown.may_work { case_deeds(&shown).iter().map(form).collect::<Result<Vec<_>>>()? } else { Vec::new() };
    let begins = vec![("audience", Audience::Us.as_str().to_owned())];
    let note = if shown.may_work { form(&Deeded { begins, ..Deeded::new("note", "cases-act-note", &NOTE) })? } else { String::new() };
    let begins = vec![("queue", shown.case.queue.as_str().to_owned())];
    let task = if is_live { form(&Deeded { begins, ..Deeded::new("task", "cases-act-task", &TASK) })? } else { String::new() };
    let mut ends = Vec::with_capacity(shown.case.tasks.len());
    for task in &shown.case.tasks {
        let hidden = vec![("task", task.id.to_string())];
        let begins = vec![("to", TaskState::Done.as_str().to_owned())];
        let is_here = task.state == TaskState::Open && shown.may_work;
        ends.push(if is_here {
            form(&Deeded { hidden, begins, ..Deeded::new("end_task", "cases-act-end-task", &END_TASK) })?
        } else {
            String::new()
        });
    }
    Ok(OnePage { layout, lines, deeds, note, task, ends, shown })
}

fn line_deeds(
    line: &CaseLineView,
    (is_open, is_live, keyed): (bool, bool, bool),
    form: &impl Fn(&Deeded) -> Result<String>,
) -> Result<LineDeeds> {
    let of = |act, key, fields| Deeded { hidden: vec![("line", line.line.to_string())], ..Deeded::new(act, key, fields) };
    let (mut outcomes, mut forms) = (Vec::new(), Vec::new());
    if is_open && line.state.is_live() {
        let wished = decision_of(line.wanted);
        let key = |place: usize| if keyed { (place + 1).to_string() } else { String::new() };
        outcomes = QUICK.iter().enumerate().map(|(place, outcome)| (key(place), *outcome, *outcome == wished)).collect();
        let mut refuse = Deeded { is_grave: true, ..of("decide", "cases-act-refuse", &DECIDE) };
        refuse.hidden.push(("outcome", LineDecision::Refuse.as_str().to_owned()));
        forms.push(form(&refuse)?);
    }
    if is_live {
        forms.push(form(&of("inspect", "cases-act-inspect", &INSPECT))?);
    }
    if is_live && line.state == LineState::Decided {
        forms.push(form(&of("done", "cases-act-done", &ONE_LINE))?);
    }
    if is_live && line.cause.is_none() {
        forms.push(form(&of("conclude", "cases-act-conclude", &CONCLUDE))?);
    }
    if is_open && line.state.is_live() {
        forms.push(form(&Deeded { is_grave: true, ..of("take_back", "cases-act-take-back", &ONE_LINE) })?);
    }
    Ok(LineDeeds { outcomes, forms })
}

/// What may be done with the case itself, as it stands.
fn case_deeds(shown: &Shown) -> Vec<Deeded> {
    let case = &shown.case;
    let text = |value: &str| value.to_owned();
    let mut deeds = Vec::new();
    if case.allowed.contains(&CaseState::Resolved) {
        deeds.push(Deeded::new("resolve", "cases-act-resolve", &RESOLVE));
    }
    if case.allowed.contains(&CaseState::Closed) {
        deeds.push(Deeded::new("close", "cases-act-close", &NOTHING));
        deeds.push(Deeded::new("reopen", "cases-act-reopen", &REASON));
    }
    if case.state.is_open() {
        let offers = vec![("owner", shown.people.clone())];
        deeds.push(Deeded { offers, ..Deeded::new("assign", "cases-act-assign", &ASSIGN) });
        deeds.push(Deeded { begins: vec![("queue", text(case.queue.as_str()))], ..Deeded::new("move", "cases-act-move", &MOVE) });
        let begins = vec![
            ("kind", text(case.kind.as_str())),
            ("severity", text(case.severity.as_str())),
            ("priority", text(case.priority.as_str())),
        ];
        deeds.push(Deeded { begins, ..Deeded::new("rate", "cases-act-rate", &RATE) });
        deeds.push(Deeded::new("merge", "cases-act-merge", &MERGE));
    }
    if case.allowed.contains(&CaseState::Cancelled) {
        deeds.push(Deeded { is_grave: true, ..Deeded::new("cancel", "cases-act-cancel", &REASON) });
    }
    deeds
}

impl OnePage {
    /// What a defect that it names by code is called.
    fn defect<'a>(&'a self, code: &'a str) -> &'a str {
        self.shown.names.name("defects", code, self.lang())
    }

    /// What a party that it names by code is called.
    fn party<'a>(&'a self, code: &'a str) -> &'a str {
        self.shown.names.name("parties", code, self.lang())
    }

    /// The country whose law the buyer is under.
    fn market(&self) -> &str {
        market_name(&self.shown.case.market, self.lang())
    }

    fn rights_of(&self, place: &usize) -> Option<&String> {
        self.shown.rights.get(*place)
    }

    fn clock_tone(&self, state: &ClockState) -> &'static str {
        clock_tone(*state)
    }

    fn lang(&self) -> Lang {
        self.layout.lang
    }

    fn href(&self) -> String {
        href(&self.shown.case.no)
    }

    fn at(&self, at: &NaiveDateTime) -> String {
        local_minute(*at, self.shown.zone)
    }

    /// The states that a word leads to.
    fn steps(&self) -> Vec<CaseState> {
        if self.shown.may_work { self.shown.case.state.steps().collect() } else { Vec::new() }
    }

    /// Whether nobody has it, and whoever looks may take it.
    fn may_take(&self) -> bool {
        self.shown.may_work && self.shown.case.state.is_open() && self.shown.case.owner.as_ref() != Some(&self.shown.me)
    }

    /// Whether every open line may be decided at once.
    fn may_decide_all(&self) -> bool {
        let open = self.shown.case.lines.iter().filter(|line| line.state == LineState::Open).count();
        self.shown.may_work && self.shown.case.state.is_open() && (open > 1 || (open > 0 && self.left_out() > 0))
    }

    fn quick(&self) -> &'static [LineDecision] {
        &QUICK
    }

    /// Garments that are not shown.
    fn left_out(&self) -> usize {
        self.shown.case.garments.saturating_sub(self.shown.case.lines.len())
    }

    fn batch_href(&self, code: &str) -> String {
        format!("/batches/{}", segment(code))
    }

    fn deeds_of(&self, place: &usize) -> Option<&LineDeeds> {
        self.lines.get(*place)
    }

    fn end_of(&self, place: &usize) -> &str {
        self.ends.get(*place).map_or("", String::as_str)
    }

    fn purposes(&self, reached: &Reached) -> String {
        let words = reached.consents.iter().map(|consent| self.layout.t.say(consent.purpose.words_key()).into_owned());
        words.collect::<Vec<_>>().join(" ")
    }
}
