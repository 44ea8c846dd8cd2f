//! The page of a request: how it stands, what happens next, what may be done.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{ACTOR, called, keys, lang, place, secrets};
use crate::aftersales::cases::{self, Audience, CaseState, ServiceCase};
use crate::aftersales::repairs::{self, BuyersRepair, RepairState};
use crate::aftersales::service_levels::{self, ShownClock};
use crate::aftersales::{reasons, surveys};
use crate::inspection::findings::{PhotoForm, at_photos, clean_photos, read_photo_form};
use crate::kernel::text::{Lang, folded};
use crate::kernel::time::local_minute;
use crate::kernel::{Code, Error, Result, parsed, saturating};
use crate::ownership::holders::Secret;
use crate::platform::db::Db;
use crate::platform::http::{Form, FormFaults, Layout, Routes, Visitor, address, app_of, html, html_response, random_token, see_other};
use crate::platform::limits::Limit;
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::change_as;
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::public::help::page::{Asked, FindPage, RepairShown, StatusPage};

/// Mounts these routes.
pub(super) fn routes(on: &mut Routes<'_>) {
    on.get("/help", find_form)
        .post("/help", find)
        .get("/help/{no}", by_cookie)
        .get("/help/{no}/{secret}", status)
        .post("/help/{no}/{secret}/write", write)
        .post("/help/{no}/{secret}/repair", answer_quote)
        .post("/help/{no}/{secret}/sign", sign)
        .post("/help/{no}/{secret}/take-back", take_back)
        .post("/help/{no}/{secret}/erase", erase);
}

/// A request as whoever sent it sees it.
pub(super) fn asked(db: &mut Db, app: &AppState, case: &ServiceCase, lang: Lang) -> Result<Asked> {
    /// Garments that a page shows.
    const SHOWN: usize = 50;
    let (words, zone) = (Words::of(lang), app.config.time_zone);
    let reasons = reasons::by_code(db)?;
    let mut lines = Vec::new();
    for line in cases::lines(db, case.id)?.into_iter().take(SHOWN) {
        let wrong = reasons.get(&line.reason_code).map(|reason| reason.name(lang).to_owned()).unwrap_or_default();
        let done = line.decided.map(|decided| decided.word(lang).to_owned()).unwrap_or_default();
        lines.push((called(db, line.garment_id, lang)?.0, wrong, line.wanted.word(lang).to_owned(), done));
    }
    let letters = cases::notes(db, case.id)?.into_iter().filter(|note| note.audience == Audience::Buyer && !note.body.is_empty());
    let letters = letters.map(|note| (local_minute(note.at, zone), note.actor == ACTOR, note.body)).collect();
    Ok(Asked {
        no: case.no.clone(),
        opened: local_minute(case.opened_at, zone),
        state: words.say(format!("help-state-{}", case.state.as_str())).into_owned(),
        tone: match case.state {
            CaseState::Resolved | CaseState::Closed => "good",
            CaseState::Cancelled => "bad",
            _ => "",
        },
        next: words.say(format!("help-next-{}", case.state.as_str())).into_owned(),
        lines,
        letters,
        result: case.result.clone(),
        withdrawn: case.withdrawn_at.map(|at| local_minute(at, zone)).unwrap_or_default(),
        photos: cases::photos(db, case.id)?.len(),
    })
}

/// The secret of an address.
pub(super) fn secret_of(text: &str) -> Result<Secret> {
    Secret::parse(text).ok_or_else(|| Code::NotFound.into())
}

async fn status(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    page(&request, &path, String::new(), FormFaults::default()).await
}

