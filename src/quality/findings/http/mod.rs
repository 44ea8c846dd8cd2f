//! The room's API and pages. A caller bound to a party sees only what is on its own lots and batches, and logs nothing.

mod api;
mod catalogue;
mod pages;
mod upload;

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::rules::impossible;
use super::store::findings::{self, FindingFilter};
use super::{Draft, FindingView, NewFinding, Severity, Stage, Status, SubjectKind, check, subject, views};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::serial::Keyring;
use crate::kernel::text::folded;
use crate::kernel::time::read_date;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::http::{House, Identity, Routes, query_escape};
use crate::production::{batches, materials, parties};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(api::list)
        .service(api::log_one)
        .service(api::log_many)
        .service(api::one)
        .service(api::withdraw)
        .service(api::add_photo)
        .service(catalogue::list_api)
        .service(catalogue::change_api)
        .map(|c| {
            c.service(pages::list)
                .service(pages::csv_file)
                .service(pages::xlsx_file)
                .service(pages::new)
                .service(pages::log)
                .service(pages::one)
                .service(pages::withdraw)
                .service(pages::add_photos)
                .service(upload::picture)
                .service(catalogue::page)
                .service(catalogue::csv_file)
                .service(catalogue::edit)
                .service(catalogue::save)
        });
}

/// Which findings, and which page of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// Only on the batch with this code and its garments.
    pub(super) batch: Option<String>,
    /// Only on the lot with this code and batches that hold it.
    pub(super) lot: Option<String>,
    /// Only on this garment: its serial or its address.
    pub(super) serial: Option<String>,
    /// Only this kind of defect.
    pub(super) defect: Option<String>,
    /// `minor`, `major` or `critical`.
    pub(super) severity: Option<String>,
    /// Only seen at this stage.
    pub(super) stage: Option<String>,
    /// Only on lots of the party with this code, batches that hold them, and batches it sewed.
    pub(super) supplier: Option<String>,
    /// `live` (when absent), `withdrawn` or `all`.
    pub(super) status: Option<String>,
    /// Seen on or after this day.
    pub(super) from: Option<String>,
    /// Seen on or before this day.
    pub(super) to: Option<String>,
    /// The token of the page before.
    pub(super) after: Option<String>,
    /// Rows wanted, 1 to 500.
    pub(super) per_page: Option<i64>,
    /// The language of the page.
    #[expect(dead_code, reason = "the locale reads it; it is named so that it is not refused")]
    lang: Option<String>,
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

impl Ask {
    fn page(&self) -> PageAsk {
        PageAsk { after: self.after.clone(), per_page: self.per_page }
    }

