//! From the card to a sent request: what is wrong, what they would like, how to be reached.

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::{ACTOR, Product, cookie, form_key, keys, lang, of_form, place, product, say, secrets};
use crate::aftersales::cases::{self, NewCase, NewContact, NewLine};
use crate::aftersales::classes::{CaseChannel, ReasonClass, Wish};
use crate::aftersales::reasons::{self, CaseReason};
use crate::aftersales::rights;
use crate::inspection::defects::ELSEWHERE;
use crate::inspection::findings::{PhotoForm, at_photos, clean_photos, read_photo_form};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Result};
use crate::ownership::garments::{self, HoldKind};
use crate::ownership::holders::{Purpose, Secret};
use crate::ownership::sales::{self, SaleStatus};
use crate::platform::http::{FormFaults, Layout, Routes, Visitor, address, app_of, html_response, random_token, see_other};
use crate::platform::limits::Limit;
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::change_as;
use crate::platform::state::AppState;
use crate::production::batches::BatchStatus;
use crate::public::card::{self, Seen};
use crate::public::help::page::{AskPage, Filled, Reasons};

/// Mounts these routes.
pub(super) fn routes(on: &mut Routes<'_>) {
    on.get("/card/{gtin}/{serial}/help", form).post("/card/{gtin}/{serial}/help", ask);
}

async fn form(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let seen = match card::issued(&request, &path.0, &path.1).await? {
        Ok(seen) => seen,
        Err(answer) => return Ok(answer),
    };
    if let Some(answer) = asked_already(&request, &app, &seen).await? {
        return Ok(answer);
    }
    let once = random_token::<12>();
    page(&request, &app, &seen, Filled::default(), FormFaults::default(), once).await
}

/// The page of the request that is open about a garment, for the browser that sent it; for any other that there is one.
async fn asked_already(request: &HttpRequest, app: &AppState, seen: &Seen) -> Result<Option<HttpResponse>> {
    let (garment, own) = (seen.garment, secrets(request, app));
    let found = app.store.read(move |db| {
        let Some((_, no)) = cases::live_of(db, &[garment])?.into_iter().next() else { return Ok(None) };
        let Some(secret) = own.get(&no) else { return Ok(Some(None)) };
        Ok(Some(cases::with_secret(db, &no, secret)?.map(|case| place(&case.no, secret))))
    });
    Ok(match found.await? {
        None => None,
        Some(Some(own)) => Some(see_other(own)),
        Some(None) => Some(open_elsewhere(request, app, seen)),
    })
}

/// That a request is open, and nothing of it.
fn open_elsewhere(request: &HttpRequest, app: &AppState, seen: &Seen) -> HttpResponse {
    let t = Layout::titled(request, "help-title").t;
    let links = vec![("/help".to_owned(), t.say("help-find-title").into_owned()), (seen.address.base(), t.say("claim-back").into_owned())];
    say(request, app, StatusCode::CONFLICT, ("help-title", "help-open-already"), links)
}

/// The form, at first or again with what is wrong.
async fn page(
    request: &HttpRequest,
    app: &AppState,
    seen: &Seen,
    filled: Filled,
    faults: FormFaults,
    once: String,
) -> Result<HttpResponse> {
    let (garment, lang, now, today) = (seen.garment, lang(request), app.clock.now(), app.today());
    let read = app.store.read(move |db| {
        let product = product(db, garment, lang)?;
        let reasons = reasons::offered(db, &product.category, product.components.as_ref())?;
        let sale = sales::latest(db, garment)?;
        let is_recalled = garments::holds(db, garment)?.contains(&HoldKind::Recall);
        let entitled = sale.as_ref().map(|_| rights::answer(db, garment, today, None)).transpose()?;
        Ok(((product, is_recalled), reasons, sale, policies::value(db, Policy::PhotosPerCase, now)?, entitled))
    });
    let ((Product { name, batch, shape, components, .. }, is_recalled), reasons, sale, photos, entitled) = read.await?;
    let has = |code: &str| components.as_ref().is_none_or(|all| all.contains(code));
    let shape = shape.unwrap_or_default();
    let [front, back] = shape.places();
    let layout = Layout::titled(request, "help-title");
    let rights = entitled.map(|entitled| rights::part(&entitled, layout.t, false)).transpose()?.unwrap_or_default();
    if sale.as_ref().is_some_and(|sale| sale.status == SaleStatus::Ended) {
        let links = vec![(seen.address.base(), layout.t.say("claim-back").into_owned())];
        return Ok(say(request, app, StatusCode::CONFLICT, ("help-title", "help-given-back"), links));
    }
    let word = |key: &str| layout.t.say(key).into_owned();
    let is_held = batch.status == BatchStatus::Hold && !is_recalled;
    let notes = [(is_recalled, "help-recalled"), (is_held, "help-held"), (sale.is_none(), "help-unsold")];
    let notes = notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, key)| word(key)).collect();
    let offered = [Wish::Repair, Wish::Exchange, Wish::Refund, Wish::Advice, Wish::Complain];
    let wishes = std::iter::once(("", word("help-your-advice")));
    let wishes = wishes.chain(offered.iter().map(|wish| (wish.as_str(), wish.word(lang).to_owned()))).collect();
    let status = faults.status();
    let page = AskPage {
        name,
        base: seen.address.base(),
        once,
        notes,
        shape,
        front,
        back,
        elsewhere: ELSEWHERE.iter().filter(|zone| !["lining", "filling"].contains(&zone.text) || has(zone.text)).collect(),
        reasons: grouped(&reasons, lang),
        wishes,
        purposes: Purpose::ALL.iter().map(|purpose| (purpose.as_str(), word(purpose.words_key()))).collect(),
        photos,
        rights,
        filled,
        faults,
        layout,
    };
    Ok(html_response(status, &page))
}

