//! What was scanned or typed, taken apart. Values in, values out.

use serde::{Deserialize, Serialize};

use crate::kernel::gs1::scan::{self, Scan};
use crate::kernel::serial::NO_GTIN;
use crate::kernel::{Code, Fault, faults, text};
use crate::production::batches::{SerialOf, gtin14};

/// Characters of what a scanner hands in.
const SCAN_MAX: usize = 2_000;
/// Characters of a serial, or of a lot's code with its supplier's.
const CODE_MAX: usize = 100;

/// What was scanned or typed where a garment, a batch or a lot is to be named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scanned {
    /// The GTIN beside the serial, where one was given; fourteen zeros name the serials of skus without.
    pub gtin: Option<String>,
    /// The serial; of what is no label's content, the code it may be instead.
    pub text: String,
    /// Whether it is the content of a label, which names a garment and nothing else.
    is_label: bool,
}

impl Scanned {
    /// Takes apart what was scanned or typed: a serial or a code, an address as on a label (`https://…/01/…/21/…` or `…/C/…`), an element string
    /// (`(01)…(21)…`), or a serial with its GTIN beside it.
    ///
    /// # Errors
    /// [`Code::Missing`], [`Code::TooLong`], [`Code::NotADigitalLink`], [`Code::NotAGtin`].
    pub fn read(field: &'static str, written: &str, gtin: Option<&str>) -> Result<Self, Fault> {
        if written.chars().count() > SCAN_MAX {
            return Err(Fault::new(field, Code::TooLong).with("max", SCAN_MAX));
        }
        let scan = scan::read(written).map_err(|error| faults::at(field, &error.into()))?;
        if let Scan::SerialAddress(serial) = scan {
            return Ok(Self::label(&no_gtin(), &serial));
        }
        if let Some(link) = scan.elements() {
            return match (link.gtin(), link.serial()) {
                (Some(gtin), Some(serial)) => Ok(Self::label(gtin.as_str(), serial)),
                _ => Err(Fault::new(field, Code::NotADigitalLink).with("reason", "(01), (21)")),
            };
        }
        let gtin = gtin.map(str::trim).filter(|gtin| !gtin.is_empty());
        if gtin.is_some_and(|gtin| gtin14(gtin).is_none()) {
            return Err(Fault::new("gtin", Code::NotAGtin));
        }
        let text = text::line(field, &scan.bare(written).unwrap_or_default(), CODE_MAX)?;
        Ok(Self { gtin: gtin.map(str::to_owned), text, is_label: false })
    }

    /// The serial of a label and the GTIN beside it, which were taken apart before.
    pub fn label(gtin: &str, serial: &str) -> Self {
        Self { gtin: Some(gtin.to_owned()), text: serial.to_owned(), is_label: true }
    }

    /// The code of a batch or a lot that it may be.
    pub fn code(&self) -> Option<&str> {
        (!self.is_label).then_some(&self.text)
    }

    /// Whether it has the twenty characters of our serials: a shorter or longer word is no mistyped serial, it is some other code.
    pub fn looks_like_a_serial(&self) -> bool {
        self.is_label || self.text.chars().filter(char::is_ascii_alphanumeric).count() == 20
    }
}

impl From<SerialOf> for Scanned {
    fn from(of: SerialOf) -> Self {
        Self::label(&of.gtin.unwrap_or_else(no_gtin), &of.serial)
    }
}

/// What stands beside a serial that has no GTIN.
fn no_gtin() -> String {
    String::from_utf8_lossy(&NO_GTIN).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, gtin: Option<&str>) -> Result<(Option<String>, String), Code> {
        Scanned::read("serial", text, gtin).map(|scanned| (scanned.gtin, scanned.text)).map_err(|fault| fault.code)
    }

    #[test]
    fn garments_are_named_in_three_ways() {
        let serial = "0K8JYHFBAF2GXMNFX4WA".to_owned();
        assert_eq!(read(" 0K8JYHFBAF2GXMNFX4WA ", None), Ok((None, serial.clone())));
        assert_eq!(read("0K8JYHFBAF2GXMNFX4WA", Some("9506000134352")), Ok((Some("9506000134352".into()), serial.clone())));
        assert_eq!(
            read("HTTPS://ID.BRAND.CN/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA", None),
            Ok((Some("09506000134352".into()), serial.clone()))
        );
        for text in [
            "https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA/",
            "(01)09506000134352(21)0K8JYHFBAF2GXMNFX4WA",
            "]d20109506000134352210K8JYHFBAF2GXMNFX4WA\u{1d}10L-7",
        ] {
            assert_eq!(read(text, None), Ok((Some("09506000134352".into()), serial.clone())), "{text}");
        }
        assert_eq!(read("序列号：0K8JYHFBAF2GXMNFX4WA", None), Ok((None, serial.clone())));
        assert_eq!(read("0k8jy-hfbaf-2gxmn-fx4wa\u{200b}", None), Ok((None, "0k8jy-hfbaf-2gxmn-fx4wa".into())));
        assert_eq!(read("https://id.brand.cn/c/0K8JYHFBAF2GXMNFX4WA", None), Ok((Some("00000000000000".into()), serial)));
        assert_eq!(read("https://id.brand.cn/about", None), Err(Code::NotADigitalLink));
        assert_eq!(read("https://id.brand.cn/01/09506000134352", None), Err(Code::NotADigitalLink));
        assert_eq!(read("x", Some("95060001343")), Ok((Some("95060001343".into()), "x".into())));
        assert_eq!(read("x", Some("seven")), Err(Code::NotAGtin));
        assert_eq!(read("", None), Err(Code::Missing));
    }

    #[test]
    fn only_what_is_no_label_may_be_a_code() {
        let code = |text: &str, gtin: Option<&str>| Scanned::read("q", text, gtin).unwrap().code().map(str::to_owned);
        assert_eq!(code(" B-2026-015 ", None), Some("B-2026-015".into()));
        assert_eq!(code("20260301@MILL-A", None), Some("20260301@MILL-A".into()));
        assert_eq!(code("B-1", Some("9506000134352")), Some("B-1".into()));
        assert_eq!(code("(01)09506000134352(21)ABC", None), None);
        assert_eq!(code("https://id.brand.cn/c/0K8JYHFBAF2GXMNFX4WA", None), None);
    }
}
