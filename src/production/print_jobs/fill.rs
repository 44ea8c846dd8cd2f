//! What a label says: the values of a batch in the language of its template.

use std::collections::BTreeMap;
use std::ops::Range;

use super::LabelRequest;
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::serial::Keyring;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Refusal, Result, countries};
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::state::AppState;
use crate::production::batches::{self, Batch, Origin};
use crate::production::labels::{Fonts, Format, LabelJob, LabelLayout, LabelUnit, Template};
use crate::production::skus::{self, Product};
use crate::production::styles::{LabelItem, label_items};

/// Fields a label may lack where they do not fit on it. What a standard asks for is not among them: without it there is no label.
const DISPENSABLE: &[&str] = &["batch", "style", "colour", "price", "grade", "inspector", "gtin", "website", "origin", "size"];

/// A CSV is laid out by others: the rows need an address that a code can hold, nothing else.
const ROWS: (&str, &str) = (
    r#"<svg xmlns="http://www.w3.org/2000/svg" width="40mm" height="40mm" viewBox="0 0 40 40"><rect id="qr" width="40" height="40"/></svg>"#,
    "name = { zh = \"表格\", en = \"Rows\" }\nlang = \"en\"\nwidth = 40.0\nheight = 40.0\ndpi = [300]\n[media]\nkind = \"gap\"\ngap = 2.0\n[code]\necc = \"M\"\n[fields]\n",
);

/// The template to take when nobody names one: the hang-tag, by language of the house.
pub fn default_template(lang: Lang) -> &'static str {
    lang.of("hangtag-40x60", "hangtag-40x60-en")
}

/// A template filled with a batch, ready for units.
#[derive(Debug)]
pub struct Prepared {
    /// The batch.
    pub batch: Batch,
    /// The sku's GTIN, which the first mint fixes.
    pub gtin: Option<String>,
    /// The template's name.
    pub template: String,
    /// Fields with a value that did not fit and were left out.
    pub left_out: Vec<String>,
    /// The layout.
    pub layout: LabelLayout,
}

/// The batch and what it is of. A party's own people see only its batches.
///
/// # Errors
/// [`Code::UnknownReference`] for `batch`; [`Code::WrongState`] for a batch with serials from elsewhere.
pub fn read(db: &mut Db, request: &LabelRequest, on: chrono::NaiveDate) -> Result<(Batch, Product)> {
    let code = request.batch.trim();
    let unknown = || Error::from(Fault::new("batch", Code::UnknownReference).with("value", code));
    let batch = batches::batch_by_code(db, code)?.ok_or_else(unknown)?;
    if batch.origin == Origin::Foreign {
        return Err(Refusal::new(Code::WrongState).with("state", batch.origin.as_str()).into());
    }
    let product = skus::product(db, batch.sku_id, on)?.ok_or_else(|| Error::broken("a batch without its sku"))?;
    Ok((batch, product))
}

/// Fills a template with a batch. Writes nothing.
///
/// # Errors
/// As [`read`]; [`Code::UnknownReference`] for `template`; every fault of the layout.
pub fn prepare(app: &AppState, request: &LabelRequest, format: Format, dpi: Option<u16>) -> Result<Prepared> {
    let (asked, today) = (request.clone(), app.today());
    let (batch, product) = app.store.read_blocking(move |db| read(db, &asked, today))?;
    let named = request.template.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = named.unwrap_or_else(|| default_template(app.config.default_lang));
    let folder = app.config.labels_dir.as_deref();
    let template = Template::load(name, folder)?;
    let lang = template.spec.lang;
    let template = match format {
        Format::Csv => Template::of_sources(name, ROWS.0.into(), ROWS.1)?,
        _ => template,
    };
    let gtin = batch.minted_gtin.clone().or_else(|| product.sku.gtin.clone().filter(|_| batch.minted == 0));
    let job = LabelJob {
        fields: fields(&app.config, &batch, &product, gtin.as_deref(), lang),
        care: product.style.facts.care.clone(),
        uri_prefix: uri_prefix(&app.config.label_stem(), gtin.as_deref()),
        claim_codes: request.claim_codes,
    };
    let (layout, left_out) = fitted(&template, &Fonts::beside(folder), job, dpi)?;
    Ok(Prepared { batch, gtin, template: name.to_owned(), left_out, layout })
}

/// The address before the serial: a Digital Link where there is a GTIN.
fn uri_prefix(stem: &str, gtin: Option<&str>) -> String {
    gtin.map_or_else(|| format!("{stem}/C/"), |gtin| format!("{stem}/01/{gtin}/21/"))
}

