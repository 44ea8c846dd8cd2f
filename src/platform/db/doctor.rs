//! What `hangtag doctor` asks the store: is it sound, and is it the one this program expects?

use diesel::{QueryableByName, RunQueryDsl};

use super::{Connection, Db, Difference, Standing, Store};
use crate::kernel::{Fault, Result};

/// One answer of an examination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: the message `doctor-<about>`.
    pub about: &'static str,
    /// Whether it is as it should be.
    pub sound: bool,
    /// What was found.
    pub says: Says,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// In the words of whoever was asked.
    Plain(String),
    /// A message with its arguments.
    Words(&'static str, Vec<(&'static str, String)>),
    /// What is wrong, each with its place.
    Faults(Vec<Fault>),
}

impl Finding {
    /// All is well, or something is not, in these words.
    pub fn new(about: &'static str, sound: bool, says: Says) -> Self {
        Self { about, sound, says }
    }

    /// A list of what is wrong; `none` is the message when nothing is.
    pub fn list(about: &'static str, wrong: &[String], none: &'static str) -> Self {
        let says = if wrong.is_empty() { Says::Words(none, Vec::new()) } else { Says::Plain(wrong.join("; ")) };
        Self::new(about, wrong.is_empty(), says)
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Whether the store's tables are those of this program.
fn tables(standing: &Standing) -> Vec<Finding> {
    let migrations = match standing.pending.as_slice() {
        [] => Says::Words("doctor-none-pending", Vec::new()),
        pending => Says::Words("doctor-pending", vec![("versions", pending.join(", "))]),
    };
    let (harmless, wrong): (Vec<_>, Vec<_>) = standing.differences.iter().partition(|one| one.harmless);
    let faults = |some: Vec<&Difference>| Says::Faults(some.into_iter().map(|one| one.fault.clone()).collect());
    let mut findings = vec![Finding::new("migrations", standing.pending.is_empty(), migrations)];
    findings.push(match (wrong.is_empty(), standing.versions.last()) {
        (false, _) => Finding::new("tables", false, faults(wrong)),
        (true, version) => {
            let version = version.cloned().unwrap_or_default();
            Finding::new("tables", true, Says::Words("doctor-tables-as-made", vec![("version", version)]))
        }
    });
    if !harmless.is_empty() {
        findings.push(Finding::new("more", true, faults(harmless)));
    }
    findings
}

/// Examines the store: its tables, integrity, foreign keys, durability settings.
pub fn examine(store: &Store, standing: &Standing) -> Result<Vec<Finding>> {
    let mut findings = tables(standing);
    findings.extend(store.read_blocking(|db| {
        let ask = |db: &mut Db, sql: &str| -> Result<Vec<String>> {
            let lines: Vec<Line> = crate::each!(db, |c| diesel::sql_query(sql).load(c))?;
            Ok(lines.into_iter().map(|line| line.line).collect())
        };
        let mut answers = Vec::new();
        let mut check = |db: &mut Db, about, sql: &str, good: &str| -> Result<()> {
            let lines = ask(db, sql)?.join("; ");
            let sound = lines == good;
            answers.push(Finding::new(
                about,
                sound,
                if lines.is_empty() { Says::Words("doctor-nothing", Vec::new()) } else { Says::Plain(lines) },
            ));
            Ok(())
        };
        match db.connection {
            Connection::Sqlite(_) => {
                check(db, "integrity", "SELECT integrity_check AS line FROM pragma_integrity_check", "ok")?;
                check(db, "foreign-keys", "SELECT DISTINCT \"table\" AS line FROM pragma_foreign_key_check", "")?;
                check(db, "journal", "SELECT journal_mode AS line FROM pragma_journal_mode", "wal")?;
            }
            Connection::Pg(_) => {
                check(db, "fsync", "SELECT current_setting('fsync') AS line", "on")?;
                check(db, "synchronous-commit", "SELECT current_setting('synchronous_commit') AS line", "on")?;
            }
        }
        Ok(answers)
    })?);
    Ok(findings)
}
