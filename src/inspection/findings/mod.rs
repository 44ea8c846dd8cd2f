//! Findings: a defect seen on a garment, a batch or a lot, with its code, severity, place, number and photos.
//!
//! - A finding is never deleted. One that was a mistake is **withdrawn** with a reason, and then counts nowhere.
//! - A **photo** is kept as the picture alone: whatever came in is decoded under limits, turned upright and encoded anew, so that no place,
//!   time or camera of whoever took it is left, and nothing that is not a picture ([`photo`]).
//!
//! A caller bound to a party sees findings on its own lots and on batches that hold its lots or that it sewed, without who logged them.

mod choices;
mod http;
mod import;
mod page;
pub mod photo;
mod rules;
mod store;
mod subject;
mod view;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use choices::{Counted, Stage, Status, SubjectKind};
pub use http::{PhotoForm, PhotoSize, at_photos, clean_all as clean_photos, photo_answer, read_form as read_photo_form};
pub use import::IMPORT;
pub use rules::{Holds, Sound};
pub use store::findings::{Counts, Finding, FindingFilter, counts, finding, log, on_garment, on_garments, withdraw};
pub use store::photos::{Photo, attach, photo, photos_of};
pub use subject::{Found, find_subject};
pub use view::FindingView;

use super::defects::{self, Severity, ZONES, defect_code};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::text::Lang;
use crate::kernel::{BatchNo, Fault, GarmentId, Id};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::imports::things;
use crate::platform::rooms::{Field, Fields, Kind, Room};
use crate::production::serials::Scanned;

/// From where one goes on to rooms that know findings on garments, by the garment's serial.
pub const FROM_FINDING: &str = "finding";

/// The room.
pub const ROOM: Room = Room::new("findings", http::routes)
    .menu(&[Entry::new("/findings", "findings-title", &[Permission::FindingsRead]).act(
        "/findings/new",
        "findings-new",
        Permission::FindingsEdit,
    )])
    .imports(&[IMPORT]);

#[rustfmt::skip]
const SUBJECT: Field = Field::new("subject", Kind::Line(2_000), &["对象", "批次或序列号"], &["Subject", "Serial, batch or lot"]).needed()
    .hint("序列号、标签网址、生产批号或物料批号；同一编号既是物料批又是生产批次时，来料为物料批，其余为生产批次", "A serial, a label's address, a batch code or a lot code; of a lot and a batch of one code, incoming means the lot", "a7-Q/0001\nB-2026-014");
#[rustfmt::skip]
const KIND: Field = Field::new("kind", Kind::Choice(SubjectKind::TABLE), &["类型", "类别"], &["Kind"]).nullable()
    .hint("单件、生产批次或物料批；编号可能有几种含义时填写", "garment, batch or lot, where a code could be more than one of them", "");
#[rustfmt::skip]
const SUPPLIER: Field = Field::new("supplier_code", Kind::Code, &["供应商编号", "供应商"], &["Supplier", "Supplier code"]).nullable()
    .hint("物料批的供应商；几家批号相同时必填", "The lot's supplier; needed where several use the code", "");
#[rustfmt::skip]
const GTIN: Field = Field::new("gtin", Kind::Line(20), &[], &[]).of(things::GTIN).nullable()
    .hint("8 到 14 位；外部序列号重复时需要", "8 to 14 digits; needed where a serial from elsewhere is not unique", "06901234000016\n");
#[rustfmt::skip]
const DEFECT: Field = Field::new("defect", Kind::Text(defect_code, as_it_is), &["缺陷代码", "疵点代码"], &["Defect", "Defect code"]).needed()
    .hint("缺陷目录中的代码", "A code of the defect catalogue", "seam_open");
#[rustfmt::skip]
const SEVERITY: Field = Field::new("severity", Kind::Choice(Severity::TABLE), &["严重程度", "等级"], &["Severity"]).nullable()
    .hint("轻微、主要或致命；不填按目录", "minor, major or critical; as the catalogue has it when left out", "major");
