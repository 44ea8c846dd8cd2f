//! The demo's brand as data: who supplies, sews and sells; what is made. Invented, except for the GTIN range, which GS1 keeps for examples.

use crate::kernel::text::Both;
use crate::production::parties::Role;

/// The range GS1 keeps for examples: 0950600 and five digits of our own, then the check digit.
pub(super) const GTIN_RANGE: &str = "09506000";

pub(super) fn both(zh: &str, en: &str) -> Both {
    Both { zh: zh.to_owned(), en: en.to_owned() }
}

/// A party: code, names, role, country, city in both languages.
pub(super) struct Who {
    pub(super) code: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) role: Role,
    pub(super) country: &'static str,
    pub(super) city: &'static str,
    pub(super) address_zh: &'static str,
    pub(super) address_en: &'static str,
}

macro_rules! parties {
    ($($code:literal, $zh:literal, $en:literal, $role:ident, $country:literal, $city:literal, $address_zh:literal, $address_en:literal;)*) => {
        pub(super) const PARTIES: &[Who] = &[$(Who {
            code: $code, zh: $zh, en: $en, role: Role::$role, country: $country, city: $city, address_zh: $address_zh, address_en: $address_en,
        },)*];
    };
}

parties! {
    "LANSHAN", "岚山服饰有限公司", "Lanshan Apparel Co., Ltd.", Brand, "CN", "上海", "上海市徐汇区云锦路 701 号", "701 Yunjin Road, Xuhui, Shanghai";
    "MILL-HR", "华润纺纱厂", "Huarun Spinning Mill", Mill, "CN", "石家庄", "石家庄市长安区纺织路 12 号", "12 Fangzhi Road, Shijiazhuang";
    "MILL-JX", "锦绣针织", "Jinxiu Knitting", Mill, "CN", "绍兴", "绍兴市柯桥区轻纺大道 88 号", "88 Qingfang Avenue, Keqiao, Shaoxing";
    "MILL-DN", "大南牛仔布业", "Danan Denim", Mill, "CN", "佛山", "佛山市南海区西樵镇工业一路 6 号", "6 Gongye 1st Road, Xiqiao, Foshan";
    "MILL-WL", "北原毛纺", "Beiyuan Woollens", Mill, "CN", "江阴", "江阴市新桥镇毛纺路 3 号", "3 Maofang Road, Xinqiao, Jiangyin";
    "DYE-QT", "清潭染整", "Qingtan Dyeing and Finishing", DyeHouse, "CN", "绍兴", "绍兴市滨海新区印染园 21 号", "21 Dyeing Park, Binhai, Shaoxing";
    "DYE-HB", "海滨印染", "Haibin Dyeworks", DyeHouse, "CN", "南通", "南通市通州区海滨路 55 号", "55 Haibin Road, Tongzhou, Nantong";
    "TRIM-YD", "永达纽扣", "Yongda Buttons", TrimMaker, "CN", "温州", "温州市永嘉县桥头镇", "Qiaotou, Yongjia, Wenzhou";
    "TRIM-KZ", "快铮拉链", "Kuaizheng Zippers", TrimMaker, "CN", "晋江", "晋江市拉链工业园 9 号", "9 Zipper Park, Jinjiang";
    "TRIM-LB", "明标织唛", "Mingbiao Labels", TrimMaker, "CN", "东莞", "东莞市虎门镇标签路 2 号", "2 Biaoqian Road, Humen, Dongguan";
    "SUP-DN", "暖羽羽绒", "Nuanyu Down", Supplier, "CN", "六安", "六安市裕安区羽绒产业园", "Down Industry Park, Lu'an";
    "FAC-NB", "宁波东海制衣", "Ningbo Donghai Garments", Factory, "CN", "宁波", "宁波市鄞州区东海路 100 号", "100 Donghai Road, Yinzhou, Ningbo";
    "FAC-QD", "青岛海陆服装", "Qingdao Hailu Apparel", Factory, "CN", "青岛", "青岛市即墨区服装工业园 7 号", "7 Apparel Park, Jimo, Qingdao";
    "FAC-HN", "河内新星制衣", "Hanoi New Star Garment", Factory, "VN", "Hà Nội", "越南河内市东英县", "Dong Anh, Hanoi, Viet Nam";
    "CAR-SF", "顺达速运", "Shunda Express", Carrier, "CN", "深圳", "深圳市宝安区", "Bao'an, Shenzhen";
    "CAR-JY", "京远物流", "Jingyuan Logistics", Carrier, "CN", "北京", "北京市大兴区", "Daxing, Beijing";
    "WEB", "岚山官方商城", "Lanshan Online Shop", Retailer, "CN", "上海", "", "";
    "SHOP-SH", "上海静安店", "Shanghai Jing'an Shop", Retailer, "CN", "上海", "上海市静安区南京西路 1515 号", "1515 West Nanjing Road, Shanghai";
    "SHOP-BJ", "北京三里屯店", "Beijing Sanlitun Shop", Retailer, "CN", "北京", "北京市朝阳区三里屯路 19 号", "19 Sanlitun Road, Beijing";
    "SHOP-CD", "成都太古里店", "Chengdu Taikoo Li Shop", Retailer, "CN", "成都", "成都市锦江区中纱帽街 8 号", "8 Zhongshamao Street, Chengdu";
    "SHOP-GZ", "广州天河店", "Guangzhou Tianhe Shop", Retailer, "CN", "广州", "广州市天河区天河路 208 号", "208 Tianhe Road, Guangzhou";
    "SHOP-SG", "新加坡乌节店", "Singapore Orchard Shop", Retailer, "SG", "Singapore", "新加坡乌节路 290 号", "290 Orchard Road, Singapore";
    "ORG-RC", "仁和医院集团", "Renhe Hospital Group", Organisation, "CN", "杭州", "", "";
    "SVC-SH", "上海衣护服务点", "Shanghai Care Point", ServicePoint, "CN", "上海", "上海市长宁区愚园路 1088 号", "1088 Yuyuan Road, Shanghai";
}

