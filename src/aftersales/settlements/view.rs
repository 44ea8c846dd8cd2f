//! Settlements and entries as people and programs read them: numbers, codes and serials instead of keys.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::store::settling::{self, Settlement, SettlementAsk, SettlementFilter};
use super::{FIELDS, FILTERS, LEDGER_FIELDS, LedgerKind, NEW, NEW_ENTRY, Payer, PayerKind, SettlementKind, SettlementState, Sign};
use crate::aftersales::cases::{self, CaseLine};
use crate::aftersales::ledger::{self, Balance, BalanceOf, Cost, LedgerEntry, LedgerFilter, balances};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::money::{self, Money};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Result, parsed};
use crate::ownership::sales;
use crate::platform::db::Db;
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::{CasesEdit, CasesRead, MoneyEdit, MoneyRead, Permission};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, BrandOnly, Field, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::production::parties;
use crate::production::serials::{self, Scanned};

/// A settlement as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementView {
    #[serde(skip)]
    garments: (GarmentId, Option<GarmentId>),
    /// What its address ends with.
    pub code: String,
    /// Number of the case.
    pub case: String,
    /// Line of the case.
    pub line: Option<i64>,
    /// The garment's serial.
    pub serial: String,
    /// How it is settled.
    pub kind: SettlementKind,
    /// What is given back, as people write it.
    pub amount: String,
    /// Of this currency.
    pub currency: String,
    /// The garment given in exchange.
    pub new_serial: Option<String>,
    /// Why.
    pub reason: String,
    /// Said of a new one whose sale has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_paid: Option<String>,
    /// Where it stands.
    pub state: SettlementState,
    /// Whether two people approve it.
    pub needs_two: bool,
    /// Who asked for it.
    pub author: String,
    /// Who approved it.
    pub approver: String,
    /// Who approved it as well.
    pub second_approver: String,
    /// The payout it is in.
    pub payout: Option<Id>,
    /// The bank's reference.
    pub payout_ref: String,
    /// Why it could not be paid.
    pub failure: String,
    /// The day it was paid or handed over.
    pub paid_on: Option<NaiveDate>,
    /// When it was asked for, UTC.
    pub created_at: NaiveDateTime,
    /// The one it goes on with, where a part of the price was given before.
    #[serde(default)]
    pub further_of: Option<Id>,
    /// Grows with every change.
    pub version: i64,
}

/// Numbers of cases and of their lines.
struct Named {
    cases: HashMap<Id, String>,
    lines: HashMap<Id, CaseLine>,
}

impl Named {
    fn of(db: &mut Db, cases: &[Id], lines: &[Id]) -> Result<Self> {
        let alone = |ids: &[Id]| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        Ok(Self { cases: cases::nos_of_ids(db, &alone(cases))?, lines: cases::lines_of_ids(db, &alone(lines))? })
    }

    fn case(&self, id: Id) -> Result<String> {
        self.cases.get(&id).cloned().ok_or_else(|| Error::broken(format!("case {id} is not there")))
    }

    fn line(&self, id: Option<Id>) -> Option<i64> {
        self.lines.get(&id?).map(|line| line.line_no)
    }
}

fn settlement_views(db: &mut Db, all: Vec<Settlement>) -> Result<Vec<SettlementView>> {
    let named =
        Named::of(db, &all.iter().map(|one| one.case_id).collect::<Vec<_>>(), &all.iter().map(|one| one.line_id).collect::<Vec<_>>())?;
    let view = |one: Settlement| {
        Ok(SettlementView {
            garments: (one.garment_id, one.new_garment_id),
            code: one.id.to_string(),
            case: named.case(one.case_id)?,
            line: named.line(Some(one.line_id)),
            serial: String::new(),
            kind: one.kind,
            amount: one.money().amount(),
            currency: one.currency,
            new_serial: None,
            reason: one.reason,
            price_paid: None,
            state: one.state,
            needs_two: one.needs_two,
            author: one.author,
            approver: one.approver.unwrap_or_default(),
            second_approver: one.second_approver.unwrap_or_default(),
            payout: one.payout_id,
            payout_ref: one.payout_ref,
            failure: one.failure,
            paid_on: one.paid_on,
            created_at: one.created_at,
            further_of: one.further_of,
            version: one.version,
        })
    };
    all.into_iter().map(view).collect()
}

