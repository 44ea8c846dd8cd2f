//! What is known of a claim from what is stored, and who stands behind a role.

use std::collections::{BTreeMap, BTreeSet};

use super::Needed;
use super::evidence::EvidenceKind;
use super::rules::{Claim, CountOf, Evidence, Excess, Factor, Role, Rules, Shares, StatementCount};
use super::starter::{CONFIRMED_AGAIN, ClaimFact, SIBLINGS};
use super::store::inspections::{self, SecondInspection};
use super::store::records::{self, EvidenceRow};
use super::store::verdicts;
use crate::aftersales::cases::{self, CaseLine};
use crate::aftersales::repairs;
use crate::aftersales::settlements::Payer;
use crate::inspection::defects::{self, Component, Defect};
use crate::kernel::money::{WHOLE, split};
use crate::kernel::{Code, Error, Id, Refusal, Result, saturating};
use crate::ownership::garments::{self, HoldKind};
use crate::ownership::sales::{self, Sale};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::policies::{self, Policy};
use crate::platform::state::AppState;
use crate::production::batches::{self, Batch};
use crate::production::materials::{self, Lot, LotKind};
use crate::production::skus;
use crate::quality::signals::{self, Answerable, ConfirmedClaims, MonthClaims};
use crate::quality::trace;

/// What is known of the line of a claim.
pub struct Gathered {
    /// The line.
    pub line: CaseLine,
    /// Its batch.
    pub batch: Batch,
    /// The defect that was found; none where none was.
    pub defect: Option<Defect>,
    /// Its sale.
    pub sale: Option<Sale>,
    /// The product family: the style's category.
    pub family: String,
    /// Lots that are in it.
    lots: Vec<UsedLot>,
    /// Other garments of the batch with the same defect, and from how many on they speak for something they have in common.
    siblings: (usize, i64),
    /// What was measured or seen, the newest of each kind.
    records: Vec<EvidenceRow>,
    /// Whoever looked again, and last.
    second: Option<SecondInspection>,
    /// The garment is under a recall.
    is_recalled: bool,
    /// Days after the sale from which on cloth may be worn out.
    worn_after: i64,
}

/// A lot that went into a garment, or may have.
struct UsedLot {
    /// How much of it went into the batch, in thousandths of its unit.
    quantity_milli: Option<i64>,
    lot: Lot,
}

/// The lots in a garment when something was said of it: those of its unit, and in their place what earlier repairs put in.
fn lots_in(db: &mut Db, batch: &Batch, line: &CaseLine) -> Result<Vec<UsedLot>> {
    let unit = line.garment_id.unit();
    let sewn = batches::lots_of(db, batch.no)?.into_iter().filter(|used| used.units.contains(&unit));
    let mut uses: Vec<(String, Option<i64>, Id)> = sewn.map(|used| (used.component, used.quantity_milli, used.lot)).collect();
    for part in repairs::parts_in(db, line.garment_id)?.into_iter().filter(|part| part.at.date() < line.reported_on) {
        uses.retain(|(component, ..)| *component != part.component);
        uses.push((part.component, Some(part.quantity_milli), part.lot_id));
    }
    let ids: Vec<Id> = uses.iter().map(|(.., lot)| *lot).collect();
    let by_id: BTreeMap<Id, Lot> = materials::lots(db, &ids)?.into_iter().map(|lot| (lot.id, lot)).collect();
    let used = |(_, quantity_milli, lot)| Some(UsedLot { quantity_milli, lot: by_id.get(&lot).cloned()? });
    Ok(uses.into_iter().filter_map(used).collect())
}

/// What of a component's lots a defect is looked for in.
fn kinds_of(role: Role, defect: Option<&Defect>) -> &'static [LotKind] {
    use LotKind as K;
    let code = defect.map_or("", |defect| defect.code.as_str());
    let component = defect.map(|defect| defect.component);
    match (role, component) {
        (Role::Mill, Some(Component::Filling)) => &[K::Filling],
        (Role::Mill, _) => &[K::Fabric, K::Lining],
        (Role::Trims, Some(Component::Label)) => &[K::Label],
        (Role::Trims, Some(Component::Sewing)) => &[K::Thread],
        (Role::Trims, _) if code.contains("button") || code.contains("snap") => &[K::Button],
        (Role::Trims, _) if code.contains("zip") => &[K::Zip],
        (Role::Trims, _) => &[K::Button, K::Zip, K::Trim],
        _ => &[],
    }
}

