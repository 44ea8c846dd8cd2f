//! The timeline of a thing as its page shows it: what happened, when in the brand's zone, who.

use chrono::TimeZone;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::field::Fields;
use super::names::Names;
use crate::kernel::Result;
use crate::kernel::event::EventKind;
use crate::kernel::text::{Lang, grouped};
use crate::platform::events::Fact;
use crate::platform::words::Words;

/// One line of a history.
pub(crate) struct Happened {
    /// Date and time in the brand's zone.
    pub when: String,
    /// What, in words.
    pub what: String,
    /// Who, in words.
    pub who: String,
    /// What of the fact is worth a line: what it says itself in both languages (`says`), units, an amount, a reason; may be empty.
    pub detail: String,
}

/// Facts of a thing with these fields as lines, newest first.
///
/// # Errors
/// [`Error::Broken`](crate::kernel::Error::Broken) for a fact whose body is not what was written.
pub(crate) fn lines(facts: &[Fact], fields: &'static Fields, reading: (Lang, Tz, &Names)) -> Result<Vec<Happened>> {
    facts.iter().rev().map(|fact| line(fact, fields, reading)).collect()
}

fn line(fact: &Fact, fields: &'static Fields, (lang, zone, names): (Lang, Tz, &Names)) -> Result<Happened> {
    let what = EventKind::of(&fact.kind).map_or_else(|| fact.kind.clone(), |kind| kind.both().get(lang).to_owned());
    let body = fact.document()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let words = Words::of(lang);
    // A reason the program gives is a name; a person's own is text.
    let said = |text: String| {
        let key = format!("void-reason-{text}");
        if words.knows(&key) { words.say(key).into_owned() } else { text }
    };
    let state =
        |text: String| fields.named("status").or(fields.named("state")).map_or(text.clone(), |field| field.told(&text.into(), lang));
    let changes = body.get("changes").and_then(Value::as_object);
    let changed = changes.map(|changes| changed(fields, changes, words, names).join(lang.of("；", "; "))).filter(|text| !text.is_empty());
    let place = body.get("line").and_then(Value::as_i64).map(|line| format!("#{line}"));
    let says = body.get("says").and_then(|both| both.get(lang.of("zh", "en"))).and_then(Value::as_str).map(str::to_owned);
    // Money says its amount as people read it.
    let amount = body
        .get("amount")
        .and_then(|money| Some(format!("{} {}", grouped(money.get("amount")?.as_str()?), money.get("currency")?.as_str()?)));
    let detail = [says, text("units"), place, amount, changed, text("reason").map(said), text("reference"), text("status").map(state)]
        .into_iter()
        .flatten();
    Ok(Happened {
        when: zone.from_utc_datetime(&fact.at).format("%Y-%m-%d %H:%M").to_string(),
        what,
        who: words.actor(&fact.actor),
        detail: detail.collect::<Vec<_>>().join(" · "),
    })
}

/// What changed: each field with what it was and what it is, in the order of the fields.
fn changed(fields: &'static Fields, changes: &Map<String, Value>, words: Words, names: &Names) -> Vec<String> {
    let lang = words.lang();
    let place = |path: &String| fields.columns.iter().position(|field| field.path() == *path);
    let mut changes: Vec<_> = changes.iter().map(|(path, change)| (place(path), path, change)).collect();
    changes.sort_by_key(|(place, ..)| place.unwrap_or(usize::MAX));
    let said = |(place, path, change): (Option<usize>, &String, &Value)| {
        let Some(field) = place.and_then(|place| fields.columns.get(place)) else { return title(fields, path, words) };
        let told = |value| names.of(field, value, lang).map_or_else(|| field.told(value, lang), str::to_owned);
        let side = |side: &str| change.get(side).map(|value| Some(told(value)).filter(|text| !text.is_empty()));
        match (side("from"), side("to")) {
            (Some(from), Some(to)) => {
                let [from, to] = [from, to].map(|text| text.unwrap_or_else(|| "—".to_owned()));
                format!("{} {from} → {to}", field.title(lang))
            }
            _ => field.title(lang).to_owned(),
        }
    };
    changes.into_iter().map(said).collect()
}

/// What an event of a former version calls a field: a text in two languages as a whole, or everything that lies in one.
fn title(fields: &Fields, name: &str, words: Words) -> String {
    let key = format!("changed-{}", name.replace('_', "-"));
    let group = fields.columns.iter().find(|field| field.both.is_some_and(|half| half.group == name));
    match group {
        Some(field) => field.list_title(words.lang()).to_owned(),
        None if words.knows(&key) => words.say(key).into_owned(),
        None => name.to_owned(),
    }
}
