//! Queries of signals: what garments have in common, how many were sold, what was found on them. Counts by batch and stretch of units; a row for
//! each garment only of those that somebody said something is wrong with.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::DefaultLoadingMode;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::dsl::{count_star, sql};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text, Timestamp};
use diesel::sqlite::{Sqlite, SqliteValue};

use super::rules::counts::SaleMonths;
use super::rules::frame::{BatchFrame, Stretch};
use super::rules::{month_of, month_of_text};
use crate::each;
use crate::inspection::findings::{Stage, Status, SubjectKind};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::text::Both;
use crate::kernel::{BatchNo, GarmentId, Id, Result, saturating};
use crate::platform::db::schema::{batch, batch_tally, defect, finding, lot, sale, sku, style};
use crate::platform::db::{Connection, Db, chunk_rows, in_chunks};
use crate::platform::events;

/// Keys of one statement that binds a few values besides.
const KEYS: usize = chunk_rows(1) - 8;

/// Stages at which a finding on a garment is a claim: after it left the factory.
pub const CLAIM_STAGES: [Stage; 4] = [Stage::Store, Stage::Return, Stage::Repair, Stage::Buyer];
/// Stages before the sale.
pub const LINE_STAGES: [Stage; 4] = [Stage::Incoming, Stage::Inline, Stage::Final, Stage::Warehouse];

/// What the answers were made of: another version is another answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceVersions {
    /// Of lots, batches and what went into them.
    pub genealogy: i64,
    /// Of styles, skus and parties.
    pub catalogue: i64,
    /// Rows of the counts by batch and retailer, and sales and ends of sales in them.
    pub sold: (i64, i64),
    /// The newest fact about anything but a garment.
    pub event: i64,
}

fn sum(column: &str) -> diesel::expression::SqlLiteral<Nullable<BigInt>> {
    // PostgreSQL sums whole numbers to a NUMERIC.
    sql(&format!("CAST(SUM({column}) AS BIGINT)"))
}

/// The versions as they are now.
pub fn versions(db: &mut Db) -> Result<SourceVersions> {
    let (rows, changes): (i64, Option<i64>) = each!(db, |c| batch_tally::table.select((count_star(), sum("changes"))).get_result(c))?;
    Ok(SourceVersions {
        genealogy: db.held_version("genealogy")?,
        catalogue: db.held_version("catalogue")?,
        sold: (rows, changes.unwrap_or_default()),
        event: events::newest_id(db)?,
    })
}

/// Sales and ends of sales so far, by batch.
pub fn sales_by_batch(db: &mut Db) -> Result<HashMap<i64, i64>> {
    let rows: Vec<(i64, Option<i64>)> =
        each!(db, |c| batch_tally::table.group_by(batch_tally::batch_no).select((batch_tally::batch_no, sum("changes"))).load(c))?;
    Ok(rows.into_iter().map(|(no, changes)| (no, changes.unwrap_or_default())).collect())
}

/// Every batch, by number. It is of the month in which it was finished, else begun.
pub fn batches(db: &mut Db) -> Result<Vec<BatchFrame>> {
    type Row = ((i64, i64, String, Option<NaiveDate>, Option<NaiveDate>, i64), (i64, String, String, String));
    let rows: Vec<Row> = each!(db, |c| batch::table
        .inner_join(sku::table.on(sku::id.eq(batch::sku_id)))
        .order(batch::no)
        .select((
            (batch::no, batch::factory_id, batch::line, batch::started_on, batch::finished_on, batch::minted),
            (sku::style_id, sku::size, sku::colour_zh, sku::colour_en)
        ))
        .load(c))?;
    let of = |((no, factory, line, started_on, finished_on, minted), (style, size, zh, en)): Row| BatchFrame {
        no,
        factory,
        line,
        month: finished_on.or(started_on).map(month_of),
        minted,
        style,
        size,
        colour: (zh, en),
    };
    Ok(rows.into_iter().map(of).collect())
}

/// The kind of every lot, by id.
pub fn kinds(db: &mut Db) -> Result<HashMap<i64, String>> {
    let rows: Vec<(i64, String)> = each!(db, |c| lot::table.select((lot::id, lot::kind)).load(c))?;
    Ok(rows.into_iter().collect())
}

/// Code and name of styles, by id.
pub fn styles(db: &mut Db, ids: &[i64]) -> Result<HashMap<i64, (String, Both)>> {
    let rows: Vec<(i64, String, String, String)> = in_chunks(ids, |ids| {
        each!(db, |c| style::table.filter(style::id.eq_any(ids)).select((style::id, style::code, style::name_zh, style::name_en)).load(c))
    })?;
    Ok(rows.into_iter().map(|(id, code, zh, en)| (id, (code, Both { zh, en }))).collect())
}