#[rustfmt::skip]
const ZONE: Field = Field::new("zone", Kind::Choice(ZONES), &["部位", "位置"], &["Zone", "Place"]).nullable()
    .hint("衣服上的部位", "Place on the garment", "front_hem");
#[rustfmt::skip]
const QUANTITY: Field = Field::new("quantity", Kind::Whole(1, UNITS_PER_BATCH), &["数量", "件数"], &["Quantity", "Pieces"]).nullable()
    .hint("不填为 1；单件只能是 1", "1 when left out, and for a single garment", "1\n3");
#[rustfmt::skip]
const STAGE: Field = Field::new("stage", Kind::Choice(Stage::TABLE), &["环节", "检验环节"], &["Stage"]).needed()
    .hint("来料、在线、终检、仓库、门店、退货、维修、买家", "incoming, inline, final, warehouse, store, return, repair, buyer", "final");
#[rustfmt::skip]
const FOUND_ON: Field = Field::new("found_on", Kind::Day, &["发现日期", "检验日期"], &["Found", "Found on"]).nullable().filled_in_files()
    .hint("发现的日期，不晚于今天", "The day it was seen, not after today", "2026-06-15");
#[rustfmt::skip]
const NOTE: Field = Field::new("note", Kind::Paragraph(1_000), &["说明"], &["Note"]).nullable()
    .hint("补充说明，不含个人信息", "What else there is to say; names no person", "2 cm");

/// What somebody says of a finding: in a form, a document or a row of a file.
pub const FIELDS: Fields = Fields {
    table: "findings",
    title: ("缺陷记录", "Findings"),
    columns: &[SUBJECT, KIND, SUPPLIER, GTIN, DEFECT, SEVERITY, ZONE, QUANTITY, STAGE, FOUND_ON, NOTE],
};

const DEFECT_NAME: (&str, &str) = ("缺陷名称", "Defect name");

#[rustfmt::skip]
const NAME_ZH: Field = Field::new("defect.name.zh", Kind::Line(80), &["缺陷中文名称"], &["Defect name (Chinese)", "Defect name zh"]).half_of("defect.name", Lang::Zh, DEFECT_NAME).only_read();
#[rustfmt::skip]
const NAME_EN: Field = Field::new("defect.name.en", Kind::Line(80), &["缺陷英文名称"], &["Defect name (English)", "Defect name en"]).half_of("defect.name", Lang::En, DEFECT_NAME).only_read();
#[rustfmt::skip]
const ID: Field = Field::new("id", Kind::Id, &["记录号"], &["Finding"]).of_new();
#[rustfmt::skip]
const BATCH: Field = Field::new("subject.batch", Kind::Line(40), &["生产批次"], &["Batch"]).only_read();
#[rustfmt::skip]
const STATUS: Field = Field::new("status", Kind::Choice(Status::TABLE), &["状态"], &["Status"]).only_read();
#[rustfmt::skip]
const PHOTOS: Field = Field::new("photos", Kind::Whole(0, 100), &["照片"], &["Photos"]).only_read();

/// The columns of a file of findings: what is said of each, and what downloads say beside it.
#[rustfmt::skip]
pub const COLUMNS: Fields = Fields { columns: &[
    SUBJECT, KIND, SUPPLIER, GTIN, DEFECT, SEVERITY, ZONE, QUANTITY, STAGE, FOUND_ON, NOTE, NAME_ZH, NAME_EN, ID, BATCH, STATUS, PHOTOS,
], ..FIELDS };

/// What the list shows, and its files, which can be handed in again.
#[rustfmt::skip]
const LISTED: Fields = Fields { table: "findings", title: FIELDS.title, columns: &[
    NAME_ZH.listed(), NAME_EN.listed(),
    SUBJECT.called("subject.code").listed(),
    KIND.called("subject.kind").listed(),
    SUPPLIER.called("subject.supplier"),
    GTIN.called("subject.gtin"),
    DEFECT.called("defect.code"),
    SEVERITY.listed(),
    ZONE.listed(),
    QUANTITY.listed(),
    STAGE.listed(),
    FOUND_ON.listed(),
    NOTE, ID, BATCH, STATUS.listed(), PHOTOS.listed(),
] };