/// Reasons that are a defect and stand open; the others are one tap away.
const IN_SIGHT: usize = 8;

/// The reasons by what they are about, in the order in which they are offered: most who ask find theirs without another tap.
fn grouped(reasons: &[CaseReason], lang: Lang) -> Vec<Reasons> {
    let of = |key, is_folded, classes: &[ReasonClass]| {
        let all = reasons.iter().filter(|reason| classes.contains(&reason.class));
        Reasons { key, all: all.map(|reason| (reason.code.clone(), reason.name(lang).to_owned())).collect(), is_folded }
    };
    let mut defects = of("help-about-defect", false, &[ReasonClass::Defect]);
    let rest = defects.all.split_off(IN_SIGHT.min(defects.all.len()));
    let all = [
        defects,
        Reasons { key: "help-about-more", all: rest, is_folded: true },
        of("help-about-size", false, &[ReasonClass::Size]),
        of("help-about-delivery", true, &[ReasonClass::Delivery]),
        of("help-about-other", true, &[ReasonClass::ChangeOfMind, ReasonClass::Advice, ReasonClass::Complaint]),
    ];
    all.into_iter().filter(|reasons| !reasons.all.is_empty()).collect()
}

async fn ask(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, form: Multipart) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let seen = match card::issued(&request, &path.0, &path.1).await? {
        Ok(seen) => seen,
        Err(answer) => return Ok(answer),
    };
    app.limits.spend(Limit::HelpAddress, &address(&request))?;
    let now = app.clock.now();
    let most = app.store.read(move |db| policies::value(db, Policy::PhotosPerCase, now)).await?;
    let PhotoForm { values, photos, hash, .. } = read_photo_form(&request, form, most).await?;
    let filled = Filled::of(&values);
    let once = form_key(values.get("once").map(String::as_str));
    let secret = match &once {
        Some(once) => keys(&app)?.asking_secret(once),
        None => Secret::fresh(),
    };
    let sent = match new_case(&request, &app, &seen, &filled, &secret) {
        Ok(new) => send(&request, new, photos, &hash, once.as_deref()).await,
        Err(error) => Err(error),
    };
    match sent {
        Ok(no) => {
            let mut response = see_other(format!("{}?sent", place(&no, &secret)));
            response.add_cookie(&cookie(&app, &no, &secret)).map_err(|error| Error::broken(error.to_string()))?;
            Ok(response)
        }
        Err(error) if error.code() == Code::CaseOpen => match asked_already(&request, &app, &seen).await? {
            Some(answer) => Ok(answer),
            // It ended in between: whoever asks again is heard.
            None => Err(Code::Stale.into()),
        },
        Err(error) if matches!(error.code(), Code::Invalid | Code::KeyReused | Code::GivenBack) => {
            let words = Layout::titled(&request, "help-title").t;
            // Sent again with something mended it is another request.
            page(&request, &app, &seen, filled, FormFaults::of(of_form(error), words)?, random_token::<12>()).await
        }
        Err(error) => Err(error),
    }
}

/// What the form asks for.
fn new_case(request: &HttpRequest, app: &AppState, seen: &Seen, filled: &Filled, secret: &Secret) -> Result<NewCase> {
    if filled.reason.is_empty() {
        return Err(Fault::new("reason", Code::Missing).into());
    }
    let wanted = Some(filled.wanted.as_str()).filter(|wanted| !wanted.is_empty()).map(|wanted| Wish::read("wanted", wanted)).transpose()?;
    let today = app.today();
    Ok(NewCase {
        numbers: cases::draw(today),
        today,
        keys: keys(app)?,
        secret_hash: secret.hash(),
        channel: CaseChannel::Card,
        kind: None,
        priority: None,
        market: None,
        lang: lang(request),
        order_no: filled.order_no.clone(),
        contact: filled.contact().map(|(contact, purposes)| NewContact { contact, purposes }),
        lines: vec![NewLine {
            garment: seen.garment,
            reason: filled.reason.clone(),
            zone: filled.zone.clone(),
            words: filled.words.clone(),
            // Withdrawing from the contract is a path of its own.
            wanted: wanted.filter(|wanted| *wanted != Wish::Withdraw),
        }],
        photos: Vec::new(),
        parent: None,
    })
}

/// Opens it, once however often this very form is sent; the number of the case.
async fn send(request: &HttpRequest, new: NewCase, photos: Vec<Vec<u8>>, hash: &str, once: Option<&str>) -> Result<String> {
    let new = NewCase { photos: clean_photos(photos).await.map_err(at_photos)?, ..new };
    change_as(request, ACTOR, hash, once, move |db, stamp| Ok(cases::open(db, stamp, &new)?.0.no)).await
}
