//! Opening cases: by telephone, chat, mail and in a shop; by programs; and from a scan.

use std::collections::HashMap;

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Works, viewed};
use crate::aftersales::cases::page::ScanPage;
use crate::aftersales::cases::store::cases::{by_no, live_case_of};
use crate::aftersales::cases::store::open::{self, LineAsk, NewCase, NewContact};
use crate::aftersales::cases::view::CaseView;
use crate::aftersales::cases::{CHANNELS, draw, href};
use crate::aftersales::classes::{CaseChannel, CaseKind, Priority, Wish};
use crate::aftersales::reasons;
use crate::inspection::defects::ZONES;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Id, Result, faults, parsed};
use crate::ownership::holders::{Contact, HolderKeys, Purpose, Secret};
use crate::platform::http::idempotency::IDEMPOTENCY_KEY;
use crate::platform::http::perm::Perm;
use crate::platform::http::{
    Form, FormState, Json, Layout, Problem, Routes, created, header_text, html, html_response, query_escape, see_other,
};
use crate::platform::rooms::{Asked, Call, Field, Fields, FormView, Kind, Offered, Said, asking_page, shown_again};
use crate::production::serials::{self, Scanned};

/// The name of that cookie.
pub(super) const JUST_OPENED: &str = "opened";

/// Mounts these routes.
pub(super) fn routes(on: &mut Routes<'_>) {
    on.api(__path_create_json, create_json).get("/cases/scan", scan).get("/cases/new", new_form).post("/cases/new", create_form);
}

/// What somebody wants opened.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseAsk {
    /// How it came in; from a program when absent.
    #[serde(default)]
    channel: Option<CaseChannel>,
    /// What it is about; what the first line would like when absent.
    #[serde(default)]
    kind: Option<CaseKind>,
    /// What is done first; as its gravity asks when absent.
    #[serde(default)]
    priority: Option<Priority>,
    /// The market whose rules hold: where the garment was sold when absent.
    #[serde(default)]
    market: Option<String>,
    /// The language of whoever asks; Chinese when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    lang: Option<Lang>,
    /// The order's number; that of the sale when absent.
    #[serde(default)]
    order_no: String,
    /// A line per garment, 1 to 5,000.
    lines: Vec<LineAsk>,
    /// How to reach whoever asks; kept sealed.
    #[serde(default)]
    contact: Option<Contact>,
    /// What they agreed to be contacted for; needed beside a contact.
    #[serde(default)]
    purposes: Vec<Purpose>,
    /// The number of the case it follows.
    #[serde(default)]
    parent: Option<String>,
}

/// Opens a case about one garment or many: the contact is sealed, each garment may be in one open line at most.
#[utoipa::path(
    post, path = "/api/v1/cases", tag = "cases", request_body = CaseAsk,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again")),
    responses(
        (status = 201, body = CaseOpened, headers(("location" = String))),
        (status = 409, body = Problem, description = "`case_open`: a garment is in an open line of another case, whose number the title names; `given_back`"),
        (status = 422, body = Problem, description = "Each wrong place by its name: `lines.3.serial`"),
    )
)]
async fn create_json(call: Works, body: Json<CaseAsk>) -> Result<HttpResponse> {
    let (no, secret) = opened(&call, &body.hash, None, body.value, CaseChannel::Api).await?;
    let status = status_of(&call, &no, &secret);
    let case = viewed(&call, no).await?;
    created(&format!("/api/v1/cases/{}", case.no), &CaseOpened { status, case })
}

/// A case that was just opened.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseOpened {
    /// The address of the buyer's page of it, to be given to whoever asked. Said this once: the store has no more than its hash.
    status: String,
    #[serde(flatten)]
    case: CaseView,
}

/// The address of the buyer's page of a case.
pub(super) fn status_of<P: Perm>(call: &Call<P>, no: &str, secret: &Secret) -> String {
    format!("{}/help/{no}/{}", call.app().config.public_url.trim_end_matches('/'), secret.expose())
}

/// The cookie that carries the secret of a case from its opening to the first look at its page, and no further; to end it, with no time left.
pub(super) fn just_opened<P: Perm>(call: &Call<P>, no: &str, secret: &str, seconds: i64) -> Cookie<'static> {
    Cookie::build(JUST_OPENED, secret.to_owned())
        .path(href(no))
        .http_only(true)
        .secure(call.app().config.is_secure())
        .same_site(SameSite::Strict)
        .max_age(CookieAge::seconds(seconds))
        .finish()
}

