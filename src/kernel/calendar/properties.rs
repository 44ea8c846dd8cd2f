//! What holds for every calendar, start, target and pause.

use std::sync::Arc;

use chrono::{Days as DayCount, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::kernel::time::local_date;

/// Zones that never change, change by an hour, by half an hour, at midnight, in the southern summer.
const ZONES: [Tz; 7] = [
    chrono_tz::Asia::Shanghai,
    chrono_tz::UTC,
    chrono_tz::Europe::Berlin,
    chrono_tz::America::New_York,
    chrono_tz::Africa::Cairo,
    chrono_tz::Australia::Lord_Howe,
    chrono_tz::America::Santiago,
];

fn first_day() -> NaiveDate {
    "2026-01-01".parse().unwrap()
}

/// Hours whose windows begin and end at multiples of `grain` minutes.
fn some_hours(grain: u16) -> impl Strategy<Value = Hours> {
    prop::collection::btree_set(0..=DAY_MINUTES / grain, 0..7).prop_map(move |ends| {
        let ends: Vec<u16> = ends.into_iter().map(|end| end * grain).collect();
        Hours::new("hours", ends.chunks_exact(2).map(|pair| Window::new("hours", pair[0], pair[1]).unwrap())).unwrap()
    })
}

fn some_days(grain: u16) -> impl Strategy<Value = Days> {
    let day = (any::<bool>(), prop::option::of(some_hours(grain)));
    prop::collection::btree_map(0..420_u64, day, 0..60).prop_map(|days| {
        let days = days.into_iter().map(|(after, (off, hours))| Day {
            date: first_day() + DayCount::new(after),
            kind: if off { Kind::Off } else { Kind::Work },
            name: String::new(),
            hours,
        });
        Days::new(days, [2026]).unwrap()
    })
}

fn some_calendar_in(zones: &'static [Tz], grain: u16) -> impl Strategy<Value = Calendar> {
    let week = prop::collection::vec(some_hours(grain), 7).prop_map(|hours| {
        let mut hours = hours.into_iter();
        Week::new(|_| hours.next().unwrap())
    });
    let week = week.prop_filter("somebody works", |week| week.first_hours().is_some());
    (prop::sample::select(zones), week, some_days(grain), some_days(grain), some_hours(grain), any::<bool>()).prop_map(
        |(zone, week, national, own, makeup, works_makeup_days)| {
            let nation = Arc::new(Nation::saturday_and_sunday(national));
            let calendar = Calendar::new(1, zone, week).unwrap().with_nation(nation).with_own_days(own).with_makeup_hours(makeup);
            if works_makeup_days { calendar } else { calendar.without_makeup_days() }
        },
    )
}

fn some_calendar() -> impl Strategy<Value = Calendar> {
    some_calendar_in(&ZONES, 1)
}

/// An instant of 2026, to the microsecond.
fn some_instant() -> impl Strategy<Value = NaiveDateTime> {
    (0..365_i64 * 86_400, prop_oneof![Just(0), 0..1_000_000_i64]).prop_map(|(seconds, micros)| {
        first_day().and_hms_opt(0, 0, 0).unwrap() + TimeDelta::seconds(seconds) + TimeDelta::microseconds(micros)
    })
}

/// Pauses that begin up to ten days after `start` and last up to six.
fn some_pauses(start: NaiveDateTime) -> impl Strategy<Value = Vec<Span>> {
    prop::collection::vec((0..10 * 1440_i64, 0..6 * 1440_i64), 0..4).prop_map(move |pauses| {
        let after = |minutes| start + TimeDelta::minutes(minutes);
        pauses.into_iter().map(|(from, length)| Span { from: after(from), to: after(from + length) }).collect()
    })
}

fn some_target() -> impl Strategy<Value = Target> {
    let seconds = (1..2_000_000_u32).prop_map(|value| Target::new("target", Unit::Seconds, value).unwrap());
    prop_oneof![1 => seconds, 2 => some_working_target()]
}

/// A target that only working time counts towards.
fn some_working_target() -> impl Strategy<Value = Target> {
    prop_oneof![(Just(Unit::WorkingMinutes), 1..6_000_u32), (Just(Unit::WorkingDays), 1..20_u32)]
        .prop_map(|(unit, value)| Target::new("target", unit, value).unwrap())
}

fn minutes(value: u32) -> Target {
    Target::new("target", Unit::WorkingMinutes, value).unwrap()
}

fn start_and_pauses() -> impl Strategy<Value = (NaiveDateTime, Vec<Span>)> {
    some_instant().prop_flat_map(|start| (Just(start), some_pauses(start)))
}

/// Whether `at` is within a window, or at its close.
fn is_working_time(calendar: &Calendar, at: NaiveDateTime) -> bool {
    let date = local_date(at, calendar.zone());
    let near = date.pred_opt().unwrap().iter_days().take(3);
    near.flat_map(|date| calendar.spans_on(date).collect::<Vec<_>>()).any(|span| span.from < at && at <= span.to)
}

proptest! {
    #[test]
    fn as_much_time_goes_by_as_was_asked((start, pauses) in start_and_pauses(), calendar in some_calendar(), wanted in 1..6_000_u32) {
        let pauses = Pauses::new(pauses);
        let due = calendar.due(start, minutes(wanted), &pauses).at;
        prop_assert_eq!(calendar.elapsed(start, due, &pauses), TimeDelta::minutes(i64::from(wanted)));
        let just_before = due - TimeDelta::microseconds(1);
        prop_assert!(calendar.elapsed(start, just_before, &pauses) < TimeDelta::minutes(i64::from(wanted)), "the earliest such instant");
    }

    #[test]
    fn more_is_due_later(start in some_instant(), calendar in some_calendar(), target in some_target(), more in 1..500_u32) {
        let longer = Target::new("target", target.unit(), target.value() + more).unwrap();
        prop_assert!(calendar.due(start, target, &Pauses::default()).at < calendar.due(start, longer, &Pauses::default()).at);
    }

    #[test]
    fn due_in_working_time((start, pauses) in start_and_pauses(), calendar in some_calendar(), target in some_working_target()) {
        let pauses = Pauses::new(pauses);
        let due = calendar.due(start, target, &pauses).at;
        prop_assert!(due > start && is_working_time(&calendar, due), "{due}");
        prop_assert!(!pauses.spans().iter().any(|pause| pause.from < due && due < pause.to), "{due} is in a pause");
    }

    #[test]
    fn a_pause_never_brings_a_deadline_forward(
        (start, pauses) in start_and_pauses(), more in 0..14 * 1440_i64, length in 0..6 * 1440_i64, calendar in some_calendar(), target in some_target(),
    ) {
        let pauses = Pauses::new(pauses);
        let from = start + TimeDelta::minutes(more);
        let longer = pauses.and(Span { from, to: from + TimeDelta::minutes(length) });
        prop_assert!(calendar.due(start, target, &pauses).at <= calendar.due(start, target, &longer).at);
    }

    #[test]
    fn elapsed_adds_up(start in some_instant(), first in 0..20_000_i64, second in 0..20_000_i64, calendar in some_calendar()) {
        let (middle, end) = (start + TimeDelta::minutes(first), start + TimeDelta::minutes(first + second));
        let gone = |from, to| calendar.elapsed(from, to, &Pauses::default());
        prop_assert_eq!(gone(start, middle) + gone(middle, end), gone(start, end));
        prop_assert!(gone(start, end) <= end - start);
    }

    #[test]
    fn a_last_day_is_no_rest_day(after in 0..365_u64, days in 0..400_u32, national in some_days(60)) {
        let nation = Nation::saturday_and_sunday(national);
        let received = first_day() + DayCount::new(after);
        let last = nation.last_day(received, days).date;
        let nominal = received + DayCount::new(u64::from(days));
        prop_assert!(!nation.rests_on(last) && last >= nominal);
        prop_assert!(nominal.iter_days().take_while(|date| *date < last).all(|date| nation.rests_on(date)), "and the first such day");
    }
}

/// Working minutes from `from` to `to` counted one by one off the wall.
fn counted(calendar: &Calendar, from: NaiveDateTime, minutes: i64) -> i64 {
    (0..minutes)
        .filter(|after| {
            let wall = calendar.zone().from_utc_datetime(&(from + TimeDelta::minutes(*after)));
            let minute = wall.hour() * 60 + wall.minute();
            let open = |window: &Window| u32::from(window.from()) <= minute && minute < u32::from(window.to());
            calendar.hours(wall.date_naive()).windows().iter().any(open)
        })
        .count()
        .try_into()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Windows begin and end at multiples of six hours here: what a window that begins within a repeated hour means is a choice, and tested by example.
    #[test]
    fn elapsed_is_what_the_wall_clock_shows(day in 0..360_u64, calendar in some_calendar_in(&ZONES, 360), minutes in 0..8_000_i64) {
        let start = (first_day() + DayCount::new(day)).and_hms_opt(0, 0, 0).unwrap();
        let gone = calendar.elapsed(start, start + TimeDelta::minutes(minutes), &Pauses::default());
        prop_assert_eq!(gone, TimeDelta::minutes(counted(&calendar, start, minutes)));
    }
}

fn some_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => Just(Change::Pause),
        4 => Just(Change::Resume),
        2 => some_target().prop_map(Change::Retarget),
        1 => (1..3_u32).prop_map(Change::Recalendar),
        2 => Just(Change::Stop),
        1 => Just(Change::Cancel),
        2 => (some_target(), 1..3_u32).prop_map(|(target, calendar)| Change::Start { target, calendar }),
    ]
}

