//! One form and one call for many lines, and the page of long work.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::store::{self, LINE_ACTS_WORK, LineActsBegun, LineActsReport, LineRefused};
use super::{FORM, LineAct, LineActsAsk};
use crate::aftersales::repairs::{RepairKind, RepairSite};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Id, Result};
use crate::platform::http::perm::CasesEdit;
use crate::platform::http::{Form, FormState, Json, Layout, Problem, Routes, html, see_other, segment};
use crate::platform::jobs::{self, JobState};
use crate::platform::rooms::{Asked, BrandOnly, Call, Said, asking_again, asking_page};

type Saves = Call<BrandOnly<CasesEdit>>;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_begin_json, begin_json)
        .get("/line-acts/new", new_form)
        .post("/line-acts/new", begin_form)
        .get("/line-acts/{id}", work_page);
}

async fn begun(call: &Saves, hash: &str, once: Option<&str>, ask: LineActsAsk) -> Result<LineActsBegun> {
    let zone = call.app().config.time_zone;
    call.change(hash, once, move |db, stamp| store::ask(db, stamp, zone, &ask)).await
}

/// Opens a return, a repair, a refund or credit for many lines of a case: for all of them or for none, each line that is refused named as `lines.N`.
/// More than fifty are long work, whose report is a `LineActsReport`.
#[utoipa::path(post, path = "/api/v1/line-acts", tag = "cases", request_body = LineActsAsk, responses(
    (status = 201, body = LineActsBegun), (status = 202, body = LineActsBegun, description = "The job is at the address that `location` says."),
    (status = 409, body = Problem), (status = 422, body = Problem)
))]
async fn begin_json(call: Saves, body: Json<LineActsAsk>) -> Result<HttpResponse> {
    let made = begun(&call, &body.hash, None, body.value).await?;
    Ok(match made.job {
        Some(job) => HttpResponse::Accepted().insert_header(("location", jobs::address(job))).json(made),
        None => HttpResponse::Created().json(made),
    })
}

fn layout(call: &Saves) -> Layout {
    Layout { keeps_form: true, ..call.layout(call.words().say("line-acts-new")) }
}

/// What sending the form is called.
fn asked(call: &Saves) -> Asked {
    Asked { sends: Some(call.words().say("line-acts-go").into_owned()), ..Asked::default() }
}

/// Where one goes who gives up.
fn back(values: &HashMap<String, String>) -> String {
    values.get("case").filter(|no| !no.is_empty()).map_or_else(|| "/cases".to_owned(), |no| format!("/cases/{}", segment(no)))
}

async fn new_form(call: Saves, said: web::Query<HashMap<String, String>>) -> Result<HttpResponse> {
    let back = back(&said);
    Ok(html(&asking_page(layout(&call), &FORM, FormState::of(said.into_inner()), "/line-acts/new", back, asked(&call))))
}

async fn begin_form(call: Saves, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let made = match Said::of_form(&FORM, &form.value).and_then(|said| said.value::<FormSaid>()) {
        Ok(_) if FormState::is_shown_again(&form.value) => Err(Code::Invalid.into()),
        Ok(said) => begun(&call, &form.hash, form.once.as_deref(), said.ask()).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(LineActsBegun { job: Some(job), .. }) => Ok(see_other(format!("/line-acts/{job}"))),
        Ok(_) => Ok(see_other(back(&form.value))),
        Err(error) => {
            let back = back(&form.value);
            asking_again(layout(&call), &FORM, form.value, error, ("/line-acts/new", back), asked(&call))
        }
    }
}

/// What the form says: a choice that nobody made is left out.
#[derive(Deserialize)]
struct FormSaid {
    case: String,
    act: LineAct,
    #[serde(default)]
    lines: Option<Vec<i64>>,
    rule: Option<String>,
    reason: Option<String>,
    kind: Option<RepairKind>,
    site: Option<RepairSite>,
}

impl FormSaid {
    fn ask(self) -> LineActsAsk {
        LineActsAsk {
            case: self.case,
            act: self.act,
            lines: self.lines.unwrap_or_default(),
            rule: self.rule.filter(|rule| !rule.is_empty()),
            reason: self.reason.unwrap_or_default(),
            kind: self.kind.unwrap_or_default(),
            site: self.site.unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "aftersales/line_acts/work.html")]
struct WorkPage {
    layout: Layout,
    case: String,
    state: JobState,
    done: i64,
    total: i64,
    /// What became of it, once it is over.
    report: Option<LineActsReport>,
}

impl WorkPage {
    fn lang(&self) -> Lang {
        self.layout.lang
    }

    /// Whether it is still being done: the page looks again by itself.
    fn waits(&self) -> bool {
        !self.state.is_over()
    }

    fn why<'a>(&self, refused: &'a LineRefused) -> &'a str {
        self.lang().of(&refused.zh, &refused.en)
    }
}

async fn work_page(call: Saves, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let job = call.read(move |db| jobs::find(db, id)).await?.filter(|job| job.kind == LINE_ACTS_WORK).ok_or(Code::NotFound)?;
    let case = job.input.get("case").and_then(Value::as_str).unwrap_or_default().to_owned();
    // What broke has an error for its report.
    let report = match job.state {
        JobState::Done => Some(serde_json::from_value(job.report).map_err(Error::broken)?),
        _ => None,
    };
    let layout = call.layout(call.words().say("line-acts-new"));
    Ok(html(&WorkPage { layout, case, state: job.state, done: job.done, total: job.total, report }))
}
