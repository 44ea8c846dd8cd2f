//! Withdrawing from the contract: two steps, no reason asked, from purchase on, and a receipt with the instant it was received.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{NaiveDateTime, TimeZone};

use super::status::secret_of;
use super::{ACTOR, called, cookie, form_key, keys, lang, of_form, place, say, secrets};
use crate::aftersales::cases::{self, NewCase, NewContact, NewLine, Received};
use crate::aftersales::classes::{CaseChannel, CaseKind, Wish};
use crate::aftersales::reasons::WITHDRAWAL;
use crate::kernel::{Code, Error, Result};
use crate::ownership::holders::{Purpose, Secret};
use crate::platform::http::{Form, FormFaults, Layout, Routes, Visitor, address, app_of, html, html_response, random_token, see_other};
use crate::platform::limits::Limit;
use crate::platform::rooms::change_as;
use crate::platform::state::AppState;
use crate::public::card::{self, Seen};
use crate::public::help::page::{Filled, ReceiptPage, WithdrawPage};

/// Mounts these routes.
pub(super) fn routes(on: &mut Routes<'_>) {
    on.get("/card/{gtin}/{serial}/withdraw", first)
        .post("/card/{gtin}/{serial}/withdraw", second)
        .get("/help/{no}/{secret}/withdraw", first_of_own)
        .post("/help/{no}/{secret}/withdraw", second_of_own)
        .get("/help/{no}/{secret}/receipt", receipt);
}

fn page(
    request: &HttpRequest,
    name: String,
    (at, back): (String, String),
    filled: Filled,
    faults: FormFaults,
    once: String,
) -> WithdrawPage {
    let layout = Layout::titled(request, "help-withdraw-title");
    let consent = layout.t.say(Purpose::Service.words_key()).into_owned();
    WithdrawPage { layout, name, at, back, once, is_second: false, asks: true, filled, consent, faults }
}

async fn named(request: &HttpRequest, app: &AppState, seen: &Seen) -> Result<String> {
    let (garment, lang) = (seen.garment, lang(request));
    app.store.read(move |db| Ok(called(db, garment, lang)?.0)).await
}

fn places(seen: &Seen) -> (String, String) {
    let base = seen.address.base();
    (format!("{base}/withdraw"), base)
}

async fn first(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let seen = match card::issued(&request, &path.0, &path.1).await? {
        Ok(seen) => seen,
        Err(answer) => return Ok(answer),
    };
    let name = named(&request, &app, &seen).await?;
    Ok(html(&page(&request, name, places(&seen), Filled::default(), FormFaults::default(), random_token::<12>())))
}

async fn second(
    _: Visitor,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let seen = match card::issued(&request, &path.0, &path.1).await? {
        Ok(seen) => seen,
        Err(answer) => return Ok(answer),
    };
    let (filled, name) = (Filled::of(&form.value), named(&request, &app, &seen).await?);
    let once = form_key(form.once.as_deref());
    let words = Layout::titled(&request, "help-withdraw-title").t;
    // What is wrong is said before it is asked whether it is meant.
    let wrong = filled.contact().and_then(|(contact, _)| contact.declared().err());
    let is_meant = form.value.contains_key("confirm") && wrong.is_none();
    if !is_meant {
        let faults = wrong.map_or_else(|| Ok(FormFaults::default()), |error| FormFaults::of(error, words))?;
        let is_second = faults.status() == StatusCode::OK;
        let once = once.unwrap_or_else(random_token::<12>);
        let page = WithdrawPage { is_second, ..page(&request, name, places(&seen), filled, faults, once) };
        return Ok(html_response(page.faults.status(), &page));
    }
    app.limits.spend(Limit::HelpAddress, &address(&request))?;
    let secret = match &once {
        Some(once) => keys(&app)?.asking_secret(once),
        None => Secret::fresh(),
    };
    let received = receive(&request, &app, &seen, (&filled, &secret), &form.hash, once.as_deref()).await;
    let received = match received {
        Ok(received) => received,
        Err(error) if error.code() == Code::GivenBack => {
            let links = vec![(seen.address.base(), words.say("claim-back").into_owned())];
            return Ok(say(&request, &app, StatusCode::CONFLICT, ("help-withdraw-title", "help-given-back"), links));
        }
        Err(error) => {
            let faults = FormFaults::of(of_form(error), words)?;
            let page = page(&request, name, places(&seen), filled, faults, random_token::<12>());
            return Ok(html_response(page.faults.status(), &page));
        }
    };
    if !received.is_own {
        return Ok(html(&receipt_page(&request, &app, &received, vec![name], String::new())));
    }
    // Of a request that this browser sent before, it is that one's secret.
    let own = secrets(&request, &app).remove(&received.receipt).unwrap_or(secret);
    let mut response = see_other(format!("{}/receipt", place(&received.receipt, &own)));
    response.add_cookie(&cookie(&app, &received.receipt, &own)).map_err(|error| Error::broken(error.to_string()))?;
    Ok(response)
}

