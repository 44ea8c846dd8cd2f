//! `statement make | verify`: what a party is charged with, as a file that anybody can work out again.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Subcommand;

use super::{open, say, tell, terminal_lang};
use crate::kernel::money::{Money, read_currency};
use crate::kernel::{Code, Error, Fault, Refusal, Result};
use crate::platform::config::Config;
use crate::platform::words::Words;
use crate::production::parties;
use crate::quality::liability::rules::{self, StatementText};
use crate::quality::liability::{StatementAsk, counts, make_statement_with};

/// What can be done with statements.
#[derive(Subcommand)]
pub(super) enum StatementCommand {
    /// Make the statement of a party for a period: every verdict that became final in it and was not charged before.
    Make {
        /// Code of the party.
        #[arg(long, value_name = "CODE")]
        party: String,
        /// First day of the period (2026-05-01).
        #[arg(long, value_name = "DATE")]
        from: NaiveDate,
        /// Last day of the period.
        #[arg(long, value_name = "DATE")]
        to: NaiveDate,
        /// The file to make; it must not exist.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Of which currency.
        #[arg(long, default_value = "CNY")]
        currency: String,
    },
    /// Work a statement out again, from the file alone: its hash, every share, every amount. Needs no store.
    Verify {
        /// The file.
        file: PathBuf,
    },
}

/// Runs one of them.
pub(super) fn run(config: Config, command: StatementCommand) -> Result<()> {
    match command {
        StatementCommand::Make { party, from, to, out, currency } => make(config, &party, (from, to), &out, &currency),
        StatementCommand::Verify { file } => verify(&file),
    }
}

fn make(config: Config, code: &str, (from, to): (NaiveDate, NaiveDate), out: &Path, currency: &str) -> Result<()> {
    let currency = read_currency("currency", currency)?;
    let app = open(config)?;
    let found = code.to_owned();
    let party = app.store.read_blocking(move |db| parties::by_code(db, &found))?;
    let party = party.ok_or_else(|| Fault::new("party", Code::UnknownReference).with("value", code))?;
    // The place is taken first: a statement that could not be written down would stand in the store all the same.
    let taken = File::create_new(out);
    let mut file = taken.map_err(|error| -> Error {
        match error.kind() {
            std::io::ErrorKind::AlreadyExists => Refusal::new(Code::Duplicate).with("field", out.display()).into(),
            _ => Error::broken(format!("{}: {error}", out.display())),
        }
    })?;
    let stamp = app.stamp("cli");
    let ask = StatementAsk { party: party.id, from, to, currency };
    let counts = app.store.read_blocking(|db| counts(&app, db, ask.party));
    let made = counts.and_then(|counts| app.store.write_blocking(move |db| make_statement_with(db, &stamp, &ask, &counts)));
    let made = match made {
        Ok(made) => made,
        Err(error) => {
            drop(file);
            std::fs::remove_file(out)?;
            return Err(error);
        }
    };
    file.write_all(made.bundle.as_bytes())?;
    file.sync_all()?;
    let amount = Money { minor: made.amount_minor, currency: made.currency.clone() }.amount();
    let said = [("count", made.claims.to_string()), ("amount", amount), ("currency", made.currency), ("file", out.display().to_string())];
    tell(&Words::of(terminal_lang()).say_with("statement-made", &said));
    say(&made.sha256);
    Ok(())
}

fn verify(file: &Path) -> Result<()> {
    let words = Words::of(terminal_lang());
    let text = std::fs::read(file).map_err(|error| Error::broken(format!("{}: {error}", file.display())))?;
    let text = String::from_utf8(text).map_err(|_| Refusal::new(Code::Malformed).with("reason", "not UTF-8"))?;
    let verified = rules::verify(&text)?;
    say(&verified.sha256);
    for fault in &verified.differs {
        let said = [("place", fault.place.clone()), ("said", fault.said.clone()), ("is", fault.is.clone())];
        say(&words.say_with("statement-differs", &said));
    }
    if !verified.differs.is_empty() {
        return Err(Error::broken(words.say("statement-does-not-hold").into_owned()));
    }
    let StatementText { party, from, to, currency, lines, amount_minor, .. } = StatementText::of_file(&text)?;
    let amount = Money { minor: amount_minor, currency: currency.clone() }.amount();
    let said = [
        ("party", party.code),
        ("from", from.to_string()),
        ("to", to.to_string()),
        ("count", lines.len().to_string()),
        ("amount", amount),
        ("currency", currency),
    ];
    tell(&words.say_with("statement-holds", &said));
    Ok(())
}
