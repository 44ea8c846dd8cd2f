//! Which state may follow which, what a quote's text is, how long a warranty goes on for.

use chrono::NaiveDate;

use super::{RepairSite, RepairState};
use crate::aftersales::service_levels::Moment;
use crate::kernel::machine::Machine;
use crate::kernel::parsed;
use crate::machine;

/// Where a repair may go. A check that fails leads back to the bench; a quote that changes, back to the buyer.
pub const REPAIR_MACHINE: Machine<RepairState> = machine![RepairState:
    Triage => Quoted | Declined;
    Quoted => Quoted | Accepted | Rejected | Declined;
    Accepted => Received | Repairing | Quoted;
    Received => Repairing | Quoted | Beyond;
    Repairing => Checked | Repairing | Quoted | Beyond;
    Checked => Ready | Repairing;
    Ready => Sent | Handed;
    Sent => Handed;
    Handed => Done | Repairing
];

impl RepairState {
    /// Whether nothing follows any more.
    pub fn is_over(self) -> bool {
        REPAIR_MACHINE.after(self).is_empty()
    }
}

/// The number of a repair: that of its case and line; of a line that was repaired before, which time it is.
pub fn number(case: &str, line: i64, before: usize) -> String {
    match before {
        0 => format!("{case}.{line}"),
        _ => format!("{case}.{line}-{}", before + 1),
    }
}

/// The case and the line that a repair's number names.
pub fn line_of_number(number: &str) -> Option<(&str, i64)> {
    let (case, rest) = number.rsplit_once('.')?;
    Some((case, parsed(rest.split_once('-').map_or(rest, |(line, _)| line))?))
}

/// What the clocks of a repair make of a step: until it is quoted, collected, done; half an hour where the buyer is. While the buyer thinks a quote
/// over, our time stands still. `is_here` says that the garment is in our hands.
pub const fn moments(site: RepairSite, from: RepairState, to: RepairState, is_here: bool) -> &'static [Moment] {
    use RepairState::{Accepted, Beyond, Checked, Declined, Handed, Quoted, Ready, Received, Rejected, Repairing, Sent};
    match (from, to, site) {
        (_, Quoted, _) => &[Moment::Quoted, Moment::Waiting],
        (Quoted, Accepted, RepairSite::Workshop | RepairSite::Factory) if !is_here => &[Moment::Working, Moment::QuoteAccepted],
        (Quoted, Accepted, _) => &[Moment::Working],
        (Accepted | Handed, Repairing, RepairSite::OnSite) => &[Moment::OnSite],
        (_, Received, _) | (Accepted | Handed, Repairing, _) => &[Moment::Received],
        (_, Checked, _) => &[Moment::SelfChecked],
        (_, Sent, _) | (Ready, Handed, _) => &[Moment::Shipped],
        (_, Declined | Rejected | Beyond, _) => &[Moment::Cancelled],
        _ => &[],
    }
}

/// The text a buyer agrees to: what is done, for how much, by when. Its SHA-256 is what the agreement names, so it never depends on a language
/// or a program's version.
pub fn quote_text(plan: &str, price_minor: i64, currency: &str, ready_on: NaiveDate) -> String {
    format!("{plan}\n{price_minor} {currency}\n{ready_on}\n")
}

/// Days to add to a warranty: those in our hands, the day of receipt not counted (Civil Code of China, Art. 201); none for an order that never
/// left the buyer.
pub fn days_held(received_on: Option<NaiveDate>, handed_on: NaiveDate) -> i64 {
    received_on.map_or(0, |received| (handed_on - received).num_days().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_repair_reaches_the_buyer_unseen_by_two() {
        let all = RepairState::ALL;
        let into = |to: RepairState| all.iter().copied().filter(|from| REPAIR_MACHINE.allows(*from, to)).collect::<Vec<_>>();
        assert_eq!(into(RepairState::Ready), [RepairState::Checked]);
        assert_eq!(into(RepairState::Checked), [RepairState::Repairing]);
        assert_eq!(into(RepairState::Done), [RepairState::Handed]);
        assert_eq!(into(RepairState::Handed), [RepairState::Ready, RepairState::Sent]);
        // Whatever is worked on was agreed to.
        assert!(into(RepairState::Repairing).iter().all(|from| *from != RepairState::Quoted && *from != RepairState::Triage));
    }

    #[test]
    fn a_number_says_its_line_however_often_that_was_repaired() {
        for before in 0..3 {
            assert_eq!(line_of_number(&number("261128-7K3Q0", 12, before)), Some(("261128-7K3Q0", 12)), "{before}");
        }
        assert_eq!((number("261128-7K3Q0", 1, 0), number("261128-7K3Q0", 1, 1)), ("261128-7K3Q0.1".into(), "261128-7K3Q0.1-2".into()));
        assert_eq!(line_of_number("261128-7K3Q0"), None);
    }

    #[test]
    fn the_days_in_our_hands_are_counted_from_the_day_after() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(days_held(Some(day("2026-03-02")), day("2026-03-09")), 7);
        assert_eq!(days_held(Some(day("2026-03-02")), day("2026-03-02")), 0);
        assert_eq!(days_held(None, day("2026-03-02")), 0);
    }

    #[test]
    fn every_way_through_a_repair_starts_and_stops_its_clocks() {
        use RepairState::{Accepted, Checked, Handed, Quoted, Ready, Received, Repairing, Triage};
        let told = |site, steps: &[RepairState]| -> Vec<Moment> {
            let is_here = |place: usize| steps[..=place].contains(&Received);
            let step = |(place, pair): (usize, &[RepairState])| moments(site, pair[0], pair[1], is_here(place)).to_vec();
            steps.windows(2).enumerate().flat_map(step).collect()
        };
        use Moment::{QuoteAccepted, SelfChecked, Shipped, Waiting, Working};
        assert_eq!(
            told(RepairSite::Workshop, &[Triage, Quoted, Accepted, Received, Quoted, Accepted, Repairing, Checked, Ready, Handed]),
            [
                Moment::Quoted,
                Waiting,
                Working,
                QuoteAccepted,
                Moment::Received,
                Moment::Quoted,
                Waiting,
                Working,
                Moment::Received,
                SelfChecked,
                Shipped
            ]
        );
        assert_eq!(
            told(RepairSite::OnSite, &[Triage, Quoted, Accepted, Repairing, Checked, Ready, Handed, Repairing]),
            [Moment::Quoted, Waiting, Working, Moment::OnSite, SelfChecked, Shipped, Moment::OnSite]
        );
    }

    #[test]
    fn any_word_of_a_quote_makes_another_text() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let text = quote_text("Sew on", 0, "CNY", day("2026-03-02"));
        assert_eq!(text, "Sew on\n0 CNY\n2026-03-02\n");
        assert_ne!(text, quote_text("Sew on", 0, "CNY", day("2026-03-03")));
        assert_ne!(text, quote_text("Sew on.", 0, "CNY", day("2026-03-02")));
    }
}
