//! What a lot must be: texts within bounds, quantities not below zero, dates in order, no lot within itself.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;

use chrono::{Days, NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::{FIELDS, LotPart, LotSheet, read_quantity};
use crate::kernel::money::shortest_decimal;
use crate::kernel::text::{self, Lang, folded};
use crate::kernel::{Code, Fault, Refusal, Result};
use crate::platform::rooms::Fields;
use crate::production::corrections::{By, Guard, parts};

/// What makes a lot's own facts those of other things.
const USED: &[By] = &[By::Batches, By::Lots, By::Findings];

/// What a lot says that others stand on. Free are its quantity (not below what is recorded as used) and the day it was received.
pub(super) const GUARDS: &[Guard<LotSheet>] = &[
    Guard { field: "code", by: USED, said: |lot| parts([folded(&lot.code)]) },
    Guard { field: "supplier", by: USED, said: |lot| parts([folded(&lot.supplier)]) },
    Guard { field: "kind", by: USED, said: |lot| parts([lot.kind.as_str()]) },
    Guard { field: "material", by: USED, said: |lot| parts([&lot.material_zh, &lot.material_en]) },
    Guard { field: "dye_lot", by: USED, said: |lot| parts([folded(&lot.dye_lot)]) },
    Guard { field: "unit", by: USED, said: |lot| parts([folded(&lot.unit)]) },
    Guard { field: "country", by: USED, said: |lot| parts([&lot.country]) },
    Guard { field: "produced_on", by: USED, said: |lot| parts(lot.produced_on.map(|day| day.to_string())) },
    Guard { field: "parents", by: USED, said: |lot| lot.parents.iter().flat_map(said_of_part).collect() },
];

/// That it went in; and how much, where that is known.
fn said_of_part(part: &LotPart) -> impl Iterator<Item = String> + use<> {
    let lot = folded(&part.lot);
    let quantity = part.quantity_milli.map(|milli| format!("{lot}:{milli}"));
    std::iter::once(lot).chain(quantity)
}

/// What somebody calls a lot: its code, with `@` and its supplier's code where several suppliers use the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotName {
    /// The code.
    pub code: String,
    /// The supplier's code, if it was said.
    pub supplier: Option<String>,
}

impl LotName {
    /// Reads `20260301` or `20260301@MILL-A`.
    pub fn read(field: &'static str, text: &str) -> Result<Self, Fault> {
        let (code, supplier) = text.split_once(['@', '＠']).map_or((text, None), |(code, supplier)| (code, Some(supplier)));
        Ok(Self { code: text::code(field, code)?, supplier: supplier.map(|supplier| text::code(field, supplier)).transpose()? })
    }

    /// With the supplier that another column or field names, unless the name itself does.
    #[must_use]
    pub fn or_of(self, supplier: Option<String>) -> Self {
        Self { supplier: self.supplier.or(supplier), ..self }
    }

    /// Whether a lot of this supplier may be meant.
    pub fn is_of(&self, supplier: &str) -> bool {
        self.supplier.as_deref().is_none_or(|own| folded(own) == folded(supplier))
    }

    /// In the form in which two names are compared.
    #[must_use]
    pub fn folded(&self) -> Self {
        Self { code: folded(&self.code), supplier: self.supplier.as_deref().map(folded) }
    }

    /// The fault of a name that means a lot of each of these suppliers.
    pub(super) fn ambiguous<'a>(&self, field: &'static str, suppliers: impl Iterator<Item = &'a str>) -> Fault {
        let suppliers: Vec<&str> = suppliers.collect();
        let write = Self { code: self.code.clone(), supplier: suppliers.first().map(|first| (*first).to_owned()) };
        let fault = Fault::new(field, Code::Ambiguous).with("between", "suppliers").with("value", &self.code);
        fault.with("suppliers", suppliers.join(", ")).with("write", write)
    }
}

impl fmt::Display for LotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        self.supplier.as_ref().map_or(Ok(()), |supplier| write!(f, "@{supplier}"))
    }
}

