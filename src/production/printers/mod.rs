//! Label printers on the network: which there are, how they are spoken to, and how they are.

mod http;
mod link;
mod status;
mod store;

use std::time::Duration;

use crate::choices;
use crate::kernel::error::{Code, Error, Fault, Refusal, Result};
use crate::kernel::text::{self, Lang};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{Field, Fields, Kind, Room};
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::production::labels::Format;

pub use link::PrinterLink;
pub use status::{Status, Stop};
pub use store::{Printer, all, by_code, by_id, create};

/// The room.
pub const ROOM: Room = Room::new("printers", http::routes);

choices! {
    /// The language of a printer.
    Language {
        /// Zebra and those that understand it.
        Zpl = "zpl", "ZPL，适用于斑马打印机", "ZPL, for Zebra printers";
        /// TSC and most printers made in China.
        Tspl = "tspl", "TSPL，适用于 TSC 和多数国产打印机", "TSPL, for TSC and most printers made in China";
    }
}

impl Language {
    /// The format of what it is sent.
    pub const fn format(self) -> Format {
        match self {
            Self::Zpl => Format::Zpl,
            Self::Tspl => Format::Tspl,
        }
    }
}

/// The fields of a printer.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "printers", title: ("打印机", "Printers"), columns: &[
    Field::new("code", Kind::Code, &["编码", "打印机编码"], &["Code", "Printer code"]).needed().listed()
        .hint("1 到 40 个字母、数字或 - _ . / #，例如 ZT-1。", "1 to 40 letters, digits or - _ . / #, such as ZT-1.", "ZT-1"),
    Field::new("name", Kind::Line(80), &["名称"], &["Name"]).listed()
        .hint("放在哪里，是什么机器。", "Where it stands and what it is.", "包装线 2"),
    Field::new("host", Kind::Text(host, as_it_is), &["地址"], &["Address"]).needed().listed()
        .hint("例如 192.168.1.50。", "Such as 192.168.1.50.", "192.168.1.50"),
    Field::new("port", Kind::Whole(1, 65_535), &["端口"], &["Port"]).needed().listed()
        .hint("几乎总是 9100。", "9100 nearly always.", "9100"),
    Field::new("language", Kind::Choice(Language::TABLE), &["语言"], &["Language"]).needed().listed(),
    Field::new("dpi", Kind::OneOf(&[203, 300, 600]), &["分辨率（dpi）", "分辨率"], &["Resolution (dpi)", "Resolution"]).needed().listed(),
    Field::new("confirms", Kind::Flag, &["会回答状态查询"], &["It answers questions about its state"])
        .hint("打印机或打印服务器从不回答时不要勾选：打完由人来确认。", "Untick it for a printer or print server that never answers: then a person confirms at the end that the labels are there.", "是"),
] };

/// A name or an address in the network.
fn host(field: &'static str, given: &str) -> Result<String, Fault> {
    let host = text::line(field, given, 253)?;
    if host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c)) {
        Ok(host)
    } else {
        Err(Fault::new(field, Code::Malformed).with("value", &host).with("reason", "host-like"))
    }
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

/// Asks a printer how it is. None when it is connected and does not answer in time.
///
/// # Errors
/// [`Code::PrinterUnreachable`] when there is no connection.
pub fn ask(app: &AppState, printer: &Printer) -> Result<Option<Status>> {
    let at = app.clock.now();
    let seconds = app.store.read_blocking(move |db| policies::value(db, Policy::PrintAnswerSeconds, at))?;
    let wait = Duration::from_secs(u64::try_from(seconds).map_err(Error::broken)?);
    let refused = |error: std::io::Error| Error::from(Refusal::new(Code::PrinterUnreachable).with("reason", error));
    let port = u16::try_from(printer.port).map_err(Error::broken)?;
    PrinterLink::open(&printer.host, port, printer.language, wait).map_err(refused)?.ask(wait).map_err(refused)
}

/// The names of reasons in words; what is no name stays as it is.
pub fn reasons(words: Words, message: &str) -> String {
    let said = message.split(',').map(|name| {
        let key = format!("labels-reason-{name}");
        if words.knows(&key) { words.say(key).into_owned() } else { name.to_owned() }
    });
    said.collect::<Vec<_>>().join(" ")
}
