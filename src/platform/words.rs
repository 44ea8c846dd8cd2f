//! Words people read, in both languages: Fluent catalogues embedded in the program.
//!
//! `src/words/<language>/<room>.ftl` hold the messages. Both languages have the same keys (a test checks), every error code has its
//! `error-<code>`, and a message nobody translated shows as its key in tests and is never shipped.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use include_dir::{Dir, include_dir};
use unic_langid::LanguageIdentifier;

use crate::kernel::error::Args;
use crate::kernel::text::Lang;
use crate::kernel::{Fault, Refusal};

/// What people call the state that an argument `state` names.
const STATE_WORD: &str = "state_word";

/// A folder for each language, a file for each room.
static CATALOGUES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/words");

/// The catalogues of a language: the room and the text.
fn catalogues(lang: Lang) -> impl Iterator<Item = (&'static str, &'static str)> {
    let files = CATALOGUES.get_dir(lang.tag()).into_iter().flat_map(Dir::files);
    files.filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)))
}

/// The words of one language. Cheap to copy: a page carries it as `t`.
#[derive(Clone, Copy)]
pub struct Words {
    lang: Lang,
    bundle: &'static FluentBundle<FluentResource>,
}

impl Words {
    /// The words of `lang`.
    pub fn of(lang: Lang) -> Self {
        static ZH: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
        static EN: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
        let cell = match lang {
            Lang::Zh => &ZH,
            Lang::En => &EN,
        };
        Self { lang, bundle: cell.get_or_init(|| bundle(lang)) }
    }

    /// Which language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The message of a key.
    pub fn say(&self, key: impl AsRef<str>) -> Cow<'static, str> {
        self.format(key.as_ref(), None)
    }

    /// The message of a key with one argument.
    pub fn say1(&self, key: &str, name: &str, value: impl ToString) -> Cow<'static, str> {
        let mut args = FluentArgs::new();
        args.set(name, fluent_value(&value.to_string()));
        self.format(key, Some(&args))
    }

    /// The message of a key with arguments.
    pub fn say_with(&self, key: &str, pairs: &[(&str, String)]) -> Cow<'static, str> {
        self.sentence(key, pairs.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// Why something was refused, in a sentence.
    pub fn refusal(&self, refusal: &Refusal) -> String {
        self.coded(refusal.code.as_str(), &refusal.args)
    }

    /// What is wrong with one place, in a sentence (without naming the place); of one line among several typed into a field, which.
    pub fn fault(&self, fault: &Fault) -> String {
        let said = self.coded(fault.code.as_str(), &fault.args);
        match fault.args.iter().find(|(name, _)| *name == "row") {
            Some((_, row)) => self.say_with("fault-of-row", &[("row", row.to_string()), ("fault", said)]).into_owned(),
            None => said,
        }
    }

    /// Who did something, as a history names them: the login of one of our people, a program, the system.
    pub fn actor(&self, actor: &str) -> String {
        match actor.split_once(':') {
            Some(("staff", login)) => login.to_owned(),
            Some(("api", name)) => self.say1("actor-api", "name", name).into_owned(),
            _ if self.knows(&format!("actor-{actor}")) => self.say(format!("actor-{actor}")).into_owned(),
            _ => actor.to_owned(),
        }
    }

    /// Whether there is a message of this key.
    pub fn knows(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// A reason that is the name of one is said in words (`reason-<name>`), which may name the other arguments.
    fn argument(&self, name: &str, value: &str, others: &FluentArgs<'_>) -> FluentValue<'static> {
        let key = match name {
            "reason" => format!("reason-{value}"),
            STATE_WORD => format!("state-{value}"),
            _ => return fluent_value(value),
        };
        if self.knows(&key) { self.format(&key, Some(others)).into_owned().into() } else { fluent_value(value) }
    }

    /// What was given; what was given in both languages (`place_zh`, `place_en`) is `place` in this one. A state is its name for a message to
    /// choose by, and [`STATE_WORD`] is what people call it.
    fn arguments<'a>(&self, given: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> FluentArgs<'a> {
        let named = given.clone().filter(|(name, _)| *name == "state").map(|(_, value)| (STATE_WORD, value));
        let own = |(name, value): (&'a str, &'a str)| match name.strip_suffix(self.lang.of("_zh", "_en"))? {
            "state" => Some((STATE_WORD, value)),
            name => Some((name, value)),
        };
        let given = given.clone().chain(named).chain(given.filter_map(own));
        let mut plain = FluentArgs::new();
        for (name, value) in given.clone() {
            plain.set(name, fluent_value(value));
        }
        let mut args = FluentArgs::new();
        for (name, value) in given {
            args.set(name, self.argument(name, value, &plain));
        }
        args
    }

    fn coded(&self, code: &str, given: &Args) -> String {
        self.sentence(&format!("error-{}", code.replace('_', "-")), given.iter().map(|(name, value)| (*name, value.as_ref()))).into_owned()
    }

    /// A message; behind it what was perhaps meant ([`Fault::near`]), or what is possible now, where the arguments say so.
    fn sentence<'a>(&self, key: &str, given: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Cow<'static, str> {
        let (near, next, gap) = match self.lang {
            Lang::Zh => ("near_zh", "next_zh", ""),
            Lang::En => ("near_en", "next_en", " "),
        };
        let said = self.format(key, Some(&self.arguments(given.clone())));
        let behind = |(name, value): (&str, &str)| match name {
            name if name == near => Some(self.say1("did-you-mean", "name", value)),
            name if name == next => Some(self.say1("possible-now", "states", value)),
            _ => None,
        };
        match given.clone().find_map(behind) {
            Some(more) => Cow::Owned(format!("{said}{gap}{more}")),
            None => said,
        }
    }

    fn format(&self, key: &str, args: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            debug_assert!(false, "no message {key} in {}", self.lang.tag());
            tracing::error!(key, lang = self.lang.tag(), "no such message");
            return Cow::Owned(key.to_owned());
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors);
        // Somebody would read the name of a variable: a test that shows such a page stops here.
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        if !errors.is_empty() {
            tracing::error!(key, ?errors, "a message lacks an argument");
        }
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            Cow::Owned(text) => Cow::Owned(text),
        }
    }
}

