//! Rights in words, in both languages; and as programs read them.

use askama::Template;
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::rules::{Lapse, Right, RightState, SaleStanding, Sold, Unknown, Why};
use super::{FreightPayer, Need, Remedy, RightKind, RightsAnswer, market_name};
use crate::kernel::components;
use crate::kernel::text::{Both, Lang};
use crate::kernel::{Error, Result};
use crate::platform::words::Words;

/// A right in sentences for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightLine {
    /// What kind it is.
    pub kind: RightKind,
    /// The rule's code.
    pub rule: String,
    /// The rule's version.
    pub version: i64,
    /// Whether it holds on the day, for certain.
    pub holds: bool,
    /// What it is called.
    pub title: String,
    /// Until when, or from when; and what is not known of that.
    pub until: String,
    /// What may be asked for, and who pays the way.
    pub gives: String,
    /// What it takes; empty for nothing.
    pub needs: String,
    /// What must be told before it is chosen; empty for nothing.
    pub notice: String,
}

impl RightLine {
    /// The sentences after its title.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        [&self.until, &self.gives, &self.needs, &self.notice].into_iter().map(String::as_str).filter(|text| !text.is_empty())
    }
}

/// Rights in words, in their order: for a page or a message.
pub fn lines(rights: &[Right], words: Words) -> Vec<RightLine> {
    rights.iter().map(|right| line(right, words)).collect()
}

/// What stands between two sentences.
const fn between(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "",
        Lang::En => " ",
    }
}

fn joined(words: Words, parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(words.lang().of("、", ", "))
}

fn line(right: &Right, words: Words) -> RightLine {
    let lang = words.lang();
    let remedies = joined(words, right.remedies.iter().map(|remedy: &Remedy| remedy.word(lang).to_owned()));
    let needs = joined(words, right.needs.iter().map(|need: &Need| need.word(lang).to_owned()));
    let gives = match right.freight {
        FreightPayer::Company => "rights-gives-free",
        FreightPayer::Buyer => "rights-gives",
    };
    RightLine {
        kind: right.kind,
        rule: right.rule.clone(),
        version: right.version,
        holds: right.state == RightState::Now,
        title: title(right, words),
        until: until(right, words),
        gives: words.say1(gives, "remedies", remedies).into_owned(),
        needs: if needs.is_empty() { needs } else { words.say1("rights-needs", "needs", needs).into_owned() },
        notice: right.notice.as_ref().map(|notice| notice.text.get(lang).to_owned()).unwrap_or_default(),
    }
}

/// What it is called, with the component that it is for.
fn title(right: &Right, words: Words) -> String {
    let name = right.name.get(words.lang());
    match right.component.as_deref() {
        None => name.to_owned(),
        Some("") => words.say1("rights-of-repair", "name", name).into_owned(),
        Some(component) => {
            let component = components::name_of(component, words.lang()).to_owned();
            words.say_with("rights-of-component", &[("name", name.to_owned()), ("component", component)]).into_owned()
        }
    }
}

