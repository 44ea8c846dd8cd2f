//! `migrate`, `backup`, `restore`, `doctor`: looking after the store and the keys.

use std::path::Path;

use super::{in_words, say, tell, terminal_lang};
use crate::app;
use crate::kernel::time::{Clock, local_date};
use crate::kernel::{Code, Error, Refusal, Result};
use crate::platform::config::Config;
use crate::platform::db::{self, DatabaseUrl, Finding, Migrated, Says, Store, StoreOptions};
use crate::platform::disk;
use crate::platform::keys::{KeyFile, Purpose};
use crate::platform::policies::{self, Policy};
use crate::platform::words::Words;
use crate::production::batches;
use crate::quality::liability;

const ONE: StoreOptions = StoreOptions { connections: 1, group_commit: true };

/// What a command may do when there is no store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum May {
    /// Nothing: it asks or changes one that must be there.
    Open,
    /// Make one in a folder that is there: it is how a deployment is filled. A path that was mistyped is rather told than made.
    Begin,
    /// Make one, and its folder.
    Make,
}

/// Brings the store up to this program, and says what was done to it beyond what was asked.
pub(super) fn bring_up(url: &DatabaseUrl, may: May) -> Result<Migrated> {
    let (is_there, place, may_make) = match url {
        DatabaseUrl::Sqlite(path) => {
            let folder_is_there = path.parent().is_some_and(Path::is_dir);
            (path.exists(), path.display().to_string(), may == May::Make || (may == May::Begin && folder_is_there))
        }
        // Asked only when it matters: most starts know their store.
        DatabaseUrl::Postgres(_) => (may != May::Open || !db::standing(url)?.versions.is_empty(), url.to_string(), may != May::Open),
    };
    if !is_there && !may_make {
        return Err(Refusal::new(Code::StoreMissing).with("place", place).into());
    }
    let migrated = db::migrate(url)?;
    let words = Words::of(terminal_lang());
    if migrated.made {
        tell(&words.say1("store-made", "place", place));
    }
    if let Some(copy) = &migrated.backup {
        tell(&words.say1("store-kept-copy", "place", copy.display()));
    }
    Ok(migrated)
}

/// Brings the tables up to this program, and looks whether they are what they should be.
pub(super) fn migrate(config: &Config) -> Result<()> {
    let url = config.database()?;
    let migrated = bring_up(&url, May::Make)?;
    let words = Words::of(terminal_lang());
    migrated.applied.iter().for_each(|version| say(&words.say1("store-applied", "version", version)));
    db::refuse_differences(&url, &db::standing(&url)?.differences)?;
    Store::open(&url, &ONE)?.write_blocking(app::seed)?;
    if migrated.applied.is_empty() {
        say(&words.say("store-nothing-to-do"));
    }
    Ok(())
}

