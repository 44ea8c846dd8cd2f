//! What is rendered once and kept: the parts of pages that are the same for every garment of a sku, and whole pages while nothing changes.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use askama::Template;
use bytes::Bytes;
use chrono::NaiveDate;

use super::rules::date_text;
use super::store;
use crate::kernel::text::Lang;
use crate::kernel::{Error, GarmentId, Id, Result};
use crate::kernel::{care, countries};
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::http::compress::{Effort, brotli};
use crate::platform::words::Words;
use crate::production::composition::percent;
use crate::production::skus::{self, Product};
use crate::production::styles::{self, SizeChart, StyleFacts};
use crate::production::terms::{self, WarrantyPolicy};
use crate::public::links::{self, Attached, Defaults, Level};

/// Skus whose parts are kept, in one language each.
const KEPT_SKUS: usize = 512;
/// Whole pages kept: about 20 KB each.
const KEPT_PAGES: usize = 512;
/// Pages of which it is remembered that they were asked for.
const REMEMBERED: u64 = 4_096;
/// Longest address of a kept page.
const ADDRESS_MAX: usize = 128;

/// The parts of a page that are the same for every garment of a sku, in one language.
#[derive(Debug)]
pub struct Parts {
    /// The sku, its style, its maker.
    pub product: Product,
    /// What the public calls it.
    pub name: String,
    /// Heading and identity.
    pub top: String,
    /// Materials, care, label items, measurements, repair.
    pub middle: String,
    /// Links, questions, help.
    pub bottom: String,
}

/// A page kept whole.
pub struct Whole {
    /// Whose it is.
    pub garment: GarmentId,
    /// The page.
    pub body: Bytes,
    /// The page as brotli, made when it is first asked for again.
    brotli: OnceLock<Bytes>,
    changes: u64,
    day: NaiveDate,
}

impl Whole {
    /// The page as brotli.
    pub fn brotli(&self) -> Bytes {
        self.brotli.get_or_init(|| brotli(&self.body, Effort::Kept)).clone()
    }
}

/// What one worker keeps.
#[derive(Default)]
pub struct PageCache(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// The store's change count at which the versions below were read.
    changes: Option<u64>,
    versions: Option<[i64; 2]>,
    defaults: Arc<Defaults>,
    parts: HashMap<(Id, Lang), Arc<Parts>>,
    terms: HashMap<(Id, Lang), Arc<str>>,
    pages: HashMap<(String, Lang), Arc<Whole>>,
    /// Which pages were asked for of late, each in the place of its hash.
    asked: HashMap<u64, u64>,
}

impl Inner {
    /// Whether a page was asked for before, as far as is remembered. Of many garments' pages few are asked for again, and keeping the others
    /// costs more than it spares.
    fn is_asked_again(&mut self, address: &str, lang: Lang) -> bool {
        let mut hasher = DefaultHasher::new();
        (address, lang).hash(&mut hasher);
        let hash = hasher.finish();
        self.asked.insert(hash % REMEMBERED, hash) == Some(hash)
    }
}

