//! Which rights a buyer has, until when and under which rule. Values in, values out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{CountedFrom, FreightPayer, HoldsFrom, Need, Remedy, RightKind, RightRule};
use crate::kernel::calendar::{LastDay, Nation};
use crate::kernel::names::fold;
use crate::kernel::text::{Both, hex};
use crate::kernel::time::add_months;
use crate::kernel::{Code, Fault, saturating};
use crate::production::styles::NoReasonReturn;

/// The members of the European Union.
const MEMBERS: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL",
    "PT", "RO", "SE", "SI", "SK",
];

/// The sale that a buyer has rights from, as far as it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sold {
    /// Which of the garment's sales.
    pub seq: i64,
    /// Sold.
    pub sold_on: NaiveDate,
    /// Handed over, where that is recorded.
    pub delivered_on: Option<NaiveDate>,
    /// Delivery promised, where that is recorded.
    pub promised_on: Option<NaiveDate>,
    /// How, or empty.
    pub channel: String,
    /// Where, or empty.
    pub country: String,
    /// The shop's number, or empty.
    pub order_no: String,
    /// The buyer confirmed at the purchase that it cannot be returned without a reason.
    pub no_return_confirmed_on: Option<NaiveDate>,
}

/// How the garment stands to a buyer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SaleStanding {
    /// Nobody bought it yet, as far as is recorded.
    #[default]
    Unsold,
    /// It is sold on a later day than was asked for.
    SoldLater,
    /// Somebody has it.
    Sold,
    /// It was given back.
    Returned,
}

/// The brand's warranty, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WarrantyCover {
    /// Sold without one.
    #[default]
    None,
    /// Not begun: what it waits for is not recorded.
    Waiting,
    /// Its first and last day.
    Term(NaiveDate, NaiveDate),
    /// Ended before its time: its last day, where it ever ran, and why.
    Ended(Option<NaiveDate>, String),
    /// Declared void, and why.
    Void(String),
}

/// What a repair that was done mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The day it was done.
    pub done_on: NaiveDate,
    /// The right it was done under; None where the buyer paid for it.
    pub under: Option<RightKind>,
    /// The component that was mended, or empty.
    pub component: String,
    /// The last day on which the brand answers for that.
    pub covered_until: NaiveDate,
    /// Days in our hands, which the warranty lasts longer.
    pub days_added: i64,
}

/// A defect that was seen, or that the buyer speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenDefect {
    /// Its code in the catalogue.
    pub code: String,
    /// Millimetres or places, where somebody measured or counted.
    pub measured: Option<i64>,
    /// The day.
    pub seen_on: NaiveDate,
    /// Whether it was found; else somebody says so.
    pub is_found: bool,
}

/// All that rights follow from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RightFacts {
    /// The local day that is asked about.
    pub on: NaiveDate,
    /// The market whose rules hold: a country of two letters. None where it is not recorded.
    pub market: Option<String>,
    /// What the public calls the garment.
    pub what: Both,
    /// How it stands.
    pub standing: SaleStanding,
    /// Its live sale.
    pub sale: Option<Sold>,
    /// Its style's category, or empty.
    pub category: String,
    /// What its style says of returning it without a reason.
    pub no_reason_return: NoReasonReturn,
    /// Its warranty.
    pub cover: WarrantyCover,
    /// Repairs that were done.
    pub repairs: Vec<Repaired>,
    /// Defects seen on it, and what the buyer says.
    pub defects: Vec<SeenDefect>,
    /// Whether it is recalled.
    pub recalled: bool,
}

/// The rules, and the days of rest that they are counted by.
#[derive(Clone, Debug, Default)]
pub struct RightRules {
    /// The rules, in no order.
    pub rows: Vec<RightRule>,
    /// Days of rest, by the calendar's code.
    pub rest: BTreeMap<String, Nation>,
}

/// How a right stands on the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RightState {
    /// Holds.
    Now,
    /// May hold: something it depends on is not recorded.
    Unsure,
    /// Begins later.
    Later,
}

/// What a right depends on and nobody recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// The day of delivery.
    Delivery,
    /// How it was sold.
    Channel,
    /// What the warranty begins with.
    WarrantyStart,
}

/// What a buyer must be told before they choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RightNotice {
    /// The text.
    pub text: Both,
    /// SHA-256 of the Chinese text in UTF-8, in hexadecimal: kept with "informed at".
    pub sha256_zh: String,
    /// The same of the English one.
    pub sha256_en: String,
}

