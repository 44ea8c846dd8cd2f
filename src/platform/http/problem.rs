//! Errors on the way out: RFC 9457 problem documents for programs, a page in their language for people. Only here does an error become a response.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use serde::Serialize;

use super::headers::header_text;
use super::locale::Locale;
use super::page::{Layout, html_response};
use crate::kernel::{Code, Error, Refusal};

/// An error as programs read it (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What it means, in the language asked for.
    pub title: String,
    /// The places it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<ProblemFault>,
}

/// One thing wrong with one place.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemFault {
    /// Field or column.
    pub field: String,
    /// Line of the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The stable code.
    pub code: String,
    /// Why, in the language asked for.
    pub reason: String,
}

#[derive(Template)]
#[template(path = "platform/http/problem.html")]
struct ProblemPage<'a> {
    layout: Layout,
    problem: &'a Problem,
}

/// The same for those who are signed in: their menu stays.
#[derive(Template)]
#[template(path = "platform/http/problem_staff.html")]
struct StaffProblemPage<'a> {
    layout: Layout,
    problem: &'a Problem,
}

impl ResponseError for Error {
    #[expect(clippy::disallowed_methods, reason = "the table of codes has only statuses; anything else would be ours to mend")]
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        // The middleware below knows the request, and with it the language and the form of the answer.
        HttpResponse::new(self.status_code())
    }
}

/// The problem document of an error. A broken thing is logged here, under the id the asker is told.
pub fn problem(error: &Error, request: &HttpRequest) -> Problem {
    let words = Locale::of(request).words();
    let refusal = match error {
        Error::Refused(refusal) => (**refusal).clone(),
        Error::Busy | Error::Retry => Refusal::new(Code::Busy),
        Error::Broken(source) => {
            let id = super::log_id();
            tracing::error!(%id, error = ?source, method = %request.method(), path = request.path(), "broken");
            Refusal::new(Code::Broken).with("id", id)
        }
    };
    Problem {
        kind: format!("/errors#{}", refusal.code.as_str()),
        status: refusal.code.status(),
        code: refusal.code.as_str().to_owned(),
        title: words.refusal(&refusal),
        faults: refusal
            .faults
            .iter()
            .map(|fault| ProblemFault {
                field: fault.field.to_string(),
                line: fault.line,
                code: fault.code.as_str().to_owned(),
                reason: words.fault(fault),
            })
            .collect(),
    }
}

/// Whether the asker is a person with a browser rather than a program.
pub fn wants_html(request: &HttpRequest) -> bool {
    !request.path().starts_with("/api/")
        && header_text(request.headers(), header::ACCEPT).is_some_and(|accept| accept.contains("text/html"))
}

/// The whole response to an error.
pub fn respond(error: &Error, request: &HttpRequest) -> HttpResponse {
    let mut problem = problem(error, request);
    if error.code() == Code::KeyReused && wants_html(request) {
        problem.title = Locale::of(request).words().say("form-sent-before").into_owned();
    }
    let status = error.status_code();
    let mut response = if wants_html(request) {
        if problem.code == Code::SignInNeeded.as_str() && request.method() == actix_web::http::Method::GET {
            let back = super::query_escape(request.uri().path_and_query().map_or("/", |path| path.as_str()));
            return HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/sign-in?back={back}"))).finish();
        }
        let title = Locale::of(request).words().say("page-problem").into_owned();
        let (layout, problem) = (Layout::of(request, title), &problem);
        match layout.who {
            Some(_) => html_response(status, &StaffProblemPage { layout, problem }),
            None => html_response(status, &ProblemPage { layout, problem }),
        }
    } else {
        HttpResponse::build(status).content_type("application/problem+json; charset=utf-8").json(&problem)
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("2"));
    }
    if status == StatusCode::UNAUTHORIZED && !wants_html(request) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    }
    response
}

/// Middleware: turns every error of a handler into a response of the right form.
pub async fn render_errors<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    // No clone of the request may be alive during the call: the router needs it for itself.
    let response = next.call(request).await?;
    let rendered = response.response().error().map(|error| match error.as_error::<Error>() {
        Some(error) => respond(error, response.request()),
        None => respond(&of_actix(error), response.request()),
    });
    Ok(match rendered {
        Some(rendered) => response.into_response(rendered).map_into_right_body(),
        None => response.map_into_left_body(),
    })
}

/// The framework's own errors (a path that does not parse, a payload that overflows) in our codes.
fn of_actix(error: &actix_web::Error) -> Error {
    match error.as_response_error().status_code() {
        StatusCode::NOT_FOUND => Code::NotFound.into(),
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed.into(),
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(Code::BodyTooLarge).with("limit", "").into(),
        StatusCode::REQUEST_TIMEOUT => Code::BodyTooSlow.into(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMedia.into(),
        status if status.is_client_error() => Refusal::new(Code::Malformed).with("reason", error).into(),
        _ => Error::broken(error.to_string()),
    }
}
