//! The form of a thing: new, or changed; shown again with what is wrong beside its fields.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde_json::{Map, Value};

use super::field::{Field, Fields, Kind, Lines};
use super::list::Offered;
use super::said::{below, closed_up, filled};
use crate::kernel::choices::Choice;
use crate::kernel::text::Lang;
use crate::kernel::{Error, Result};
use crate::platform::http::{FormState, Layout, html_response};
use crate::platform::words::Words;

/// Lines that a form offers below those that are filled in.
const SPARE_LINES: usize = 4;

/// How a field is filled in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Widget {
    Line,
    Area,
    Day,
    Select,
    Boxes,
    Tick,
    Selects,
    Lines,
}

/// Of each: stored text or box name, words, what that means, whether it is chosen.
type Options = Vec<(String, Cow<'static, str>, &'static str, bool)>;

/// A field of a line.
struct LineCell {
    pub name: String,
    pub title: &'static str,
    /// As [`Shown::offer`].
    pub offer: String,
    pub is_area: bool,
}

/// A field as its form shows it.
struct Shown {
    pub name: String,
    pub title: &'static str,
    pub hint: &'static str,
    /// The title of the part that begins with it.
    pub part: Option<&'static str>,
    pub needed: bool,
    pub rare: bool,
    pub widget: Widget,
    /// The address that offers codes as one types, or empty.
    pub offer: String,
    pub options: Options,
    /// Of several lists: name, title, options.
    pub selects: Vec<(String, String, Options)>,
    /// The titles above lines.
    pub heads: Vec<&'static str>,
    pub lines: Vec<Vec<LineCell>>,
    /// What is wrong with the text in two languages of which this is the last half.
    pub around: Option<(&'static str, String)>,
}

impl Shown {
    /// Makes it a choice among these, or none.
    fn choose(&mut self, offered: &[Offered], chosen: &str) {
        let open = (String::new(), Cow::Borrowed("—"), "", chosen.is_empty());
        let offered = offered.iter().map(|(value, words)| (value.clone().into_owned(), words.clone(), "", *value == chosen));
        (self.widget, self.options) = (Widget::Select, std::iter::once(open).chain(offered).collect());
    }
}

/// What a form asks besides the thing's own fields, and what it says beforehand.
#[derive(Default)]
pub struct Asked {
    /// The fields.
    pub fields: Option<&'static Fields>,
    /// What it is about, and line by line what sending it moves.
    pub before: Option<(String, Vec<String>)>,
    /// What sending it is called, where that is not saving.
    pub sends: Option<String>,
}

/// The page of a form.
#[derive(Template)]
#[template(path = "platform/rooms/form.html")]
pub struct FormView {
    layout: Layout,
    form: FormState,
    fields: Vec<Shown>,
    /// What it says beforehand.
    before: Option<(String, Vec<String>)>,
    /// What sending it is called.
    sends: String,
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
        self.fields.iter_mut().filter(|field| field.name == name).for_each(|field| field.choose(&offered, &chosen));
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
    /// Whether the fields that are folded away begin with this one.
    fn folds(&self, at: &usize) -> bool {
        self.fields.iter().position(|field| field.rare) == Some(*at)
    }

    /// Whether something stands in them, or is wrong with them.
    fn is_unfolded(&self) -> bool {
        self.fields
            .iter()
            .filter(|field| field.rare)
            .any(|field| !self.form.value(&field.name).is_empty() || self.form.invalid(&field.name))
    }

    /// Whether one begins to write here: at what is wrong, else at what has to be filled in and is not.
    fn begins(&self, at: &usize) -> bool {
        let lacks = |field: &Shown| field.needed && self.form.value(&field.name).is_empty();
        let wrong = self.fields.iter().position(|field| self.form.invalid(&field.name));
        wrong.or_else(|| self.fields.iter().position(lacks)) == Some(*at)
    }

    /// What it is for, where there is a message of its address: `accounts-new-about`.
    fn about(&self) -> Option<Cow<'static, str>> {
        let key = format!("{}-about", self.action.trim_start_matches('/').replace('/', "-"));
        self.layout.t.knows(&key).then(|| self.layout.t.say(key))
    }
}

