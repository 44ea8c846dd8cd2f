//! The box that finds things.

use askama::Template;

use crate::platform::http::Shell;

#[derive(Template)]
#[template(path = "production/serials/find.html")]
pub(super) struct FindPage {
    pub shell: Shell,
    pub q: String,
    pub fault: Option<String>,
}