async fn page(request: &HttpRequest, path: &(String, String), words: String, faults: FormFaults) -> Result<HttpResponse> {
    let app = app_of(request)?;
    let (secret, lang, own, no) = (secret_of(&path.1)?, lang(request), keys(&app)?, path.0.clone());
    let (tools, now) = (app.clone(), app.clock.now());
    let at = place(&path.0, &secret);
    let read = app.store.read(move |db| {
        let case = cases::with_secret(db, &no, &secret)?.ok_or(Code::NotFound)?;
        let asked = asked(db, &tools, &case, lang)?;
        let lines = cases::lines(db, case.id)?;
        let is_live = lines.iter().any(|line| line.ended_at.is_none());
        let has_words = lines.iter().any(|line| !line.words.is_empty()) || asked.letters.iter().any(|(_, is_own, _)| *is_own);
        let has_left = has_words || asked.photos > 0 || cases::contact_left(db, &own, &case)?.is_some();
        let repairs = repairs::of_case(db, case.id)?;
        let clocks = service_levels::of(db, case.id, now)?;
        let names = asked.lines.iter().map(|(garment, ..)| garment.as_str());
        let after = super::after::read(db, &tools, &case, lines.iter().zip(names), now)?;
        let may_take_back = case.state.is_open() && cases::under_way(db, case.id)?.is_empty();
        Ok((asked, case, repairs, has_left, is_live, policies::value(db, Policy::PhotosPerCase, now)?, clocks, (after, may_take_back)))
    });
    let (asked, case, repairs, has_left, is_live, photos, clocks, (after, may_take_back)) = read.await?;
    let layout = Layout::titled(request, "help-status-title");
    // What was promised stays promised when it is late: the day stands there. What is promised to others, or among ourselves, has no words here; and
    // nothing is fetched that its buyer sends.
    let running = clocks.into_iter().filter(|clock| clock.ended_at.is_none() && !clock.due.is_empty());
    let running = running.filter(|clock| !(clock.code.ends_with(".pickup") && after.waits_for_a_parcel()));
    let promised = |clock: ShownClock| {
        let key = format!("help-due-{}", clock.code.replace(['.', '_'], "-"));
        layout.t.knows(&key).then(|| (layout.t.say(key).into_owned(), clock.due))
    };
    let due = running.filter_map(promised).collect();
    let mut asked = asked;
    // Where something is asked of the buyer, the top of the page says that and nothing else.
    let waits_for = [
        (after.waits_for_an_answer(), "help-next-waiting_customer"),
        (repairs.iter().any(|repair| repair.state == RepairState::Quoted), "help-next-quote"),
        (repairs.iter().any(|repair| repair.state == RepairState::Handed), "help-next-sign"),
        (after.waits_for_a_parcel(), "help-next-parcel"),
    ];
    if let Some((_, key)) = waits_for.into_iter().find(|(is_so, _)| *is_so) {
        asked.state = layout.t.say("help-state-waiting_customer").into_owned();
        asked.next = layout.t.say(key).into_owned();
    }
    let shown = |repair| repair_shown(repair, &asked, &app, layout.t);
    let repairs = repairs.into_iter().map(shown).collect();
    let page = StatusPage {
        address: format!("{}{at}", app.config.public_url.trim_end_matches('/')),
        after: after.part(&layout, &at, &faults)?,
        at,
        once: random_token::<12>(),
        is_sent: request.query_string().split('&').any(|part| part == "sent"),
        is_over: case.state.is_final(),
        may_take_back,
        may_withdraw: is_live && case.withdrawn_at.is_none(),
        has_left,
        repairs,
        room: photos - saturating::<i64>(asked.photos),
        due,
        asked,
        words,
        layout,
        faults,
    };
    Ok(html_response(page.faults.status(), &page))
}

/// A repair in words; the text of a quote stands there as it is.
fn repair_shown(repair: BuyersRepair, asked: &Asked, app: &AppState, words: Words) -> RepairShown {
    let garment = asked.lines.get(saturating::<usize>(repair.line_no - 1)).filter(|_| asked.lines.len() > 1);
    let price = repair.price.map_or_else(String::new, |price| match price.minor {
        0 => words.say("help-repair-free").into_owned(),
        _ => format!("{} {}", price.amount(), price.currency),
    });
    RepairShown {
        garment: garment.map(|(what, ..)| what.clone()).unwrap_or_default(),
        state: words.say(format!("help-repair-{}", repair.state.as_str())).into_owned(),
        tone: match repair.state {
            RepairState::Done => "good",
            RepairState::Declined | RepairState::Rejected | RepairState::Beyond => "bad",
            _ => "",
        },
        plan: repair.plan,
        price,
        ready_on: repair.ready_on.map(|day| day.to_string()).unwrap_or_default(),
        hash: repair.text_hash,
        accepted: repair.accepted_at.map(|at| local_minute(at, app.config.time_zone)).unwrap_or_default(),
        is_asked: repair.state == RepairState::Quoted,
        is_handed: repair.state == RepairState::Handed,
        code: repair.code,
    }
}

/// For the browser that sent it, its page; for any other the way to find it.
async fn by_cookie(_: Visitor, request: HttpRequest, no: web::Path<String>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let own = secrets(&request, &app);
    Ok(own.get(no.as_str()).map_or_else(|| see_other("/help"), |secret| see_other(place(&no, secret))))
}

/// The page again after something was done, or with what is wrong.
pub(super) async fn then(request: &HttpRequest, path: &(String, String), words: String, done: Result<()>) -> Result<HttpResponse> {
    match done {
        Ok(()) => Ok(see_other(place(&path.0, &secret_of(&path.1)?))),
        Err(error) if matches!(error.code().status(), 409 | 422) => {
            let (status, words_of) = (error.code().status(), Layout::titled(request, "help-status-title").t);
            let is_changed = error.code() == Code::QuoteChanged;
            let mut faults = FormFaults::of(error, words_of)?;
            if is_changed {
                faults.whole = Some(words_of.say("help-quote-changed").into_owned());
            }
            let mut answer = page(request, path, words, faults).await?;
            *answer.status_mut() = actix_web::http::StatusCode::from_u16(status).map_err(Error::broken)?;
            Ok(answer)
        }
        Err(error) => Err(error),
    }
}

