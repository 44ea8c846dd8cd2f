//! The house's plan, held against the code: who may import whom, which file may use what. A room that is not on the list fails.
//!
//! It reads the source as text: comments and strings are taken out, `use crate::{a, b::{c}}` is opened up. Not a proof (macros and
//! re-exports escape it), but it catches what happens in practice.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The wings from left to right. A wing never imports one to its right.
const WINGS: &[&str] = &["kernel", "platform", "staff", "production", "ownership", "aftersales", "quality", "public"];

/// The rooms, and inside a wing which other rooms each may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("platform/db", &["disk"]),
    ("platform/disk", &[]),
    ("platform/events", &["db"]),
    ("platform/exports", &["db"]),
    ("platform/http", &["db", "events", "exports", "keys", "words"]),
    ("platform/imports", &["db", "events", "exports", "http", "jobs", "words"]),
    ("platform/jobs", &["db", "events", "http"]),
    ("platform/keys", &[]),
    ("platform/policies", &["db", "events"]),
    ("platform/words", &[]),
    ("staff/accounts", &[]),
    ("staff/calendars", &[]),
    ("staff/door", &["accounts", "tokens"]),
    ("staff/sign_in", &["accounts", "door"]),
    ("staff/tokens", &["accounts"]),
    ("production/batches", &["corrections", "history", "materials", "parties", "products"]),
    ("production/corrections", &[]),
    ("production/history", &[]),
    ("production/labels", &["batches", "products"]),
    ("production/materials", &["corrections", "history", "parties"]),
    ("production/parties", &[]),
    ("production/print_jobs", &["batches", "labels", "parties", "products"]),
    ("production/products", &["corrections", "parties"]),
    ("ownership/garments", &[]),
    ("ownership/holders", &["garments", "warranties"]),
    ("ownership/sales", &["garments", "holders", "warranties"]),
    ("ownership/scans", &[]),
    ("ownership/warranties", &["garments"]),
    ("quality/findings", &[]),
    ("quality/liability", &[]),
    ("quality/recalls", &["trace"]),
    ("quality/root_cause", &[]),
    ("quality/trace", &[]),
    ("public/card", &["links"]),
    ("public/links", &[]),
    ("public/resolver", &["card", "links"]),
];

/// Files of the house's front: they may name every room.
const FRONT: &[&str] = &["main", "lib", "cli", "app", "config", "demo"];

struct File {
    path: PathBuf,
    /// `production/parties`, `kernel`, or a front file's name.
    room: String,
    /// File name without its ending.
    name: String,
    imports: BTreeSet<String>,
    code: String,
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files() -> Vec<File> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(&source(), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(source()).unwrap().with_extension("");
            let parts: Vec<&str> = inside.iter().map(|part| part.to_str().unwrap()).collect();
            let room = match parts.as_slice() {
                ["kernel", ..] => "kernel".to_owned(),
                [wing, "mod"] => (*wing).to_owned(),
                [wing, room, ..] => format!("{wing}/{room}"),
                [front] => (*front).to_owned(),
                [] => String::new(),
            };
            let name = (*parts.last().unwrap()).to_owned();
            let code = without_tests(&plain(&std::fs::read_to_string(&path).unwrap()));
            File { imports: imports(&code), path, room, name, code }
        })
        .collect()
}

/// The code without comments and without what strings say.
fn plain(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            code.push('\n');
        } else if rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, after)| after);
        } else if let Some(after) = rest.strip_prefix("r#\"") {
            rest = after.split_once("\"#").map_or("", |(_, after)| after);
        } else if let Some(after) = rest.strip_prefix('"') {
            let mut characters = after.char_indices();
            let mut end = after.len();
            while let Some((at, character)) = characters.next() {
                match character {
                    '\\' => drop(characters.next()),
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    _ => {}
                }
            }
            rest = &after[end..];
            code.push_str("\"\"");
        } else if rest.starts_with("'\"'") {
            rest = &rest[3..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// Unit tests at a file's end may use what they like.
fn without_tests(code: &str) -> String {
    code.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned()
}

/// Every path that begins with `crate::`, braces opened up.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        open_up("", &code[at + 7..], &mut found);
    }
    found
}

/// Reads one use-tree and returns how much of the text it took.
fn open_up(prefix: &str, text: &str, found: &mut BTreeSet<String>) -> usize {
    let mut path = prefix.to_owned();
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            path.push(char::from(byte));
            at += 1;
        } else if text[at..].starts_with("::{") {
            at += 3;
            loop {
                at += text[at..].len() - text[at..].trim_start().len();
                if at >= bytes.len() || bytes[at] == b'}' {
                    return at + 1;
                }
                let inner = if path.is_empty() { String::new() } else { format!("{path}::") };
                let taken = open_up(&inner, &text[at..], found);
                at += taken.max(1);
                at += text[at.min(text.len())..].len() - text[at.min(text.len())..].trim_start().len();
                if at < bytes.len() && bytes[at] == b',' {
                    at += 1;
                }
            }
        } else if text[at..].starts_with("::") && bytes.get(at + 2).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
            path.push_str("::");
            at += 2;
        } else if at == 0 && byte == b'{' {
            return open_up(prefix.trim_end_matches("::"), &format!("::{text}"), found).saturating_sub(2);
        } else {
            break;
        }
    }
    found.insert(path);
    at
}

