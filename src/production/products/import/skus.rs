//! Skus from files.

use super::faults_of;
use crate::kernel::Result;
use crate::kernel::error::{Code, Fault};
use crate::kernel::text::{ByCode, rewritten};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::House;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{
    AnyImport, Applied, ChangeKind, Checked, Column, Columns, EditReader, Edits, Entry, Import, ImportTable, Importer, Row, things,
};
use crate::production::corrections::{Act, frozen};
use crate::production::products::http::sku_views;
use crate::production::products::{SkuFields, SkuView, rules, store};

/// The columns of a file of skus.
pub const SKU_COLUMNS: Columns = Columns {
    table: "skus",
    title: ("单品", "Skus"),
    columns: &[
        Column::required(
            "code",
            &["编码"],
            &["Code"],
            ("单品编码；已有的编码会更新", "The sku's code; one that is there already is updated"),
            "ST-2601-WHT-M",
        )
        .of(things::SKU),
        Column::optional("style", &[], &[], ("所属款号；新单品必填", "Code of its style; needed for a new sku"), "ST-2601")
            .of(things::STYLE),
        Column::optional(
            "gtin",
            &[],
            &[],
            ("8、12、13 或 14 位 GTIN；换码后旧码仍然有效", "GTIN of 8, 12, 13 or 14 digits; one that is replaced stays valid"),
            "6901234000016",
        )
        .of(things::GTIN),
        Column::optional(
            "colour_zh",
            &["颜色", "中文颜色"],
            &["Chinese colour", "Colour zh"],
            ("颜色（中文）", "Colour in Chinese"),
            "白色",
        ),
        Column::optional("colour_en", &["英文颜色"], &["Colour", "Color", "Colour en"], ("颜色（英文）", "Colour in English"), "White"),
        Column::optional("size", &["尺码", "尺寸"], &["Size"], ("尺码，与尺寸表一致", "Size, as the size chart names it"), "M"),
        Column::optional(
            "size_label",
            &["号型", "号型规格"],
            &["Size label", "Label size"],
            ("标签上的号型", "The size as the label must say it"),
            "170/88A",
        ),
    ],
};

/// The table, for the import desk.
pub const IMPORT: ImportTable = ImportTable { columns: &SKU_COLUMNS, needs: Permission::CatalogueEdit, begin };

fn begin(_: &House, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    Ok(Box::new(SkuImport { stamp: importer.stamp.clone() }))
}

/// A sku as a row of a file of these columns.
pub(in crate::production::products) fn cells(sku: &SkuView) -> Vec<String> {
    let SkuView { id: _, style, code, gtin, old_gtins: _, colour, size, size_label, version: _ } = sku.clone();
    vec![code, style, gtin.unwrap_or_default(), colour.zh, colour.en, size, size_label]
}

struct SkuImport {
    stamp: Stamp,
}

struct SkuRow {
    code: String,
    gtin: Option<String>,
    edits: Edits<SkuFields>,
}

impl SkuRow {
    /// The sku after this row.
    fn onto(&self, before: Option<&SkuFields>) -> SkuFields {
        let mut fields = before.cloned().unwrap_or_default();
        if before.is_none() {
            fields.code.clone_from(&self.code);
        }
        self.edits.onto(&mut fields);
        if let Some(before) = before {
            fields.style = rewritten(&before.style, fields.style);
        }
        fields
    }
}

impl Import for SkuImport {
    type Record = SkuRow;

