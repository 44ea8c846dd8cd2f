//! The frame of a deployment: stretches of units that were made alike, and everything they have in common with others (features).
//!
//! A batch falls into stretches where the lots in its units change; a stretch belongs to each lot it was made of, at whatever depth and along
//! however many ways, once, and to whoever supplied one of them. Everything later is counted by stretch, never by garment.

use std::collections::{BTreeSet, HashMap};

use super::month_text;
use crate::choices;
use crate::kernel::saturating;
use crate::quality::trace::genealogy::WHOLE;
use crate::quality::trace::{Genealogy, Scratch};

choices! {
    /// What garments can have in common.
    Dimension {
        /// A lot, at any depth.
        Lot = "lot", "物料批", "Lot";
        /// Whoever supplied a lot, at any depth.
        Supplier = "supplier", "供应商", "Supplier";
        /// Who sewed.
        Factory = "factory", "工厂", "Factory";
        /// The line of a factory.
        Line = "line", "产线", "Line";
        /// The style.
        Style = "style", "款号", "Style";
        /// The size.
        Size = "size", "尺码", "Size";
        /// The colour.
        Colour = "colour", "颜色", "Colour";
        /// Who sold.
        Retailer = "retailer", "零售商", "Retailer";
        /// The month of production.
        Month = "month", "生产月份", "Production month";
    }
}

/// What some garments have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// A lot, by id.
    Lot(i64),
    /// A party that supplied a lot.
    Supplier(i64),
    /// A party that sewed.
    Factory(i64),
    /// A party that sewed, and the name of the line.
    Line(i64, String),
    /// A style, by id.
    Style(i64),
    /// A size as the sku says it.
    Size(String),
    /// A colour in Chinese and English.
    Colour(String, String),
    /// A party that sold; 0 where none was named.
    Retailer(i64),
    /// A month of production, see [`super::month_of`].
    Month(i32),
}

impl Feature {
    /// What it is asked for by: `lot:42`.
    pub fn key(&self) -> String {
        let said = match self {
            Self::Lot(id) | Self::Supplier(id) | Self::Factory(id) | Self::Style(id) | Self::Retailer(id) => id.to_string(),
            Self::Line(id, line) => format!("{id}:{line}"),
            Self::Size(size) => size.clone(),
            Self::Colour(zh, en) => format!("{zh}:{en}"),
            Self::Month(month) => month_text(*month),
        };
        format!("{}:{said}", self.dimension().as_str())
    }

    /// Which dimension it is of.
    pub const fn dimension(&self) -> Dimension {
        match self {
            Self::Lot(_) => Dimension::Lot,
            Self::Supplier(_) => Dimension::Supplier,
            Self::Factory(_) => Dimension::Factory,
            Self::Line(..) => Dimension::Line,
            Self::Style(_) => Dimension::Style,
            Self::Size(_) => Dimension::Size,
            Self::Colour(..) => Dimension::Colour,
            Self::Retailer(_) => Dimension::Retailer,
            Self::Month(_) => Dimension::Month,
        }
    }
}

/// A batch as a frame needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchFrame {
    /// Number.
    pub no: i64,
    /// Party that sewed it.
    pub factory: i64,
    /// Line, or empty.
    pub line: String,
    /// Month of production, where it is known.
    pub month: Option<i32>,
    /// Units that have serials.
    pub minted: i64,
    /// Style.
    pub style: i64,
    /// Size, or empty.
    pub size: String,
    /// Colour in Chinese and English.
    pub colour: (String, String),
}

/// Units of a batch that were made alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Number of the batch.
    pub batch: i64,
    /// First unit, from 0.
    pub from: i64,
    /// Unit after the last.
    pub to: i64,
    /// Units among them that have serials.
    pub made: u32,
    /// What they have in common with others: places in [`Frame::features`], ascending.
    pub features: Vec<u32>,
}

/// All stretches, and what they have in common.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    features: Vec<Feature>,
    places: HashMap<Feature, u32>,
    /// For each, the kind of lot it is (`fabric`); empty for whatever is no lot. Kinds are compared among themselves.
    kinds: Vec<String>,
    stretches: Vec<Stretch>,
}

