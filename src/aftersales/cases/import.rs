//! A case about many garments, from a file: one case for every order of it. A key account sends its list, and nobody scans 2,000 labels.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use serde_json::json;

use super::store::lines;
use super::store::open::{self, LineAsk, NewCase, NewLine};
use super::{CHANNELS, draw};
use crate::aftersales::classes::{CaseChannel, Wish};
use crate::aftersales::reasons;
use crate::inspection::defects::ZONES;
use crate::kernel::choices::{Choice, not_one_of};
use crate::kernel::names::fold;
use crate::kernel::text::{self, Lang, folded};
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Result, parsed};
use crate::ownership::holders::{HolderKeys, Secret};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{AnyImport, Applied, Checked, Column, Columns, Entry, Import, ImportTable, Importer, Row, TableOut, things};
use crate::platform::keys::Keys;
use crate::platform::state::AppState;

/// The columns of such a file.
#[rustfmt::skip]
const COLUMNS: Columns = Columns { table: "case_garments", title: ("工单件号清单", "Garments of cases"), columns: &[
    Column::required("order_no", &["订单号"], &["Order", "Order no"], ("同一订单的各行成为一张工单，最多 5,000 件", "The rows of one order become one case, of at most 5,000 garments"), "PO-2026-0815"),
    Column::required("serial", &[], &[], ("标签上的序列号或网址", "The serial or the address of the label"), "a7-Q/0001").of(things::SERIAL),
    Column::optional("gtin", &[], &[], ("同号的不止一件时填写", "Where several garments have the serial"), "06901234000016").of(things::GTIN),
    Column::required("reason", &["原因", "原因代码"], &["What is wrong", "Reason"], ("原因的代码或说法", "Code or words of a reason"), "button_off"),
    Column::optional("zone", &["部位"], &["Where", "Place"], ("部位的代码或名称", "Code or name of a place"), "closure"),
    Column::optional("words", &["客户的说法", "说明"], &["In their words"], ("客户怎么说；不写个人信息", "What they say; names no person"), ""),
    Column::optional("wanted", &["希望"], &["They would like"], ("维修、换货、退款……；不填则按原因处理", "Repair, exchange, refund …; as the reason suggests when empty"), "repair"),
    Column::optional("channel", &["来源"], &["Came by"], ("电话、在线客服、邮件、门店；不填为邮件", "Telephone, chat, mail or shop; mail when empty"), "mail"),
] };

/// Such files at the import desk. What they opened is read as cases, not from here: whoever takes out a whole parcel gets nothing of them by it, and
/// needs no right to them.
pub const IMPORT: ImportTable =
    ImportTable { columns: &COLUMNS, needs: Permission::CasesEdit, reads: Permission::CatalogueRead, begin, rows: no_rows };

fn begin(app: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    let holders = HolderKeys::derive(&app.keys.house)?;
    let (keys, stamp, today) = (app.keys.clone(), importer.stamp.clone(), app.today());
    Ok(Box::new(CaseImport { keys, holders, stamp, today, reasons: HashMap::new(), orders: HashMap::new() }))
}

fn no_rows(_: &mut Db, _: &mut TableOut<'_>) -> Result<()> {
    Ok(())
}

/// A row.
#[derive(Clone, Debug)]
pub struct CaseGarment {
    order: String,
    channel: CaseChannel,
    ask: LineAsk,
}

/// What a file asks for about one order.
struct Order {
    order_no: String,
    channel: CaseChannel,
    numbers: [String; 3],
    secret_hash: String,
    lines: Vec<(u64, NewLine)>,
    /// How many of its garments are in a case of this order already.
    there: usize,
}

struct CaseImport {
    keys: std::sync::Arc<Keys>,
    holders: HolderKeys,
    stamp: Stamp,
    today: NaiveDate,
    /// Codes of reasons by what people call them.
    reasons: HashMap<String, String>,
    orders: HashMap<String, Order>,
}