/// A component: names zh and en, and its fibres with hundredths of a percent.
type Part = (&'static str, &'static str, &'static [(&'static str, &'static str, i64)]);

/// A style: what it is, what it is made of, how it is cared for.
pub(super) struct Garment {
    pub(super) code: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) category: &'static str,
    pub(super) confidential: bool,
    pub(super) policy: &'static str,
    pub(super) factory: &'static str,
    /// Component zh, en, fibres with hundredths of a percent.
    pub(super) composition: &'static [Part],
    pub(super) care: &'static [&'static str],
    pub(super) safety: char,
    pub(super) standard: &'static str,
    pub(super) colours: &'static [(&'static str, &'static str)],
    /// Size and the size as the label says it (号型).
    pub(super) sizes: &'static [(&'static str, &'static str)],
    /// Component of a batch and the kind of lot that goes into it.
    pub(super) parts: &'static [(&'static str, &'static str)],
    pub(super) price_minor: i64,
}

const COTTON: &[(&str, &str, i64)] = &[("棉", "cotton", 10_000)];
const ADULT_TOPS: &[(&str, &str)] = &[("S", "165/84A"), ("M", "170/88A"), ("L", "175/92A"), ("XL", "180/96A")];
const WOMEN: &[(&str, &str)] = &[("S", "155/80A"), ("M", "160/84A"), ("L", "165/88A")];

