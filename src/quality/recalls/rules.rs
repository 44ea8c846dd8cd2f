//! The canonical form of a scope's answer, and how two answers differ.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::super::trace::{AffectedBatch, Units};
use super::{NewScope, ScopeBatch};
use crate::kernel::{Error, Faults, Result, text};
use crate::platform::http::sha256_hex;

/// Checks what somebody wants saved.
///
/// # Errors
/// Every wrong field, named.
pub fn check(new: &NewScope) -> Result<NewScope> {
    let mut faults = Faults::default();
    let code = faults.keep(text::code("code", &new.code));
    let title = faults.keep(text::line("title", &new.title, 120));
    let asked = faults.keep(text::line("query.code", &new.query.code, 40));
    faults.unless_any(NewScope { code, title, query: super::ScopeQuery { kind: new.query.kind, code: asked } })
}

/// The batches of an answer as they are stored.
pub fn batches(affected: &[AffectedBatch]) -> Vec<ScopeBatch> {
    let units = |batch: &AffectedBatch| batch.units.iter().map(|range| Units { first: range.start + 1, last: range.end }).collect();
    affected.iter().map(|batch| ScopeBatch { batch: batch.code.clone(), no: batch.no, units: units(batch) }).collect()
}

/// The canonical form, and its hash: JSON without spaces, batches by number, fields in the order of [`ScopeBatch`].
///
/// # Errors
/// [`Error::Broken`] only if memory cannot be written.
pub fn canonical(batches: &[ScopeBatch]) -> Result<(String, String)> {
    let mut ordered: Vec<&ScopeBatch> = batches.iter().collect();
    ordered.sort_by_key(|batch| batch.no);
    let text = serde_json::to_string(&ordered).map_err(Error::broken)?;
    let hash = sha256_hex(text.as_bytes());
    Ok((text, hash))
}

/// How today's answer differs from the saved one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// Hash of today's answer.
    pub hash: String,
    /// Whether it is the same.
    pub same: bool,
    /// What the trace began at is not there any more.
    pub gone: bool,
    /// Batches that are in it today and were not.
    pub added: Vec<String>,
    /// Batches that were in it and are not today.
    pub removed: Vec<String>,
    /// Batches with other units.
    pub changed: Vec<String>,
}

/// Compares a saved answer with today's (None: nothing to begin at).
pub fn compare(saved: &[ScopeBatch], hash: &str, today: Option<&[ScopeBatch]>) -> Result<Difference> {
    let Some(today) = today else {
        return Ok(Difference { gone: true, ..Difference::default() });
    };
    let (_, now) = canonical(today)?;
    let by_no = |batches: &[ScopeBatch]| batches.iter().map(|batch| (batch.no, batch.clone())).collect::<BTreeMap<_, _>>();
    let (before, after) = (by_no(saved), by_no(today));
    let only_in = |one: &BTreeMap<i64, ScopeBatch>, other: &BTreeMap<i64, ScopeBatch>| {
        one.iter().filter(|(no, _)| !other.contains_key(no)).map(|(_, batch)| batch.batch.clone()).collect()
    };
    let changed =
        before.iter().filter(|(no, batch)| after.get(no).is_some_and(|other| other != *batch)).map(|(_, batch)| batch.batch.clone());
    Ok(Difference {
        same: now == hash,
        hash: now,
        gone: false,
        added: only_in(&after, &before),
        removed: only_in(&before, &after),
        changed: changed.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(no: i64, units: &[(i64, i64)]) -> ScopeBatch {
        ScopeBatch { batch: format!("B-{no}"), no, units: units.iter().map(|(first, last)| Units { first: *first, last: *last }).collect() }
    }

    #[test]
    fn the_canonical_form_is_fixed() {
        let (text, hash) = canonical(&[batch(9, &[]), batch(7, &[(1, 500), (601, 700)])]).unwrap();
        assert_eq!(
            text,
            r#"[{"batch":"B-7","no":7,"units":[{"first":1,"last":500},{"first":601,"last":700}]},{"batch":"B-9","no":9,"units":[]}]"#
        );
        // sha256sum of the line above.
        assert_eq!(hash, sha256_hex(text.as_bytes()));
        assert_eq!(canonical(&[]).unwrap().1, "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945");
    }

    #[test]
    fn differences_are_named() {
        let saved = [batch(1, &[(1, 10)]), batch(2, &[(1, 5)]), batch(3, &[])];
        let (_, hash) = canonical(&saved).unwrap();
        assert!(compare(&saved, &hash, Some(&saved)).unwrap().same);
        let found = compare(&saved, &hash, Some(&[batch(1, &[(1, 12)]), batch(3, &[]), batch(4, &[])])).unwrap();
        assert!(!found.same && found.hash != hash);
        assert_eq!((found.added, found.removed, found.changed), (vec!["B-4".into()], vec!["B-2".into()], vec!["B-1".into()]));
        assert!(compare(&saved, &hash, None).unwrap().gone);
    }
}
