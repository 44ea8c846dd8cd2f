//! Sales: one row each time a garment is handed to a buyer. A garment has one live sale at most; when it comes back the sale ends, and
//! selling it again makes a new row, so that nothing of the first is lost.
//!
//! A sale makes the garment's row, its warranty under the policy version of that day, and its place in the counts by batch and retailer, all in
//! the same write. Many at once (a file, a shop's day) take the same path in bulk: everything a chunk needs to know is read once, everything
//! it changes is written in a few statements.

mod examine;
mod http;
mod import;
mod page;
mod register;
mod rules;
mod store;
mod view;

use chrono::NaiveDate;
use serde_json::Value;

pub use examine::{Examined, examine};
pub use import::IMPORT;
pub use register::register;
pub use rules::{NewSale, SaleAsk, SaleStatus, Sound};
pub use store::{
    Ready, Sale, deliver, end_sale, latest, of_garment, of_garments, of_seq, record_price, register_examined, release_refund,
    reserve_refund,
};
pub use view::SaleView;

use crate::choices;
use crate::kernel::money::{self, Money};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, Refusal, Result, countries};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::imports::things;
use crate::platform::rooms::{Field, Fields, Kind, Room, Said};

/// The room.
pub const ROOM: Room = Room::new("sales", http::routes)
    .menu(&[Entry::new("/sales", "sales-title", &[Permission::SalesRead]).act("/sales/new", "sales-new", Permission::SalesEdit)])
    .imports(&[IMPORT]);

/// The currency of a price without one.
pub const CURRENCY: &str = "CNY";

#[rustfmt::skip]
const SERIAL: Field = Field::new("serial", Kind::Line(2_000), &["标签网址", "二维码内容"], &["Address", "URI", "QR"]).of(things::SERIAL).needed()
    .hint("扫描标签，或输入二维码下方的 20 位字符。", "Scan the label, or type the 20 characters below its code.", "a7-Q/0001");
#[rustfmt::skip]
const GTIN: Field = Field::new("gtin", Kind::Line(20), &[], &[]).of(things::GTIN).nullable()
    .hint("8 到 14 位；外部序列号重复时需要", "8 to 14 digits; needed where a serial from elsewhere is not unique", "06901234000016").rare();
#[rustfmt::skip]
const RETAILER: Field = Field::new("retailer", Kind::Code, &["零售商编码", "零售商编号", "门店编码", "门店编号", "零售商", "门店"], &["Retailer", "Retailer code", "Shop", "Shop code"]).nullable()
    .hint("售出的门店或网店；门店账号可不填。", "The shop that sold it, on the street or on the web. A shop's own account may leave it out.", "HF-01");
#[rustfmt::skip]
const SOLD_ON: Field = Field::new("sold_on", Kind::Day, &["销售日期", "售出日期"], &["Sold", "Sold on", "Date"]).needed()
    .hint("售出的日期", "The day it was sold", "2026-06-10");
#[rustfmt::skip]
const DELIVERED_ON: Field = Field::new("delivered_on", Kind::Day, &["收货日期", "送达日期"], &["Delivered", "Delivered on"]).nullable()
    .hint("买家收到的日期，不早于销售日期；还在途中就先空着。", "The day it was handed over, not before it was sold. Leave it empty if the garment is still on its way.", "2026-06-12").rare();
#[rustfmt::skip]
const PROMISED_ON: Field = Field::new("promised_on", Kind::Day, &["约定送达日期"], &["Promised", "Promised on"]).nullable()
    .hint("约定送达的日期", "The day for which delivery was promised", "2026-06-13").rare();
#[rustfmt::skip]
const NO_RETURN_CONFIRMED_ON: Field = Field::new("no_return_confirmed_on", Kind::Day, &["确认不可无理由退货的日期", "确认不退日期"], &["No return confirmed on", "No-return confirmed"]).nullable()
    .hint("买家在购买时逐单确认本商品不支持无理由退货的日期，不晚于销售日期；没有确认就空着。", "The day the buyer confirmed, at this purchase, that it cannot be returned without a reason; not after the sale. Empty where nobody did.", "").rare();
#[rustfmt::skip]
const ORDER_NO: Field = Field::new("order_no", Kind::Line(60), &["订单号"], &["Order", "Order no.", "Order number"])
    .hint("店铺自己的订单号，不含个人信息", "The shop's own number; names no person", "WEB-20260615-0042");
#[rustfmt::skip]
const PRICE: Field = Field::new("price", Kind::ByHand, &["成交价", "价格", "金额"], &["Price", "Price paid", "Amount"]).nullable()
    .hint("这一件实付的含税金额，如 399.00", "What was paid for this garment, tax included: 399.00", "399.00");
