//! Queries of a trace. The genealogy's rows are read whole once per version; the rest takes the list of batches the walk came to.
//!
//! The same walk as recursive SQL ([`down_by_sql`], [`up_by_sql`]) is the check of the one in memory.

use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDate;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use roaring::RoaringBitmap;

use super::genealogy::{Parts, REPAIRED, UsePart};
use crate::aftersales::repairs::{self, RepairPart};
use crate::each;
use crate::kernel::text::{Both, folded};
use crate::kernel::{BatchNo, Error, GarmentId, Id, Result};
use crate::platform::db::schema::{
    batch, batch_lot, batch_tally, batch_void, defect, finding, label_chunk, label_job, lot, lot_parent, party, sale, sku, style,
};
use crate::platform::db::{Db, Live, chunk_rows};
use crate::production::materials;

/// From a lot forward, as SQL.
pub const DOWN_SQL: &str = include_str!("down.sql");
/// From units of a batch backward, as SQL.
pub const UP_SQL: &str = include_str!("up.sql");
const HELD_SQL: &str = include_str!("held.sql");

/// Keys of one `IN` list.
const KEYS: usize = chunk_rows(1) - 8;

/// Every row the genealogy is made of.
pub fn parts(db: &mut Db) -> Result<Parts> {
    let lots = each!(db, |c| lot::table.select((lot::id, lot::party_id)).load(c))?;
    let parents = each!(db, |c| lot_parent::table.select((lot_parent::lot_id, lot_parent::parent_id)).load(c))?;
    let batches = each!(db, |c| batch::table.select((batch::no, batch::factory_id)).load(c))?;
    type Row = (i64, String, i64, i64, i64, Option<i64>);
    let rows: Vec<Row> = each!(db, |c| batch_lot::table
        .select((
            batch_lot::batch_no,
            batch_lot::component,
            batch_lot::lot_id,
            batch_lot::unit_from,
            batch_lot::unit_to,
            batch_lot::quantity_milli
        ))
        .load(c))?;
    let uses = rows
        .into_iter()
        .map(|(batch_no, component, lot_id, unit_from, unit_to, quantity_milli)| UsePart {
            batch_no,
            component,
            lot_id,
            unit_from,
            unit_to,
            quantity_milli,
        })
        .chain(repairs::all_parts(db)?.into_iter().map(put_in))
        .collect();
    Ok(Parts { lots, parents, batches, uses })
}

/// What a repair put into a garment, as something that one unit of its batch is made of: beside the component it replaced, which stays in the history.
fn put_in(part: RepairPart) -> UsePart {
    let (batch, unit) = (part.garment_id.batch(), part.garment_id.unit());
    UsePart {
        batch_no: batch.0,
        component: format!("{}{REPAIRED}", part.component),
        lot_id: part.lot_id.0,
        unit_from: unit,
        unit_to: unit + 1,
        quantity_milli: Some(part.quantity_milli),
    }
}

#[derive(QueryableByName)]
struct SpanRow {
    #[diesel(sql_type = BigInt)]
    batch_no: i64,
    #[diesel(sql_type = BigInt)]
    unit_from: i64,
    #[diesel(sql_type = BigInt)]
    unit_to: i64,
}

/// Batch, first unit, unit after the last of everything made out of a lot: by recursion in the store.
pub fn down_by_sql(db: &mut Db, lot_id: i64) -> Result<Vec<(i64, i64, i64)>> {
    let rows: Vec<SpanRow> = each!(db, |c| diesel::sql_query(DOWN_SQL).bind::<BigInt, _>(lot_id).load(c))?;
    Ok(rows.into_iter().map(|row| (row.batch_no, row.unit_from, row.unit_to)).collect())
}

#[derive(QueryableByName)]
struct LotRow {
    #[diesel(sql_type = BigInt)]
    lot_id: i64,
}

/// Ids of every lot that units of a batch were made out of, ascending: by recursion in the store.
pub fn up_by_sql(db: &mut Db, batch_no: i64, units: &Range<i64>) -> Result<Vec<i64>> {
    let query = || diesel::sql_query(UP_SQL).bind::<BigInt, _>(batch_no).bind::<BigInt, _>(units.end).bind::<BigInt, _>(units.start);
    let rows: Vec<LotRow> = each!(db, |c| query().load(c))?;
    Ok(rows.into_iter().map(|row| row.lot_id).collect())
}

/// The party with this code: id, and the code as it is written.
pub fn party_of_code(db: &mut Db, code: &str) -> Result<Option<(i64, String)>> {
    let rows: Vec<(i64, String)> =
        each!(db, |c| party::table.filter(party::code_key.eq(folded(code))).select((party::id, party::code)).load(c))?;
    Ok(rows.into_iter().next())
}

