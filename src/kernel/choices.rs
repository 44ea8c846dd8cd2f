//! Closed lists that people choose from: each a table of stored text, Chinese and English.

use super::error::{Code, Fault};
use super::names::fold;
use super::text::Lang;

/// A line of a closed list, whatever the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The stored text, also that of documents.
    pub text: &'static str,
    /// What people call it in Chinese.
    pub zh: &'static str,
    /// What people call it in English.
    pub en: &'static str,
    /// What else files call it.
    pub also: &'static [&'static str],
    /// What it means, in Chinese and in English, where its name does not say it.
    pub about: (&'static str, &'static str),
}

impl Choice {
    /// What people call it.
    pub const fn word(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    /// The line of a stored text.
    pub fn of(table: &'static [Self], text: &str) -> Option<&'static Self> {
        table.iter().find(|choice| choice.text == text)
    }

    /// The line people mean by a word, in either language, whatever its case, width and spaces.
    pub fn meant_by(table: &'static [Self], word: &str) -> Option<&'static Self> {
        let wanted = fold(word);
        let means = |choice: &&Self| [choice.text, choice.zh, choice.en].iter().chain(choice.also).any(|name| fold(name) == wanted);
        table.iter().find(means).filter(|_| !wanted.is_empty())
    }
}

/// The fault of a person's word that is none of these: they are told all of them, as they call them.
pub fn not_one_of(field: &'static str, word: &str, choices: &[&Choice]) -> Fault {
    let all =
        |text: fn(&Choice) -> &'static str, between: &str| choices.iter().map(|choice| text(choice)).collect::<Vec<_>>().join(between);
    Fault::new(field, Code::NotOneOf)
        .with("value", word)
        .with("allowed", all(|choice| choice.text, ", "))
        .with("allowed_zh", all(|choice| choice.zh, "、"))
        .with("allowed_en", all(|choice| choice.en, ", "))
}

/// The text, or none.
#[doc(hidden)]
#[macro_export]
macro_rules! text_or_none {
    () => {
        ""
    };
    ($text:literal) => {
        $text
    };
}

/// An enum of a closed list. Each line: variant = stored text, Chinese, English, what else people write for it, if anything, and behind `=>` what
/// it means in Chinese and in English, where its name does not say it.
///
/// Programs send the stored text (`read`); files and forms any of the words (`WORDS`, `meant_by`).
///
/// ```ignore
/// choices! {
///     /// Where a batch stands.
///     BatchStatus {
///         /// Being made.
///         Open = "open", "进行中", "Open", ["生产中", "in progress"];
///     }
/// }
/// ```
#[macro_export]
macro_rules! choices {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal, $zh:literal, $en:literal $(, [$($also:literal),+ $(,)?])? $(=> $zh_about:literal, $en_about:literal)?;)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize, ::utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $crate::kernel::machine::MachineState for $name {
            fn text(self) -> &'static str {
                self.as_str()
            }

            fn word(self, lang: $crate::kernel::text::Lang) -> &'static str {
                $name::word(self, lang)
            }
        }

        impl $name {
            /// Every one, in the order people meet them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The list as a table.
            pub const TABLE: &'static [$crate::kernel::choices::Choice] =
                &[$($crate::kernel::choices::Choice {
                    text: $text, zh: $zh, en: $en, also: &[$($($also),*)?], about: ($crate::text_or_none!($($zh_about)?), $crate::text_or_none!($($en_about)?)),
                },)*];

            /// Every word a file may use.
            pub const WORDS: &'static [(&'static str, $name)] =
                &[$(($text, $name::$variant), ($zh, $name::$variant), ($en, $name::$variant), $($(($also, $name::$variant),)+)?)*];

            /// The stored text.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The one of a stored text.
            pub fn of(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }

            /// What people call it.
            pub const fn word(self, lang: $crate::kernel::text::Lang) -> &'static str {
                use $crate::kernel::text::Lang;
                match (self, lang) { $(($name::$variant, Lang::Zh) => $zh, ($name::$variant, Lang::En) => $en,)* }
            }

            /// The one people mean by a word of [`Self::WORDS`], whatever its case, width and spaces. For files and forms: what programs send is
            /// [`Self::read`].
            pub fn meant_by(word: &str) -> Option<Self> {
                $crate::kernel::choices::Choice::meant_by(Self::TABLE, word).and_then(|choice| Self::of(choice.text))
            }

            /// The one of a stored text that a program sent.
            ///
            /// # Errors
            /// `missing`, `not_one_of` for `field`.
            pub fn read(field: &'static str, text: &str) -> Result<Self, $crate::kernel::Fault> {
                use $crate::kernel::{Code, Fault};
                let text = text.trim();
                if text.is_empty() {
                    return Err(Fault::new(field, Code::Missing));
                }
                Self::of(text).ok_or_else(|| {
                    let allowed: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
                    Fault::new(field, Code::NotOneOf).with("value", text).with("allowed", allowed.join(", "))
                })
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Code;

    choices! {
        /// A hand.
        Hand {
            /// The one.
            Left = "left_hand", "左", "Left";
            /// The other.
            Right = "right_hand", "右", "Right", ["右手", "right hand side"];
        }
    }

    #[test]
    fn texts_read_back() {
        for hand in Hand::ALL {
            assert_eq!(Hand::read("hand", hand.as_str()), Ok(*hand));
        }
        assert_eq!(Hand::Left.word(Lang::Zh), "左");
        assert_eq!(Hand::WORDS.len(), 8);
        assert_eq!(Choice::meant_by(Hand::TABLE, " Right  hand SIDE ").map(|choice| choice.text), Some("right_hand"));
        assert_eq!(Choice::meant_by(Hand::TABLE, "").map(|choice| choice.text), None);
        assert_eq!(Hand::read("hand", "").unwrap_err().code, Code::Missing);
        assert_eq!(Hand::read("hand", "both").unwrap_err().code, Code::NotOneOf);
    }

    #[test]
    fn people_write_words_and_programs_the_stored_text() {
        for word in ["右", " 右手 ", "RIGHT", "ｒｉｇｈｔ", "Right-hand side", "right_hand", "Right\u{200b}"] {
            assert_eq!(Hand::meant_by(word), Some(Hand::Right), "{word}");
            assert_eq!(Hand::read("hand", word).is_ok(), word == "right_hand", "{word}");
        }
        for word in ["", " ", "-", "rigth", "左右"] {
            assert_eq!(Hand::meant_by(word), None, "{word}");
        }
    }
}