impl SettlementView {
    /// The settlement itself.
    pub(super) fn stored(&self, db: &mut Db) -> Result<Settlement> {
        settling::with_ids(db, &[self.code.parse()?])?.pop().ok_or_else(|| Code::NotFound.into())
    }

    /// What is asked for, of what somebody says.
    fn ask(&self, db: &mut Db, app: &AppState) -> Result<SettlementAsk> {
        let (_, line) = cases::line_if_said(db, &self.case, self.line)?;
        let line = line.ok_or_else(|| Fault::new("line", Code::Missing))?;
        let sale = match line.sale_seq {
            Some(seq) => sales::of_seq(db, line.garment_id, seq)?,
            None => None,
        };
        let currency = sale.ok_or(Code::NotSold)?.currency.unwrap_or_else(|| sales::CURRENCY.to_owned());
        let amount = |field: &'static str, text: &str| money::read_amount(field, text, &currency);
        let price = self.price_paid.as_deref().filter(|text| !text.is_empty()).map(|text| amount("price_paid", text)).transpose()?;
        let given = Some(self.amount.as_str()).filter(|text| !text.is_empty()).map(|text| amount("amount", text)).transpose()?;
        let new_garment = match self.new_serial.as_deref().filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => {
                let scanned = Scanned::read("new_serial", text, None)?;
                let found = serials::garment(db, &app.keys.serials, &scanned);
                Some(found.map_err(|error| Error::from(crate::kernel::faults::at("new_serial", &error)))?)
            }
        };
        Ok(SettlementAsk {
            line: line.id,
            kind: self.kind,
            amount_minor: given,
            price: price.map(|minor| Money { minor, currency: currency.clone() }),
            new_garment,
            reason: self.reason.clone(),
        })
    }
}

impl Listing for SettlementView {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "settlements";
    const SCHEMA: &'static str = "Settlement";
    type Read = BrandOnly<CasesRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("settlements-new", "/settlements/new".to_owned(), Permission::CasesEdit),
            ("settlements-payout", "/settlements/payout".to_owned(), Permission::MoneyEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let mut filter = SettlementFilter {
            state: query.filter("state").and_then(SettlementState::of),
            kind: query.filter("kind").and_then(SettlementKind::of),
            ..SettlementFilter::default()
        };
        if let Some(payout) = query.filter("payout") {
            let Some(payout) = parsed(payout) else { return Ok(Vec::new()) };
            filter.payout = Some(payout);
        }
        if !query.q.is_empty() {
            let Some(case) = cases::by_no(db, &query.q)? else { return Ok(Vec::new()) };
            filter.case = Some(case.id);
        }
        let found = settling::list(db, &filter, window)?;
        settlement_views(db, found)
    }

    /// Of a payout: its file, where there is money in it.
    fn top(db: &mut Db, query: &ListQuery, _sees: Sees, lang: Lang) -> Result<String> {
        let Some(payout) = query.filter("payout").and_then(parsed::<Id>) else { return Ok(String::new()) };
        if settling::of_payout(db, payout)?.iter().all(|one| one.amount_minor == 0) {
            return Ok(String::new());
        }
        let words = Words::of(lang).say("settlements-payout-file");
        Ok(format!("<p class=\"actions\"><a class=\"button quiet\" href=\"/settlements/payouts/{payout}\">{words}</a></p>"))
    }

    fn named(db: &mut Db, app: &AppState, mut rows: Vec<Self>) -> Result<Vec<Self>> {
        let garments: Vec<GarmentId> = rows.iter().flat_map(|row| [Some(row.garments.0), row.garments.1]).flatten().collect();
        let serials = serials::serials_of(db, &app.keys.serials, &garments)?;
        for row in &mut rows {
            row.serial = serials.get(&row.garments.0).cloned().unwrap_or_default();
            row.new_serial = row.garments.1.and_then(|garment| serials.get(&garment).cloned());
        }
        Ok(rows)
    }
}

