//! The table of application identifiers: what each may contain, where a Digital Link may carry it, and what it needs or excludes.
//!
//! Figures from the GS1 General Specifications (release 26) as the GS1 Barcode Syntax Dictionary lists them. To take in a new release,
//! compare row by row; the order is that of the numbers and a test checks it.

use super::check::{Rule, Set};
use Rule::*;
use Set::*;

/// One component of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Characters it is written in.
    pub set: Set,
    /// Least length, when it is there at all.
    pub least: usize,
    /// Greatest length.
    pub most: usize,
    /// Whether it may be missing at the end of the value.
    pub optional: bool,
    /// What else it must be.
    pub rules: &'static [Rule],
}

impl Part {
    const fn is(self, rules: &'static [Rule]) -> Self {
        Self { rules, ..self }
    }

    const fn or_nothing(self) -> Self {
        Self { optional: true, ..self }
    }
}

const fn exactly(set: Set, length: usize) -> Part {
    Part { set, least: length, most: length, optional: false, rules: &[] }
}

const fn to(set: Set, most: usize) -> Part {
    Part { set, least: 1, most, optional: false, rules: &[] }
}

/// An application identifier, or a run of them that differ in the last digit only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ai {
    /// The first.
    pub first: &'static str,
    /// The last; equal to the first where it is one only.
    pub last: &'static str,
    /// Data title.
    pub title: &'static str,
    /// Whether a Digital Link may carry it behind the question mark.
    pub attribute: bool,
    /// Components, in order.
    pub parts: &'static [Part],
    /// Groups of identifiers between spaces, one of which must be there whole: `01+21 8004` is 01 with 21, or 8004. `n` is any digit.
    pub needs: &'static str,
    /// Identifiers that must not stand beside it.
    pub excludes: &'static str,
}

impl Ai {
    /// The row of an identifier such as `01` or `3103`. None when there is no such identifier.
    pub fn find(code: &str) -> Option<&'static Self> {
        let row = TABLE.get(TABLE.partition_point(|row| row.first <= code).checked_sub(1)?)?;
        let known = (2..=4).contains(&code.len()) && code.len() == row.first.len() && code <= row.last;
        (known && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(row)
    }

    /// Least and greatest length of a value.
    pub fn lengths(&self) -> (usize, usize) {
        self.parts.iter().fold((0, 0), |(least, most), part| (least + if part.optional { 0 } else { part.least }, most + part.most))
    }

    /// The orders of qualifiers this identifier may have as the primary key of a Digital Link; None when it is no primary key.
    pub fn qualifiers(&self) -> Option<&'static [&'static str]> {
        KEYS.iter().find(|(key, _)| *key == self.first).map(|(_, orders)| *orders)
    }

    /// Why `value` may not be a value of this identifier; None when it may.
    pub fn fault(&self, value: &str) -> Option<String> {
        let (least, most) = self.lengths();
        if value.is_empty() {
            return Some("empty".to_owned());
        }
        if value.len() < least {
            return Some(format!("shorter than {least} characters"));
        }
        if value.len() > most {
            return Some(format!("longer than {most} characters"));
        }
        let mut rest = value;
        for part in self.parts {
            let length = rest.len().min(part.most);
            if length == 0 && part.optional {
                continue;
            }
            // Characters outside ASCII are in no set; they may also keep the value from being divided here.
            let Some((component, tail)) = rest.split_at_checked(length).filter(|(component, _)| part.set.holds(component)) else {
                return Some("a character that may not stand there".to_owned());
            };
            if length < part.least {
                return Some("of a length between those that may be".to_owned());
            }
            if let Some(fault) = part.rules.iter().find_map(|rule| rule.fault(component)) {
                return Some(fault);
            }
            rest = tail;
        }
        None
    }
}

/// Whether `code` is what a pattern of the table means: digits stand for themselves, `n` for any digit.
pub fn matches(pattern: &str, code: &str) -> bool {
    pattern.len() == code.len() && pattern.bytes().zip(code.bytes()).all(|(wanted, byte)| wanted == b'n' || wanted == byte)
}

/// Whether `qualifiers`, in this order, may follow a primary key that takes the orders given.
pub fn in_order(orders: &[&str], qualifiers: &[&str]) -> bool {
    qualifiers.is_empty()
        || orders.iter().any(|order| {
            let mut places = order.split(' ');
            qualifiers.iter().all(|qualifier| places.any(|place| place == *qualifier))
        })
}

