//! The room's screens.

use askama::Template;

use super::view::SubjectView;
use super::{FindingView, Stage, SubjectKind};
use crate::inspection::defects::{BACK, Component, Defect, ELSEWHERE, FRONT, Severity};
use crate::kernel::choices::Choice as Zone;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault};
use crate::platform::http::{FormState, Layout, query_escape, segment};
use crate::platform::rooms::timeline::Happened;
use crate::platform::words::Words;

/// Kinds of defect that are offered first.
const OFTEN: usize = 6;

/// Whatever is scanned or typed: what the finding is about.
#[derive(Template)]
#[template(path = "inspection/findings/subject.html")]
pub(super) struct SubjectPage {
    pub layout: Layout,
    pub subject: String,
    pub fault: Option<String>,
    /// Address and name of each thing that was perhaps meant.
    pub choices: Vec<(String, String)>,
    /// What was just logged.
    pub done: Option<FindingView>,
}

/// What a name may mean that is not clear: the form for each of the things.
pub(super) fn choices(fault: &Fault, lang: Lang) -> Vec<(String, String)> {
    let said = |name: &str| fault.args.iter().find(|(arg, _)| *arg == name).map_or("", |(_, value)| value.as_ref());
    let href = |text: &str, kind: SubjectKind| format!("/findings/new?subject={}&kind={}", query_escape(text), kind.as_str());
    let code = said("value");
    match (fault.code, said("between")) {
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
    /// The form again, for the batch of what was just logged.
    fn same_batch(&self, finding: &FindingView) -> Option<String> {
        let batch = finding.subject.batch.as_deref()?;
        Some(format!("/findings/new?subject={}&kind=batch&stage={}", query_escape(batch), finding.stage.as_str()))
    }

    /// The form again, for the garment or lot that was just logged.
    fn same_thing(&self, finding: &FindingView) -> Option<String> {
        let (kind, code) = (finding.subject.kind, query_escape(&finding.subject.code));
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
        name: defect.name(lang).to_owned(),
        other: format!("{} {} {}", defect.code, defect.name_zh, defect.name_en).to_lowercase(),
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
#[template(path = "inspection/findings/form.html")]
pub(super) struct FormPage {
    pub layout: Layout,
    pub form: FormState,
    pub subject: SubjectView,
    /// What it is: style, colour, size; material.
    pub what: String,
    pub groups: Vec<Group>,
    /// Photos a finding may have.
    pub photos: i64,
    pub today: String,
}

impl FormPage {
    fn kind(&self) -> &'static str {
        self.subject.kind.word(self.layout.lang)
    }

    /// Whether a garment is seen, which has places.
    fn has_places(&self) -> bool {
        self.subject.kind != SubjectKind::Lot
    }

    fn front(&self) -> &'static [Zone] {
        FRONT
    }

    fn back(&self) -> &'static [Zone] {
        BACK
    }

    fn elsewhere(&self) -> &'static [Zone] {
        ELSEWHERE
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

/// What whoever looks may do.
pub(super) struct Rights {
    pub may_edit: bool,
    pub may_trace: bool,
}

#[derive(Template)]
#[template(path = "inspection/findings/one.html")]
pub(super) struct OnePage {
    pub layout: Layout,
    pub finding: FindingView,
    pub history: Vec<Happened>,
    pub form: FormState,
    /// Photos it may still get.
    pub room: i64,
    pub rights: Rights,
    pub logged_at: String,
}

impl OnePage {
    /// The page of the batch or lot it is about, for the brand's own people.
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
