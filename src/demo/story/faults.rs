//! What was behind what came back: buttons that break, a size cut too narrow, wet parcels, a wrong wash, a wrong colour for a key account, and
//! the dye lot that bleeds. Verdicts, contests, and the money that moves.

use super::plots::Plot;
use super::telling::{Deed, Reckoned};
use super::wares::{BUTTON_LOT, SPARE_BUTTONS, Ware};
use super::{Ask, Scene, Story};
use crate::aftersales::cases::{CaseAct, CaseState, Condition, LineDecision, NewLine};
use crate::aftersales::classes::{CaseCause, CaseChannel, Queue, Wish};
use crate::aftersales::returns::{Inbound, ReturnAct};
use crate::aftersales::settlements::LedgerKind;
use crate::demo::people::{AGENT, BUTTONS, CARRIER, DYER, INSPECTOR, MANAGER};
use crate::demo::season::{BAD_LOT, Seen};
use crate::kernel::text::Lang;
use crate::kernel::{GarmentId, Result, saturating};
use crate::quality::liability::{Excess, Factor, Role};

/// Who is charged, and who replies for them.
type Liable = (&'static str, &'static str);

const DYE_HOUSE: Liable = ("DYE-QT", DYER);
const BUTTON_MAKER: Liable = ("TRIM-YD", BUTTONS);
const BY_ROAD: Liable = ("CAR-JY", CARRIER);

