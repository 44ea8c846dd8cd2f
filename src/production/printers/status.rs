//! What printers answer when asked how they are.

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::parsed;

/// Why a printer prints nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// No labels left, or the gap is not found.
    PaperOut,
    /// Somebody pressed pause.
    Paused,
    /// The head is up or the cover open.
    HeadOpen,
    /// No ribbon left.
    RibbonOut,
    /// Labels are stuck.
    Jam,
    /// The head is too hot or too cold.
    Temperature,
    /// Something of its own.
    Other,
}

impl Stop {
    /// Its name, as a job's message keeps it; `labels-reason-<name>` is its words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaperOut => "paper-out",
            Self::Paused => "printer-paused",
            Self::HeadOpen => "head-open",
            Self::RibbonOut => "ribbon-out",
            Self::Jam => "jam",
            Self::Temperature => "temperature",
            Self::Other => "printer-fault",
        }
    }
}

/// How a printer is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Status {
    /// What keeps it from printing.
    pub stops: Vec<Stop>,
    /// Labels and formats it still has to print, as far as it counts them.
    pub waiting: u64,
    /// Whether it has work: prints, receives or has a full buffer.
    pub busy: bool,
}

impl Status {
    /// Whether everything it was sent has been printed.
    pub fn is_idle(&self) -> bool {
        self.stops.is_empty() && self.waiting == 0 && !self.busy
    }
}

/// A bit of a status and what it means.
fn stops(bits: &[(bool, Stop)]) -> Vec<Stop> {
    bits.iter().filter(|(set, _)| *set).map(|(_, stop)| *stop).collect()
}

/// An answer to `~HS`: lines between STX and ETX (ZPL II programming guide, `~HS`). None until the first two are there.
pub fn zpl(bytes: &[u8]) -> Option<Status> {
    let lines: Vec<Vec<u64>> = bytes
        .split(|byte| *byte == 0x02)
        .skip(1)
        .filter_map(|line| {
            let end = line.iter().position(|byte| *byte == 0x03)?;
            String::from_utf8_lossy(line.get(..end)?).split(',').map(|field| parsed::<u64>(field.trim())).collect()
        })
        .collect();
    let first = lines.iter().find(|line| line.len() == 12)?;
    let second = lines.iter().find(|line| line.len() == 11)?;
    let of = |line: &[u64], at: usize| line.get(at).copied().unwrap_or_default();
    let set = |line: &[u64], at: usize| of(line, at) != 0;
    Some(Status {
        stops: stops(&[
            (set(first, 1), Stop::PaperOut),
            (set(first, 2), Stop::Paused),
            (set(second, 2), Stop::HeadOpen),
            (set(second, 3), Stop::RibbonOut),
            (set(first, 10) || set(first, 11), Stop::Temperature),
            (set(first, 9), Stop::Other),
        ]),
        waiting: of(first, 4).saturating_add(of(second, 8)),
        // Buffer full, a format half received, a label waiting to be taken off.
        busy: set(first, 5) || set(first, 7) || set(second, 7),
    })
}

/// An answer to `<ESC>!?`: one byte of bits (TSPL/TSPL2 programming manual, `<ESC>!?`). None for no byte.
pub fn tspl(bytes: &[u8]) -> Option<Status> {
    let byte = *bytes.last()?;
    let bit = |at: u8| byte & (1 << at) != 0;
    Some(Status {
        stops: stops(&[
            (bit(2), Stop::PaperOut),
            (bit(4), Stop::Paused),
            (bit(0) || bit(6), Stop::HeadOpen),
            (bit(3), Stop::RibbonOut),
            (bit(1), Stop::Jam),
            (bit(7), Stop::Other),
        ]),
        waiting: 0,
        busy: bit(5),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(first: &str, second: &str) -> Vec<u8> {
        format!("\u{2}{first}\u{3}\r\n\u{2}{second}\u{3}\r\n\u{2}1234,0\u{3}\r\n").into_bytes()
    }

    #[test]
    fn a_zebra_tells_what_it_lacks_and_has_to_do() {
        let idle = zpl(&answer("030,0,0,1245,000,0,0,0,000,0,0,0", "000,0,0,0,0,2,4,0,00000000,1,000")).unwrap();
        assert!(idle.is_idle());
        let stuck = zpl(&answer("030,1,1,1245,003,1,0,1,000,0,0,1", "000,0,1,1,0,2,4,0,00000047,1,000")).unwrap();
        assert_eq!(stuck.stops, [Stop::PaperOut, Stop::Paused, Stop::HeadOpen, Stop::RibbonOut, Stop::Temperature]);
        assert_eq!((stuck.waiting, stuck.busy), (50, true));
        assert!(!zpl(&answer("030,0,0,1245,000,0,0,0,000,0,0,0", "000,0,0,0,0,2,4,0,00000001,1,000")).unwrap().is_idle());
    }

    #[test]
    fn half_an_answer_is_none() {
        let whole = answer("030,0,0,1245,000,0,0,0,000,0,0,0", "000,0,0,0,0,2,4,0,00000000,1,000");
        let end = whole.iter().enumerate().filter(|(_, byte)| **byte == 3).nth(1).unwrap().0;
        assert_eq!(zpl(&whole[..end]), None);
        assert!(zpl(&whole[..=end]).is_some());
        assert_eq!(tspl(&[]), None);
    }

    #[test]
    fn a_tspl_printer_answers_in_bits() {
        assert!(tspl(&[0]).unwrap().is_idle());
        assert_eq!(tspl(&[0x04]).unwrap().stops, [Stop::PaperOut]);
        assert_eq!(tspl(&[0x03]).unwrap().stops, [Stop::HeadOpen, Stop::Jam]);
        assert!(tspl(&[0x20]).unwrap().busy);
    }

    proptest! {
        #[test]
        fn noise_is_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _any = (zpl(&bytes), tspl(&bytes));
        }

        #[test]
        fn idle_is_only_what_says_so(
            first in proptest::collection::vec(0_u64..3, 12), second in proptest::collection::vec(0_u64..3, 11),
        ) {
            let text = |line: &[u64]| line.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
            let status = zpl(&answer(&text(&first), &text(&second))).unwrap();
            let quiet = [1, 2, 4, 5, 7, 9, 10, 11].iter().all(|at| first[*at] == 0) && [2, 3, 7, 8].iter().all(|at| second[*at] == 0);
            prop_assert_eq!(status.is_idle(), quiet);
        }
    }
}
