//! The page of coverage (`docs/coverage.md`): every item of its scope has a line, and whatever a line names is there.

use std::path::Path;

/// The items whose path the page is about.
const SCOPE: &[(&str, &[std::ops::RangeInclusive<u32>])] =
    &[("S0", &[12..=26]), ("S1", &[5..=27, 34..=43]), ("S2", &[16..=30, 42..=42]), ("S3", &[13..=27]), ("S4", &[10..=14, 22..=22])];

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// The cells of the page's tables whose first begins with this.
fn lines<'a>(page: &'a str, begins: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    let cells = |line: &'a str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    page.lines().filter(|line| line.starts_with('|')).map(cells).filter(move |cells| cells[0].starts_with(begins))
}

/// Whether a file has a test of this name: a story of both stores, or a function marked as a test.
fn has_test(text: &str, name: &str) -> bool {
    let is_marked = |before: &str| {
        let above = before.rsplit('\n').skip(1);
        above.take_while(|line| line.trim_start().starts_with("#[")).any(|line| line.contains("test]"))
    };
    text.contains(&format!("story!({name},")) || text.split_once(&format!("fn {name}(")).is_some_and(|(before, _)| is_marked(before))
}

#[test]
fn whatever_the_page_of_coverage_names_is_there() {
    let page = read("docs/coverage.md").unwrap();
    let (mut named, mut lacking) = (0, Vec::new());
    for (place, what) in page.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::")) {
        named += 1;
        let is_there = if place.ends_with(".rs") {
            read(place).is_some_and(|text| has_test(&text, what))
        } else {
            ["sqlite", "postgres"]
                .iter()
                .all(|store| read(&format!("migrations/{store}/{place}/up.sql")).is_some_and(|sql| sql.contains(what)))
        };
        if !is_there {
            lacking.push(format!("{place}::{what}"));
        }
    }
    assert_eq!(lacking, Vec::<String>::new());
    assert!(named > 100, "{named}");
}

#[test]
fn every_item_of_the_scope_has_a_line_and_says_how_it_stands() {
    let page = read("docs/coverage.md").unwrap();
    let wanted: Vec<String> =
        SCOPE.iter().flat_map(|(source, ranges)| ranges.iter().cloned().flatten().map(move |item| format!("{source}-{item}"))).collect();
    let rows: Vec<Vec<&str>> = lines(&page, "S").collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), wanted);
    for row in rows {
        let [item, what, place, test, state] = row[..] else { panic!("{row:?}") };
        let is_tested = !place.is_empty() && test.contains(".rs::");
        let is_sound = match state.split_once(": ") {
            None => state == "whole" && is_tested || state == "missing" && test.is_empty(),
            Some((how, lacks)) => how == "partly" && !lacks.is_empty() && is_tested,
        };
        assert!(is_sound && !what.is_empty(), "{item}: {state}");
    }
    for row in lines(&page, "I-") {
        let [invariant, constraint, test, lacks] = row[..] else { panic!("{row:?}") };
        assert!(constraint.contains("::") && (test.contains(".rs::") || !lacks.is_empty()), "{invariant}");
    }
}
