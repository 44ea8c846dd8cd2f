//! Parties from files: one row a party, named by its code. What the file does not speak of stays as it is.

use super::{NAME_MAX, Party, PartyFields, Role, Status, rules, store};
use crate::kernel::error::{Code, Fault};
use crate::kernel::text::{self, Lang, folded};
use crate::kernel::{Result, countries};
use crate::platform::db::{Db, Store};
use crate::platform::events::Stamp;
use crate::platform::http::House;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{
    Applied, Checked, Column, Columns, EditReader, Edits, Entry, Import, ImportReport, ImportTable, Importer, Mode, Progress, Row, Source,
    run,
};

/// The columns of a file of parties.
pub const COLUMNS: Columns = Columns {
    table: "parties",
    title: ("往来单位", "Parties"),
    columns: &[
        Column::required(
            "code",
            &["编码", "单位编码", "代码"],
            &["Code", "Party code", "Party"],
            (
                "单位编码，文件和系统都用它来识别单位；已有的编码会更新",
                "The code the party is known by; one that is there already is updated",
            ),
            "HF-01",
        ),
        Column::optional(
            "name_zh",
            &["中文名称", "名称", "单位名称"],
            &["Chinese name", "Name zh"],
            ("中文名称；新单位的中文、英文名称至少填一个", "Name in Chinese; a new party needs a name in at least one language"),
            "华纺一厂",
        ),
        Column::optional(
            "name_en",
            &["英文名称"],
            &["English name", "Name", "Name en"],
            ("英文名称", "Name in English"),
            "Huafang Mill No. 1",
        ),
        Column::optional(
            "roles",
            &["角色", "类型", "单位类型"],
            &["Roles", "Role", "Type"],
            (
                "一个或多个角色，用顿号或逗号分开：品牌方、供应商、面料厂、染厂、辅料厂、成衣厂、承运商、零售商、服务点、团体客户；新单位必填",
                "One or more roles, separated by commas: brand, supplier, mill, dye house, trim maker, garment factory, carrier, retailer, service point, corporate customer; needed for a new party",
            ),
            "面料厂、供应商",
        ),
        Column::optional(
            "gln",
            &["全球位置码"],
            &["GLN", "Global Location Number"],
            ("13 位 GLN，末位为校验位", "GLN of 13 digits, the last a check digit"),
            "6901234000009",
        ),
        Column::optional(
            "country",
            &["国家", "国家或地区"],
            &["Country"],
            ("国家或地区：两位代码或名称", "Country: two-letter code or name"),
            "CN",
        ),
        Column::optional("city", &["城市", "所在城市"], &["City"], ("所在城市", "City"), "绍兴"),
        Column::optional(
            "address_zh",
            &["中文地址", "地址"],
            &["Chinese address", "Address zh"],
            ("标签上印的中文地址", "Address in Chinese, as labels print it"),
            "浙江省绍兴市柯桥区纺都路1号",
        ),
        Column::optional(
            "address_en",
            &["英文地址"],
            &["English address", "Address", "Address en"],
            ("英文地址", "Address in English"),
            "1 Fangdu Rd, Keqiao, Shaoxing, Zhejiang",
        ),
        Column::optional(
            "contact",
            &["联系方式", "联系人", "电话"],
            &["Contact", "Telephone", "Phone"],
            ("内部使用的联系方式，不对外显示", "How to reach it; for staff only"),
            "0575-8000 0000",
        ),
        Column::optional(
            "status",
            &["状态"],
            &["Status", "State"],
            ("在用 或 停用；空着就是在用", "active or closed; empty is active"),
            "在用",
        ),
    ],
};

/// The table, for the import desk.
pub const IMPORT: ImportTable = ImportTable { columns: &COLUMNS, needs: Permission::CatalogueEdit, run: import };

fn import(house: &House, importer: &Importer, source: &mut Source, mode: Mode, progress: &mut dyn FnMut(Progress)) -> Result<ImportReport> {
    run(source, &mut PartyImport { store: house.store.clone(), stamp: importer.stamp.clone() }, mode, progress)
}

/// A party as a row of a file of these columns.
pub(super) fn cells(party: &Party, lang: Lang) -> Vec<String> {
    let Party { id: _, code, name, roles, gln, country, city, address, contact, status, version: _ } = party.clone();
    let roles: Vec<_> = roles.iter().map(|role| role.words(lang)).collect();
    let status = STATES.iter().find(|(_, state)| *state == status && lang == Lang::Zh).map_or(status.as_str(), |(word, _)| word);
    let roles = roles.join(lang.of("、", ", "));
    vec![code, name.zh, name.en, roles, gln.unwrap_or_default(), country, city, address.zh, address.en, contact, status.to_owned()]
}

const STATES: &[(&str, Status)] = &[
    ("在用", Status::Active),
    ("启用", Status::Active),
    ("active", Status::Active),
    ("停用", Status::Closed),
    ("关闭", Status::Closed),
    ("closed", Status::Closed),
];

struct PartyImport {
    store: Store,
    stamp: Stamp,
}

/// What a row says.
struct PartyRow {
    code: String,
    gln: Option<String>,
    edits: Edits<PartyFields>,
}

impl PartyRow {
    /// The party after this row: what it was, or a new one, with what the row says.
    fn onto(&self, party: Option<Party>) -> PartyFields {
        let mut fields = party.map_or_else(|| PartyFields { code: self.code.clone(), ..PartyFields::default() }, PartyFields::from);
        self.edits.onto(&mut fields);
        fields
    }
}