impl Thing for SettlementView {
    const SUBJECT: &'static str = "settlement";
    const SAVED: EventKind = EventKind::SettlementAuthorised;
    const NEW: &'static Fields = &NEW;
    const CHANGE: &'static Fields = &Fields::NONE;
    type Edit = CasesEdit;

    fn id(&self) -> Id {
        parsed(&self.code).unwrap_or_default()
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, lang: Lang) -> String {
        format!("{} · {}", self.kind.word(lang), self.case)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = Id::of_codes(codes)?;
        let found = settling::with_ids(db, &ids)?;
        settlement_views(db, found)
    }

    fn make(self, db: &mut Db, stamp: &Stamp, app: &AppState, _secret: &str) -> Result<Self> {
        let ask = self.ask(db, app)?;
        let made = settling::authorise(db, stamp, &ask)?;
        let views = settlement_views(db, vec![made])?;
        Self::named(db, app, views)?.pop().ok_or_else(|| Code::NotFound.into())
    }

    /// Settlements are made by [`Thing::make`] and moved by their acts.
    fn write(self, _db: &mut Db, _stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        Err(Code::MethodNotAllowed.into())
    }

    fn history(&self, db: &mut Db) -> Result<Vec<Fact>> {
        events::of(db, Subject::Thing("settlement", self.code.parse::<Id>()?.0))
    }

    fn acts(&self) -> Vec<Act> {
        use SettlementState as S;
        let href = |verb: &str| format!("/settlements/{}/{verb}", segment(&self.code));
        let act = |allowed: bool, act: Act| allowed.then_some(act);
        let state = self.state;
        let is_money = self.kind != SettlementKind::Exchange;
        let file = self.payout.filter(|_| is_money).map(|payout| format!("/settlements/payouts/{payout}"));
        let file = file.map(|href| Act::get("settlements-payout-file", href, Permission::MoneyRead));
        [
            act(
                state == S::Authorised,
                Act::post("settlements-approve", href("approve"), Permission::MoneyEdit).about("settlements-approve-about"),
            ),
            act(matches!(state, S::Approved | S::Failed), Act::post("settlements-submit", href("submit"), Permission::MoneyEdit)),
            act(state == S::Submitted, Act::get("settlements-paid", href("paid"), Permission::MoneyEdit)),
            act(state == S::Submitted, Act::get("settlements-failed", href("failed"), Permission::MoneyEdit)),
            act(
                matches!(state, S::Authorised | S::Approved | S::Failed),
                Act::get("settlements-void", href("void"), Permission::CasesEdit).grave(),
            ),
        ]
        .into_iter()
        .flatten()
        .chain(file)
        .map(Act::brand_only)
        .collect()
    }
}

/// An entry of the ledger as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryView {
    #[serde(skip)]
    garment: Option<GarmentId>,
    /// What its address ends with.
    pub code: String,
    /// The day it was spent.
    pub occurred_on: NaiveDate,
    /// Number of the case.
    pub case: String,
    /// Line of the case.
    pub line: Option<i64>,
    /// The garment's serial.
    pub serial: String,
    /// What it is for.
    pub kind: LedgerKind,
    /// Which way it counts.
    pub sign: Sign,
    /// How much, as people write it.
    pub amount: String,
    /// Of this currency.
    pub currency: String,
    /// Whom it is charged to.
    pub payer: PayerKind,
    /// Code of the party.
    pub party: Option<String>,
    /// Bill, waybill, voucher.
    pub reference: String,
    /// The settlement that was paid.
    pub settlement: Option<Id>,
    /// The version of a verdict that moved it.
    pub verdict: Option<Id>,
    /// The entry it moves a part of.
    pub moves: Option<Id>,
    /// The entry it takes back.
    pub reversal_of: Option<Id>,
    /// Who posted it.
    pub actor: String,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// Always 1: an entry never changes.
    pub version: i64,
}

