//! The reasons that a new deployment starts with, as buyers say them. A deployment edits its own copy; rows it has edited are never overwritten.

use crate::aftersales::classes::ReasonClass;

/// The code of the reason that a withdrawal from the contract has: it asks for none.
pub const WITHDRAWAL: &str = "withdrawal";

/// A row of the catalogue as it is shipped.
#[derive(Clone, Copy, Debug)]
pub struct SeedReason {
    /// Its code.
    pub code: &'static str,
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// Which rights it gives.
    pub class: ReasonClass,
    /// The defect it most likely is; empty for none.
    pub defect: &'static str,
    /// Categories of garments it is offered for, with commas; empty for all.
    pub categories: &'static str,
    /// Where on the garment it usually is; empty for anywhere.
    pub zones: &'static str,
    /// Components of a garment it is about, with commas; empty for any garment.
    pub components: &'static str,
}

macro_rules! rows {
    ($($class:ident { $($code:literal, $zh:literal, $en:literal, $defect:literal, $categories:literal, $components:literal $(, $zones:literal)?;)* })*) => {
        &[$($(SeedReason {
            code: $code,
            zh: $zh,
            en: $en,
            class: ReasonClass::$class,
            defect: $defect,
            categories: $categories,
            zones: $crate::text_or_none!($($zones)?),
            components: $components,
        },)*)*]
    };
}

/// The catalogue as it is shipped, in the order in which it is offered.
pub const SEED: &[SeedReason] = rows! {
    Defect {
        "button_off", "纽扣掉了或松了", "A button came off or is loose", "button_missing", "", "buttons";
        "fastener_broken", "扣子、挂钩或按扣坏了", "A hook, snap or button is broken", "hook_button_broken", "", "buttons,hooks";
        "zip_broken", "拉链坏了", "The zip does not work", "zip_failure", "", "zip";
        "seam_open", "开线了", "A seam has come open", "seam_open", "", "thread";
        "hole", "破了洞或撕裂了", "It has a hole or a tear", "fabric_torn", "", "";
        "pilling", "起球了", "It has bobbles", "pilling", "", "";
        "fading", "褪色了", "The colour has faded", "fading", "", "";
        "colour_ran", "掉色、串色了", "The colour ran or rubs off", "dye_bleed", "", "";
        "shrunk", "洗后缩水或变形了", "It shrank or lost its shape in the wash", "shrinkage", "", "";
        "stained", "收到时就有污渍", "It arrived stained", "soil", "", "";
        "odour", "有异味", "It smells", "odour", "", "";
        "colour_differs", "颜色和页面或另一件不一样", "The colour is not the one it should be", "color_mismatch", "", "";
        "wrong_measure", "实际尺寸和尺码表不符", "It does not measure what the size chart says", "dim_deviation", "", "";
        "print_peels", "印花或绣花脱落了", "Print or embroidery comes off", "print_cracked", "", "print";
        "elastic_slack", "松紧带松了", "The elastic has gone slack", "elastic_failed", "", "elastic";
        "label_wrong", "标签缺失或内容不对", "A label is missing or wrong", "wrong_label", "", "label", "label";
        "down_leaks", "跑绒了", "Down comes through", "down_leak", "", "filling";
        "thin_filling", "填充太少，不够暖", "Too little filling", "fill_density_low", "", "filling", "filling";
        "strip_off", "反光条脱落了", "The reflective strip came off", "reflective_strip_off", "", "reflective";
        "strap_off", "肩带脱落了", "A strap came off", "strap_off", "", "straps";
        "small_part_off", "小零件掉落", "A small part came off", "small_part_off", "infants,婴童,童装", "";
        "sharp", "有尖锐、扎人的地方", "Something sharp is on it or in it", "sharp_edge", "", "";
        "skin_reaction", "穿后皮肤不适", "My skin reacts to it", "azo_formaldehyde", "", "";
        "other_defect", "其他质量问题", "Something else is wrong with it", "", "", "";
    }
    Size {
        "too_small", "偏小", "Too small", "", "", "";
        "too_large", "偏大", "Too large", "", "", "";
        "fit", "版型不合身", "The cut does not suit me", "fit", "", "";
    }
    ChangeOfMind {
        "changed_mind", "不想要了", "I would rather not keep it", "", "", "";
        "withdrawal", "撤回合同", "Withdrawal from the contract", "", "", "";
    }
    Delivery {
        "late", "没有按时送到", "It came late, or has not come", "", "", "";
        "parcel_damaged", "包裹破损或受潮", "The parcel was damaged or wet", "wet_in_transit", "", "", "packaging";
        "wrong_article", "发错了款式、颜色或尺码", "It is not what I ordered", "wrong_sku", "", "";
        "incomplete", "少件或缺配件", "Something is missing", "short_count", "", "";
    }
    Advice {
        "care", "怎么洗、怎么穿", "How to wash or wear it", "", "", "";
        "question", "有别的问题想问", "Another question", "", "", "";
    }
    Complaint {
        "service", "对服务不满意", "I am not satisfied with the service", "", "", "";
    }
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::inspection::defects;

    #[test]
    fn codes_and_names_are_distinct_and_defects_are_of_the_catalogue() {
        for text in [|seed: &SeedReason| seed.code, |seed: &SeedReason| seed.zh, |seed: &SeedReason| seed.en] {
            assert_eq!(SEED.iter().map(text).collect::<BTreeSet<_>>().len(), SEED.len());
        }
        let known: BTreeSet<&str> = defects::catalogue::SEED.iter().map(|seed| seed.code).chain([""]).collect();
        assert!(SEED.iter().all(|seed| known.contains(seed.defect)));
        assert!(SEED.iter().any(|seed| seed.code == WITHDRAWAL));
    }
}
