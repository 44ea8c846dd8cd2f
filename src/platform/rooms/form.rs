//! The form of a thing: new, or changed; shown again with what is wrong beside its fields.

use std::borrow::Cow;
use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde_json::{Map, Value};

use super::field::{Field, Fields, Kind, Rows};
use super::list::Offered;
use super::rows::{self, RowBox};
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
    Lines,
}

/// A field as its form shows it.
struct Shown {
    pub name: String,
    pub title: &'static str,
    pub hint: &'static str,
    pub needed: bool,
    pub widget: Widget,
    /// Stored text or box name, words, what that means, whether it is chosen.
    pub options: Vec<(String, Cow<'static, str>, &'static str, bool)>,
    /// What is wrong with the text in two languages of which this is the last half.
    pub around: Option<(&'static str, String)>,
    /// The address that offers codes as one types, or empty.
    pub offer: String,
    /// The titles of the boxes of its rows, and the rows.
    pub heads: Vec<&'static str>,
    pub lines: Vec<Vec<RowBox>>,
}

/// What a form says and asks beside a thing's fields, as a correction does.
pub struct FormAddition {
    /// What whoever fills it in should know.
    pub about: String,
    /// The same, point by point.
    pub points: Vec<String>,
    /// What else it asks.
    pub fields: &'static Fields,
}

/// The page of a form.
#[derive(Template)]
#[template(path = "platform/rooms/form.html")]
pub struct FormView {
    shell: Shell,
    form: Filled,
    fields: Vec<Shown>,
    addition: Option<FormAddition>,
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
    form_page_with(shell, fields, form, action, back, None)
}

/// The same, with something said and asked beside the fields.
pub fn form_page_with(
    shell: Shell,
    fields: &'static Fields,
    form: Filled,
    action: impl Into<String>,
    back: impl Into<String>,
    addition: Option<FormAddition>,
) -> FormView {
    let more = addition.as_ref().map_or_else(Vec::new, |addition| shown(addition.fields, &form, shell.lang));
    let fields = shown(fields, &form, shell.lang).into_iter().chain(more).collect();
    FormView { shell, form, fields, addition, action: action.into(), back: back.into(), note: None }
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
    form_again_with(shell, fields, values, error, (action, back), None)
}

/// The same, with something said and asked beside the fields; `to` is where it is sent, and where one goes who gives up.
///
/// # Errors
/// The error itself when it is not for the person to mend.
pub fn form_again_with(
    shell: Shell,
    fields: &'static Fields,
    values: HashMap<String, String>,
    error: Error,
    (action, back): (impl Into<String>, impl Into<String>),
    addition: Option<FormAddition>,
) -> Result<HttpResponse> {
    let form = Filled::refused(rows::closed_up(fields, values), error, shell.t)?;
    Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &form_page_with(shell, fields, form, action, back, addition)))
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
            Kind::Rows(Rows { cell: None, .. }) => (Widget::Lines, Vec::new()),
            Kind::Paragraph(_) | Kind::Rows(_) => (Widget::Area, Vec::new()),
            // A day that cannot be read is shown as it was written: a date field would show nothing.
            Kind::Day if !form.invalid(&name) => (Widget::Day, Vec::new()),
            _ => (Widget::Line, Vec::new()),
        };
        let (title, hint) = (field.title(lang), field.about(lang));
        let (heads, lines) = match field.kind {
            Kind::Rows(of @ Rows { cell: None, .. }) => (rows::heads(of, lang), rows::boxes(field, of, form, lang)),
            _ => Default::default(),
        };
        Shown { title, hint, needed: field.required, widget, options, around: last_half(field), offer: field.offer(), heads, lines, name }
    };
    fields.columns.iter().filter(|field| field.is_said()).map(one).collect()
}

/// A thing as its form shows it: the value of each field, and the version that was read.
pub fn form_values(fields: &Fields, thing: &Map<String, Value>, version: i64) -> HashMap<String, String> {
    let mut values = HashMap::from([("version".to_owned(), version.to_string())]);
    for field in fields.columns.iter().filter(|field| field.is_said()) {
        let path = field.path();
        match (field.kind, thing.get(field.name)) {
            (Kind::Rows(of), Some(value @ Value::Array(all))) => match of.cell {
                Some((_, show)) => drop(values.insert(path, show(value))),
                None => values.extend(rows::values(field, of, all)),
            },
            (Kind::Quantity(_), Some(number @ Value::Number(_))) => drop(values.insert(path, field.show(number, Lang::En))),
            (_, Some(Value::Array(chosen))) => {
                values.extend(chosen.iter().filter_map(Value::as_str).map(|text| (format!("{path}.{text}"), "on".to_owned())));
            }
            (_, Some(Value::String(text))) => drop(values.insert(path, text.clone())),
            (_, Some(Value::Bool(true))) => drop(values.insert(path, "on".to_owned())),
            (_, None | Some(Value::Null | Value::Bool(false))) => {}
            (_, Some(other)) => drop(values.insert(path, other.to_string())),
        }
    }
    values
}
