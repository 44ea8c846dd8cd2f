//! How a tale is told: each step through the function of the room it belongs to, at its own instant, by whoever does it.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::aftersales::cases::{self, CaseAct, CaseLine, CaseState, Condition, LineState, NewCase, ServiceCase};
use crate::aftersales::repairs::{self, RepairOrder};
use crate::aftersales::returns::{self, ReturnAct, ReturnAsk};
use crate::aftersales::rights::FreightPayer;
use crate::aftersales::settlements::{self, Cost, LedgerKind, Payer, Payment, SettlementAsk, SettlementKind};
use crate::aftersales::surveys::{self, SurveySaid};
use crate::kernel::money::Money;
use crate::kernel::{Code, Error, GarmentId, Id, Result};
use crate::ownership::holders::Secret;
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::rooms::made;
use crate::platform::state::AppState;
use crate::quality::liability::{self, Evidence, Excess, LineVerdict, VerdictAsk};

/// Something that is done with a case, its first line or what belongs to it.
#[derive(Clone)]
pub(super) enum Deed {
    /// An act of the desk.
    Case(CaseAct),
    /// It goes on, where it does not stand there already.
    To(CaseState),
    /// A garment that came back was looked at: what was found, in what state it is.
    Looked(Option<&'static str>, Condition),
    /// Whoever asked writes.
    BuyerWrites(String),
    /// Whoever asked says how it was handled: from 1 to 5, in words.
    Scored(i64, String),
    /// Whoever asked would rather not.
    TakenBack,
    /// It goes on in the case of another tale.
    MergedInto(&'static str),
    /// A return is asked for, under a rule of rights or as goodwill.
    Return(Option<&'static str>, String),
    /// An act on it.
    Back(ReturnAct),
    /// A repair is opened: what was seen.
    Bench(String),
    /// An act on it, by its verb.
    Repair(&'static str, Value),
    /// A settlement is asked for: how, how much (all that is left where nobody says), which garment in exchange, why.
    Give(SettlementKind, Option<i64>, Option<GarmentId>, String),
    /// Somebody approves it.
    Approved,
    /// It is handed over for payment.
    PaidOut,
    /// It was paid with this reference, or handed over: what the garment given in exchange cost, in minor units.
    Paid(String, Option<i64>),
    /// What was decided is done, where nothing else said so already.
    Done,
    /// A cost, in minor units.
    Cost(LedgerKind, i64, String),
    /// A verdict is reckoned.
    Reckoned(Reckoned),
    /// Whoever is charged is told.
    Notified,
    /// A party replies: its code, whether it accepts, why not.
    Replied(&'static str, bool, String),
    /// After a contest somebody else looks again: what they find, and what they say.
    LookedAgain(&'static str, String),
    /// Somebody decides.
    Judged(String),
    /// It becomes final.
    Finished,
}

/// What a verdict is reckoned of beside what is stored.
#[derive(Clone, Default)]
pub(super) struct Reckoned {
    /// Facts that hard rules ask for.
    pub(super) facts: &'static [&'static str],
    /// Evidence: the rule and where it stands.
    pub(super) evidence: Vec<(&'static str, String)>,
    /// Evidence of the version before that holds no more.
    pub(super) withdrawn: Vec<(&'static str, String)>,
    /// Code of who carried it.
    pub(super) carrier: Option<&'static str>,
    /// How much more often than it should its lot fails.
    pub(super) excess: Option<Excess>,
    /// Why there is a new version.
    pub(super) reason: String,
}

/// A deed, so many days after the tale began, at this minute of the local day.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) day: i64,
    pub(super) minute: i64,
    pub(super) actor: &'static str,
    pub(super) deed: Deed,
}

impl Step {
    /// The local day.
    fn day(&self, of: &Tale) -> NaiveDate {
        of.day + TimeDelta::days(self.day)
    }

    /// When, UTC; never before the tale began.
    fn at(&self, of: &Tale) -> NaiveDateTime {
        instant(self.day(of), self.minute).max(of.at)
    }
}

/// A case from its first word on. What would be done after now is left to do.
#[derive(Clone)]
pub(super) struct Tale {
    /// What the other tales call it; distinct where they do.
    pub(super) name: &'static str,
    /// Who opens it.
    pub(super) actor: &'static str,
    /// The local day.
    pub(super) day: NaiveDate,
    /// When, UTC.
    pub(super) at: NaiveDateTime,
    /// Opens its page.
    pub(super) secret: Secret,
    /// What is opened.
    pub(super) new: NewCase,
    /// What follows, in order.
    pub(super) steps: Vec<Step>,
}

/// What it costs to send a garment, in minor units.
pub(super) const FREIGHT: i64 = 1_200;

/// What every tale needs.
pub(super) struct World {
    pub(super) app: AppState,
    pub(super) zone: Tz,
    pub(super) parties: HashMap<&'static str, Id>,
}

/// The instant, UTC, of a minute of a local day in China.
pub(super) fn instant(day: NaiveDate, minute: i64) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute) - TimeDelta::hours(8)
}

/// A tale while it is told.
struct Told {
    case: ServiceCase,
    lines: Vec<CaseLine>,
    verdict: Option<LineVerdict>,
}

/// Tells tales side by side, as they happened, until now. Gives the numbers of their cases by their names.
///
/// # Errors
/// With every tale that a room refused a step of.
pub(super) fn tell_all(db: &mut Db, world: &World, tales: &[Tale]) -> Result<HashMap<&'static str, String>> {
    let now = world.app.clock.now();
    let mut moments: Vec<(NaiveDateTime, usize, usize)> = Vec::new();
    for (place, tale) in tales.iter().enumerate() {
        moments.push((tale.at, place, 0));
        let steps = (1..).zip(&tale.steps).map(|(nth, step)| (step.at(tale), place, nth));
        moments.extend(steps.filter(|(at, ..)| *at <= now));
    }
    moments.sort_unstable();
    let (mut under_way, mut numbers, mut amiss) = (HashMap::new(), HashMap::new(), Vec::new());
    for (at, place, nth) in moments {
        let Some(tale) = tales.get(place) else { continue };
        let stamp = |actor: &str| Stamp { actor: actor.to_owned(), at, node: world.app.node };
        let went = match nth.checked_sub(1) {
            None => cases::open(db, &stamp(tale.actor), &tale.new).map(|(case, lines)| {
                numbers.insert(tale.name, case.no.clone());
                under_way.insert(place, Told { case, lines, verdict: None });
            }),
            Some(nth) => match (tale.steps.get(nth), under_way.get_mut(&place)) {
                (Some(step), Some(told)) => done(db, world, &stamp(step.actor), step.day(tale), (tale, &numbers), told, &step.deed),
                // It went amiss before.
                _ => Ok(()),
            },
        };
        if let Err(error) = went {
            amiss.push(format!("{}, step {nth}: {error:?}", tale.name));
            under_way.remove(&place);
        }
    }
    if amiss.is_empty() { Ok(numbers) } else { Err(Error::broken(amiss.join("\n"))) }
}

fn done(
    db: &mut Db,
    world: &World,
    stamp: &Stamp,
    day: NaiveDate,
    (tale, numbers): (&Tale, &HashMap<&'static str, String>),
    told: &mut Told,
    deed: &Deed,
) -> Result<()> {
    let (no, first) = (told.case.no.as_str(), told.lines.first().ok_or(Code::Missing)?);
    let act = |db: &mut Db, act: &CaseAct| cases::act(db, stamp, day, no, None, act).map(drop);
    let given = |db: &mut Db| settlements::of_line(db, first.id)?.pop().ok_or_else(|| Error::from(Code::NotFound));
    let party = |code: &str| world.parties.get(code).copied().ok_or_else(|| Error::broken(format!("no party {code}")));
    match deed {
        Deed::Case(what) => act(db, what),
        Deed::To(to) => {
            let is_there = cases::by_no(db, no)?.is_some_and(|case| case.state == *to);
            if is_there { Ok(()) } else { act(db, &CaseAct::Step { to: *to }) }
        }
        Deed::Looked(found, grade) => cases::inspected(db, stamp, first.id, day, *found, None, *grade),
        Deed::BuyerWrites(words) => cases::buyer_writes(db, stamp, no, &tale.secret, words, &[]),
        Deed::Scored(score, words) => {
            let said = SurveySaid { score: Some(*score), words: words.clone(), ..SurveySaid::default() };
            surveys::buyer_answers(db, stamp, world.zone, no, &tale.secret, &said)
        }
        Deed::TakenBack => cases::take_back(db, stamp, no, &tale.secret),
        Deed::MergedInto(other) => {
            let into = numbers.get(other).ok_or_else(|| Error::broken(format!("no tale {other} before")))?;
            act(db, &CaseAct::Merge { into: into.clone() })
        }
        Deed::Return(rule, note) => {
            let ask = ReturnAsk {
                case: no.to_owned(),
                line: first.line_no,
                rule: rule.map(str::to_owned),
                freight: FreightPayer::Company,
                note: note.clone(),
            };
            returns::request(db, stamp, world.zone, &ask).map(drop)
        }
        Deed::Back(what) => {
            let order = returns::of_line(db, first.id)?.ok_or(Code::NotFound)?;
            returns::act(db, stamp, world.zone, order.id, None, what).map(drop)
        }
        Deed::Bench(seen) => {
            made::<RepairOrder>(db, stamp, json!({ "case": no, "line": 1, "kind": "repair", "site": "workshop", "diagnosis": seen }))
                .map(drop)
        }
        Deed::Repair(verb, said) => repairs::act(&world.app, db, stamp, &format!("{no}.1"), verb, said.clone()).map(drop),
        Deed::Give(kind, amount_minor, new_garment, reason) => {
            let ask = SettlementAsk {
                line: first.id,
                kind: *kind,
                amount_minor: *amount_minor,
                price: None,
                new_garment: *new_garment,
                reason: reason.clone(),
            };
            settlements::authorise(db, stamp, &ask).map(drop)
        }
        Deed::Approved => {
            let given = given(db)?;
            settlements::approve(db, stamp, &given).map(drop)
        }
        Deed::PaidOut => {
            let given = given(db)?;
            settlements::submit(db, stamp, &[given]).map(drop)
        }
        Deed::Paid(reference, goods_minor) => {
            let given = given(db)?;
            let payment = Payment { reference, paid_on: day, goods_minor: *goods_minor, freight_minor: goods_minor.map(|_| FREIGHT) };
            settlements::hand_over(db, stamp, world.zone, &given, &payment).map(drop)
        }
        Deed::Done => match cases::line(db, first.id)?.map(|line| line.state) {
            Some(LineState::Decided) => act(db, &CaseAct::Done { line: None }),
            _ => Ok(()),
        },
        Deed::Cost(kind, minor, reference) => {
            let cost = Cost {
                case: told.case.id,
                line: Some(first.id).filter(|_| told.lines.len() == 1),
                kind: *kind,
                money: Money { minor: *minor, currency: "CNY".into() },
                occurred_on: day,
                payer: Payer::Brand,
                settlement: None,
                reference: reference.clone(),
            };
            settlements::post(db, stamp, &cost).map(drop)
        }
        Deed::Reckoned(of) => {
            let said = |all: &[(&str, String)]| -> Vec<Evidence> {
                all.iter().map(|(rule, source)| Evidence { rule: (*rule).to_owned(), source: source.clone() }).collect()
            };
            let ask = VerdictAsk {
                line: first.id,
                facts: of.facts.iter().map(|fact| (*fact).to_owned()).collect(),
                evidence: said(&of.evidence),
                withdrawn: said(&of.withdrawn),
                carrier: of.carrier.map(party).transpose()?,
                excess: of.excess.clone(),
                reason: of.reason.clone(),
            };
            told.verdict = Some(liability::propose(db, stamp, day, &ask)?);
            Ok(())
        }
        Deed::Notified => judged(told, |before| liability::notify(db, stamp, day, before)),
        Deed::Replied(code, accepts, reason) => {
            let party = party(code)?;
            judged(told, |before| liability::reply(db, stamp, day, before, (party, *accepts, reason)))
        }
        Deed::LookedAgain(found, report) => {
            let contested = told.verdict.as_ref().ok_or_else(|| Error::broken("nothing was contested before"))?;
            liability::inspect_again(db, stamp, day, contested, Some(*found), report).map(drop)
        }
        Deed::Judged(reason) => judged(told, |before| liability::decide(db, stamp, day, before, reason)),
        Deed::Finished => judged(told, |before| liability::finish(db, stamp, day, before)),
    }
}

/// Takes the verdict of a tale one step on.
fn judged(told: &mut Told, deed: impl FnOnce(&LineVerdict) -> Result<LineVerdict>) -> Result<()> {
    let before = told.verdict.take().ok_or_else(|| Error::broken("nothing was reckoned before"))?;
    told.verdict = Some(deed(&before)?);
    Ok(())
}