fn entry_views(db: &mut Db, entries: Vec<LedgerEntry>) -> Result<Vec<EntryView>> {
    let lines: Vec<Id> = entries.iter().filter_map(|entry| entry.line_id).collect();
    let named = Named::of(db, &entries.iter().map(|entry| entry.case_id).collect::<Vec<_>>(), &lines)?;
    let parties: Vec<Id> = entries.iter().filter_map(|entry| entry.party_id).collect();
    let parties = parties::codes_of_ids(db, &parties)?;
    let view = |entry: LedgerEntry| {
        Ok(EntryView {
            garment: entry.garment_id,
            code: entry.id.to_string(),
            occurred_on: entry.occurred_on,
            case: named.case(entry.case_id)?,
            line: named.line(entry.line_id),
            serial: String::new(),
            kind: entry.kind,
            sign: entry.sign,
            amount: entry.money().amount(),
            currency: entry.currency,
            payer: entry.payer,
            party: entry.party_id.and_then(|id| parties.get(&id).cloned()),
            reference: entry.reference,
            settlement: entry.settlement_id,
            verdict: entry.verdict_id,
            moves: entry.moves_id,
            reversal_of: entry.reversal_of,
            actor: entry.actor,
            at: entry.at,
            version: 1,
        })
    };
    entries.into_iter().map(view).collect()
}

impl EntryView {
    /// The entry itself.
    pub(super) fn stored(&self, db: &mut Db) -> Result<LedgerEntry> {
        ledger::with_ids(db, &[self.code.parse()?])?.pop().ok_or_else(|| Code::NotFound.into())
    }

    /// The cost that somebody says.
    fn cost(&self, db: &mut Db, app: &AppState, stamp: &Stamp) -> Result<Cost> {
        let (case, line) = cases::line_if_said(db, &self.case, self.line)?;
        let currency = if self.currency.is_empty() { sales::CURRENCY.to_owned() } else { self.currency.clone() };
        let minor = money::read_amount("amount", &self.amount, &currency)?;
        let today = app.today();
        if self.occurred_on > today {
            return Err(Fault::new("occurred_on", Code::DateToCome).with("value", self.occurred_on).with("latest", today).into());
        }
        let payer = match (self.payer, self.party.as_deref()) {
            (PayerKind::Brand, None) => Payer::Brand,
            (PayerKind::Customer, None) => Payer::Customer,
            (PayerKind::Party, Some(code)) => {
                let party = parties::by_code(db, code)?.ok_or_else(|| Fault::new("party", Code::UnknownReference).with("value", code))?;
                if let Some(closed) = parties::closed_among(db, stamp, &[party.id])?.remove(&party.id) {
                    return Err(Fault::new("party", Code::Closed).with("closed", closed).into());
                }
                Payer::Party(party.id)
            }
            (PayerKind::Party, None) => return Err(Fault::new("party", Code::Missing).into()),
            (_, Some(_)) => {
                let allowed = PayerKind::Party;
                return Err(Fault::new("payer", Code::NotOneOf)
                    .with("value", self.payer.as_str())
                    .with("allowed", allowed.as_str())
                    .with("allowed_zh", allowed.word(Lang::Zh))
                    .with("allowed_en", allowed.word(Lang::En))
                    .into());
            }
        };
        Ok(Cost {
            case: case.id,
            line: line.map(|line| line.id),
            kind: self.kind,
            money: Money { minor, currency },
            occurred_on: self.occurred_on,
            payer,
            settlement: None,
            reference: self.reference.clone(),
        })
    }
}

