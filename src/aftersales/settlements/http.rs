//! What settlements and the ledger have beside what every thing has: approving, paying, taking back, and the file of a payout.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::acts::{approve_one, failed_one, paid_one, reverse_one, submit_one, void_one};
use super::store::settling::{of_payout, pay_out, waiting};
use super::view::named_balances;
use super::{CURRENCY, EntryView, PAID, PayerKind, SettlementView, WHY};
use crate::aftersales::cases;
use crate::aftersales::ledger::{BalanceOf, balances};
use crate::kernel::money::Money;
use crate::kernel::{Code, Fault, Id, Result};
use crate::platform::exports::{Cell, Format};
use crate::platform::http::perm::{CasesEdit, MoneyEdit, MoneyRead};
use crate::platform::http::{Form, FormState, Json, Layout, Problem, Routes, created, html, json, see_other, table};
use crate::platform::rooms::{
    Asked, BrandOnly, Call, Fields, Said, Thing, ThingAct, asking_again, asking_page, once_made_routes, thing_act,
};
use crate::production::parties;

type Pays = Call<BrandOnly<MoneyEdit>>;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    // Before the pages of single settlements, which would take these for a code.
    on.get("/settlements/payout", payout_form)
        .post("/settlements/payout", payout_by_form)
        .get("/settlements/payouts/{code}", payout_file)
        .api(__path_payout_json, payout_json)
        .api(__path_payout_csv, payout_csv)
        .api(__path_balances_json, balances_json);
    once_made_routes::<SettlementView>(on);
    let act = |verb, about, asks, deed| ThingAct::<SettlementView> { verb, about, asks, deed };
    let none: &'static Fields = &Fields::NONE;
    thing_act::<_, BrandOnly<MoneyEdit>>(
        on,
        act("approve", "Approves it. Whoever asked for it may not; above the limit it takes two.", none, approve_one),
    );
    thing_act::<_, BrandOnly<MoneyEdit>>(
        on,
        act("submit", "Hands it over for payment, and once more when its payment failed.", none, submit_one),
    );
    thing_act::<_, BrandOnly<MoneyEdit>>(
        on,
        act("paid", "Says that it was paid or handed over. Said again with the same reference, it is as it was.", &PAID, paid_one),
    );
    thing_act::<_, BrandOnly<MoneyEdit>>(
        on,
        act("failed", "Says that it could not be paid. Said again, it is as it was.", &WHY, failed_one),
    );
    thing_act::<_, BrandOnly<CasesEdit>>(
        on,
        act("void", "Makes it void, before it is being paid: what it set aside may be given back again.", &WHY, void_one),
    );
    once_made_routes::<EntryView>(on);
    let back = ThingAct::<EntryView> {
        verb: "reverse",
        about: "Takes an entry back: the same with the other sign is added, and what a verdict moved of it is moved back.",
        asks: none,
        deed: reverse_one,
    };
    thing_act::<_, BrandOnly<MoneyEdit>>(on, back);
}

/// Of which currency approved settlements are paid out.
#[rustfmt::skip]
const PAYOUT: Fields = Fields { table: "settlements", title: ("付款", "Payout"), columns: &[
    CURRENCY.nullable().hint("只付这一币种；不填就是全部。", "Only of this currency; of all when left out.", "CNY"),
] };

/// A payout: approved settlements that were handed over for payment together.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Payout {
    /// What the address of its file ends with.
    #[schema(value_type = String)]
    code: Id,
    /// Settlements in it.
    settlements: usize,
}

/// What a payout is made of.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPayout {
    /// Only of this currency; of all when absent.
    #[serde(default)]
    currency: Option<String>,
}

async fn paid_out(call: &Pays, hash: &str, once: Option<&str>, currency: Option<String>) -> Result<Payout> {
    let (code, settlements) = call.change(hash, once, move |db, stamp| pay_out(db, stamp, currency.as_deref())).await?;
    Ok(Payout { code, settlements })
}

/// Hands everything that is approved over for payment.
#[utoipa::path(
    post, path = "/api/v1/payouts", tag = "settlements", request_body = NewPayout,
    responses((status = 201, body = Payout), (status = 422, body = Problem, description = "Nothing is approved"))
)]
async fn payout_json(call: Pays, body: Json<NewPayout>) -> Result<HttpResponse> {
    let currency = body.value.currency.map(|text| crate::kernel::money::read_currency("currency", &text)).transpose()?;
    let payout = paid_out(&call, &body.hash, None, currency).await?;
    created(&format!("/api/v1/payouts/{}", payout.code), &payout)
}

fn layout_of(call: &Pays) -> Layout {
    Layout { keeps_form: true, ..call.layout(call.words().say("settlements-payout")) }
}

/// What waits, said over the form: how many settlements and how much of each currency.
async fn asked(call: &Pays) -> Result<Asked> {
    let words = call.words();
    let all = call.read(|db| waiting(db, None)).await?;
    let mut sums: std::collections::BTreeMap<&str, (usize, i64)> = std::collections::BTreeMap::new();
    for one in &all {
        let sum = sums.entry(&one.currency).or_default();
        *sum = (sum.0 + 1, sum.1 + one.amount_minor);
    }
    let line = |(currency, (count, minor)): (&str, (usize, i64))| {
        let amount = Money { minor, currency: currency.to_owned() }.amount();
        let said = [("count", count.to_string()), ("amount", crate::kernel::text::grouped(amount)), ("currency", currency.to_owned())];
        words.say_with("settlements-payout-line", &said).into_owned()
    };
    Ok(Asked {
        before: Some((words.say("settlements-payout-waiting").into_owned(), sums.into_iter().map(line).collect())),
        sends: Some(words.say("settlements-payout").into_owned()),
        ..Asked::default()
    })
}

