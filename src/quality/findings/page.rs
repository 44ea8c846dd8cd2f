//! The room's screens.

use std::collections::HashMap;

use askama::Template;
use chrono_tz::Tz;

use super::http::Ask;
use super::store::findings::Counts;
use super::view::SubjectView;
use super::zones::View;
use super::{Component, Defect, DefectDraft, Draft, FindingView, Severity, Stage, SubjectKind, Suspect, ZONES, Zone};
use crate::kernel::event::EventKind;
use crate::kernel::text::{Both, Lang};
use crate::kernel::time::{local_minute, read_date};
use crate::kernel::{Code, Fault, Faults, Refusal, Result};
use crate::platform::events::Fact;
use crate::platform::exports::Cell;
use crate::platform::http::assets::STAFF_MODULE;
use crate::platform::http::{Filled, Shell, query_escape, segment};
use crate::platform::words::Words;

/// Kinds of defect that are offered first.
const OFTEN: usize = 6;

#[derive(Template)]
#[template(path = "quality/findings/list.html")]
pub(super) struct ListPage {
    pub shell: Shell,
    pub findings: Vec<FindingView>,
    pub counts: Counts,
    pub defects: Vec<Defect>,
    pub ask: Ask,
    pub query: String,
    pub next: Option<String>,
    pub may_log: bool,
    pub is_bound: bool,
}

impl ListPage {
    fn said<'a>(&self, text: &'a Option<String>) -> &'a str {
        text.as_deref().unwrap_or_default()
    }

    fn is_narrowed(&self) -> bool {
        !self.query.is_empty()
    }

    fn severities(&self) -> Vec<(&'static str, &'static str, bool)> {
        let chosen = self.said(&self.ask.severity);
        Severity::ALL.iter().map(|one| (one.as_str(), one.word(self.shell.lang), one.as_str() == chosen)).collect()
    }

    fn stages(&self) -> Vec<(&'static str, &'static str, bool)> {
        let chosen = self.said(&self.ask.stage);
        Stage::ALL.iter().map(|one| (one.as_str(), one.word(self.shell.lang), one.as_str() == chosen)).collect()
    }

    fn states(&self) -> Vec<(&'static str, String, bool)> {
        let chosen = self.said(&self.ask.status);
        ["", "withdrawn", "all"]
            .into_iter()
            .map(|state| {
                let key = if state.is_empty() { "findings-state-live".to_owned() } else { format!("findings-state-{state}") };
                (state, self.shell.t.say(key).into_owned(), state == chosen)
            })
            .collect()
    }
}

/// Whatever is scanned or typed: what the finding is about.
#[derive(Template)]
#[template(path = "quality/findings/subject.html")]
pub(super) struct SubjectPage {
    pub shell: Shell,
    pub subject: String,
    pub fault: Option<String>,
    /// Address and name of each thing that was perhaps meant.
    pub choices: Vec<(String, String)>,
    /// What was just logged.
    pub done: Option<FindingView>,
}

/// What a name may mean that is not clear: the form for each of the things.
pub(super) fn choices(refusal: &Refusal, lang: Lang) -> Vec<(String, String)> {
    let said = |name: &str| refusal.args.iter().find(|(arg, _)| *arg == name).map_or("", |(_, value)| value.as_ref());
    let href = |text: &str, kind: SubjectKind| format!("/findings/new?subject={}&kind={}", query_escape(text), kind.as_str());
    let code = said("value");
    match (refusal.code, said("between")) {
        (Code::Ambiguous, "kinds") => {
            [SubjectKind::Lot, SubjectKind::Batch].map(|kind| (href(code, kind), format!("{} {code}", kind.word(lang)))).to_vec()
        }
        (Code::Ambiguous, _) => {
            let names = said("suppliers").split(", ").map(|supplier| format!("{code}@{supplier}"));
            names.map(|name| (href(&name, SubjectKind::Lot), name)).collect()
        }
        _ => Vec::new(),
    }
}

impl SubjectPage {
    fn module(&self) -> &'static str {
        STAFF_MODULE.href()
    }

    /// The form again, for the batch of what was just logged.
    fn same_batch(&self, finding: &FindingView) -> Option<String> {
        let batch = finding.subject.batch.as_deref()?;
        Some(format!("/findings/new?subject={}&kind=batch&stage={}", query_escape(batch), finding.stage.as_str()))
    }

    /// The form again, for the garment or lot that was just logged.
    fn same_thing(&self, finding: &FindingView) -> Option<String> {
        let (kind, code) = (finding.subject.kind, query_escape(finding.subject.code()));
        let gtin = finding.subject.gtin.as_ref().map(|gtin| format!("&gtin={gtin}")).unwrap_or_default();
        (kind != SubjectKind::Batch)
            .then(|| format!("/findings/new?subject={code}&kind={}{gtin}&stage={}", kind.as_str(), finding.stage.as_str()))
    }
}

