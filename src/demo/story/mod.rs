//! What happened after the sale: requests from cards and telephones, returns, repairs, money, verdicts, a recall, statements.
//!
//! A tale is a case with what is done about it, day by day. Those that began lately are still under way: what would be done after now is not done.

mod desk;
mod faults;
mod plots;
mod telling;
mod wares;

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate, TimeDelta};
use serde_json::{Map, json};

use self::plots::Plot;
use self::telling::{Tale, World, instant, tell_all};
use self::wares::{Shelf, Ware, stocked};
use super::catalogue::PARTIES;
use super::people::{AGENT, DemoAccount, FINANCE, INSPECTOR, LEAD, MANAGER};
use super::pictures::Scene;
use super::season::{BAD_LOT, Maker, Plan, Seen, SoldOn};
use super::stock::Lots;
use super::trade::claim_code;
use crate::aftersales::cases::{self, BUYER, NewCase, NewContact, NewLine};
use crate::aftersales::classes::{CaseChannel, Wish};
use crate::aftersales::return_addresses::ReturnAddress;
use crate::inspection::findings::photo::Picture;
use crate::kernel::text::Lang;
use crate::kernel::{Error, GarmentId, Id, Result};
use crate::ownership::holders::{self, Contact, HolderKeys, Purpose, Secret};
use crate::ownership::sales;
use crate::platform::db::Db;
use crate::platform::rooms::{Said, Thing, made};
use crate::platform::state::AppState;
use crate::production::{batches, parties};
use crate::quality::liability::{
    Chargeback, ChargebackState, EvidenceKind, EvidenceRecord, Statement, StatementAsk, counts, make_statement_with, move_chargeback,
};
use crate::quality::measures::Measure;
use crate::quality::recalls::{self, Inputs, NewScope, ScopeKind, ScopeQuery};
use crate::quality::trace;

/// What a script is told of what happened after the sale.
pub struct Aftermath {
    /// Who may sign in.
    pub accounts: Vec<DemoAccount>,
    /// A sold garment that nobody has asked about, and what its holder has.
    pub held: HeldCard,
    /// The number of a case that somebody works on.
    pub open_case: String,
    /// The statement of whoever is charged most: the dye house; without the fault the maker of buttons.
    pub statement: Statement,
    /// How many cases there are.
    pub cases: usize,
}

/// A garment with what its holder has.
#[derive(Clone, Debug)]
pub struct HeldCard {
    /// The garment.
    pub garment: GarmentId,
    /// Name and value of the holder's cookie.
    pub cookie: (String, String),
    /// The code under its film, grouped.
    pub code: String,
}

/// What somebody asks for.
struct Ask {
    name: &'static str,
    garment: GarmentId,
    /// Days ago.
    ago: i64,
    reason: &'static str,
    wanted: Option<Wish>,
    words: &'static str,
    lang: Lang,
    channel: CaseChannel,
    scenes: &'static [Scene],
}

/// The story as it is put together.
struct Story<'a, 'b> {
    maker: &'a mut Maker<'b>,
    shelf: Shelf,
    keys: HolderKeys,
    pictures: HashMap<Scene, Picture>,
    tales: Vec<Tale>,
    /// The garments that are told of: each once.
    told: HashSet<GarmentId>,
}

/// Tells what happened after the sale. `taken` is a garment that is left as it is.
pub(super) fn tell(
    maker: &mut Maker<'_>,
    plan: Plan,
    lots: &Lots,
    (sold, bad): (&mut Vec<SoldOn>, &mut Vec<SoldOn>),
    seen: &[Seen],
    taken: Option<GarmentId>,
    (accounts, pictures): (Vec<DemoAccount>, HashMap<Scene, Picture>),
) -> Result<Aftermath> {
    (maker.tell)("cases, repairs, verdicts, statements");
    let parties = party_ids(maker)?;
    let shelf = stocked(maker, plan, lots, &parties)?;
    let keys = HolderKeys::derive(&maker.app.keys.house)?;
    let mut story = Story { maker: &mut *maker, keys, shelf, pictures, tales: Vec::new(), told: HashSet::new() };
    for (ware, one) in story.shelf.all() {
        sold.push(one);
        if ware == Ware::NavyBad {
            bad.push(one);
        }
    }
    sold.sort_by_key(|(garment, on)| (*on, *garment));
    bad.sort_by_key(|(garment, on)| (*on, *garment));
    let held = story.held()?;
    story.recall()?;
    let seen: Vec<&Seen> = seen.iter().filter(|seen| Some(seen.garment) != taken).collect();
    story.desk(&seen)?;
    story.faults()?;
    if !plan.no_fault {
        story.dye(&seen, (sold.len(), bad.len()))?;
    }
    let (tales, given) = (story.tales, story.shelf.given);
    let cases = tales.len();
    let world = World { app: maker.app.clone(), zone: maker.app.config.time_zone, parties };
    let charged = if plan.no_fault { "TRIM-YD" } else { "DYE-QT" };
    let party = world.parties.get(charged).copied().ok_or_else(|| Error::broken("a party that was just there"))?;
    let (stamp, to) = (maker.app.stamp(MANAGER), maker.today);
    let from = (to - TimeDelta::days(80)).with_day(1).unwrap_or(to);
    let app = maker.app.clone();
    let numbers = maker.app.store.write_blocking(move |db| tell_all(db, &world, &tales))?;
    let counted = maker.app.store.read_blocking(|db| counts(maker.app, db, party))?;
    let (statement, given) = maker.app.store.write_blocking(move |db| {
        let app = &app;
        let ask = StatementAsk { party, from, to, currency: "CNY".into() };
        // What is given in exchange is sold to whoever gave the other back.
        let given = sales::of_garments(db, &given)?;
        let statement = make_statement_with(db, &stamp, &ask, &counted)?;
        followed_up(db, app, &statement, (to, plan.no_fault))?;
        Ok((statement, given))
    })?;
    sold.extend(given.iter().map(|sale| (sale.garment, sale.sold_on)));
    sold.sort_by_key(|(garment, on)| (*on, *garment));
    let open_case = numbers.get(desk::UNDER_WAY).cloned().unwrap_or_default();
    Ok(Aftermath { accounts, held, open_case, statement, cases })
}