/// Roles as people list them.
fn roles(field: &'static str, text: &str) -> Result<Vec<Role>, Fault> {
    let words = text.split([',', '，', '、', ';', '；', '|']).map(str::trim).filter(|word| !word.is_empty());
    let allowed = || Role::ALL.iter().map(|role| format!("{}/{}", role.words(Lang::Zh), role.as_str())).collect::<Vec<_>>().join("、");
    let role =
        |word: &str| Role::meant_by(word).ok_or_else(|| Fault::new(field, Code::NotOneOf).with("value", word).with("allowed", allowed()));
    let mut roles = words.map(role).collect::<Result<Vec<_>, _>>()?;
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}

/// A contact; a spreadsheet's apostrophe before a telephone number that begins with a plus is not part of it.
fn contact(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = text.strip_prefix('\'').filter(|rest| rest.starts_with(['+', '@', '-', '='])).unwrap_or(text);
    text::line(field, text, 240)
}

impl Import for PartyImport {
    type Record = PartyRow;

    fn columns(&self) -> &'static Columns {
        const { &COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<PartyRow> {
        let code = row.code("code");
        let gln = row.optional("gln", rules::gln_of);
        let mut cells: EditReader<'_, '_, PartyFields> = EditReader::of(row);
        cells.line("name_zh", NAME_MAX, |party, text| party.name.zh = text);
        cells.line("name_en", NAME_MAX, |party, text| party.name.en = text);
        cells.read("roles", roles, |party, roles| party.roles = roles);
        cells.laid("gln", gln.clone(), |party, gln| party.gln = gln);
        cells.read("country", countries::read, |party, code| party.country = code);
        cells.line("city", 80, |party, text| party.city = text);
        cells.line("address_zh", 240, |party, text| party.address.zh = text);
        cells.line("address_en", 240, |party, text| party.address.en = text);
        cells.read("contact", contact, |party, text| party.contact = text);
        cells.choice("status", STATES, |party, status| party.status = status);
        let edits = cells.end();
        let (code, gln) = (code?, gln?);
        row.unique_code("code", &code);
        if let Some(gln) = &gln {
            row.unique("gln", gln);
        }
        Some(PartyRow { code, gln, edits: edits? })
    }

    fn check(&mut self, chunk: &[Entry<PartyRow>]) -> Result<Checked> {
        self.store.read_blocking(|db| {
            let mut checked = Checked::default();
            let codes: Vec<&str> = chunk.iter().map(|entry| entry.record.code.as_str()).collect();
            let mut there = store::by_codes(db, &codes)?;
            let glns: Vec<&str> = chunk.iter().filter_map(|entry| entry.record.gln.as_deref()).collect();
            let holders = store::codes_of_glns(db, &glns)?;
            for entry in chunk {
                let before = there.remove(&entry.record.code);
                let fields = entry.record.onto(before.clone());
                if let Some(gln) =
                    entry.record.gln.as_ref().filter(|gln| holders.get(*gln).is_some_and(|code| folded(code) != folded(&entry.record.code)))
                {
                    checked.faults.push(entry.fault("gln", Code::Duplicate).with("value", gln));
                }
                if let Err(crate::kernel::Error::Refused(refusal)) = rules::sound(&fields) {
                    checked.faults.extend(
                        refusal
                            .faults
                            .into_iter()
                            .map(|fault| Fault { field: column_of(&fault.field).into(), ..fault }.at_line(entry.line)),
                    );
                }
                count(&mut checked.would, before.map(PartyFields::from).as_ref(), &fields);
            }
            Ok(checked)
        })
    }

    fn apply(&mut self, chunk: Vec<Entry<PartyRow>>) -> Result<Applied> {
        let stamp = self.stamp.clone();
        self.store.write_blocking(move |db| apply(db, &stamp, &chunk))
    }
}

fn apply(db: &mut Db, stamp: &Stamp, chunk: &[Entry<PartyRow>]) -> Result<Applied> {
    let mut applied = Applied::default();
    let codes: Vec<&str> = chunk.iter().map(|entry| entry.record.code.as_str()).collect();
    let mut there = store::by_codes(db, &codes)?;
    for entry in chunk {
        let before = there.remove(&entry.record.code);
        let fields = entry.record.onto(before.clone());
        let before = before.map(PartyFields::from);
        match &before {
            None => drop(store::create(db, stamp, &fields)?),
            Some(before) if *before != fields => drop(store::change(db, stamp, &entry.record.code, &fields)?),
            Some(_) => {}
        }
        count(&mut applied, before.as_ref(), &fields);
    }
    Ok(applied)
}

fn count(applied: &mut Applied, before: Option<&PartyFields>, after: &PartyFields) {
    match before {
        None => applied.added += 1,
        Some(before) if before == after => applied.unchanged += 1,
        Some(_) => applied.changed += 1,
    }
}

/// The column of a field: `name.zh` stands under `name_zh`, and so does a name that is missing altogether.
fn column_of(field: &str) -> String {
    match field {
        "name" => "name_zh".to_owned(),
        field => field.replace('.', "_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_answers_to_two_columns() {
        assert_eq!(COLUMNS.ambiguous(), Vec::<&str>::new());
    }

    #[test]
    fn roles_in_either_language() {
        assert_eq!(roles("roles", "Mill，供应商、 dye house").unwrap(), [Role::Supplier, Role::Mill, Role::DyeHouse]);
        assert_eq!(roles("roles", "mil").unwrap_err().code, Code::NotOneOf);
    }
}