/// The names of all defects, by code.
pub fn defects(db: &mut Db) -> Result<HashMap<String, Both>> {
    let rows: Vec<(String, String, String)> =
        each!(db, |c| defect::table.select((defect::code, defect::name_zh, defect::name_en)).load(c))?;
    Ok(rows.into_iter().map(|(code, zh, en)| (code, Both { zh, en })).collect())
}

/// A month, read off the text of a day or an instant without the rest of it.
#[derive(Clone, Copy, Debug, FromSqlRow)]
pub struct Month(pub i32);

macro_rules! month {
    ($($sql:ident from $native:ident: $month:expr);*) => {
        $(
            impl FromSql<$sql, Sqlite> for Month {
                fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                    let text = value.read_text();
                    month_of_text(text).map(Self).ok_or_else(|| format!("no month: {text}").into())
                }
            }
            impl FromSql<$sql, Pg> for Month {
                fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                    <$native as FromSql<$sql, Pg>>::from_sql(value).map($month).map(Self)
                }
            }
        )*
    };
}

month!(Date from NaiveDate: month_of; Timestamp from NaiveDateTime: |at| month_of(at.date()));

/// Batch, month of the sale, month of its end, retailer, and how many.
type SoldRow = (i64, String, Option<String>, Option<i64>, i64);

/// Sales of a range of garments by batch, retailer and months, in no order.
fn sold_in(db: &mut Db, from: i64, to: i64) -> Result<Vec<(i64, i64, SaleMonths, u32)>> {
    let sales = sale::table.filter(sale::garment_id.ge(from).and(sale::garment_id.lt(to)));
    match &mut db.connection {
        // It groups by sorting rows of texts; counting them as they come takes half the time.
        Connection::Sqlite(c) => {
            type Row = (GarmentId, Month, Option<Month>, Option<i64>);
            let rows = sales.select((sale::garment_id, sale::sold_on, sale::ended_on, sale::retailer_id));
            let mut counted: HashMap<(i64, i64, SaleMonths), u32> = HashMap::new();
            for row in rows.load_iter::<Row, DefaultLoadingMode>(c)? {
                let (garment, Month(sold), ended, retailer) = row?;
                let months = SaleMonths { sold, ended: ended.map(|Month(ended)| ended) };
                *counted.entry((garment.batch().0, retailer.unwrap_or_default(), months)).or_default() += 1;
            }
            Ok(counted.into_iter().map(|((no, retailer, months), count)| (no, retailer, months, count)).collect())
        }
        Connection::Pg(c) => {
            let batch_no = || sql::<BigInt>("garment_id / 4194304");
            let sold = || sql::<Text>("substr(CAST(sold_on AS TEXT), 1, 7)");
            let ended = || sql::<Nullable<Text>>("substr(CAST(ended_on AS TEXT), 1, 7)");
            let retailer = || sql::<Nullable<BigInt>>("retailer_id");
            let rows: Vec<SoldRow> = sales
                .group_by((batch_no(), sold(), ended(), retailer()))
                .select((batch_no(), sold(), ended(), retailer(), count_star()))
                .load(c)?;
            let counted = |(no, sold, ended, retailer, count): SoldRow| {
                let months = SaleMonths { sold: month_of_text(&sold)?, ended: ended.as_deref().and_then(month_of_text) };
                Some((no, retailer.unwrap_or_default(), months, saturating(count)))
            };
            Ok(rows.into_iter().filter_map(counted).collect())
        }
    }
}

/// Sales by their months, of each stretch (its place) and retailer, the first months first: sums over them are the same to the last bit on either store.
pub type SoldByMonth = BTreeMap<(u32, i64), Vec<(SaleMonths, u32)>>;

/// Sales of the garments of each stretch (its place with it) by retailer and months. Batches of one stretch are asked for many at a time.
///
/// A garment is at risk from each of its sales until it comes back from it: what was given back with a defect was at risk until then.
pub fn sold(db: &mut Db, stretches: &[(u32, &Stretch)]) -> Result<SoldByMonth> {
    /// Batches of one question: as many as keep what is sorted for it small.
    const AT_ONCE: usize = 256;
    let mut found = SoldByMonth::new();
    let mut put = |place: u32, (_, retailer, months, count): (i64, i64, SaleMonths, u32)| {
        found.entry((place, retailer)).or_default().push((months, count));
    };
    let (whole, parts): (Vec<_>, Vec<_>) = stretches.iter().partition(|(_, one)| one.from == 0 && one.to >= UNITS_PER_BATCH);
    for chunk in whole.chunks(AT_ONCE) {
        let places: HashMap<i64, u32> = chunk.iter().map(|(place, one)| (one.batch, *place)).collect();
        let (Some((_, first)), Some((_, last))) = (chunk.first(), chunk.last()) else { continue };
        let (from, to) = (GarmentId::range_of(BatchNo(first.batch)).0, GarmentId::range_of(BatchNo(last.batch)).1 + 1);
        for row in sold_in(db, from, to)? {
            if let Some(place) = places.get(&row.0) {
                put(*place, row);
            }
        }
    }
    for (place, one) in parts {
        let first = GarmentId::range_of(BatchNo(one.batch)).0;
        for row in sold_in(db, first + one.from, first + one.to)? {
            put(place, row);
        }
    }
    found.values_mut().for_each(|months| months.sort_unstable());
    Ok(found)
}