/// How long it lasts, as `seven days`.
fn term(right: &Right, words: Words) -> String {
    let part = |key: &str, count: Option<i64>| count.filter(|count| *count > 0).map(|count| words.say1(key, "count", count).into_owned());
    let parts = [part("policies-months", right.months), part("policies-days", right.days)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(words.lang().of("零", " and "))
}

fn until(right: &Right, words: Words) -> String {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let (from, to, least) = (day(right.from), day(right.to), day(right.at_least));
    let of_delivery = right.unknown.contains(&Unknown::Delivery);
    let mut said = vec![match right.state {
        _ if right.unknown.contains(&Unknown::WarrantyStart) => words.say("rights-warranty-waiting"),
        RightState::Later if right.to.is_none() => words.say1("rights-from", "from", from),
        RightState::Later => words.say_with("rights-from-until", &[("from", from), ("until", to)]),
        _ if of_delivery && right.at_least.is_some() => {
            let key = if right.from.is_some() { "rights-until-after-delivery" } else { "rights-after-delivery" };
            words.say_with(key, &[("term", term(right, words)), ("least", least)])
        }
        _ if of_delivery => words.say("rights-delivery-unknown"),
        _ if right.to.is_none() => words.say("rights-without-end"),
        _ => words.say1("rights-until", "until", to),
    }];
    if right.is_extended {
        said.push(words.say("rights-extended"));
    }
    if right.days_added > 0 {
        said.push(words.say1("rights-days-added", "count", right.days_added));
    }
    if right.unknown.contains(&Unknown::Channel) {
        said.push(words.say("rights-channel-unknown"));
    }
    if !right.years_without_data.is_empty() {
        let years = joined(words, right.years_without_data.iter().map(ToString::to_string));
        said.push(words.say1("rights-unofficial", "years", years));
    }
    said.join(between(words.lang()))
}

/// Why a right is not there.
fn because(lapse: &Lapse, words: Words) -> String {
    match &lapse.why {
        Why::Over { on } => words.say1("rights-why-over", "on", on),
        Why::Category => words.say("rights-why-category"),
        Why::Confirmed { on } => words.say1("rights-why-confirmed", "on", on),
        Why::Channel => words.say("rights-why-channel"),
        Why::EndedEarly { reason } if reason.is_empty() => words.say("warranties-ended-early"),
        Why::EndedEarly { reason } => return format!("{}{}{reason}", words.say("warranties-ended-early"), between(words.lang())),
        Why::Void { reason } => return format!("{}{}{reason}", words.say("warranties-void"), between(words.lang())).trim_end().to_owned(),
    }
    .into_owned()
}

impl RightsAnswer {
    /// What was asked of, in sentences: the sale as far as it is recorded, and what of it is not.
    pub fn about(&self, words: Words) -> Vec<String> {
        let facts = &self.facts;
        let mut said = Vec::new();
        match (facts.standing, &facts.sale) {
            (SaleStanding::Sold, Some(sale)) => {
                let recorded =
                    |day: Option<NaiveDate>| day.map_or_else(|| words.say("rights-not-recorded").into_owned(), |day| day.to_string());
                said.push(words.say_with("rights-sold", &[("sold", sale.sold_on.to_string()), ("delivered", recorded(sale.delivered_on))]));
            }
            (SaleStanding::SoldLater, _) => said.push(words.say1("rights-sold-later", "on", facts.on)),
            (SaleStanding::Returned, _) => said.push(words.say("rights-returned")),
            _ => said.push(words.say("rights-unsold")),
        }
        match &facts.market {
            Some(market) => said.push(words.say1("rights-market", "market", market_name(market, words.lang()))),
            None => said.push(words.say("rights-market-unknown")),
        }
        said.into_iter().map(std::borrow::Cow::into_owned).collect()
    }

    /// The rights in words.
    pub fn lines(&self, words: Words) -> Vec<RightLine> {
        lines(&self.rights, words)
    }

    /// The rights that are not there, with why: the name and a sentence.
    pub fn not_there(&self, words: Words) -> Vec<(String, String)> {
        self.lapses.iter().map(|lapse| (lapse.name.get(words.lang()).to_owned(), because(lapse, words))).collect()
    }
}

#[derive(Template)]
#[template(path = "aftersales/rights/part.html")]
struct Part<'a> {
    t: Words,
    about: Vec<String>,
    lines: Vec<RightLine>,
    not_there: Vec<(String, String)>,
    none: &'a str,
    /// Of its headings: what stands above them on its page is one less.
    level: u8,
}

/// A part of a page that shows an answer: for the desk, with what is not there; for the buyer, only what is.
///
/// # Errors
/// [`Error::Broken`] when the template fails.
pub fn part(answer: &RightsAnswer, words: Words, for_staff: bool) -> Result<String> {
    let (about, not_there) = if for_staff { (answer.about(words), answer.not_there(words)) } else { Default::default() };
    let part = Part {
        t: words,
        about,
        lines: answer.lines(words),
        not_there,
        none: &words.say("rights-nothing"),
        level: if for_staff { 4 } else { 2 },
    };
    part.render().map_err(Error::broken)
}

/// A right with its words.
#[derive(Debug, Serialize, ToSchema)]
pub struct RightView {
    /// The right.
    #[serde(flatten)]
    right: Right,
    /// The same in sentences.
    words: Both,
}

/// A right that is not there, with its words.
#[derive(Debug, Serialize, ToSchema)]
pub struct LapseView {
    /// The right and why.
    #[serde(flatten)]
    lapse: Lapse,
    /// The same in a sentence.
    words: Both,
}

/// What a garment's buyer is entitled to on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerView {
    /// The garment's serial as it is printed.
    serial: String,
    /// What the public calls it.
    what: Both,
    /// The day asked about.
    on: NaiveDate,
    /// The market whose rules hold; absent where it is not recorded, and then only rules that hold everywhere are answered.
    market: Option<String>,
    /// How the garment stands.
    standing: SaleStanding,
    /// Its live sale.
    sale: Option<Sold>,
    /// What was asked of, in sentences.
    about: Both,
    /// The rights that apply, the best for the buyer first.
    rights: Vec<RightView>,
    /// Those that do not, and why.
    not_now: Vec<LapseView>,
}

impl AnswerView {
    /// An answer about the garment of this serial.
    pub fn of(serial: String, answer: RightsAnswer) -> Self {
        let both = |say: &dyn Fn(Words) -> String| Both { zh: say(Words::of(Lang::Zh)), en: say(Words::of(Lang::En)) };
        let about = both(&|words| answer.about(words).join(between(words.lang())));
        let RightsAnswer { facts, rights, lapses } = answer;
        let right = |right: Right| {
            let say = |words: Words| line(&right, words).sentences().collect::<Vec<_>>().join(between(words.lang()));
            RightView { words: both(&say), right }
        };
        let lapse = |lapse: Lapse| LapseView { words: both(&|words| because(&lapse, words)), lapse };
        Self {
            serial,
            what: facts.what,
            on: facts.on,
            market: facts.market,
            standing: facts.standing,
            sale: facts.sale,
            about,
            rights: rights.into_iter().map(right).collect(),
            not_now: lapses.into_iter().map(lapse).collect(),
        }
    }
}
