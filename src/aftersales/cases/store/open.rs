//! Opening a case: everything that is asked for at once, in one write.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use diesel::prelude::*;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::super::rules::{first_queue, kind_of, severity, usual_wish};
use super::super::{CaseState, GARMENTS_MAX, HOME, LineState, WORDS_MAX};
use super::CaseLine;
use super::lines;
use super::{ServiceCase, contact, moment, notes, service_case};
use crate::aftersales::classes::{CaseChannel, CaseKind, Priority, Wish};
use crate::aftersales::reasons;
use crate::each;
use crate::inspection::defects::{self, Severity, ZONES};
use crate::inspection::findings::photo::Picture;
use crate::kernel::choices::Choice;
use crate::kernel::event::EventKind;
use crate::kernel::serial::Keyring;
use crate::kernel::text::{self, Lang};
use crate::kernel::{BatchNo, Code, Error, Fault, Faults, GarmentId, Id, Refusal, Result, countries, saturating};
use crate::ownership::garments;
use crate::ownership::holders::{Contact, HolderKeys, Purpose};
use crate::ownership::sales::{self, Sale, SaleStatus};
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::platform::policies::{self, Policy};
use crate::production::batches;
use crate::production::serials::{self, Scanned};

/// How to reach whoever asks, and what for.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// What they left.
    pub contact: Contact,
    /// What they may be contacted for.
    pub purposes: Vec<Purpose>,
}

/// What is asked for about one garment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLine {
    /// The garment.
    pub garment: GarmentId,
    /// The code of a reason.
    pub reason: String,
    /// Place on the garment, or empty.
    pub zone: String,
    /// In their own words, or empty.
    pub words: String,
    /// What they would like; None when they leave it to us.
    pub wanted: Option<Wish>,
}

/// A case to be opened.
#[derive(Clone, Debug)]
pub struct NewCase {
    /// Numbers for it, drawn beforehand: [`draw`](super::super::draw).
    pub numbers: [String; 3],
    /// The local day.
    pub today: NaiveDate,
    /// The keys that contacts are sealed with.
    pub keys: HolderKeys,
    /// SHA-256 of the secret that opens its status page.
    pub secret_hash: String,
    /// How it came in.
    pub channel: CaseChannel,
    /// What it is about; None: what the first line would like.
    pub kind: Option<CaseKind>,
    /// What is done first; None: as its gravity asks.
    pub priority: Option<Priority>,
    /// The market whose rules hold; None: where the garment was sold.
    pub market: Option<String>,
    /// The language of whoever asks.
    pub lang: Lang,
    /// The order's number, or empty: that of the sale.
    pub order_no: String,
    /// How to reach whoever asks.
    pub contact: Option<NewContact>,
    /// A line per garment, none twice.
    pub lines: Vec<NewLine>,
    /// Pictures of what is wrong.
    pub photos: Vec<Picture>,
    /// The case it follows.
    pub parent: Option<Id>,
}

/// What somebody asks for about one garment, as it is scanned or typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineAsk {
    /// A serial, or the address a label holds.
    pub serial: String,
    /// The GTIN beside it, where that is needed to tell it from another.
    #[serde(default)]
    pub gtin: Option<String>,
    /// The code of a reason.
    pub reason: String,
    /// Place on the garment, one of the zones of findings.
    #[serde(default)]
    pub zone: String,
    /// In their own words.
    #[serde(default)]
    pub words: String,
    /// What they would like; absent when they leave it to us.
    #[serde(default)]
    pub wanted: Option<Wish>,
}

/// The garments of what is asked.
///
/// # Errors
/// [`Code::Invalid`] with every serial that names none, by its place.
pub fn found(db: &mut Db, keys: &Keyring, asks: &[LineAsk]) -> Result<Vec<NewLine>> {
    let (mut finder, mut faults, mut lines) = (serials::Finder::default(), Vec::new(), Vec::with_capacity(asks.len()));
    let mut voids = HashMap::new();
    for (place, ask) in asks.iter().enumerate() {
        let garment = match Scanned::read("serial", &ask.serial, ask.gtin.as_deref()) {
            Ok(scanned) => finder.find(db, keys, &scanned)?,
            Err(fault) => Err(fault),
        };
        let garment = match garment {
            // What is void is answered as what was never issued.
            Ok(garment) if is_void(db, &mut voids, garment)? => Err(Fault::new("serial", Code::SerialUnknown).with("value", &ask.serial)),
            found => found,
        };
        match garment {
            Ok(garment) => lines.push(NewLine {
                garment,
                reason: ask.reason.clone(),
                zone: ask.zone.clone(),
                words: ask.words.clone(),
                wanted: ask.wanted,
            }),
            Err(fault) => faults.push(Fault { field: at(place, &fault.field).into(), ..fault }),
        }
    }
    Refusal::unless_empty(faults)?;
    Ok(lines)
}