/// What one buyer asks about a ware: days ago, days since the sale, reason, wish, words, language, pictures.
type Asked = (i64, i64, &'static str, Wish, &'static str, Lang, &'static [Scene]);

impl Story<'_, '_> {
    pub(super) fn faults(&mut self) -> Result<()> {
        self.buttons()?;
        self.narrow()?;
        self.wet()?;
        self.wrong_wash()?;
        self.key_account()?;
        self.recalled()
    }

    fn asked(&mut self, name: &'static str, ware: Ware, asked: Asked, plot: impl FnOnce(Plot) -> Plot) -> Result<()> {
        let (ago, sold, reason, wanted, words, lang, scenes) = asked;
        let garment = self.shelf.take(ware, sold)?;
        let ask = Ask { name, garment, ago, reason, wanted: Some(wanted), words, lang, channel: CaseChannel::Card, scenes };
        self.tale(ask, plot)
    }

    /// One lot of buttons breaks: three are mended with buttons of another, and the maker answers for two of them. The third was sewn on badly.
    fn buttons(&mut self) -> Result<()> {
        let broken = |plot: Plot| {
            plot.repaired(
                ("第二颗纽扣断成两半，线还在衣身上", "The second button broke in two; the thread is still there"),
                ("更换同款纽扣一颗，并检查其余纽扣", "One button of the same kind; the others are checked"),
                "hook_button_broken",
                Some(("button", SPARE_BUTTONS)),
            )
            .resolve(
                9,
                10,
                ("纽扣已更换，质保顺延。", "The button is new, and your warranty goes on for the days it was with us."),
                Some(CaseCause::SupplierMaterial),
            )
        };
        let of = |source: &str| Reckoned { evidence: vec![("part_broken", format!("{BUTTON_LOT} · {source}"))], ..Reckoned::default() };
        let (zh, wish) = (Lang::Zh, Wish::Repair);
        self.asked(
            "button 1",
            Ware::Shirt,
            (75, 82, "button_off", wish, "第二颗扣子自己断成两半掉了", zh, &[Scene::ButtonBroken]),
            |plot| broken(plot).accepted(10, of("维修单照片 1"), BUTTON_MAKER),
        )?;
        self.asked(
            "button 2",
            Ware::Shirt,
            (
                58,
                66,
                "fastener_broken",
                wish,
                "A button snapped while I was doing it up",
                Lang::En,
                &[Scene::ButtonBroken, Scene::ButtonGone],
            ),
            |plot| broken(plot).accepted(10, of("维修单照片 2"), BUTTON_MAKER),
        )?;
        self.asked("button 3", Ware::Shirt, (36, 47, "button_off", wish, "洗完少了一颗扣子", zh, &[Scene::ButtonGone]), |plot| {
            let why = "我方检验：寄回的纽扣完好，断的是缝线，请复检。";
            let sewn = Reckoned {
                evidence: vec![("part_intact", "复检报告 QI-0312".into())],
                withdrawn: of("维修单照片 3").evidence,
                reason: "复检：纽扣完好，钉扣线未打结。".into(),
                ..Reckoned::default()
            };
            broken(plot).contested(9, of("维修单照片 3"), BUTTON_MAKER, why).found_otherwise(
                14,
                "button_loose",
                sewn,
                "异议成立：改由缝制工厂承担。",
            )
        })?;
        self.asked(
            "button 4",
            Ware::Shirt,
            (2, 20, "fastener_broken", wish, "胸前的扣子裂了一道缝，快掉了", zh, &[Scene::ButtonBroken]),
            broken,
        )
    }

    /// The smallest size of a coat is cut too narrow: nobody outside answers for that.
    fn narrow(&mut self) -> Result<()> {
        let (zh, wish) = (Lang::Zh, Wish::Exchange);
        let off = || Reckoned { facts: &["spec_off"], ..Reckoned::default() };
        let asked: [(&'static str, Asked); 3] = [
            ("narrow 1", (64, 70, "too_small", wish, "按尺码表选的 S，肩膀抬不起来", zh, &[Scene::Narrow])),
            ("narrow 2", (50, 58, "too_small", wish, "Size S is two centimetres narrower than the chart says", Lang::En, &[Scene::Narrow])),
            ("narrow 3", (33, 41, "too_small", wish, "肩宽比尺码表小，想换 M", zh, &[])),
        ];
        for (name, asked) in asked {
            let new = self.shelf.spare(Ware::Coat)?;
            self.asked(name, Ware::Coat, asked, |plot| {
                plot.comes_back(
                    None,
                    Some("fit"),
                    Condition::B,
                    ("肩宽实测比规格小 2 厘米。", "The shoulder measures 2 cm less than the chart."),
                )
                .exchanged((new, 98_000), true, ("尺寸规格有误，换货", "The size chart is off"), CaseCause::Design)
                .ours(11, off(), ("样板本身有误，由品牌承担。", "The pattern itself is off: ours."))
            })?;
        }
        self.asked(
            "narrow 4",
            Ware::Coat,
            (3, 12, "too_small", wish, "袖笼太紧，里面穿不了毛衣", zh, &[Scene::Narrow]),
            |plot| plot.to(0, 12, CaseState::InProgress).handed_on(0, 13, Queue::Quality, "S 码肩宽与样板核对，第 4 件"),
        )
    }

    /// Three parcels were left in the rain. The carrier pays for the first, contests the second in vain.
    fn wet(&mut self) -> Result<()> {
        let (zh, wish) = (Lang::Zh, Wish::Exchange);
        let soaked = || Reckoned { facts: &["damaged_on_delivery"], carrier: Some("CAR-JY"), ..Reckoned::default() };
        let report = ("外箱湿透，衣物有水渍和霉味。", "The box was soaked; the jacket is stained and smells.");
        let why = ("运输受潮", "Wet in transit");
        let new = self.shelf.spare(Ware::Jacket)?;
        let first: Asked = (47, 51, "parcel_damaged", wish, "箱子湿透了，衣服也是潮的", zh, &[Scene::WetParcel]);
        self.asked("wet 1", Ware::Jacket, first, |plot| {
            plot.comes_back(None, Some("wet_in_transit"), Condition::D, report)
                .exchanged((new, 18_500), false, why, CaseCause::Carrier)
                .accepted(10, soaked(), BY_ROAD)
        })?;
        let second: Asked =
            (33, 37, "parcel_damaged", Wish::Refund, "The parcel had been standing in water", Lang::En, &[Scene::WetParcel]);
        self.asked("wet 2", Ware::Jacket, second, |plot| {
            plot.comes_back(None, Some("wet_in_transit"), Condition::D, report)
                .refunded(false, why, CaseCause::Carrier)
                .contested(10, soaked(), BY_ROAD, "包装未使用防水袋，受潮系包装所致。")
                .stands(15, "wet_in_transit", "复核出库照片：已使用防水袋；签收照片显示车厢积水。维持原认定。")
        })?;
        self.asked(
            "wet 3",
            Ware::Jacket,
            (3, 7, "parcel_damaged", wish, "快递放在门口淋了一夜雨", zh, &[Scene::WetParcel]),
            |plot| plot.comes_back(None, Some("wet_in_transit"), Condition::D, report),
        )
    }

    /// A coat that may only be dry-cleaned was washed: nothing is wrong with its cloth.
    fn wrong_wash(&mut self) -> Result<()> {
        let asked: Asked = (38, 52, "shrunk", Wish::Repair, "洗了一次就缩了一圈，毛也毡了", Lang::Zh, &[Scene::Felted]);
        self.asked("wrong wash", Ware::Coat, asked, |plot| {
            plot.answer(0, 13, "请寄回，我们先检验面料。", "Please send it to us: we look at the cloth first.")
                .to(0, 13, CaseState::InProgress)
                .to(0, 14, CaseState::InTransit)
                .to(5, 10, CaseState::InProgress)
                .cost(5, 10, LedgerKind::LogisticsIn, 1_800, "")
                .cost(6, 10, LedgerKind::InspectionLab, 12_000, "LAB-0457")
                .at(6, 11, INSPECTOR, Deed::Looked(None, Condition::C))
                .note(6, 11, "面料送检合格（水洗前样），毡缩系机洗所致。")
                .ours(7, Reckoned::default(), ("检验未发现质量问题。", "Nothing is wrong with the cloth."))
                .decide(
                    8,
                    10,
                    LineDecision::Refuse,
                    Some((
                        "检验未发现质量问题：大衣只能专业干洗，机洗导致毡缩。可为您提供一次免费整烫。",
                        "Nothing is wrong with the cloth: the coat may only be dry-cleaned, and washing felted it.",
                    )),
                )
                .resolve(8, 11, ("检验报告已发给您。", "The report is with you."), Some(CaseCause::NoFault))
        })
    }

    /// A hospital's uniforms came in the wrong colour, all of them: one case, a line for each.
    fn key_account(&mut self) -> Result<()> {
        let sets = self.shelf.rest(Ware::Uniform);
        let line = |garment: &GarmentId| NewLine {
            garment: *garment,
            reason: "wrong_article".into(),
            zone: String::new(),
            words: "订的是浅粉，到货是天蓝".into(),
            wanted: Some(Wish::Exchange),
        };
        let lines: Vec<NewLine> = sets.iter().map(line).collect();
        let Some(first) = sets.first() else { return Ok(()) };
        let ask = Ask {
            name: "key account",
            garment: *first,
            ago: 9,
            reason: "wrong_article",
            wanted: Some(Wish::Exchange),
            words: "",
            lang: Lang::Zh,
            channel: CaseChannel::Mail,
            scenes: &[],
        };
        self.tale_of(&ask, lines, |plot| {
            plot.case(0, 12, CaseAct::Assign { owner: "agent".into() })
                .answer(0, 13, "仁和医院集团：已收到，今天安排仓库核对出库颜色。", "")
                .case(1, 10, CaseAct::Decide { line: None, outcome: LineDecision::Exchange, reason: None })
                .case(1, 11, CaseAct::Task { title: "浅粉色重新排产，给出到货日期".into(), queue: Queue::Logistics, due_on: None })
                .cost(2, 10, LedgerKind::Pickup, 68_000, "JY20260608")
                .to(2, 11, CaseState::WaitingInternal)
        })
    }

    /// Snaps came off two rompers before the recall; after it the way back is free.
    fn recalled(&mut self) -> Result<()> {
        let (zh, wish) = (Lang::Zh, Wish::Refund);
        self.asked(
            "snap 1",
            Ware::Baby,
            (14, 40, "small_part_off", wish, "裆部按扣掉下来了，差点被宝宝吃进去", zh, &[]),
            |plot| {
                plot.to(0, 12, CaseState::InProgress)
                    .answer(
                        0,
                        12,
                        "请立即停止穿着，并把按扣收好。我们马上派人取件。",
                        "Please stop using it at once and keep the snap; we fetch it today.",
                    )
                    .note(1, 10, "婴童小部件脱落，已报质量负责人，评估召回。")
                    .at(5, 10, AGENT, Deed::Return(Some("RECALL"), String::new()))
                    .back(5, 11, AGENT, ReturnAct::Approve { inbound: Some(Inbound::Pickup) })
                    .to(5, 11, CaseState::InTransit)
            },
        )?;
        self.asked("snap 2", Ware::Baby, (8, 60, "fastener_broken", wish, "A snap came off in the wash", Lang::En, &[]), |plot| {
            plot.to(0, 12, CaseState::InProgress)
                .answer(0, 12, "该批次正在召回，运费由我们承担。", "This batch is being recalled; the way back is free.")
                .at(0, 13, AGENT, Deed::Return(Some("RECALL"), String::new()))
                .back(0, 13, AGENT, ReturnAct::Approve { inbound: Some(Inbound::Parcel) })
                .to(0, 14, CaseState::InTransit)
        })
    }

    /// The dye lot: at first pink stains on white collars, then more of them than can be chance. `of` is how many were sold, and how many of the lot.
    pub(super) fn dye(&mut self, seen: &[&Seen], (sold, bad): (usize, usize)) -> Result<()> {
        let (zh, en, wish) = (Lang::Zh, Lang::En, Wish::Refund);
        let asked: [(&'static str, Asked); 10] = [
            ("dye 1", (118, 125, "stained", wish, "白领口有一圈粉红色的印子，洗不掉", zh, &[Scene::PinkCollar])),
            ("dye 2", (104, 116, "stained", wish, "Pink marks all over the white collar after the first wash", en, &[Scene::PinkStains])),
            ("dye 3", (92, 99, "colour_ran", wish, "第一次洗，白领子就染成粉色了", zh, &[Scene::PinkCollar, Scene::PinkStains])),
            ("dye 4", (77, 90, "colour_ran", wish, "单独冷水洗的，领口还是发红", zh, &[Scene::PinkStains])),
            ("dye 5", (63, 71, "colour_ran", wish, "The navy ran into the collar and turned it pink", en, &[Scene::PinkCollar])),
            ("dye 6", (49, 60, "colour_ran", wish, "出汗以后白领口变粉了", zh, &[])),
            ("dye 7", (31, 44, "colour_ran", wish, "白色领口整圈染色，穿不出去", zh, &[Scene::PinkStains])),
            ("dye 8", (19, 33, "colour_ran", wish, "洗衣机冷水档，领子还是粉了", zh, &[Scene::PinkCollar])),
            ("dye 9", (7, 22, "colour_ran", wish, "Collar went pink, the rest lost colour", en, &[Scene::PinkCollar])),
            ("dye 10", (1, 15, "colour_ran", wish, "白领口沾了粉红色，附照片", zh, &[Scene::PinkStains])),
        ];
        let excess = excess(seen, asked.len(), sold, bad);
        let found = |plot: Plot| {
            plot.comes_back(
                Some("WARRANTY"),
                Some("dye_bleed"),
                Condition::C,
                (
                    "耐水色牢度 2 级，低于约定的 3-4 级；白领口沾色。",
                    "Fastness to water grade 2, below the agreed 3–4; the white collar is stained.",
                ),
            )
            .refunded(false, ("染色牢度不合格，退款", "The dye is not fast"), CaseCause::SupplierMaterial)
            .cost(8, 15, LedgerKind::InspectionLab, 3_500, "LAB-0417")
        };
        let of = |source: &str| Reckoned {
            evidence: vec![("second_inspection_confirms", source.to_owned())],
            excess: excess.clone(),
            ..Reckoned::default()
        };
        for (place, (name, asked)) in asked.into_iter().enumerate() {
            let report = format!("LAB-0417-{}", place + 1);
            self.asked(name, Ware::NavyBad, asked, |plot| match place {
                // Of the first two nobody can know yet; once there are more of them they are reckoned anew.
                0 | 1 => {
                    let later =
                        Reckoned { reason: "同一染色批的索赔已远超正常水平，送检不合格。".into(), ..of(&report) };
                    let why = (
                        "目前无法认定责任方，先由品牌承担，待实验室检测。",
                        "Nobody can be named yet: ours, until a laboratory has looked.",
                    );
                    found(plot).ours(12, Reckoned::default(), why).accepted(70, later, DYE_HOUSE)
                }
                2..=4 => found(plot).accepted(12, of(&report), DYE_HOUSE),
                // The laboratory's value is a hard rule: the whole is the mill's.
                5 => found(plot).accepted(12, Reckoned { facts: &["lab_below_spec"], ..of(&report) }, DYE_HOUSE),
                6 => found(plot).contested(12, of(&report), DYE_HOUSE, "我厂留样耐水色牢度 3-4 级，合格；请提供送检样品的洗涤条件。"),
                7 => found(plot).at(17, 10, MANAGER, Deed::Reckoned(of(&report))).at(17, 11, MANAGER, Deed::Notified),
                _ => found(plot),
            })?;
        }
        // What the season has seen of the lot comes back as well.
        let today = self.maker.today;
        let seen =
            seen.iter().filter(|seen| seen.bad && seen.defect == "dye_bleed" && (25..300).contains(&(today - seen.found_on).num_days()));
        let seen: Vec<&Seen> = seen.rev().copied().filter(|seen| !self.told.contains(&seen.garment)).take(10).collect();
        for (nth, seen) in seen.into_iter().enumerate() {
            if self.told.contains(&seen.garment) {
                continue;
            }
            let (zh, en) = if nth % 2 == 0 {
                ("白领口染成粉红色", "The white collar has turned pink")
            } else {
                ("洗后白领子有粉色斑", "Pink spots on the white collar after washing")
            };
            let lang = if nth % 3 == 2 { Lang::En } else { Lang::Zh };
            let ask = Ask {
                name: "dye of the season",
                garment: seen.garment,
                ago: (today - seen.found_on).num_days(),
                reason: "colour_ran",
                wanted: Some(wish),
                words: lang.of(zh, en),
                lang,
                channel: CaseChannel::Card,
                scenes: if nth % 2 == 0 { &[Scene::PinkCollar] } else { &[] },
            };
            let report = format!("LAB-0417-{}", nth + 21);
            self.tale(ask, |plot| {
                plot.comes_back(None, Some("dye_bleed"), Condition::C, ("耐水色牢度 2 级。", "Fastness to water grade 2."))
                    .refunded(false, ("染色牢度不合格，退款", "The dye is not fast"), CaseCause::SupplierMaterial)
                    .accepted(12, of(&report), DYE_HOUSE)
            })?;
        }
        Ok(())
    }
}

/// How much more often than the rest the lot is complained of: the claims there are, and those that the rest of the season lets expect.
fn excess(seen: &[&Seen], told: usize, sold: usize, bad: usize) -> Option<Excess> {
    const MICRO: u64 = 1_000_000;
    let of_lot = told + seen.iter().filter(|seen| seen.bad).count();
    let others = seen.iter().filter(|seen| !seen.bad && ["dye_bleed", "fading", "crocking"].contains(&seen.defect)).count();
    let rest: u64 = saturating(sold.saturating_sub(bad));
    // Where nobody else complained, half a claim stands for what chance would have let come.
    let halves = saturating::<u64>(others).saturating_mul(2).max(1);
    let expected_micro = (halves * MICRO / 2).saturating_mul(saturating(bad)).checked_div(rest)?.max(1);
    let observed: u32 = saturating(of_lot);
    let ratio_micro = saturating(u64::from(observed).saturating_mul(MICRO).saturating_mul(MICRO).checked_div(expected_micro)?.max(MICRO));
    let factors = vec![Factor { role: Role::Mill, code: BAD_LOT.to_owned(), ratio_micro }];
    Some(Excess { observed, expected_micro, shape_micro: MICRO, rate_micro: MICRO, factors })
}
