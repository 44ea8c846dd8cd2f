//! A statement as a file: sealed with its hash, and worked out again from nothing but itself: every share, every amount, and the hash.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::bundle::ENGINE;
use super::canonical::canonical;
use super::counts::StatementCount;
use super::shares::{Role, WHOLE};
use super::statement::{BEFORE, FORMAT, StatementEntry, StatementKind, StatementText};
use super::tables::Rules;
use crate::kernel::error::{Code, Error, Refusal, Result};
use crate::kernel::text::hex;

/// Differences that are named; one is enough to reject a file.
const NAMED_MAX: usize = 100;

/// A file as it is: the statement and its hash.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    sha256: String,
    statement: StatementText,
}

impl Written {
    fn of(file: &str) -> Result<Self> {
        serde_json::from_str(file).map_err(|error| Refusal::new(Code::Malformed).with("reason", error).into())
    }
}

/// A sealed statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedStatement {
    /// The whole file.
    pub text: String,
    /// SHA-256 of the canonical JSON of the statement within.
    pub sha256: String,
}

/// Something in a file that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementFault {
    /// Where: `lines.3.amount_minor`.
    pub place: String,
    /// What the file says.
    pub said: String,
    /// What it must be.
    pub is: String,
}

/// What came of working a file out again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// SHA-256 of the canonical JSON of what the file says now.
    pub sha256: String,
    /// What differs; none for a file that holds. At most a hundred are named.
    pub differs: Vec<StatementFault>,
}