/// A part of a role's share: who pays it, for which lot.
pub struct Parted {
    /// In what role.
    pub role: Role,
    /// Who pays.
    pub payer: Payer,
    /// For which lot.
    pub lot: Option<Id>,
    /// Micro-shares.
    pub micro: u32,
}

/// How a verdict's shares are parted.
pub struct Parting {
    /// The parts; they sum to a whole.
    pub parts: Vec<Parted>,
    /// Several parties' lots may be in the garment: the share is theirs by quantity, and shown apart.
    pub ambiguous: bool,
    /// What would tell more.
    pub needs: BTreeSet<Needed>,
}

/// Who stands behind a role.
enum Behind {
    /// One, perhaps for one lot.
    One(Payer, Option<Id>),
    /// Lots of several parties, by quantity in micro-shares.
    Lots(Vec<(Id, Id, u32)>),
    /// It is not known, for want of this.
    Unknown(Needed),
}

/// Gathers what is known.
///
/// # Errors
/// [`Code::WrongState`] for a line that nobody has looked at yet.
pub fn gather(db: &mut Db, stamp: &Stamp, mut line: CaseLine) -> Result<Gathered> {
    if line.inspected_on.is_none() {
        return Err(Refusal::new(Code::WrongState).with("state", "not-inspected").into());
    }
    // Whoever looked last: somebody may look once more at the case itself.
    let second = inspections::of_line(db, line.id)?.pop().filter(|second| line.inspected_on.is_none_or(|on| on <= second.inspected_on));
    if let Some(second) = &second {
        line.found_defect.clone_from(&second.found_defect);
    }
    let batch = batches::batch(db, line.batch_no)?.ok_or_else(|| Error::broken("a line of no batch"))?;
    let defect = match &line.found_defect {
        Some(code) => defects::by_code(db)?.remove(code),
        None => None,
    };
    let sale = line.sale_seq.map_or(Ok(None), |seq| sales::of_seq(db, line.garment_id, seq))?;
    let styled = skus::styled(db, batch.sku_id)?;
    let lots = lots_in(db, &batch, &line)?;
    let siblings: BTreeSet<_> = match &line.found_defect {
        Some(code) => cases::lines_found(db, batch.no, code)?.into_iter().map(|other| other.garment_id).collect(),
        None => BTreeSet::new(),
    };
    let siblings = siblings.into_iter().filter(|garment| *garment != line.garment_id).count();
    let records = records::newest(db, line.id, &lots.iter().map(|used| used.lot.id).collect::<Vec<_>>())?;
    Ok(Gathered {
        siblings: (siblings, policies::value(db, Policy::LiabilitySiblings, stamp.at)?),
        worn_after: policies::value(db, Policy::LiabilityWornDays, stamp.at)?,
        is_recalled: garments::holds(db, line.garment_id)?.contains(&HoldKind::Recall),
        line,
        batch,
        defect,
        sale,
        family: styled.style.category.clone(),
        lots,
        records,
        second,
    })
}

/// How much more often the lot behind a line fails than others of its kind, as it was read before the write of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcessRead {
    /// How much; None where that is not sure, or something else could be to blame.
    pub excess: Option<Excess>,
    line: Id,
    /// Of the line, and of the newest version of its verdict, as they were.
    versions: (i64, Option<(Id, i64)>),
}

impl ExcessRead {
    /// Refuses it when the line or its verdict has changed since.
    ///
    /// # Errors
    /// [`Code::Stale`].
    pub fn check(&self, db: &mut Db) -> Result<()> {
        let line = cases::line(db, self.line)?.ok_or(Code::NotFound)?;
        if self.versions == versions_of(db, &line)? { Ok(()) } else { Err(Code::Stale.into()) }
    }
}

fn versions_of(db: &mut Db, line: &CaseLine) -> Result<(i64, Option<(Id, i64)>)> {
    Ok((line.version, verdicts::of_line(db, line.id)?.pop().map(|newest| (newest.id, newest.version))))
}

