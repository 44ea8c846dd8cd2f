//! A template: `<name>.svg`, drawn by a designer, and `<name>.toml`, which says what the drawing cannot.
//!
//! The ones we bring are inside the binary; a folder of one's own overrides them by name and adds others.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::flaw::Flaw;
use crate::kernel::qr::Ecc;
use crate::kernel::text::{Both, Lang};
use crate::kernel::{Code, Error, Fault, Refusal, Result, saturating};

/// Most bytes of a template's SVG.
pub const MOST_BYTES: usize = 1024 * 1024;
/// Most elements of a template's SVG.
pub const MOST_ELEMENTS: usize = 5_000;

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Name, SVG and TOML of the templates we bring.
        const SHIPPED: &[(&str, &str, &str)] = &[
            $(($name, include_str!(concat!("../../../labels/", $name, ".svg")), include_str!(concat!("../../../labels/", $name, ".toml")))),*
        ];
    };
}

shipped![
    "hangtag-40x60",
    "hangtag-40x60-en",
    "care-30x60",
    "care-30x60-en",
    "sticker-40x30",
    "sticker-40x30-en",
    "a4-sheet",
    "a4-sheet-en",
];

/// What the drawing cannot say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Name for people.
    pub name: Both,
    /// The language its fixed words are in.
    pub lang: Lang,
    /// Width of one label, mm.
    pub width: f64,
    /// Height of one label, mm.
    pub height: f64,
    /// Resolutions it is made for, dots per inch; the first is the default.
    pub dpi: Vec<u16>,
    /// What it is printed on.
    pub media: Media,
    /// Its QR code.
    pub code: CodeSpec,
    /// The fields it shows, by name.
    pub fields: BTreeMap<String, FieldSpec>,
}

/// What a label is printed on.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Media {
    /// Die-cut labels on a roll.
    Gap {
        /// Gap between two labels, mm.
        gap: f64,
    },
    /// An uncut ribbon.
    Continuous,
    /// Sheets of several labels.
    Sheet(Sheet),
}

/// Where the labels of a sheet are. All lengths in mm.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Width of the sheet.
    pub width: f64,
    /// Height of the sheet.
    pub height: f64,
    /// Labels side by side.
    pub columns: u32,
    /// Labels one under another.
    pub rows: u32,
    /// Left edge of the first label.
    pub left: f64,
    /// Upper edge of the first label.
    pub top: f64,
    /// From one label's left edge to the next one's.
    pub across: f64,
    /// From one label's upper edge to the next one's.
    pub down: f64,
}

/// How the QR code is made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeSpec {
    /// `L`, `M`, `Q` or `H`.
    #[serde(deserialize_with = "level")]
    pub ecc: Ecc,
    /// Smallest module, mm: 0.396 for paper (GS1 2D retail minimum), 0.5 for cloth, which spreads the ink.
    #[serde(default = "paper_module")]
    pub min_module: f64,
    /// Dots per module by resolution, where the largest that fits is not wanted. Must be whole.
    #[serde(default)]
    pub dots: BTreeMap<String, f64>,
}

/// The smallest module a phone is sure to read, mm (GS1 General Specifications, 2D at retail: X-dimension 0.396 mm).
const LEAST_MODULE: f64 = 0.396;

const fn paper_module() -> f64 {
    LEAST_MODULE
}

fn level<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Ecc, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "L" => Ok(Ecc::L),
        "M" => Ok(Ecc::M),
        "Q" => Ok(Ecc::Q),
        "H" => Ok(Ecc::H),
        other => Err(serde::de::Error::custom(format!("error correction {other} is not L, M, Q or H"))),
    }
}

/// What a field may hold on this template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// Most characters.
    pub max: usize,
    /// Whether the label is worthless without it.
    #[serde(default)]
    pub required: bool,
    /// The longest value it must have room for; without it `max` wide characters are tried.
    pub longest: Option<String>,
    /// Width to wrap at, mm, for a field drawn as `{{name:1}}`, `{{name:2}}`, …
    pub width: Option<f64>,
}

/// Whether a value is the same for a whole job, or differs from label to label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Drawn once per job.
    Job,
    /// Drawn on every label.
    Unit,
}

/// Every field a template may show: name, layer, meaning in Chinese and English.
pub const FIELDS: &[(&str, Layer, &str, &str)] = &[
    ("brand", Layer::Job, "品牌", "Brand"),
    ("maker", Layer::Job, "制造者名称", "Name of the manufacturer"),
    ("address", Layer::Job, "制造者地址", "Address of the manufacturer"),
    ("product", Layer::Job, "产品名称", "Product name"),
    ("style", Layer::Job, "款号", "Style code"),
    ("size", Layer::Job, "尺码", "Size"),
    ("size_label", Layer::Job, "号型", "Size designation"),
    ("colour", Layer::Job, "颜色", "Colour"),
    ("composition", Layer::Job, "纤维成分及含量", "Fibre composition"),
    ("care_text", Layer::Job, "洗涤说明", "Care instructions"),
    ("standard", Layer::Job, "执行标准", "Product standard"),
    ("safety", Layer::Job, "安全类别", "Safety class"),
    ("notes", Layer::Job, "使用和贮藏注意事项", "Notes on use and storage"),
    ("grade", Layer::Job, "等级", "Grade"),
    ("inspector", Layer::Job, "检验员", "Inspector"),
    ("origin", Layer::Job, "产地", "Origin"),
    ("gtin", Layer::Job, "商品条码", "GTIN"),
    ("batch", Layer::Job, "生产批次", "Batch"),
    ("price", Layer::Job, "零售价", "Price"),
    ("website", Layer::Job, "网址", "Website"),
    ("serial", Layer::Unit, "序列号（每五位一组）", "Serial in groups of five"),
    ("serial_plain", Layer::Unit, "序列号", "Serial"),
    ("unit", Layer::Unit, "件号，从1起", "Number of the garment in its batch, from 1"),
    ("claim_code", Layer::Unit, "领取码", "Claim code"),
];

