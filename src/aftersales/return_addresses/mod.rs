//! Where buyers send a garment back, and how: a row for each market, in both languages. The buyer's page shows it while a return waits for the parcel.

mod store;

use crate::kernel::countries;
use crate::kernel::text::Lang;
use crate::kernel::{Fault, Result};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Room};

pub use store::{ReturnAddress, of_market};

/// The market of whichever has no row of its own.
pub const ELSEWHERE: &str = "*";

/// The room.
pub const ROOM: Room =
    Room::of::<ReturnAddress>().menu(&[Entry::new("/return-addresses", "return-addresses-title", &[Permission::PolicyEdit])]);

const ADDRESS: (&str, &str) = ("退货地址", "Address");
const HOURS: (&str, &str) = ("收货时间", "Hours");
const ENCLOSE: (&str, &str) = ("注意事项", "What to enclose");

/// The fields of an address.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "return-addresses", title: ("退货地址", "Return addresses"), columns: &[
    Field::new("code", Kind::Text(market, as_it_is), &["市场"], &["Market"]).needed().unique().listed()
        .hint("两个字母的国家或地区代码；* 表示没有单独填写的其他市场。", "Two letters of a country; * for every market that has no row of its own.", "CN"),
    Field::new("address_zh", Kind::Paragraph(500), &["中文地址"], &["Address (Chinese)"]).half_of("address", Lang::Zh, ADDRESS).needed().listed()
        .hint("收件人、电话和地址，一行一项。", "Who receives it, their telephone and the address, a line each.", "退换货中心，021-5555 0101，上海市浦东新区 1 号"),
    Field::new("address_en", Kind::Paragraph(500), &["英文地址"], &["Address (English)"]).half_of("address", Lang::En, ADDRESS).needed().listed()
        .hint("", "", "Returns, 1 Pudong Road, Shanghai"),
    Field::new("hours_zh", Kind::Line(120), &["中文收货时间"], &["Hours (Chinese)"]).half_of("hours", Lang::Zh, HOURS)
        .hint("", "", "周一至周六 9:00–18:00"),
    Field::new("hours_en", Kind::Line(120), &["英文收货时间"], &["Hours (English)"]).half_of("hours", Lang::En, HOURS)
        .hint("", "", "Monday to Saturday, 9 to 18"),
    Field::new("enclose_zh", Kind::Paragraph(500), &["中文注意事项"], &["What to enclose (Chinese)"]).half_of("enclose", Lang::Zh, ENCLOSE)
        .hint("要附上什么，怎么包装。", "What belongs into the parcel, and how it is packed.", "请附上写有工单号的纸条，不要寄到付件。"),
    Field::new("enclose_en", Kind::Paragraph(500), &["英文注意事项"], &["What to enclose (English)"]).half_of("enclose", Lang::En, ENCLOSE)
        .hint("", "", "Enclose a note with the number of the request."),
] };

/// A market: a country, or every other.
fn market(field: &'static str, written: &str) -> Result<String, Fault> {
    if written.trim() == ELSEWHERE { Ok(ELSEWHERE.to_owned()) } else { countries::read(field, written) }
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}