async fn write(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, form: Multipart) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let secret = secret_of(&path.1)?;
    app.limits.spend(Limit::HelpAddress, &address(&request))?;
    let now = app.clock.now();
    let most = app.store.read(move |db| policies::value(db, Policy::PhotosPerCase, now)).await?;
    let PhotoForm { values, photos, hash, .. } = read_photo_form(&request, form, most).await?;
    let words = values.get("words").cloned().unwrap_or_default();
    let photos = match clean_photos(photos).await.map_err(at_photos) {
        Ok(photos) => photos,
        Err(error) => return then(&request, &path, words, Err(error)).await,
    };
    let (no, told, once) = (path.0.clone(), words.clone(), values.get("once").map(String::as_str));
    let done = change_as(&request, ACTOR, &hash, once, move |db, stamp| cases::buyer_writes(db, stamp, &no, &secret, &told, &photos)).await;
    then(&request, &path, words, done).await
}

/// What they answer to a quote: which one they read, and whether they agree.
#[derive(Deserialize)]
struct Answer {
    repair: String,
    hash: String,
    answer: String,
    #[serde(default)]
    words: String,
}

async fn answer_quote(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, form: Form<Answer>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    app.limits.spend(Limit::HelpAddress, &address(&request))?;
    let (secret, stamp, no, said) = (secret_of(&path.1)?, app.stamp(ACTOR), path.0.clone(), form.value);
    let agrees = match said.answer.as_str() {
        "accept" => true,
        "decline" => false,
        _ => return Err(Code::Invalid.into()),
    };
    let words = said.words.clone();
    let answered =
        app.store.write(move |db| repairs::buyer_answers(db, &stamp, (&no, &secret), (&said.repair, &said.hash), agrees, &said.words));
    then(&request, &path, words, answered.await).await
}

/// What they say of a repair that they have back.
#[derive(Deserialize)]
struct Signature {
    repair: String,
    answer: String,
    #[serde(default)]
    score: String,
    #[serde(default)]
    words: String,
}

async fn sign(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, form: Form<Signature>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    app.limits.spend(Limit::HelpAddress, &address(&request))?;
    let (secret, stamp, no, said) = (secret_of(&path.1)?, app.stamp(ACTOR), path.0.clone(), form.value);
    let passed = match said.answer.as_str() {
        "good" => true,
        "bad" => false,
        _ => return Err(Code::Invalid.into()),
    };
    let score = parsed::<i64>(&said.score).filter(|score| (1..=5).contains(score));
    let words = said.words.clone();
    let signed = app.store.write(move |db| repairs::buyer_signs(db, &stamp, (&no, &secret), &said.repair, (passed, score), &said.words));
    then(&request, &path, words, signed.await).await
}

#[derive(Deserialize)]
struct Empty {}

async fn take_back(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, _form: Form<Empty>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let (secret, stamp, no) = (secret_of(&path.1)?, app.stamp(ACTOR), path.0.clone());
    let done = app.store.write(move |db| cases::take_back(db, &stamp, &no, &secret)).await;
    then(&request, &path, String::new(), done).await
}

/// Erases what they left; while somebody works on it, that is said instead.
async fn erase(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, _form: Form<Empty>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let (secret, stamp, no) = (secret_of(&path.1)?, app.stamp(ACTOR), path.0.clone());
    let done = app.store.write(move |db| surveys::erase(db, &stamp, &no, &secret)).await;
    then(&request, &path, String::new(), done).await
}

async fn find_form(_: Visitor, request: HttpRequest) -> HttpResponse {
    let layout = Layout::titled(&request, "help-find-title");
    html(&FindPage { layout, order_no: String::new(), fault: String::new(), found: Vec::new() })
}

/// Finds requests by an order's number and the end of the telephone number. Whatever is wrong, the answer is the same.
async fn find(_: Visitor, request: HttpRequest, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let text = |name: &str| form.value.get(name).map(|text| text.trim().chars().take(60).collect::<String>()).unwrap_or_default();
    let (order_no, tail) = (text("order_no"), text("tail"));
    app.limits.spend(Limit::OrderAddress, &address(&request))?;
    app.limits.spend(Limit::OrderTries, &folded(&order_no))?;
    let (tag, lang, tools) = (keys(&app)?.tail_tag(&order_no, &tail).unwrap_or_default(), lang(&request), app.clone());
    let found = app.store.read(move |db| {
        let cases = cases::of_order(db, &tag)?;
        cases.iter().map(|case| asked(db, &tools, case, lang)).collect::<Result<Vec<_>>>()
    });
    let found = found.await?;
    let layout = Layout::titled(&request, "help-find-title");
    let (status, fault) = if found.is_empty() {
        (actix_web::http::StatusCode::NOT_FOUND, layout.t.say("help-find-none").into_owned())
    } else {
        (actix_web::http::StatusCode::OK, String::new())
    };
    Ok(html_response(status, &FindPage { layout, order_no, fault, found }))
}
