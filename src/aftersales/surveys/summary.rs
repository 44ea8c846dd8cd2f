//! How satisfied buyers are: answers, and the share of them that is 4 or 5.

use std::collections::BTreeMap;

use askama::Template;
use serde::Serialize;
use utoipa::ToSchema;

use crate::aftersales::classes::ReasonClass;
use crate::kernel::text::Lang;
use crate::kernel::{Error, Result};
use crate::platform::words::Words;

/// Agent, reason, score, how many of them.
pub(super) type Told = (String, ReasonClass, Option<i64>, i64);

/// How satisfied some buyers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SatisfactionOf {
    /// Answers with a score.
    pub answers: i64,
    /// Of these, 4 or 5.
    pub satisfied: i64,
    /// Those who would rather not say: in no share.
    pub declined: i64,
    /// Satisfied out of answers, in millionths; absent where nobody answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_micro: Option<i64>,
}

impl SatisfactionOf {
    fn count(&mut self, score: Option<i64>, many: i64) {
        match score {
            None => self.declined += many,
            Some(score) => {
                self.answers += many;
                self.satisfied += if score >= 4 { many } else { 0 };
            }
        }
        self.share_micro = (self.satisfied * 1_000_000).checked_div(self.answers);
    }

    /// The share as people read it: whole percent, rounded, or a dash.
    fn share(self) -> String {
        (self.satisfied * 200 + self.answers).checked_div(2 * self.answers).map_or_else(|| "—".to_owned(), |percent| format!("{percent} %"))
    }
}

/// How satisfied buyers are, as a whole, by who had the case, and by why it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Satisfaction {
    /// All of them.
    pub all: SatisfactionOf,
    /// By the name agents sign in with; the empty one is for cases that nobody had.
    pub by_agent: BTreeMap<String, SatisfactionOf>,
    /// By class of reason.
    pub by_class: BTreeMap<String, SatisfactionOf>,
}

impl Satisfaction {
    pub(super) fn of(told: &[Told]) -> Self {
        let mut all = Self::default();
        for (agent, class, score, many) in told {
            all.all.count(*score, *many);
            all.by_agent.entry(agent.clone()).or_default().count(*score, *many);
            all.by_class.entry(class.as_str().to_owned()).or_default().count(*score, *many);
        }
        all
    }

    /// The part of the page above the list; nothing where there is nothing to say.
    pub(super) fn part(&self, lang: Lang) -> Result<String> {
        if self.all == SatisfactionOf::default() {
            return Ok(String::new());
        }
        let t = Words::of(lang);
        let agent = |(login, of): (&String, &SatisfactionOf)| {
            (if login.is_empty() { t.say("surveys-nobody").into_owned() } else { login.clone() }, *of)
        };
        let class = |(code, of): (&String, &SatisfactionOf)| {
            (ReasonClass::of(code).map_or_else(|| code.clone(), |class| class.word(lang).to_owned()), *of)
        };
        let tables = vec![
            ("surveys-by-agent", self.by_agent.iter().map(agent).collect()),
            ("surveys-by-class", self.by_class.iter().map(class).collect()),
        ];
        Part { t, all: self.all, tables }.render().map_err(Error::broken)
    }
}

#[derive(Template)]
#[template(path = "aftersales/surveys/summary.html")]
struct Part {
    t: Words,
    all: SatisfactionOf,
    /// The message of a table's title, and its rows.
    tables: Vec<(&'static str, Vec<(String, SatisfactionOf)>)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_out_of_the_answers_with_a_score() {
        let told = [
            ("li.na".to_owned(), ReasonClass::Defect, Some(5), 2),
            ("li.na".to_owned(), ReasonClass::Size, Some(3), 1),
            ("wang".to_owned(), ReasonClass::Defect, Some(4), 1),
            ("wang".to_owned(), ReasonClass::Defect, None, 7),
        ];
        let found = Satisfaction::of(&told);
        assert_eq!(found.all, SatisfactionOf { answers: 4, satisfied: 3, declined: 7, share_micro: Some(750_000) });
        assert_eq!(found.by_agent["li.na"], SatisfactionOf { answers: 3, satisfied: 2, declined: 0, share_micro: Some(666_666) });
        assert_eq!((found.by_agent["li.na"].share(), found.by_class["size"].share()), ("67 %".to_owned(), "0 %".to_owned()));
        assert_eq!(SatisfactionOf::default().share(), "—");
        assert!(Satisfaction::default().part(Lang::En).unwrap().is_empty());
    }
}