/// Copies the embedded store into a new file, while it is in use.
pub(super) fn backup(config: &Config, file: &Path) -> Result<()> {
    let url = config.database()?;
    if let DatabaseUrl::Postgres(_) = &url {
        return Err(Error::broken("backup is for the embedded store; use pg_dump for PostgreSQL"));
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

/// Looks for trouble: the disk, the store, the keys, the policies, the clock. Changes nothing.
pub(super) fn doctor(config: &Config) -> Result<()> {
    let url = config.database()?;
    if let DatabaseUrl::Sqlite(place) = &url
        && !place.exists()
    {
        return Err(Refusal::new(Code::StoreMissing).with("place", place.display()).into());
    }
    let mut findings = disks(config, &url);
    match store_findings(&url, &mut findings) {
        Ok(epochs) => findings.push(keys(config, &epochs)),
        // What can be said without the store is said all the same.
        Err(error) => {
            findings.push(Finding::new("store", false, Says::Plain(in_words(&error))));
            findings.push(keys(config, &[]));
        }
    }
    let words = Words::of(terminal_lang());
    let mut sound = true;
    for finding in findings {
        sound &= finding.sound;
        let about = words.say(format!("doctor-{}", finding.about));
        let said = match finding.says {
            Says::Plain(text) => text,
            Says::Words(key, args) => words.say_with(key, &args).into_owned(),
            Says::Faults(faults) => {
                faults.iter().map(|fault| format!("{}: {}", fault.field, words.fault(fault))).collect::<Vec<_>>().join(" ")
            }
        };
        say(&format!("{} {about}: {said}", if finding.sound { "ok  " } else { "BAD " }));
    }
    if sound { Ok(()) } else { Err(Error::broken(words.say("doctor-attention"))) }
}

/// What the store says of itself; gives the epochs its serials were minted in.
fn store_findings(url: &DatabaseUrl, findings: &mut Vec<Finding>) -> Result<Vec<i64>> {
    let standing = db::standing(url)?;
    let store = Store::open(url, &ONE)?;
    let clock = Clock::system();
    findings.extend(db::examine(&store, &standing)?);
    // A store that lacks something cannot be asked about what is in it.
    if !standing.pending.is_empty() || standing.differences.iter().any(|one| !one.harmless) {
        return Ok(Vec::new());
    }
    findings.extend(policy_gaps(&store, &clock)?);
    findings.push(clock_against_events(&store, &clock)?);
    let unsound: Vec<String> = store.read_blocking(liability::unsound)?.iter().map(ToString::to_string).collect();
    findings.push(Finding::list("verdicts", &unsound, "doctor-verdicts-sound"));
    store.read_blocking(batches::epochs_in_use)
}

/// The free room of the disks that are written to.
fn disks(config: &Config, url: &DatabaseUrl) -> Vec<Finding> {
    let store = match url {
        DatabaseUrl::Sqlite(path) => path.parent(),
        DatabaseUrl::Postgres(_) => None,
    };
    let mut places: Vec<&Path> = store.into_iter().chain([config.data_dir.as_path()]).collect();
    places.dedup();
    places.into_iter().map(|place| room(place, disk::free(place))).collect()
}

fn room(place: &Path, free: Result<u64>) -> Finding {
    match free {
        Ok(free) => {
            let args = vec![("free", disk::megabytes(free).to_string()), ("place", place.display().to_string())];
            let is_enough = free >= disk::RESERVE;
            Finding::new("disk", is_enough, Says::Words(if is_enough { "doctor-free" } else { "doctor-full" }, args))
        }
        Err(error) => Finding::new("disk", false, Says::Plain(in_words(&error))),
    }
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
        Ok(inventory) => Finding::new("keys", true, Says::Plain(inventory)),
        Err(error) => Finding::new("keys", false, Says::Plain(in_words(&error))),
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
    let missing = store.read_blocking(crate::production::styles::policy_gaps)?;
    Ok(vec![
        Finding::list("policies", &wrong, "doctor-policies-sound"),
        Finding::list("warranty-policies", &missing, "doctor-warranties-sound"),
    ])
}

/// A clock behind the newest event would write history out of order.
fn clock_against_events(store: &Store, clock: &Clock) -> Result<Finding> {
    let newest = store.read_blocking(crate::platform::events::newest)?;
    let now = clock.now();
    let args = |newest: chrono::NaiveDateTime| vec![("now", now.to_string()), ("newest", newest.to_string())];
    Ok(match newest {
        Some(at) if at > now => Finding::new("clock", false, Says::Words("doctor-clock-behind", args(at))),
        _ => Finding::new("clock", true, Says::Words("doctor-clock-sound", args(now))),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text::Lang;

    #[test]
    fn a_disk_that_is_nearly_full_is_trouble() {
        let said = |free: u64| {
            let Finding { sound, says: Says::Words(key, args), .. } = room(Path::new("/srv/hangtag"), Ok(free)) else { panic!() };
            (sound, Words::of(Lang::En).say_with(key, &args).into_owned())
        };
        assert_eq!(said(0), (false, "only 0 MB free at /srv/hangtag: nothing can be written soon; make room".into()));
        assert!(!said(disk::RESERVE - 1).0);
        assert_eq!(said(2_500_000_000), (true, "2500 MB free at /srv/hangtag".into()));
    }
}