async fn payout_form(call: Pays) -> Result<HttpResponse> {
    let asked = asked(&call).await?;
    Ok(html(&asking_page(layout_of(&call), &PAYOUT, FormState::default(), "/settlements/payout", "/settlements", asked)))
}

async fn payout_by_form(call: Pays, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let done = match Said::of_form(&PAYOUT, &form.value) {
        Ok(_) if FormState::is_shown_again(&form.value) => Err(Code::Invalid.into()),
        Ok(said) => paid_out(&call, &form.hash, form.once.as_deref(), said.text("currency").map(str::to_owned)).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(payout) => Ok(see_other(format!("/settlements?payout={}", payout.code))),
        Err(error) => {
            let asked = asked(&call).await?;
            asking_again(layout_of(&call), &PAYOUT, form.value, error, ("/settlements/payout", "/settlements"), asked)
        }
    }
}

/// The file of a payout: one line for each settlement with money in it. The account is for finance to fill in: it is not kept here.
async fn file_of(call: &Call<BrandOnly<MoneyRead>>, code: &str) -> Result<HttpResponse> {
    let payout: Id = code.parse()?;
    let app = call.app().clone();
    let rows = call.read(move |db| {
        let all = of_payout(db, payout)?;
        let codes: Vec<String> = all.iter().map(|one| one.id.to_string()).collect();
        let views = SettlementView::with_codes(db, &codes.iter().map(String::as_str).collect::<Vec<_>>())?;
        let mut views = <SettlementView as crate::platform::rooms::Listing>::named(db, &app, views)?;
        views.sort_by(|a, b| a.code.cmp(&b.code));
        let is_money: std::collections::HashSet<String> =
            all.iter().filter(|one| one.amount_minor > 0).map(|one| one.id.to_string()).collect();
        Ok(views.into_iter().filter(|view| is_money.contains(&view.code)).collect::<Vec<_>>())
    });
    let rows = rows.await?;
    if rows.is_empty() {
        return Err(Code::NotFound.into());
    }
    let titles = ["settlement", "case", "account", "amount", "currency"];
    let titles = titles.iter().map(|name| call.words().say(format!("settlements-file-{name}")).into_owned()).collect();
    let row =
        |view: SettlementView| [Some(view.code), Some(view.case), None, Some(view.amount), Some(view.currency)].map(Cell::from).to_vec();
    table(Format::Csv, &format!("payout-{code}"), titles, rows.into_iter().map(row))
}

async fn payout_file(call: Call<BrandOnly<MoneyRead>>, code: web::Path<String>) -> Result<HttpResponse> {
    file_of(&call, &code).await
}

/// The file of a payout: settlement, case, account (for finance to fill in), amount, currency.
#[utoipa::path(
    get, path = "/api/v1/payouts/{code}", tag = "settlements", params(("code" = String, Path)),
    responses((status = 200, content_type = "text/csv"), (status = 404, body = Problem))
)]
async fn payout_csv(call: Call<BrandOnly<MoneyRead>>, code: web::Path<String>) -> Result<HttpResponse> {
    file_of(&call, &code).await
}

/// Of what a balance is asked: a case or a party.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OfWhat {
    /// Number of a case.
    case: Option<String>,
    /// Code of a party.
    party: Option<String>,
}

/// What somebody is charged with.
#[derive(Debug, Serialize, ToSchema)]
struct BalanceBody {
    /// Brand, customer or party.
    payer: PayerKind,
    /// Code of the party.
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<String>,
    /// How much; below zero when more came in than was spent.
    #[schema(value_type = Object)]
    balance: Money,
}

/// What each payer of a case, or a party, is charged with: the sum of the entries.
#[utoipa::path(
    get, path = "/api/v1/ledger/balances", tag = "ledger", params(OfWhat),
    responses((status = 200, body = Vec<BalanceBody>), (status = 422, body = Problem))
)]
async fn balances_json(call: Call<BrandOnly<MoneyRead>>, of: web::Query<OfWhat>) -> Result<HttpResponse> {
    let OfWhat { case, party } = of.into_inner();
    let found = call.read(move |db| {
        let unknown = |field: &'static str, value: &str| Fault::new(field, Code::UnknownReference).with("value", value);
        let of = match (case, party) {
            (Some(no), None) => BalanceOf::Case(cases::by_no(db, &no)?.ok_or_else(|| unknown("case", &no))?.id),
            (None, Some(code)) => BalanceOf::Party(parties::by_code(db, &code)?.ok_or_else(|| unknown("party", &code))?.id),
            _ => return Err(Fault::new("case", Code::Missing).into()),
        };
        let balances = balances(db, of)?;
        named_balances(db, balances)
    });
    let body: Vec<_> = found.await?.into_iter().map(|(payer, party, balance)| BalanceBody { payer, party, balance }).collect();
    json(&body)
}