pub(super) const GARMENTS: &[Garment] = &[
    Garment {
        code: "LS-T01",
        zh: "白领撞色 T 恤",
        en: "T-shirt with a white collar",
        category: "tops",
        confidential: false,
        policy: "STANDARD",
        factory: "FAC-NB",
        composition: &[("", "", &[("棉", "cotton", 9_500), ("氨纶", "elastane", 500)])],
        care: &["wash-30-mild", "bleach-no", "dry-line", "iron-150", "clean-no"],
        safety: 'B',
        standard: "GB/T 22849-2024",
        colours: &[("藏青", "Navy"), ("米白", "Off-white"), ("砖红", "Brick")],
        sizes: ADULT_TOPS,
        parts: &[("shell", "jersey"), ("thread", "thread"), ("label", "label")],
        price_minor: 19_900,
    },
    Garment {
        code: "LS-S02",
        zh: "牛津纺衬衫",
        en: "Oxford shirt",
        category: "shirts",
        confidential: false,
        policy: "STANDARD",
        factory: "FAC-NB",
        composition: &[("", "", COTTON)],
        care: &["wash-40", "bleach-no", "dry-line", "iron-200", "clean-p"],
        safety: 'B',
        standard: "GB/T 2660-2017",
        colours: &[("浅蓝", "Light blue"), ("白色", "White")],
        sizes: ADULT_TOPS,
        parts: &[("shell", "poplin"), ("button", "button"), ("thread", "thread"), ("label", "label")],
        price_minor: 39_900,
    },
    Garment {
        code: "LS-D03",
        zh: "牛仔夹克",
        en: "Denim jacket",
        category: "jackets",
        confidential: false,
        policy: "STANDARD",
        factory: "FAC-QD",
        composition: &[("", "", &[("棉", "cotton", 9_900), ("氨纶", "elastane", 100)])],
        care: &["wash-30", "bleach-no", "dry-line", "iron-150", "clean-no"],
        safety: 'C',
        standard: "FZ/T 81006-2017",
        colours: &[("靛蓝", "Indigo")],
        sizes: ADULT_TOPS,
        parts: &[("shell", "denim"), ("button", "button"), ("thread", "thread"), ("label", "label")],
        price_minor: 59_900,
    },
    Garment {
        code: "LS-C04",
        zh: "双面羊毛大衣",
        en: "Double-faced wool coat",
        category: "coats",
        confidential: false,
        policy: "PREMIUM",
        factory: "FAC-QD",
        composition: &[("", "", &[("羊毛", "wool", 9_000), ("羊绒", "cashmere", 1_000)])],
        care: &["wash-no", "bleach-no", "tumble-no", "iron-110", "clean-p"],
        safety: 'C',
        standard: "FZ/T 81007-2022",
        colours: &[("驼色", "Camel"), ("炭灰", "Charcoal")],
        sizes: WOMEN,
        parts: &[("shell", "wool"), ("button", "button"), ("thread", "thread"), ("label", "label")],
        price_minor: 299_900,
    },
    Garment {
        code: "LS-V05",
        zh: "轻薄羽绒背心",
        en: "Light down vest",
        category: "jackets",
        confidential: false,
        policy: "PREMIUM",
        factory: "FAC-HN",
        composition: &[
            ("面料", "Shell", &[("锦纶", "polyamide", 10_000)]),
            ("填充物", "Filling", &[("白鸭绒", "white duck down", 9_000), ("羽毛", "feather", 1_000)]),
        ],
        care: &["wash-30-mild", "bleach-no", "tumble-low", "iron-no", "clean-no"],
        safety: 'C',
        standard: "GB/T 14272-2021",
        colours: &[("墨绿", "Dark green"), ("黑色", "Black")],
        sizes: ADULT_TOPS,
        parts: &[("shell", "nylon"), ("filling", "down"), ("zip", "zip"), ("label", "label")],
        price_minor: 79_900,
    },
    Garment {
        code: "LS-U06",
        zh: "医护短袖工作服",
        en: "Nurse's tunic",
        category: "uniforms",
        confidential: false,
        policy: "UNIFORM",
        factory: "FAC-NB",
        composition: &[("", "", &[("聚酯纤维", "polyester", 6_500), ("棉", "cotton", 3_500)])],
        care: &["wash-60", "bleach-oxygen", "tumble-normal", "iron-150", "clean-no"],
        safety: 'B',
        standard: "FZ/T 81010-2018",
        colours: &[("浅粉", "Light pink"), ("天蓝", "Sky blue")],
        sizes: WOMEN,
        parts: &[("shell", "uniform"), ("button", "button"), ("thread", "thread"), ("label", "label")],
        price_minor: 15_900,
    },
    Garment {
        code: "LS-K07",
        zh: "婴儿连体衣",
        en: "Baby romper",
        category: "infants",
        confidential: false,
        policy: "STANDARD",
        factory: "FAC-NB",
        composition: &[("", "", COTTON)],
        care: &["wash-40-mild", "bleach-no", "dry-line", "iron-150", "clean-no"],
        safety: 'A',
        standard: "GB/T 33271-2025",
        colours: &[("鹅黄", "Pale yellow"), ("云白", "Cloud white")],
        sizes: &[("66", "66/48"), ("73", "73/48"), ("80", "80/48")],
        parts: &[("shell", "jersey"), ("button", "button"), ("thread", "thread"), ("label", "label")],
        price_minor: 12_900,
    },
    Garment {
        code: "LS-B08",
        zh: "无钢圈文胸",
        en: "Wireless bra",
        category: "intimate",
        confidential: true,
        policy: "INTIMATE",
        factory: "FAC-HN",
        composition: &[("罩杯里料", "Cup lining", COTTON), ("侧翼", "Wings", &[("锦纶", "polyamide", 8_200), ("氨纶", "elastane", 1_800)])],
        care: &["wash-hand", "bleach-no", "dry-flat", "iron-no", "clean-no"],
        safety: 'B',
        standard: "FZ/T 73012-2017",
        colours: &[("裸粉", "Nude pink"), ("黑色", "Black")],
        sizes: &[("75B", "160/75B"), ("80B", "165/80B"), ("85B", "170/85B")],
        parts: &[("shell", "jersey"), ("thread", "thread"), ("label", "label")],
        price_minor: 22_900,
    },
];

