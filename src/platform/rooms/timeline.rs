//! The timeline of a thing as its page shows it: what happened, when in the brand's zone, who.

use chrono::TimeZone;
use chrono_tz::Tz;

use crate::kernel::Result;
use crate::kernel::event::EventKind;
use crate::kernel::text::Lang;
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
    /// What of the fact is worth a line: units, a reason, a count; may be empty.
    pub detail: String,
}

/// Facts as lines, newest first. `status` says the thing's states in words.
///
/// # Errors
/// [`Error::Broken`](crate::kernel::Error::Broken) for a fact whose body is not what was written.
pub(crate) fn lines(facts: &[Fact], lang: Lang, zone: Tz, status: impl Fn(&str) -> Option<&'static str> + Copy) -> Result<Vec<Happened>> {
    facts.iter().rev().map(|fact| line(fact, lang, zone, status)).collect()
}

fn line(fact: &Fact, lang: Lang, zone: Tz, status: impl Fn(&str) -> Option<&'static str>) -> Result<Happened> {
    let what = EventKind::of(&fact.kind).map_or_else(|| fact.kind.clone(), |kind| kind.both().get(lang).to_owned());
    let body: serde_json::Value = fact.document()?;
    let text = |name: &str| body.get(name).and_then(|value| value.as_str()).filter(|text| !text.is_empty()).map(str::to_owned);
    let words = Words::of(lang);
    // A reason the program gives is a name; a person's own is text.
    let said = |text: String| {
        let key = format!("void-reason-{text}");
        if words.knows(&key) { words.say(key).into_owned() } else { text }
    };
    let state = |text: String| status(&text).map_or(text, str::to_owned);
    let corrected = body.get("changes").and_then(|changes| changes.as_object()).into_iter().flatten();
    let corrected: Vec<String> = corrected.map(|(field, change)| changed(words, field, change)).collect();
    let corrected = Some(corrected.join(words.lang().of("；", "; "))).filter(|text| !text.is_empty());
    let detail = [text("units"), corrected, text("reason").map(said), text("status").map(state)].into_iter().flatten();
    Ok(Happened {
        when: zone.from_utc_datetime(&fact.at).format("%Y-%m-%d %H:%M").to_string(),
        what,
        who: words.actor(&fact.actor),
        detail: detail.collect::<Vec<_>>().join(" · "),
    })
}

/// A field that a correction changed: its name, and what it was and is where that is a word.
fn changed(words: Words, field: &str, change: &serde_json::Value) -> String {
    let name = words.say(format!("changed-{}", field.replace('_', "-"))).into_owned();
    let side = |side: &str| match change.get(side) {
        Some(serde_json::Value::String(text)) if text.is_empty() => Some("—".to_owned()),
        Some(serde_json::Value::String(text)) => Some(text.clone()),
        Some(serde_json::Value::Null) | None => Some("—".to_owned()),
        Some(_) => None,
    };
    match (side("from"), side("to")) {
        (Some(from), Some(to)) => format!("{name} {from} → {to}"),
        _ => name,
    }
}
