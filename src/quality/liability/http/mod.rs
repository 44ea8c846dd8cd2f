//! What rule tables, verdicts and statements have beside what every thing has: the steps of a verdict, and the file of a statement.

mod door;

use actix_web::{HttpResponse, web};

use super::acts::{
    accept_one, acknowledge_one, approve_one, contest_one, decide_one, dispute_one, finish_one, inspect_one, issue_one, notify_one,
    reject_one, settle_one, void_chargeback, void_one, waive_one, withdraw_one, write_off_one,
};
use super::chargebacks::{SAY_WHY, SETTLE};
use super::dossier::dossier;
use super::evidence::WITHDRAW;
use super::store::agreements::SupplierAgreement;
use super::store::chargebacks::Chargeback;
use super::store::records::EvidenceRecord;
use super::view::{RulesView, StatementView, VerdictView, why};
use super::{LOOK_AGAIN, WHY, active};
use crate::kernel::{Code, Result};
use crate::ownership::holders::LegalHold;
use crate::platform::http::perm::{FindingsEdit, LiabilityEdit, LiabilityRead, MoneyEdit};
use crate::platform::http::{Problem, Routes, attachment, json};
use crate::platform::rooms::{
    self, BrandOnly, Call, Fields, Sees, ThingAct, once_made_routes, once_made_routes_without_page, seen, thing_act,
};
use crate::production::serials::{self, Scanned};

type Reads = Call<LiabilityRead>;
type Edits = BrandOnly<LiabilityEdit>;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    let none: &'static Fields = &Fields::NONE;
    // Before the pages of single versions, which would take this for a name.
    on.api(__path_active_json, active_json);
    once_made_routes::<RulesView>(on);
    let act = |verb, about, deed| ThingAct::<RulesView> { verb, about, asks: none, deed };
    thing_act::<_, Edits>(on, act("approve", "Puts tables in force. Whoever proposed them may not.", approve_one));
    thing_act::<_, Edits>(on, act("reject", "Says no to tables. Whoever proposed them may not.", reject_one));

    once_made_routes_without_page::<VerdictView>(on);
    door::routes(on);
    on.api(__path_why_json, why_json);
    let act = |verb, about, asks, deed| ThingAct::<VerdictView> { verb, about, asks, deed };
    thing_act::<_, Edits>(on, act("notify", "Tells those who are charged: from today on they may reply.", none, notify_one));
    thing_act::<_, Edits>(on, act("decide", "Decides that it stands. Somebody else than had it reckoned.", &WHY, decide_one));
    thing_act::<_, Edits>(on, act("finish", "Makes it final: every cost of the line moves to whoever answers for it.", none, finish_one));
    let looks = "Looks at the garment again after a contest. Not whoever looked first.";
    thing_act::<_, BrandOnly<FindingsEdit>>(on, act("inspect", looks, &LOOK_AGAIN, inspect_one));
    thing_act::<_, LiabilityRead>(on, act("accept", "A party that is charged accepts.", none, accept_one));
    thing_act::<_, LiabilityRead>(on, act("contest", "A party that is charged does not accept, with the reason.", &WHY, contest_one));

    rooms::routes::<SupplierAgreement>(on);
    once_made_routes::<EvidenceRecord>(on);
    let withdraw = ThingAct::<EvidenceRecord> {
        verb: "withdraw",
        about: "Withdraws a record that was a mistake: from then on it says nothing.",
        asks: &WITHDRAW,
        deed: withdraw_one,
    };
    thing_act::<_, BrandOnly<FindingsEdit>>(on, withdraw);

    once_made_routes::<StatementView>(on);
    on.api(__path_file_json, file_json).get("/statements/{code}/file", file_page);
    let void = ThingAct::<StatementView> {
        verb: "void",
        about: "Takes a statement back: its lines may stand in another.",
        asks: &WHY,
        deed: void_one,
    };
    thing_act::<_, Edits>(on, void);
    chargeback_routes(on);
    on.api(__path_dossier_json, dossier_json).get("/legal-holds/{code}/file", dossier_page);
}

