//! The form of a thing: new, or changed; shown again with what is wrong beside its fields.

use std::borrow::Cow;
use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde_json::{Map, Value};

use super::field::{Field, Fields, Kind};
use super::list::Offered;
use crate::kernel::choices::Choice;
use crate::kernel::text::Lang;
use crate::kernel::{Error, Result};
use crate::platform::http::{Filled, Shell, html_response};

/// How a field is filled in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Widget {
    Line,
    Area,
    Day,
    Select,
    Boxes,
    Tick,
}

/// A field as its form shows it.
struct Shown {
    pub name: String,
    pub title: &'static str,
    pub hint: &'static str,
    pub needed: bool,
    pub widget: Widget,
    /// The list whose rows are offered as one types.
    pub offers: Option<&'static str>,
    /// Stored text or box name, words, what that means, whether it is chosen.
    pub options: Vec<(String, Cow<'static, str>, &'static str, bool)>,
    /// What is wrong with the text in two languages of which this is the last half.
    pub around: Option<(&'static str, String)>,
}

/// The page of a form.
#[derive(Template)]
#[template(path = "platform/rooms/form.html")]
pub struct FormView {
    shell: Shell,
    form: Filled,
    fields: Vec<Shown>,
    /// Where it is sent.
    action: String,
    /// Where one goes who gives up.
    back: String,
    /// What came of the form before, and where that is.
    note: Option<(String, String)>,
}

impl FormView {
    /// A field that is chosen among these, or left open. None where there is nothing to choose: it is not asked then.
    #[must_use]
    pub fn offering(mut self, name: &str, offered: Option<Vec<Offered>>) -> Self {
        let Some(offered) = offered else {
            self.fields.retain(|field| field.name != name);
            return self;
        };
        let chosen = self.form.value(name).to_owned();
        for field in self.fields.iter_mut().filter(|field| field.name == name) {
            let open = (String::new(), Cow::Borrowed("—"), "", chosen.is_empty());
            let offered = offered.iter().map(|(value, words)| (value.clone().into_owned(), words.clone(), "", *value == chosen));
            (field.widget, field.options) = (Widget::Select, std::iter::once(open).chain(offered).collect());
        }
        self
    }

    /// Over the form, what came of the one before; it leads to `href`.
    #[must_use]
    pub fn noting(mut self, words: impl Into<String>, href: String) -> Self {
        self.note = Some((words.into(), href));
        self
    }
}

impl FormView {
    /// What it is for, where there is a message of its address: `accounts-new-about`.
    fn about(&self) -> Option<Cow<'static, str>> {
        let key = format!("{}-about", self.action.trim_start_matches('/').replace('/', "-"));
        self.shell.t.knows(&key).then(|| self.shell.t.say(key))
    }
}

/// The form of these fields, sent to `action`; who gives up goes to `back`.
pub fn form_page(shell: Shell, fields: &'static Fields, form: Filled, action: impl Into<String>, back: impl Into<String>) -> FormView {
    let fields = shown(fields, &form, shell.lang);
    FormView { shell, form, fields, action: action.into(), back: back.into(), note: None }
}

/// The form once more, with what is wrong beside its fields.
///
/// # Errors
/// The error itself when it is not for the person to mend.
pub fn form_again(
    shell: Shell,
    fields: &'static Fields,
    values: HashMap<String, String>,
    error: Error,
    action: impl Into<String>,
    back: impl Into<String>,
) -> Result<HttpResponse> {
    let form = Filled::refused(values, error, shell.t)?;
    Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &form_page(shell, fields, form, action, back)))
}

fn shown(fields: &'static Fields, form: &Filled, lang: Lang) -> Vec<Shown> {
    let last_half = |field: &Field| {
        let half = field.both?;
        let last = fields.columns.iter().rfind(|other| other.both.is_some_and(|other| other.group == half.group))?;
        let fault = form.faults(half.group).next()?;
        (last.name == field.name).then(|| (lang.of(half.title.0, half.title.1), fault.to_owned()))
    };
    let one = |field: &'static Field| {
        let name = field.path();
        let (widget, options) = match field.kind {
            Kind::Choices(table) => {
                let boxed = |text: &str| format!("{name}.{text}");
                let ticked = |name: String| form.ticked(&name);
                let about = |choice: &Choice| lang.of(choice.about.0, choice.about.1);
                let boxes = table.iter().map(|one| (boxed(one.text), one.word(lang).into(), about(one), ticked(boxed(one.text))));
                (Widget::Boxes, boxes.collect())
            }
            Kind::Choice(table) => {
                let chosen = form.value(&name);
                (
                    Widget::Select,
                    table.iter().map(|choice| (choice.text.to_owned(), choice.word(lang).into(), "", choice.text == chosen)).collect(),
                )
            }
            Kind::OneOf(numbers) => {
                let chosen = form.value(&name);
                let options = numbers.iter().map(ToString::to_string);
                (Widget::Select, options.map(|number| (number.clone(), Cow::Owned(number.clone()), "", number == chosen)).collect())
            }
            Kind::Flag => (Widget::Tick, Vec::new()),
            Kind::Paragraph(_) => (Widget::Area, Vec::new()),
            // A day that cannot be read is shown as it was written: a date field would show nothing.
            Kind::Day if !form.invalid(&name) => (Widget::Day, Vec::new()),
            _ => (Widget::Line, Vec::new()),
        };
        let (title, hint) = (field.title(lang), field.about(lang));
        Shown { title, hint, needed: field.required, widget, offers: field.offers, options, around: last_half(field), name }
    };
    fields.columns.iter().map(one).collect()
}

/// A thing as its form shows it: the value of each field, and the version that was read.
pub(super) fn values(fields: &Fields, thing: &Map<String, Value>, version: i64) -> HashMap<String, String> {
    let mut values = HashMap::from([("version".to_owned(), version.to_string())]);
    for field in fields.columns {
        let path = field.path();
        match thing.get(field.name) {
            Some(Value::Array(chosen)) => {
                values.extend(chosen.iter().filter_map(Value::as_str).map(|text| (format!("{path}.{text}"), "on".to_owned())));
            }
            Some(Value::String(text)) => drop(values.insert(path, text.clone())),
            Some(Value::Bool(true)) => drop(values.insert(path, "on".to_owned())),
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(other) => drop(values.insert(path, other.to_string())),
        }
    }
    values
}
