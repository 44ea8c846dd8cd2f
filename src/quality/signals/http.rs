//! Addresses of signals. They name everybody: whoever is bound to a party finds nothing here.

use actix_web::HttpResponse;
use actix_web::web::Query;
use serde::Deserialize;

use super::page::{ClaimsPage, SignalsPage};
use super::{
    ClaimKind, ClaimsAsk, SignalClaims, SignalReport, SignalsAsk, claims, node_rows, node_titles, report, signal_rows, signal_titles,
};
use crate::kernel::Result;
use crate::platform::exports::{self, Format};
use crate::platform::http::perm::{Permission, TraceRead};
use crate::platform::http::{Problem, Routes, html, json};
use crate::platform::rooms::{BrandOnly, Call};

type Signals = Call<BrandOnly<TraceRead>>;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_signals_json, signals_json).get("/signals", signals_page);
    on.api(__path_claims_json, claims_json).get("/signals/claims", claims_page);
}

/// What is asked for, and in which form.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct SignalsQuery {
    /// Code of the defect to go into.
    #[serde(default)]
    defect: String,
    /// `reported` (when absent), `confirmed` or `line`.
    #[param(inline)]
    kind: Option<ClaimKind>,
    /// `csv` or `xlsx` for a file; JSON without. With a defect the file holds what could be behind it, else the defects.
    #[param(inline)]
    format: Option<Format>,
}

impl SignalsQuery {
    fn signals(&self) -> SignalsAsk {
        let defect = self.defect.trim().to_owned();
        SignalsAsk { kind: self.kind.unwrap_or_default(), defect: (!defect.is_empty()).then_some(defect) }
    }
}

async fn read(call: &Signals, ask: SignalsAsk) -> Result<SignalReport> {
    let (memory, today) = (call.app().store.clone(), call.app().today());
    let may_read_money = call.may(Permission::MoneyRead);
    let found = call.read(move |db| report(&memory, db, today, &ask)).await?;
    Ok(if may_read_money { found } else { found.without_money() })
}

/// Which defects stand out and who is behind them; with a defect, everything that could be.
#[utoipa::path(
    get, path = "/api/v1/signals", tag = "signals", params(SignalsQuery),
    responses((status = 200, body = SignalReport), (status = 422, body = Problem))
)]
async fn signals_json(call: Signals, ask: Query<SignalsQuery>) -> Result<HttpResponse> {
    let asked = ask.signals();
    let Some(format) = ask.format else { return json(&read(&call, asked).await?) };
    let may_read_money = call.may(Permission::MoneyRead);
    let (words, lang, memory, today) = (call.words(), call.lang(), call.app().store.clone(), call.app().today());
    let (stem, titles) = match &asked.defect {
        Some(defect) => (format!("signals-{}-{defect}", asked.kind.as_str()), node_titles(words)),
        None => (format!("signals-{}", asked.kind.as_str()), signal_titles(words)),
    };
    exports::download(&call.app().store, format, &stem, titles, move |db, sheet| {
        let found = report(&memory, db, today, &asked)?;
        let found = if may_read_money { found } else { found.without_money() };
        let rows = match &found.detail {
            Some(detail) => node_rows(&detail.nodes, lang),
            None => signal_rows(&found.defects, lang),
        };
        rows.iter().try_for_each(|row| sheet.row(row))
    })
    .await
}

/// Whose claims are asked for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ClaimsQuery {
    /// Code of the defect.
    defect: String,
    /// `reported` (when absent), `confirmed` or `line`.
    #[param(inline)]
    kind: Option<ClaimKind>,
    /// The row: what its `of` says.
    of: String,
}

async fn claims_of(call: &Signals, ask: ClaimsQuery) -> Result<SignalClaims> {
    let (app, money, cases) = (call.app().clone(), call.may(Permission::MoneyRead), call.may(Permission::CasesRead));
    let asked = ClaimsAsk { kind: ask.kind.unwrap_or_default(), defect: ask.defect.trim().to_owned(), of: ask.of };
    let found = call.read(move |db| claims(&app, db, &asked)).await?;
    let found = if money { found } else { found.without_money() };
    Ok(if cases { found } else { found.without_cases() })
}

/// The claims behind a row of signals: garments, their cases and findings, what they cost, their photos.
#[utoipa::path(
    get, path = "/api/v1/signals/claims", tag = "signals", params(ClaimsQuery),
    responses((status = 200, body = SignalClaims), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn claims_json(call: Signals, ask: Query<ClaimsQuery>) -> Result<HttpResponse> {
    json(&claims_of(&call, ask.into_inner()).await?)
}

async fn claims_page(call: Signals, ask: Query<ClaimsQuery>) -> Result<HttpResponse> {
    let found = claims_of(&call, ask.into_inner()).await?;
    Ok(html(&ClaimsPage::new(call.layout(""), found)))
}

async fn signals_page(call: Signals, ask: Query<SignalsQuery>) -> Result<HttpResponse> {
    let found = read(&call, ask.signals()).await?;
    Ok(html(&SignalsPage::new(call.layout(call.words().say("signals-title")), found)))
}