/// How much more often the lot behind a line fails than others of its kind, where that is sure and nothing else could be to blame; from confirmed
/// claims alone. Nothing where nobody has looked at the garment yet.
///
/// It may take as long as everything signals count: it is read before the write that it is for, which holds it against [`ExcessRead::check`].
///
/// # Errors
/// When the store cannot be read.
pub fn read_excess(app: &AppState, db: &mut Db, line: CaseLine) -> Result<ExcessRead> {
    let (id, versions) = (line.id, versions_of(db, &line)?);
    Ok(ExcessRead { excess: excess(app, db, line)?, line: id, versions })
}

fn excess(app: &AppState, db: &mut Db, line: CaseLine) -> Result<Option<Excess>> {
    if line.inspected_on.is_none() {
        return Ok(None);
    }
    let gathered = gather(db, &app.stamp("system"), line)?;
    let (Some((role, lot)), Some(defect)) = (gathered.suspected_lot(), &gathered.line.found_defect) else { return Ok(None) };
    let known = signals::confirmed(&app.store, db, app.today(), &[Answerable::Lot(lot)])?;
    let Some(one) = known.into_iter().find(|one| one.defect == *defect && one.answers) else { return Ok(None) };
    let Some(shape) = one.shape else { return Ok(None) };
    // Others learn that a lot is behind it, and not whose.
    let factors = vec![Factor { role, code: "lot".to_owned(), ratio_micro: saturating(micro(one.ratio.ratio)) }];
    // Ratios are to the average lot: their distribution has the mean one.
    Ok(Some(Excess {
        observed: one.claims,
        expected_micro: micro(one.expected).max(1),
        shape_micro: micro(shape),
        rate_micro: micro(shape),
        factors,
    }))
}

/// How often what a party answers for fails, beside how often it should: its lots, what it sewed, what it sold; from confirmed claims alone, as of today.
///
/// # Errors
/// When the store cannot be read.
pub fn counts(app: &AppState, db: &mut Db, party: Id) -> Result<Vec<StatementCount>> {
    let lots = materials::lots_of(db, party)?;
    let codes = codes_of(&lots);
    let those = answered_for(&codes, &[Answerable::Factory(party), Answerable::Retailer(party)]);
    let known = signals::confirmed_by_month(&app.store, db, app.today(), &those)?;
    let count = |(one, months): (ConfirmedClaims, Vec<MonthClaims>)| {
        let months = months.into_iter().map(|one| (one.month, one.claims, micro(one.expected))).collect();
        count_of(one, &codes).by_month(months)
    };
    Ok(in_order(known.into_iter().map(count)))
}

/// The same of these lots, and of what else somebody answers for, without months.
///
/// # Errors
/// As [`counts`].
pub fn counts_of(app: &AppState, db: &mut Db, lots: &[Lot], own: &[Answerable]) -> Result<Vec<StatementCount>> {
    let codes = codes_of(lots);
    let known = signals::confirmed(&app.store, db, app.today(), &answered_for(&codes, own))?;
    Ok(in_order(known.into_iter().map(|one| count_of(one, &codes))))
}

fn codes_of(lots: &[Lot]) -> BTreeMap<Id, &str> {
    lots.iter().map(|lot| (lot.id, lot.code.as_str())).collect()
}

fn answered_for(lots: &BTreeMap<Id, &str>, own: &[Answerable]) -> Vec<Answerable> {
    lots.keys().map(|lot| Answerable::Lot(*lot)).chain(own.iter().copied()).collect()
}

fn count_of(one: ConfirmedClaims, codes: &BTreeMap<Id, &str>) -> StatementCount {
    let (of, lot) = match one.of {
        Answerable::Lot(id) => (CountOf::Lot, codes.get(&id).map(|code| (*code).to_owned())),
        Answerable::Factory(_) => (CountOf::Sewn, None),
        Answerable::Retailer(_) => (CountOf::Sold, None),
    };
    let counted = StatementCount {
        of,
        lot,
        defect: one.defect,
        claims: one.claims,
        expected_micro: micro(one.expected).max(1),
        shape_micro: one.shape.map(micro),
        completeness_micro: one.known_share.map(|share| saturating(micro(share))),
        ..StatementCount::default()
    };
    counted.worked_out()
}

