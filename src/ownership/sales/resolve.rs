//! From what a file, a scanner or a shop calls a garment to the garment: one by one, and a chunk at once.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::kernel::gs1::scan::{self, Scan};
use crate::kernel::serial::{Epoch, Gtin14, Keyring, NO_GTIN, Serial};
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Result, faults};
use crate::platform::db::Db;
use crate::production::batches::{self, SerialOf};

/// What somebody calls a garment, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The GTIN it stands beside, where one was given.
    pub gtin: Option<String>,
    /// The serial.
    pub serial: String,
}

impl From<SerialOf> for Named {
    fn from(of: SerialOf) -> Self {
        Self { gtin: Some(of.gtin.unwrap_or_else(no_gtin)), serial: of.serial }
    }
}

/// What stands beside a serial that has no GTIN.
fn no_gtin() -> String {
    String::from_utf8_lossy(&NO_GTIN).into_owned()
}

/// Takes apart what was scanned or typed: a serial, an address as on a label (`https://…/01/…/21/…` or `…/C/…`), an element string
/// (`(01)…(21)…`), or a serial with its GTIN beside it.
///
/// # Errors
/// [`Code::Missing`], [`Code::TooLong`], [`Code::NotADigitalLink`], [`Code::NotAGtin`].
pub fn read_name(field: &'static str, text: &str, gtin: Option<&str>) -> Result<Named, Fault> {
    if text.chars().count() > 2_000 {
        return Err(Fault::new(field, Code::TooLong).with("max", 2_000));
    }
    let scan = scan::read(text).map_err(|error| faults::at(field, &error.into()))?;
    if let Scan::SerialAddress(serial) = scan {
        return Ok(Named { gtin: Some(no_gtin()), serial });
    }
    if let Some(link) = scan.elements() {
        return match (link.gtin(), link.serial()) {
            (Some(gtin), Some(serial)) => Ok(Named { gtin: Some(gtin.as_str().to_owned()), serial: serial.to_owned() }),
            _ => Err(Fault::new(field, Code::NotADigitalLink).with("reason", "(01), (21)")),
        };
    }
    let gtin = gtin.map(str::trim).filter(|gtin| !gtin.is_empty());
    if gtin.is_some_and(|gtin| batches::gtin14(gtin).is_none()) {
        return Err(Fault::new("gtin", Code::NotAGtin));
    }
    let serial = crate::kernel::text::line(field, &scan.bare(text).unwrap_or_default(), 80)?;
    Ok(Named { gtin: gtin.map(str::to_owned), serial })
}

/// The garment of a name.
///
/// # Errors
/// [`Code::SerialTypo`], [`Code::SerialUnknown`].
pub fn find(db: &mut Db, keys: &Keyring, named: &Named) -> Result<GarmentId> {
    batches::find_serial(db, keys, named.gtin.as_deref(), &named.serial)?.ok_or_else(|| Code::SerialUnknown.into())
}

/// Finds the garments of many names: serials of ours are deciphered, with what is known of all batches from the first name on. Whether a unit
/// is minted and not void is for the caller, who reads the batches anyway.
#[derive(Debug, Default)]
pub struct Finder(Option<Known>);

#[derive(Debug)]
struct Known {
    /// What the serials of each batch of ours are made with. Once it is minted that never changes.
    batches: HashMap<BatchNo, (Gtin14, Epoch)>,
    /// The GTINs among those; the one that fitted last first: files come sorted by product as often as not.
    gtins: Vec<Gtin14>,
}

impl Known {
    fn read(db: &mut Db) -> Result<Self> {
        let batches = batches::made_with(db)?;
        let gtins: BTreeSet<Gtin14> = batches.values().map(|(gtin, _)| *gtin).collect();
        Ok(Self { batches, gtins: gtins.into_iter().collect() })
    }

    /// The garment of a serial that its batch made with this GTIN, or with any, in the serial's epoch.
    fn open(&mut self, keys: &Keyring, gtin: Option<Gtin14>, serial: &Serial) -> Option<GarmentId> {
        let is_own = |gtin: &Gtin14, garment: GarmentId| self.batches.get(&garment.batch()) == Some(&(*gtin, serial.epoch()));
        if let Some(gtin) = gtin {
            return keys.open_with_any([&gtin], serial, is_own).map(|(_, garment)| garment);
        }
        let (place, garment) = keys.open_with_any(&self.gtins, serial, is_own)?;
        self.gtins.get_mut(..=place).unwrap_or_default().rotate_right(1);
        Some(garment)
    }
}

impl Finder {
    /// The garment of a name; what is wrong with one that names none.
    ///
    /// # Errors
    /// When the store does.
    pub fn find(&mut self, db: &mut Db, keys: &Keyring, named: &Named) -> Result<Result<GarmentId, Fault>> {
        let given = named.gtin.as_deref().map(batches::gtin14);
        // A GTIN that is none names nothing of ours.
        if let (Ok(serial), false) = (Serial::parse(&named.serial), given == Some(None)) {
            let known = match self.0.take() {
                Some(known) => known,
                None => Known::read(db)?,
            };
            if let Some(garment) = self.0.insert(known).open(keys, given.flatten(), &serial) {
                return Ok(Ok(garment));
            }
        }
        // Of a batch minted since, from elsewhere, or none at all.
        match find(db, keys, named) {
            Ok(garment) => Ok(Ok(garment)),
            Err(Error::Refused(refusal)) => Ok(Err(Fault::new("serial", refusal.code).with("value", &named.serial))),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str, gtin: Option<&str>) -> Result<(Option<String>, String), Code> {
        read_name("serial", text, gtin).map(|named| (named.gtin, named.serial)).map_err(|fault| fault.code)
    }

    #[test]
    fn garments_are_named_in_three_ways() {
        let serial = "0K8JYHFBAF2GXMNFX4WA".to_owned();
        assert_eq!(name(" 0K8JYHFBAF2GXMNFX4WA ", None), Ok((None, serial.clone())));
        assert_eq!(name("0K8JYHFBAF2GXMNFX4WA", Some("9506000134352")), Ok((Some("9506000134352".into()), serial.clone())));
        assert_eq!(
            name("HTTPS://ID.BRAND.CN/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA", None),
            Ok((Some("09506000134352".into()), serial.clone()))
        );
        for text in [
            "https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA/",
            "(01)09506000134352(21)0K8JYHFBAF2GXMNFX4WA",
            "]d20109506000134352210K8JYHFBAF2GXMNFX4WA\u{1d}10L-7",
        ] {
            assert_eq!(name(text, None), Ok((Some("09506000134352".into()), serial.clone())), "{text}");
        }
        assert_eq!(name("序列号：0K8JYHFBAF2GXMNFX4WA", None), Ok((None, serial.clone())));
        assert_eq!(name("0k8jy-hfbaf-2gxmn-fx4wa\u{200b}", None), Ok((None, "0k8jy-hfbaf-2gxmn-fx4wa".into())));
        assert_eq!(name("https://id.brand.cn/c/0K8JYHFBAF2GXMNFX4WA", None), Ok((Some("00000000000000".into()), serial)));
        assert_eq!(name("https://id.brand.cn/about", None), Err(Code::NotADigitalLink));
        assert_eq!(name("https://id.brand.cn/01/09506000134352", None), Err(Code::NotADigitalLink));
        assert_eq!(name("x", Some("95060001343")), Ok((Some("95060001343".into()), "x".into())));
        assert_eq!(name("x", Some("seven")), Err(Code::NotAGtin));
        assert_eq!(name("", None), Err(Code::Missing));
    }
}
