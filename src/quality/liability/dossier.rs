//! Everything known of one garment in one file: what it was made of, who sold it, what was said, found, decided and paid. How to reach people is not in
//! it: that stays sealed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::{Value, json};

use super::store::{contests, files, inspections, records, verdicts};
use super::view::verdict_views;
use crate::aftersales::repairs::RepairOrder;
use crate::aftersales::settlements::LedgerEntry;
use crate::aftersales::{cases, returns, settlements};
use crate::inspection::findings;
use crate::kernel::event::Subject;
use crate::kernel::{Code, Error, GarmentId, Id, Result};
use crate::ownership::{sales, scans};
use crate::platform::db::Db;
use crate::platform::events::{self, Fact};
use crate::platform::http::sha256_hex;
use crate::platform::rooms::{Sees, Thing};
use crate::platform::state::AppState;
use crate::production::{batches, materials, parties};

/// The file's form.
const FORMAT: &str = "hangtag-garment/2";

/// What is known of a garment: a document, and the pictures and papers it names.
pub struct Dossier {
    /// The document.
    pub document: Value,
    /// Name and content of each file.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Facts with their bodies as documents.
fn told(facts: Vec<Fact>) -> Result<Vec<Value>> {
    let one = |fact: Fact| Ok(json!({ "at": fact.at, "kind": fact.kind, "actor": fact.actor, "body": fact.document()? }));
    facts.into_iter().map(one).collect()
}

fn of_thing(db: &mut Db, subject: &'static str, id: Id) -> Result<Vec<Value>> {
    told(events::of(db, Subject::Thing(subject, id.0))?)
}

fn entry(entry: &LedgerEntry, codes: &std::collections::HashMap<Id, String>) -> Value {
    json!({
        "entry": entry.id, "kind": entry.kind.as_str(), "sign": entry.sign.as_str(), "amount_minor": entry.amount_minor, "currency": entry.currency,
        "occurred_on": entry.occurred_on, "payer": entry.payer.as_str(), "party": entry.party_id.and_then(|id| codes.get(&id)),
        "verdict": entry.verdict_id, "moves": entry.moves_id, "reversal_of": entry.reversal_of,
    })
}

/// The repair of a line, with its quotes, checks and parts, and what happened to it.
fn repair(db: &mut Db, no: &str, line: i64) -> Result<Value> {
    let Some(order) = RepairOrder::find(db, &format!("{no}.{line}"), Sees::ALL)? else { return Ok(Value::Null) };
    let events = of_thing(db, RepairOrder::SUBJECT, order.row.id)?;
    Ok(json!({ "repair": order, "events": events }))
}

/// Gathers what is known of a garment.
///
/// # Errors
/// [`Code::NotFound`] for one that was never made.
pub fn dossier(app: &AppState, db: &mut Db, garment: GarmentId) -> Result<Dossier> {
    let batch = batches::batch(db, garment.batch())?.ok_or(Code::NotFound)?;
    let serial = batches::serial_of(db, &app.keys.serials, garment)?.ok_or(Code::NotFound)?.serial;
    let mut packed: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let uses: Vec<_> = batches::lots_of(db, batch.no)?.into_iter().filter(|used| used.units.contains(&garment.unit())).collect();
    let lots = materials::lots(db, &uses.iter().map(|used| used.lot).collect::<Vec<_>>())?;
    let mut known: BTreeSet<Id> = lots.iter().map(|lot| lot.party_id).collect();
    known.insert(batch.factory_id);
    let mut codes = parties::codes_of_ids(db, &known.into_iter().collect::<Vec<_>>())?;
    let lots: Vec<Value> = lots
        .iter()
        .map(|lot| json!({ "lot": lot.code, "kind": lot.kind, "supplier": codes.get(&lot.party_id), "dye_lot": lot.dye_lot, "received_on": lot.received_on }))
        .collect();
    let sold = sales::of_garment(db, garment)?;
    let sold: Vec<Value> = sold
        .into_iter()
        .map(|sale| json!({ "seq": sale.seq, "sold_on": sale.sold_on, "delivered_on": sale.delivered_on, "order_no": sale.order_no, "channel": sale.channel, "country": sale.country, "price_minor": sale.price_minor, "currency": sale.currency }))
        .collect();
    let found = findings::on_garment(db, garment)?;
    let photos = findings::photos_of(db, &found.iter().map(|finding| finding.id).collect::<Vec<_>>())?;
    for photo in photos.values().flatten() {
        if let Some((jpeg, _)) = findings::photo(db, photo.id, None)? {
            packed.insert(format!("findings/{}.jpg", photo.id), jpeg);
        }
    }
    let found: Vec<Value> = found
        .into_iter()
        .map(|one| {
            json!({
                "finding": one.id, "defect": one.defect_code, "stage": one.stage, "severity": one.severity, "found_on": one.found_on,
                "note": one.note, "status": one.status, "photos": photos.get(&one.id),
            })
        })
        .collect();
    let mut all = Vec::new();
    for line in cases::lines_of_garments(db, &[garment])? {
        let case = cases::by_id(db, line.case_id)?.ok_or_else(|| Error::broken("a line of no case"))?;
        let is_alone = cases::lines(db, case.id)?.len() == 1;
        let mut pictures = Vec::new();
        for photo in cases::photos(db, case.id)?.into_iter().filter(|photo| photo.line_id.map_or(is_alone, |shows| shows == line.id)) {
            if let Some((jpeg, hash)) = cases::photo_jpeg(db, case.id, photo.id)? {
                let name = format!("cases/{}/{}.jpg", case.no, photo.id);
                pictures.push(json!({ "file": name, "sha256": hash, "at": photo.at }));
                packed.insert(name, jpeg);
            }
        }
        let versions = verdicts::of_line(db, line.id)?;
        let ids: Vec<Id> = versions.iter().map(|one| one.id).collect();
        let mut papers = Vec::new();
        for paper in files::files_of(db, &ids, Sees::ALL)? {
            if let Some((_, content)) = files::content(db, paper.verdict_id, paper.id, Sees::ALL)? {
                let place = format!("verdicts/{}/{}.{}", paper.verdict_id, paper.id, paper.ending());
                papers.push(json!({ "file": place, "name": paper.name, "kind": paper.kind, "sha256": paper.sha256 }));
                packed.insert(place, content);
            }
        }
        let mut judged = Vec::new();
        for (view, one) in verdict_views(db, versions.clone(), Sees::ALL)?.into_iter().zip(&versions) {
            let bundle: Value = serde_json::from_str(&one.bundle).map_err(Error::broken)?;
            judged.push(json!({ "verdict": view, "bundle": bundle, "events": of_thing(db, "verdict", one.id)? }));
        }
        let entries = settlements::entries_of_lines(db, &[line.id])?;
        let paying: Vec<Id> = entries.iter().filter_map(|entry| entry.party_id).collect();
        codes.extend(parties::codes_of_ids(db, &paying)?);
        let replies = contests::of_line(db, line.id)?.into_iter();
        let replies: Vec<Value> = replies
            .map(|reply| json!({ "verdict": reply.verdict_id, "accepts": reply.accepts, "round": reply.round, "by_silence": reply.by_silence, "reason": reply.reason, "at": reply.at }))
            .collect();
        let second = inspections::of_line(db, line.id)?.into_iter();
        let second: Vec<Value> = second
            .map(|one| json!({ "verdict": one.verdict_id, "on": one.inspected_on, "found": one.found_defect, "confirms": one.confirms, "report": one.report }))
            .collect();
        all.push(json!({
            "case": case.no, "line": line.line_no, "kind": case.kind, "state": case.state, "reason": line.reason_code, "words": line.words,
            "reported_on": line.reported_on, "inspected_on": line.inspected_on, "found": line.found_defect, "cause": line.cause,
            "decided": line.decided, "photos": pictures, "papers": papers, "evidence": records::of_line(db, line.id)?, "verdicts": judged,
            "replies": replies, "second_inspections": second, "return": returns::of_line(db, line.id)?, "repair": repair(db, &case.no, line.line_no)?,
            "ledger": entries.iter().map(|one| entry(one, &codes)).collect::<Vec<_>>(), "events": of_thing(db, "case", case.id)?,
        }));
    }
    let named: Vec<Value> =
        packed.iter().map(|(name, content)| json!({ "file": name, "sha256": sha256_hex(content), "bytes": content.len() })).collect();
    let document = json!({
        "format": FORMAT, "made_at": app.clock.now(), "serial": serial, "batch": batch.code, "factory": codes.get(&batch.factory_id),
        "started_on": batch.started_on, "finished_on": batch.finished_on, "lots": lots, "sales": sold, "findings": found, "cases": all,
        "scans": scans::summary(db, garment)?, "events": told(events::of(db, Subject::Garment(garment.0))?)?, "files": named,
    });
    Ok(Dossier { document, files: packed.into_iter().collect() })
}

impl Dossier {
    /// All of it in one ZIP file; `garment.json` names every other file with its hash.
    ///
    /// # Errors
    /// [`Error::Broken`] when it cannot be packed.
    pub fn zipped(self) -> Result<Vec<u8>> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        let document = serde_json::to_vec_pretty(&self.document).map_err(Error::broken)?;
        for (name, content) in [("garment.json".to_owned(), document)].into_iter().chain(self.files) {
            zip.start_file(name, options).map_err(Error::broken)?;
            zip.write_all(&content)?;
        }
        Ok(zip.finish().map_err(Error::broken)?.into_inner())
    }
}