fn in_order(counts: impl Iterator<Item = StatementCount>) -> Vec<StatementCount> {
    let mut counts: Vec<StatementCount> = counts.collect();
    counts.sort_by(|a, b| (a.of, &a.lot, &a.defect).cmp(&(b.of, &b.lot, &b.defect)));
    counts
}

/// Millionths, of a number that is not below zero.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rounded number below 2^53; NaN gives 0"
)]
pub fn micro(value: f64) -> u64 {
    (value * f64::from(WHOLE)).round().clamp(0.0, 9e15) as u64
}

impl Gathered {
    /// The facts that follow from what is stored.
    fn facts(&self) -> BTreeSet<ClaimFact> {
        let mut facts = BTreeSet::new();
        match &self.defect {
            None => drop(facts.insert(ClaimFact::NoDefectFound)),
            Some(defect) if matches!(defect.component, Component::Fabric | Component::Colour | Component::Filling) => {
                facts.insert(ClaimFact::FabricDefect);
            }
            Some(defect) if defect.component == Component::Trim => drop(facts.insert(ClaimFact::TrimDefect)),
            Some(_) => {}
        }
        let age = self.sale.as_ref().map(|sale| (self.line.reported_on - sale.sold_on).num_days());
        if age.is_some_and(|days| days > self.worn_after) {
            facts.insert(ClaimFact::AgedOut);
        }
        if self.is_recalled {
            facts.insert(ClaimFact::Recalled);
        }
        facts.extend(self.records().filter_map(|record| record.kind.says(record.result).0));
        facts
    }

    /// Records that bear on what was found: the laboratory's value of a lot on what that lot is for.
    fn records(&self) -> impl Iterator<Item = &EvidenceRow> {
        let is_of_cloth = self.is_of_cloth();
        self.records.iter().filter(move |record| record.lot_id.is_none() || is_of_cloth)
    }

    fn is_of_cloth(&self) -> bool {
        self.defect.as_ref().is_some_and(|defect| matches!(defect.component, Component::Fabric | Component::Colour | Component::Filling))
    }

    /// The carrier, as the record of the transport names it.
    pub fn carrier(&self) -> Option<Id> {
        self.records.iter().find(|record| record.kind == EvidenceKind::Transport).and_then(|record| record.party_id)
    }

    /// The claim as the rules take it: what is stored and what somebody says, as far as these rules ask for it.
    pub fn claim(&self, code: String, amount_minor: i64, said: (&[String], &[Evidence]), rules: &Rules) -> Claim {
        let asked = |fact: &str| rules.gates.iter().any(|gate| gate.facts.contains(fact));
        let gathered = self.facts().into_iter().map(|fact| fact.as_str().to_owned()).filter(|fact| asked(fact));
        let facts = gathered.chain(said.0.iter().cloned()).collect();
        let mut evidence: BTreeSet<Evidence> = said.1.iter().cloned().collect();
        let mut stored: Vec<(&str, String)> = Vec::new();
        stored.extend(self.records().filter_map(|record| Some((record.kind.says(record.result).1?, record.source.clone()))));
        let (siblings, from) = self.siblings;
        if saturating::<i64>(siblings) >= from {
            // A count that is as it was when the rules ran.
            stored.push((SIBLINGS, format!("{} +{siblings}", self.batch.code)));
        }
        if let Some(second) = self.second.as_ref().filter(|second| second.confirms) {
            stored.push((CONFIRMED_AGAIN, second.inspected_on.to_string()));
        }
        let known = stored.into_iter().filter(|(rule, _)| rules.evidence(rule).is_some());
        evidence.extend(known.map(|(rule, source)| Evidence { rule: rule.to_owned(), source }));
        let defect = self.line.found_defect.clone().unwrap_or_else(|| "none".to_owned());
        Claim { code, amount_minor, defect, family: self.family.clone(), facts, evidence }
    }

