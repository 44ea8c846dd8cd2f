//! The link types of the GS1 Web Vocabulary (1.16, direct sub-properties of `gs1:linkType`), as data.
//!
//! Two of the sixty, `defaultLink` and `defaultLinkMulti`, say how a resolver chooses rather than what a link is about: nobody attaches
//! one, a link is marked `is_default` instead. No other vocabulary is known here: "link types defined elsewhere SHALL NOT duplicate".

use crate::kernel::text::Lang;

/// The namespace, as it stands in a linkset.
pub const NAMESPACE: &str = "https://ref.gs1.org/voc/";
/// The other ways the same namespace is written.
const SPELLINGS: [&str; 7] = [
    "gs1:",
    "https://ref.gs1.org/voc/",
    "https://gs1.org/voc/",
    "https://www.gs1.org/voc/",
    "http://ref.gs1.org/voc/",
    "http://gs1.org/voc/",
    "http://www.gs1.org/voc/",
];

/// What a link is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkType {
    /// Its name in the vocabulary, without prefix: `pip`.
    pub name: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl LinkType {
    /// The type written as `gs1:pip` or by any of the namespace's addresses. None for anything else.
    pub fn of(text: &str) -> Option<&'static Self> {
        let name = local_name(text)?;
        LINK_TYPES.iter().find(|kind| kind.name == name)
    }

    /// `gs1:pip`.
    pub fn curie(&self) -> String {
        format!("gs1:{}", self.name)
    }

    /// The address by which a linkset names it.
    pub fn iri(&self) -> String {
        format!("{NAMESPACE}{}", self.name)
    }

    /// What people call it.
    pub const fn title(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

/// What people call the type of a stored text.
pub fn title(text: &str, lang: Lang) -> &str {
    LinkType::of(text).map_or(text, |kind| kind.title(lang))
}

/// The name within the GS1 namespace, however the namespace is written.
pub fn local_name(text: &str) -> Option<&str> {
    SPELLINGS.iter().find_map(|spelling| text.strip_prefix(spelling))
}

const fn link(name: &'static str, zh: &'static str, en: &'static str) -> LinkType {
    LinkType { name, zh, en }
}

/// Every type a link may have, in alphabetical order.
pub const LINK_TYPES: &[LinkType] = &[
    link("activityIdeas", "活动创意", "Activity ideas"),
    link("allergenInfo", "过敏原信息", "Allergen information"),
    link("appDownload", "应用下载", "App download"),
    link("backgroundInfo", "背景信息", "Background information"),
    link("brandHomepageClinical", "品牌主页（专业人士）", "Brand homepage for clinicians"),
    link("brandHomepagePatient", "品牌主页（患者）", "Brand homepage for patients"),
    link("careersInfo", "招聘信息", "Careers"),
    link("certificationInfo", "认证信息", "Certification"),
    link("consumerHandlingStorageInfo", "使用与储存说明", "Handling and storage"),
    link("dpp", "数字产品护照", "Digital product passport"),
    link("eifu", "电子使用说明", "Electronic instructions for use"),
    link("epcis", "追溯事件（EPCIS）", "Traceability events (EPCIS)"),
    link("epil", "电子药品说明书", "Electronic patient information leaflet"),
    link("eventsInfo", "活动信息", "Events"),
    link("faqs", "常见问题", "Frequently asked questions"),
    link("handledBy", "由其他解析器处理", "Handled by another resolver"),
    link("hasRetailers", "销售网点", "Where to buy"),
    link("homepage", "主页", "Homepage"),
    link("ingredientsInfo", "成分信息", "Ingredients"),
    link("instructions", "使用与护理说明", "Instructions and care"),
    link("jws", "数字签名", "Digital signature (JWS)"),
    link("leaveReview", "发表评价", "Leave a review"),
    link("locationInfo", "地点信息", "Location"),
    link("logisticsInfo", "物流信息", "Logistics information"),
    link("loyaltyProgram", "会员计划", "Loyalty programme"),
    link("masterData", "主数据", "Master data"),
    link("menuInfo", "菜单", "Menu"),
    link("nutritionalInfo", "营养信息", "Nutritional information"),
    link("openingHoursInfo", "营业时间", "Opening hours"),
    link("paymentLink", "付款", "Payment"),
    link("pip", "产品信息", "Product information"),
    link("productSustainabilityInfo", "产品可持续信息", "Product sustainability"),
    link("promotion", "优惠活动", "Promotion"),
    link("purchaseSuppliesOrAccessories", "配件与辅料购买", "Buy spare parts or accessories"),
    link("quickStartGuide", "快速入门", "Quick start guide"),
    link("recallStatus", "召回状态", "Recall status"),
    link("recipeInfo", "食谱", "Recipes"),
    link("registerProduct", "产品登记与质保领取", "Register this product"),
    link("registryEntry", "登记条目", "Registry entry"),
    link("relatedImage", "相关图片", "Related image"),
    link("relatedVideo", "相关视频", "Related video"),
    link("reportFound", "拾获上报", "Report a found item"),
    link("review", "评价", "Reviews"),
    link("safetyInfo", "安全信息", "Safety information"),
    link("scheduleTime", "预约", "Make an appointment"),
    link("serviceInfo", "服务与保修", "Service and warranty"),
    link("smartLabel", "智能标签", "SmartLabel"),
    link("smpc", "药品特性概要", "Summary of product characteristics"),
    link("socialMedia", "社交媒体", "Social media"),
    link("statisticInfo", "统计信息", "Statistics"),
    link("subscribe", "订阅", "Subscribe"),
    link("support", "客服支持", "Support"),
    link("sustainabilityInfo", "可持续信息", "Sustainability"),
    link("traceability", "来源与历程", "Origin and history"),
    link("tutorial", "教程", "Tutorial"),
    link("userAgreement", "用户协议", "User agreement"),
    link("verificationService", "查验服务", "Verification service"),
    link("whatsInTheBox", "包装内含物", "What is in the box"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_types_less_the_two_of_choice() {
        assert_eq!(LINK_TYPES.len(), 58);
        assert!(LINK_TYPES.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(LINK_TYPES.iter().all(|kind| !kind.zh.is_empty() && !kind.en.is_empty()));
    }

    #[test]
    fn a_type_however_it_is_written() {
        for text in
            ["gs1:pip", "https://ref.gs1.org/voc/pip", "https://gs1.org/voc/pip", "https://www.gs1.org/voc/pip", "http://gs1.org/voc/pip"]
        {
            assert_eq!(LinkType::of(text).unwrap().name, "pip", "{text}");
        }
        for text in ["pip", "gs1:Pip", "gs1:nosuchlt", "gs1:defaultLink", "https://example.org/voc/pip", ""] {
            assert_eq!(LinkType::of(text), None, "{text}");
        }
    }
}