/// A sale as claims need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleFacts {
    /// The garment.
    pub garment: GarmentId,
    /// The day.
    pub sold_on: NaiveDate,
    /// Its months.
    pub months: SaleMonths,
    /// Who sold it; 0 where none was named.
    pub retailer: i64,
}

/// The sales of garments, in the order of `garments` and of their numbers; one that was never sold is not there.
pub fn sales_of(db: &mut Db, garments: &[GarmentId]) -> Result<Vec<SaleFacts>> {
    let mut found = Vec::with_capacity(garments.len());
    for chunk in garments.chunks(KEYS) {
        let rows: Vec<(GarmentId, NaiveDate, Option<NaiveDate>, Option<i64>)> = each!(db, |c| sale::table
            .filter(sale::garment_id.eq_any(chunk))
            .order((sale::garment_id, sale::seq))
            .select((sale::garment_id, sale::sold_on, sale::ended_on, sale::retailer_id))
            .load(c))?;
        found.extend(rows.into_iter().map(|(garment, sold_on, ended_on, retailer)| SaleFacts {
            garment,
            sold_on,
            months: SaleMonths { sold: month_of(sold_on), ended: ended_on.map(month_of) },
            retailer: retailer.unwrap_or_default(),
        }));
    }
    Ok(found)
}

/// A finding as it is counted.
#[derive(Clone, Debug, Queryable)]
pub struct FoundOn {
    /// The garment, where it is on one.
    pub garment: Option<GarmentId>,
    /// The batch.
    pub batch: Option<BatchNo>,
    /// Code of the defect.
    pub defect: String,
    /// Pieces.
    pub pieces: i64,
    /// Where it was seen.
    pub stage: Stage,
    /// When.
    pub on: NaiveDate,
    /// The month in which it was written down here.
    pub written: Month,
}

/// What a question about findings is about.
#[derive(Clone, Copy, Debug)]
pub enum FoundAbout<'a> {
    /// Everything.
    All,
    /// These garments.
    Garments(&'a [GarmentId]),
    /// These batches as wholes.
    Batches(&'a [BatchNo]),
}

/// Live findings on garments, and at the line on whole batches.
pub fn found(db: &mut Db, about: FoundAbout<'_>) -> Result<Vec<FoundOn>> {
    macro_rules! live {
        ($filter:expr) => {
            finding::table.filter(finding::status.eq(Status::Live).and($filter)).select((
                finding::garment_id,
                finding::batch_no,
                finding::defect_code,
                finding::quantity,
                finding::stage,
                finding::found_on,
                finding::created_at,
            ))
        };
    }
    let mut found: Vec<FoundOn> = Vec::new();
    match about {
        FoundAbout::All => found = each!(db, |c| live!(finding::subject.ne(SubjectKind::Lot)).load(c))?,
        FoundAbout::Garments(garments) => {
            let garments: Vec<Option<GarmentId>> = garments.iter().copied().map(Some).collect();
            for chunk in garments.chunks(KEYS) {
                let of = || finding::subject.eq(SubjectKind::Garment).and(finding::garment_id.eq_any(chunk));
                found.extend(each!(db, |c| live!(of()).load::<FoundOn>(c))?);
            }
        }
        FoundAbout::Batches(batches) => {
            let batches: Vec<Option<BatchNo>> = batches.iter().copied().map(Some).collect();
            for chunk in batches.chunks(KEYS) {
                let of = || finding::subject.eq(SubjectKind::Batch).and(finding::batch_no.eq_any(chunk));
                found.extend(each!(db, |c| live!(of()).load::<FoundOn>(c))?);
            }
        }
    }
    Ok(found)
}

/// What findings are about: garments, and batches as wholes.
pub fn subjects_of(db: &mut Db, findings: &[Id]) -> Result<(Vec<GarmentId>, Vec<BatchNo>)> {
    type Row = (SubjectKind, Option<GarmentId>, Option<BatchNo>);
    let rows: Vec<Row> = in_chunks(findings, |findings| {
        each!(db, |c| finding::table
            .filter(finding::id.eq_any(findings))
            .select((finding::subject, finding::garment_id, finding::batch_no))
            .load(c))
    })?;
    let garments = rows.iter().filter_map(|(_, garment, _)| *garment).collect();
    let batches = rows.iter().filter(|row| row.0 == SubjectKind::Batch).filter_map(|row| row.2).collect();
    Ok((garments, batches))
}
