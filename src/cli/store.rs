//! `migrate`, `backup`, `restore`, `doctor`: looking after the store and the keys.

use std::path::Path;

use super::{in_words, say};
use crate::config::Config;
use crate::kernel::time::{Clock, local_date};
use crate::kernel::{Error, Result};
use crate::platform::db::{self, DatabaseUrl, Finding, Store, StoreOptions};
use crate::platform::keys::{KeyFile, Purpose};
use crate::platform::policies::{self, Policy};
use crate::production::batches;
use crate::quality::findings;

const ONE: StoreOptions = StoreOptions { connections: 1, group_commit: true };

/// Brings the tables up to this program.
pub(super) fn migrate(config: &Config) -> Result<()> {
    let url = config.database()?;
    let migrated = db::migrate(&url)?;
    Store::open(&url, &ONE)?.write_blocking(findings::seed)?;
    if migrated.applied.is_empty() {
        say("nothing to do");
    }
    migrated.applied.iter().for_each(|version| say(&format!("applied {version}")));
    Ok(())
}

/// Copies the embedded store into a new file, while it is in use.
pub(super) fn backup(config: &Config, file: &Path) -> Result<()> {
    let url = config.database()?;
    let DatabaseUrl::Sqlite(place) = &url else {
        return Err(Error::broken("backup is for the embedded store; use pg_dump for PostgreSQL"));
    };
    if !place.exists() {
        return Err(Error::broken(format!("there is no store at {}", place.display())));
    }
    Store::open(&url, &ONE)?.backup_into(file)?;
    say(&format!("{} (the keys in {} are not in it: keep them apart)", file.display(), KeyFile::place(&config.data_dir).display()));
    Ok(())
}

/// Puts a backup in the place of a store that is not there.
pub(super) fn restore(config: &Config, file: &Path) -> Result<()> {
    let url = config.database()?;
    let DatabaseUrl::Sqlite(place) = &url else {
        return Err(Error::broken("restore is for the embedded store; PostgreSQL has tools of its own"));
    };
    let applied = db::restore(file, place)?;
    say(&format!("{} restored{}", place.display(), if applied.is_empty() { "" } else { " and migrated" }));
    let keys = KeyFile::place(&config.data_dir);
    if !keys.exists() {
        say(&format!("the keys are not at {}: put their copy there, or no label of this store can be verified", keys.display()));
    }
    Ok(())
}

/// Looks for trouble: the store, the keys, the policies, the clock.
pub(super) fn doctor(config: &Config) -> Result<()> {
    let url = config.database()?;
    if let DatabaseUrl::Sqlite(place) = &url
        && !place.exists()
    {
        return Err(Error::broken(format!("there is no store at {}; `hangtag migrate` makes one", place.display())));
    }
    let store = Store::open(&url, &ONE)?;
    let clock = Clock::system();
    let mut findings = db::examine(&store, &url)?;
    let migrated = findings.iter().all(|finding| finding.about != "migrations" || finding.sound);
    let epochs = if migrated { store.read_blocking(batches::epochs_in_use)? } else { Vec::new() };
    findings.push(keys(config, &epochs));
    if migrated {
        findings.extend(policy_gaps(&store, &clock)?);
        findings.push(clock_against_events(&store, &clock)?);
    }
    let mut sound = true;
    for finding in findings {
        sound &= finding.sound;
        say(&format!("{} {}: {}", if finding.sound { "ok  " } else { "BAD " }, finding.about, finding.words));
    }
    if sound { Ok(()) } else { Err(Error::broken("something needs attention")) }
}

/// The key file, which must have a key for every epoch that serials were minted in.
fn keys(config: &Config, epochs: &[i64]) -> Finding {
    let path = KeyFile::place(&config.data_dir);
    let read = KeyFile::open(&path).and_then(|file| {
        let held: Vec<i64> = file.keys()?.serials.epochs().map(|epoch| i64::from(epoch.number())).collect();
        let lost: Vec<_> = epochs.iter().filter(|epoch| !held.contains(epoch)).map(|epoch| format!("serial {epoch}")).collect();
        if !lost.is_empty() {
            return Err(Error::broken(format!("{} has no key that labels were made with: {}", path.display(), lost.join(", "))));
        }
        Ok(file
            .inventory()
            .map(|(purpose, number, made_on)| format!("{} {number} of {made_on}", purpose.as_str()))
            .collect::<Vec<_>>()
            .join(", "))
    });
    match read {
        Ok(words) => Finding { about: "keys", sound: true, words },
        Err(error) => Finding { about: "keys", sound: false, words: in_words(&error) },
    }
}

/// Policies whose value is out of bounds, and styles that name a warranty policy nobody wrote.
fn policy_gaps(store: &Store, clock: &Clock) -> Result<Vec<Finding>> {
    let now = clock.now();
    let wrong = store.read_blocking(|db| {
        let mut wrong = Vec::new();
        for policy in Policy::ALL {
            let value = policies::value(db, *policy, now)?;
            let (low, high) = policy.bounds();
            if !(low..=high).contains(&value) {
                wrong.push(format!("{} is {value}, allowed are {low} to {high}", policy.as_str()));
            }
        }
        Ok(wrong)
    })?;
    let missing = store.read_blocking(crate::production::products::policy_gaps)?;
    let words = |list: &[String], none: &str| if list.is_empty() { none.to_owned() } else { list.join("; ") };
    Ok(vec![
        Finding { about: "policies", sound: wrong.is_empty(), words: words(&wrong, "all within bounds") },
        Finding { about: "warranty policies", sound: missing.is_empty(), words: words(&missing, "every style's exists") },
    ])
}

/// A clock behind the newest event would write history out of order.
fn clock_against_events(store: &Store, clock: &Clock) -> Result<Finding> {
    let newest = store.read_blocking(crate::platform::events::newest)?;
    let now = clock.now();
    Ok(match newest {
        Some(at) if at > now => {
            Finding { about: "clock", sound: false, words: format!("now is {now} UTC, but the newest event is of {at} UTC") }
        }
        _ => Finding { about: "clock", sound: true, words: format!("{now} UTC, after every event") },
    })
}

/// Adds a key of a purpose.
pub(super) fn rotate(config: &Config, purpose: &str) -> Result<()> {
    let purpose = Purpose::of(purpose).ok_or_else(|| Error::broken("a key's purpose is serial, house or token"))?;
    let today = local_date(Clock::system().now(), config.time_zone);
    let number = KeyFile::open_or_create(&KeyFile::place(&config.data_dir), today)?.rotate(purpose, today)?;
    say(&format!("{} {number} is in use from the next start", purpose.as_str()));
    Ok(())
}