    /// What was asked, as the query of an address, without the page.
    pub(super) fn query(&self) -> String {
        let fields = [
            ("batch", &self.batch),
            ("lot", &self.lot),
            ("serial", &self.serial),
            ("defect", &self.defect),
            ("severity", &self.severity),
            ("stage", &self.stage),
            ("supplier", &self.supplier),
            ("status", &self.status),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let parts: Vec<String> =
            fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", query_escape(given(value)?)))).collect();
        parts.join("&")
    }

    fn day(field: &'static str, text: &Option<String>) -> Result<Option<NaiveDate>> {
        Ok(given(text).map(|day| read_date(field, day)).transpose()?)
    }

    /// The filter, or None when it names something that is not there: nothing is found then.
    fn filter(&self, db: &mut Db, keys: &Keyring, scope: Option<Id>) -> Result<Option<FindingFilter>> {
        let (from, to) = (Self::day("from", &self.from)?, Self::day("to", &self.to)?);
        if let (Some(earlier), Some(later)) = (from, to)
            && later < earlier
        {
            return Err(Fault::new("to", Code::DatesOutOfOrder).with("earlier", earlier).with("later", later).into());
        }
        let status = match given(&self.status) {
            None => Some(Status::Live),
            Some("all") => None,
            Some(text) => Some(Status::read("status", text)?),
        };
        let mut filter = FindingFilter {
            scope,
            defect: given(&self.defect).map(folded),
            severity: given(&self.severity).map(|text| Severity::read("severity", text)).transpose()?,
            stage: given(&self.stage).map(|text| Stage::read("stage", text)).transpose()?,
            status,
            from,
            to,
            ..FindingFilter::default()
        };
        if let Some(code) = given(&self.batch) {
            let Some(batch) = batches::batch_by_code(db, code)? else { return Ok(None) };
            filter.batch = Some(batch.no);
        }
        if let Some(code) = given(&self.lot) {
            let Some(lot) = materials::lot_called(db, code, scope)? else { return Ok(None) };
            filter.lot = Some(lot.id);
        }
        if let Some(code) = given(&self.supplier) {
            let Some(party) = parties::by_code(db, code)? else { return Ok(None) };
            filter.supplier = Some(party.id);
        }
        if let Some(serial) = given(&self.serial) {
            let named = subject::Named { text: serial.to_owned(), kind: Some(SubjectKind::Garment), ..Default::default() };
            match subject::find_subject(db, keys, &named, scope)?.map(|found| found.about) {
                Some(super::About::Garment(garment)) => filter.garment = Some(garment),
                _ => return Ok(None),
            }
        }
        Ok(Some(filter))
    }
}

/// A page of findings as the caller may see them.
async fn page_of(house: &House, bound: Option<Id>, ask: Ask) -> Result<Page<FindingView>> {
    let keys = house.keys.clone();
    house
        .store
        .read(move |db| {
            let Some(filter) = ask.filter(db, &keys.serials, bound)? else {
                return Ok(Page { items: Vec::new(), next: None });
            };
            let Page { items, next } = findings::list(db, &filter, &ask.page())?;
            Ok(Page { items: views(db, &keys.serials, items, bound.is_some())?, next })
        })
        .await
}

/// A finding the caller may see.
async fn visible(house: &House, bound: Option<Id>, id: Id) -> Result<FindingView> {
    let keys = house.keys.clone();
    house.store.read(move |db| view_of(db, &keys.serials, id, bound)).await
}

fn view_of(db: &mut Db, keys: &Keyring, id: Id, bound: Option<Id>) -> Result<FindingView> {
    let finding = findings::finding(db, id, bound)?.ok_or(Code::NotFound)?;
    views(db, keys, vec![finding], bound.is_some())?.pop().ok_or_else(|| Code::NotFound.into())
}

/// Only the brand's own people log and withdraw.
fn unbound(who: &Identity) -> Result<()> {
    if who.party.is_some() { Err(Code::Forbidden.into()) } else { Ok(()) }
}

/// Drafts checked and their subjects found: what may be logged.
///
/// # Errors
/// Every wrong field of every draft; with more than one draft its place stands before the field: `findings.3.zone`.
fn resolve(db: &mut Db, keys: &Keyring, drafts: &[Draft], today: NaiveDate) -> Result<Vec<NewFinding>> {
    let (mut news, mut faults) = (Vec::with_capacity(drafts.len()), Vec::new());
    for (place, draft) in drafts.iter().enumerate() {
        match resolve_one(db, keys, draft, today) {
            Ok(new) => news.push(new),
            Err(Error::Refused(refusal)) if drafts.len() > 1 => faults.extend(located(place, *refusal)),
            Err(error) => return Err(error),
        }
    }
    Refusal::unless_empty(faults)?;
    Ok(news)
}

fn located(place: usize, refusal: Refusal) -> Vec<Fault> {
    if refusal.faults.is_empty() {
        let fault = Fault { field: format!("findings.{place}.subject").into(), line: None, code: refusal.code, args: refusal.args };
        return vec![fault];
    }
    refusal.faults.into_iter().map(|fault| Fault { field: format!("findings.{place}.{}", fault.field).into(), ..fault }).collect()
}

fn resolve_one(db: &mut Db, keys: &Keyring, draft: &Draft, today: NaiveDate) -> Result<NewFinding> {
    let sound = check(draft, today)?;
    let kind = given(&draft.kind).map(|kind| SubjectKind::read("kind", kind)).transpose()?;
    let named = subject::Named { text: draft.subject.clone(), gtin: draft.gtin.clone(), kind, stage: sound.stage };
    let found = subject::find_subject(db, keys, &named, None);
    let found = match found {
        Ok(Some(found)) => found,
        Ok(None) => return Err(subject::unknown(&draft.subject).into()),
        // Said of the field, so that a form shows it where it was typed.
        Err(Error::Refused(refusal)) if refusal.faults.is_empty() => {
            return Err(Fault { field: "subject".into(), line: None, code: refusal.code, args: refusal.args }.into());
        }
        Err(error) => return Err(error),
    };
    Refusal::unless_empty(impossible(&sound, found.about, &found.holds))?;
    Ok(NewFinding { about: found.about, sound })
}

/// The id in a path.
fn id_of(text: &str) -> Result<Id> {
    text.parse()
}
