//! Parties: everyone the brand deals with. Suppliers, mills, dye houses, trim makers, factories, carriers, retailers, service points,
//! corporate customers, and the brand itself.
//!
//! A party is named by its code everywhere; its id is for rows that point at it. It is never deleted, because what it made is still worn: it is
//! closed, and closed parties keep their history.

mod store;

use crate::choices;
use crate::kernel::gs1::Gln;
use crate::kernel::text::Lang;
use crate::kernel::{Fault, countries, faults};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::imports::ImportTable;
use crate::platform::rooms::{Field, Fields, Kind, Reference, Room, import_table, named};

pub use store::{Maker, Party, by_code, by_ids, closed_among, codes_of_ids, create, ids_of_codes, maker, newly_closed, with_role};

choices! {
    /// What a party does for the brand. A party may have several roles.
    Role {
        /// Whose garments these are.
        Brand = "brand", "品牌方", "Brand", ["品牌", "brand owner"];
        /// Delivers something.
        Supplier = "supplier", "供应商", "Supplier", ["供货商", "vendor"];
        /// Spins, weaves or knits.
        Mill = "mill", "面料厂", "Mill", ["纺织厂", "织造厂", "纱厂", "fabric mill", "spinner", "weaver", "knitter"];
        /// Dyes and finishes.
        DyeHouse = "dye_house", "染厂", "Dye house", ["印染厂", "染整厂", "dyer", "dyehouse"];
        /// Makes buttons, zips, labels.
        TrimMaker = "trim_maker", "辅料厂", "Trim maker", ["辅料商", "trims", "trim supplier"];
        /// Sews.
        Factory = "factory", "成衣厂", "Garment factory", ["工厂", "制衣厂", "加工厂", "manufacturer", "cmt"];
        /// Transports.
        Carrier = "carrier", "承运商", "Carrier", ["物流商", "快递", "物流", "logistics"];
        /// Sells to buyers.
        Retailer = "retailer", "零售商", "Retailer", ["门店", "经销商", "店铺", "shop", "store"];
        /// Repairs and inspects what comes back.
        ServicePoint = "service_point", "服务点", "Service point", ["维修点", "售后网点", "repair shop"];
        /// Buys for its people.
        Organisation = "organisation", "团体客户", "Corporate customer", ["客户", "企业客户", "organization", "corporate", "customer"];
    }
}

choices! {
    /// Whether something is in use. Shared by parties and styles.
    #[derive(Default)]
    Status {
        /// In use.
        #[default]
        Active = "active", "在用", "Active", ["启用"];
        /// No longer used for anything new. What it was used for stands.
        Closed = "closed", "停用", "Closed", ["关闭"];
    }
}

/// Where the code of a party leads.
pub const PARTY: Reference = Reference { room: "parties", narrowed: "", needs: "catalogue.read" };
/// Where the code of a factory leads.
pub const FACTORY: Reference = Reference { narrowed: "role=factory&", ..PARTY };

/// The fields of a party.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "parties", title: ("往来单位", "Parties"), columns: &[
    Field::new("code", Kind::Code, &["编码", "单位编码", "单位编号", "代码"], &["Code", "Party code", "Party"]).needed().listed()
        .hint("1 到 40 个字母、数字或 - _ . / #；文件和系统都用它来识别单位。", "1 to 40 letters, digits or - _ . / #; what the party is known by in files and here.", "HF-01"),
    Field::new("name_zh", Kind::Line(120), &["中文名称", "名称", "单位名称"], &["Name (Chinese)", "Chinese name", "Name zh"]).half_of("name", Lang::Zh, NAME).needed().listed()
        .hint("中文、英文名称至少填一个。", "A name in at least one language.", "华纺一厂"),
    Field::new("name_en", Kind::Line(120), &["英文名称"], &["Name (English)", "English name", "Name", "Name en"]).half_of("name", Lang::En, NAME).needed().listed()
        .hint("", "", "Huafang Mill No. 1"),
    Field::new("roles", Kind::Choices(Role::TABLE), &["角色", "类型", "单位类型"], &["Roles", "Role", "Type"]).needed().absent_from_files().listed().filter("role")
        .hint("一个或多个；文件里用顿号或逗号分开。", "One or more; in a file with commas between them.", "供应商、面料厂、成衣厂、零售商"),
    Field::new("gln", Kind::Text(gln, as_it_is), &["GLN", "全球位置码"], &["GLN", "Global Location Number"]).nullable().unique()
        .hint("全球位置码：13 位数字，末位为校验位；没有可以不填。", "Global Location Number: 13 digits, the last a check digit. Leave it empty if there is none.", "6901234000009"),
    Field::new("country", Kind::Text(countries::read, countries::name), &["国家或地区", "国家"], &["Country"]).listed()
        .hint("两位代码或名称，例如 CN 或 中国。", "A two-letter code or a name, such as CN or China.", "CN"),
    Field::new("city", Kind::Line(80), &["城市", "所在城市"], &["City"]).listed().hint("", "", "绍兴"),
    Field::new("address_zh", Kind::Line(240), &["中文地址", "地址"], &["Address (Chinese)", "Chinese address", "Address zh"]).half_of("address", Lang::Zh, ADDRESS)
        .hint("作为制造者时，标签和质保卡会印这个地址。", "Labels and cards print it where this party is the manufacturer.", "浙江省绍兴市柯桥区纺都路1号"),
    Field::new("address_en", Kind::Line(240), &["英文地址"], &["Address (English)", "English address", "Address", "Address en"]).half_of("address", Lang::En, ADDRESS)
        .hint("", "", "1 Fangdu Rd, Keqiao, Shaoxing, Zhejiang"),
    Field::new("contact", Kind::Line(240), &["联系方式", "联系人", "电话"], &["Contact", "Telephone", "Phone"])
        .hint("仅供内部使用，不对外显示。", "For staff only; never shown to the public.", "0575-8000 0000"),
    Field::new("status", Kind::Choice(Status::TABLE), &["状态"], &["Status", "State"]).listed()
        .hint("停用的单位不再用于新业务，历史记录保留。", "A closed party is not used for anything new; its history stays.", "在用"),
] };

const NAME: (&str, &str) = ("名称", "Name");
const ADDRESS: (&str, &str) = ("地址", "Address");

/// The room.
pub const ROOM: Room = Room::of::<Party>()
    .menu(&[Entry::new("/parties", "parties-title", &[Permission::CatalogueRead]).act(
        "/parties/new",
        "parties-new",
        Permission::CatalogueEdit,
    )])
    .imports(&[IMPORT])
    .names(&[named::<Party>()]);

/// The table, for the import desk.
pub const IMPORT: ImportTable = import_table::<Party>();

/// A Global Location Number: 13 digits, the last a check digit.
fn gln(field: &'static str, text: &str) -> Result<String, Fault> {
    Gln::parse(text).map(|gln| gln.to_string()).map_err(|error| faults::at(field, &error))
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}