/// Warranty policies: code, months, days, start, coverage and exclusions in both languages.
pub(super) struct Cover {
    pub(super) code: &'static str,
    pub(super) months: i64,
    pub(super) days: i64,
    pub(super) start: &'static [&'static str],
    pub(super) coverage: (&'static str, &'static str),
    pub(super) exclusions: (&'static str, &'static str),
}

const WEAR: (&str, &str) = (
    "正常磨损、未按洗涤标识洗护、自行改动、意外损坏不在质保范围内。",
    "Normal wear, washing against the care label, alterations by others and accidents are not covered.",
);

pub(super) const COVERS: &[Cover] = &[
    Cover {
        code: "STANDARD",
        months: 12,
        days: 0,
        start: &["delivered", "sold"],
        coverage: (
            "面料破损、缝线开线、掉扣、异常褪色与起球，免费维修；不能维修的予以更换。",
            "Torn fabric, open seams, lost buttons, abnormal fading and pilling are repaired free of charge, or replaced where repair is not possible.",
        ),
        exclusions: WEAR,
    },
    Cover {
        code: "PREMIUM",
        months: 24,
        days: 0,
        start: &["activated", "delivered", "sold"],
        coverage: (
            "面料、里料、填充物、拉链与纽扣的质量问题，免费维修或更换，往返运费由我们承担。",
            "Faults of shell, lining, filling, zips and buttons are repaired or replaced free of charge; we pay the freight both ways.",
        ),
        exclusions: WEAR,
    },
    Cover {
        code: "UNIFORM",
        months: 0,
        days: 365,
        start: &["delivered", "sold"],
        coverage: (
            "365 天守护：尺寸偏差、工艺缺陷、面料老化，免费维修或更换。",
            "365 days: size deviation, workmanship and ageing of the fabric are repaired or replaced free of charge.",
        ),
        exclusions: WEAR,
    },
    Cover {
        code: "INTIMATE",
        months: 3,
        days: 0,
        start: &["delivered", "sold"],
        coverage: (
            "肩带脱落、扣子损坏、开线等质量问题，免费维修或更换。",
            "Detached straps, broken hooks and open seams are repaired or replaced free of charge.",
        ),
        exclusions: (
            "出于卫生原因，已穿着或已洗涤的商品不接受无理由退货。",
            "For hygiene, worn or washed goods cannot be returned without a fault.",
        ),
    },
];