impl PageCache {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        crate::platform::locks::lock(&self.0)
    }

    /// The whole page kept for an address, if nothing was written since and it is still the same day.
    pub fn page(&self, changes: u64, address: &str, lang: Lang, day: NaiveDate) -> Option<Arc<Whole>> {
        let inner = self.lock();
        inner.pages.get(&(address.to_owned(), lang)).filter(|whole| whole.changes == changes && whole.day == day).cloned()
    }

    /// Keeps a page that is asked for again. `changes` is the store's count from before anything was read for it.
    pub fn keep(&self, changes: Option<u64>, address: &str, lang: Lang, day: NaiveDate, garment: GarmentId, body: &Bytes) {
        let Some(changes) = changes.filter(|_| address.len() <= ADDRESS_MAX) else { return };
        let mut inner = self.lock();
        if inner.is_asked_again(address, lang) {
            let whole = Whole { garment, body: body.clone(), brotli: OnceLock::new(), changes, day };
            make_room(&mut inner.pages, KEPT_PAGES).insert((address.to_owned(), lang), Arc::new(whole));
        }
    }

    /// Forgets what is older than the catalogue or the links. One statement, and none where the store says that nothing was written at all.
    fn refresh(&self, changes: Option<u64>, db: &mut Db) -> Result<()> {
        if changes.is_some() && self.lock().changes == changes {
            return Ok(());
        }
        let versions = Some(store::versions(db)?);
        let is_old = self.lock().versions != versions;
        let defaults = if is_old { Some(Arc::new(links::defaults(db)?)) } else { None };
        let mut inner = self.lock();
        if let Some(defaults) = defaults {
            inner.parts.clear();
            inner.terms.clear();
            inner.versions = versions;
            inner.defaults = defaults;
        }
        inner.changes = changes;
        Ok(())
    }

    /// The links that take a page's place. `changes` is the store's count, read before this.
    pub fn defaults(&self, changes: Option<u64>, db: &mut Db) -> Result<Arc<Defaults>> {
        self.refresh(changes, db)?;
        Ok(self.lock().defaults.clone())
    }

    /// The parts of a sku's pages. `changes` is the store's count, read before this.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a sku that is gone.
    pub fn parts(&self, changes: Option<u64>, db: &mut Db, config: &Config, sku: Id, lang: Lang, day: NaiveDate) -> Result<Arc<Parts>> {
        self.refresh(changes, db)?;
        if let Some(parts) = self.lock().parts.get(&(sku, lang)) {
            return Ok(parts.clone());
        }
        let product = skus::product(db, sku, day)?.ok_or_else(|| Error::broken("a batch without its sku"))?;
        let mut attached = links::attached(db, Level::Style, product.style.id.0)?;
        attached.extend(links::attached(db, Level::Sku, sku.0)?);
        let parts = Arc::new(Parts::render(product, &attached, config, lang)?);
        make_room(&mut self.lock().parts, KEPT_SKUS).insert((sku, lang), parts.clone());
        Ok(parts)
    }

    /// What a policy version covers and does not, in words; empty for none.
    pub fn terms(&self, db: &mut Db, policy: Option<Id>, lang: Lang) -> Result<Arc<str>> {
        let Some(policy) = policy else { return Ok(Arc::from("")) };
        if let Some(terms) = self.lock().terms.get(&(policy, lang)) {
            return Ok(terms.clone());
        }
        let terms: Arc<str> = match terms::policy(db, policy)? {
            Some(policy) => Arc::from(terms_html(&policy, lang)?),
            None => Arc::from(""),
        };
        make_room(&mut self.lock().terms, KEPT_SKUS).insert((policy, lang), terms.clone());
        Ok(terms)
    }
}

/// A full map is emptied: simpler than an order of use, and as good while the working set fits.
fn make_room<K: Hash + Eq, V>(map: &mut HashMap<K, V>, most: usize) -> &mut HashMap<K, V> {
    if map.len() >= most {
        map.clear();
    }
    map
}

#[derive(Template)]
#[template(path = "public/card/kept_top.html")]
struct Top<'a> {
    name: &'a str,
    identity: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "public/card/kept_middle.html")]
struct Middle<'a> {
    t: Words,
    lang: Lang,
    facts: &'a StyleFacts,
    composition_word: &'static str,
    stages: Vec<(String, String)>,
    recycled: String,
    certificates: Vec<(String, String)>,
    care: Vec<(String, &'static str)>,
    items: Vec<(&'static str, String)>,
    own_size: &'a str,
}

impl Middle<'_> {
    /// Millimetres as centimetres.
    #[expect(clippy::unused_self, reason = "askama calls it on the template")]
    fn centimetres(&self, mm: &i64) -> String {
        if mm % 10 == 0 { (mm / 10).to_string() } else { format!("{}.{}", mm / 10, mm % 10) }
    }

    fn chart(&self) -> Option<&SizeChart> {
        self.facts.size_chart.as_ref()
    }
}