/// A right of the garment's buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Right {
    /// What kind.
    pub kind: RightKind,
    /// The code of the rule.
    pub rule: String,
    /// The rule's version.
    pub version: i64,
    /// Where the rule comes from.
    pub source: String,
    /// What it is called.
    pub name: Both,
    /// How it stands.
    pub state: RightState,
    /// Its first day. None while what it begins with is not recorded, and where it always held.
    pub from: Option<NaiveDate>,
    /// Its last day. None while that is not known, and where it has no end.
    pub to: Option<NaiveDate>,
    /// Until when it lasts at least, where its last day is not known.
    pub at_least: Option<NaiveDate>,
    /// Whether it lasts longer because of a repair.
    pub is_extended: bool,
    /// Days of it that the garment was in our hands, which were added.
    pub days_added: i64,
    /// The repaired component that it is for; absent where it is for the garment.
    pub component: Option<String>,
    /// Months it lasts …
    pub months: Option<i64>,
    /// … and days.
    pub days: Option<i64>,
    /// Who pays the way.
    pub freight: FreightPayer,
    /// What may be asked for.
    pub remedies: Vec<Remedy>,
    /// What it takes.
    pub needs: Vec<Need>,
    /// What it depends on and is not recorded.
    pub unknown: Vec<Unknown>,
    /// Years whose days of rest are not published, which its last day depends on.
    pub years_without_data: Vec<i32>,
    /// What must be told before it is chosen.
    pub notice: Option<RightNotice>,
}

/// Why a right is not there, though the garment's market has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// Its time is over.
    Over {
        /// Its last day.
        on: NaiveDate,
    },
    /// It is not for this kind of garment.
    Category,
    /// The buyer confirmed it at the purchase.
    Confirmed {
        /// When.
        on: NaiveDate,
    },
    /// It is not for this way of selling.
    Channel,
    /// The warranty ended before its time.
    EndedEarly {
        /// Why.
        reason: String,
    },
    /// The warranty is void.
    Void {
        /// Why.
        reason: String,
    },
}

/// A right that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lapse {
    /// What kind.
    pub kind: RightKind,
    /// The code of the rule.
    pub rule: String,
    /// The rule's version.
    pub version: i64,
    /// What it is called.
    pub name: Both,
    /// Why.
    #[serde(flatten)]
    pub why: Why,
}

/// What a rule comes to: a right, none and why, or nothing to speak of.
type Judged<T> = Result<T, Option<Why>>;

/// Every right that applies, the best for the buyer first. Whatever the order of the rules, the answer is the same.
pub fn rights(facts: &RightFacts, rules: &RightRules) -> Vec<Right> {
    let mut all: Vec<Right> = rules.rows.iter().flat_map(|rule| judge(facts, rules, rule)).collect();
    all.extend(of_components(facts, rules));
    all.sort_by(|one, other| one.benefit().cmp(&other.benefit()));
    all
}

/// The rights that the garment's market has and its buyer has not, and why: by kind and rule.
pub fn lapses(facts: &RightFacts, rules: &RightRules) -> Vec<Lapse> {
    let lapse = |rule: &RightRule| {
        let why = judge(facts, rules, rule).err()??;
        Some(Lapse { kind: rule.kind, rule: rule.code.clone(), version: rule.version, name: rule.name(), why })
    };
    let mut all: Vec<Lapse> = rules.rows.iter().filter_map(lapse).collect();
    all.sort_by(|one, other| (one.kind, &one.rule).cmp(&(other.kind, &other.rule)));
    all
}

