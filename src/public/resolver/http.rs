//! The resolver's routes.

use std::io::ErrorKind;
use std::path::Path;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::rules::{
    Choice, Node, Want, at_levels, choose, default_among, description, is_browsing, linkset, merged, query_value, want, with_query,
};
use super::store::{self, Target};
use crate::kernel::gs1::DigitalLink;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Refusal, Result};
use crate::platform::config::Config;
use crate::platform::http::problem::respond;
use crate::platform::http::{Locale, Routes, Visitor, header_text, segment};
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::production::skus;
use crate::production::styles::{self, Style};
use crate::public::card::{self, NO_GTIN, Refused};
use crate::public::links::{Attached, Level, LinkType, Offer, Wishes, media_ranges, our_tags};

/// The context that makes JSON-LD of a linkset.
const CONTEXT: &str =
    "<https://ref.gs1.org/standards/resolver/linkset-context>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"";
/// The media type of a linkset (RFC 9264).
const LINKSET: &str = "application/linkset+json";
/// Bytes a verification file may have.
const VERIFY_MAX: u64 = 4_096;

/// Mounts the room's routes.
pub fn routes(on: &mut Routes<'_>) {
    on.read("/01/{rest:.*}", digital_link).options("/01/{rest:.*}", digital_link_options);
    for path in ["/C/{serial}", "/c/{serial}", "/C/{serial}/", "/c/{serial}/"] {
        on.read(path, coded);
    }
    on.options("/C/{serial}", coded_options)
        .read("/.well-known/gs1resolver", well_known)
        .options("/.well-known/gs1resolver", well_known_options);
}

/// What every answer of the resolver carries, errors included.
fn open_to_all(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Accept, Accept-Language"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Link, Location"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    headers.append(header::VARY, header::HeaderValue::from_static("Accept, Accept-Language"));
    response
}

/// A GS1 Digital Link.
async fn digital_link(_: Visitor, request: HttpRequest, app: web::Data<AppState>) -> HttpResponse {
    open_to_all(or_problem(resolve(&request, &app).await, &request))
}

fn or_problem(answer: Result<HttpResponse>, request: &HttpRequest) -> HttpResponse {
    match answer {
        Ok(response) => response,
        Err(error) => respond(&error, request),
    }
}

async fn digital_link_options(_: Visitor, request: HttpRequest, app: web::Data<AppState>) -> HttpResponse {
    let anchor = format!("{}{}", origin(&request, &app.config), bare_path(&request));
    open_to_all(HttpResponse::NoContent().insert_header((header::LINK, to_linkset(&anchor))).finish())
}

/// The path as it was sent, without one slash at its end: the standard asks to tolerate one.
fn bare_path(request: &HttpRequest) -> &str {
    let path = request.uri().path();
    path.strip_suffix('/').unwrap_or(path)
}

fn to_linkset(anchor: &str) -> String {
    format!("<{anchor}?linkType=linkset>; rel=\"linkset\"; type=\"{LINKSET}\"; title=\"All links\"")
}

/// Scheme and host the request came to. A scheme in `X-Forwarded-Proto` is believed of this machine and of trusted proxies.
fn origin(request: &HttpRequest, config: &Config) -> String {
    let ours = config.public_url.trim_end_matches('/');
    let text = |name: &str| header_text(request.headers(), name);
    let sound = |host: &&str| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
    let Some(host) = text("host").filter(sound).map(str::to_ascii_lowercase) else { return ours.to_owned() };
    let believed =
        request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback() || config.trusted_proxies.contains(&peer.ip()));
    let scheme = match text("x-forwarded-proto").filter(|_| believed) {
        Some("https") => "https",
        Some("http") => "http",
        _ if ours.split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(&host)) => return ours.to_owned(),
        _ => "http",
    };
    format!("{scheme}://{host}")
}