/// Whether a garment was never issued or is void, with what is known of its batch kept.
fn is_void(db: &mut Db, known: &mut HashMap<BatchNo, (i64, RoaringBitmap)>, garment: GarmentId) -> Result<bool> {
    let no = garment.batch();
    if let std::collections::hash_map::Entry::Vacant(entry) = known.entry(no) {
        let minted = batches::batch(db, no)?.map_or(0, |batch| batch.minted);
        entry.insert((minted, batches::voids_of(db, no)?));
    }
    Ok(known.get(&no).is_none_or(|(minted, voids)| garment.unit() >= *minted || voids.contains(saturating(garment.unit()))))
}

/// A place in what was asked.
fn at(place: usize, name: &str) -> String {
    format!("lines.{place}.{name}")
}

/// What the store knows of the garments of a new case.
struct Known {
    /// The latest sale of each garment that was ever sold.
    sales: HashMap<GarmentId, Sale>,
    reasons: Arc<HashMap<String, reasons::CaseReason>>,
}

fn known(db: &mut Db, new: &NewCase) -> Result<Known> {
    let mut all: Vec<GarmentId> = new.lines.iter().map(|line| line.garment).collect();
    all.sort_unstable();
    all.dedup();
    // Oldest first: the last one stays.
    let sales = sales::of_garments(db, &all)?.into_iter().map(|sale| (sale.garment, sale)).collect();
    Ok(Known { sales, reasons: reasons::by_code(db)? })
}

/// Everything that is wrong with what is asked, by its place.
fn faults(db: &mut Db, new: &NewCase, known: &Known) -> Result<Vec<Fault>> {
    let mut faults = Faults::default();
    if new.lines.is_empty() || new.lines.len() > GARMENTS_MAX {
        faults.note(Fault::new("lines", Code::OutOfRange).with("min", 1).with("max", GARMENTS_MAX));
        return Ok(faults.all());
    }
    let _order = faults.keep(text::optional_line("order_no", &new.order_no, 60));
    if let Some(market) = &new.market {
        let _market = faults.keep(countries::read("market", market));
    }
    let mut seen = HashSet::new();
    for (place, line) in new.lines.iter().enumerate() {
        if !seen.insert(line.garment) {
            faults.note(Fault::new(at(place, "serial"), Code::Duplicate));
        }
        if known.sales.get(&line.garment).is_some_and(|sale| sale.status == SaleStatus::Ended) {
            faults.note(Fault::new(at(place, "serial"), Code::GivenBack));
        }
        if known.reasons.get(&line.reason).is_none_or(|reason| reason.retired) {
            faults.note(Fault::new(at(place, "reason"), Code::UnknownReference).with("value", &line.reason));
        }
        if !line.zone.is_empty() && Choice::of(ZONES, &line.zone).is_none() {
            faults.note(Fault::new(at(place, "zone"), Code::UnknownReference).with("value", &line.zone));
        }
        let _words = faults.keep_at(&at(place, "words"), text::paragraph("words", &line.words, WORDS_MAX));
    }
    if !faults.any() {
        let places: HashMap<GarmentId, usize> = new.lines.iter().enumerate().map(|(place, line)| (line.garment, place)).collect();
        let all: Vec<GarmentId> = new.lines.iter().map(|line| line.garment).collect();
        for (live, no) in lines::live_of(db, &all)? {
            let place = places.get(&live.garment_id).copied().unwrap_or_default();
            faults.note(Fault::new(at(place, "serial"), Code::CaseOpen).with("no", no));
        }
    }
    Ok(faults.all())
}

/// Everything that is wrong with what is asked, by its place, without opening it.
pub(in crate::aftersales::cases) fn refusals(db: &mut Db, new: &NewCase) -> Result<Vec<Fault>> {
    let known = known(db, new)?;
    faults(db, new, &known)
}