impl Frame {
    /// Of these batches (by number ascending), what went into them, and the kinds of the lots by id.
    pub fn of(batches: &[BatchFrame], genealogy: &Genealogy, kinds: &HashMap<i64, String>) -> Self {
        let mut frame = Self::default();
        let mut scratch = Scratch::default();
        // What a lot and all it was made of come to is the same in each batch.
        let mut behind: HashMap<Vec<u32>, Vec<u32>> = HashMap::new();
        for batch in batches {
            let own = frame.own(batch);
            let uses = genealogy.batch(batch.no).map_or(&[][..], |place| genealogy.uses_of(place));
            // What a repair put in is not behind the claim that it mended.
            let uses: Vec<_> = uses.iter().filter(|one| !genealogy.is_repaired(one)).collect();
            let mut edges: BTreeSet<u32> = [0, WHOLE].into_iter().chain(uses.iter().flat_map(|one| [one.from, one.to])).collect();
            edges.retain(|edge| *edge <= WHOLE);
            let mut made: Vec<(u32, u32, Vec<u32>)> = Vec::new();
            for (from, to) in edges.iter().copied().zip(edges.iter().copied().skip(1)) {
                let mut lots: Vec<u32> = uses.iter().filter(|one| one.from < to && from < one.to).map(|one| one.lot).collect();
                lots.sort_unstable();
                lots.dedup();
                match made.last_mut() {
                    Some((_, end, before)) if *before == lots => *end = to,
                    _ => made.push((from, to, lots)),
                }
            }
            for (from, to, lots) in made {
                let of_lots = match behind.get(&lots) {
                    Some(known) => known.clone(),
                    None => {
                        let found = frame.of_lots(genealogy, &lots, kinds, &mut scratch);
                        behind.insert(lots, found.clone());
                        found
                    }
                };
                let mut features = [own.as_slice(), &of_lots].concat();
                features.sort_unstable();
                features.dedup();
                let (from, to) = (i64::from(from), i64::from(to));
                let made = saturating((to.min(batch.minted) - from).max(0));
                frame.stretches.push(Stretch { batch: batch.no, from, to, made, features });
            }
        }
        frame
    }

    fn own(&mut self, batch: &BatchFrame) -> Vec<u32> {
        let (zh, en) = batch.colour.clone();
        let all = [
            Some(Feature::Factory(batch.factory)),
            (!batch.line.is_empty()).then(|| Feature::Line(batch.factory, batch.line.clone())),
            Some(Feature::Style(batch.style)),
            (!batch.size.is_empty()).then(|| Feature::Size(batch.size.clone())),
            (!zh.is_empty() || !en.is_empty()).then_some(Feature::Colour(zh, en)),
            batch.month.map(Feature::Month),
        ];
        all.into_iter().flatten().map(|feature| self.place(feature, "")).collect()
    }

    fn of_lots(&mut self, genealogy: &Genealogy, lots: &[u32], kinds: &HashMap<i64, String>, scratch: &mut Scratch) -> Vec<u32> {
        let mut found = Vec::new();
        for step in genealogy.made_of(lots, scratch) {
            let id = genealogy.lot_id(step.lot);
            found.push(self.place(Feature::Lot(id), kinds.get(&id).map_or("", String::as_str)));
            found.push(self.place(Feature::Supplier(genealogy.party_of_lot(step.lot)), ""));
        }
        found
    }

    /// The place of something garments have in common, made when it is new.
    pub fn place(&mut self, feature: Feature, kind: &str) -> u32 {
        let next = saturating(self.features.len());
        *self.places.entry(feature).or_insert_with_key(|feature| {
            self.features.push(feature.clone());
            self.kinds.push(kind.to_owned());
            next
        })
    }

    /// The place of something, where garments have it in common.
    pub fn known_place(&self, feature: &Feature) -> Option<u32> {
        self.places.get(feature).copied()
    }

    /// The place of what is asked for by a key.
    pub fn place_of_key(&self, key: &str) -> Option<u32> {
        let dimension = key.split(':').next()?;
        self.features.iter().position(|one| one.dimension().as_str() == dimension && one.key() == key).map(saturating)
    }

    /// How many places there are.
    pub fn size(&self) -> usize {
        self.features.len()
    }

    #[cfg(test)]
    pub(super) fn features(&self) -> &[Feature] {
        &self.features
    }

    /// What is at a place.
    pub fn feature(&self, place: u32) -> Option<&Feature> {
        self.features.get(saturating::<usize>(place))
    }

    /// The kind of lot at a place; empty for what is no lot.
    pub fn kind(&self, place: u32) -> &str {
        self.kinds.get(saturating::<usize>(place)).map_or("", String::as_str)
    }

    /// What the units of a stretch have in common.
    pub fn features_of(&self, stretch: u32) -> &[u32] {
        self.stretches.get(saturating::<usize>(stretch)).map_or(&[], |one| one.features.as_slice())
    }

    /// The stretches, by batch and unit.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// The places of a batch's stretches.
    pub fn of_batch(&self, no: i64) -> std::ops::Range<u32> {
        let from = self.stretches.partition_point(|one| one.batch < no);
        let to = self.stretches.partition_point(|one| one.batch <= no);
        saturating(from)..saturating(to)
    }

    /// The stretch that a unit of a batch lies in.
    pub fn stretch_of(&self, no: i64, unit: i64) -> Option<u32> {
        self.of_batch(no).find(|place| self.stretches.get(saturating::<usize>(*place)).is_some_and(|one| one.from <= unit && unit < one.to))
    }

    /// Whether two frames part the same batches at the same units, so that what was counted by the one holds for the other.
    pub fn is_parted_like(&self, other: &Self) -> bool {
        let edges = |frame: &'_ Self| frame.stretches.iter().map(|one| (one.batch, one.from, one.to)).collect::<Vec<_>>();
        edges(self) == edges(other)
    }
}
