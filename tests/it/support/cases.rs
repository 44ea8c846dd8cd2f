//! Cases to settle and to judge, put into the store directly: how they are opened is tested with the cases themselves.

use diesel::connection::SimpleConnection;
use hangtag::each;
use hangtag::kernel::{GarmentId, Id};
use hangtag::platform::db::Db;

use super::TestApp;

/// A case with its lines.
pub struct Case {
    pub id: Id,
    pub no: String,
    pub lines: Vec<Id>,
}

impl TestApp {
    /// A case about these garments, each with which of its sales it is and the defect that was found on it, if any.
    pub async fn case(&self, garments: &[(GarmentId, Option<i64>, Option<&str>)]) -> Case {
        let id = self.state.id();
        let no = format!("260614-{}", &id.to_string()[8..]);
        let mut sql = format!(
            "INSERT INTO case_reason (code, class, name_zh, name_en, defect_code, categories, zones, rank, retired, version)
             VALUES ('button_off', 'defect', '纽扣掉了', 'A button came off', NULL, '', '', 1, FALSE, 1) ON CONFLICT (code) DO NOTHING;
             INSERT INTO service_case (id, no, kind, state, severity, priority, channel, market, lang, order_no, queue, result, seq, secret_hash, opened_by, opened_at, touched_at, version)
             VALUES ({}, '{no}', 'return', 'in_progress', 'general', 'normal', 'card', 'CN', 'zh-CN', 'W-1', 'desk', '', 1, 'x', 'system', '2026-06-14 08:00:00', '2026-06-14 08:00:00', 1);",
            id.0
        );
        let mut lines = Vec::new();
        for (place, (garment, sale, found)) in garments.iter().enumerate() {
            let line = self.state.id();
            let sale = sale.map_or("NULL".to_owned(), |seq| seq.to_string());
            let (found, inspected) = found.map_or(("NULL".to_owned(), "NULL"), |code| (format!("'{code}'"), "'2026-06-14'"));
            sql += &format!(
                "INSERT INTO case_line (id, case_id, line_no, garment_id, batch_no, sale_seq, state, reason_code, reason_class, zone, words, wanted, quarantined, inspected_on, found_defect, reported_on, version)
                 VALUES ({}, {}, {}, {}, {}, {sale}, 'open', 'button_off', 'defect', '', '', 'refund', FALSE, {inspected}, {found}, '2026-06-14', 1);",
                line.0,
                id.0,
                place + 1,
                garment.0,
                garment.batch().0,
            );
            lines.push(line);
        }
        self.write(hangtag::inspection::defects::seed).await;
        self.sql(&sql).await.unwrap();
        Case { id, no, lines }
    }

    /// Statements in one write, as they are. Nobody counts what is changed by hand: so whatever the program holds in memory is old after it.
    pub async fn sql(&self, sql: &str) -> hangtag::kernel::Result<()> {
        let sql = sql.to_owned();
        let by_hand = move |db: &mut Db| {
            each!(db, |c| c.batch_execute(&sql))?;
            ["calendar-versions", "calendars", "catalogue", "policies", "reasons", "rights"].into_iter().try_for_each(|name| db.bump(name))
        };
        self.state.store.write(by_hand).await
    }
}