impl Right {
    /// What rights are ordered by, the best for the buyer first: what holds before what may; what needs no defect to be shown; what costs nothing; the
    /// kinds in their order; what lasts longer; what offers more; what takes less. Rules have different codes, so no two are equal.
    pub(super) fn benefit(&self) -> impl Ord + use<'_> {
        let longest = Reverse(self.to.unwrap_or(NaiveDate::MAX));
        (
            self.state,
            self.needs.contains(&Need::Defect),
            self.freight,
            self.kind,
            longest,
            Reverse(self.remedies.len()),
            self.needs.len(),
            &self.rule,
            &self.component,
        )
    }

    fn of(rule: &RightRule) -> Self {
        Self {
            kind: rule.kind,
            rule: rule.code.clone(),
            version: rule.version,
            source: rule.source.clone(),
            name: rule.name(),
            state: RightState::Now,
            from: None,
            to: None,
            at_least: None,
            is_extended: false,
            days_added: 0,
            component: None,
            months: rule.months,
            days: rule.days,
            freight: rule.freight,
            remedies: rule.remedies.0.clone(),
            needs: rule.needs.0.clone(),
            unknown: Vec::new(),
            years_without_data: Vec::new(),
            notice: None,
        }
    }

    fn need(&mut self, need: Need) {
        if !self.needs.contains(&need) {
            self.needs.insert(0, need);
        }
    }

    /// How it stands on `on`, its window and what is unknown being settled.
    fn stands(&self, on: NaiveDate) -> RightState {
        let held_anyway = self.unknown == [Unknown::Delivery] && self.from.is_some() && self.at_least.is_none_or(|day| on <= day);
        match self.from {
            Some(from) if from > on => RightState::Later,
            _ if self.unknown.is_empty() || held_anyway => RightState::Now,
            _ => RightState::Unsure,
        }
    }
}

/// Whether a rule of `market` holds in the country asked for.
fn covers(market: &str, country: Option<&str>) -> bool {
    match (market, country) {
        ("", _) => true,
        (_, None) => false,
        (super::EU, Some(country)) => country == super::EU || MEMBERS.contains(&country),
        (market, Some(country)) => market == country,
    }
}

pub(super) fn is_among(names: &[String], name: &str) -> bool {
    let wanted = fold(name);
    !wanted.is_empty() && names.iter().any(|name| fold(name) == wanted)
}

fn judge(facts: &RightFacts, rules: &RightRules, rule: &RightRule) -> Judged<Right> {
    let holds_on = |day: NaiveDate| rule.valid_from <= day && rule.valid_to.is_none_or(|last| day <= last);
    if !covers(&rule.market, facts.market.as_deref()) {
        return Err(None);
    }
    let mut right = Right::of(rule);
    if rule.kind == RightKind::Recall {
        // Whoever has it, bought or not, and whenever.
        return if facts.recalled && holds_on(facts.on) { Ok(right) } else { Err(None) };
    }
    let sale = facts.sale.as_ref().filter(|sale| sale.sold_on <= facts.on).ok_or(None)?;
    let decisive = match rule.holds_from {
        HoldsFrom::Sale => sale.sold_on,
        HoldsFrom::Request => facts.on,
    };
    if !holds_on(decisive) {
        return Err(None);
    }
    if is_among(&rule.not_channels, &sale.channel) {
        return Err(Some(Why::Channel));
    }
    if !rule.not_channels.is_empty() && sale.channel.is_empty() {
        right.unknown.push(Unknown::Channel);
    }
    if rule.kind.asks_no_reason() {
        not_excluded(facts, rule, sale)?;
    }
    triggered(facts, rule, sale, &mut right)?;
    window(facts, rules, rule, sale, &mut right)?;
    extend(facts, rule, &mut right);
    if let Some(on) = right.to.filter(|last| *last < facts.on) {
        return Err(Some(Why::Over { on }));
    }
    right.state = right.stands(facts.on);
    right.notice = notice(facts, rule);
    Ok(right)
}

/// The brand's warranty on what was repaired: of each component the one that lasts longest, whatever became of the garment's own.
fn of_components(facts: &RightFacts, rules: &RightRules) -> Vec<Right> {
    let mut covers: BTreeMap<&str, (NaiveDate, NaiveDate)> = BTreeMap::new();
    for repair in facts.repairs.iter().filter(|repair| repair.done_on <= facts.on) {
        let cover = covers.entry(&repair.component).or_insert((repair.done_on, repair.covered_until));
        if repair.covered_until > cover.1 {
            *cover = (repair.done_on, repair.covered_until);
        }
    }
    let mut all = Vec::new();
    for (component, (from, to)) in covers {
        let mended = RightFacts { cover: WarrantyCover::Term(from, to), repairs: Vec::new(), ..facts.clone() };
        let of = rules.rows.iter().filter(|rule| rule.kind == RightKind::BrandWarranty).flat_map(|rule| judge(&mended, rules, rule));
        all.extend(of.map(|right| Right { component: Some(component.to_owned()), ..right }));
    }
    all
}