#[derive(Template)]
#[template(path = "public/card/kept_bottom.html")]
struct Bottom<'a> {
    t: Words,
    lang: Lang,
    facts: &'a StyleFacts,
    more: Vec<(&'a str, &'a str)>,
    help: &'a str,
}

#[derive(Template)]
#[template(path = "public/card/terms.html")]
struct TermsPart<'a> {
    t: Words,
    lang: Lang,
    policy: &'a WarrantyPolicy,
    length: String,
}

/// A policy version in words.
pub fn terms_html(policy: &WarrantyPolicy, lang: Lang) -> Result<String> {
    let t = Words::of(lang);
    let length = [(policy.months, "card-months"), (policy.days, "card-days")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, key)| t.say1(key, "count", count).into_owned())
        .collect::<Vec<_>>()
        .join(lang.of("零", " and "));
    TermsPart { t, lang, policy, length }.render().map_err(Error::broken)
}

impl Parts {
    fn render(product: Product, attached: &[Attached], config: &Config, lang: Lang) -> Result<Self> {
        let t = Words::of(lang);
        let (style, sku, facts) = (&product.style, &product.sku, &product.style.facts);
        let name = style.public_name(lang).to_owned();
        let word = |key: &str| t.say(key).into_owned();
        let mut identity = vec![
            (word("card-colour"), sku.colour(lang).to_owned()),
            (word("card-size"), if sku.size_label.is_empty() { sku.size.clone() } else { format!("{} ({})", sku.size, sku.size_label) }),
        ];
        if !style.confidential {
            identity.push((word("card-style"), style.code.clone()));
        }
        identity.retain(|(_, value)| !value.is_empty());
        let top = Top { name: &name, identity }.render().map_err(Error::broken)?;

        let stages = [
            ("card-spin", &facts.stages.spin),
            ("card-weave", &facts.stages.weave),
            ("card-dye", &facts.stages.dye),
            ("card-sew", &facts.stages.sew),
        ]
        .into_iter()
        .filter(|(_, code)| !code.is_empty())
        .map(|(key, code)| (word(key), countries::name(code, lang).to_owned()))
        .collect();
        let certificates = facts
            .certificates
            .iter()
            .map(|one| {
                let parts: Vec<&str> =
                    [&one.name, &one.issuer, &one.number].into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
                (
                    parts.join(" · "),
                    one.valid_to.map(|day| t.say1("card-valid-to", "date", date_text(day, lang)).into_owned()).unwrap_or_default(),
                )
            })
            .collect();
        let care =
            facts.care.iter().filter_map(|code| care::symbol(code)).map(|symbol| (symbol.inline_svg(lang), symbol.words(lang))).collect();
        let items = styles::label_items(style, sku.label_size(), product.maker.as_ref(), lang)
            .into_iter()
            .map(|(item, value)| (item.words(lang), value))
            .collect();
        let middle = Middle {
            t,
            lang,
            facts,
            composition_word: styles::LabelItem::Composition.words(lang),
            stages,
            recycled: facts.recycled_hundredths.map(|share| format!("{}%", percent(share))).unwrap_or_default(),
            certificates,
            care,
            items,
            own_size: &sku.size,
        }
        .render()
        .map_err(Error::broken)?;

        let suits = |tags: &[String]| tags.is_empty() || tags.iter().any(|tag| Lang::of_tag(tag) == Some(lang));
        let more = attached
            .iter()
            .filter(|link| suits(&link.offer.hreflang))
            .map(|link| (link.offer.href.as_str(), link.offer.title.as_str()))
            .collect();
        let bottom = Bottom { t, lang, facts, more, help: config.help(lang) }.render().map_err(Error::broken)?;
        Ok(Self { product, name, top, middle, bottom })
    }
}