/// What it can be narrowed by.
#[rustfmt::skip]
const FILTERS: &[Field] = &[
    Field::new("batch", Kind::Line(40), &["生产批次"], &["Batch"]),
    Field::new("lot", Kind::Line(81), &["物料批"], &["Lot"]),
    Field::new("serial", Kind::Line(2_000), &["序列号"], &["Serial"]),
    Field::new("supplier", Kind::Line(40), &["供应商编号"], &["Supplier code"]),
    Field::new("defect", Kind::Text(defect_code, as_it_is), &["缺陷"], &["Defect"]).refers(&defects::DEFECT),
    Field::new("severity", Kind::Choice(Severity::TABLE), &["严重程度"], &["Severity"]),
    Field::new("stage", Kind::Choice(Stage::TABLE), &["环节"], &["Stage"]),
    Field::new("status", Kind::Choice(Counted::TABLE), &["状态"], &["Status"]).needed(),
    Field::new("from", Kind::Day, &["从"], &["From"]),
    Field::new("to", Kind::Day, &["到"], &["To"]),
];

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum About {
    /// One garment.
    Garment(GarmentId),
    /// A whole batch, or some garments of it that nobody named.
    Batch(BatchNo),
    /// A lot of material.
    Lot(Id),
}

impl About {
    /// Which kind of thing it is.
    pub const fn kind(self) -> SubjectKind {
        match self {
            Self::Garment(_) => SubjectKind::Garment,
            Self::Batch(_) => SubjectKind::Batch,
            Self::Lot(_) => SubjectKind::Lot,
        }
    }

    /// The batch it belongs to, if it is no lot.
    pub const fn batch(self) -> Option<BatchNo> {
        match self {
            Self::Garment(garment) => Some(garment.batch()),
            Self::Batch(no) => Some(no),
            Self::Lot(_) => None,
        }
    }
}

/// A finding as somebody writes it, each field read by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    /// A serial, the address a label holds, a batch code or a lot code (`code@supplier` where several suppliers use it).
    pub subject: String,
    /// Where a code could be more than one of them. Absent: of a batch and a lot of the same code, the lot when the stage is `incoming`, else the
    /// batch.
    #[serde(default)]
    pub kind: Option<SubjectKind>,
    /// The lot's supplier, where several use its code.
    pub supplier_code: Option<String>,
    /// The GTIN beside a serial, where that is needed to tell it from another.
    pub gtin: Option<String>,
    /// Code of the defect.
    pub defect: String,
    /// Absent: as the catalogue has it.
    pub severity: Option<Severity>,
    /// Place on the garment, one of the zones; absent when it has none.
    pub zone: Option<String>,
    /// How many: garments of a batch, pieces or metres of a lot; not more than there are, and 1 of a single garment. 1 when absent.
    pub quantity: Option<i64>,
    /// Where in its life it was seen.
    pub stage: Stage,
    /// What else there is to say. Names no person.
    pub note: Option<String>,
    /// The day it was seen; not after today, not before the thing was begun. Today when absent.
    pub found_on: Option<NaiveDate>,
}

impl Draft {
    /// What it is about, as it was scanned or typed.
    pub fn scanned(&self) -> Result<Scanned, Fault> {
        let named = match &self.supplier_code {
            Some(supplier) if !self.subject.contains('@') => format!("{}@{supplier}", self.subject),
            _ => self.subject.clone(),
        };
        Scanned::read("subject", &named, self.gtin.as_deref())
    }

    /// Which kind of thing alone is meant. Only lots have a supplier.
    pub fn only(&self) -> Option<SubjectKind> {
        if self.supplier_code.is_some() { Some(SubjectKind::Lot) } else { self.kind }
    }
}

/// A finding that may be logged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewFinding {
    /// What it is about.
    pub about: About,
    /// The rest.
    pub sound: Sound,
}