#[rustfmt::skip]
const PAID_IN: Field = Field::new("currency", Kind::Text(money::read_currency, as_it_is), &["币种", "货币"], &["Currency"]).nullable()
    .hint("三个字母；有价格而不填为 CNY", "Three letters; CNY when a price stands without one", "CNY");
#[rustfmt::skip]
const CHANNEL: Field = Field::new("channel", Kind::Code, &["渠道", "销售渠道"], &["Channel"])
    .hint("销售渠道的代码，由品牌自定，如 shop、web、livestream", "How it was sold, as the brand names it: shop, web, livestream", "web").rare();
#[rustfmt::skip]
const COUNTRY: Field = Field::new("country", Kind::Text(countries::read, countries::name), &["国家", "国家或地区"], &["Country"])
    .hint("国家或地区的名称或代码，例如 CN 或 中国", "Name or code of the country, such as CN or China", "CN").rare();
#[rustfmt::skip]
const CITY: Field = Field::new("city", Kind::Line(60), &["城市"], &["City"]).hint("", "", "杭州").rare();

/// What somebody says of a sale: in a form, a document or a row of a file.
pub const FIELDS: Fields = Fields {
    table: "sales",
    title: ("销售", "Sales"),
    columns: &[
        SERIAL,
        GTIN,
        RETAILER,
        SOLD_ON,
        DELIVERED_ON,
        PROMISED_ON,
        ORDER_NO,
        PRICE,
        PAID_IN,
        CHANNEL,
        COUNTRY,
        CITY,
        NO_RETURN_CONFIRMED_ON,
    ],
};

choices! {
    /// How a list says that a sale's warranty stands.
    CoverState {
        /// Sold without one.
        None = "none", "无质保", "None";
        /// Starts later.
        Waiting = "waiting", "未开始", "Not begun";
        /// Holds.
        Running = "running", "质保中", "Covered";
        /// Over.
        Ended = "ended", "已结束", "Ended";
        /// Declared void.
        Void = "void", "已作废", "Void";
    }
}

#[rustfmt::skip]
const STATUS: Field = Field::new("status", Kind::Choice(SaleStatus::TABLE), &["状态"], &["Status"])
    .hint("已售；已退回只能是系统里已有的记录，退货不从文件登记", "Sold. Returned only of a sale that is here already: a file takes nothing back", "");
#[rustfmt::skip]
const COVER: Field = Field::new("warranty.state", Kind::Choice(CoverState::TABLE), &["质保"], &["Warranty"]).only_read();
#[rustfmt::skip]
const COVERED_UNTIL: Field = Field::new("warranty.until", Kind::Day, &["质保到期"], &["Covered until"]).only_read();

#[rustfmt::skip]
const REGISTERED_AT: Field = Field::new("registered_at", Kind::Text(read_moment, as_it_is), &["登记时刻（UTC）"], &["Registered (UTC)"]).at("created_at").of_new()
    .hint("由系统登记的时刻；从另一套系统迁入的销售沿用原时刻。", "When it was registered; a sale brought from another store keeps the moment it was registered there.", "");

/// The columns of a file of sales: what is said of each, and what downloads say beside it.
#[rustfmt::skip]
pub const COLUMNS: Fields = Fields { columns: &[
    SERIAL, GTIN, RETAILER, SOLD_ON, DELIVERED_ON, PROMISED_ON, ORDER_NO, PRICE, PAID_IN, CHANNEL, COUNTRY, CITY, NO_RETURN_CONFIRMED_ON, STATUS, REGISTERED_AT, COVER, COVERED_UNTIL,
], ..FIELDS };

/// What the list shows, and its files, which can be handed in again.
#[rustfmt::skip]
const LISTED: Fields = Fields { table: "sales", title: FIELDS.title, columns: &[
    SERIAL.listed(), GTIN, RETAILER.listed(), SOLD_ON.listed(), DELIVERED_ON.listed(), PROMISED_ON, ORDER_NO.listed(),
    PRICE.called("price.amount").listed(), PAID_IN.called("price.currency").listed(), CHANNEL, COUNTRY, CITY, NO_RETURN_CONFIRMED_ON,
    STATUS.listed(), REGISTERED_AT, COVER.listed(), COVERED_UNTIL.listed(),
] };

/// What it can be narrowed by.
#[rustfmt::skip]
const FILTERS: &[Field] = &[
    Field::new("from", Kind::Day, &["从"], &["From"]),
    Field::new("to", Kind::Day, &["到"], &["To"]),
    Field::new("retailer", Kind::Line(40), &["零售商"], &["Retailer"]),
];

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

fn read_moment(field: &'static str, text: &str) -> Result<String, Fault> {
    rules::moment(field, text).map(|at| at.to_string())
}

