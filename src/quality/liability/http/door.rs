//! A verdict's page with what belongs to it: photos, what hangs on what, what is handed in; and the page on which a party replies line by line.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use askama::Template;

use super::Reads;
use crate::aftersales::cases;
use crate::inspection::findings::{PhotoForm, PhotoSize, clean_photos, photo_answer, read_photo_form};
use crate::kernel::money::{Money, split};
use crate::kernel::{Code, Error, Id, Result};
use crate::platform::db::Db;
use crate::platform::http::perm::Permission;
use crate::platform::http::{Problem, Routes, attachment, html_response, json, see_other, sha256_hex};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{Besides, ListWindow, Names, Sees, one_with, seen};
use crate::production::materials;
use crate::quality::liability::acts::hand_in_with;
use crate::quality::liability::gather::counts_of;
use crate::quality::liability::page::{OpenLine, RepliesPage, VerdictSection};
use crate::quality::liability::rules::Bundle;
use crate::quality::liability::store::files::{self, HandedIn, VerdictFile};
use crate::quality::liability::store::verdicts::{self, LineVerdict, VerdictFilter};
use crate::quality::liability::view::{VerdictView, verdict_views, why};
use crate::quality::liability::{FileKind, ReplyState, VerdictState, WantedProof};

/// Lines that the page of replies shows.
const SHOWN: i64 = 200;

/// Mounts what a verdict has beside its fields.
pub(super) fn routes(on: &mut Routes<'_>) {
    // Before the page of one, which would take it for a code.
    on.get("/verdicts/replies", replies);
    on.get("/verdicts/{code}", one_page)
        .get("/verdicts/{code}/photos/{id}.jpg", picture)
        .get("/verdicts/{code}/files/{id}", file)
        .post("/verdicts/{code}/files", hand_in);
    on.api(__path_files_json, files_json);
}

async fn one_page(call: Reads, code: web::Path<String>) -> Result<HttpResponse> {
    page_of(&call, code.into_inner(), None).await
}

/// The photos of the garment that a verdict is on: those of its line, and of its case where that has no other.
fn photos_of(db: &mut Db, of: &LineVerdict) -> Result<Vec<Id>> {
    let is_alone = cases::lines(db, of.case_id)?.len() == 1;
    let shows = |line: Option<Id>| line.map_or(is_alone, |line| line == of.line_id);
    Ok(cases::photos(db, of.case_id)?.into_iter().filter(|photo| shows(photo.line_id)).map(|photo| photo.id).collect())
}

async fn page_of(call: &Reads, code: String, fault: Option<String>) -> Result<HttpResponse> {
    let (sees, named, app, rooms) = (call.sees(), code.clone(), call.app().clone(), call.named());
    let found = call.read(move |db| {
        let view: VerdictView = seen(db, &named, sees)?;
        let one = view.stored(db)?;
        let matter = Bundle::matter_of(&one.bundle)?;
        let shares = verdicts::shares_of(db, &[one.id])?.remove(&one.id).unwrap_or_default();
        let own = shares.into_iter().filter(|share| share.party_id.is_some_and(|party| sees.is_of(party)));
        let lots = materials::lots(db, &own.filter_map(|share| share.lot_id).collect::<Vec<_>>())?;
        let mut counts = if lots.is_empty() { Vec::new() } else { counts_of(&app, db, &lots, &[])? };
        counts.retain(|count| Some(&count.defect) == one.defect_code.as_ref());
        let photos = photos_of(db, &one)?;
        let why = why(db, &one, sees)?;
        let names = Names::default().with(db, &rooms, "defects", why.second.iter().filter_map(|one| one.found.as_deref()), sees)?;
        let names = names.with(db, &rooms, "parties", why.replies.iter().map(|reply| reply.party.as_str()), sees)?;
        Ok((photos, files::files_of_line(db, one.line_id, sees)?, (why, counts, names), matter, view))
    });
    let (photos, files, (why, counts, names), matter, verdict) = found.await?;
    let claim = matter.claims.first().ok_or_else(|| Error::broken("a verdict without its claim"))?;
    let micros: Vec<u32> = verdict.shares.iter().map(|share| crate::kernel::saturating(share.micro)).collect();
    let money = |minor| Money { minor, currency: matter.currency.clone() };
    let costs = verdict.shares.iter().zip(split(claim.amount_minor, &micros)).map(|(share, minor)| (share.role, money(minor))).collect();
    let words = call.words();
    let open = verdict.notices.iter().find(|notice| notice.reply == ReplyState::None && verdict.state == VerdictState::Notified);
    // The reply is asked of the party; the brand reads in the table whom it waits for.
    let note = open.filter(|_| call.party.is_some()).map(|notice| {
        let key = if notice.silence_accepts { "verdicts-until-silence" } else { "verdicts-until" };
        (false, words.say1(key, "day", notice.reply_by).into_owned())
    });
    let may_hand_in = may_hand_in(call) && matches!(verdict.state, VerdictState::Notified | VerdictState::Contested);
    let missing = if may_hand_in { WantedProof::missing(&files) } else { Vec::new() };
    let status = fault.as_ref().map(|_| StatusCode::UNPROCESSABLE_ENTITY);
    let layout = call.layout(code.as_str());
    let section = VerdictSection {
        layout,
        verdict,
        costs,
        counts,
        why,
        names,
        photos,
        files,
        missing,
        may_hand_in,
        currency: matter.currency,
        fault,
    };
    let section = section.render().map_err(Error::broken)?;
    one_with::<VerdictView, _>(call, code, Besides { note, section, status }).await
}