/// Kinds of defect under one heading.
pub(super) struct Group {
    pub title: String,
    pub defects: Vec<Choice>,
}

/// A kind of defect to choose.
pub(super) struct Choice {
    pub code: String,
    pub name: String,
    /// What else somebody might type to find it: the other language.
    pub other: String,
    pub severity: Severity,
}

/// The catalogue as the form offers it: what is logged often first, then by the part of the garment. What is retired is left out.
pub(super) fn groups(catalogue: &[Defect], lately: &[String], lang: Lang) -> Vec<Group> {
    let choice = |defect: &Defect| Choice {
        code: defect.code.clone(),
        name: defect.name.get(lang).to_owned(),
        other: format!("{} {} {}", defect.code, defect.name.zh, defect.name.en).to_lowercase(),
        severity: defect.severity,
    };
    let offered: Vec<&Defect> = catalogue.iter().filter(|defect| !defect.retired).collect();
    let often: Vec<&Defect> =
        lately.iter().filter_map(|code| offered.iter().copied().find(|defect| defect.code == *code)).take(OFTEN).collect();
    let mut groups = Vec::new();
    if !often.is_empty() {
        let title = Words::of(lang).say("findings-often").into_owned();
        groups.push(Group { title, defects: often.iter().map(|defect| choice(defect)).collect() });
    }
    for component in Component::ALL {
        let of = |defect: &&&Defect| defect.component == *component && !often.iter().any(|one| one.code == defect.code);
        let defects: Vec<Choice> = offered.iter().filter(of).map(|defect| choice(defect)).collect();
        if !defects.is_empty() {
            groups.push(Group { title: component.word(lang).to_owned(), defects });
        }
    }
    groups
}

#[derive(Template)]
#[template(path = "quality/findings/form.html")]
pub(super) struct FormPage {
    pub shell: Shell,
    pub form: Filled,
    pub subject: SubjectView,
    /// What it is: style, colour, size; material.
    pub what: String,
    pub groups: Vec<Group>,
    /// Photos a finding may have.
    pub photos: i64,
    pub today: String,
}

impl FormPage {
    fn module(&self) -> &'static str {
        STAFF_MODULE.href()
    }

    fn kind(&self) -> &'static str {
        self.subject.kind.word(self.shell.lang)
    }

    /// Whether a garment is seen, which has places.
    fn has_places(&self) -> bool {
        self.subject.kind != SubjectKind::Lot
    }

    fn front(&self) -> Vec<&'static Zone> {
        seen(View::Front)
    }

    fn back(&self) -> Vec<&'static Zone> {
        seen(View::Back)
    }

    fn elsewhere(&self) -> Vec<&'static Zone> {
        seen(View::Elsewhere)
    }

    fn is(&self, field: &str, value: &str) -> bool {
        self.form.value(field) == value
    }

    fn holds_choice(&self, group: &Group) -> bool {
        group.defects.iter().any(|one| self.is("defect", &one.code))
    }

    fn severities(&self) -> &'static [Severity] {
        Severity::ALL
    }

    fn stages(&self) -> &'static [Stage] {
        Stage::ALL
    }
}

fn seen(view: View) -> Vec<&'static Zone> {
    ZONES.iter().filter(|zone| zone.view == view).collect()
}

/// What whoever looks may do.
pub(super) struct Rights {
    pub may_edit: bool,
    pub may_trace: bool,
}

/// A line of a finding's history.
pub(super) struct Line {
    pub when: String,
    pub what: String,
    pub who: String,
}

#[derive(Template)]
#[template(path = "quality/findings/one.html")]
pub(super) struct OnePage {
    pub shell: Shell,
    pub finding: FindingView,
    pub history: Vec<Line>,
    pub form: Filled,
    /// Photos it may still get.
    pub room: i64,
    pub rights: Rights,
    pub logged_at: String,
}

impl OnePage {
    pub(super) fn new(shell: Shell, finding: FindingView, facts: &[Fact], zone: Tz, form: Filled, most: i64, rights: Rights) -> Self {
        let lang = shell.lang;
        let history = facts
            .iter()
            .rev()
            .map(|fact| Line {
                when: local_minute(fact.at, zone),
                what: EventKind::of(&fact.kind).map_or_else(|| fact.kind.clone(), |kind| kind.both().get(lang).to_owned()),
                who: shell.t.actor(&fact.actor),
            })
            .collect();
        let room = most - i64::try_from(finding.photos.len()).unwrap_or(i64::MAX);
        let logged_at = local_minute(finding.logged_at, zone);
        Self { shell, finding, history, form, room, rights, logged_at }
    }