fn faults(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    let known: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let present: BTreeSet<&str> = files
        .iter()
        .map(|file| file.room.as_str())
        .filter(|room| room.split_once('/').is_some_and(|(wing, _)| !FRONT.contains(&wing)))
        .collect();
    faults.extend(present.difference(&known).map(|room| format!("{room} is not on the list of rooms")));
    faults.extend(known.difference(&present).map(|room| format!("{room} is on the list but not in the house")));
    for file in files {
        let place = file.path.strip_prefix(source()).unwrap_or(&file.path).display();
        if FRONT.contains(&file.room.split('/').next().unwrap_or_default()) {
            continue;
        }
        let wing = file.room.split('/').next().unwrap_or_default();
        let Some(own) = WINGS.iter().position(|one| *one == wing) else {
            faults.push(format!("{place} is in no wing"));
            continue;
        };
        for path in &file.imports {
            let mut parts = path.split("::");
            let first = parts.next().unwrap_or_default();
            let second = parts.next().unwrap_or_default();
            let third = parts.next().unwrap_or_default();
            let Some(other) = WINGS.iter().position(|one| *one == first) else {
                // The macros of the house and its settings.
                if !matches!(first, "each" | "insert_all" | "choices" | "text_column" | "id_column" | "bound_column" | "story" | "config") {
                    faults.push(format!("{place} imports crate::{path}"));
                }
                continue;
            };
            if other > own {
                faults.push(format!("{place} imports {path}: {first} is to the right of {wing}"));
            }
            let their_room = format!("{first}/{second}");
            if other == own && first != "kernel" && their_room != file.room && known.contains(their_room.as_str()) {
                let allowed = ROOMS.iter().find(|(room, _)| *room == file.room).is_some_and(|(_, may)| may.contains(&second));
                if !allowed && file.room.contains('/') {
                    faults.push(format!("{place} imports {path}: {} may not use {second}", file.room));
                }
            }
            if their_room != file.room && first != "platform" && first != "kernel" && matches!(third, "store" | "http" | "page" | "import")
            {
                faults.push(format!("{place} imports {path}: other rooms are used through mod.rs"));
            }
        }
        if wing != "platform" {
            let uses = |krate: &str| file.code.contains(&format!("{krate}::"));
            if uses("diesel") && file.name != "store" && !file.path.to_string_lossy().contains("/store/") {
                faults.push(format!("{place} uses diesel: queries live in store.rs"));
            }
            if (uses("actix_web") || uses("utoipa_actix_web"))
                && wing != "kernel"
                && !matches!(file.name.as_str(), "http" | "mod")
                && !file.path.to_string_lossy().contains("/http/")
            {
                faults.push(format!("{place} uses actix: handlers live in http.rs"));
            }
            if file.name == "rules" {
                for banned in ["diesel", "actix_web", "tokio", "Clock"] {
                    if uses(banned) {
                        faults.push(format!("{place} uses {banned}: rules are values in, values out"));
                    }
                }
            }
        }
        if wing == "kernel" && ["diesel::", "actix_web::", "tokio::", "std::fs", "std::net"].iter().any(|banned| file.code.contains(banned))
        {
            faults.push(format!("{place}: the kernel does no I/O"));
        }
    }
    faults
}

#[test]
fn the_house_is_built_to_its_plan() {
    let faults = faults(&files());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn edges_inside_a_wing_have_no_cycle() {
    for (room, _) in ROOMS {
        let wing = room.split('/').next().unwrap();
        let mut reached: BTreeSet<String> = BTreeSet::new();
        let mut open = vec![(*room).to_owned()];
        while let Some(next) = open.pop() {
            for (_, may) in ROOMS.iter().filter(|(name, _)| *name == next) {
                for other in *may {
                    let other = format!("{wing}/{other}");
                    assert_ne!(&other, room, "{room} reaches itself");
                    if reached.insert(other.clone()) {
                        open.push(other);
                    }
                }
            }
        }
    }
}

#[test]
fn planted_faults_are_found() {
    let file = |room: &str, name: &str, code: &str| File {
        path: source().join(room).join(format!("{name}.rs")),
        room: room.to_owned(),
        name: name.to_owned(),
        imports: imports(&plain(code)),
        code: plain(code),
    };
    let planted = [
        (file("platform/db", "mod", "use crate::production::batches;"), "to the right"),
        (file("platform/db", "mod", "use crate::{kernel::Id, platform::http::House};"), "may not use http"),
        (file("kernel", "money", "fn f() { std::fs::read(1) }"), "no I/O"),
        (file("quality/findings", "rules", "use diesel::prelude::*;"), "queries live in store.rs"),
        (file("quality/findings", "http", "use crate::ownership::sales::store::all;"), "through mod.rs"),
    ];
    for (file, expected) in planted {
        let found = faults(std::slice::from_ref(&file)).join("\n");
        assert!(found.contains(expected), "{expected} not in: {found}");
    }
    let innocent =
        file("platform/http", "page", "// use crate::public::card;\nconst S: &str = \"crate::public\"; use crate::platform::db::Store;");
    assert!(!faults(std::slice::from_ref(&innocent)).iter().any(|fault| fault.contains("platform/http") && fault.contains("public")));
}