/// What the house does with what it has learnt: the statement is charged, a laboratory's value written down, a measure begun.
fn followed_up(db: &mut Db, app: &AppState, statement: &Statement, (today, no_fault): (NaiveDate, bool)) -> Result<()> {
    let (manager, finance) = (app.stamp(MANAGER), app.stamp(FINANCE));
    let hours = ("周一至周六 9:00–18:00", "Monday to Saturday, 9:00 to 18:00");
    let enclose = ("请附上写有编号的纸条；不接收到付件。", "Enclose a note with the number; parcels to be paid by us are not taken in.");
    made::<ReturnAddress>(
        db,
        &app.stamp(LEAD),
        json!({
            "code": "*", "address": { "zh": "岚山退换货中心\n电话 400-000-0000\n上海市青浦区徐泾镇 88 号 3 仓", "en": "Lanshan Returns\n+86 400 000 0000\nWarehouse 3, 88 Xujing, Qingpu, Shanghai" },
            "hours": { "zh": hours.0, "en": hours.1 }, "enclose": { "zh": enclose.0, "en": enclose.1 },
        }),
    )?;
    let said = Said::of_json(Chargeback::NEW, Map::from_iter([("statement".to_owned(), statement.id.to_string().into())]))?;
    let draft = said.onto::<Chargeback>(Chargeback::NEW, None)?.make(db, &finance, app, "")?;
    move_chargeback(db, &finance, today, &draft, ChargebackState::Issued, "")?;
    let measure = if no_fault {
        json!({
            "code": "CAPA-01", "title": "纽扣改用锁缝 / Lock stitch for buttons", "origin": "signal", "origin_ref": "button_loose",
            "defect_code": "button_loose", "owner": "manager", "due_on": today + TimeDelta::days(21),
            "whys": "缝纽扣用链缝，线头一断就散。 A chain stitch runs once its thread is cut.", "action": "钉扣机改用锁缝并加绕脚。 Lock stitch with a wrapped shank.",
        })
    } else {
        let value = EvidenceRecord {
            kind: EvidenceKind::Laboratory,
            lot: Some(BAD_LOT.into()),
            measured: Some(2_500),
            required: Some(4_000),
            source: "LAB-0417-9".into(),
            seen_on: today - TimeDelta::days(3),
            note: "耐皂洗色牢度（沾色）复测，GB/T 3921。 Colour fastness to washing, staining, tested again.".into(),
            ..EvidenceRecord::default()
        };
        value.make(db, &app.stamp(INSPECTOR), app, "")?;
        json!({
            "code": "CAPA-01", "title": "海军蓝面料逐缸测色牢度 / Every vat of navy tested for fastness", "origin": "signal", "origin_ref": "dye_bleed",
            "defect_code": "dye_bleed", "lot": BAD_LOT, "owner": "manager", "due_on": today + TimeDelta::days(21),
            "whys": "固色温度未达到，染厂未留缸样。 The dye was fixed too cool, and no sample of the vat was kept.",
            "action": "每缸留样并送检，达到 4 级才放行。 A sample of each vat to the laboratory; none leaves below grade 4.",
        })
    };
    made::<Measure>(db, &manager, measure).map(drop)
}