async fn picture(call: Reads, path: web::Path<(String, String)>, wanted: web::Query<PhotoSize>) -> Result<HttpResponse> {
    let (code, id) = path.into_inner();
    let (id, small, sees): (Id, bool, Sees) = (id.parse()?, wanted.is_small()?, call.sees());
    let found = call.read(move |db| {
        let one = seen::<VerdictView>(db, &code, sees)?.stored(db)?;
        if !photos_of(db, &one)?.contains(&id) {
            return Err(Code::NotFound.into());
        }
        cases::photo_jpeg(db, one.case_id, id)?.ok_or_else(|| Error::from(Code::NotFound))
    });
    let (jpeg, hash) = found.await?;
    photo_answer(call.request(), id, (jpeg, &hash), small).await
}

async fn file(call: Reads, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let (code, id) = path.into_inner();
    let (id, sees): (Id, Sees) = (id.parse()?, call.sees());
    let found = call.read(move |db| {
        let one = seen::<VerdictView>(db, &code, sees)?.stored(db)?;
        for version in verdicts::of_line(db, one.line_id)? {
            if let Some(found) = files::content(db, version.id, id, sees)? {
                return Ok(found);
            }
        }
        Err(Code::NotFound.into())
    });
    let (file, content): (VerdictFile, Vec<u8>) = found.await?;
    if file.kind == FileKind::Photo {
        return photo_answer(call.request(), id, (content, &file.sha256), false).await;
    }
    // Never shown in the page: it is whatever somebody sent.
    let kind = if file.kind == FileKind::Pdf { "application/pdf" } else { "application/octet-stream" };
    let mut answer = attachment(kind, &format!("{}.{}", file.id, file.ending()), content);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static("sandbox"));
    Ok(answer)
}

/// Whether somebody may hand something in: a party for itself, and of the brand's people those who judge.
fn may_hand_in(call: &Reads) -> bool {
    call.party.is_some() || call.may(Permission::LiabilityEdit)
}

/// What an upload is kept as.
async fn kept(name: String, bytes: Vec<u8>) -> Result<HandedIn> {
    let of = |kind, name, content: Vec<u8>| HandedIn { kind, name, sha256: sha256_hex(&content), content };
    if bytes.starts_with(b"%PDF-") {
        return Ok(of(FileKind::Pdf, name, bytes));
    }
    match clean_photos(vec![bytes.clone()]).await {
        Ok(mut pictures) => {
            let picture = pictures.pop().ok_or_else(|| Error::broken("a picture that was made is gone"))?;
            Ok(of(FileKind::Photo, name, picture.jpeg))
        }
        // Nothing is refused for what kind of file it is.
        Err(Error::Refused(_)) => Ok(of(FileKind::Other, name, bytes)),
        Err(other) => Err(other),
    }
}