/// The batch with this code: number, and the code as it is written.
pub fn batch_of_code(db: &mut Db, code: &str) -> Result<Option<(i64, String)>> {
    let rows: Vec<(i64, String)> =
        each!(db, |c| batch::table.filter(batch::code_key.eq(folded(code))).select((batch::no, batch::code)).load(c))?;
    Ok(rows.into_iter().next())
}

/// What a trace shows of a lot.
#[derive(Clone, Debug)]
pub struct LotFacts {
    /// What it is called: its code; `code@supplier` where several suppliers use it.
    pub code: String,
    /// Kind, as stored.
    pub kind: String,
    /// Material.
    pub material: Both,
    /// The dye house's own lot, or empty.
    pub dye_lot: String,
    /// Id of the party it came from.
    pub party_id: i64,
}

/// What a trace shows of lots, by id.
pub fn lots(db: &mut Db, ids: &[i64]) -> Result<HashMap<i64, LotFacts>> {
    type Row = (i64, String, String, String, String, String, i64);
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS) {
        let rows: Vec<Row> = each!(db, |c| lot::table
            .filter(lot::id.eq_any(chunk))
            .select((lot::id, lot::code, lot::kind, lot::material_zh, lot::material_en, lot::dye_lot, lot::party_id))
            .load(c))?;
        let mut names = materials::names(db, rows.iter().map(|(id, code, .., party)| (Id(*id), code.as_str(), Id(*party))))?;
        found.extend(rows.into_iter().map(|(id, code, kind, zh, en, dye_lot, party_id)| {
            let code = names.remove(&Id(id)).unwrap_or(code);
            (id, LotFacts { code, kind, material: Both { zh, en }, dye_lot, party_id })
        }));
    }
    Ok(found)
}

/// What a trace shows of a party.
#[derive(Clone, Debug)]
pub struct PartyFacts {
    /// Code.
    pub code: String,
    /// Name.
    pub name: Both,
    /// ISO 3166 alpha-2, or empty.
    pub country: String,
    /// City, or empty.
    pub city: String,
}

/// What a trace shows of parties, by id.
pub fn parties(db: &mut Db, ids: &[i64]) -> Result<HashMap<i64, PartyFacts>> {
    type Row = (i64, String, String, String, String, String);
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS) {
        let rows: Vec<Row> = each!(db, |c| party::table
            .filter(party::id.eq_any(chunk))
            .select((party::id, party::code, party::name_zh, party::name_en, party::country, party::city))
            .load(c))?;
        found.extend(
            rows.into_iter().map(|(id, code, zh, en, country, city)| (id, PartyFacts { code, name: Both { zh, en }, country, city })),
        );
    }
    Ok(found)
}

/// What a trace shows of a batch.
#[derive(Clone, Debug)]
pub struct BatchFacts {
    /// Number.
    pub no: i64,
    /// Code.
    pub code: String,
    /// Code of the sku.
    pub sku: String,
    /// Code of the style.
    pub style: String,
    /// Name of the style.
    pub style_name: Both,
    /// Id of the factory.
    pub factory_id: i64,
    /// The line, or empty.
    pub line: String,
    /// Last day of sewing.
    pub finished_on: Option<NaiveDate>,
    /// Units that have serials.
    pub minted: i64,
    /// Status, as stored.
    pub status: String,
}

/// What a trace shows of batches, by number ascending.
pub fn batches(db: &mut Db, numbers: &[i64]) -> Result<Vec<BatchFacts>> {
    type Row = ((i64, String, i64, String, Option<NaiveDate>, i64, String), String, (String, String, String));
    let mut found = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(KEYS) {
        let rows: Vec<Row> = each!(db, |c| batch::table
            .inner_join(sku::table.on(sku::id.eq(batch::sku_id)))
            .inner_join(style::table.on(style::id.eq(sku::style_id)))
            .filter(batch::no.eq_any(chunk))
            .select((
                (batch::no, batch::code, batch::factory_id, batch::line, batch::finished_on, batch::minted, batch::status),
                sku::code,
                (style::code, style::name_zh, style::name_en)
            ))
            .load(c))?;
        found.extend(rows.into_iter().map(|((no, code, factory_id, line, finished_on, minted, status), sku, (style, zh, en))| {
            BatchFacts { no, code, sku, style, style_name: Both { zh, en }, factory_id, line, finished_on, minted, status }
        }));
    }
    found.sort_unstable_by_key(|batch| batch.no);
    Ok(found)
}