fn some_events() -> impl Strategy<Value = Vec<CountdownEvent>> {
    (some_instant(), some_target(), prop::collection::vec((0..4_000_i64, some_change()), 0..12)).prop_map(|(start, target, rest)| {
        let mut at = start;
        let first = CountdownEvent { id: 1, at, change: Change::Start { target, calendar: 1 } };
        let rest = rest.into_iter().zip(2..).map(|((after, change), id)| {
            at += TimeDelta::minutes(after);
            CountdownEvent { id, at, change }
        });
        std::iter::once(first).chain(rest).collect()
    })
}

fn two_versions() -> impl Strategy<Value = Versions> {
    (some_calendar(), some_calendar()).prop_map(|(first, second)| Versions::new([first, Calendar { version: 2, ..second }]).unwrap())
}

/// Replays events; those that cannot happen in the state the countdown is in (a start of what runs) are refused and change nothing.
fn replayed(events: &[CountdownEvent], calendars: &Versions) -> (Countdown, Vec<CountdownEvent>) {
    let mut countdown = Countdown::default();
    let taken = events.iter().filter(|event| countdown.apply(event, calendars).is_ok()).copied().collect();
    (countdown, taken)
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_countdown(
        events in some_events(), calendars in two_versions(), chunks in prop::collection::vec((1..5_usize, 0..3_usize, 0..4_000_i64), 12),
    ) {
        let (whole, events) = replayed(&events, &calendars);
        prop_assert_eq!(&Countdown::replay(&events, &calendars).unwrap(), &whole);
        let mut chunked = Countdown::default();
        let mut done = 0;
        for (length, again, look) in chunks {
            let next = (done + length).min(events.len());
            // A chunk may repeat events that were seen, and the countdown may be looked at until the next event.
            for event in &events[done.saturating_sub(again)..next] {
                chunked.apply(event, &calendars).unwrap();
            }
            done = next;
            let latest = events.get(done).map_or(events[done - 1].at, |event| event.at);
            chunked.look(latest.min(events[done - 1].at + TimeDelta::minutes(look)));
        }
        let end = events.last().unwrap().at;
        let (mut whole, mut chunked) = (whole, chunked);
        whole.look(end);
        chunked.look(end);
        prop_assert_eq!(chunked, whole);
    }

    #[test]
    fn verdicts_are_final(events in some_events(), calendars in two_versions()) {
        let (_, events) = replayed(&events, &calendars);
        let mut countdown = Countdown::default();
        let mut before: Vec<State> = Vec::new();
        for event in &events {
            countdown.apply(event, &calendars).unwrap();
            let now: Vec<State> = countdown.runs().iter().map(Run::state).collect();
            for (then, now) in before.iter().zip(&now) {
                prop_assert!(matches!(then, State::Running | State::Paused) || then == now, "{then:?} became {now:?}");
            }
            before = now;
        }
        for run in countdown.runs() {
            let calendar = calendars.get(run.calendar).unwrap();
            let running_late = run.state() == State::Running && run.deadline.as_ref().is_some_and(|deadline| deadline.at < events.last().unwrap().at);
            prop_assert!(!running_late);
            if run.state() == State::Met && run.target.unit() == Unit::WorkingMinutes {
                prop_assert!(run.elapsed(run.ended_at.unwrap(), calendar) <= TimeDelta::minutes(i64::from(run.target.value())));
            }
        }
    }
}
