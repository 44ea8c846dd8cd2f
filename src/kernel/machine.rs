//! State machines as tables: which state may follow which. What is not in the table is not allowed.

use std::fmt;

use super::error::{Code, Refusal, Result};
use super::text::Lang;

/// A state that is stored as text. Every closed list of [`choices!`](crate::choices) is one.
pub trait MachineState: Copy + PartialEq + fmt::Debug + 'static {
    /// The stored text.
    fn text(self) -> &'static str;

    /// What people call it.
    fn word(self, lang: Lang) -> &'static str;
}

/// The refusal of what a state does not allow.
pub fn refused_in(state: impl MachineState) -> Refusal {
    let (zh, en) = (state.word(Lang::Zh), state.word(Lang::En));
    Refusal::new(Code::WrongState).with("state", state.text()).with("state_zh", zh).with("state_en", en)
}

/// Which states may follow which.
#[derive(Clone, Copy, Debug)]
pub struct Machine<S: MachineState>(pub &'static [(S, &'static [S])]);

impl<S: MachineState> Machine<S> {
    /// The states that may follow.
    pub fn after(&self, from: S) -> &'static [S] {
        self.0.iter().find(|(state, _)| *state == from).map_or(&[], |(_, next)| next)
    }

    /// Whether this step is allowed.
    pub fn allows(&self, from: S, to: S) -> bool {
        self.after(from).contains(&to)
    }

    /// Passes a step that is allowed.
    ///
    /// # Errors
    /// As [`Machine::refused`].
    pub fn check(&self, from: S, to: S) -> Result<()> {
        if self.allows(from, to) { Ok(()) } else { Err(self.refused(from).into()) }
    }

    /// The refusal of what this state does not allow: [`Code::WrongState`] with the state (`state`) and those that may follow, as they are stored
    /// (`allowed`) and as people call them (`next_zh`, `next_en`), if any.
    pub fn refused(&self, from: S) -> Refusal {
        let next = self.after(from);
        let text =
            |text: &dyn Fn(S) -> &'static str, between: &str| next.iter().map(|state| text(*state)).collect::<Vec<_>>().join(between);
        let refusal = refused_in(from).with("allowed", text(&S::text, ", "));
        if next.is_empty() {
            return refusal;
        }
        refusal.with("next_zh", text(&|state| state.word(Lang::Zh), "、")).with("next_en", text(&|state| state.word(Lang::En), ", "))
    }
}

/// A state machine as a table: `machine!(JobState: Queued => Running | Cancelled; Running => Done | Failed)`. A state without a line is final.
#[macro_export]
macro_rules! machine {
    ($state:ident: $($from:ident => $($to:ident)|+);+ $(;)?) => {
        $crate::kernel::machine::Machine(&[$(($state::$from, &[$($state::$to),+])),+])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Door {
        Open,
        Shut,
        Walled,
    }

    impl MachineState for Door {
        fn text(self) -> &'static str {
            match self {
                Self::Open => "open",
                Self::Shut => "shut",
                Self::Walled => "walled",
            }
        }

        fn word(self, lang: Lang) -> &'static str {
            lang.of("门", self.text())
        }
    }

    const DOOR: Machine<Door> = machine!(Door: Open => Shut; Shut => Open | Walled);

    #[test]
    fn only_what_is_in_the_table_is_allowed() {
        let all = [Door::Open, Door::Shut, Door::Walled];
        let allowed = |from| all.into_iter().filter(|to| DOOR.allows(from, *to)).collect::<Vec<_>>();
        assert_eq!(all.map(allowed), [vec![Door::Shut], vec![Door::Open, Door::Walled], vec![]]);
        let crate::kernel::Error::Refused(refusal) = DOOR.check(Door::Open, Door::Walled).unwrap_err() else { panic!("refused") };
        let args: Vec<_> = refusal.args.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        assert_eq!(
            args,
            [("state", "open"), ("state_zh", "门"), ("state_en", "open"), ("allowed", "shut"), ("next_zh", "门"), ("next_en", "shut")]
        );
        assert_eq!(refusal.code, Code::WrongState);
    }
}