/// The primary keys of a Digital Link, each with the orders its qualifiers may have. Any of an order may be left out; orders do not mix.
const KEYS: &[(&str, &[&str])] = &[
    ("00", &[]),
    ("01", &["22 10 21", "235"]),
    ("253", &[]),
    ("255", &[]),
    ("401", &[]),
    ("402", &[]),
    ("414", &["254", "7040"]),
    ("415", &["8020"]),
    ("417", &["7040"]),
    ("8003", &[]),
    ("8004", &["7040"]),
    ("8006", &["22 10 21"]),
    ("8010", &["8011"]),
    ("8013", &[]),
    ("8017", &["8019"]),
    ("8018", &["8019"]),
];

const GTIN: &str = "01";
const TRADE: &str = "01 02";
const MADE: &str = "01 02 03";
const ITEM: &str = "01 02 03 8006 8026";
const LOGISTIC: &str = "00";
const EITHER: &str = "00 01";
const VARIABLE: &str = "30 31nn 32nn 35nn 36nn";

const fn attribute(
    first: &'static str,
    last: &'static str,
    title: &'static str,
    parts: &'static [Part],
    needs: &'static str,
    excludes: &'static str,
) -> Ai {
    Ai { first, last, title, attribute: true, parts, needs, excludes }
}

/// In the path, or not in a Digital Link at all.
const fn path_only(
    first: &'static str,
    last: &'static str,
    title: &'static str,
    parts: &'static [Part],
    needs: &'static str,
    excludes: &'static str,
) -> Ai {
    Ai { attribute: false, ..attribute(first, last, title, parts, needs, excludes) }
}

