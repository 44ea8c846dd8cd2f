//! Whole pages in brotli. The framework compresses too, but sets up a window of four megabytes for each body and goes to another thread: 1.5 ms
//! of processor time for a page of 12 KB, where this takes 0.1 ms. What it does not pack (streams, gzip) is left to the framework.

use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, AcceptEncoding, Encoding, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};
use bytes::Bytes;

use super::headers::header_text;

/// Bytes below which a page is not worth it.
const LEAST: u64 = 512;
/// Bytes above which a body is left to the framework, which does it on another thread.
const MOST: u64 = 512 * 1024;

/// How hard to pack: brotli's quality.
#[derive(Clone, Copy, Debug)]
pub enum Effort {
    /// For an answer that is sent once.
    Idempotency,
    /// For one that is kept: a sixth smaller in three times the time.
    Kept,
}

/// Packs a whole body. The window of 2¹⁸ bytes covers a page; larger ones cost memory, and smaller ones make [`Effort::Kept`] thirty times slower.
pub fn brotli(body: &[u8], effort: Effort) -> Bytes {
    let quality = match effort {
        Effort::Idempotency => 2,
        Effort::Kept => 5,
    };
    let mut writer = brotli::CompressorWriter::new(Vec::with_capacity(body.len() / 2), 4_096, quality, 18);
    // A vector takes all that is written.
    let _infallible = std::io::Write::write_all(&mut writer, body);
    writer.into_inner().into()
}

/// Whether a request takes brotli, and likes nothing better.
pub fn takes_brotli(request: &HttpRequest) -> bool {
    let brotli = Encoding::brotli();
    let accepted = request.get_header::<AcceptEncoding>();
    accepted.is_some_and(|accepted| accepted.negotiate([brotli.clone(), Encoding::identity()].iter()) == Some(brotli))
}

/// Says that a body is in brotli.
pub fn say_brotli(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    say_varies(headers);
}

fn say_varies(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
}

/// Middleware: packs whole texts for those who take brotli.
pub async fn compress<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, Bytes>>, actix_web::Error> {
    let mut response = next.call(request).await?;
    if !is_worth_it(response.response().head(), response.response().body().size()) {
        return Ok(response.map_into_left_body());
    }
    if !takes_brotli(response.request()) {
        say_varies(response.headers_mut());
        return Ok(response.map_into_left_body());
    }
    Ok(response.map_body(|head, body| match body.try_into_bytes() {
        Ok(whole) => {
            say_brotli(&mut head.headers);
            EitherBody::right(brotli(&whole, Effort::Idempotency))
        }
        Err(stream) => EitherBody::left(stream),
    }))
}

fn is_worth_it(head: &ResponseHead, size: BodySize) -> bool {
    let is_text = || {
        let kind = header_text(&head.headers, header::CONTENT_TYPE).unwrap_or_default();
        kind.starts_with("text/") || kind.contains("json") || kind.contains("svg") || kind.contains("javascript")
    };
    matches!(size, BodySize::Sized(LEAST..=MOST)) && !head.headers.contains_key(header::CONTENT_ENCODING) && is_text()
}