/// Something that is done with a thing and perhaps asks for something: a form within the thing's page, folded under its name.
pub struct Deeded {
    /// Its name, which the form sends as `act`.
    pub act: &'static str,
    /// The message of what it is called.
    pub key: &'static str,
    /// What it asks.
    pub fields: &'static Fields,
    /// What it says beside that, unasked: the line it is about.
    pub hidden: Vec<(&'static str, String)>,
    /// What stands in its fields at first.
    pub begins: Vec<(&'static str, String)>,
    /// Fields that are chosen among these.
    pub offers: Vec<(&'static str, Vec<Offered>)>,
    /// Whether it ends something or takes it away.
    pub is_grave: bool,
}

impl Deeded {
    /// One that asks for these fields.
    pub const fn new(act: &'static str, key: &'static str, fields: &'static Fields) -> Self {
        Self { act, key, fields, hidden: Vec::new(), begins: Vec::new(), offers: Vec::new(), is_grave: false }
    }
}

#[derive(Template)]
#[template(path = "platform/rooms/deed.html")]
struct DeedView<'a> {
    layout: &'a Layout,
    deed: &'a Deeded,
    /// Where it is sent, and the version of the thing that was read.
    to: (&'a str, i64),
    form: &'a FormState,
    fields: Vec<Shown>,
    /// Whether it was sent and came back.
    is_back: bool,
}

impl DeedView<'_> {
    /// The id of a field: several forms of a page may ask the same.
    fn id(&self, name: &str) -> String {
        let about: String = self.deed.hidden.iter().map(|(_, value)| format!("-{value}")).collect();
        format!("{}{about}-{name}", self.deed.act)
    }

    /// Whether it is the first that is wrong: where one goes on.
    fn begins(&self, at: &usize) -> bool {
        self.fields.iter().position(|field| self.form.invalid(&field.name)) == Some(*at)
    }
}

/// The form of an act within a page, sent to `to` with the version that was read; `sent` is what came back, if it was this.
///
/// # Errors
/// [`Error::Broken`] only if memory cannot be written.
pub fn deed_form(layout: &Layout, deed: &Deeded, to: (&str, i64), sent: &FormState) -> Result<String> {
    let is_back = sent.value("act") == deed.act && deed.hidden.iter().all(|(name, value)| sent.value(name) == value);
    let begins = deed.begins.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let blank = FormState::of(begins);
    let form = if is_back { sent } else { &blank };
    let is_hidden = |field: &&Field| deed.hidden.iter().any(|(name, _)| *name == field.name);
    let mut fields: Vec<Shown> =
        deed.fields.columns.iter().filter(|field| !is_hidden(field)).map(|field| shown(deed.fields, field, form, layout.lang)).collect();
    for (name, offered) in &deed.offers {
        for field in fields.iter_mut().filter(|field| field.name == *name) {
            field.choose(offered, form.value(name));
        }
    }
    DeedView { layout, deed, to, form, fields, is_back }.render().map_err(Error::broken)
}

/// The form of these fields, sent to `action`; who gives up goes to `back`.
pub fn form_page(layout: Layout, fields: &'static Fields, form: FormState, action: impl Into<String>, back: impl Into<String>) -> FormView {
    asking_page(layout, fields, form, action, back, Asked::default())
}

/// The same with what it asks and says besides.
pub fn asking_page(
    layout: Layout,
    fields: &'static Fields,
    form: FormState,
    action: impl Into<String>,
    back: impl Into<String>,
    asked: Asked,
) -> FormView {
    let all = fields.columns.iter().chain(asked.fields.iter().flat_map(|more| more.columns)).filter(|field| !field.read_only);
    let mut fields: Vec<Shown> = all.map(|field| shown(fields, field, &form, layout.lang)).collect();
    fields.sort_by_key(|field| field.rare);
    let sends = asked.sends.unwrap_or_else(|| layout.t.say("save").into_owned());
    FormView { layout, form, fields, before: asked.before, sends, action: action.into(), back: back.into(), note: None }
}

/// The form once more, with what is wrong beside its fields.
///
/// # Errors
/// The error itself when it is not for the person to mend.
pub fn form_again(
    layout: Layout,
    fields: &'static Fields,
    values: HashMap<String, String>,
    error: Error,
    action: impl Into<String>,
    back: impl Into<String>,
) -> Result<HttpResponse> {
    asking_again(layout, fields, values, error, (action, back), Asked::default())
}

/// The same with what it asks and says besides; `to` is where it is sent, and where one goes who gives up.
///
/// # Errors
/// The error itself when it is not for the person to mend.
pub fn asking_again(
    layout: Layout,
    fields: &'static Fields,
    values: HashMap<String, String>,
    error: Error,
    to: (impl Into<String>, impl Into<String>),
    asked: Asked,
) -> Result<HttpResponse> {
    let form = FormState::refused(closed_up(fields, values), error, layout.t)?;
    Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &asking_page(layout, fields, form, to.0, to.1, asked)))
}