/// Numbers choose plural forms; everything else is text as it is.
fn fluent_value(text: &str) -> FluentValue<'static> {
    match text.parse::<i64>() {
        Ok(number) if text.len() < 7 && number.to_string() == text => FluentValue::from(number),
        _ => FluentValue::from(text.to_owned()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the tags of the two languages are constants")]
fn bundle(lang: Lang) -> FluentBundle<FluentResource> {
    let tag: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolation marks are invisible characters that break copying of codes and dates.
    bundle.set_use_isolating(false);
    for (room, text) in catalogues(lang) {
        let resource = match FluentResource::try_new(text.to_owned()) {
            Ok(resource) => resource,
            Err((resource, errors)) => {
                tracing::error!(room, ?errors, "a catalogue does not parse");
                resource
            }
        };
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(room, ?errors, "a catalogue repeats a key");
        }
    }
    bundle
}

/// Keys of a language's catalogues, for the test that both have the same.
pub fn keys(lang: Lang) -> BTreeSet<String> {
    catalogues(lang).flat_map(|(_, text)| text.lines().filter_map(key_of)).map(str::to_owned).collect()
}

/// The key of a line that begins a message.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(" =").or_else(|| line.split_once('='))?;
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    plain.then_some(key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kernel::Code;

    #[test]
    fn both_languages_say_everything() {
        let (zh, en) = (keys(Lang::Zh), keys(Lang::En));
        assert_eq!(zh.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "only in zh-CN");
        assert_eq!(en.difference(&zh).collect::<Vec<_>>(), Vec::<&String>::new(), "only in en");
        for lang in Lang::ALL {
            let mut rooms_of: BTreeMap<&str, &str> = BTreeMap::new();
            for (room, text) in catalogues(lang) {
                assert!(FluentResource::try_new(text.to_owned()).is_ok(), "{room} parses");
                for key in text.lines().filter_map(key_of) {
                    assert_eq!(rooms_of.insert(key, room), None, "{key} is said twice, in {room}");
                }
            }
            assert!(rooms_of.len() > 1_000, "the catalogues are in the program");
            let words = Words::of(lang);
            for key in keys(lang) {
                assert!(words.knows(&key), "{} lacks {key}", lang.tag());
            }
            for code in Code::ALL {
                let key = format!("error-{}", code.as_str().replace('_', "-"));
                assert!(words.knows(&key), "{} lacks {key}", lang.tag());
            }
        }
    }

    #[test]
    fn arguments_stand_in() {
        let fault = Fault::new("name", Code::TooLong).with("max", 40);
        assert_eq!(Words::of(Lang::Zh).fault(&fault), "最多 40 个字符。");
        assert_eq!(Words::of(Lang::En).fault(&fault), "At most 40 characters.");
    }

    #[test]
    fn what_was_perhaps_meant_is_said_in_the_same_language() {
        let fault = Fault::new("country", Code::UnknownName).with("kind", "country").with("value", "Chian").near(&[("中国", "China")]);
        assert_eq!(Words::of(Lang::Zh).fault(&fault), "“Chian”不是一个确定的国家或地区。请写名称或代码，如“中国”或 CN。您要写的是中国吗？");
        let said = "“Chian” is not the name of one country. Write a name or a code such as China or CN. Did you mean China?";
        assert_eq!(Words::of(Lang::En).fault(&fault), said);
        let fault = Fault::new("x", Code::UnknownName).with("kind", "dye").with("value", "茜草");
        assert_eq!(Words::of(Lang::En).fault(&fault), "“茜草” is not a name we know.");
    }

    #[test]
    fn a_reason_is_said_in_the_same_language_as_the_rest() {
        let refusal = Refusal::new(Code::NotADigitalLink).with("reason", "link-value").with("ai", "01").with("value", "123");
        assert_eq!(Words::of(Lang::Zh).refusal(&refusal), "不是有效的 GS1 Digital Link：“123”不是 (01) 的有效值。");
        assert_eq!(Words::of(Lang::En).refusal(&refusal), "Not a GS1 Digital Link: “123” is not a value of (01).");
        let other = Refusal::new(Code::Malformed).with("reason", "expected value at line 1");
        assert_eq!(Words::of(Lang::En).refusal(&other), "Malformed: expected value at line 1.");
    }
}
