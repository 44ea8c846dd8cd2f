//! Closed lists that people choose from: each a table of stored text, Chinese and English.

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

    /// The line people mean by a word, in either language, whatever its case.
    pub fn meant_by(table: &'static [Self], word: &str) -> Option<&'static Self> {
        let word = word.trim().to_lowercase();
        let names = |choice: &Self| [choice.text, choice.zh, choice.en].iter().chain(choice.also).any(|name| name.to_lowercase() == word);
        table.iter().find(|choice| names(choice))
    }
}

/// An enum of a closed list. Each line: variant = stored text, Chinese, English, and in brackets what else files call it.
///
/// ```ignore
/// choices! {
///     /// Where a batch stands.
///     BatchStatus {
///         /// Being made.
///         Open = "open", "进行中", "Open", ["在产"];
///     }
/// }
/// ```
#[macro_export]
macro_rules! choices {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal, $zh:literal, $en:literal $(, [$($also:literal),*])?;)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize, ::utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every one, in the order people meet them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The list as a table.
            pub const TABLE: &'static [$crate::kernel::choices::Choice] =
                &[$($crate::kernel::choices::Choice { text: $text, zh: $zh, en: $en, also: &[$($($also),*)?] },)*];

            /// Every word a file may use.
            pub const WORDS: &'static [(&'static str, $name)] =
                &[$(($text, $name::$variant), ($zh, $name::$variant), ($en, $name::$variant),)*];

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

            /// The one of a text that somebody sent.
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
            Left = "left", "左", "Left";
            /// The other.
            Right = "right", "右", "Right", ["右手", "righthand"];
        }
    }

    #[test]
    fn texts_read_back() {
        for hand in Hand::ALL {
            assert_eq!(Hand::read("hand", hand.as_str()), Ok(*hand));
        }
        assert_eq!(Hand::Left.word(Lang::Zh), "左");
        assert_eq!(Hand::WORDS.len(), 6);
        assert_eq!(Choice::meant_by(Hand::TABLE, " RightHand ").map(|choice| choice.text), Some("right"));
        assert_eq!(Choice::meant_by(Hand::TABLE, "").map(|choice| choice.text), None);
        assert_eq!(Hand::read("hand", "").unwrap_err().code, Code::Missing);
        assert_eq!(Hand::read("hand", "both").unwrap_err().code, Code::NotOneOf);
    }
}