/// Opens it; the number of the case, and the secret of the buyer's page. Sent again with the same key it is the same.
async fn opened(call: &Works, hash: &str, once: Option<&str>, ask: CaseAsk, channel: CaseChannel) -> Result<(String, Secret)> {
    let holders = HolderKeys::derive(&call.app().keys.house)?;
    let key = header_text(call.request().headers(), IDEMPOTENCY_KEY).or(once);
    // No buyer's form has such a key: theirs are letters and digits.
    let secret = key.map_or_else(Secret::fresh, |key| holders.asking_secret(&format!("{}\n{key}", call.actor)));
    let secret_hash = secret.hash();
    let (keys, lines, parent) = (call.app().keys.clone(), ask.lines, ask.parent.clone());
    // Serials are deciphered before the write: with many of them that takes a while.
    let read = call.read(move |db| {
        let parent = match parent {
            Some(no) => Some(by_no(db, &no)?.ok_or_else(|| Fault::new("parent", Code::UnknownReference).with("value", no))?.id),
            None => None,
        };
        Ok((open::found(db, &keys.serials, &lines)?, parent))
    });
    let (lines, parent): (_, Option<Id>) = read.await?;
    let today = call.app().today();
    let new = NewCase {
        numbers: draw(today),
        today,
        keys: holders,
        secret_hash,
        channel: ask.channel.unwrap_or(channel),
        kind: ask.kind,
        priority: ask.priority,
        market: ask.market,
        lang: ask.lang.unwrap_or(Lang::Zh),
        order_no: ask.order_no,
        contact: ask.contact.map(|contact| NewContact { contact, purposes: ask.purposes }),
        lines,
        photos: Vec::new(),
        parent,
    };
    let no = call.change(hash, once, move |db, stamp| Ok(open::open(db, stamp, &new)?.0.no)).await?;
    Ok((no, secret))
}

/// What the desk is asked when it opens a case.
#[rustfmt::skip]
const FORM: Fields = Fields { table: "cases", title: ("工单", "Cases"), columns: &[
    Field::new("serials", Kind::Paragraph(400_000), &["序列号"], &["Serials"]).needed()
        .hint("扫描或粘贴，一行一件，最多 5,000 件。", "Scanned or pasted, one a line, at most 5,000.", ""),
    Field::new("reason", Kind::Line(40), &["原因"], &["What is wrong"]).needed(),
    Field::new("zone", Kind::Choice(ZONES), &["部位"], &["Where"]).nullable(),
    Field::new("words", Kind::Paragraph(1_000), &["买家的说法"], &["In their words"]).nullable(),
    Field::new("wanted", Kind::Choice(Wish::TABLE), &["希望"], &["They would like"]).nullable().hint("不选则按原因处理。", "Left open: as the reason suggests.", ""),
    Field::new("channel", Kind::Choice(CHANNELS), &["来源"], &["Came by"]).needed(),
    Field::new("order_no", Kind::Line(60), &["订单号"], &["Order"]).nullable().hint("不填则取销售记录中的。", "As the sale says when left open.", ""),
    Field::new("name", Kind::Line(60), &["称呼"], &["Name"]).nullable().part("联系方式", "How to reach them"),
    Field::new("phone", Kind::Line(40), &["电话"], &["Telephone"]).nullable(),
    Field::new("email", Kind::Line(254), &["邮箱"], &["Mail"]).nullable(),
    Field::new("purposes", Kind::Flag, &["买家同意为处理本次售后联系他们"], &["They agree to be contacted about this matter"])
        .hint("没有同意就不能保存联系方式。", "Without it no contact is kept.", ""),
    Field::new("kind", Kind::Choice(CaseKind::TABLE), &["种类"], &["Kind"]).nullable().rare(),
    Field::new("market", Kind::Line(60), &["市场"], &["Market"]).nullable().rare().hint("国家名称或代码；不填则取销售国家。", "Name or code of a country; where it was sold when left open.", "CN"),
] };

fn layout(call: &Works) -> Layout {
    Layout { keeps_form: true, ..call.layout(call.words().say("cases-new")) }
}

/// The reasons to choose from.
async fn reasons_offered(call: &Works) -> Result<Vec<Offered>> {
    let lang = call.lang();
    let all = call.read(reasons::all).await?;
    let offered = all.into_iter().filter(|reason| !reason.retired);
    Ok(offered.map(|reason| (reason.code.clone().into(), reason.name(lang).to_owned().into())).collect())
}

async fn page(call: &Works, form: FormState) -> Result<FormView> {
    let asked = Asked { sends: Some(call.words().say("cases-new").into_owned()), ..Asked::default() };
    Ok(asking_page(layout(call), &FORM, form, "/cases/new", "/cases", asked).offering("reason", Some(reasons_offered(call).await?)))
}

#[derive(Deserialize)]
struct Begins {
    #[serde(default)]
    serials: String,
}

async fn new_form(call: Works, begins: web::Query<Begins>) -> Result<HttpResponse> {
    let values = HashMap::from([("serials".to_owned(), begins.into_inner().serials), ("channel".to_owned(), "phone".to_owned())]);
    Ok(html(&page(&call, FormState::of(values)).await?))
}

