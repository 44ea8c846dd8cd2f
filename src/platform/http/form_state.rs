//! A form as a person filled it in, shown again with what is wrong beside each field.

use std::collections::HashMap;

use crate::kernel::{Code, Error, Refusal, Result};
use crate::platform::words::Words;

/// What stands in a form's fields, and what is wrong with them. Fields are named as in the API: `name.zh`.
#[derive(Debug, Default)]
pub struct FormState {
    values: HashMap<String, String>,
    faults: Vec<(String, String)>,
    /// What is wrong with the whole.
    pub general: Option<String>,
}

impl FormState {
    /// A form with these values and nothing wrong.
    pub fn of(values: HashMap<String, String>) -> Self {
        Self { values, ..Self::default() }
    }

    /// The form again, with what `error` says beside its fields. An error that no person can mend by correcting the form is given back.
    ///
    /// # Errors
    /// What is not a refusal, or is about who asks rather than about what was filled in.
    pub fn refused(values: HashMap<String, String>, error: Error, words: Words) -> Result<Self> {
        match error {
            // It has a new key when it is shown again: what stands in it now may be sent, should it still be wanted.
            Error::Refused(refusal) if refusal.code == Code::KeyReused => {
                Ok(Self { values, faults: Vec::new(), general: Some(words.say("form-sent-before").into_owned()) })
            }
            Error::Refused(refusal) if matches!(refusal.code.status(), 409 | 422) => Ok(Self::faulty(values, &refusal, words)),
            other => Err(other),
        }
    }

    /// The form again, when somebody else changed the thing since it was opened: beside each field that differs from what is stored now, what
    /// that is (`now`: field, words). Its values have the version of now: who sends it again means what stands in it.
    pub fn overtaken(values: HashMap<String, String>, now: Vec<(String, String)>, words: Words) -> Self {
        let said = |(field, now): (String, String)| {
            let said = if now.is_empty() { words.say("form-now-empty") } else { words.say1("form-now", "now", now) };
            (field, said.into_owned())
        };
        Self { values, faults: now.into_iter().map(said).collect(), general: Some(words.say("form-overtaken").into_owned()) }
    }

    /// Whether a form was only sent to be shown in the other language.
    pub fn is_shown_again(values: &HashMap<String, String>) -> bool {
        values.contains_key("show")
    }

    fn faulty(values: HashMap<String, String>, refusal: &Refusal, words: Words) -> Self {
        let mut faults: Vec<(String, String)> = Vec::with_capacity(refusal.faults.len());
        for fault in &refusal.faults {
            faults.push((fault.field.to_string(), words.fault(fault)));
        }
        Self { values, faults, general: Some(words.refusal(refusal)) }
    }

    /// What stands in all fields.
    pub fn values(&self) -> &HashMap<String, String> {
        &self.values
    }

    /// What stands in a field.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// What is wrong with a field, or with something inside it.
    pub fn fault(&self, name: &str) -> Option<&str> {
        let about = |field: &str| field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.faults.iter().find(|(field, _)| about(field)).map(|(_, reason)| reason.as_str())
    }

    /// Everything that is wrong with a field: a field may hold a list.
    pub fn faults<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.faults.iter().filter(move |(field, _)| field == name).map(|(_, reason)| reason.as_str())
    }

    /// Whether something is wrong with a field: `true` or `false`, for `aria-invalid`.
    pub fn invalid(&self, name: &str) -> bool {
        self.fault(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Fault;
    use crate::kernel::text::Lang;

    #[test]
    fn a_fault_is_shown_at_its_field_or_the_field_around_it() {
        let error: Error = Fault::new("facts.composition.0.fibres", Code::Missing).into();
        let form = FormState::refused(HashMap::new(), error, Words::of(Lang::En)).unwrap();
        assert_eq!(form.fault("facts.composition"), Some("Needed."));
        assert_eq!(form.fault("facts.comp"), None);
        assert!(FormState::refused(HashMap::new(), Code::Forbidden.into(), Words::of(Lang::En)).is_err());
    }
}