    fn columns(&self) -> &'static Columns {
        const { &SKU_COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<SkuRow> {
        let code = row.code("code");
        let gtin = row.optional("gtin", rules::gtin_14);
        let mut cells: EditReader<'_, '_, SkuFields> = EditReader::of(row);
        cells.read("style", crate::kernel::text::code, |sku, code| sku.style = code);
        cells.laid("gtin", gtin.clone(), |sku, gtin| sku.gtin = gtin);
        cells.line("colour_zh", 60, |sku, text| sku.colour.zh = text);
        cells.line("colour_en", 60, |sku, text| sku.colour.en = text);
        cells.line("size", 20, |sku, text| sku.size = text);
        cells.line("size_label", 40, |sku, text| sku.size_label = text);
        let edits = cells.end();
        let (code, gtin) = (code?, gtin?);
        row.unique_code("code", &code);
        if let Some(gtin) = &gtin {
            row.unique("gtin", gtin);
        }
        Some(SkuRow { code, gtin, edits: edits? })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<SkuRow>]) -> Result<Checked> {
        let mut checked = Checked::default();
        let there = before(db, chunk)?;
        let after: Vec<_> = chunk.iter().zip(&there).map(|(entry, before)| (entry, before, entry.record.onto(before.as_ref()))).collect();
        let styles: Vec<&str> = after.iter().map(|(_, _, fields)| fields.style.as_str()).collect();
        let styles: ByCode<_> = store::styles_by_codes(db, &styles)?.into_iter().map(|style| (style.code, style.id)).collect();
        let standing = store::standing_of_skus(db, &chunk.iter().map(|entry| entry.record.code.as_str()).collect::<Vec<_>>())?;
        let gtins: Vec<&str> = chunk.iter().filter_map(|entry| entry.record.gtin.as_deref()).collect();
        let holders = store::codes_of_gtins(db, &gtins)?;
        for (entry, before, fields) in after {
            checked.faults.extend(faults_of(rules::sound_sku(&fields), entry.line, column_of)?);
            if !fields.style.is_empty() && !styles.has(&fields.style) {
                checked.faults.push(entry.fault("style", Code::UnknownReference).with("value", &fields.style));
            }
            if let Some(gtin) = entry.record.gtin.as_ref().filter(|gtin| holders.get(*gtin).is_some_and(|code| *code != fields.code)) {
                checked.faults.push(entry.fault("gtin", Code::Duplicate).with("value", gtin));
            }
            if let Some(before) = before {
                let standing = standing.get(&before.code).copied().unwrap_or_default();
                let held = frozen(rules::SKU_GUARDS, before, &fields, &standing).into_iter();
                checked.faults.extend(held.map(|fault| Fault { field: column_of(&fault.field).into(), ..fault }.at_line(entry.line)));
            }
            checked.would.compare(entry.line, &fields.code, before.as_ref(), &fields)?;
        }
        Ok(checked)
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<SkuRow>]) -> Result<Applied> {
        let mut applied = Applied::default();
        let there = before(db, chunk)?;
        for (entry, before) in chunk.iter().zip(there) {
            let fields = entry.record.onto(before.as_ref());
            match applied.compare(entry.line, &fields.code, before.as_ref(), &fields)? {
                Some(ChangeKind::Added) => drop(store::create_sku(db, &self.stamp, &fields)?),
                Some(ChangeKind::Changed) => drop(store::change_sku(db, &self.stamp, &fields.code, &fields, &Act::Edit)?),
                None => {}
            }
        }
        Ok(applied)
    }
}

/// The column of a field; both languages of a colour stand under the first.
fn column_of(field: &str) -> String {
    if field == "colour" { "colour_zh".to_owned() } else { field.replace('.', "_") }
}

/// What is there now of each row's sku.
fn before(db: &mut Db, chunk: &[Entry<SkuRow>]) -> Result<Vec<Option<SkuFields>>> {
    let codes: Vec<&str> = chunk.iter().map(|entry| entry.record.code.as_str()).collect();
    let skus = store::skus_by_codes(db, &codes)?.into_values().collect();
    let mut views: ByCode<SkuView> = sku_views(db, skus)?.into_iter().map(|view| (view.code.clone(), view)).collect();
    Ok(codes.into_iter().map(|code| views.remove(code).map(SkuFields::from)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_answers_to_two_columns() {
        assert_eq!(SKU_COLUMNS.ambiguous(), Vec::<&str>::new());
    }
}
