//! What a lot must be: texts within bounds, quantities not below zero, dates in order, no lot within itself.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use chrono::NaiveDate;

use super::{LotDraft, LotKind, PartDraft};
use crate::kernel::countries;
use crate::kernel::text::{self, Both};
use crate::kernel::{Code, Fault, Refusal, Result};

/// Parents one lot may have.
const PARENTS_MAX: usize = 500;

/// Holds a draft against every rule that needs nothing but itself, and returns it with its texts trimmed.
///
/// # Errors
/// [`Code::Invalid`] with a fault for each wrong field; [`Code::Cycle`] when a parent is the lot itself.
pub fn check(draft: &LotDraft) -> Result<(LotDraft, LotKind)> {
    let mut faults = Vec::new();
    let mut keep = |text: Result<String, Fault>| {
        text.unwrap_or_else(|fault| {
            faults.push(fault);
            String::new()
        })
    };
    let mut sound = LotDraft {
        code: keep(text::code("code", &draft.code)),
        supplier: keep(text::code("supplier", &draft.supplier)),
        kind: draft.kind.trim().to_owned(),
        material: Both {
            zh: keep(text::optional_line("material.zh", &draft.material.zh, 120)),
            en: keep(text::optional_line("material.en", &draft.material.en, 120)),
        },
        dye_lot: keep(text::optional_line("dye_lot", &draft.dye_lot, 60)),
        quantity_milli: draft.quantity_milli,
        unit: keep(text::line("unit", &draft.unit, 12)),
        country: keep(country(&draft.country)),
        produced_on: draft.produced_on,
        received_on: draft.received_on,
        parents: Vec::with_capacity(draft.parents.len()),
        version: None,
    };
    for (place, part) in draft.parents.iter().enumerate() {
        let lot = text::code("parents", &part.lot).unwrap_or_else(|fault| {
            faults.push(Fault { field: format!("parents.{place}.lot").into(), ..fault });
            String::new()
        });
        if let Some(below) = part.quantity_milli.filter(|quantity| *quantity < 0) {
            faults.push(Fault::new(format!("parents.{place}.quantity_milli"), Code::BelowZero).with("value", milli_text(below)));
        }
        if !lot.is_empty() && sound.parents.iter().any(|other| other.lot == lot) {
            faults.push(Fault::new(format!("parents.{place}.lot"), Code::Duplicate).with("field", "lot").with("value", &lot));
        }
        sound.parents.push(PartDraft { lot, quantity_milli: part.quantity_milli });
    }
    if sound.parents.len() > PARENTS_MAX {
        faults.push(Fault::new("parents", Code::OutOfRange).with("min", 0).with("max", PARENTS_MAX));
    }
    if sound.material.zh.is_empty() && sound.material.en.is_empty() && !faults.iter().any(|fault| fault.field.starts_with("material")) {
        faults.push(Fault::new("material", Code::Missing));
    }
    if sound.quantity_milli < 0 {
        faults.push(Fault::new("quantity_milli", Code::BelowZero).with("value", milli_text(sound.quantity_milli)));
    }
    faults.extend(out_of_order("received_on", ("produced_on", sound.produced_on), ("received_on", sound.received_on)));
    let kind = LotKind::of(&sound.kind);
    if kind.is_none() {
        let allowed: Vec<_> = LotKind::ALL.iter().map(|kind| kind.as_str()).collect();
        faults.push(Fault::new("kind", Code::NotOneOf).with("value", &sound.kind).with("allowed", allowed.join(", ")));
    }
    sound.parents.sort();
    Refusal::unless_empty(faults)?;
    if sound.parents.iter().any(|part| part.lot == sound.code) {
        return Err(cyclic(&[&sound.code, &sound.code]));
    }
    let Some(kind) = kind else { return Err(Code::Invalid.into()) };
    Ok((sound, kind))
}

/// A country of origin, or nothing.
fn country(text: &str) -> Result<String, Fault> {
    if text.trim().is_empty() { Ok(String::new()) } else { countries::read("country", text) }
}