/// The parties by their codes.
fn party_ids(maker: &Maker<'_>) -> Result<HashMap<&'static str, Id>> {
    maker.app.store.read_blocking(|db| {
        let mut found = HashMap::new();
        for who in PARTIES {
            if let Some(party) = parties::by_code(db, who.code)? {
                found.insert(who.code, party.id);
            }
        }
        Ok(found)
    })
}

impl Story<'_, '_> {
    fn day(&self, ago: i64) -> NaiveDate {
        self.maker.today - TimeDelta::days(ago)
    }

    /// Somebody asks, and what follows.
    fn tale(&mut self, ask: Ask, plot: impl FnOnce(Plot) -> Plot) -> Result<()> {
        let line = NewLine {
            garment: ask.garment,
            reason: ask.reason.to_owned(),
            zone: String::new(),
            words: ask.words.to_owned(),
            wanted: ask.wanted,
        };
        self.tale_of(&ask, vec![line], plot)
    }

    /// The same about many garments.
    fn tale_of(&mut self, ask: &Ask, lines: Vec<NewLine>, plot: impl FnOnce(Plot) -> Plot) -> Result<()> {
        let day = self.day(ask.ago);
        let morning = instant(day, 9 * 60 + self.maker.chance.between(0, 150));
        let at = morning.min(self.maker.app.clock.now() - TimeDelta::minutes(40));
        let secret = Secret::fresh();
        let is_card = ask.channel == CaseChannel::Card;
        let contact = (self.tales.len() % 3 != 2).then(|| contact(ask.lang, self.tales.len()));
        let new = NewCase {
            numbers: cases::draw(day),
            today: day,
            keys: self.keys.clone(),
            secret_hash: secret.hash(),
            channel: ask.channel,
            kind: None,
            priority: None,
            market: None,
            lang: ask.lang,
            order_no: String::new(),
            contact: contact.map(|contact| NewContact { contact, purposes: vec![Purpose::Service] }),
            lines,
            photos: ask.scenes.iter().filter_map(|scene| self.pictures.get(scene).cloned()).collect(),
            parent: None,
        };
        let steps = plot(Plot::new(ask.lang, day)).steps();
        self.told.insert(ask.garment);
        self.tales.push(Tale { name: ask.name, actor: if is_card { BUYER } else { AGENT }, day, at, secret, new, steps });
        Ok(())
    }

    /// Somebody holds a shirt that was sold a few days ago, and has nothing to ask yet.
    fn held(&mut self) -> Result<HeldCard> {
        let garment = self.shelf.take(Ware::Shirt, 2)?;
        let (app, today, secret) = (self.maker.app.clone(), self.maker.today, Secret::fresh());
        let cookie = (self.keys.cookie_name(garment, app.config.is_secure()), secret.expose().to_owned());
        let stamp = app.stamp("holder");
        let code = self.maker.app.store.write_blocking(move |db| {
            let gone = || Error::broken("a batch that was just made");
            let batch = batches::batch(db, garment.batch())?.ok_or_else(gone)?;
            let code = claim_code(&app, &batch, garment)?.ok_or_else(gone)?;
            let _held = holders::claim(db, &stamp, &app.keys.serials, garment, &code, today, &secret)?;
            Ok(code)
        })?;
        Ok(HeldCard { garment, cookie, code })
    }

    /// Snaps of a batch of rompers may come off: it is recalled, and whoever has one is told by its card.
    fn recall(&mut self) -> Result<()> {
        let code = self.shelf.batch(Ware::Baby).to_owned();
        let query = trace::Query::Batch(code.clone());
        let new = NewScope {
            code: format!("RC-{}-01", self.maker.today.year()),
            title: "婴儿连体衣按扣可能脱落，有误吞危险 / Snaps of baby rompers may come off".into(),
            query: ScopeQuery { kind: ScopeKind::Batch, code },
        };
        let memory = self.maker.app.store.clone();
        let traced = self.maker.app.store.read_blocking(move |db| {
            let affected = recalls::scope_batches(&trace::affected(&memory, db, &query)?);
            let (answer, _) = trace::trace(&memory, db, &query, None)?;
            Ok((affected, answer.totals, db.held_version("genealogy")?))
        });
        let (affected, counts, genealogy) = traced?;
        let (result, hash) = recalls::canonical(&affected)?;
        let stamp = self.maker.stamp(INSPECTOR, self.day(10));
        self.maker.app.store.write_blocking(move |db| {
            let inputs = Inputs { genealogy, at: stamp.at };
            let scope = recalls::insert(db, &stamp, new.clone(), inputs, counts.clone(), &result, &hash)?;
            recalls::hold(db, &stamp, &scope.code).map(drop)
        })
    }
}

/// How somebody can be reached: a service number that is nobody's own, and addresses kept for examples.
fn contact(lang: Lang, nth: usize) -> Contact {
    const NAMES: &[(&str, &str)] =
        &[("王女士", "Ms Tan"), ("李先生", "Mr Lim"), ("张女士", "Ms Wong"), ("陈先生", "Mr Cooper"), ("刘女士", "Ms Alvarez")];
    let (zh, en) = NAMES.get(nth % NAMES.len()).copied().unwrap_or_default();
    Contact { name: lang.of(zh, en).to_owned(), phone: "13800138000".into(), email: format!("buyer{nth}@example.com") }
}
