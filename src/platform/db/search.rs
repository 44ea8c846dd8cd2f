//! Looking for a text a person typed, whatever its case.

use diesel::sql_types::Text;

diesel::define_sql_function! {
    /// Lower case: both stores know it, and only PostgreSQL's LIKE minds the case.
    fn lower(text: Text) -> Text;
}

/// A pattern for LIKE that finds `text` anywhere, taken literally (escape character `\`), in what [`lower`] gives.
pub fn anywhere(text: &str) -> String {
    let plain = text.trim().to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{plain}%")
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_like_takes_for_a_sign_is_taken_literally() {
        assert_eq!(super::anywhere(" 50%_A\\ "), "%50\\%\\_a\\\\%");
    }
}