async fn receive(
    request: &HttpRequest,
    app: &AppState,
    seen: &Seen,
    (filled, secret): (&Filled, &Secret),
    hash: &str,
    once: Option<&str>,
) -> Result<Received> {
    let today = app.today();
    let line = NewLine {
        garment: seen.garment,
        reason: WITHDRAWAL.to_owned(),
        zone: String::new(),
        words: String::new(),
        wanted: Some(Wish::Withdraw),
    };
    let new = NewCase {
        numbers: cases::draw(today),
        today,
        keys: keys(app)?,
        secret_hash: secret.hash(),
        channel: CaseChannel::Card,
        kind: Some(CaseKind::Withdrawal),
        priority: None,
        market: None,
        lang: lang(request),
        order_no: filled.order_no.clone(),
        contact: filled.contact().map(|(contact, purposes)| NewContact { contact, purposes }),
        lines: vec![line],
        photos: Vec::new(),
        parent: None,
    };
    let about = [&filled.name, &filled.order_no, &filled.phone, &filled.email].map(String::as_str);
    let about = about.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    let own: Vec<Secret> = secrets(request, app).into_values().collect();
    change_as(request, ACTOR, hash, once, move |db, stamp| cases::receive_withdrawal(db, stamp, &new, &own, &about)).await
}

fn receipt_page(request: &HttpRequest, app: &AppState, received: &Received, garments: Vec<String>, status: String) -> ReceiptPage {
    let zone = app.config.time_zone;
    ReceiptPage {
        layout: Layout::titled(request, "help-receipt"),
        receipt: received.receipt.clone(),
        garments,
        at: to_the_second(received.at, zone),
        zone: zone.name().to_owned(),
        status,
    }
}

fn to_the_second(at: NaiveDateTime, zone: chrono_tz::Tz) -> String {
    zone.from_utc_datetime(&at).format("%Y-%m-%d %H:%M:%S").to_string()
}

async fn first_of_own(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let (at, garments) = own(&request, &app, &path).await?;
    let once = random_token::<12>();
    let page = page(&request, garments.1.join(", "), (format!("{at}/withdraw"), at), Filled::default(), FormFaults::default(), once);
    Ok(html(&WithdrawPage { asks: false, is_second: true, ..page }))
}

/// The place of one's own request; when a withdrawal was received, and what it is about.
async fn own(request: &HttpRequest, app: &AppState, path: &(String, String)) -> Result<(String, (Option<NaiveDateTime>, Vec<String>))> {
    let (secret, no, lang) = (secret_of(&path.1)?, path.0.clone(), lang(request));
    let at = place(&path.0, &secret);
    let read = app.store.read(move |db| {
        let case = cases::with_secret(db, &no, &secret)?.ok_or(Code::NotFound)?;
        let mut garments = Vec::new();
        for line in cases::lines(db, case.id)? {
            garments.push(called(db, line.garment_id, lang)?.0);
        }
        Ok((case.withdrawn_at, garments))
    });
    Ok((at, read.await?))
}

async fn second_of_own(
    _: Visitor,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    _form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let (secret, stamp, no) = (secret_of(&path.1)?, app.stamp(ACTOR), path.0.clone());
    let at = place(&path.0, &secret);
    match app.store.write(move |db| cases::withdraw_own(db, &stamp, &no, &secret)).await {
        Ok(_) => Ok(see_other(format!("{at}/receipt"))),
        Err(error) if error.code() == Code::WrongState => {
            let links = vec![(at, Layout::titled(&request, "help-receipt").t.say("help-to-status").into_owned())];
            Ok(say(&request, &app, StatusCode::CONFLICT, ("help-withdraw-title", "help-withdraw-over"), links))
        }
        Err(error) => Err(error),
    }
}

/// The receipt, for as long as the request is kept.
async fn receipt(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let (place, (withdrawn, garments)) = own(&request, &app, &path).await?;
    let received = Received { receipt: path.0.clone(), at: withdrawn.ok_or(Code::NotFound)?, is_own: true };
    Ok(html(&receipt_page(&request, &app, &received, garments, place)))
}