/// Opens a case: its row, a line per garment, contact and photos, an event on it and one on each garment. The case and its lines.
///
/// # Errors
/// [`Code::CaseOpen`] where a garment is in an open line of another case; [`Code::Invalid`] with every other wrong place.
pub fn open(db: &mut Db, stamp: &Stamp, new: &NewCase) -> Result<(ServiceCase, Vec<CaseLine>)> {
    let known = known(db, new)?;
    Refusal::unless_none(faults(db, new, &known)?)?;
    let left = match &new.contact {
        // Nobody has to agree to anything to withdraw from a contract: the receipt is owed to them.
        Some(left) if new.kind == Some(CaseKind::Withdrawal) => Some((left.contact.declared()?, &left.purposes)),
        Some(left) => Some((left.contact.checked(&left.purposes)?, &left.purposes)),
        None => None,
    };
    let catalogue = defects::by_code(db)?;
    let many = policies::value(db, Policy::CaseMajorGarments, stamp.at)?;

    let id = stamp.id();
    let mut made = Vec::with_capacity(new.lines.len());
    let mut is_dangerous = false;
    for (place, line) in new.lines.iter().enumerate() {
        let reason = known.reasons.get(&line.reason).ok_or_else(|| Error::broken("a reason that was just there"))?;
        let defect = reason.defect_code.as_ref().and_then(|code| catalogue.get(code));
        is_dangerous |= defect.is_some_and(|defect| defect.severity == Severity::Critical);
        made.push(CaseLine {
            id: stamp.id(),
            case_id: id,
            line_no: saturating::<i64>(place) + 1,
            garment_id: line.garment,
            batch_no: line.garment.batch(),
            sale_seq: known.sales.get(&line.garment).map(|sale| sale.seq),
            state: LineState::Open,
            reason_code: reason.code.clone(),
            reason_class: reason.class,
            defect_code: reason.defect_code.clone(),
            zone: if line.zone.is_empty() { reason.usual_zone().to_owned() } else { line.zone.clone() },
            words: text::paragraph("words", &line.words, WORDS_MAX)?,
            wanted: line.wanted.unwrap_or(usual_wish(reason.class)),
            decided: None,
            grade: None,
            quarantined: false,
            inspected_on: None,
            found_defect: None,
            finding_id: None,
            cause: None,
            reported_on: new.today,
            ended_at: None,
            version: 1,
        });
    }
    let case = case_of(db, stamp, new, (&known, &made), id, severity(is_dangerous, saturating(made.len()), many))?;
    let tag = left.as_ref().and_then(|(contact, _)| new.keys.tail_tag(&case.order_no, &contact.phone));
    let case = ServiceCase { phone_tag: tag, ..case };
    each!(db, |c| diesel::insert_into(service_case::table).values(&case).execute(c))?;
    lines::insert(db, &made)?;
    if let Some((contact, purposes)) = &left {
        contact::save(db, stamp, &new.keys, &case, contact, purposes)?;
    }
    tell(db, stamp, &case, &made)?;
    if !new.photos.is_empty() {
        let line = made.first().filter(|_| made.len() == 1).map(|line| line.id);
        notes::attach(db, stamp, &case, line, &new.photos)?;
    }
    Ok((case, made))
}

fn case_of(
    db: &mut Db,
    stamp: &Stamp,
    new: &NewCase,
    (known, made): (&Known, &[CaseLine]),
    id: Id,
    severity: crate::aftersales::classes::CaseSeverity,
) -> Result<ServiceCase> {
    let first = made.first().ok_or(Code::Missing)?;
    let sale = known.sales.get(&first.garment_id);
    let retailers: HashSet<Option<Id>> = made.iter().map(|line| known.sales.get(&line.garment_id).and_then(|sale| sale.retailer)).collect();
    let kind = new.kind.unwrap_or(kind_of(first.wanted));
    let market = match &new.market {
        Some(market) => countries::read("market", market)?,
        None => sale.map(|sale| sale.country.clone()).filter(|country| !country.is_empty()).unwrap_or_else(|| HOME.to_owned()),
    };
    let order_no = text::optional_line("order_no", &new.order_no, 60)?;
    let urgent = if severity == crate::aftersales::classes::CaseSeverity::Critical { Priority::Urgent } else { Priority::Normal };
    Ok(ServiceCase {
        id,
        no: free_number(db, &new.numbers)?,
        kind,
        state: CaseState::New,
        severity,
        priority: new.priority.unwrap_or(urgent),
        channel: new.channel,
        market,
        lang: new.lang,
        order_no: if order_no.is_empty() { sale.map(|sale| sale.order_no.clone()).unwrap_or_default() } else { order_no },
        retailer_id: retailers.iter().next().copied().flatten().filter(|_| retailers.len() == 1),
        queue: first_queue(severity),
        owner_id: None,
        cause: None,
        result: String::new(),
        seq: 1,
        merged_into: None,
        parent_id: new.parent,
        secret_hash: new.secret_hash.clone(),
        phone_tag: None,
        opened_by: stamp.actor.clone(),
        opened_at: stamp.at,
        withdrawn_at: (kind == CaseKind::Withdrawal).then_some(stamp.at),
        told_at: None,
        resolved_at: None,
        closed_at: None,
        touched_at: stamp.at,
        version: 1,
    })
}

/// The first of these numbers that no case has.
fn free_number(db: &mut Db, numbers: &[String]) -> Result<String> {
    let taken: Vec<String> = each!(db, |c| service_case::table.filter(service_case::no.eq_any(numbers)).select(service_case::no).load(c))?;
    // Three draws out of 33 million a day that are all taken: whoever asks again draws again.
    numbers.iter().find(|no| !taken.contains(no)).cloned().ok_or(Error::Busy)
}

/// The events that it was opened. They say what is asked for, never by whom or in which words.
fn tell(db: &mut Db, stamp: &Stamp, case: &ServiceCase, made: &[CaseLine]) -> Result<()> {
    let mut by_reason: BTreeMap<&str, i64> = BTreeMap::new();
    for line in made {
        *by_reason.entry(&line.reason_code).or_default() += 1;
    }
    let body = json!({ "no": case.no, "kind": case.kind, "channel": case.channel, "severity": case.severity, "reasons": by_reason });
    moment(db, stamp, case, EventKind::CaseOpened, &body)?;
    let all: Vec<GarmentId> = made.iter().map(|line| line.garment_id).collect();
    garments::touch(db, &all, stamp.at)?;
    let facts: Vec<_> = made.iter().map(|line| (line.garment_id.0, json!({ "case": case.no, "reason": line.reason_code }))).collect();
    events::append_garments(db, stamp, EventKind::HelpAsked, &facts)
}