/// Every identifier: first and last of the run, title, components, what it needs, what it excludes.
#[rustfmt::skip]
pub const TABLE: &[Ai] = &[
    attribute("00", "00", "SSCC", &[exactly(N, 18).is(&[Csum])], "", ""),
    attribute("01", "01", "GTIN", &[exactly(N, 14).is(&[Csum])], "", "255 37"),
    attribute("02", "02", "CONTENT", &[exactly(N, 14).is(&[Csum])], "37", "01 03"),
    path_only("03", "03", "MTO GTIN", &[exactly(N, 14).is(&[Csum])], "", "01 02 37 235"),
    attribute("10", "10", "BATCH/LOT", &[to(X, 20)], ITEM, ""),
    attribute("11", "11", "PROD DATE", &[exactly(N, 6).is(&[Yymmd0])], ITEM, ""),
    attribute("12", "12", "DUE DATE", &[exactly(N, 6).is(&[Yymmd0])], "8020", ""),
    attribute("13", "13", "PACK DATE", &[exactly(N, 6).is(&[Yymmd0])], ITEM, ""),
    attribute("15", "15", "BEST BEFORE or BEST BY", &[exactly(N, 6).is(&[Yymmd0])], ITEM, ""),
    attribute("16", "16", "SELL BY", &[exactly(N, 6).is(&[Yymmd0])], ITEM, ""),
    attribute("17", "17", "USE BY or EXPIRY", &[exactly(N, 6).is(&[Yymmd0])], "01 02 03 255 8006 8026", ""),
    attribute("20", "20", "VARIANT", &[exactly(N, 2)], ITEM, ""),
    path_only("21", "21", "SERIAL", &[to(X, 20)], "01 03 8006", "235"),
    path_only("22", "22", "CPV", &[to(X, 20)], GTIN, ""),
    path_only("235", "235", "TPX", &[to(X, 28)], GTIN, ""),
    attribute("240", "240", "ADDITIONAL ID", &[to(X, 30)], ITEM, ""),
    attribute("241", "241", "CUST. PART No.", &[to(X, 30)], ITEM, ""),
    attribute("242", "242", "MTO VARIANT", &[to(N, 6)], "01 02 8006 8026", ""),
    attribute("243", "243", "PCN", &[to(X, 20)], "01 03", ""),
    attribute("250", "250", "SECONDARY SERIAL", &[to(X, 30)], "01+21 03+21 8006+21", ""),
    attribute("251", "251", "REF. TO SOURCE", &[to(X, 30)], "01 03 8006", ""),
    attribute("253", "253", "GDTI", &[exactly(N, 13).is(&[Csum]), to(X, 17).or_nothing()], "", ""),
    path_only("254", "254", "GLN EXTENSION COMPONENT", &[to(X, 20)], "414", ""),
    attribute("255", "255", "GCN", &[exactly(N, 13).is(&[Csum]), to(N, 12).or_nothing()], "", "01 02 415 8006 8020 8026"),
    attribute("30", "30", "VAR. COUNT", &[to(N, 8)], TRADE, ""),
    attribute("3100", "3105", "NET WEIGHT (kg)", &[exactly(N, 6)], TRADE, "310n"),
    attribute("3110", "3115", "LENGTH (m)", &[exactly(N, 6)], TRADE, "311n"),
    attribute("3120", "3125", "WIDTH (m)", &[exactly(N, 6)], TRADE, "312n"),
    attribute("3130", "3135", "HEIGHT (m)", &[exactly(N, 6)], TRADE, "313n"),
    attribute("3140", "3145", "AREA (m²)", &[exactly(N, 6)], TRADE, "314n"),
    attribute("3150", "3155", "NET VOLUME (l)", &[exactly(N, 6)], TRADE, "315n"),
    attribute("3160", "3165", "NET VOLUME (m³)", &[exactly(N, 6)], TRADE, "316n"),
    attribute("3200", "3205", "NET WEIGHT (lb)", &[exactly(N, 6)], TRADE, "320n"),
    attribute("3210", "3215", "LENGTH (in)", &[exactly(N, 6)], TRADE, "321n"),
    attribute("3220", "3225", "LENGTH (ft)", &[exactly(N, 6)], TRADE, "322n"),
    attribute("3230", "3235", "LENGTH (yd)", &[exactly(N, 6)], TRADE, "323n"),
    attribute("3240", "3245", "WIDTH (in)", &[exactly(N, 6)], TRADE, "324n"),
    attribute("3250", "3255", "WIDTH (ft)", &[exactly(N, 6)], TRADE, "325n"),
    attribute("3260", "3265", "WIDTH (yd)", &[exactly(N, 6)], TRADE, "326n"),
    attribute("3270", "3275", "HEIGHT (in)", &[exactly(N, 6)], TRADE, "327n"),
    attribute("3280", "3285", "HEIGHT (ft)", &[exactly(N, 6)], TRADE, "328n"),
    attribute("3290", "3295", "HEIGHT (yd)", &[exactly(N, 6)], TRADE, "329n"),
    attribute("3300", "3305", "GROSS WEIGHT (kg)", &[exactly(N, 6)], EITHER, "330n"),
    attribute("3310", "3315", "LENGTH (m), log", &[exactly(N, 6)], EITHER, "331n"),
    attribute("3320", "3325", "WIDTH (m), log", &[exactly(N, 6)], EITHER, "332n"),
    attribute("3330", "3335", "HEIGHT (m), log", &[exactly(N, 6)], EITHER, "333n"),
    attribute("3340", "3345", "AREA (m²), log", &[exactly(N, 6)], EITHER, "334n"),
    attribute("3350", "3355", "VOLUME (l), log", &[exactly(N, 6)], EITHER, "335n"),
    attribute("3360", "3365", "VOLUME (m³), log", &[exactly(N, 6)], EITHER, "336n"),
    attribute("3370", "3375", "KG PER m²", &[exactly(N, 6)], GTIN, "337n"),
    attribute("3400", "3405", "GROSS WEIGHT (lb)", &[exactly(N, 6)], EITHER, "340n"),
    attribute("3410", "3415", "LENGTH (in), log", &[exactly(N, 6)], EITHER, "341n"),
    attribute("3420", "3425", "LENGTH (ft), log", &[exactly(N, 6)], EITHER, "342n"),
    attribute("3430", "3435", "LENGTH (yd), log", &[exactly(N, 6)], EITHER, "343n"),
    attribute("3440", "3445", "WIDTH (in), log", &[exactly(N, 6)], EITHER, "344n"),
    attribute("3450", "3455", "WIDTH (ft), log", &[exactly(N, 6)], EITHER, "345n"),
    attribute("3460", "3465", "WIDTH (yd), log", &[exactly(N, 6)], EITHER, "346n"),
    attribute("3470", "3475", "HEIGHT (in), log", &[exactly(N, 6)], EITHER, "347n"),
    attribute("3480", "3485", "HEIGHT (ft), log", &[exactly(N, 6)], EITHER, "348n"),
    attribute("3490", "3495", "HEIGHT (yd), log", &[exactly(N, 6)], EITHER, "349n"),
    attribute("3500", "3505", "AREA (in²)", &[exactly(N, 6)], TRADE, "350n"),
    attribute("3510", "3515", "AREA (ft²)", &[exactly(N, 6)], TRADE, "351n"),
    attribute("3520", "3525", "AREA (yd²)", &[exactly(N, 6)], TRADE, "352n"),
    attribute("3530", "3535", "AREA (in²), log", &[exactly(N, 6)], EITHER, "353n"),
    attribute("3540", "3545", "AREA (ft²), log", &[exactly(N, 6)], EITHER, "354n"),
    attribute("3550", "3555", "AREA (yd²), log", &[exactly(N, 6)], EITHER, "355n"),
    attribute("3560", "3565", "NET WEIGHT (tr oz)", &[exactly(N, 6)], TRADE, "356n"),
    attribute("3570", "3575", "NET VOLUME (oz)", &[exactly(N, 6)], TRADE, "357n"),
    attribute("3600", "3605", "NET VOLUME (qt)", &[exactly(N, 6)], TRADE, "360n"),
    attribute("3610", "3615", "NET VOLUME (gal)", &[exactly(N, 6)], TRADE, "361n"),
    attribute("3620", "3625", "VOLUME (qt), log", &[exactly(N, 6)], EITHER, "362n"),
    attribute("3630", "3635", "VOLUME (gal), log", &[exactly(N, 6)], EITHER, "363n"),
    attribute("3640", "3645", "NET VOLUME (in³)", &[exactly(N, 6)], TRADE, "364n"),
    attribute("3650", "3655", "NET VOLUME (ft³)", &[exactly(N, 6)], TRADE, "365n"),
    attribute("3660", "3665", "NET VOLUME (yd³)", &[exactly(N, 6)], TRADE, "366n"),
    attribute("3670", "3675", "VOLUME (in³), log", &[exactly(N, 6)], EITHER, "367n"),
    attribute("3680", "3685", "VOLUME (ft³), log", &[exactly(N, 6)], EITHER, "368n"),
    attribute("3690", "3695", "VOLUME (yd³), log", &[exactly(N, 6)], EITHER, "369n"),
    attribute("37", "37", "COUNT", &[to(N, 8)], "00+02 00+8026", ""),
    attribute("3900", "3909", "AMOUNT", &[to(N, 15)], "255 8020", "390n 391n 394n 8111"),
    attribute("3910", "3919", "AMOUNT", &[exactly(N, 3).is(&[Currency]), to(N, 15)], "8020", "391n"),
    attribute("3920", "3929", "PRICE", &[to(N, 15)], "01+30 01+31nn 01+32nn 01+35nn 01+36nn", "392n 393n"),
    attribute("3930", "3939", "PRICE", &[exactly(N, 3).is(&[Currency]), to(N, 15)], VARIABLE, "393n"),
    attribute("3940", "3943", "PRCNT OFF", &[exactly(N, 4)], "255", "394n 8111"),
    attribute("3950", "3955", "PRICE/UoM", &[exactly(N, 6)], VARIABLE, "392n 393n 395n 8005"),
    attribute("400", "400", "ORDER NUMBER", &[to(X, 30)], "", ""),
    attribute("401", "401", "GINC", &[to(X, 30).is(&[Gcp])], "", ""),
    attribute("402", "402", "GSIN", &[exactly(N, 17).is(&[Csum])], "", ""),
    attribute("403", "403", "ROUTE", &[to(X, 30)], LOGISTIC, ""),
    attribute("410", "410", "SHIP TO LOC", &[exactly(N, 13).is(&[Csum])], "", ""),
    attribute("411", "411", "BILL TO", &[exactly(N, 13).is(&[Csum])], "", ""),
    attribute("412", "412", "PURCHASE FROM", &[exactly(N, 13).is(&[Csum])], "", ""),
    attribute("413", "413", "SHIP FOR LOC", &[exactly(N, 13).is(&[Csum])], "", ""),
    attribute("414", "414", "LOC No.", &[exactly(N, 13).is(&[Csum])], "", ""),
    attribute("415", "415", "PAY TO", &[exactly(N, 13).is(&[Csum])], "8020", ""),
    attribute("416", "416", "PROD/SERV LOC", &[exactly(N, 13).is(&[Csum])], "", ""),
    attribute("417", "417", "PARTY", &[exactly(N, 13).is(&[Csum])], "", ""),
    attribute("420", "420", "SHIP TO POST", &[to(X, 20)], "", "421"),
    attribute("421", "421", "SHIP TO POST", &[exactly(N, 3).is(&[Country]), to(X, 9)], "", "4307"),
    attribute("422", "422", "ORIGIN", &[exactly(N, 3).is(&[Country])], ITEM, "426"),
    attribute("423", "423", "COUNTRY - INITIAL PROCESS", &[exactly(N, 3).is(&[Country]), exactly(N, 3).is(&[Country]).or_nothing(), exactly(N, 3).is(&[Country]).or_nothing(), exactly(N, 3).is(&[Country]).or_nothing(), exactly(N, 3).is(&[Country]).or_nothing()], MADE, "426"),
    attribute("424", "424", "COUNTRY - PROCESS", &[exactly(N, 3).is(&[Country])], MADE, "426"),
    attribute("425", "425", "COUNTRY - DISASSEMBLY", &[exactly(N, 3).is(&[Country]), exactly(N, 3).is(&[Country]).or_nothing(), exactly(N, 3).is(&[Country]).or_nothing(), exactly(N, 3).is(&[Country]).or_nothing(), exactly(N, 3).is(&[Country]).or_nothing()], MADE, "426"),
    attribute("426", "426", "COUNTRY - FULL PROCESS", &[exactly(N, 3).is(&[Country])], MADE, ""),
    attribute("427", "427", "ORIGIN SUBDIVISION", &[to(X, 3)], "01+422 02+422 03+422", ""),
    attribute("4300", "4300", "SHIP TO COMP", &[to(X, 35).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4301", "4301", "SHIP TO NAME", &[to(X, 35).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4302", "4302", "SHIP TO ADD1", &[to(X, 70).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4303", "4303", "SHIP TO ADD2", &[to(X, 70).is(&[PercentEncoded])], "4302", ""),
    attribute("4304", "4304", "SHIP TO SUB", &[to(X, 70).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4305", "4305", "SHIP TO LOC", &[to(X, 70).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4306", "4306", "SHIP TO REG", &[to(X, 70).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4307", "4307", "SHIP TO COUNTRY", &[exactly(X, 2).is(&[CountryLetters])], LOGISTIC, ""),
    attribute("4308", "4308", "SHIP TO PHONE", &[to(X, 30)], LOGISTIC, ""),
    attribute("4309", "4309", "SHIP TO GEO", &[exactly(N, 10).is(&[Latitude]), exactly(N, 10).is(&[Longitude])], LOGISTIC, ""),
    attribute("4310", "4310", "RTN TO COMP", &[to(X, 35).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4311", "4311", "RTN TO NAME", &[to(X, 35).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4312", "4312", "RTN TO ADD1", &[to(X, 70).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4313", "4313", "RTN TO ADD2", &[to(X, 70).is(&[PercentEncoded])], "4312", ""),
    attribute("4314", "4314", "RTN TO SUB", &[to(X, 70).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4315", "4315", "RTN TO LOC", &[to(X, 70).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4316", "4316", "RTN TO REG", &[to(X, 70).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4317", "4317", "RTN TO COUNTRY", &[exactly(X, 2).is(&[CountryLetters])], LOGISTIC, ""),
    attribute("4318", "4318", "RTN TO POST", &[to(X, 20)], LOGISTIC, ""),
    attribute("4319", "4319", "RTN TO PHONE", &[to(X, 30)], LOGISTIC, ""),
    attribute("4320", "4320", "SRV DESCRIPTION", &[to(X, 35).is(&[PercentEncoded])], LOGISTIC, ""),
    attribute("4321", "4321", "DANGEROUS GOODS", &[exactly(N, 1).is(&[YesNo])], LOGISTIC, ""),
    attribute("4322", "4322", "AUTH TO LEAVE", &[exactly(N, 1).is(&[YesNo])], LOGISTIC, ""),
    attribute("4323", "4323", "SIG REQUIRED", &[exactly(N, 1).is(&[YesNo])], LOGISTIC, ""),
    attribute("4324", "4324", "NOT BEF DEL DT", &[exactly(N, 6).is(&[Yymmd0]), exactly(N, 4).is(&[HhMi])], LOGISTIC, ""),
    attribute("4325", "4325", "NOT AFT DEL DT", &[exactly(N, 6).is(&[Yymmd0]), exactly(N, 4).is(&[HhMi])], LOGISTIC, ""),
    attribute("4326", "4326", "REL DATE", &[exactly(N, 6).is(&[Yymmdd])], LOGISTIC, ""),
    attribute("4330", "4330", "MAX TEMP F.", &[exactly(N, 6), exactly(X, 1).is(&[Hyphen]).or_nothing()], LOGISTIC, "4331"),
    attribute("4331", "4331", "MAX TEMP C.", &[exactly(N, 6), exactly(X, 1).is(&[Hyphen]).or_nothing()], LOGISTIC, "4330"),
    attribute("4332", "4332", "MIN TEMP F.", &[exactly(N, 6), exactly(X, 1).is(&[Hyphen]).or_nothing()], LOGISTIC, "4333"),
    attribute("4333", "4333", "MIN TEMP C.", &[exactly(N, 6), exactly(X, 1).is(&[Hyphen]).or_nothing()], LOGISTIC, "4332"),
    attribute("7001", "7001", "NSN", &[exactly(N, 13)], "01 02 8006 8026", ""),
    attribute("7002", "7002", "MEAT CUT", &[to(X, 30)], TRADE, ""),
    attribute("7003", "7003", "EXPIRY TIME", &[exactly(N, 6).is(&[Yymmdd]), exactly(N, 4).is(&[HhMi])], MADE, ""),
    attribute("7004", "7004", "ACTIVE POTENCY", &[to(N, 4)], "01+10 03+10", ""),
    attribute("7005", "7005", "CATCH AREA", &[to(X, 12)], TRADE, ""),
    attribute("7006", "7006", "FIRST FREEZE DATE", &[exactly(N, 6).is(&[Yymmdd])], TRADE, ""),
    attribute("7007", "7007", "HARVEST DATE", &[exactly(N, 6).is(&[Yymmdd]), exactly(N, 6).is(&[Yymmdd]).or_nothing()], TRADE, ""),
    attribute("7008", "7008", "AQUATIC SPECIES", &[to(X, 3)], TRADE, ""),
    attribute("7009", "7009", "FISHING GEAR TYPE", &[to(X, 10)], TRADE, ""),
    attribute("7010", "7010", "PROD METHOD", &[to(X, 2)], MADE, ""),
    attribute("7011", "7011", "TEST BY DATE", &[exactly(N, 6).is(&[Yymmdd]), exactly(N, 4).is(&[HhMi]).or_nothing()], MADE, ""),
    attribute("7020", "7020", "REFURB LOT", &[to(X, 20)], "01+416 03+416 8006+416", ""),
    attribute("7021", "7021", "FUNC STAT", &[to(X, 20)], "01 03 8006", ""),
    attribute("7022", "7022", "REV STAT", &[to(X, 20)], "01+7021 03+7021 8006+7021", ""),
    attribute("7023", "7023", "GIAI - ASSEMBLY", &[to(X, 30).is(&[Gcp])], "", ""),
    attribute("7030", "7039", "PROCESSOR", &[exactly(N, 3).is(&[CountryOr999]), to(X, 27)], TRADE, ""),
    path_only("7040", "7040", "UIC+EXT", &[exactly(N, 1), exactly(X, 1), exactly(X, 1), exactly(X, 1).is(&[ImporterIndex])], "", ""),
    path_only("7041", "7041", "UFRGT UNIT TYPE", &[to(X, 4).is(&[PackageType])], LOGISTIC, ""),
    attribute("710", "710", "NHRN PZN", &[to(X, 20)], GTIN, ""),
    attribute("711", "711", "NHRN CIP", &[to(X, 20)], GTIN, ""),
    attribute("712", "712", "NHRN CN", &[to(X, 20)], GTIN, ""),
    attribute("713", "713", "NHRN DRN", &[to(X, 20)], GTIN, ""),
    attribute("714", "714", "NHRN AIM", &[to(X, 20)], GTIN, ""),
    attribute("715", "715", "NHRN NDC", &[to(X, 20)], GTIN, ""),
    attribute("716", "716", "NHRN AIC", &[to(X, 20)], GTIN, ""),
    attribute("717", "717", "NHRN SRN", &[to(X, 20)], GTIN, ""),
    attribute("7230", "7239", "CERT", &[exactly(X, 2), to(X, 28)], "01 8004", ""),
    attribute("7240", "7240", "PROTOCOL", &[to(X, 20)], "01 8006", "03"),
    attribute("7241", "7241", "AIDC MEDIA TYPE", &[exactly(N, 2).is(&[MediaType])], "8017 8018", ""),
    attribute("7242", "7242", "VCN", &[to(X, 25)], "8017 8018", ""),
    attribute("7250", "7250", "DOB", &[exactly(N, 8).is(&[Yyyymmdd])], "8018", "7251"),
    attribute("7251", "7251", "DOB TIME", &[exactly(N, 8).is(&[Yyyymmdd]), exactly(N, 4).is(&[HhMi])], "8018", "7250"),
    attribute("7252", "7252", "BIO SEX", &[exactly(N, 1).is(&[Sex])], "8018", ""),
    attribute("7253", "7253", "FAMILY NAME", &[to(X, 40).is(&[PercentEncoded])], "8017 8018", "7256 7259"),
    attribute("7254", "7254", "GIVEN NAME", &[to(X, 40).is(&[PercentEncoded])], "8017 8018", "7256 7259"),
    attribute("7255", "7255", "SUFFIX", &[to(X, 10)], "8017 8018", "7256 7259"),
    attribute("7256", "7256", "FULL NAME", &[to(X, 90).is(&[PercentEncoded])], "8017 8018", ""),
    attribute("7257", "7257", "PERSON ADDR", &[to(X, 70).is(&[PercentEncoded])], "8018", ""),
    attribute("7258", "7258", "BIRTH SEQUENCE", &[exactly(X, 3).is(&[PositionInSequence])], "8018+7259", ""),
    attribute("7259", "7259", "BABY", &[to(X, 40).is(&[PercentEncoded])], "8018", "7256"),
    attribute("8001", "8001", "DIMENSIONS", &[exactly(N, 4).is(&[NonZero]), exactly(N, 5).is(&[NonZero]), exactly(N, 3).is(&[NonZero]), exactly(N, 1).is(&[Winding]), exactly(N, 1)], GTIN, ""),
    attribute("8002", "8002", "CMT No.", &[to(X, 20)], "", ""),
    attribute("8003", "8003", "GRAI", &[exactly(N, 1).is(&[Zero]), exactly(N, 13).is(&[Csum]), to(X, 16).or_nothing()], "", ""),
    attribute("8004", "8004", "GIAI", &[to(X, 30).is(&[Gcp])], "", ""),
    attribute("8005", "8005", "PRICE PER UNIT", &[exactly(N, 6)], TRADE, ""),
    attribute("8006", "8006", "ITIP", &[exactly(N, 14).is(&[Csum]), exactly(N, 4).is(&[PieceOfTotal])], "", "01 03 37"),
    attribute("8007", "8007", "IBAN", &[to(X, 34).is(&[Iban])], "415", ""),
    attribute("8008", "8008", "PROD TIME", &[exactly(N, 6).is(&[Yymmdd]), exactly(N, 2).is(&[Hh]), exactly(N, 2).is(&[Sixty]).or_nothing(), exactly(N, 2).is(&[Sixty]).or_nothing()], MADE, ""),
    attribute("8009", "8009", "OPTSEN", &[to(X, 50)], "00 01 03", ""),
    attribute("8010", "8010", "CPID", &[to(Y, 30).is(&[Gcp])], "", ""),
    path_only("8011", "8011", "CPID SERIAL", &[to(N, 12).is(&[NoZeroInFront])], "8010", ""),
    attribute("8012", "8012", "VERSION", &[to(X, 20)], "01 03 8006", ""),
    attribute("8013", "8013", "GMN", &[to(X, 25).is(&[CsumAlpha, Gcp])], "", ""),
    path_only("8014", "8014", "MUDI", &[to(X, 25).is(&[CsumAlpha, Gcp, HasNonDigit])], GTIN, ""),
    attribute("8017", "8017", "GSRN - PROVIDER", &[exactly(N, 18).is(&[Csum])], "", "8018"),
    attribute("8018", "8018", "GSRN - RECIPIENT", &[exactly(N, 18).is(&[Csum])], "", "8017"),
    path_only("8019", "8019", "SRIN", &[to(N, 10)], "8017 8018", ""),
    path_only("8020", "8020", "REF No.", &[to(X, 25)], "415", ""),
    attribute("8026", "8026", "ITIP CONTENT", &[exactly(N, 14).is(&[Csum]), exactly(N, 4).is(&[PieceOfTotal])], "37", "02 03 8006"),
    attribute("8030", "8030", "DIGSIG", &[to(Z, 90)], "00 01+21 03+21 253 255 8003 8004 8006+21 8010+8011 8017 8018", ""),
    path_only("8040", "8040", "IMEI", &[exactly(N, 15)], "01+21", ""),
    path_only("8041", "8041", "IMEI2", &[exactly(N, 15)], "01+21+8040", ""),
    path_only("8042", "8042", "ESIM", &[exactly(N, 32)], "01+21+8040", ""),
    path_only("8043", "8043", "PSIM", &[exactly(N, 18), to(N, 2).or_nothing()], "01+21+8040", ""),
    attribute("8110", "8110", "", &[to(X, 70).is(&[Coupon])], "", ""),
    attribute("8111", "8111", "POINTS", &[exactly(N, 4)], "255", ""),
    attribute("8112", "8112", "", &[to(X, 70).is(&[PositiveOffer])], "", ""),
    path_only("8200", "8200", "PRODUCT URL", &[to(X, 70)], GTIN, ""),
    attribute("90", "90", "INTERNAL", &[to(X, 30)], "", ""),
    attribute("91", "99", "INTERNAL", &[to(X, 90)], "", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_consistent() {
        assert!(TABLE.windows(2).all(|pair| pair[0].last < pair[1].first));
        for row in TABLE {
            assert_eq!(row.first.len(), row.last.len());
            assert!(std::ptr::eq(Ai::find(row.first).unwrap(), Ai::find(row.last).unwrap()));
            let variable: Vec<_> = row.parts.iter().map(|part| part.optional || part.least < part.most).collect();
            assert!(variable.is_sorted(), "{}: a fixed component behind a variable one", row.first);
            for code in row.needs.split([' ', '+']).chain(row.excludes.split(' ')).filter(|code| !code.is_empty()) {
                assert!(Ai::find(&code.replace('n', "0")).is_some(), "{} names {code}", row.first);
            }
        }
        for (key, orders) in KEYS {
            assert!(Ai::find(key).is_some());
            assert!(orders.iter().flat_map(|order| order.split(' ')).all(|qualifier| Ai::find(qualifier).is_some()));
        }
        // Identifiers that begin alike are of one length, as scanners assume.
        for one in TABLE {
            let alike = TABLE.iter().filter(|other| one.first.as_bytes()[..2] == other.first.as_bytes()[..2]);
            assert!(alike.map(|other| other.first.len()).all(|length| length == one.first.len()));
        }
    }

    #[test]
    fn finding() {
        for code in ["00", "01", "235", "3103", "3105", "3929", "8200", "90", "91", "95", "99"] {
            assert!(Ai::find(code).is_some(), "{code}");
        }
        for code in ["", "0", "1", "04", "23", "2345", "234", "3106", "999", "89", "011", "80", "800", "3956", "0x", "gtin", "9", "棉"] {
            assert!(Ai::find(code).is_none(), "{code}");
        }
    }

    #[test]
    fn values() {
        let fault = |code: &str, value: &str| Ai::find(code).unwrap().fault(value);
        for (code, value) in [
            ("00", "006141411234567890"),
            ("253", "1231231231232"),
            ("253", "1231231231232TEST5678901234567"),
            ("7007", "211225"),
            ("7007", "211225211231"),
            ("8001", "12341234512398"),
            ("8003", "02112345678900"),
            ("8003", "02112345678900ABC"),
            ("7230", "123"),
            ("423", "156840"),
            ("4330", "001250-"),
            ("8008", "2012252359"),
            ("7040", "1ABC"),
        ] {
            assert_eq!(fault(code, value), None, "({code}){value}");
        }
        for (code, value) in [
            ("00", "006141411234567891"),
            ("00", "A06141411234567890"),
            ("253", "1231231231232TEST56789012345678"),
            ("7007", "2112252"),
            ("7007", "21122521123"),
            ("8001", "12340000012311"),
            ("8003", "12112345678900"),
            ("7230", "12"),
            ("423", "15684"),
            ("4330", "001250X"),
            ("8008", "201225230060"),
            ("7040", "1AB="),
            ("401", "123"),
            ("10", ""),
            ("10", "棉"),
            ("10", "A B"),
        ] {
            assert!(fault(code, value).is_some(), "({code}){value}");
        }
    }

    #[test]
    fn orders() {
        let item = Ai::find("01").unwrap().qualifiers().unwrap();
        for right in [vec![], vec!["22", "10", "21"], vec!["22", "21"], vec!["10"], vec!["235"]] {
            assert!(in_order(item, &right), "{right:?}");
        }
        for wrong in [vec!["10", "22"], vec!["21", "10"], vec!["22", "235"], vec!["10", "10"], vec!["8019"]] {
            assert!(!in_order(item, &wrong), "{wrong:?}");
        }
        assert!(Ai::find("10").unwrap().qualifiers().is_none());
    }
}
