//! The defect catalogue that a new deployment starts with: what apparel inspectors look for, from cloth to use. A deployment edits its own
//! copy; rows it has edited are never overwritten.

use super::{Component, Severity, Suspect};

/// A row of the catalogue as it is shipped.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    /// Its code.
    pub code: &'static str,
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// The part of the garment.
    pub component: Component,
    /// How bad, unless the finding says otherwise.
    pub severity: Severity,
    /// Who is asked first.
    pub suspect: Suspect,
    /// Whether it can be mended.
    pub repairable: bool,
}

macro_rules! rows {
    ($($component:ident { $($code:literal, $zh:literal, $en:literal, $severity:ident, $suspect:ident, $repairable:literal;)* })*) => {
        &[$($(Seed {
            code: $code,
            zh: $zh,
            en: $en,
            component: Component::$component,
            severity: Severity::$severity,
            suspect: Suspect::$suspect,
            repairable: $repairable,
        },)*)*]
    };
}

/// The catalogue as it is shipped.
pub const SEED: &[Seed] = rows! {
    Fabric {
        "fabric_torn", "面料破损", "Torn fabric", Major, Mill, true;
        "fabric_hole", "破洞", "Hole", Major, Mill, false;
        "tearing", "穿着撕裂", "Tears in wear", Major, Mill, false;
        "barre", "横档", "Barré", Major, Mill, false;
        "missing_yarn", "缺经断纬", "Missing yarn", Major, Mill, false;
        "slub", "粗节", "Slub", Minor, Mill, false;
        "knot", "结头", "Knot", Minor, Mill, true;
        "snagging", "勾丝", "Snagging", Minor, Mill, true;
        "pilling", "起球", "Pilling", Major, Mill, false;
        "shrinkage", "缩水超标", "Shrinkage", Major, Mill, false;
        "skew", "纬斜", "Bow or skew", Minor, Mill, false;
        "fibre_content", "纤维含量不符", "Fibre content not as labelled", Critical, Mill, false;
        "azo_formaldehyde", "甲醛或可分解芳香胺超标", "Formaldehyde or azo dye over the limit", Critical, DyeHouse, false;
        "ph_value", "pH 值超标", "pH outside the limit", Critical, DyeHouse, false;
        "odour", "异味", "Odour", Major, DyeHouse, false;
    }
    Colour {
        "color_mismatch", "色差", "Colour mismatch", Major, DyeHouse, false;
        "shade_band", "色档", "Shade band", Major, DyeHouse, false;
        "fading", "褪色", "Fading", Major, DyeHouse, false;
        "dye_bleed", "洗涤渗色", "Dye bleeding", Major, DyeHouse, false;
        "crocking", "摩擦掉色", "Crocking", Major, DyeHouse, false;
    }
    Filling {
        "fill_density_low", "填充量不足", "Too little filling", Major, Factory, false;
        "down_leak", "钻绒", "Down leakage", Major, Mill, false;
        "filling_shift", "填充物移位", "Filling shifts", Minor, Factory, true;
    }
    Sewing {
        "seam_open", "缝线开线", "Open seam", Major, Factory, true;
        "broken_stitch", "断线", "Broken stitch", Major, Factory, true;
        "skipped_stitch", "跳针", "Skipped stitch", Major, Factory, true;
        "seam_slippage", "接缝滑移", "Seam slippage", Major, Mill, true;
        "puckering", "起皱", "Puckering", Minor, Factory, true;
        "uneven_hem", "下摆不齐", "Uneven hem", Minor, Factory, true;
        "loose_thread", "线头超过 5 处", "Loose threads in more than 5 places", Minor, Factory, true;
        "raw_edge", "毛边外露", "Raw edge", Major, Factory, true;
        "wrong_spi", "针距不符", "Wrong stitch density", Major, Factory, false;
        "stripe_mismatch", "对条对格不齐", "Stripes or checks do not match", Minor, Factory, false;
        "needle_hole", "针洞", "Needle hole", Major, Factory, false;
        "needle_left", "断针残留", "Needle left inside", Critical, Factory, false;
        "asymmetry", "左右不对称", "Left and right differ", Minor, Factory, false;
        "strap_off", "肩带脱落", "Strap came off", Major, Factory, true;
    }
    Trim {
        "button_missing", "缺纽扣", "Button missing", Major, Factory, true;
        "button_loose", "纽扣松动", "Loose button", Major, Factory, true;
        "hook_button_broken", "扣子损坏", "Hook or button broken", Major, TrimMaker, true;
        "snap_pull_off", "四合扣脱落", "Snap pulls off", Major, TrimMaker, true;
        "zip_failure", "拉链故障", "Zip failure", Major, TrimMaker, true;
        "elastic_failed", "松紧失效", "Elastic has failed", Major, TrimMaker, true;
        "reflective_strip_off", "反光条脱落", "Reflective strip came off", Major, TrimMaker, true;
        "rust", "金属件生锈", "Rust", Major, TrimMaker, true;
        "sharp_edge", "锐利边缘", "Sharp edge", Critical, TrimMaker, false;
        "small_part_off", "小部件脱落（儿童误吞）", "Small part comes off (choking)", Critical, TrimMaker, false;
        "drawcord", "绳带不合规", "Drawcord against the rules", Critical, Brand, true;
    }
    Print {
        "print_cracked", "印花开裂或脱落", "Print cracks or peels", Major, Factory, false;
        "embroidery_fault", "绣花不良", "Embroidery fault", Minor, Factory, true;
    }
    Size {
        "dim_deviation", "尺寸误差超过 2 厘米", "Measures more than 2 cm off", Major, Factory, false;
        "size_mismatch", "尺码不符", "Wrong size", Major, Factory, false;
        "fit", "版型不合", "Poor fit", Minor, Brand, false;
    }
    Label {
        "wrong_label", "标识内容错误（成分、洗护、法定项）", "Wrong label (fibre, care or legal text)", Critical, Factory, true;
        "missing_care_label", "缺洗唛", "Care label missing", Major, Factory, true;
        "wrong_size_label", "尺码标错误", "Wrong size label", Major, Factory, true;
        "code_unreadable", "二维码无法识别", "QR code does not scan", Minor, Factory, true;
    }
    Finishing {
        "soil", "污渍", "Soil or stain", Major, Factory, true;
        "press_shine", "烫光", "Press shine", Minor, Factory, false;
        "crease", "折皱", "Creases", Minor, Factory, true;
        "mould", "发霉", "Mould", Critical, Factory, false;
        "insect", "虫害", "Insects", Critical, Factory, false;
    }
    Packing {
        "packaging", "包装破损", "Packaging damaged", Minor, Carrier, true;
        "wet_in_transit", "运输受潮", "Wet in transit", Major, Carrier, false;
        "wrong_sku", "错发", "Wrong article packed", Major, Retailer, true;
        "short_count", "数量短少", "Short count", Major, Factory, true;
    }
    Use {
        "burn", "烫伤或灼烧", "Burn", Major, Customer, false;
        "cut", "割破", "Cut", Major, Customer, true;
        "wash_against_label", "未按洗护标识洗涤", "Washed against its label", Major, Customer, false;
        "normal_wear", "正常磨损", "Normal wear", Minor, Nobody, false;
    }
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_and_names_are_distinct() {
        for text in [|seed: &Seed| seed.code, |seed: &Seed| seed.zh, |seed: &Seed| seed.en] {
            assert_eq!(SEED.iter().map(text).collect::<BTreeSet<_>>().len(), SEED.len());
        }
    }

    #[test]
    fn the_codes_the_source_documents_name_are_there() {
        let named = ["fabric_torn", "seam_open", "size_mismatch", "strap_off", "hook_button_broken", "dim_deviation", "pilling", "fading"];
        for code in named.into_iter().chain(["tearing", "loose_thread", "button_loose", "soil", "packaging", "fill_density_low"]) {
            assert!(SEED.iter().any(|seed| seed.code == code), "{code}");
        }
    }
}