/// Sold and claimed garments of a batch by retailer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable)]
pub struct Tally {
    /// Number of the batch.
    pub batch_no: i64,
    /// Id of the retailer; 0: none named.
    pub party_id: i64,
    /// Garments with a live sale.
    pub sold: i64,
    /// Garments with a holder.
    pub claimed: i64,
}

/// Counts of whole batches, in any order.
pub fn tallies(db: &mut Db, numbers: &[i64]) -> Result<Vec<Tally>> {
    let mut found = Vec::new();
    for chunk in numbers.chunks(KEYS) {
        let rows: Vec<Tally> = each!(db, |c| batch_tally::table
            .filter(batch_tally::batch_no.eq_any(chunk))
            .select((batch_tally::batch_no, batch_tally::party_id, batch_tally::sold, batch_tally::claimed))
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct HeldRow {
    #[diesel(sql_type = BigInt)]
    party_id: i64,
    #[diesel(sql_type = BigInt)]
    garments: i64,
}

/// Counts of some units of a batch, from the garments' own rows.
pub fn tally_units(db: &mut Db, no: i64, units: &Range<i64>) -> Result<Vec<Tally>> {
    let (first, _) = GarmentId::range_of(BatchNo(no));
    let (from, to) = (first + units.start, first + units.end);
    let sold: Vec<(Option<i64>, i64)> = each!(db, |c| sale::table
        .filter(sale::garment_id.ge(from).and(sale::garment_id.lt(to)).and(sale::status.eq(Live)))
        .group_by(sale::retailer_id)
        .select((sale::retailer_id, count_star()))
        .load(c))?;
    let query = || diesel::sql_query(HELD_SQL).bind::<BigInt, _>(from).bind::<BigInt, _>(to);
    let held: Vec<HeldRow> = each!(db, |c| query().load(c))?;
    let sold = sold.into_iter().map(|(party, sold)| Tally { batch_no: no, party_id: party.unwrap_or_default(), sold, claimed: 0 });
    let held = held.into_iter().map(|row| Tally { batch_no: no, party_id: row.party_id, sold: 0, claimed: row.garments });
    Ok(sold.chain(held).collect())
}

/// Units of batches that labels were made for: batch, first unit, unit after the last; by batch. Overlapping where a range was printed again.
/// A batch without any label job is not there.
pub fn labelled(db: &mut Db, numbers: &[i64]) -> Result<HashMap<i64, Vec<Range<i64>>>> {
    let mut found: HashMap<i64, Vec<Range<i64>>> = HashMap::new();
    for chunk in numbers.chunks(KEYS) {
        let jobs: Vec<(i64, i64, i64, i64)> = each!(db, |c| label_job::table
            .filter(label_job::batch_no.eq_any(chunk))
            .select((label_job::id, label_job::batch_no, label_job::unit_from, label_job::made))
            .load(c))?;
        let mut ranges: HashMap<i64, Vec<Range<i64>>> = HashMap::new();
        let ids: Vec<i64> = jobs.iter().map(|job| job.0).collect();
        let mut chunked: HashMap<i64, bool> = HashMap::new();
        for some in ids.chunks(KEYS) {
            let rows: Vec<(i64, i64, i64, String)> = each!(db, |c| label_chunk::table
                .filter(label_chunk::job_id.eq_any(some))
                .select((label_chunk::job_id, label_chunk::unit_from, label_chunk::unit_to, label_chunk::state))
                .load(c))?;
            for (job, from, to, state) in rows {
                chunked.insert(job, true);
                if matches!(state.as_str(), "sent" | "confirmed") {
                    ranges.entry(job).or_default().push(from..to);
                }
            }
        }
        for (id, no, from, made) in jobs {
            let of_batch = found.entry(no).or_default();
            if chunked.contains_key(&id) {
                of_batch.extend(ranges.remove(&id).unwrap_or_default());
            } else if made > 0 {
                of_batch.push(from..from + made);
            }
        }
    }
    Ok(found)
}

/// Void units of batches, by batch. A batch without any is not there.
///
/// # Errors
/// [`Error::Broken`] for a bitmap that cannot be read.
pub fn voids(db: &mut Db, numbers: &[i64]) -> Result<HashMap<i64, RoaringBitmap>> {
    let mut found = HashMap::new();
    for chunk in numbers.chunks(KEYS) {
        let rows: Vec<(i64, Vec<u8>)> = each!(db, |c| batch_void::table
            .filter(batch_void::batch_no.eq_any(chunk).and(batch_void::voided.gt(0)))
            .select((batch_void::batch_no, batch_void::bitmap))
            .load(c))?;
        for (no, bytes) in rows {
            found.insert(no, RoaringBitmap::deserialize_from(bytes.as_slice()).map_err(Error::broken)?);
        }
    }
    Ok(found)
}

/// Live findings of one kind.
#[derive(Clone, Debug, Queryable)]
pub struct FindingCount {
    /// Number of the batch, where it is about one.
    pub batch_no: Option<i64>,
    /// Code of the defect.
    pub defect: String,
    /// Severity, as stored.
    pub severity: String,
    /// Findings.
    pub findings: i64,
    /// Defective pieces they name.
    pub quantity: i64,
}

fn pieces() -> diesel::expression::SqlLiteral<BigInt> {
    sql::<BigInt>("CAST(SUM(quantity) AS BIGINT)")
}

/// Live findings on whole batches and their garments, counted by batch, defect and severity.
pub fn findings_of_batches(db: &mut Db, numbers: &[i64]) -> Result<Vec<FindingCount>> {
    let mut found = Vec::new();
    for chunk in numbers.chunks(KEYS) {
        let rows: Vec<FindingCount> = each!(db, |c| finding::table
            .filter(finding::batch_no.eq_any(chunk.iter().map(|no| Some(*no))).and(finding::status.eq("live")))
            .group_by((finding::batch_no, finding::defect_code, finding::severity))
            .select((finding::batch_no, finding::defect_code, finding::severity, count_star(), pieces()))
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

/// Live findings on garments among some units of a batch, and (`with_batch`) on the batch itself.
pub fn findings_of_units(db: &mut Db, no: i64, units: &Range<i64>, with_batch: bool) -> Result<Vec<FindingCount>> {
    let (first, _) = GarmentId::range_of(BatchNo(no));
    let within = || {
        let garment = finding::garment_id.ge(first + units.start).and(finding::garment_id.lt(first + units.end));
        finding::batch_no.eq(no).and(finding::status.eq("live")).and(garment)
    };
    let grouped = (finding::batch_no, finding::defect_code, finding::severity);
    let mut rows: Vec<FindingCount> = each!(db, |c| finding::table
        .filter(within())
        .group_by(grouped)
        .select((finding::batch_no, finding::defect_code, finding::severity, count_star(), pieces()))
        .load(c))?;
    if with_batch {
        let of_batch: Vec<FindingCount> = each!(db, |c| finding::table
            .filter(finding::batch_no.eq(no).and(finding::status.eq("live")).and(finding::subject.eq("batch")))
            .group_by(grouped)
            .select((finding::batch_no, finding::defect_code, finding::severity, count_star(), pieces()))
            .load(c))?;
        rows.extend(of_batch);
    }
    Ok(rows)
}

/// Live findings on lots, counted by defect and severity.
pub fn findings_of_lots(db: &mut Db, ids: &[i64]) -> Result<Vec<FindingCount>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(KEYS) {
        let rows: Vec<FindingCount> = each!(db, |c| finding::table
            .filter(
                finding::lot_id.eq_any(chunk.iter().map(|id| Some(*id))).and(finding::status.eq("live")).and(finding::subject.eq("lot"))
            )
            .group_by((finding::defect_code, finding::severity))
            .select((sql::<Nullable<BigInt>>("CAST(NULL AS BIGINT)"), finding::defect_code, finding::severity, count_star(), pieces()))
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

/// What a finding is about.
#[derive(Clone, Debug, Queryable)]
pub struct FindingFacts {
    /// `garment`, `batch` or `lot`.
    pub subject: String,
    /// The garment.
    pub garment_id: Option<i64>,
    /// The batch.
    pub batch_no: Option<i64>,
    /// The lot.
    pub lot_id: Option<i64>,
    /// Code of the defect.
    pub defect: String,
    /// The component the defect is of.
    pub component: String,
}

/// A finding, withdrawn ones included.
pub fn finding(db: &mut Db, id: i64) -> Result<Option<FindingFacts>> {
    let rows: Vec<FindingFacts> = each!(db, |c| finding::table
        .inner_join(defect::table.on(defect::code.eq(finding::defect_code)))
        .filter(finding::id.eq(id))
        .select((finding::subject, finding::garment_id, finding::batch_no, finding::lot_id, defect::code, defect::component))
        .load(c))?;
    Ok(rows.into_iter().next())
}

/// Names of defects, by code.
pub fn defect_names(db: &mut Db, codes: &[String]) -> Result<HashMap<String, Both>> {
    let rows: Vec<(String, String, String)> =
        each!(db, |c| defect::table.filter(defect::code.eq_any(codes)).select((defect::code, defect::name_zh, defect::name_en)).load(c))?;
    Ok(rows.into_iter().map(|(code, zh, en)| (code, Both { zh, en })).collect())
}