/// A fault of `field` when both days are known and the later comes first.
pub(crate) fn out_of_order(field: &'static str, earlier: (&str, Option<NaiveDate>), later: (&str, Option<NaiveDate>)) -> Option<Fault> {
    let (first, second) = (earlier.1?, later.1?);
    (second < first).then(|| {
        Fault::new(field, Code::DatesOutOfOrder)
            .with("earlier", format!("{} {first}", earlier.0))
            .with("later", format!("{} {second}", later.0))
    })
}

/// The refusal of a lot that would contain itself, with the path from the lot to itself.
pub(crate) fn cyclic<T: AsRef<str>>(path: &[T]) -> crate::kernel::Error {
    Refusal::new(Code::Cycle).with("path", path_text(path)).into()
}

/// A path as people read it; the middle of a long one is left out.
pub(crate) fn path_text<T: AsRef<str>>(path: &[T]) -> String {
    const SHOWN: usize = 6;
    let text = |part: &[T]| part.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" → ");
    if path.len() <= 2 * SHOWN {
        return text(path);
    }
    let (start, end) = (path.get(..SHOWN).unwrap_or_default(), path.get(path.len() - SHOWN..).unwrap_or_default());
    format!("{} → … → {}", text(start), text(end))
}

/// Some cycle of the whole graph, if there is one, as a path from a node to itself. Depth-first without recursion; every edge once.
pub(crate) fn any_cycle<N: Copy + Eq + Hash>(parents: &HashMap<N, Vec<N>>, nodes: impl IntoIterator<Item = N>) -> Option<Vec<N>> {
    let above = |node: N| parents.get(&node).map_or(&[][..], Vec::as_slice);
    let mut done: HashSet<N> = HashSet::new();
    let mut on_path: HashSet<N> = HashSet::new();
    for root in nodes {
        if done.contains(&root) {
            continue;
        }
        // Each frame: a node and how many of its parents have been entered.
        let mut path = vec![(root, 0usize)];
        on_path.insert(root);
        while let Some((node, entered)) = path.last_mut() {
            let node = *node;
            let Some(parent) = above(node).get(*entered).copied() else {
                on_path.remove(&node);
                done.insert(node);
                path.pop();
                continue;
            };
            *entered += 1;
            if on_path.contains(&parent) {
                let mut cycle: Vec<N> = path.iter().map(|(node, _)| *node).skip_while(|node| *node != parent).collect();
                cycle.push(parent);
                return Some(cycle);
            }
            if !done.contains(&parent) {
                on_path.insert(parent);
                path.push((parent, 0));
            }
        }
    }
    None
}

/// Thousandths as a decimal without trailing zeros: 12,500 is `12.5`.
pub fn milli_text(milli: i64) -> String {
    let (sign, digits) = (if milli < 0 { "-" } else { "" }, milli.unsigned_abs());
    let fraction = format!("{:03}", digits % 1000);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{dot}{fraction}", digits / 1000)
}

/// Reads the lots another is made of as people write them in one cell: `LOT-A:120.5; LOT-B`. Separators are `;`, `；`, `、` and line ends.
///
/// # Errors
/// What the code or the quantity is wrong with, for `field`.
pub fn read_parts(field: &'static str, text: &str) -> Result<Vec<PartDraft>, Fault> {
    let mut parts = Vec::new();
    for piece in text.split([';', '；', '、', '\n']).map(str::trim).filter(|piece| !piece.is_empty()) {
        let (lot, quantity) = piece.split_once([':', '：']).map_or((piece, None), |(lot, quantity)| (lot, Some(quantity)));
        let quantity_milli = quantity.map(|quantity| crate::platform::imports::read_milli(field, quantity.trim())).transpose()?;
        parts.push(PartDraft { lot: text::code(field, lot)?, quantity_milli });
    }
    Ok(parts)
}

/// What [`read_parts`] reads, written again.
pub fn parts_text(parts: &[PartDraft]) -> String {
    let one = |part: &PartDraft| match part.quantity_milli {
        Some(quantity) => format!("{}:{}", part.lot, milli_text(quantity)),
        None => part.lot.clone(),
    };
    parts.iter().map(one).collect::<Vec<_>>().join("; ")
}