async fn resolve(request: &HttpRequest, app: &web::Data<AppState>) -> Result<HttpResponse> {
    let query = request.query_string();
    let accept = header_text(request.headers(), header::ACCEPT).unwrap_or("*/*");
    let link_type = query_value(query, "linkType");
    let browsing = is_browsing(link_type.as_deref(), accept);
    if browsing && let Some(page) = card::kept_page(request) {
        return Ok(page);
    }
    let path = bare_path(request);
    let asked = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let for_people = accept.to_ascii_lowercase().contains("text/html");
    let link = match DigitalLink::parse_path(&asked).map_err(Refusal::from) {
        Ok(link) => link,
        Err(refusal) if for_people => {
            let reason = Locale::of(request).words().refusal(&refusal);
            return Ok(card::unissued_page(request, Refused::Damaged(reason), ""));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    if let (true, Some(gtin), Some(serial)) = (browsing, link.gtin(), link.serial()) {
        // The way of every buyer's scan, with as few look-ups as there can be.
        if let card::Answer::Page(page) = card::garment_page(request, card::At::Label, gtin.as_str(), serial).await? {
            return Ok(page);
        }
    }
    let target = {
        let (keys, link) = (app.keys.clone(), link.clone());
        app.store.read_inline(move |db| store::target(db, &keys.serials, &link)).await?
    };
    let target = match target {
        Ok(target) => target,
        Err(why) if for_people => {
            let typed = if why == Refused::NoProduct { link.get("01") } else { link.serial() };
            return Ok(card::unissued_page(request, why, typed.unwrap_or_default()));
        }
        Err(why) => {
            card::count_guess(request, &why)?;
            return Err(if why == Refused::NoProduct { Code::NotFound } else { Code::SerialUnknown }.into());
        }
    };
    // A garment that got here has another page in its card's place.
    if browsing && target.seen.is_none() && target.batch.is_none() && card::product_replaced_by(request, &target.sku).await?.is_none() {
        return card::product_page(request, &target.gtin, target.sku).await;
    }
    let lang = Locale::of(request).0;
    let nodes = nodes(request, app, &link, target, lang).await?;
    let wishes = wishes(request, query, accept);
    Ok(answer(request, &nodes, want(link_type.as_deref(), accept), &wishes, query, accept))
}

/// What the request prefers: its headers, and the names by which a query says the same.
fn wishes(request: &HttpRequest, query: &str, accept: &str) -> Wishes {
    let said = |name: &str| query_value(query, name).filter(|value| !value.is_empty() && value != "undefined");
    let languages = header_text(request.headers(), header::ACCEPT_LANGUAGE).unwrap_or_default();
    Wishes {
        media: said("mediaType").map_or_else(|| media_ranges(accept), |media| vec![(media.to_ascii_lowercase(), 1000)]),
        langs: said("lang").map_or_else(|| accept_language::parse(languages), |lang| vec![lang]),
        context: said("context").unwrap_or_default(),
    }
}

fn answer(request: &HttpRequest, nodes: &[Node], want: Want, wishes: &Wishes, query: &str, accept: &str) -> HttpResponse {
    let Some(node) = nodes.first() else { return respond(&Code::NotFound.into(), request) };
    let led = |href: &str| {
        HttpResponse::TemporaryRedirect()
            .insert_header((header::LOCATION, with_query(href, query)))
            .insert_header((header::LINK, to_linkset(&node.anchor)))
            .finish()
    };
    match want {
        Want::Linkset => {
            let media = if accept.contains(LINKSET) || !accept.contains("application/json") { LINKSET } else { "application/json" };
            HttpResponse::Ok()
                .insert_header((header::CONTENT_TYPE, media))
                .insert_header((header::LINK, CONTEXT))
                .body(linkset(nodes).to_string())
        }
        Want::Default => led(&node.default.0),
        Want::Unknown => respond(&Code::NotFound.into(), request),
        Want::Type(kind) => match choose(nodes, kind, wishes) {
            Choice::One(offer) => led(&offer.href),
            Choice::None => respond(&Code::NotFound.into(), request),
            Choice::Several(offers) => several(request, node, kind, &offers, accept),
        },
    }
}

/// 300: the links that nothing in the request tells apart.
fn several(request: &HttpRequest, node: &Node, kind: &'static LinkType, offers: &[&Offer], accept: &str) -> HttpResponse {
    if accept.to_ascii_lowercase().contains("text/html") {
        let choices = offers.iter().map(|offer| (offer.href.clone(), offer.title.clone())).collect();
        return card::choices_page(request, StatusCode::MULTIPLE_CHOICES, choices);
    }
    let only = Node { links: vec![(kind, offers.iter().map(|offer| (*offer).clone()).collect())], ..node.clone() };
    HttpResponse::build(StatusCode::MULTIPLE_CHOICES)
        .insert_header((header::CONTENT_TYPE, LINKSET))
        .insert_header((header::LINK, to_linkset(&node.anchor)))
        .body(linkset(&[only]).to_string())
}

/// The levels of an identifier that are known, most specific first, each with its links.
async fn nodes(request: &HttpRequest, app: &web::Data<AppState>, link: &DigitalLink, target: Target, lang: Lang) -> Result<Vec<Node>> {
    let origin = origin(request, &app.config);
    let link = link.clone();
    app.store
        .read_inline(move |db| {
            let style = styles::by_id(db, target.sku.style_id)?.ok_or(Code::NotFound)?;
            let of_sku = store::of_sku(db, &target.sku)?;
            let describe = |rest: &str| describe(&style, &target.sku, lang, rest);
            let stem = format!("{origin}/01/{}", target.gtin);
            let variant = link.cpv().map(|cpv| format!("/22/{}", segment(cpv))).unwrap_or_default();
            let product = format!("{origin}/card/{}", target.gtin);
            let title = Words::of(lang).say("link-product").into_owned();
            let default = |attached: &[Attached], page: &str| match default_among(attached) {
                Some(link) => (link.offer.href.clone(), link.offer.title.clone()),
                None => (page.to_owned(), title.clone()),
            };
            let mut nodes = Vec::new();
            if let Some(seen) = &target.seen {
                let own = store::of_garment(db, seen.garment)?;
                let all = [own.clone(), of_sku.clone()].concat();
                let page = format!("{origin}{}", seen.address.base());
                // Ours give way to the brand's, on whatever level those hang.
                let mut ours = our_links(&page, lang, true);
                ours.retain(|(kind, _)| all.iter().all(|link| link.kind != *kind));
                let lot = link.lot().map(|lot| format!("/10/{}", segment(lot))).unwrap_or_default();
                nodes.push(Node {
                    anchor: format!("{stem}{variant}{lot}/21/{}", segment(&seen.address.serial)),
                    description: describe(&seen.address.serial),
                    default: default(&all, &page),
                    links: merged(ours, &own),
                });
            }
            if let Some((no, code)) = &target.batch {
                let own = store::of_batch(db, *no, None)?;
                nodes.push(Node {
                    anchor: format!("{stem}{variant}/10/{}", segment(code)),
                    description: describe(code),
                    default: default(&[own.clone(), of_sku.clone()].concat(), &product),
                    links: merged(Vec::new(), &own),
                });
            }
            nodes.push(Node {
                anchor: stem,
                description: describe(""),
                default: default(&of_sku, &product),
                links: merged(our_links(&product, lang, false), &at_levels(&of_sku, &[Level::Style, Level::Sku])),
            });
            Ok(nodes)
        })
        .await
}

/// What a thing is, in words; never the name of a confidential style.
fn describe(style: &Style, sku: &skus::Sku, lang: Lang, rest: &str) -> String {
    let parts = [style.public_name(lang), sku.colour(lang), &sku.size, rest];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(lang.of("，", ", "))
}

/// Our own pages, as links: sections of the card or of the product's page.
fn our_links(page: &str, lang: Lang, is_garment: bool) -> Vec<(&'static LinkType, Offer)> {
    let words = Words::of(lang);
    let claim = if is_garment { "/claim" } else { "#serial" };
    let history = if is_garment { "#history" } else { "#materials" };
    [
        ("gs1:pip", "", "link-product"),
        ("gs1:registerProduct", claim, "link-register"),
        ("gs1:instructions", "#care", "link-care"),
        ("gs1:faqs", "#faq", "link-faq"),
        ("gs1:support", "#help", "link-help"),
        ("gs1:traceability", history, "link-history"),
        ("gs1:serviceInfo", "#terms", "link-service"),
    ]
    .into_iter()
    .filter_map(|(kind, place, title)| {
        let offer = Offer {
            href: format!("{page}{place}"),
            title: words.say(title).into_owned(),
            hreflang: our_tags(),
            media_type: "text/html".to_owned(),
            context: Vec::new(),
        };
        Some((LinkType::of(kind)?, offer))
    })
    .collect()
}

// --- the other addresses -------------------------------------------------------------------------------------------------------------

/// The address of a garment whose brand has no GTIN, in either case; and the files by which WeChat knows whose host this is.
async fn coded(_: Visitor, request: HttpRequest, app: web::Data<AppState>, path: web::Path<String>) -> HttpResponse {
    open_to_all(or_problem(resolve_code(&request, &app, &path).await, &request))
}

async fn resolve_code(request: &HttpRequest, app: &web::Data<AppState>, serial: &str) -> Result<HttpResponse> {
    if serial.ends_with(".txt") {
        return verification_file(app, serial).await;
    }
    if let Some(page) = card::kept_page(request) {
        return Ok(page);
    }
    match card::garment_page(request, card::At::Label, NO_GTIN, serial).await? {
        card::Answer::Page(page) => Ok(page),
        card::Answer::Elsewhere(href) => {
            Ok(HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, with_query(&href, request.query_string()))).finish())
        }
        card::Answer::Refused(why) => Ok(card::unissued_page(request, why, serial)),
    }
}