/// What the form asks for.
fn ask_of(values: &HashMap<String, String>) -> Result<CaseAsk> {
    #[derive(Deserialize)]
    struct Told {
        serials: String,
        reason: String,
        #[serde(default)]
        zone: String,
        #[serde(default)]
        words: String,
        wanted: Option<Wish>,
        channel: CaseChannel,
        #[serde(default)]
        order_no: String,
        #[serde(default)]
        name: String,
        #[serde(default)]
        phone: String,
        #[serde(default)]
        email: String,
        #[serde(default)]
        purposes: bool,
        kind: Option<CaseKind>,
        market: Option<String>,
    }
    let told: Told = Said::of_form(&FORM, values)?.value()?;
    let line = |serial: &str| LineAsk {
        serial: serial.to_owned(),
        gtin: None,
        reason: told.reason.clone(),
        zone: told.zone.clone(),
        words: told.words.clone(),
        wanted: told.wanted,
    };
    let lines = told.serials.lines().map(str::trim).filter(|serial| !serial.is_empty()).map(line).collect();
    let has_contact = [&told.name, &told.phone, &told.email].iter().any(|text| !text.is_empty());
    Ok(CaseAsk {
        channel: Some(told.channel),
        kind: told.kind,
        priority: None,
        market: told.market,
        lang: None,
        order_no: told.order_no,
        lines,
        contact: has_contact.then_some(Contact { name: told.name, phone: told.phone, email: told.email }),
        purposes: if told.purposes { vec![Purpose::Service] } else { Vec::new() },
        parent: None,
    })
}

async fn create_form(call: Works, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    if FormState::is_shown_again(&form.value) {
        return Ok(html(&page(&call, shown_again(&FORM, form.value, call.words())?).await?));
    }
    let done = match ask_of(&form.value) {
        Ok(ask) => opened(&call, &form.hash, form.once.as_deref(), ask, CaseChannel::Phone).await,
        Err(error) => Err(error),
    };
    match done {
        Ok((no, secret)) => {
            let mut answer = see_other(href(&no));
            answer.add_cookie(&just_opened(&call, &no, secret.expose(), 120)).map_err(|error| Error::broken(error.to_string()))?;
            Ok(answer)
        }
        Err(error) => {
            // A second report of one garment is answered with the case that is there.
            if let Some(no) = case_of_one(&error, &form.value) {
                return Ok(see_other(href(&no)));
            }
            let error = of_form(error, form.value.get("serials").map_or("", String::as_str));
            let form = FormState::refused(form.value, error, call.words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &page(&call, form).await?))
        }
    }
}

/// The case that the only garment of a form is in already.
fn case_of_one(error: &Error, values: &HashMap<String, String>) -> Option<String> {
    let Error::Refused(refusal) = error else { return None };
    let is_one = values.get("serials").is_some_and(|serials| serials.trim().lines().count() == 1);
    let fault = refusal.faults.first().filter(|fault| is_one && fault.code == Code::CaseOpen)?;
    fault.args.iter().find(|(name, _)| *name == "no").map(|(_, no)| no.to_string())
}

/// What is wrong with lines, said of the field they were typed into, with the place of the line among them where there are several.
fn of_form(error: Error, serials: &str) -> Error {
    let Error::Refused(mut refusal) = error else { return error };
    let rows: Vec<usize> = serials.lines().zip(1..).filter(|(serial, _)| !serial.trim().is_empty()).map(|(_, row)| row).collect();
    let row_of = |place: &str| rows.get(parsed::<usize>(place)?).filter(|_| rows.len() > 1);
    for fault in &mut refusal.faults {
        let Some(rest) = fault.field.strip_prefix("lines").map(str::to_owned) else { continue };
        let mut parts = rest.split('.').skip(1);
        let (row, name) = (parts.next().and_then(row_of), parts.next().unwrap_or_default());
        fault.field = if matches!(name, "" | "serial" | "gtin") { "serials".into() } else { name.to_owned().into() };
        if let Some(row) = row {
            fault.args.push(("row", row.to_string().into()));
        }
    }
    if refusal.code.status() == 409 {
        refusal.code = Code::Invalid;
    }
    Error::Refused(refusal)
}

#[derive(Deserialize)]
struct Scan {
    #[serde(default)]
    q: String,
}

/// From a scan to the case that its garment is in, or to a new one.
async fn scan(call: Works, asked: web::Query<Scan>) -> Result<HttpResponse> {
    let q = asked.into_inner().q.trim().to_owned();
    if q.is_empty() {
        return Ok(html(&ScanPage { layout: call.layout(call.words().say("cases-scan")), q, fault: None }));
    }
    let (keys, text) = (call.app().keys.clone(), q.clone());
    let found = call.read(move |db| {
        if let Some(case) = by_no(db, &text)? {
            return Ok(Some(case.no));
        }
        let garment = serials::garment(db, &keys.serials, &Scanned::read("q", &text, None)?)?;
        live_case_of(db, garment)
    });
    match found.await {
        Ok(Some(no)) => Ok(see_other(href(&no))),
        Ok(None) => Ok(see_other(format!("/cases/new?serials={}", query_escape(&q)))),
        Err(Error::Refused(refusal)) => {
            let layout = call.layout(call.words().say("cases-scan"));
            let fault = refusal.faults.first().cloned().unwrap_or_else(|| faults::at("q", &Error::Refused(refusal)));
            let status = StatusCode::from_u16(fault.code.status()).map_err(Error::broken)?;
            let fault = Some(layout.t.fault(&fault));
            Ok(html_response(status, &ScanPage { layout, q, fault }))
        }
        Err(error) => Err(error),
    }
}
