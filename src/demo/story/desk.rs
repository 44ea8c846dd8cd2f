//! What any desk has on any day: questions, sizes that do not fit, things that are mended or sent back, in every state a case can be in.

use super::plots::Plot;
use super::telling::Deed;
use super::wares::{SPARE_BUTTONS, SPARE_ZIPS, Ware};
use super::{Ask, Scene, Story};
use crate::aftersales::cases::{Audience, BUYER, CaseAct, CaseState, Condition, LineDecision};
use crate::aftersales::classes::{CaseCause, CaseChannel, Queue, Wish};
use crate::aftersales::returns::{Inbound, ReturnAct};
use crate::demo::people::AGENT;
use crate::demo::season::Seen;
use crate::kernel::Result;
use crate::kernel::text::Lang;

/// The tale of a case that is open and that somebody works on.
pub(super) const UNDER_WAY: &str = "under way";
/// Requests about what the season has seen, at most.
const EVERYDAY: usize = 22;

/// What buyers say of what the season has seen: defect, reason, words in both languages, what it looks like.
type Said = (&'static str, &'static str, [(&'static str, &'static str); 2], &'static [Scene]);

const SAID: &[Said] = &[
    (
        "seam_open",
        "seam_open",
        [
            ("袖口内侧开线了，大概三厘米", "The side seam came open after I wore it twice"),
            ("侧缝开了，线头一拉就散", "About an inch of the cuff seam has come undone"),
        ],
        &[Scene::OpenSeam],
    ),
    (
        "pilling",
        "pilling",
        [
            ("穿了三周，腋下起球很明显", "Bobbles under both arms after three weeks"),
            ("按洗标洗的，第二次就起球", "It bobbles although I follow the label"),
        ],
        &[Scene::Bobbles],
    ),
    (
        "fading",
        "fading",
        [("洗了四次颜色就发白了", "Much paler after four washes"), ("肩部晒得一块深一块浅", "The shoulders have faded in patches")],
        &[],
    ),
    (
        "zip_failure",
        "zip_broken",
        [("拉链拉到一半就卡住", "The zip sticks halfway"), ("拉头脱了，合不上", "The slider came off and it will not close")],
        &[],
    ),
    (
        "soil",
        "stained",
        [
            ("收到时前襟有一小块油渍", "There was an oil spot on the front when it came"),
            ("吊牌还在，领口就有黄印", "A yellow mark at the neck with the tag still on"),
        ],
        &[],
    ),
    (
        "dye_bleed",
        "colour_ran",
        [
            ("第一次洗水就变色了", "The water changed colour in the first wash"),
            ("深色汗渍沾到了内衣", "It rubbed off on what I wore under it"),
        ],
        &[],
    ),
    (
        "button_loose",
        "button_off",
        [("第二颗扣子松了，快掉了", "The second button hangs by a thread"), ("袖扣掉了一颗", "A cuff button fell off")],
        &[Scene::ButtonGone],
    ),
];

/// Shirts and jackets that are asked about, sold at least so many days before.
struct Small {
    name: &'static str,
    ware: Ware,
    ago: i64,
    sold: i64,
    reason: &'static str,
    wanted: Wish,
    words: &'static str,
    lang: Lang,
    channel: CaseChannel,
}

/// What buyers say once it is over: from 1 to 5, in both languages.
const PRAISE: &[(i64, &str, &str)] = &[
    (5, "处理很快，衣服像新的一样", "Quick, and as good as new"),
    (4, "结果满意，就是等快递久了点", "Well done; the parcel took its time"),
    (5, "客服很耐心", "Patient and friendly"),
    (4, "", ""),
];

impl Story<'_, '_> {
    pub(super) fn desk(&mut self, seen: &[&Seen]) -> Result<()> {
        self.everyday(seen)?;
        self.states()?;
        self.rights()
    }

    /// Requests about what the season has seen: said in the buyers' words, counted there already.
    fn everyday(&mut self, seen: &[&Seen]) -> Result<()> {
        let today = self.maker.today;
        let lately: Vec<&Seen> = seen
            .iter()
            .rev()
            .filter(|seen| !seen.bad && (6..200).contains(&(today - seen.found_on).num_days()) && is_likely(seen))
            .take(EVERYDAY)
            .copied()
            .collect();
        for (nth, seen) in lately.into_iter().enumerate() {
            let Some((defect, reason, words, scenes)) = SAID.iter().find(|said| said.0 == seen.defect) else { continue };
            if self.told.contains(&seen.garment) {
                continue;
            }
            let lang = if nth % 4 == 3 { Lang::En } else { Lang::Zh };
            let [one, other] = *words;
            let (zh, en) = if nth % 2 == 0 { one } else { other };
            let ask = Ask {
                name: "everyday",
                garment: seen.garment,
                ago: (today - seen.found_on).num_days(),
                reason,
                wanted: None,
                words: lang.of(zh, en),
                lang,
                channel: if nth % 5 == 4 { CaseChannel::Shop } else { CaseChannel::Card },
                scenes: if nth % 2 == 0 { scenes } else { &[] },
            };
            let is_dear = seen.style.price_minor >= 200_000;
            self.tale(ask, |plot| {
                let plot = usual(plot, defect, is_dear);
                // Every other buyer says how it was.
                match PRAISE.get(nth / 2 % PRAISE.len()).filter(|_| nth % 2 == 0) {
                    Some((score, zh, en)) => plot.scored(13, *score, (zh, en)),
                    None => plot,
                }
            })?;
        }
        Ok(())
    }

    fn small(&mut self, of: Small, plot: impl FnOnce(Plot) -> Plot) -> Result<()> {
        let ask = Ask {
            name: of.name,
            garment: self.shelf.take(of.ware, of.sold)?,
            ago: of.ago,
            reason: of.reason,
            wanted: Some(of.wanted),
            words: of.words,
            lang: of.lang,
            channel: of.channel,
            scenes: &[],
        };
        self.tale(ask, plot)
    }

    /// A case in each of the states.
    fn states(&mut self) -> Result<()> {
        let of = |name, ago, reason, wanted, words, lang, channel| Small {
            name,
            ware: Ware::Shirt,
            ago,
            sold: ago + 3,
            reason,
            wanted,
            words,
            lang,
            channel,
        };
        let (zh, en, card) = (Lang::Zh, Lang::En, CaseChannel::Card);
        self.small(of("new", 0, "care", Wish::Advice, "白衬衫可以用含氯的漂白水吗？", zh, card), |plot| plot)?;
        self.small(of("unanswered", 6, "service", Wish::Complain, "店员说没有我的尺码就不理人了，很失望", zh, card), |plot| plot)?;
        self.small(
            of("unanswered too", 3, "service", Wish::Complain, "Nobody in the shop would look at the loose cuff", en, card),
            |plot| plot,
        )?;
        self.small(of("assigned", 1, "too_large", Wish::Exchange, "肩线掉下来了，想换小一码", zh, card), |plot| {
            plot.case(0, 14, CaseAct::Assign { owner: "agent".into() })
        })?;
        self.small(of(UNDER_WAY, 2, "fit", Wish::Exchange, "腰身太宽，能换修身版吗？", zh, card), |plot| {
            plot.to(0, 12, CaseState::InProgress)
                .answer(0, 12, "您好，修身版 L 码有货，今天为您核对库存。", "We have the slim cut in L and are checking the stock.")
                .note(1, 10, "买家是第二次换货，优先处理。")
                .at(1, 12, BUYER, Deed::BuyerWrites("可以的，修身版 L 码就行，谢谢".into()))
        })?;
        self.small(
            of("waits for the buyer", 4, "too_large", Wish::Exchange, "Too wide at the shoulders, I think I need an M", en, card),
            |plot| {
                plot.to(0, 12, CaseState::InProgress)
                    .answer(0, 12, "请告诉我们您的身高、体重和平时的尺码。", "Which size do you usually wear, and how tall are you?")
                    .to(0, 12, CaseState::WaitingCustomer)
            },
        )?;
        self.small(
            of("waits for a colleague", 5, "wrong_article", Wish::Exchange, "订单是 L 码，寄来的是 M 码", zh, card),
            |plot| plot.to(0, 12, CaseState::InProgress).handed_on(0, 13, Queue::Logistics, "核对 L 码的出库扫描记录"),
        )?;
        self.small(
            of("waits for a supplier", 8, "question", Wish::Advice, "这件衬衫的纽扣是什么材质？我对镍过敏", zh, CaseChannel::Mail),
            |plot| {
                let body = "请提供本批四眼树脂扣的镍释放检测报告。".to_owned();
                plot.to(0, 12, CaseState::InProgress)
                    .answer(0, 12, "我们正在向纽扣厂索取检测报告。", "We are asking the maker for the test report.")
                    .case(0, 13, CaseAct::Note { audience: Audience::Supplier, party: Some("TRIM-YD".into()), body })
                    .to(0, 13, CaseState::WaitingSupplier)
            },
        )?;
        self.small(of("taken back", 7, "too_small", Wish::Exchange, "领口有点紧", zh, card), |plot| {
            plot.at(1, 20, BUYER, Deed::TakenBack)
        })?;
        self.small(
            of("first report", 3, "late", Wish::Exchange, "两件衬衫少到一件，物流一直没更新", zh, CaseChannel::Phone),
            |plot| plot.to(0, 12, CaseState::InProgress).answer(0, 12, "已请承运商查件。", "The carrier is looking for it."),
        )?;
        self.small(of("second report", 2, "late", Wish::Exchange, "同一个订单的另一件也没到", zh, card), |plot| {
            plot.at(0, 15, AGENT, Deed::MergedInto("first report"))
        })?;
        self.small(of("opened again", 12, "fit", Wish::Advice, "The sleeves are too long for me, what can be done?", en, card), |plot| {
            plot.answer(0, 14, "任一服务点可免费改短袖长。", "Any service point shortens the sleeves free of charge.")
                .decide(0, 14, LineDecision::Advice, None)
                .case(0, 15, CaseAct::Resolve { result: "Alteration offered.".into(), cause: None })
                .case(3, 11, CaseAct::Reopen { reason: "The service point near the buyer is closed.".into() })
                .answer(3, 12, "我们改为上门取件。", "We will have it fetched instead.")
        })?;
        let questions = [
            ("asked in a chat", 1, "care", "羊毛混纺能机洗吗？", zh, CaseChannel::Chat),
            ("asked long ago", 26, "question", "How do I register this shirt under my name?", en, card),
            ("asked by mail", 34, "care", "牛津纺怎么熨才不亮？", zh, CaseChannel::Mail),
        ];
        for (name, ago, reason, words, lang, channel) in questions {
            self.small(of(name, ago, reason, Wish::Advice, words, lang, channel), |plot| {
                plot.advice((
                    "请按衣内洗水唛的图标洗护；中温熨烫，垫布。",
                    "Please follow the symbols of the care label; iron warm, with a cloth between.",
                ))
            })?;
        }
        self.small(of("complaint", 24, "service", Wish::Complain, "换货等了十天没有人回复", zh, CaseChannel::Phone), |plot| {
            plot.to(0, 13, CaseState::InProgress)
                .answer(1, 11, "非常抱歉，换货单被遗漏了，已加急处理。", "We are sorry: your exchange was overlooked and goes first now.")
                .decide(2, 10, LineDecision::Goodwill, None)
                .resolve(4, 15, ("已补寄并赠送 50 元券，向您致歉。", "Sent with a voucher and our apologies."), Some(CaseCause::Retailer))
        })
    }

    /// Returns without a reason, a withdrawal from a contract made abroad.
    fn rights(&mut self) -> Result<()> {
        let of = |name, ware, ago, reason, wanted, words, lang| Small {
            name,
            ware,
            ago,
            sold: ago + 4,
            reason,
            wanted,
            words,
            lang,
            channel: CaseChannel::Card,
        };
        let (zh, seven) = (Lang::Zh, Some("CN-SEVEN-DAYS"));
        self.small(
            of("changed mind", Ware::Jacket, 29, "changed_mind", Wish::Refund, "颜色和想象的不一样，吊牌没拆", zh),
            |plot| {
                plot.comes_back(seven, None, Condition::A, ("吊牌齐全，未穿着。", "Tags on, never worn.")).refunded(
                    false,
                    ("七日无理由退货", "Returned within seven days"),
                    CaseCause::NoFault,
                )
            },
        )?;
        self.small(of("changed mind lately", Ware::Jacket, 4, "changed_mind", Wish::Refund, "买重了", zh), |plot| {
            plot.comes_back(seven, None, Condition::A, ("吊牌齐全。", "Tags on."))
        })?;
        self.small(of("withdrawal", Ware::JacketAbroad, 2, "withdrawal", Wish::Withdraw, "", Lang::En), |plot| {
            plot.answer(0, 14, "已收到您的撤回。", "We have received your withdrawal; here is how to send it back.")
                .at(0, 14, AGENT, Deed::Return(Some("EU-WITHDRAWAL"), String::new()))
                .back(0, 15, AGENT, ReturnAct::Approve { inbound: Some(Inbound::Parcel) })
                .to(0, 15, CaseState::InProgress)
                .to(0, 15, CaseState::InTransit)
        })
    }
}

/// Whether a garment of its style can have it at all.
fn is_likely(seen: &Seen) -> bool {
    let has = |part: &str| seen.style.parts.iter().any(|(component, _)| *component == part);
    match seen.defect {
        "zip_failure" => has("zip"),
        "button_loose" => has("button"),
        defect => SAID.iter().any(|said| said.0 == defect),
    }
}

/// What is usually done about a defect.
fn usual(plot: Plot, defect: &str, is_dear: bool) -> Plot {
    let mended = ("已修好寄回，质保期相应顺延。", "Mended and on its way; your warranty goes on for the days it was with us.");
    match defect {
        "seam_open" => plot
            .repaired(("缝线开线 3 厘米", "Seam open, 3 cm"), ("重新包缝并加固", "Sewn anew and reinforced"), "seam_open", None)
            .resolve(9, 10, mended, Some(CaseCause::Workmanship)),
        "button_loose" => plot
            .repaired(
                ("纽扣扣眼裂开", "The button has split at its eyes"),
                ("更换同款纽扣一颗", "One button of the same kind"),
                "hook_button_broken",
                Some(("button", SPARE_BUTTONS)),
            )
            .resolve(9, 10, mended, Some(CaseCause::SupplierMaterial)),
        "zip_failure" => plot
            .repaired(("拉头变形", "The slider is bent"), ("更换拉链", "A new zip"), "zip_failure", Some(("zip", SPARE_ZIPS)))
            .resolve(9, 10, mended, Some(CaseCause::SupplierMaterial)),
        "pilling" => plot
            .comes_back(None, Some("pilling"), Condition::C, ("起球等级 2-3，属实。", "Pilling grade 2–3: confirmed."))
            .refunded(is_dear, ("起球属实，退款", "Pilling confirmed"), CaseCause::SupplierMaterial),
        "fading" => plot.comes_back(None, Some("fading"), Condition::C, ("褪色明显，属实。", "Faded: confirmed.")).refunded(
            is_dear,
            ("褪色属实，退款", "Fading confirmed"),
            CaseCause::SupplierMaterial,
        ),
        "soil" => plot
            .comes_back(None, Some("soil"), Condition::B, ("油渍，出厂前已有。", "An oil stain from before it left the factory."))
            .refunded(is_dear, ("到货污渍，退款", "It arrived stained"), CaseCause::Workmanship),
        _ => plot.comes_back(None, Some("dye_bleed"), Condition::C, ("摩擦与水洗均掉色。", "Loses dye when rubbed and washed.")).refunded(
            is_dear,
            ("掉色属实，退款", "Bleeding confirmed"),
            CaseCause::SupplierMaterial,
        ),
    }
}