async fn hand_in(call: Reads, code: web::Path<String>, form: Multipart) -> Result<HttpResponse> {
    if !may_hand_in(&call) {
        return Err(Code::Forbidden.into());
    }
    let (code, now, sees) = (code.into_inner(), call.app().clock.now(), call.sees());
    let most = call.read(move |db| policies::value(db, Policy::PhotosPerCase, now)).await?;
    let PhotoForm { values, photos, names, hash } = read_photo_form(call.request(), form, most).await?;
    if photos.is_empty() {
        return page_of(&call, code, Some(call.words().say("error-missing").into_owned())).await;
    }
    let mut files = Vec::with_capacity(photos.len());
    for (name, bytes) in names.into_iter().zip(photos) {
        files.push(kept(name, bytes).await?);
    }
    let once = values.get("once").cloned();
    let named = code.clone();
    let done = call.change(&hash, once.as_deref(), move |db, stamp| hand_in_with(db, stamp, &named, sees, &files));
    match done.await {
        Ok(()) => Ok(see_other(format!("/verdicts/{code}#files"))),
        Err(Error::Refused(refusal)) if matches!(refusal.code.status(), 409 | 422) => {
            let said = call.words().refusal(&refusal);
            page_of(&call, code, Some(said)).await
        }
        Err(error) => Err(error),
    }
}

/// What was handed in with all versions of a verdict.
#[utoipa::path(
    get, path = "/api/v1/verdicts/{code}/files", tag = "verdicts", params(("code" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = 404, body = Problem))
)]
async fn files_json(call: Reads, code: web::Path<String>) -> Result<HttpResponse> {
    let sees = call.sees();
    let found = call.read(move |db| {
        let one = seen::<VerdictView>(db, &code, sees)?.stored(db)?;
        let files = files::files_of_line(db, one.line_id, sees)?;
        let missing: Vec<&str> = WantedProof::missing(&files).into_iter().map(WantedProof::as_str).collect();
        let file = |file: &VerdictFile| {
            serde_json::json!({
                "id": file.id, "kind": file.kind, "name": file.name, "sha256": file.sha256, "at": file.at,
                "href": format!("/verdicts/{}/files/{}", file.verdict_id, file.id),
            })
        };
        Ok(serde_json::json!({ "files": files.iter().map(file).collect::<Vec<_>>(), "missing": missing }))
    });
    json(&found.await?)
}

async fn replies(call: Reads) -> Result<HttpResponse> {
    let (sees, named) = (call.sees(), call.named());
    let found = call.read(move |db| {
        let filter = VerdictFilter { state: Some(VerdictState::Notified), ..VerdictFilter::default() };
        let window = ListWindow { from: crate::platform::rooms::From::Start, limit: SHOWN, last_first: false };
        let all = verdicts::list(db, &filter, sees, &window)?;
        let mut lines = Vec::with_capacity(all.len());
        let bundles: HashMap<String, String> = all.iter().map(|one| (one.id.to_string(), one.bundle.clone())).collect();
        for verdict in verdict_views(db, all, sees)? {
            let matter = Bundle::matter_of(bundles.get(&verdict.code).ok_or(Code::NotFound)?)?;
            let cost = matter.claims.first().map_or(0, |claim| claim.amount_minor);
            let micros: Vec<u32> = verdict.shares.iter().map(|share| crate::kernel::saturating(share.micro)).collect();
            let mut amounts: HashMap<String, i64> = HashMap::new();
            for (share, minor) in verdict.shares.iter().zip(split(cost, &micros)) {
                if let Some(party) = &share.party {
                    *amounts.entry(party.clone()).or_default() += minor;
                }
            }
            let said = |minor| format!("{} {}", Money { minor, currency: matter.currency.clone() }.amount(), matter.currency);
            let amounts = amounts.into_iter().map(|(party, minor)| (party, said(minor))).collect();
            lines.push(OpenLine { verdict, amounts });
        }
        lines.sort_by_key(|line| line.verdict.reply_by);
        let defects = lines.iter().filter_map(|line| line.verdict.defect.as_deref());
        let names = Names::default().with(db, &named, "defects", defects, sees)?;
        let parties = lines.iter().flat_map(|line| &line.verdict.notices).map(|notice| notice.party.as_str());
        Ok((names.with(db, &named, "parties", parties, sees)?, lines))
    });
    let (names, lines) = found.await?;
    let layout = call.layout(call.words().say("verdicts-replies"));
    let page = RepliesPage { layout, lines, names, is_bound: sees != Sees::ALL };
    Ok(html_response(StatusCode::OK, &page))
}
