//! The API's description is a reviewed snapshot: a change of the API is a visible diff. So is the table of error codes.

use std::fmt::Write;

use hangtag::kernel::Code;

#[test]
fn the_description_is_the_reviewed_one() {
    insta::assert_snapshot!("openapi", hangtag::app::openapi().to_pretty_json().unwrap());
}

#[test]
fn whatever_the_description_refers_to_is_in_it() {
    let text = hangtag::app::openapi().to_pretty_json().unwrap();
    let description: serde_json::Value = serde_json::from_str(&text).unwrap();
    let referred: std::collections::BTreeSet<&str> =
        text.split("\"$ref\": \"#").skip(1).filter_map(|rest| rest.split_once('"')).map(|(pointer, _)| pointer).collect();
    let missing: Vec<&str> = referred.into_iter().filter(|pointer| description.pointer(pointer).is_none()).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_error_codes_are_the_reviewed_ones() {
    let table = Code::ALL.iter().fold(String::new(), |mut table, code| {
        writeln!(table, "{} {}", code.status(), code.as_str()).unwrap();
        table
    });
    insta::assert_snapshot!("error_codes", table);
}