/// The fields in which a form says something else than a thing, and what that says in them, in words; what was filled in with the version
/// of the thing in its place.
pub(super) fn overtaken(
    fields: &'static Fields,
    values: HashMap<String, String>,
    (now, version): (&Map<String, Value>, i64),
    words: Words,
) -> FormState {
    let stored = form_values(fields, now, version);
    let of = |values: &HashMap<String, String>, path: &str| {
        let is_of = |name: &str| name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let said = values.iter().filter(|(name, value)| is_of(name) && !value.trim().is_empty());
        said.map(|(name, value)| (name.clone(), value.trim().replace("\r\n", "\n"))).collect::<BTreeMap<_, _>>()
    };
    let differ = fields.columns.iter().filter(|field| !field.read_only).filter(|field| {
        let path = field.path();
        of(&values, &path) != of(&stored, &path)
    });
    let differ = differ.map(|field| (field.path(), field.told(field.within(now), words.lang()))).collect();
    let values = values.into_iter().chain([("version".to_owned(), version.to_string())]).collect();
    FormState::overtaken(closed_up(fields, values), differ, words)
}

fn shown(fields: &'static Fields, field: &'static Field, form: &FormState, lang: Lang) -> Shown {
    let last_half = |field: &Field| {
        let half = field.both?;
        let last = fields.columns.iter().rfind(|other| other.both.is_some_and(|other| other.group == half.group))?;
        let fault = form.faults(half.group).next()?;
        (last.name == field.name).then(|| (lang.of(half.title.0, half.title.1), fault.to_owned()))
    };
    let name = field.path();
    let is_open = form.value(&name).is_empty();
    let none = (field.nullable || field.needed && is_open).then(|| (String::new(), Cow::Borrowed("—"), "", is_open));
    let chosen = |name: &str, text: &str| form.value(name) == text;
    let selects = field.selects(lang).into_iter().enumerate().map(|(place, select)| {
        let name = format!("{name}.{place}");
        let none = std::iter::once((String::new(), Cow::Borrowed("—"), "", form.value(&name).is_empty()));
        let options = select.options.into_iter().map(|(text, words)| (text.to_owned(), words.into(), "", chosen(&name, text)));
        let options = none.chain(options).collect();
        (name, select.title, options)
    });
    let selects: Vec<_> = selects.collect();
    let (widget, options) = match field.kind {
        Kind::Choices(table) => {
            let boxed = |text: &str| format!("{name}.{text}");
            let about = |choice: &Choice| lang.of(choice.about.0, choice.about.1);
            let boxes = table.iter().map(|one| (boxed(one.text), one.word(lang).into(), about(one), form.ticked(&boxed(one.text))));
            (Widget::Boxes, boxes.collect())
        }
        Kind::Choice(table) => {
            let options = table.iter().map(|choice| (choice.text.to_owned(), choice.word(lang).into(), "", chosen(&name, choice.text)));
            (Widget::Select, none.into_iter().chain(options).collect())
        }
        Kind::OneOf(numbers) => {
            let options =
                numbers.iter().map(ToString::to_string).map(|number| (number.clone(), number.clone().into(), "", chosen(&name, &number)));
            (Widget::Select, none.into_iter().chain(options).collect())
        }
        Kind::Flag => (Widget::Tick, Vec::new()),
        Kind::Lines(Lines { cell: None, .. }) => (Widget::Lines, Vec::new()),
        Kind::Paragraph(_) | Kind::Lines(_) => (Widget::Area, Vec::new()),
        _ if !selects.is_empty() => (Widget::Selects, Vec::new()),
        // A day that cannot be read is shown as it was written: a date field would show nothing.
        Kind::Day if !form.invalid(&name) => (Widget::Day, Vec::new()),
        _ => (Widget::Line, Vec::new()),
    };
    let (heads, lines) = match field.kind {
        Kind::Lines(Lines { fields: of, max, cell: None }) => {
            let of: Vec<&'static Field> = of.columns.iter().filter(|field| !field.read_only).collect();
            let cell = |place: usize, field: &'static Field| LineCell {
                name: format!("{name}.{place}.{}", field.path()),
                title: field.title(lang),
                offer: field.offer(),
                is_area: matches!(field.kind, Kind::Paragraph(_)),
            };
            let count = filled(form.values(), &name, *max).last().map_or(0, |last| last + 1) + SPARE_LINES;
            let lines = (0..count.min(*max)).map(|place| of.iter().map(|field| cell(place, field)).collect()).collect();
            (of.iter().map(|field| field.title(lang)).collect(), lines)
        }
        _ => Default::default(),
    };
    Shown {
        title: field.title(lang),
        hint: field.about(lang),
        part: field.part.map(|(zh, en)| lang.of(zh, en)),
        needed: field.required,
        rare: field.rare,
        widget,
        offer: field.offer(),
        options,
        selects,
        heads,
        lines,
        around: last_half(field),
        name,
    }
}