/// Whether a right that asks no reason is for this kind of garment.
fn not_excluded(facts: &RightFacts, rule: &RightRule, sale: &Sold) -> Judged<()> {
    // What a style says is about the return without a reason alone; a withdrawal is excluded by law or not at all.
    let style = if rule.kind == RightKind::NoReason { facts.no_reason_return } else { NoReasonReturn::Yes };
    if style == NoReasonReturn::ExcludedByLaw || is_among(&rule.never_for, &facts.category) {
        return Err(Some(Why::Category));
    }
    let if_confirmed = style == NoReasonReturn::ExcludedIfConfirmed || is_among(&rule.confirmed_for, &facts.category);
    match sale.no_return_confirmed_on.filter(|_| if_confirmed) {
        Some(on) => Err(Some(Why::Confirmed { on })),
        None => Ok(()),
    }
}

/// Whether what the right is for has happened.
fn triggered(facts: &RightFacts, rule: &RightRule, sale: &Sold, right: &mut Right) -> Judged<()> {
    let over = |seen: &SeenDefect| rule.measured_over.zip(seen.measured).is_none_or(|(limit, measured)| measured > limit);
    let is_for =
        |seen: &&SeenDefect| (rule.defects.is_empty() || rule.defects.contains(&seen.code)) && over(seen) && seen.seen_on <= facts.on;
    let seen: Vec<&SeenDefect> = facts.defects.iter().filter(is_for).collect();
    match (rule.kind, rule.late_days) {
        (RightKind::NoWorry, Some(days)) => {
            let promised = sale.promised_on.ok_or(None)?;
            let is_late = |day: NaiveDate| day.signed_duration_since(promised).num_days() > days;
            match sale.delivered_on {
                Some(delivered) if is_late(delivered) => {}
                // It may have come in time, and nobody wrote it down.
                None if is_late(facts.on) => right.unknown.push(Unknown::Delivery),
                _ => return Err(None),
            }
        }
        (RightKind::NoWorry, None) if seen.is_empty() => return Err(None),
        (kind, _) if kind.asks_a_defect() && seen.is_empty() => right.need(Need::Defect),
        (kind, _) if kind == RightKind::NoWorry || kind.asks_a_defect() => {
            if seen.iter().any(|seen| seen.is_found) {
                right.needs.retain(|need| *need != Need::Inspection);
            } else {
                right.need(Need::Inspection);
            }
        }
        _ => {}
    }
    Ok(())
}

/// The last day of a rule that is counted from `day`; None for one without an end.
fn last_day(rules: &RightRules, rule: &RightRule, day: NaiveDate) -> Option<LastDay> {
    if rule.months.is_none() && rule.days.is_none() {
        return None;
    }
    let months = add_months(day, saturating(rule.months.unwrap_or_default()));
    let days: u32 = saturating(rule.days.unwrap_or_default());
    let nominal = || months.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX);
    Some(match rules.rest.get(&rule.rest_days) {
        Some(nation) => nation.last_day(months, days),
        None => LastDay { date: nominal(), years_without_data: Vec::new() },
    })
}

fn window(facts: &RightFacts, rules: &RightRules, rule: &RightRule, sale: &Sold, right: &mut Right) -> Judged<()> {
    let end = |day: NaiveDate| last_day(rules, rule, day).map_or((None, Vec::new()), |last| (Some(last.date), last.years_without_data));
    match (rule.counted_from, &facts.cover, sale.delivered_on) {
        (CountedFrom::Warranty, WarrantyCover::None, _) => return Err(None),
        (CountedFrom::Warranty, WarrantyCover::Void(reason), _) => return Err(Some(Why::Void { reason: reason.clone() })),
        (CountedFrom::Warranty, WarrantyCover::Ended(_, reason), _) => return Err(Some(Why::EndedEarly { reason: reason.clone() })),
        (CountedFrom::Warranty, WarrantyCover::Waiting, _) => right.unknown.push(Unknown::WarrantyStart),
        (CountedFrom::Warranty, WarrantyCover::Term(from, to), _) => {
            (right.from, right.to) = (Some(*from), Some(*to));
            right.days_added = facts.repairs.iter().map(|repair| repair.days_added).sum();
        }
        (CountedFrom::Purchase, ..) => {
            right.from = Some(sale.sold_on);
            (right.to, right.years_without_data) = end(sale.sold_on);
        }
        (CountedFrom::Delivery, _, Some(delivered)) => {
            right.from = Some(if rule.before_delivery { sale.sold_on } else { delivered });
            (right.to, right.years_without_data) = end(delivered);
        }
        (CountedFrom::Delivery, _, None) => {
            right.from = Some(sale.sold_on).filter(|_| rule.before_delivery);
            // It was not delivered before it was sold.
            (right.at_least, right.years_without_data) = end(sale.sold_on);
            if !right.unknown.contains(&Unknown::Delivery) {
                right.unknown.push(Unknown::Delivery);
            }
        }
    }
    Ok(())
}