fn fields(config: &Config, batch: &Batch, product: &Product, gtin: Option<&str>, lang: Lang) -> BTreeMap<String, String> {
    let Product { sku, style, maker, .. } = product;
    let items: BTreeMap<&str, String> =
        label_items(style, sku.label_size(), maker.as_ref(), lang).into_iter().map(|(item, text)| (item.as_str(), text)).collect();
    let item = |item: LabelItem| items.get(item.as_str()).cloned().unwrap_or_default();
    let origin = match style.facts.stages.sew.as_str() {
        "" => String::new(),
        country => lang.of("{}制造", "Made in {}").replace("{}", countries::name(country, lang)),
    };
    let website = config.public_url.split_once("://").map_or("", |(_, host)| host).to_owned();
    let all = [
        ("brand", config.brand(lang).to_owned()),
        ("maker", maker.as_ref().map(|maker| maker.name.get(lang).to_owned()).unwrap_or_default()),
        ("address", maker.as_ref().map(|maker| maker.address.get(lang).to_owned()).unwrap_or_default()),
        ("product", item(LabelItem::ProductName)),
        ("style", style.code.clone()),
        ("size", sku.size.clone()),
        ("size_label", item(LabelItem::Size)),
        ("colour", sku.colour(lang).to_owned()),
        ("composition", item(LabelItem::Composition)),
        // The symbols are drawn; the words beside them are what goes beyond the symbols.
        ("care_text", style.facts.care_note.get(lang).to_owned()),
        ("standard", item(LabelItem::Standard)),
        ("safety", item(LabelItem::Safety)),
        ("notes", item(LabelItem::UseNotes)),
        ("origin", origin),
        ("gtin", gtin.unwrap_or_default().to_owned()),
        ("batch", batch.code.clone()),
        ("website", website),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), value.replace(['\n', '\r'], " "))).collect()
}

/// Lays the label out, leaving out dispensable values that do not fit.
fn fitted(template: &Template, fonts: &Fonts, mut job: LabelJob, dpi: Option<u16>) -> Result<(LabelLayout, Vec<String>)> {
    let mut left_out = Vec::new();
    loop {
        let refusal = match LabelLayout::new(template.clone(), fonts, job.clone(), dpi) {
            Ok(layout) => return Ok((layout, left_out)),
            Err(Error::Refused(refusal)) => refusal,
            Err(other) => return Err(other),
        };
        let before = left_out.len();
        for fault in refusal.faults.iter().filter(|fault| fault.code != Code::Missing) {
            // Either the value's own fault, or a text on the label that holds it and runs over or into another.
            let texts = || fault.args.iter().filter(|(name, _)| matches!(*name, "text" | "other")).map(|(_, text)| text.as_ref());
            let guilty = DISPENSABLE.iter().find(|name| {
                let required = template.spec.fields.get(**name).is_some_and(|field| field.required);
                let value = job.fields.get(**name).map_or("", String::as_str);
                let named = fault.field.strip_prefix("fields.") == Some(name);
                let drawn = !value.is_empty() && texts().any(|text: &str| text.contains(value));
                !required && !value.is_empty() && (named || drawn)
            });
            if let Some(name) = guilty {
                job.fields.remove(*name);
                left_out.push((*name).to_owned());
            }
        }
        if left_out.len() == before {
            return Err(Error::Refused(refusal));
        }
    }
}

/// The units of a batch as labels show them.
///
/// # Errors
/// [`Error::Broken`] when the key of the batch's epoch is gone; [`Code::BatchTooLarge`].
pub fn units<'a>(
    keys: &'a Keyring,
    batch: &Batch,
    runs: &'a [Range<i64>],
    claim_codes: bool,
) -> Result<impl Iterator<Item = LabelUnit> + use<'a>> {
    let gone = || Error::broken(format!("batch {}: no key for its serials", batch.no.0));
    let (gtin, epoch) = batches::made_with(batch.no, batch.minted_gtin.as_deref(), batch.minted_epoch)?;
    if runs.iter().any(|run| run.start < 0 || run.end > UNITS_PER_BATCH) {
        return Err(Code::BatchTooLarge.into());
    }
    let no = batch.no;
    drop(keys.mint_range(epoch, gtin, no, 0, 0).map_err(|_| gone())?);
    Ok(runs.iter().flat_map(move |run| {
        let serials = keys.mint_range(epoch, gtin, no, run.start, run.end - run.start).into_iter().flatten();
        serials.map(move |(garment, serial)| LabelUnit {
            serial: serial.to_string(),
            unit: garment.unit() + 1,
            // With its hyphen everywhere: without one, a spreadsheet takes a code such as 9332084E50 for a number and loses it.
            claim_code: claim_codes.then(|| keys.claim_code(&gtin, garment, epoch).map(|code| code.grouped())).flatten(),
        })
    }))
}