impl CaseImport {
    /// The case that an order becomes.
    fn case_of(&self, order: &Order) -> NewCase {
        NewCase {
            numbers: order.numbers.clone(),
            today: self.today,
            keys: self.holders.clone(),
            secret_hash: order.secret_hash.clone(),
            channel: order.channel,
            kind: None,
            priority: None,
            market: None,
            lang: Lang::Zh,
            order_no: order.order_no.clone(),
            contact: None,
            lines: order.lines.iter().map(|(_, line)| line.clone()).collect(),
            photos: Vec::new(),
            parent: None,
        }
    }
}

/// A fault of a line of what is asked, at the line of the file: `lines.3.serial` is the fourth row's serial.
fn at_line(fault: Fault, lines: &[u64]) -> Fault {
    let mut parts = fault.field.splitn(3, '.');
    let place = match (parts.next(), parts.next().and_then(parsed::<usize>), parts.next()) {
        (Some("lines"), Some(place), Some(column)) => lines.get(place).map(|line| (*line, column.to_owned())),
        (Some("lines"), None, None) => lines.first().map(|line| (*line, "order_no".to_owned())),
        _ => None,
    };
    match place {
        Some((line, column)) => Fault { field: column.into(), ..fault }.at_line(line),
        None => fault,
    }
}

/// The order's number of the open case that each of these garments is in.
fn open_orders(db: &mut Db, garments: &[GarmentId]) -> Result<HashMap<GarmentId, String>> {
    let live = lines::live_of(db, garments)?;
    let cases: HashSet<Id> = live.iter().map(|(line, _)| line.case_id).collect();
    let mut orders = HashMap::new();
    for case in cases {
        orders.insert(case, super::by_id(db, case)?.map(|case| folded(&case.order_no)).unwrap_or_default());
    }
    Ok(live.into_iter().filter_map(|(line, _)| Some((line.garment_id, orders.get(&line.case_id)?.clone()))).collect())
}

impl Import for CaseImport {
    type Record = CaseGarment;

    fn columns(&self) -> &'static Columns {
        const { &COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<CaseGarment> {
        let order = row.read("order_no", |field, written| text::line(field, written, 60));
        let serial = row.read("serial", |field, written| text::line(field, written, 2_000));
        let gtin = row.optional_text("gtin", 40);
        let reason = row.read("reason", |field, written| text::line(field, written, 80));
        let zone = row.optional("zone", |field, written| {
            Choice::meant_by(ZONES, written)
                .map(|zone| zone.text)
                .ok_or_else(|| Fault::new(field, Code::UnknownReference).with("value", written))
        });
        let words = row.optional("words", |field, written| text::paragraph(field, written, super::WORDS_MAX));
        let wanted = row.optional("wanted", |field, written| {
            Wish::meant_by(written).ok_or_else(|| not_one_of(field, written, &Wish::TABLE.iter().collect::<Vec<_>>()))
        });
        let channel = row.optional("channel", |field, written| {
            let known = Choice::meant_by(CHANNELS, written).and_then(|channel| CaseChannel::of(channel.text));
            known.ok_or_else(|| not_one_of(field, written, &CHANNELS.iter().collect::<Vec<_>>()))
        });
        let (order, serial, gtin, reason, zone, words, wanted, channel) =
            (order?, serial?, gtin?, reason?, zone?, words?, wanted?, channel?);
        row.unique("serial", &fold(&serial));
        let (zone, words) = (zone.unwrap_or_default().to_owned(), words.unwrap_or_default());
        Some(CaseGarment {
            order,
            channel: channel.unwrap_or(CaseChannel::Mail),
            ask: LineAsk { serial, gtin, reason, zone, words, wanted },
        })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<CaseGarment>]) -> Result<Checked> {
        if self.reasons.is_empty() {
            for reason in reasons::all(db)?.into_iter().filter(|reason| !reason.retired) {
                let names = [&reason.code, &reason.name_zh, &reason.name_en].map(|name| fold(name));
                self.reasons.extend(names.into_iter().filter(|name| !name.is_empty()).map(|name| (name, reason.code.clone())));
            }
        }
        let mut asks: Vec<LineAsk> = chunk.iter().map(|entry| entry.record.ask.clone()).collect();
        let mut faults = Vec::new();
        for (entry, ask) in chunk.iter().zip(&mut asks) {
            match self.reasons.get(&fold(&ask.reason)) {
                Some(code) => ask.reason.clone_from(code),
                None => faults.push(entry.fault("reason", Code::UnknownReference).with("value", &ask.reason)),
            }
        }
        let at: Vec<u64> = chunk.iter().map(|entry| entry.line).collect();
        let found = match open::found(db, &self.keys.serials, &asks) {
            Ok(found) => found,
            Err(Error::Refused(refusal)) => {
                faults.extend(refusal.faults.into_iter().map(|fault| at_line(fault, &at)));
                return Ok(Checked { faults, ..Checked::default() });
            }
            Err(error) => return Err(error),
        };
        let garments: Vec<GarmentId> = found.iter().map(|line| line.garment).collect();
        let there = open_orders(db, &garments)?;
        let mut would = Applied::default();
        for (entry, line) in chunk.iter().zip(found) {
            let CaseGarment { order: order_no, channel, ask } = &entry.record;
            let is_there = there.get(&line.garment).is_some_and(|order| *order == folded(order_no));
            let order = self.orders.entry(folded(order_no)).or_insert_with(|| Order {
                order_no: order_no.clone(),
                channel: *channel,
                numbers: draw(self.today),
                secret_hash: Secret::fresh().hash(),
                lines: Vec::new(),
                there: 0,
            });
            if is_there {
                order.there += 1;
                would.unchanged += 1;
            } else {
                would.add(
                    entry.line,
                    ask.serial.as_str(),
                    || json!({ "order_no": order_no, "serial": ask.serial, "reason": line.reason }),
                )?;
            }
            order.lines.push((entry.line, line));
        }
        Ok(Checked { faults, would, ..Checked::default() })
    }