/// A repair under a legal guarantee, while that ran, extends it once.
fn extend(facts: &RightFacts, rule: &RightRule, right: &mut Right) {
    let Some((months, to)) = rule.repair_months.zip(right.to) else { return };
    let counts = |repair: &Repaired| {
        repair.under == Some(RightKind::LegalGuarantee)
            && repair.done_on <= to.min(facts.on)
            && rule.repair_since.is_none_or(|since| repair.done_on >= since)
    };
    if facts.repairs.iter().any(counts) {
        right.to = Some(add_months(to, saturating(months)));
        right.is_extended = true;
    }
}

/// What must be told, from the day on that the rule says.
fn notice(facts: &RightFacts, rule: &RightRule) -> Option<RightNotice> {
    let text = Both { zh: rule.notice_zh.clone(), en: rule.notice_en.clone() };
    if text == Both::default() || rule.repair_since.is_some_and(|since| facts.on < since) {
        return None;
    }
    let sha256 = |text: &str| hex(&Sha256::digest(text.as_bytes()));
    Some(RightNotice { sha256_zh: sha256(&text.zh), sha256_en: sha256(&text.en), text })
}

/// The last day that it may be anywhere on Earth at this moment.
fn latest_day(at: NaiveDateTime) -> NaiveDate {
    (at + TimeDelta::hours(14)).date()
}

/// Whether a rule holds already, somewhere.
pub(super) fn has_begun(rule: &RightRule, now: NaiveDateTime) -> bool {
    rule.valid_from <= latest_day(now)
}

/// What is wrong with an end that is set for a rule that holds: what was decided by it stands, so that it cannot have ended before today.
pub(super) fn ends_too_early(before: &RightRule, after: &RightRule, now: NaiveDateTime) -> Option<Fault> {
    let today = now.date();
    let ends = after.valid_to.filter(|last| before.valid_to != Some(*last) && *last < today)?;
    Some(Fault::new("valid_to", Code::DatesOutOfOrder).with("earlier", today).with("later", ends))
}

/// What a rule cannot be, by itself.
pub(super) fn faults(rule: &RightRule) -> Vec<Fault> {
    let (kind, is_warranty) = (rule.kind, rule.counted_from == CountedFrom::Warranty);
    let idle = |field: &'static str, why: &'static str| Fault::new(field, Code::DoesNotApply).with("with", why);
    let mut faults = Vec::new();
    if let Some(to) = rule.valid_to.filter(|to| *to < rule.valid_from) {
        faults.push(Fault::new("valid_to", Code::DatesOutOfOrder).with("earlier", rule.valid_from).with("later", to));
    }
    let checks = [
        ("never_for", !rule.never_for.is_empty() && !kind.asks_no_reason(), "exclusion"),
        ("confirmed_for", !rule.confirmed_for.is_empty() && !kind.asks_no_reason(), "exclusion"),
        ("defects", !rule.defects.is_empty() && kind != RightKind::NoWorry && !kind.asks_a_defect(), "defects"),
        ("measured_over", rule.measured_over.is_some() && rule.defects.is_empty(), "measured"),
        ("late_days", rule.late_days.is_some() && (kind != RightKind::NoWorry || !rule.defects.is_empty()), "late"),
        ("counted_from", is_warranty != (kind == RightKind::BrandWarranty), "warranty"),
        ("months", rule.months.is_some() && is_warranty, "term"),
        ("days", rule.days.is_some() && is_warranty, "term"),
        ("repair_months", rule.repair_months.is_some() && kind != RightKind::LegalGuarantee, "repair"),
        ("repair_since", rule.repair_since.is_some() && rule.repair_months.is_none(), "repair"),
    ];
    faults.extend(checks.into_iter().filter(|(_, is_wrong, _)| *is_wrong).map(|(field, _, why)| idle(field, why)));
    if kind == RightKind::NoWorry && rule.defects.is_empty() && rule.late_days.is_none() {
        faults.push(Fault::new("defects", Code::Missing));
    }
    faults
}
