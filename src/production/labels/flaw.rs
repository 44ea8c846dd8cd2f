//! Why a template cannot be used at all: one name for each reason, which people read as the message `reason-<name>`.

use crate::kernel::error::{Code, Error, Fault, Refusal};

macro_rules! flaws {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)*) => {
        /// A reason of [`Code::TemplateRefused`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Flaw { $($(#[$doc])* $variant,)* }

        impl Flaw {
            /// Every one.
            pub const ALL: &'static [Flaw] = &[$(Flaw::$variant,)*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Flaw::$variant => $text,)* }
            }
        }
    };
}

flaws! {
    /// A file of it cannot be read (`file`, `detail`).
    Unreadable = "template-unreadable";
    /// Its TOML cannot be understood (`detail`).
    Description = "template-description";
    /// Its width or height is no label's.
    Size = "template-size";
    /// Its list of resolutions is empty or has an impossible one.
    Resolution = "template-resolution";
    /// Its smallest module is out of range (`least`, mm).
    Module = "template-module";
    /// Its labels overlap or reach over the sheet.
    Sheet = "template-sheet";
    /// Its SVG cannot be understood (`detail`).
    Drawing = "template-drawing";
    /// Its SVG has too many elements (`most`).
    TooMany = "template-too-many";
    /// Its SVG draws nothing.
    Blank = "template-blank";
    /// Its SVG is of another size than its TOML says (`drawn`, `described`, mm).
    OtherSize = "template-other-size";
    /// A text that differs from label to label is more than one run or line.
    UnitText = "template-unit-text";
}

impl Flaw {
    /// As a fault of the field `template`.
    pub(super) fn fault(self) -> Fault {
        Fault::new("template", Code::TemplateRefused).with("reason", self.as_str())
    }

    /// As a refusal of the template `name`, with what the message besides names.
    pub(super) fn refuse(self, name: &str, details: &[(&'static str, String)]) -> Error {
        let refusal = Refusal::new(Code::TemplateRefused).with("template", name).with("reason", self.as_str());
        details.iter().fold(refusal, |refusal, (field, value)| refusal.with(field, value)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text::Lang;
    use crate::platform::words::Words;

    #[test]
    fn every_flaw_is_said_in_both_languages() {
        for flaw in Flaw::ALL {
            for lang in Lang::ALL {
                assert!(Words::of(lang).knows(&format!("reason-{}", flaw.as_str())), "{} {}", lang.tag(), flaw.as_str());
            }
        }
        let size = Flaw::OtherSize.fault().with("drawn", "41.0 × 60.0").with("described", "40.0 × 60.0");
        assert_eq!(Words::of(Lang::Zh).fault(&size), "标签模板无法使用：图形为 41.0 × 60.0 毫米，而说明文件写的是 40.0 × 60.0 毫米。");
    }
}
