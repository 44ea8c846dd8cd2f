//! What printers have beside what every thing has: asking one how it is.

use actix_web::{HttpResponse, web};

use super::{Printer, Status, ask, by_code, reasons};
use crate::kernel::error::{Code, Error, Result};
use crate::platform::http::perm::LabelsEdit;
use crate::platform::http::{Form, Routes};
use crate::platform::rooms::{self, BrandOnly, Call, one_of};
use crate::platform::words::Words;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    rooms::routes::<Printer>(on);
    on.post("/printers/{code}/status", status);
}

/// What a printer answered: whether it is well, and in words.
///
/// # Errors
/// What nobody at the printer can mend.
fn answer(words: Words, asked: Result<Option<Status>>) -> Result<(bool, String)> {
    Ok(match asked {
        Ok(None) => (false, words.say("labels-reason-silent").into_owned()),
        Ok(Some(status)) if status.stops.is_empty() => {
            let key = if status.is_idle() { "labels-printer-idle" } else { "labels-printer-busy" };
            (true, words.say1(key, "count", status.waiting).into_owned())
        }
        Ok(Some(status)) => {
            let stops: Vec<_> = status.stops.iter().map(|stop| stop.as_str()).collect();
            (false, reasons(words, &stops.join(",")))
        }
        Err(Error::Refused(refusal)) => (false, words.refusal(&refusal)),
        Err(other) => return Err(other),
    })
}

#[derive(serde::Deserialize)]
struct Nothing {}

async fn status(call: Call<BrandOnly<LabelsEdit>>, code: web::Path<String>, _form: Form<Nothing>) -> Result<HttpResponse> {
    let code = code.into_inner();
    let known = code.clone();
    let printer = call.read(move |db| by_code(db, &known)).await?.ok_or(Code::NotFound)?;
    let app = call.app().clone();
    let asked = web::block(move || ask(&app, &printer)).await.map_err(Error::broken)?;
    let note = answer(call.words(), asked)?;
    one_of::<Printer, _>(&call, code, Some(note)).await
}