    fn module(&self) -> &'static str {
        STAFF_MODULE.href()
    }

    /// The page of the batch or lot it is about, for those of the house.
    fn page_of(&self) -> Option<(String, &str)> {
        let subject = &self.finding.subject;
        let lot = subject.lot.as_deref().map(|code| (format!("/lots/{}", segment(code)), code));
        lot.or_else(|| subject.batch.as_deref().map(|code| (format!("/batches/{}", segment(code)), code)))
    }

    fn others(&self) -> String {
        let subject = &self.finding.subject;
        match (&subject.batch, &subject.lot) {
            (Some(batch), _) => format!("/findings?batch={}", query_escape(batch)),
            (None, lot) => format!("/findings?lot={}", query_escape(lot.as_deref().unwrap_or_default())),
        }
    }
}

#[derive(Template)]
#[template(path = "quality/findings/defects.html")]
pub(super) struct DefectsPage {
    pub shell: Shell,
    pub defects: Vec<Defect>,
    pub may_edit: bool,
}

#[derive(Template)]
#[template(path = "quality/findings/defect.html")]
pub(super) struct DefectPage {
    pub shell: Shell,
    pub form: Filled,
    /// The code that is changed; None for a new one.
    pub code: Option<String>,
}

impl DefectPage {
    fn action(&self) -> String {
        format!("/defects/{}", self.code.as_deref().unwrap_or("new"))
    }

    fn components(&self) -> Vec<(String, &'static str)> {
        Component::ALL.iter().map(|one| (one.as_str().to_owned(), one.word(self.shell.lang))).collect()
    }

    fn severities(&self) -> Vec<(String, &'static str)> {
        Severity::ALL.iter().map(|one| (one.as_str().to_owned(), one.word(self.shell.lang))).collect()
    }

    fn suspects(&self) -> Vec<(String, &'static str)> {
        Suspect::ALL.iter().map(|one| (one.as_str().to_owned(), one.word(self.shell.lang))).collect()
    }
}

/// A kind of defect as its form shows it.
pub(super) fn defect_values(defect: &Defect) -> HashMap<String, String> {
    let mut values: HashMap<String, String> = [
        ("name.zh", defect.name.zh.clone()),
        ("name.en", defect.name.en.clone()),
        ("component", defect.component.as_str().to_owned()),
        ("severity", defect.severity.as_str().to_owned()),
        ("suspect", defect.suspect.as_str().to_owned()),
        ("version", defect.version.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    for (name, is) in [("repairable", defect.repairable), ("retired", defect.retired)] {
        if is {
            values.insert(name.to_owned(), "yes".to_owned());
        }
    }
    values
}

/// What that form says: the code, and the rest.
pub(super) fn defect_draft_of(code: Option<&str>, values: &HashMap<String, String>) -> (String, DefectDraft) {
    let text = |name: &str| values.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let draft = DefectDraft {
        name: Both { zh: text("name.zh"), en: text("name.en") },
        component: text("component"),
        severity: text("severity"),
        suspect: text("suspect"),
        repairable: values.contains_key("repairable"),
        retired: values.contains_key("retired"),
        version: code.and_then(|_| text("version").parse().ok()),
    };
    (code.map_or_else(|| text("code"), str::to_owned), draft)
}

/// What the form of a finding says.
///
/// # Errors
/// A fault for a number or a date that is none.
pub(super) fn draft_of(values: &HashMap<String, String>) -> Result<Draft> {
    let text = |name: &str| values.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let some = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let mut faults = Faults::default();
    let quantity = text("quantity");
    let quantity = faults.keep(match quantity.as_str() {
        "" => Ok(1),
        number => number.parse::<i64>().map_err(|_| Fault::new("quantity", Code::NotANumber).with("value", number)),
    });
    let found_on = faults.keep(some("found_on").map(|day| read_date("found_on", &day)).transpose());
    if text("defect").is_empty() {
        faults.note(Fault::new("defect", Code::Missing));
    }
    faults.unless_any(Draft {
        subject: text("subject"),
        kind: some("kind"),
        gtin: some("gtin"),
        defect: text("defect"),
        severity: some("severity"),
        zone: some("zone"),
        quantity,
        stage: text("stage"),
        note: text("note"),
        found_on,
    })
}

/// The titles of a download.
pub(super) fn titles(t: Words) -> Vec<String> {
    super::COLUMNS.columns.iter().map(|column| column.title(t.lang()).to_owned()).collect()
}

/// A row of a download.
pub(super) fn cells(finding: &FindingView, lang: Lang) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    vec![
        text(finding.subject.code()),
        // `code@supplier` says it where several use the code.
        text(""),
        text(finding.subject.gtin.as_deref().unwrap_or_default()),
        text(&finding.defect.code),
        text(finding.severity.word(lang)),
        text(finding.place(lang)),
        Cell::Whole(finding.quantity),
        text(finding.stage.word(lang)),
        text(&finding.found_on.to_string()),
        text(&finding.note),
        text(&finding.id.to_string()),
        text(finding.subject.kind.word(lang)),
        text(finding.subject.batch.as_deref().unwrap_or_default()),
        text(finding.defect.name.get(lang)),
        text(finding.status.word(lang)),
        Cell::Whole(i64::try_from(finding.photos.len()).unwrap_or_default()),
    ]
}
