//! What headers say around a column's name: the same in another language, a mark that it must be filled in, the unit.

use super::sheet::{Column, Columns, Kind, fold};

/// What stands in brackets behind a name and says nothing of what the column holds.
const MARKS: &[&str] =
    &["必填", "必填项", "非必填", "选填", "可选", "可空", "可不填", "required", "mandatory", "optional", "if any", "if known"];

/// Names of one unit each. What no line has is not known to be a unit.
const UNITS: &[&[&str]] = &[
    &["m", "米", "公尺", "meter", "meters", "metre", "metres"],
    &["cm", "厘米", "公分"],
    &["yd", "yds", "码", "yard", "yards"],
    &["kg", "kgs", "千克", "公斤", "kilogram", "kilograms"],
    &["g", "克", "gram", "grams"],
    &["t", "吨", "ton", "tons", "tonne", "tonnes"],
    &["pcs", "pc", "个", "件", "只", "粒", "piece", "pieces"],
    &["roll", "rolls", "卷", "匹"],
    &["cone", "cones", "筒", "锥"],
    &["set", "sets", "套", "副"],
];

/// All names of a unit.
fn unit(name: &str) -> Option<&'static [&'static str]> {
    let name = fold(name);
    UNITS.iter().find(|names| names.contains(&name.as_str())).copied()
}

/// The column that a header names in so many words, and the unit it says beside.
pub(super) struct Meant {
    /// The column's place.
    pub(super) place: usize,
    /// All names of the unit.
    pub(super) unit: Option<&'static [&'static str]>,
}

/// The column that a header names together with something else: the name in two languages (`批号 Lot`), a mark (`Kind（必填）`), or the unit, where
/// the table has a column for it (`Quantity (m)`). None unless all of it is understood and speaks of one column.
pub(super) fn meant(columns: &Columns, header: &str) -> Option<Meant> {
    let (name, asides) = unbracketed(header)?;
    let place = columns.titled(&name).or_else(|| in_two_languages(columns, &name))?;
    let column = columns.columns.get(place)?;
    let mut meant = Meant { place, unit: None };
    for aside in asides {
        let of_column = MARKS.contains(&fold(&aside).as_str()) || is_sign_of(column, &aside) || columns.titled(&aside) == Some(place);
        if !of_column {
            meant.unit = Some(unit(&aside).filter(|_| column.unit_in.is_some_and(|unit| columns.column(unit).is_some()))?);
        }
    }
    Some(meant)
}

/// Whether it is what people write behind the column's numbers.
fn is_sign_of(column: &Column, aside: &str) -> bool {
    matches!(column.kind, Kind::Decimal(_, _, sign) if !sign.is_empty() && sign == aside.replace('％', "%"))
}

/// A header without what stands in brackets, and that. None where a bracket is open.
fn unbracketed(header: &str) -> Option<(String, Vec<String>)> {
    let (mut name, mut asides, mut rest) = (String::new(), Vec::new(), header);
    while let Some((before, behind)) = rest.split_once(['(', '（', '[', '［', '【']) {
        let (aside, after) = behind.split_once([')', '）', ']', '］', '】'])?;
        name.push_str(before);
        name.push(' ');
        asides.push(aside.trim().to_owned());
        rest = after;
    }
    name.push_str(rest);
    Some((name, asides))
}

/// The column that the Chinese and the other characters of a name name each.
fn in_two_languages(columns: &Columns, name: &str) -> Option<usize> {
    let is_chinese = |c: &char| matches!(c, '\u{3400}'..='\u{9FFF}');
    let (zh, other): (String, String) = name.chars().partition(is_chinese);
    columns.titled(&zh).filter(|place| columns.titled(&other) == Some(*place))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOTS: Columns = Columns {
        table: "lots",
        title: ("物料批", "Lots"),
        columns: &[
            Column::required("lot", &["批号", "卷号"], &["Lot", "Lot no."], ("", ""), ""),
            Column::required("kind", &["类别"], &["Kind"], ("", ""), ""),
            Column { unit_in: Some("unit"), ..Column::required("quantity", &["数量"], &["Quantity", "Qty"], ("", ""), "") },
            Column::required("unit", &["单位"], &["Unit"], ("", ""), ""),
            Column { kind: Kind::Decimal(2, 10_000, "%"), ..Column::optional("recycled", &["再生料"], &["Recycled"], ("", ""), "") },
            Column::optional("price", &["单价"], &["Price"], ("", ""), ""),
        ],
    };

    #[test]
    fn what_a_header_says_besides_is_understood_or_it_is_no_column() {
        let named = |header: &str| {
            meant(&LOTS, header).map(|meant| (LOTS.columns[meant.place].name, meant.unit.and_then(|names| names.first().copied())))
        };
        for (header, column, unit) in [
            ("批号 Lot", "lot", None),
            ("Lot no. / 卷号", "lot", None),
            ("批号（Lot no.）", "lot", None),
            ("Kind（必填）", "kind", None),
            ("类别 Kind【required】", "kind", None),
            ("Quantity (m)", "quantity", Some("m")),
            ("数量（公斤）", "quantity", Some("kg")),
            ("数量 Qty [KG] (必填)", "quantity", Some("kg")),
            ("Recycled (%)", "recycled", None),
            ("再生料（％）", "recycled", None),
        ] {
            assert_eq!(named(header), Some((column, unit)), "{header}");
        }
        for header in
            ["批号 Kind", "Lot (Kind)", "Price (USD)", "Kind (m)", "Quantity (bolts)", "Quantity (m", "Lots", "备注 Lot", "()", ""]
        {
            assert_eq!(named(header), None, "{header}");
        }
    }
}