/// The canonical file of a statement whose canonical JSON this is.
fn file_of(sha256: &str, statement: &str) -> String {
    format!("{{\"sha256\":{},\"statement\":{statement}}}\n", Value::from(sha256))
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

impl StatementEntry {
    fn check(&self, at: &str, rules: &BTreeMap<&str, &Rules>, currency: &str, note: &mut dyn FnMut(String, String, String)) {
        match rules.get(self.rules.as_str()) {
            None => note(format!("{at}.rules"), self.rules.clone(), "-".to_owned()),
            Some(rules) => match self.reckoned(rules, currency) {
                Err(error) => note(format!("{at}.claim"), self.claim.code.clone(), error.to_string()),
                Ok(charge) => {
                    let said =
                        |role: Role| self.parts.iter().filter(|part| part.role == role).map(|part| u64::from(part.micro)).sum::<u64>();
                    let roles: BTreeSet<Role> = charge.keys().copied().chain(self.parts.iter().map(|part| part.role)).collect();
                    for role in roles {
                        let is = charge.get(&role).copied().map_or(0, u64::from);
                        if said(role) != is {
                            note(format!("{at}.parts.{}", role.as_str()), said(role).to_string(), is.to_string());
                        }
                    }
                    let without = self.reckoned_without(rules, currency);
                    if self.without != without {
                        let differs = self.without.iter().zip(&without).take_while(|(said, is)| said == is).count();
                        note(format!("{at}.without.{differs}"), self.without.len().to_string(), without.len().to_string());
                    }
                }
            },
        }
        if self.ambiguous != self.is_parted() {
            note(format!("{at}.ambiguous"), self.ambiguous.to_string(), self.is_parted().to_string());
        }
        if (self.kind == StatementKind::Correction) != self.corrects.is_some() {
            note(format!("{at}.corrects"), self.corrects.clone().unwrap_or_default(), self.kind.as_str().to_owned());
        }
        let sum: u64 = self.micros().into_iter().map(u64::from).sum();
        if sum != u64::from(WHOLE) {
            note(format!("{at}.payers"), sum.to_string(), WHOLE.to_string());
        } else if self.costs.iter().any(|cost| cost.amount_minor <= 0) {
            note(format!("{at}.costs"), "0".to_owned(), "> 0".to_owned());
        } else if self.amount_minor != self.charged() {
            note(format!("{at}.amount_minor"), self.amount_minor.to_string(), self.charged().to_string());
        }
    }
}

impl StatementText {
    /// The statement in a file.
    ///
    /// # Errors
    /// [`Code::Malformed`] for what is no statement.
    pub fn of_file(file: &str) -> Result<Self> {
        Ok(Written::of(file)?.statement)
    }

    /// Everything in it that is not what it must be.
    fn differs(&self) -> Vec<StatementFault> {
        let mut differs = Vec::new();
        let mut note = |place: String, said: String, is: String| {
            if differs.len() < NAMED_MAX {
                differs.push(StatementFault { place, said, is });
            }
        };
        let format = if self.format == BEFORE { BEFORE } else { FORMAT };
        for (place, said, is) in [("format", &self.format, format), ("engine", &self.engine, ENGINE)] {
            if said != is {
                note(place.to_owned(), said.clone(), is.to_owned());
            }
        }
        let mut rules = BTreeMap::new();
        for (place, tables) in self.rules.iter().enumerate() {
            if let Err(error) = tables.check() {
                note(format!("rules.{place}"), tables.version.clone(), error.to_string());
            }
            if rules.insert(tables.version.as_str(), tables).is_some() {
                note(format!("rules.{place}.version"), tables.version.clone(), "distinct".to_owned());
            }
        }
        let mut seen = BTreeSet::new();
        for (place, line) in self.lines.iter().enumerate() {
            let at = format!("lines.{place}");
            if !seen.insert((&line.verdict, line.kind)) {
                note(format!("{at}.verdict"), line.verdict.clone(), "distinct".to_owned());
            }
            line.check(&at, &rules, &self.currency, &mut note);
        }
        for (place, count) in self.counts.iter().enumerate() {
            let is = count.clone().worked_out();
            if *count != is {
                let said = |one: &StatementCount| format!("{} ({}–{})", one.ratio_micro, one.lower_micro, one.upper_micro);
                note(format!("counts.{place}"), said(count), said(&is));
            }
            // Files of the form before have no months; in others they come to what is said of all.
            let holds = if format == BEFORE { count.months.is_empty() } else { count.months_hold() };
            if !holds {
                note(format!("counts.{place}.months"), count.months.len().to_string(), count.claims.to_string());
            }
        }
        let parted: i128 = self.lines.iter().filter(|line| line.ambiguous).map(|line| i128::from(line.amount_minor)).sum();
        if i128::from(self.ambiguous_minor) != parted {
            note("ambiguous_minor".to_owned(), self.ambiguous_minor.to_string(), parted.to_string());
        }
        let sum: i128 = self.lines.iter().map(|line| i128::from(line.amount_minor)).sum();
        if i128::from(self.amount_minor) != sum {
            note("amount_minor".to_owned(), self.amount_minor.to_string(), sum.to_string());
        }
        differs
    }

    /// The file of it.
    ///
    /// # Errors
    /// [`Error::Broken`] for one that does not hold: none is ever given away.
    pub fn sealed(&self) -> Result<SealedStatement> {
        if let Some(fault) = self.differs().into_iter().next() {
            return Err(Error::broken(format!("a statement does not hold: {} is {} and must be {}", fault.place, fault.said, fault.is)));
        }
        let text = canonical(self)?;
        let sha256 = sha256(&text);
        Ok(SealedStatement { text: file_of(&sha256, &text), sha256 })
    }
}

/// Works a file out again, from nothing but itself.
///
/// # Errors
/// [`Code::Malformed`] for what is no statement at all.
pub fn verify(file: &str) -> Result<Verified> {
    let Written { sha256: said, statement } = Written::of(file)?;
    let text = canonical(&statement)?;
    let hash = sha256(&text);
    let mut differs = Vec::new();
    if said != hash {
        differs.push(StatementFault { place: "sha256".to_owned(), said: said.clone(), is: hash.clone() });
    }
    // Spaces, another order of members, a member left out that is nothing: none of that changes what is said, and yet it is another file.
    let whole = file_of(&said, &text);
    if whole != file {
        let at = whole.bytes().zip(file.bytes()).take_while(|(one, other)| one == other).count();
        differs.push(StatementFault { place: "file".to_owned(), said: format!("byte {}", at + 1), is: "canonical".to_owned() });
    }
    drop((whole, text));
    differs.extend(statement.differs());
    Ok(Verified { sha256: hash, differs })
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::super::shares::Shares;
    use super::super::statement::{ChargedParty, SharePart, StatementCost, WhoPays};
    use super::*;
    use crate::quality::liability::rules::examples::{claim, rules};

    /// A statement of one claim: the mill has 960,698 of it.
    fn statement() -> StatementText {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let part = |role, payer, micro| SharePart { role, payer, lot: None, micro };
        let mut line = StatementEntry {
            kind: StatementKind::Claim,
            case: "C-1".into(),
            line: 1,
            batch: "B-1".into(),
            reported_on: day("2026-05-02"),
            inspected_on: Some(day("2026-05-03")),
            inspected_again_on: None,
            photos: BTreeSet::new(),
            notice: None,
            corrects: None,
            verdict: "0000000000001".into(),
            seq: 1,
            sha256: "0".repeat(64),
            rules: rules().version,
            claim: claim("C-1/1", 10_000, &[], &["lab_seam_slip_fail", "stitches_in_spec", "lot_flagged"]),
            excess: None,
            without: Vec::new(),
            ambiguous: false,
            parts: vec![
                part(Role::Mill, 2, 960_698),
                part(Role::Factory, 3, 17_467),
                part(Role::Carrier, 0, 7_278),
                part(Role::Customer, 1, 14_556),
                part(Role::Unresolved, 0, 1),
            ],
            payers: vec![WhoPays::Brand, WhoPays::Customer, WhoPays::Own, WhoPays::Other],
            costs: vec![
                StatementCost {
                    entry: "E1".into(),
                    kind: "refund".into(),
                    credit: false,
                    occurred_on: day("2026-05-03"),
                    amount_minor: 10_000,
                },
                StatementCost {
                    entry: "E2".into(),
                    kind: "resale_recovery".into(),
                    credit: true,
                    occurred_on: day("2026-05-04"),
                    amount_minor: 333,
                },
            ],
            amount_minor: 0,
        };
        line.amount_minor = line.charged();
        line.without = line.reckoned_without(&rules(), "CNY");
        assert_eq!(line.without.len(), 3);
        StatementText {
            format: FORMAT.into(),
            engine: ENGINE.into(),
            code: "0000000000002".into(),
            party: ChargedParty { code: "HF-01".into(), name_zh: "华纺一厂".into(), name_en: "Huafang".into() },
            from: day("2026-05-01"),
            to: day("2026-05-31"),
            currency: "CNY".into(),
            made_at: day("2026-06-01").and_hms_opt(0, 0, 0).unwrap(),
            rules: vec![rules()],
            counts: vec![
                StatementCount {
                    lot: Some("FAB-1".into()),
                    defect: "fading".into(),
                    claims: 40,
                    expected_micro: 11_500_000,
                    shape_micro: Some(8_000_000),
                    completeness_micro: Some(620_000),
                    ..StatementCount::default()
                }
                .worked_out()
                .by_month(vec![("2026-04".into(), 15, 3), ("2026-05".into(), 25, 4)]),
            ],
            ambiguous_minor: 0,
            amount_minor: line.amount_minor,
            lines: vec![line],
        }
    }

    #[test]
    fn what_was_sealed_holds() {
        let statement = statement();
        // 9607 of 10000, 320 of 333.
        assert_eq!(statement.amount_minor, 9_607 - 320);
        let sealed = statement.sealed().unwrap();
        assert_eq!(verify(&sealed.text).unwrap(), Verified { sha256: sealed.sha256, differs: vec![] });
    }

    #[test]
    fn any_byte_changed_is_found() {
        let sealed = statement().sealed().unwrap();
        let bytes = sealed.text.as_bytes();
        for at in (0..bytes.len()).step_by(2) {
            let mut changed = bytes.to_vec();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            let Ok(text) = String::from_utf8(changed) else { continue };
            let is_found = verify(&text).map_or(true, |verified| !verified.differs.is_empty());
            assert!(is_found, "byte {at}");
        }
    }

    #[test]
    fn what_was_changed_and_hashed_again_is_still_found() {
        let places = |change: fn(&mut StatementText)| {
            let mut changed = statement();
            change(&mut changed);
            let text = canonical(&changed).unwrap();
            let file = file_of(&sha256(&text), &text);
            verify(&file).unwrap().differs.into_iter().map(|fault| fault.place).collect::<Vec<_>>()
        };
        assert_eq!(places(|_| ()), Vec::<String>::new());
        assert_eq!(places(|text| text.lines[0].amount_minor -= 1), ["lines.0.amount_minor", "amount_minor"]);
        assert_eq!(places(|text| text.amount_minor += 1), ["amount_minor"]);
        assert_eq!(places(|text| text.lines[0].costs[0].amount_minor += 100), ["lines.0.amount_minor"]);
        assert_eq!(places(|text| drop(text.lines[0].claim.evidence.pop_first())).first().map(String::as_str), Some("lines.0.parts.mill"));
        assert_eq!(places(|text| text.lines[0].parts[0].micro -= 1), ["lines.0.parts.mill", "lines.0.payers"]);
        assert_eq!(
            places(|text| text.rules[0].evidence[0].ratios = [(Role::Mill, 7_000_000)].into()).first().map(String::as_str),
            Some("lines.0.parts.mill")
        );
        assert_eq!(places(|text| text.rules.clear()), ["lines.0.rules"]);
        assert_eq!(places(|text| text.counts[0].lower_micro += 1), ["counts.0"]);
        assert_eq!(places(|text| text.counts[0].claims += 1), ["counts.0", "counts.0.months"]);
        assert_eq!(places(|text| text.counts[0].months[1].claims += 1), ["counts.0.months"]);
        assert_eq!(places(|text| text.counts[0].months[0].expected_micro -= 1), ["counts.0.months"]);
        assert_eq!(places(|text| text.counts[0].months.swap(0, 1)), ["counts.0.months"]);
        assert_eq!(places(|text| text.counts[0].months.clear()), ["counts.0.months"]);
        assert_eq!(places(|text| text.format = "hangtag-statement/2".into()), ["counts.0.months"]);
        assert_eq!(places(|text| text.format = "hangtag-statement/1".into()), ["format"]);
        assert_eq!(places(|text| text.lines[0].without[1].shares = Shares::new()), ["lines.0.without.1"]);
        assert_eq!(places(|text| text.lines[0].ambiguous = true), ["lines.0.ambiguous", "ambiguous_minor"]);
        assert_eq!(places(|text| text.lines[0].corrects = Some("x".into())), ["lines.0.corrects"]);
        assert_eq!(places(|text| text.engine = "hangtag-liability/0".into()), ["engine"]);
        let twice = places(|text| {
            text.lines.push(text.lines[0].clone());
            text.amount_minor *= 2;
        });
        assert_eq!(twice, ["lines.1.verdict"]);
    }

    #[test]
    fn a_correction_takes_back_what_was_charged() {
        let mut line = statement().lines.remove(0);
        let charged = line.charged();
        line.kind = StatementKind::Correction;
        assert_eq!(line.charged(), -charged);
    }

    #[test]
    fn what_is_no_statement_is_said() {
        for text in ["", "{}", "[]", "{\"sha256\":\"\",\"statement\":{}}"] {
            assert_eq!(verify(text).unwrap_err().code(), Code::Malformed, "{text}");
        }
    }
}