/// A thing as its form shows it: the value of each field, and the version that was read.
pub(super) fn form_values(fields: &Fields, thing: &Map<String, Value>, version: i64) -> HashMap<String, String> {
    let mut values = HashMap::from([("version".to_owned(), version.to_string())]);
    add_values(fields, "", thing, &mut values);
    values
}

fn add_values(fields: &Fields, at: &str, thing: &Map<String, Value>, values: &mut HashMap<String, String>) {
    for field in fields.columns.iter().filter(|field| !field.read_only) {
        let path = below(at, &field.path());
        match (field.kind, field.within(thing)) {
            (_, Value::Null | Value::Bool(false)) => {}
            (_, Value::Bool(true)) => drop(values.insert(path, "on".to_owned())),
            (Kind::Choices(_), Value::Array(chosen)) => {
                values.extend(chosen.iter().filter_map(Value::as_str).map(|text| (format!("{path}.{text}"), "on".to_owned())));
            }
            (Kind::Lines(Lines { fields: of, cell: None, .. }), Value::Array(lines)) => {
                for (place, line) in lines.iter().enumerate().filter_map(|(place, line)| Some((place, line.as_object()?))) {
                    add_values(of, &format!("{path}.{place}"), line, values);
                }
            }
            (_, value) if !field.selects(Lang::En).is_empty() => {
                values.extend(field.chosen(value).into_iter().enumerate().map(|(place, text)| (format!("{path}.{place}"), text)));
            }
            (_, value) => drop(values.insert(path, field.write(value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;
    use crate::platform::rooms::{Said, document};

    const SEASONS: &[Choice] = &[
        Choice { text: "winter", zh: "冬", en: "Winter", also: &["cold days"], about: ("", "") },
        Choice { text: "summer", zh: "夏", en: "Summer", also: &[], about: ("", "") },
    ];
    const SEASON: Field = Field::new("season", Kind::Choice(SEASONS), &["季"], &["Season"]).unique();
    const CM: Field = Field::new("cm", Kind::Whole(1, 99), &["厘米"], &["Centimetres"]);
    #[rustfmt::skip]
    const BANDS: Lines = Lines::of(3, Fields { table: "bands", title: ("带", "Bands"), columns: &[
        Field::new("name_zh", Kind::Line(9), &["名"], &["Name zh"]).half_of("name", Lang::Zh, ("名", "Name")).needed().at("name.zh"),
        Field::new("name_en", Kind::Line(9), &["英文名"], &["Name en"]).half_of("name", Lang::En, ("名", "Name")).needed().at("name.en"),
        Field::new("cm", Kind::Several(&CM), &["厘米"], &["Centimetres"]),
        Field::new("widest", Kind::Whole(0, 99), &["最大"], &["Widest"]).only_read(),
    ] });
    #[rustfmt::skip]
    const HATS: Fields = Fields { table: "hats", title: ("帽", "Hats"), columns: &[
        Field::new("code", Kind::Code, &["编码"], &["Code"]).needed(),
        Field::new("wool", Kind::Decimal(2, 10_000, "%"), &["羊毛"], &["Wool"]).nullable().at("made.wool_hundredths"),
        Field::new("worn", Kind::Several(&SEASON), &["季"], &["Worn"]).at("made.worn"),
        Field::new("bands", Kind::Lines(&BANDS), &["带"], &["Bands"]).at("made.bands").not_in_files(),
    ] };

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Hat {
        code: String,
        made: Made,
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Made {
        wool_hundredths: Option<i64>,
        worn: Vec<String>,
        bands: Vec<Band>,
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Band {
        name: crate::kernel::text::Both,
        #[serde(default)]
        cm: Vec<i64>,
    }

    fn hat() -> Value {
        let bands = json!([{ "name": { "zh": "缎", "en": "" }, "cm": [56, 58] }, { "name": { "zh": "", "en": "Felt" }, "cm": [] }]);
        json!({ "code": "H-1", "made": { "wool_hundredths": 2_050, "worn": ["summer", "winter"], "bands": bands } })
    }

    #[test]
    fn what_a_form_shows_and_a_document_says_is_what_it_reads() {
        let hat: Hat = serde_json::from_value(hat()).unwrap();
        let shown = form_values(&HATS, &super::super::said::object(&hat).unwrap(), 3);
        assert_eq!(
            (shown["made.wool_hundredths"].as_str(), shown["made.worn.1"].as_str(), shown["made.bands.0.cm"].as_str()),
            ("20.5%", "winter", "56, 58")
        );
        assert_eq!(Said::of_form(&HATS, &shown).unwrap().onto::<Hat>(&HATS, None).unwrap(), hat);
        let Value::Object(sent) = document(&HATS, &hat).unwrap() else { panic!() };
        assert_eq!(Said::of_json(&HATS, sent).unwrap().onto::<Hat>(&HATS, None).unwrap(), hat);
        // What a document leaves out is gone, however deep it stands.
        let bare = Said::of_json(&HATS, serde_json::from_value(json!({ "code": "H-1" })).unwrap()).unwrap().whole(&HATS);
        assert_eq!(bare.onto(&HATS, Some(&hat)).unwrap(), Hat { code: "H-1".into(), ..Hat::default() });
        assert_eq!(Said::default().onto(&HATS, Some(&hat)).unwrap(), hat, "what was not said stays");
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let faults = |said: Result<Said>| match said.unwrap_err() {
            Error::Refused(refusal) => {
                refusal.faults.iter().map(|fault| format!("{} {}", fault.field, fault.code.as_str())).collect::<Vec<_>>()
            }
            other => panic!("{other}"),
        };
        let made = json!({
            "wool_hundredths": 10_001, "worn": ["winter", "winter"], "felt": 1,
            "bands": [{ "name": {}, "cm": [56, 100], "colour": "red" }, "wide"],
        });
        let sent = serde_json::from_value(json!({ "code": "H-1", "made": made })).unwrap();
        assert_eq!(
            faults(Said::of_json(&HATS, sent)),
            [
                "made.wool_hundredths out_of_range",
                "made.worn.1 duplicate",
                "made.bands.0.cm.1 out_of_range",
                "made.bands.0.colour unknown_field",
                "made.bands.0.name missing",
                "made.bands.1 malformed",
                "made.felt unknown_field",
            ]
        );
        let form =
            [("made.wool_hundredths", "101%"), ("made.worn.0", "spring"), ("made.bands.2.cm", "wide"), ("made.bands.1.name.en", " ")];
        let form = form.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(
            faults(Said::of_form(&HATS, &form)),
            [
                "code missing",
                "made.wool_hundredths out_of_range",
                "made.worn not_one_of",
                "made.bands.0.cm not_a_number",
                "made.bands.0.name missing",
            ]
        );
    }
}
