//! What `hangtag doctor` asks the store: is it sound, and is it the one this program expects?

use diesel::{QueryableByName, RunQueryDsl};

use super::{DatabaseUrl, Db, Store, pending};
use crate::kernel::Result;

/// One answer of an examination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub about: &'static str,
    /// Whether it is as it should be.
    pub sound: bool,
    /// In words, for the administrator.
    pub words: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Examines the store: migrations, integrity, foreign keys, durability settings.
///
/// # Errors
/// When the store cannot be asked at all.
pub fn examine(store: &Store, url: &DatabaseUrl) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let behind = pending(url)?;
    findings.push(Finding {
        about: "migrations",
        sound: behind.is_empty(),
        words: if behind.is_empty() { "none pending".into() } else { format!("pending: {}", behind.join(", ")) },
    });
    findings.extend(store.read_blocking(|db| {
        let ask = |db: &mut Db, sql: &str| -> Result<Vec<String>> {
            let lines: Vec<Line> = crate::each!(db, |c| diesel::sql_query(sql).load(c))?;
            Ok(lines.into_iter().map(|line| line.line).collect())
        };
        let mut answers = Vec::new();
        let mut check = |db: &mut Db, about, sql: &str, good: &str| -> Result<()> {
            let lines = ask(db, sql)?.join("; ");
            answers.push(Finding { about, sound: lines == good, words: if lines.is_empty() { "nothing found".into() } else { lines } });
            Ok(())
        };
        match db {
            Db::Sqlite(_) => {
                check(db, "integrity", "SELECT integrity_check AS line FROM pragma_integrity_check", "ok")?;
                check(db, "foreign keys", "SELECT DISTINCT \"table\" AS line FROM pragma_foreign_key_check", "")?;
                check(db, "journal", "SELECT journal_mode AS line FROM pragma_journal_mode", "wal")?;
            }
            Db::Pg(_) => {
                check(db, "fsync", "SELECT current_setting('fsync') AS line", "on")?;
                check(db, "synchronous_commit", "SELECT current_setting('synchronous_commit') AS line", "on")?;
            }
        }
        Ok(answers)
    })?);
    Ok(findings)
}
