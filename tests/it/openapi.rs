//! The API's description is a reviewed snapshot: a change of the API is a visible diff. So is the table of error codes.

use std::fmt::Write;

use hangtag::kernel::Code;

#[test]
fn the_description_is_the_reviewed_one() {
    insta::assert_snapshot!("openapi", hangtag::app::openapi().to_pretty_json().unwrap());
}

#[test]
fn the_error_codes_are_the_reviewed_ones() {
    let table = Code::ALL.iter().fold(String::new(), |mut table, code| {
        writeln!(table, "{} {}", code.status(), code.as_str()).unwrap();
        table
    });
    insta::assert_snapshot!("error_codes", table);
}