/// Everything known of a garment in one ZIP file: a document, and the pictures and papers it names. How to reach people is not in it.
#[utoipa::path(
    get, path = "/api/v1/garments/{serial}/dossier", tag = "liability", params(("serial" = String, Path)),
    responses((status = 200, content_type = "application/zip"), (status = 404, body = Problem))
)]
async fn dossier_json(call: Call<Edits>, serial: web::Path<String>) -> Result<HttpResponse> {
    let app = call.app().clone();
    let zipped = call.read(move |db| {
        let scanned = Scanned::read("serial", &serial, None)?;
        let garment = serials::find(db, &app.keys.serials, &scanned)?.ok_or(Code::NotFound)?;
        dossier(&app, db, garment)?.zipped()
    });
    Ok(attachment("application/zip", "garment.zip", zipped.await?))
}

async fn dossier_page(call: Call<Edits>, code: web::Path<String>) -> Result<HttpResponse> {
    let app = call.app().clone();
    let zipped = call.read(move |db| {
        let hold = seen::<LegalHold>(db, &code, Sees::ALL)?;
        dossier(&app, db, hold.garment())?.zipped()
    });
    Ok(attachment("application/zip", "garment.zip", zipped.await?))
}

fn chargeback_routes(on: &mut Routes<'_>) {
    type Pays = BrandOnly<MoneyEdit>;
    let none: &'static Fields = &Fields::NONE;
    once_made_routes::<Chargeback>(on);
    let act = |verb, about, asks, deed| ThingAct::<Chargeback> { verb, about, asks, deed };
    thing_act::<_, Pays>(on, act("issue", "Sends it to the party.", none, issue_one));
    thing_act::<_, LiabilityRead>(on, act("acknowledge", "The party says that it will pay.", none, acknowledge_one));
    thing_act::<_, LiabilityRead>(on, act("dispute", "The party says that it will not, with the reason.", &SAY_WHY, dispute_one));
    thing_act::<_, Pays>(on, act("settle", "It was paid or netted.", &SETTLE, settle_one));
    thing_act::<_, Pays>(on, act("waive", "It is given up on purpose.", &SAY_WHY, waive_one));
    thing_act::<_, Pays>(on, act("write-off", "It is given up because it cannot be had.", &SAY_WHY, write_off_one));
    thing_act::<_, Pays>(on, act("void", "Takes it back: its lines may stand in another.", &SAY_WHY, void_chargeback));
}

/// The rule tables in force.
#[utoipa::path(get, path = "/api/v1/liability-rules/active", tag = "liability-rules", responses((status = 200, body = serde_json::Value)))]
async fn active_json(call: Call<BrandOnly<LiabilityRead>>) -> Result<HttpResponse> {
    json(&call.read(active).await?)
}

/// Everything a verdict was reckoned of, what hangs on each piece of evidence, what moved since the version before, and what the parties said.
#[utoipa::path(
    get, path = "/api/v1/verdicts/{code}/why", tag = "verdicts", params(("code" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = 404, body = Problem))
)]
async fn why_json(call: Reads, code: web::Path<String>) -> Result<HttpResponse> {
    let sees = call.sees();
    let read = call.read(move |db| {
        let one = seen::<VerdictView>(db, &code, sees)?.stored(db)?;
        why(db, &one, sees)
    });
    json(&read.await?)
}

async fn file_of(call: &Reads, code: String) -> Result<HttpResponse> {
    let sees = call.sees();
    let statement = call.read(move |db| seen::<StatementView>(db, &code, sees)?.stored(db)).await?;
    let name = format!("statement-{}.json", statement.id);
    Ok(attachment("application/json; charset=utf-8", &name, statement.bundle))
}

/// The file of a statement, as `hangtag statement verify` takes it.
#[utoipa::path(
    get, path = "/api/v1/statements/{code}/file", tag = "statements", params(("code" = String, Path)),
    responses((status = 200, content_type = "application/json"), (status = 404, body = Problem))
)]
async fn file_json(call: Reads, code: web::Path<String>) -> Result<HttpResponse> {
    file_of(&call, code.into_inner()).await
}

async fn file_page(call: Reads, code: web::Path<String>) -> Result<HttpResponse> {
    file_of(&call, code.into_inner()).await
}