    fn behind(&self, role: Role, carrier: Option<Id>) -> Behind {
        match role {
            Role::Brand | Role::NoFault | Role::Unresolved => Behind::One(Payer::Brand, None),
            Role::Customer => Behind::One(Payer::Customer, None),
            Role::Factory => Behind::One(Payer::Party(self.batch.factory_id), None),
            Role::Carrier => carrier.map_or(Behind::Unknown(Needed::CarrierName), |id| Behind::One(Payer::Party(id), None)),
            Role::Retailer => {
                let retailer = self.sale.as_ref().and_then(|sale| sale.retailer);
                retailer.map_or(Behind::Unknown(Needed::RetailerName), |id| Behind::One(Payer::Party(id), None))
            }
            Role::Mill | Role::Trims => self.behind_lots(kinds_of(role, self.defect.as_ref())),
        }
    }

    /// Whose lots of these kinds may be in the garment. Never one of several: by quantity, or nobody's.
    fn behind_lots(&self, kinds: &[LotKind]) -> Behind {
        // The first kind that there is: cloth before lining.
        let Some(kind) = kinds.iter().find(|kind| self.lots.iter().any(|used| used.lot.kind == **kind)) else {
            return Behind::Unknown(Needed::Lots);
        };
        let lots: Vec<&UsedLot> = self.lots.iter().filter(|used| used.lot.kind == *kind).collect();
        let parties: BTreeSet<Id> = lots.iter().map(|used| used.lot.party_id).collect();
        match (lots.as_slice(), parties.len()) {
            ([only], _) => Behind::One(Payer::Party(only.lot.party_id), Some(only.lot.id)),
            ([first, ..], 1) => Behind::One(Payer::Party(first.lot.party_id), None),
            _ => match trace::shares(&lots.iter().map(|used| used.quantity_milli).collect::<Vec<_>>()) {
                Some(shares) => {
                    let named = lots.iter().zip(shares).map(|(used, micro)| (used.lot.party_id, used.lot.id, saturating(micro)));
                    Behind::Lots(named.filter(|(.., micro)| *micro > 0).collect())
                }
                None => Behind::Unknown(Needed::LotQuantities),
            },
        }
    }

    /// Parts the shares of roles among those who stand behind them. What nobody stands behind stays with the brand.
    pub fn part(&self, charge: &Shares, carrier: Option<Id>) -> Parting {
        let mut parting = Parting { parts: Vec::new(), ambiguous: false, needs: BTreeSet::new() };
        for (role, micro) in charge {
            match self.behind(*role, carrier) {
                Behind::One(payer, lot) => parting.parts.push(Parted { role: *role, payer, lot, micro: *micro }),
                Behind::Unknown(need) => {
                    parting.needs.insert(need);
                    parting.parts.push(Parted { role: *role, payer: Payer::Brand, lot: None, micro: *micro });
                }
                Behind::Lots(lots) => {
                    parting.ambiguous = true;
                    let shares: Vec<u32> = lots.iter().map(|(.., share)| *share).collect();
                    for ((party, lot, _), part) in lots.into_iter().zip(split(i64::from(*micro), &shares)) {
                        let part: u32 = saturating(part);
                        if part > 0 {
                            parting.parts.push(Parted { role: *role, payer: Payer::Party(party), lot: Some(lot), micro: part });
                        }
                    }
                }
            }
        }
        debug_assert_eq!(parting.parts.iter().map(|part| part.micro).sum::<u32>(), WHOLE);
        parting
    }

    /// The one lot that answers for what was found, if it is a lot, and only one can be in the garment; and in what role.
    pub fn suspected_lot(&self) -> Option<(Role, Id)> {
        let role = match self.defect.as_ref()?.component {
            Component::Fabric | Component::Colour | Component::Filling => Role::Mill,
            Component::Trim | Component::Label => Role::Trims,
            _ => return None,
        };
        match self.behind_lots(kinds_of(role, self.defect.as_ref())) {
            Behind::One(_, Some(lot)) => Some((role, lot)),
            _ => None,
        }
    }

    /// What would resolve a claim that the rules leave open.
    pub fn test_needed(&self) -> Needed {
        match self.defect.as_ref().map(|defect| defect.component) {
            Some(Component::Fabric | Component::Colour | Component::Filling) => Needed::LabTest,
            _ => Needed::PartInspection,
        }
    }
}