impl SaleAsk {
    /// What is wrong with the days and the price of a report beyond its single fields.
    pub(super) fn faults(said: &Said, today: NaiveDate) -> Vec<Fault> {
        let days = said.day("sold_on").map(|sold_on| {
            let mut faults = rules::dates(sold_on, said.day("delivered_on"), today);
            faults.extend(rules::confirmed(sold_on, said.day("no_return_confirmed_on")));
            faults
        });
        days.into_iter().flatten().chain(price_of(said).err().into_iter().flatten()).collect()
    }

    /// The report that was said.
    pub(super) fn of(said: Said) -> Result<Self> {
        let price = price_of(&said).or_else(|faults| Refusal::unless_empty(faults).map(|()| None))?;
        let ask: Self = said.with_value("price", Value::Null).value()?;
        Ok(Self { sound: Sound { price, ..ask.sound }, ..ask })
    }
}

/// What was paid: an amount as people write it beside its currency, or minor units and currency as programs send them.
fn price_of(said: &Said) -> Result<Option<Money>, Vec<Fault>> {
    let Some(price) = said.get("price") else { return Ok(None) };
    if let Some(text) = price.as_str().map(str::trim) {
        let currency = said.text("currency").unwrap_or(CURRENCY);
        let minor = Some(text).filter(|text| !text.is_empty()).map(|text| money::read_amount("price", text, currency)).transpose();
        return minor.map(|minor| minor.map(|minor| Money { minor, currency: currency.to_owned() })).map_err(|fault| vec![fault]);
    }
    let wrong = || Fault::new("price.minor", Code::Malformed).with("reason", "expects-whole");
    let currency = price.get("currency").and_then(Value::as_str).unwrap_or_default();
    let currency = money::read_currency("price.currency", currency);
    let minor = price
        .get("minor")
        .and_then(Value::as_i64)
        .ok_or_else(wrong)
        .and_then(|minor| if minor < 0 { Err(Fault::new("price.minor", Code::BelowZero).with("value", minor)) } else { Ok(minor) });
    match (currency, minor) {
        (Ok(currency), Ok(minor)) => Ok(Some(Money { minor, currency })),
        (currency, minor) => Err(currency.err().into_iter().chain(minor.err()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Error;

    fn report(document: Value) -> Result<SaleAsk, Vec<(String, Code)>> {
        let Value::Object(document) = document else { panic!("no object") };
        let today = "2026-06-15".parse().unwrap();
        Said::of_json_by(&FIELDS, document, |said| SaleAsk::faults(said, today)).and_then(SaleAsk::of).map_err(|error| match error {
            Error::Refused(refusal) => refusal.faults.into_iter().map(|fault| (fault.field.into_owned(), fault.code)).collect(),
            error => panic!("{error}"),
        })
    }

    #[test]
    fn no_header_answers_to_two_columns() {
        assert_eq!(COLUMNS.ambiguous(), Vec::<&str>::new());
    }

    #[test]
    fn days_are_in_order_and_not_ahead() {
        let faults = |document: Value| report(document).err().unwrap_or_default();
        assert!(faults(serde_json::json!({"serial": "x", "sold_on": "2026-06-16"})).is_empty());
        assert_eq!(faults(serde_json::json!({"serial": "x", "sold_on": "2026-06-17"})), [("sold_on".to_owned(), Code::OutOfRange)]);
        assert_eq!(
            faults(serde_json::json!({"serial": "x", "sold_on": "2026-06-10", "delivered_on": "2026-06-09"})),
            [("delivered_on".to_owned(), Code::DatesOutOfOrder)]
        );
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = serde_json::json!({
            "serial": "x", "sold_on": "2026-06-17", "order_no": "a\u{1}", "channel": "two words", "country": "QQ", "city": "x".repeat(61),
            "price": {"minor": -1, "currency": "RMB¥"}, "buyer": "王",
        });
        let mut fields: Vec<_> = report(wrong).unwrap_err().into_iter().map(|(field, _)| field).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["buyer", "channel", "city", "country", "order_no", "price.currency", "price.minor", "sold_on"]);
    }

    #[test]
    fn a_sound_sale_is_kept_as_sent() {
        let sent = |price: Value| {
            serde_json::json!({
                "serial": "x", "sold_on": "2026-06-10", "order_no": " A-1 ", "channel": "web", "country": "China", "city": "杭州", "price": price,
            })
        };
        let Sound { order_no, country, price, .. } = report(sent(serde_json::json!({"minor": 19900, "currency": "rmb"}))).unwrap().sound;
        assert_eq!((order_no.as_str(), country.as_str()), ("A-1", "CN"));
        assert_eq!(price, Some(Money { minor: 19_900, currency: "CNY".into() }));
        assert_eq!(report(sent("199".into())).unwrap().sound.price, price, "as a person writes it");
        assert_eq!(report(sent(Value::Null)).unwrap().sound.price, None);
    }
}
