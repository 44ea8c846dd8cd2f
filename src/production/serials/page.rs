//! The box that finds things.

use askama::Template;

use crate::platform::http::Layout;

#[derive(Template)]
#[template(path = "production/serials/find.html")]
pub(super) struct FindPage {
    pub layout: Layout,
    pub q: String,
    pub fault: Option<String>,
}