/// What the fields of a lot cannot be together: days out of order, a parent twice.
///
/// # Errors
/// [`Code::Invalid`] with a fault for each wrong field; [`Code::Cycle`] when a parent is the lot itself.
pub(super) fn check(lot: &LotSheet) -> Result<()> {
    let mut faults = Vec::new();
    for (place, part) in lot.parents.iter().enumerate() {
        if lot.parents.iter().take(place).any(|other| folded(&other.lot) == folded(&part.lot)) {
            faults.push(twice(place, &part.lot));
        }
    }
    faults.extend(fields_out_of_order(&FIELDS, ("produced_on", lot.produced_on), ("received_on", lot.received_on)));
    Refusal::unless_empty(faults)?;
    let own = LotName { code: lot.code.clone(), supplier: Some(lot.supplier.clone()) };
    if lot.parents.iter().any(|part| [folded(&own.code), folded(&own.to_string())].contains(&folded(&part.lot))) {
        return Err(cyclic(&[&lot.code, &lot.code]));
    }
    Ok(())
}

/// The fault of a parent that stands there already.
pub(super) fn twice(place: usize, lot: &str) -> Fault {
    Fault::new(format!("parents.{place}.lot"), Code::Duplicate).with("field", "lot").with("value", lot)
}

/// A fault of `field` when both days are known and the later comes first.
pub(crate) fn out_of_order(
    field: impl Into<Cow<'static, str>>,
    earlier: (&str, Option<NaiveDate>),
    later: (&str, Option<NaiveDate>),
) -> Option<Fault> {
    let (first, second) = (earlier.1?, later.1?);
    (second < first).then(|| {
        Fault::new(field, Code::DatesOutOfOrder)
            .with("earlier", format!("{} {first}", earlier.0))
            .with("later", format!("{} {second}", later.0))
    })
}