/// A small text file that the operator put into `verify/` of the data folder.
async fn verification_file(app: &web::Data<AppState>, name: &str) -> Result<HttpResponse> {
    let is_plain = name.len() <= 64
        && name
            .strip_suffix(".txt")
            .is_some_and(|stem| !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    if !is_plain {
        return Err(Code::NotFound.into());
    }
    let file = app.config.data_dir.join("verify").join(name);
    let text = web::block(move || read_small(&file)).await.map_err(|error| Error::broken(error.to_string()))??;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}

fn read_small(file: &Path) -> Result<String> {
    let text = std::fs::metadata(file).and_then(|meta| {
        if meta.is_file() && meta.len() <= VERIFY_MAX { std::fs::read_to_string(file) } else { Err(ErrorKind::NotFound.into()) }
    });
    text.map_err(|error| if error.kind() == ErrorKind::NotFound { Code::NotFound.into() } else { Error::broken(error) })
}

async fn coded_options(_: Visitor) -> HttpResponse {
    open_to_all(HttpResponse::NoContent().finish())
}

/// What this resolver is.
async fn well_known(_: Visitor, request: HttpRequest, app: web::Data<AppState>) -> HttpResponse {
    let name = app.config.brand(Locale::of(&request).0).to_owned();
    let text = description(&origin(&request, &app.config), &name).to_string();
    open_to_all(HttpResponse::Ok().content_type("application/json").body(text))
}

async fn well_known_options(_: Visitor) -> HttpResponse {
    open_to_all(HttpResponse::NoContent().finish())
}