impl Listing for EntryView {
    const FIELDS: &'static Fields = &LEDGER_FIELDS;
    const API: &'static str = "ledger";
    const SCHEMA: &'static str = "LedgerEntry";
    const FILTERS: &'static [Field] = FILTERS;
    type Read = BrandOnly<MoneyRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("ledger-new", "/ledger/new".to_owned(), Permission::MoneyEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let mut filter = LedgerFilter {
            kind: query.filter("kind").and_then(LedgerKind::of),
            payer: query.filter("payer").and_then(PayerKind::of),
            from: query.day("from"),
            to: query.day("to"),
            ..LedgerFilter::default()
        };
        if let Some(no) = query.filter_or_search("case") {
            let Some(case) = cases::by_no(db, no)? else { return Ok(Vec::new()) };
            filter.case = Some(case.id);
        }
        if let Some(code) = query.filter("party") {
            let Some(party) = parties::by_code(db, code)? else { return Ok(Vec::new()) };
            filter.party = Some(party.id);
        }
        let found = ledger::list(db, &filter, window)?;
        entry_views(db, found)
    }

    fn named(db: &mut Db, app: &AppState, mut rows: Vec<Self>) -> Result<Vec<Self>> {
        let garments: Vec<GarmentId> = rows.iter().filter_map(|row| row.garment).collect();
        let serials = serials::serials_of(db, &app.keys.serials, &garments)?;
        for row in &mut rows {
            row.serial = row.garment.and_then(|garment| serials.get(&garment).cloned()).unwrap_or_default();
        }
        Ok(rows)
    }
}

impl Thing for EntryView {
    const SUBJECT: &'static str = "ledger_entry";
    const SAVED: EventKind = EventKind::CostPosted;
    const NEW: &'static Fields = &NEW_ENTRY;
    const CHANGE: &'static Fields = &Fields::NONE;
    type Edit = MoneyEdit;

    fn id(&self) -> Id {
        parsed(&self.code).unwrap_or_default()
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn title(&self, lang: Lang) -> String {
        format!("{} {} {}", self.kind.word(lang), self.amount, self.currency)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = Id::of_codes(codes)?;
        let found = ledger::with_ids(db, &ids)?;
        entry_views(db, found)
    }

    fn make(self, db: &mut Db, stamp: &Stamp, app: &AppState, _secret: &str) -> Result<Self> {
        let cost = self.cost(db, app, stamp)?;
        let entry = ledger::post(db, stamp, &cost)?;
        let views = entry_views(db, vec![entry])?;
        Self::named(db, app, views)?.pop().ok_or_else(|| Code::NotFound.into())
    }

    /// Entries are made by [`Thing::make`] and never changed.
    fn write(self, _db: &mut Db, _stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        Err(Code::MethodNotAllowed.into())
    }

    fn acts(&self) -> Vec<Act> {
        if self.reversal_of.is_some() || self.moves.is_some() || self.settlement.is_some() {
            return Vec::new();
        }
        let href = format!("/ledger/{}/reverse", segment(&self.code));
        vec![Act::post("ledger-reverse", href, Permission::MoneyEdit).about("ledger-reverse-about").grave().brand_only()]
    }
}

/// What a case costs: its entries, and what each payer is charged with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseCosts {
    /// The entries, oldest first.
    pub entries: Vec<EntryView>,
    /// What each is charged with: who (the code of a party), how much.
    pub balances: Vec<(PayerKind, Option<String>, Money)>,
}

/// What a case costs, for its page.
pub fn costs_of_case(db: &mut Db, app: &AppState, case: Id) -> Result<CaseCosts> {
    let entries = ledger::entries_of_case(db, case)?;
    let views = entry_views(db, entries)?;
    let entries = EntryView::named(db, app, views)?;
    let balances = balances(db, BalanceOf::Case(case))?;
    let balances = named_balances(db, balances)?;
    Ok(CaseCosts { entries, balances })
}

/// Balances with the codes of parties.
pub(super) fn named_balances(db: &mut Db, balances: Vec<Balance>) -> Result<Vec<(PayerKind, Option<String>, Money)>> {
    let ids: Vec<Id> = balances.iter().filter_map(|balance| balance.payer.parts().1).collect();
    let codes = parties::codes_of_ids(db, &ids)?;
    let named = |Balance { payer, money }: Balance| {
        let (kind, party) = payer.parts();
        (kind, party.and_then(|id| codes.get(&id).cloned()), money)
    };
    Ok(balances.into_iter().map(named).collect())
}