    fn check_whole(&mut self, db: &mut Db) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        for order in self.orders.values().filter(|order| order.there < order.lines.len()) {
            let at: Vec<u64> = order.lines.iter().map(|(line, _)| *line).collect();
            faults.extend(open::refusals(db, &self.case_of(order))?.into_iter().map(|fault| at_line(fault, &at)));
        }
        Ok(faults)
    }

    /// A case is opened whole, with the first of its rows: what is interrupted has opened all of an order or nothing of it.
    fn apply(&mut self, db: &mut Db, chunk: &[Entry<CaseGarment>]) -> Result<Applied> {
        let mut applied = Applied::default();
        let begins = |order: &&Order| {
            let first = order.lines.first().map(|(line, _)| *line);
            order.there < order.lines.len() && first.is_some_and(|first| chunk.iter().any(|entry| entry.line == first))
        };
        for order in self.orders.values().filter(begins) {
            open::open(db, &self.stamp, &self.case_of(order))?;
        }
        for entry in chunk {
            let CaseGarment { order: order_no, ask, .. } = &entry.record;
            match self.orders.get(&folded(order_no)) {
                Some(order) if order.there < order.lines.len() => {
                    let reason = self.reasons.get(&fold(&ask.reason));
                    applied.add(
                        entry.line,
                        ask.serial.as_str(),
                        || json!({ "order_no": order_no, "serial": ask.serial, "reason": reason }),
                    )?;
                }
                _ => applied.unchanged += 1,
            }
        }
        Ok(applied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_clear_and_faults_stand_at_their_lines() {
        assert_eq!(COLUMNS.ambiguous(), Vec::<&str>::new());
        let placed = at_line(Fault::new("lines.1.serial", Code::Duplicate), &[2, 7]);
        assert_eq!((placed.line, placed.field.as_ref()), (Some(7), "serial"));
        let placed = at_line(Fault::new("lines", Code::OutOfRange), &[2, 7]);
        assert_eq!((placed.line, placed.field.as_ref()), (Some(2), "order_no"));
    }
}
