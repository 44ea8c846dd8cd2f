//! Every page of the demo as the people who use it read it, in both languages: words, and no codes that only programs know. Embedded store only.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hangtag::demo::{self, Plan};
use hangtag::kernel::text::Lang;
use hangtag::platform::words::{Words, keys};
use hangtag::production::parties;
use hangtag::staff::accounts::Role;

use crate::support::personas::Persona;
use crate::support::{Answer, On, Request, TestApp};

/// Pages of a kind that are looked at.
const EACH: usize = 2;
/// Elements without an end.
const VOID: &[&str] = &["area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "!doctype"];
/// Elements whose text nobody reads as words: code, and what people wrote themselves.
const UNREAD: &[&str] = &["script", "style", "code", "textarea", "pre"];
/// Names that stand in words on purpose: files, and what a planner may write as the head of a column.
const ON_PURPOSE: &[&str] = &["robots.txt"];

/// An address with what names one thing taken out.
fn kind(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_name = |part: &str| part.contains(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || c == '_' || c == '%');
    let path: Vec<&str> = path.split('/').map(|part| if is_name(part) { "#" } else { part }).collect();
    let query: BTreeSet<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty()).collect();
    // A row of a catalogue is one of many alike.
    let path = match path.as_slice() {
        ["", room @ ("defects" | "reasons" | "policy-values" | "rights" | "service-levels"), _] => format!("/{room}/#"),
        path => path.join("/"),
    };
    format!("{path}?{}", query.into_iter().collect::<Vec<_>>().join("&"))
}

/// Where a page leads, without files and the other language.
fn ways(html: &str) -> Vec<String> {
    let hrefs = html.split("<a ").skip(1).filter_map(|tag| tag.split('>').next()?.split("href=\"").nth(1)?.split('"').next());
    let ends = [".csv", ".xlsx", ".json", ".zip", ".jpg", ".png", ".pdf", ".svg", ".html", ".txt", ".zpl", ".tspl", "/file"];
    let is_page = |href: &str| {
        let path = href.split(['?', '#']).next().unwrap_or_default();
        href.starts_with('/')
            && !href.starts_with("/api/")
            && !href.contains("lang=")
            && !ends.iter().any(|end| path.ends_with(end))
            && !path.contains("/files/")
    };
    hrefs
        .filter(|href| is_page(href))
        .map(|href| href.replace("&amp;", "&").replace("&#38;", "&").split('#').next().unwrap_or_default().to_owned())
        .collect()
}

/// What people read of a page, text by text.
fn read(html: &str) -> Vec<String> {
    let (mut texts, mut open, mut rest) = (Vec::new(), Vec::<(String, bool)>::new(), html);
    while let Some(at) = rest.find('<') {
        let text = rest[..at].trim();
        if !text.is_empty() && !open.last().is_some_and(|(_, unread)| *unread) {
            texts.push(text.replace("&#38;", "&").replace("&#123;", "{").replace("&quot;", "\""));
        }
        rest = &rest[at + 1..];
        let end = rest.find('>').unwrap_or(rest.len() - 1);
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default().to_ascii_lowercase();
        if tag.starts_with('/') {
            if let Some(place) = open.iter().rposition(|(other, _)| *other == name) {
                open.truncate(place);
            }
        } else if !tag.ends_with('/') && !VOID.contains(&name.as_str()) && !tag.starts_with("!--") {
            let class = tag.split("class=\"").nth(1).and_then(|class| class.split('"').next()).unwrap_or_default();
            let unread = open.last().is_some_and(|(_, unread)| *unread)
                || UNREAD.contains(&name.as_str())
                || class.split(' ').any(|class| matches!(class, "code" | "text"));
            open.push((name.clone(), unread));
            if matches!(name.as_str(), "script" | "style") {
                let end = rest.find(&format!("</{name}")).unwrap_or(0);
                rest = &rest[end..];
            }
        }
    }
    texts
}