/// The layer of a field, if there is such a field.
pub fn layer_of(name: &str) -> Option<Layer> {
    FIELDS.iter().find(|row| row.0 == name).map(|row| row.1)
}

/// A template, read but not yet drawn.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its name, as on the command line.
    pub name: String,
    /// What the TOML says.
    pub spec: Spec,
    /// The SVG source.
    pub svg: Cow<'static, str>,
}

impl Template {
    /// The template `name`: from `folder` if it is there, else one of ours.
    ///
    /// # Errors
    /// [`Code::UnknownReference`] for `template` when neither has it; [`Code::TemplateRefused`] (`reason`) when its TOML cannot be read;
    /// [`Code::BodyTooLarge`] (`limit`) when its SVG is larger than [`MOST_BYTES`].
    pub fn load(name: &str, folder: Option<&Path>) -> Result<Self> {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let unknown = || Error::from(Fault::new("template", Code::UnknownReference).with("value", name));
        if !plain {
            return Err(unknown());
        }
        if let Some(folder) = folder {
            let svg = folder.join(format!("{name}.svg"));
            if let Ok(size) = std::fs::metadata(&svg) {
                if size.len() > saturating(MOST_BYTES) {
                    return Err(Refusal::new(Code::BodyTooLarge).with("limit", MOST_BYTES).into());
                }
                let text = |path: &Path| {
                    let unreadable = |error: std::io::Error| [("file", path.display().to_string()), ("detail", error.to_string())];
                    std::fs::read_to_string(path).map_err(|error| Flaw::Unreadable.refuse(name, &unreadable(error)))
                };
                return Self::of_sources(name, text(&svg)?.into(), &text(&folder.join(format!("{name}.toml")))?);
            }
        }
        let (_, svg, toml) = SHIPPED.iter().find(|row| row.0 == name).ok_or_else(unknown)?;
        Self::of_sources(name, Cow::Borrowed(svg), toml)
    }

    /// A template of its two texts.
    ///
    /// # Errors
    /// As [`Template::load`].
    pub fn of_sources(name: &str, svg: Cow<'static, str>, toml: &str) -> Result<Self> {
        if svg.len() > MOST_BYTES {
            return Err(Refusal::new(Code::BodyTooLarge).with("limit", MOST_BYTES).into());
        }
        let spec: Spec = toml::from_str(toml).map_err(|error| Flaw::Description.refuse(name, &[("detail", error.message().to_owned())]))?;
        let sound = |length: f64, most: f64| length > 0.0 && length <= most;
        if !sound(spec.width, 300.0) || !sound(spec.height, 450.0) {
            return Err(Flaw::Size.refuse(name, &[]));
        }
        if spec.dpi.is_empty() || spec.dpi.iter().any(|dpi| !(100..=1200).contains(dpi)) {
            return Err(Flaw::Resolution.refuse(name, &[]));
        }
        if !(LEAST_MODULE..=5.0).contains(&spec.code.min_module) {
            return Err(Flaw::Module.refuse(name, &[("least", LEAST_MODULE.to_string())]));
        }
        if let Media::Sheet(sheet) = &spec.media {
            let right = sheet.left + f64::from(sheet.columns.saturating_sub(1)) * sheet.across + spec.width;
            let bottom = sheet.top + f64::from(sheet.rows.saturating_sub(1)) * sheet.down + spec.height;
            let apart = sheet.across >= spec.width - 0.01 && sheet.down >= spec.height - 0.01;
            let on_it = sheet.left >= 0.0 && sheet.top >= 0.0 && right <= sheet.width + 0.01 && bottom <= sheet.height + 0.01;
            if !(1..=40).contains(&sheet.columns) || !(1..=80).contains(&sheet.rows) || !apart || !on_it {
                return Err(Flaw::Sheet.refuse(name, &[]));
            }
        }
        Ok(Self { name: name.to_owned(), spec, svg })
    }

    /// Names of all templates there are, ours and those of `folder`, sorted.
    pub fn names(folder: Option<&Path>) -> Vec<String> {
        let mut names: Vec<String> = SHIPPED.iter().map(|row| row.0.to_owned()).collect();
        for entry in folder.into_iter().flat_map(std::fs::read_dir).flatten().flatten() {
            let path = entry.path();
            if let (Some(name), Some("svg")) = (path.file_stem().and_then(|s| s.to_str()), path.extension().and_then(|e| e.to_str())) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// The resolution used when none is asked for.
    pub fn default_dpi(&self) -> u16 {
        self.spec.dpi.first().copied().unwrap_or(300)
    }
}
