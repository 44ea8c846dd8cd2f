//! The page of a style.

use askama::Template;

use super::store::SkuLine;
use super::{LabelItem, StyleView};
use crate::kernel::care::{self, Symbol};
use crate::kernel::countries;
use crate::platform::http::{Layout, segment};
use crate::platform::rooms::timeline::Happened;
use crate::production::composition::percent;
use crate::production::parties::{Maker, Status};
use crate::production::terms::WarrantyPolicy;

#[derive(Template)]
#[template(path = "production/styles/one.html")]
pub(super) struct OnePage {
    pub layout: Layout,
    pub view: StyleView,
    pub maker: Option<Maker>,
    pub policy: Option<WarrantyPolicy>,
    pub skus: Vec<SkuLine>,
    /// Whether this person may change it.
    pub may_edit: bool,
    /// The eight items of the label, and whether each is missing.
    pub items: Vec<(LabelItem, String, bool)>,
    pub history: Vec<Happened>,
}

impl OnePage {
    fn symbols(&self) -> impl Iterator<Item = &'static Symbol> {
        self.view.facts.care.iter().filter_map(|code| care::symbol(code))
    }

    fn missing(&self) -> usize {
        self.items.iter().filter(|(_, _, missing)| *missing).count()
    }

    /// Stages whose country is known, with its name.
    fn stages(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let stages = &self.view.facts.stages;
        let all =
            [("styles-spin", &stages.spin), ("styles-weave", &stages.weave), ("styles-dye", &stages.dye), ("styles-sew", &stages.sew)];
        all.into_iter().filter(|(_, code)| !code.is_empty()).map(|(key, code)| (key, countries::name(code, self.layout.lang)))
    }

    /// Texts that are not empty, under their titles.
    fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let facts = &self.view.facts;
        let all = [
            ("styles-materials", &facts.materials),
            ("styles-origin", &facts.origin),
            ("styles-repair", &facts.repair),
            ("styles-take-back", &facts.take_back),
        ];
        all.into_iter().map(|(key, text)| (key, text.get(self.layout.lang))).filter(|(_, text)| !text.is_empty())
    }

    fn recycled(&self) -> Option<String> {
        self.view.facts.recycled_hundredths.map(percent)
    }

    fn href(&self) -> String {
        format!("/styles/{}", segment(&self.view.code))
    }
}