/// The same of two days of one thing, called as its readers know them.
pub(crate) fn fields_out_of_order(
    fields: &Fields,
    earlier: (&'static str, Option<NaiveDate>),
    later: (&'static str, Option<NaiveDate>),
) -> Option<Fault> {
    let titled = |(name, day): (&'static str, Option<NaiveDate>), lang| {
        let title = fields.named(name).map_or(name, |field| field.title(lang));
        format!("{title} {}", day.unwrap_or_default())
    };
    let fault = out_of_order(later.0, earlier, later)?;
    let fault = fault.with("earlier_zh", titled(earlier, Lang::Zh)).with("earlier_en", titled(earlier, Lang::En));
    Some(fault.with("later_zh", titled(later, Lang::Zh)).with("later_en", titled(later, Lang::En)))
}

/// A fault of `field` when its day was not said `before` and lies more than so many days after today: what has happened is not to come. Today is
/// that of UTC, and somewhere it is tomorrow already.
pub(crate) fn to_come(
    field: &'static str,
    (before, after): (Option<NaiveDate>, Option<NaiveDate>),
    now: NaiveDateTime,
    days: u64,
) -> Option<Fault> {
    let latest = now.date().checked_add_days(Days::new(days))?;
    let day = after.filter(|day| before != Some(*day) && *day > latest)?;
    Some(Fault::new(field, Code::DateToCome).with("value", day).with("latest", latest))
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

/// Some cycle of the whole graph of what stands `above` what, if there is one, as a path from a node to itself. Depth-first without recursion; every edge once.
pub(crate) fn any_cycle<'a, N: Copy + Eq + Hash + 'a>(above: impl Fn(N) -> &'a [N], nodes: impl IntoIterator<Item = N>) -> Option<Vec<N>> {
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

/// Reads the lots another is made of as people write them in one cell: `LOT-A:120.5; LOT-B@MILL-C`. Separators are `;`, `；`, `、` and line ends.
///
/// # Errors
/// What the code or the quantity is wrong with, for `field`.
pub(super) fn read_parts(field: &'static str, text: &str) -> Result<Value, Fault> {
    let mut parts = Vec::new();
    for piece in text.split([';', '；', '、', '\n']).map(str::trim).filter(|piece| !piece.is_empty()) {
        let (lot, quantity) = piece.split_once([':', '：']).map_or((piece, None), |(lot, quantity)| (lot, Some(quantity)));
        let quantity_milli = quantity.map(|quantity| read_quantity(field, quantity.trim())).transpose()?;
        parts.push(json!({ "lot": LotName::read(field, lot)?.to_string(), "quantity_milli": quantity_milli }));
    }
    Ok(Value::Array(parts))
}

/// What [`read_parts`] reads, written again.
pub(super) fn parts_text(parts: &Value) -> String {
    let one = |part: &Value| {
        let lot = part.get("lot").and_then(Value::as_str).unwrap_or_default();
        let quantity = part.get("quantity_milli").and_then(Value::as_i64).map(|milli| format!(":{}", shortest_decimal(milli, 3)));
        format!("{lot}{}", quantity.unwrap_or_default())
    };
    parts.as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::parsed;
    use crate::production::corrections::{Standing, frozen};
    use crate::production::materials::{Lot, LotKind};

    fn part(lot: &str, quantity_milli: Option<i64>) -> LotPart {
        LotPart { lot: lot.into(), quantity_milli, ..LotPart::default() }
    }

    fn lot() -> LotSheet {
        let lot = Lot {
            code: "FAB-1".into(),
            kind: LotKind::Fabric,
            material_zh: "府绸".into(),
            quantity_milli: 100_000,
            unit: "m".into(),
            ..Lot::default()
        };
        LotSheet { lot, supplier: "MILL-A".into(), parents: vec![part("YARN-1", None)], ..LotSheet::default() }
    }

    fn held(after: &LotSheet) -> Vec<String> {
        let used = Standing { batches: 1, ..Standing::default() };
        frozen(GUARDS, &lot(), after, &used).into_iter().map(|fault| fault.field.into_owned()).collect()
    }

    #[test]
    fn a_lot_in_use_keeps_what_others_stand_on() {
        let mut other = LotSheet { supplier: "MILL-B".into(), parents: Vec::new(), ..lot() };
        (other.lot.code, other.lot.unit) = ("FAB-2".into(), "pcs".into());
        (other.lot.kind, other.lot.material_zh) = (LotKind::Button, "纽扣".into());
        assert_eq!(held(&other), ["code", "supplier", "kind", "material", "unit", "parents"]);
    }

    #[test]
    fn a_lot_in_use_may_learn_more_and_be_written_otherwise() {
        let parents = vec![part("yarn-1", Some(5_000)), part("YARN-2", None)];
        let mut more = LotSheet { supplier: "mill-a".into(), parents, ..lot() };
        (more.lot.code, more.lot.material_en, more.lot.dye_lot) = ("ｆａｂ-1".into(), "Poplin".into(), "D1".into());
        (more.lot.quantity_milli, more.lot.country) = (120_000, "CN".into());
        (more.lot.produced_on, more.lot.received_on) = (parsed("2026-03-01"), parsed("2026-03-02"));
        assert!(held(&more).is_empty());
        let known = LotSheet { parents: vec![part("YARN-1", Some(5_000))], ..lot() };
        let used = Standing { findings: 1, ..Standing::default() };
        assert_eq!(frozen(GUARDS, &known, &lot(), &used).len(), 1, "a quantity that was known is not forgotten");
    }

    #[test]
    fn a_name_may_say_whose_lot_it_is() {
        let name = LotName::read("lot", " 20260301＠ｍill-a ").unwrap();
        assert_eq!((name.to_string().as_str(), name.is_of("MILL-A"), name.is_of("MILL-B")), ("20260301@ｍill-a", true, false));
        assert!(LotName::read("lot", "20260301").unwrap().is_of("MILL-B"));
        assert_eq!(LotName::read("lot", "20260301@").unwrap_err().code, Code::Missing);
        assert_eq!(
            read_parts("parents", "Y-1@MILL-A:2.5；Y-1@MILL-B").map(|parts| parts_text(&parts)),
            Ok("Y-1@MILL-A:2.5; Y-1@MILL-B".to_owned())
        );
    }

    #[test]
    fn a_lot_is_not_made_of_itself_and_may_be_of_its_namesake() {
        let of = |parent: &str| check(&LotSheet { parents: vec![part(parent, None)], ..lot() });
        for own in ["FAB-1", "fab-1", "ＦＡＢ-1@mill-a"] {
            assert_eq!(of(own).unwrap_err().code(), Code::Cycle, "{own}");
        }
        assert!(of("FAB-1@MILL-B").is_ok());
    }
}
