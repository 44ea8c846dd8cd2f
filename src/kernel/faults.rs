//! Collecting what is wrong with a document, so that every wrong field is named at once.

use super::error::{Code, Error, Fault, Refusal, Result};
use super::text::{self, Both};

/// What a reader of values refused, as a fault of `field`.
pub fn at(field: &'static str, error: &Error) -> Fault {
    match error {
        Error::Refused(refusal) => Fault { field: field.into(), line: None, code: refusal.code, args: refusal.args.clone() },
        other => Fault::new(field, other.code()),
    }
}

/// What has been found wrong so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The value, or its default after noting what is wrong with it.
    pub fn keep<T: Default>(&mut self, checked: Result<T, Fault>) -> T {
        match checked {
            Ok(value) => value,
            Err(fault) => {
                self.0.push(fault);
                T::default()
            }
        }
    }

    /// Like [`Faults::keep`], naming the field as the sender wrote it (`facts.faq.0.answer`).
    pub fn keep_at<T: Default>(&mut self, field: &str, checked: Result<T, Fault>) -> T {
        self.keep(checked.map_err(|fault| Fault { field: field.to_owned().into(), ..fault }))
    }

    /// Both languages of a one-line text of at most `max` characters; may be empty.
    pub fn lines(&mut self, field: &str, both: &Both, max: usize) -> Both {
        let mut line = |half: &str, text: &str| self.keep_at(&format!("{field}.{half}"), text::optional_line("", text, max));
        Both { zh: line("zh", &both.zh), en: line("en", &both.en) }
    }

    /// Notes a fault.
    pub fn note(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Notes a list of more than `max` entries.
    pub fn at_most(&mut self, field: &str, entries: usize, max: usize) {
        if entries > max {
            self.note(Fault::new(field.to_owned(), Code::OutOfRange).with("min", 0).with("max", max));
        }
    }

    /// What was noted first.
    pub fn first(&self) -> Option<&Fault> {
        self.0.first()
    }

    /// Whether something has been noted.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// All that was noted.
    pub fn all(self) -> Vec<Fault> {
        self.0
    }

    /// `value` if nothing was wrong.
    ///
    /// # Errors
    /// [`Code::Invalid`] with all that was noted.
    pub fn unless_any<T>(self, value: T) -> Result<T> {
        Refusal::unless_empty(self.0)?;
        Ok(value)
    }
}