/// What in a text is no word: a name of the store, an argument that was not filled in, a message that is not there.
fn raw(text: &str, prefixes: &BTreeSet<String>) -> Option<String> {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let is_joined =
        |word: &str, by: char| word.contains(by) && word.starts_with(|c: char| c.is_ascii_lowercase()) && word.split(by).all(is_part);
    let words = || {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@')))
            .filter(|word| !ON_PURPOSE.contains(word))
    };
    let snake = words().find(|word| is_joined(word, '_')).map(str::to_owned);
    let actor = ["staff:", "api:", "\u{2068}", "{ $", "{$"].iter().find(|mark| text.contains(*mark)).map(|mark| (*mark).to_owned());
    let is_key = is_joined(text, '-')
        && !text.contains(|c: char| c.is_ascii_digit())
        && text.split('-').next().is_some_and(|first| prefixes.contains(first));
    snake.or(actor).or_else(|| is_key.then(|| text.to_owned()))
}

/// A page as somebody's browser asks for it, which remembers the language.
async fn look(app: &TestApp, who: &Persona<'_>, address: &str, lang: Lang) -> Answer {
    let (name, value) = who.cookie();
    app.send(Request::get(address).html().header("cookie", &format!("{name}={value}; lang={}", lang.tag()))).await
}

/// Walks every page that somebody finds from their desk; what is no word, by the kind of page.
async fn walk(app: &TestApp, who: &Persona<'_>, lang: Lang, found: &mut BTreeMap<String, BTreeSet<String>>) -> usize {
    let prefixes: BTreeSet<String> = keys(lang).iter().filter_map(|key| key.split('-').next().map(str::to_owned)).collect();
    let (mut queue, mut seen, mut counts) =
        (VecDeque::from(["/desk".to_owned(), "/account".to_owned()]), BTreeSet::new(), BTreeMap::<String, usize>::new());
    let mut looked_at = 0;
    while let Some(address) = queue.pop_front() {
        let kind = kind(&address);
        if !seen.insert(address.clone()) || counts.get(&kind).is_some_and(|count: &usize| *count >= EACH) {
            continue;
        }
        *counts.entry(kind.clone()).or_default() += 1;
        let page = look(app, who, &address, lang).await;
        if !page.header("content-type").is_some_and(|of| of.starts_with("text/html")) {
            continue;
        }
        assert!(page.status.is_success(), "{address}: {} {}", page.status, page.text());
        looked_at += 1;
        let html = page.text();
        for text in read(html) {
            if let Some(raw) = raw(&text, &prefixes) {
                found.entry(format!("{} {kind}", lang.tag())).or_default().insert(format!("{raw} in {text}"));
            }
        }
        queue.extend(ways(html));
    }
    looked_at
}

#[actix_web::test]
async fn every_page_of_the_demo_says_words() {
    let app = TestApp::new(On::Sqlite);
    let state = app.state.clone();
    let plan = Plan { garments: 4_000, ..Plan::default() };
    tokio::task::spawn_blocking(move || demo::make(&state, plan, &mut |_| {})).await.unwrap().unwrap();
    let dyer = app.look(|db| parties::by_code(db, "DYE-QT")).await.unwrap().id;
    let (admin, supplier) = (app.persona(Role::Admin).await, app.persona_of_party(Role::Supplier, dyer).await);
    let mut found = BTreeMap::new();
    for lang in Lang::ALL {
        assert!(walk(&app, &admin, lang, &mut found).await > 120);
        assert!(walk(&app, &supplier, lang, &mut found).await > 20);
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_walk_would_notice() {
    let prefixes = BTreeSet::from(["cases".to_owned()]);
    let html = "<main><p class=\"sub\">by staff:agent</p><td>dye_bleed</td><code>dye_bleed</code><span class=\"code soft\">a_b</span><b>cases-title</b><i>e-mail</i><p>{ $count } left</p></main>";
    let found: Vec<String> = read(html).iter().filter_map(|text| raw(text, &prefixes)).collect();
    assert_eq!(found, ["staff:", "dye_bleed", "cases-title", "{ $"]);
    assert_eq!(kind("/cases/260101-ABCDE?lang=en&q=x"), "/cases/#?lang&q");
    assert_eq!(Words::of(Lang::En).actor("staff:agent"), "agent");
}
