//! Worked examples: China in 2026 with its make-up workdays, clocks that go forward and back, one countdown through a long life.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;
use rstest::rstest;

use super::*;
use crate::kernel::error::Error;

const HOLIDAYS: &str = include_str!("../../../tests/vectors/working-time/holidays-cn-2026.json");
const CHINA: Tz = chrono_tz::Asia::Shanghai;
const WORKWEEK: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

fn nation() -> Arc<Nation> {
    Arc::new(Nation::saturday_and_sunday(read_json(HOLIDAYS).unwrap()))
}

fn calendar(hours: &str) -> Calendar {
    Calendar::new(1, CHINA, Week::same(&WORKWEEK, &Hours::read("hours", hours).unwrap())).unwrap().with_nation(nation())
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn utc_in(zone: Tz, local: &str) -> NaiveDateTime {
    let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
    zone.from_local_datetime(&local).earliest().unwrap().naive_utc()
}

fn utc(local: &str) -> NaiveDateTime {
    utc_in(CHINA, local)
}

fn local(at: NaiveDateTime) -> String {
    CHINA.from_utc_datetime(&at).format("%Y-%m-%d %H:%M").to_string()
}

fn target(unit: Unit, value: u32) -> Target {
    Target::new("target", unit, value).unwrap()
}

fn pauses(spans: &[(&str, &str)]) -> Pauses {
    Pauses::new(spans.iter().map(|(from, to)| Span { from: utc(from), to: utc(to) }))
}

const DAY: &str = "09:00-18:00";
const LUNCH: &str = "09:00-12:00;13:00-18:00";

#[rstest]
#[case::within_a_day(DAY, "2026-03-02 10:00", 2, "2026-03-02 12:00")]
#[case::over_a_weekend(DAY, "2026-03-06 17:30", 2, "2026-03-09 10:30")]
#[case::due_at_the_close_not_the_next_opening(DAY, "2026-03-02 09:00", 9, "2026-03-02 18:00")]
#[case::from_the_close(DAY, "2026-03-02 18:00", 1, "2026-03-03 10:00")]
#[case::into_a_makeup_saturday(DAY, "2026-02-13 17:00", 2, "2026-02-14 10:00")]
#[case::over_spring_festival(DAY, "2026-02-14 17:00", 2, "2026-02-24 10:00")]
#[case::over_national_day(DAY, "2026-09-30 16:00", 9, "2026-10-08 16:00")]
#[case::on_a_makeup_sunday(DAY, "2026-01-04 10:00", 1, "2026-01-04 11:00")]
#[case::over_lunch(LUNCH, "2026-03-02 11:30", 1, "2026-03-02 13:30")]
#[case::from_within_lunch(LUNCH, "2026-03-02 12:30", 1, "2026-03-02 14:00")]
fn working_hours(#[case] hours: &str, #[case] start: &str, #[case] wanted: u32, #[case] expected: &str) {
    let deadline = calendar(hours).due(utc(start), target(Unit::WorkingMinutes, wanted * 60), &Pauses::default());
    assert_eq!(local(deadline.at), expected);
    assert!(deadline.years_without_data.is_empty());
}

#[rstest]
#[case::to_a_makeup_saturday("2026-02-13 11:00", 1, "2026-02-14 18:00")]
#[case::from_a_makeup_saturday("2026-02-14 11:00", 1, "2026-02-24 18:00")]
#[case::over_national_day("2026-09-29 15:00", 3, "2026-10-09 18:00")]
#[case::from_a_sunday("2026-03-08 10:00", 3, "2026-03-11 18:00")]
fn working_days(#[case] start: &str, #[case] wanted: u32, #[case] expected: &str) {
    assert_eq!(local(calendar(DAY).due(utc(start), target(Unit::WorkingDays, wanted), &Pauses::default()).at), expected);
}

#[rstest]
#[case::pause_of_closed_hours(DAY, "2026-03-02 14:00", 8, &[("2026-03-02 18:00", "2026-03-03 09:00")], "2026-03-03 13:00")]
#[case::two_days(DAY, "2026-03-02 10:00", 4, &[("2026-03-02 11:00", "2026-03-04 11:00")], "2026-03-04 14:00")]
#[case::twice_a_day(DAY, "2026-03-02 10:00", 4, &[("2026-03-02 11:00", "2026-03-02 12:00"), ("2026-03-02 13:00", "2026-03-02 14:00")], "2026-03-02 16:00")]
#[case::over_spring_festival(DAY, "2026-02-13 09:00", 18, &[("2026-02-13 12:00", "2026-02-25 12:00")], "2026-02-26 18:00")]
#[case::after_it_is_due(DAY, "2026-03-02 10:00", 1, &[("2026-03-02 11:00", "2026-03-04 11:00")], "2026-03-02 11:00")]
fn paused(#[case] hours: &str, #[case] start: &str, #[case] wanted: u32, #[case] spans: &[(&str, &str)], #[case] expected: &str) {
    let deadline = calendar(hours).due(utc(start), target(Unit::WorkingMinutes, wanted * 60), &pauses(spans));
    assert_eq!(local(deadline.at), expected);
}

#[rstest]
#[case::partly_paused_days_count(&[("2026-03-03 10:00", "2026-03-03 12:00")], "2026-03-04 18:00")]
#[case::a_whole_day_adds_a_day(&[("2026-03-03 09:00", "2026-03-03 18:00")], "2026-03-05 18:00")]
#[case::not_due_in_a_pause(&[("2026-03-04 10:00", "2026-03-06 12:00")], "2026-03-06 18:00")]
fn paused_working_days(#[case] spans: &[(&str, &str)], #[case] expected: &str) {
    let deadline = calendar(DAY).due(utc("2026-03-02 10:00"), target(Unit::WorkingDays, 2), &pauses(spans));
    assert_eq!(local(deadline.at), expected);
}

#[test]
fn calendar_time_knows_no_calendar() {
    let due = |spans: &[_]| calendar(DAY).due(utc("2026-12-31 23:30"), target(Unit::Seconds, 24 * 3600), &pauses(spans));
    assert_eq!(local(due(&[]).at), "2027-01-01 23:30");
    assert_eq!(local(due(&[("2027-01-01 00:30", "2027-01-01 02:00")]).at), "2027-01-02 01:00");
    assert!(due(&[]).years_without_data.is_empty());
}

#[test]
fn time_gone_by() {
    let gone = calendar(DAY).elapsed(utc("2026-02-13 09:00"), utc("2026-02-24 12:00"), &Pauses::default());
    assert_eq!(gone, TimeDelta::hours(21));
    assert_eq!(calendar(DAY).elapsed(utc("2026-02-24 12:00"), utc("2026-02-13 09:00"), &Pauses::default()), TimeDelta::zero());
}

#[rstest]
#[case("2026-03-04", "2026-03-11")]
#[case::last_day_in_national_day("2026-09-24", "2026-10-08")]
#[case::last_day_a_makeup_saturday("2026-02-07", "2026-02-14")]
#[case::last_day_a_saturday("2026-03-07", "2026-03-16")]
fn seven_days_to_return(#[case] received: &str, #[case] expected: &str) {
    let last = nation().last_day(date(received), 7);
    assert_eq!(last.date, date(expected));
    assert_eq!(local(last.over_at(CHINA)), format!("{} 00:00", date(expected).succ_opt().unwrap()));
}

#[test]
fn china_worked_248_days_in_2026() {
    let (nation, calendar) = (nation(), calendar(DAY));
    let year: Vec<NaiveDate> = date("2026-01-01").iter_days().take(365).collect();
    assert_eq!(year.iter().filter(|date| !nation.rests_on(**date)).count(), 248);
    assert_eq!(year.iter().filter(|date| !calendar.hours(**date).is_empty()).count(), 248);
    let count = |kind| nation.days().iter().filter(|day| day.kind == kind).count();
    assert_eq!((count(Kind::Off), count(Kind::Work)), (33, 6));
}

#[test]
fn an_own_day_wins_over_a_national_one_and_that_over_the_week() {
    let day = |text: &str, kind, hours: Option<&str>| Day {
        date: date(text),
        kind,
        name: String::new(),
        hours: hours.map(|text| Hours::read("hours", text).unwrap()),
    };
    let own = Days::new(
        [
            day("2026-02-17", Kind::Work, None),
            day("2026-02-14", Kind::Off, None),
            day("2026-03-03", Kind::Off, Some("10:00-11:00")),
            day("2026-02-28", Kind::Work, Some("13:00-18:00")),
        ],
        [],
    );
    let makeup = Hours::read("hours", "10:00-16:00").unwrap();
    let calendar = calendar(DAY).with_own_days(own.unwrap()).with_makeup_hours(makeup);
    let hours = |calendar: &Calendar, text| calendar.hours(date(text)).to_string();
    assert_eq!(hours(&calendar, "2026-02-17"), "10:00-16:00", "a holiday the house works");
    assert_eq!(hours(&calendar, "2026-02-14"), "", "a make-up workday the house takes off");
    assert_eq!(hours(&calendar, "2026-03-03"), "10:00-11:00", "a day off with hours of its own");
    assert_eq!(hours(&calendar, "2026-02-28"), "13:00-18:00", "own hours win over make-up hours");
    assert_eq!(hours(&calendar, "2026-01-04"), "10:00-16:00");
    assert_eq!(hours(&calendar, "2026-03-02"), DAY);
    let finance = calendar.without_makeup_days();
    assert_eq!(hours(&finance, "2026-01-04"), "", "a national make-up workday");
    assert_eq!(hours(&finance, "2026-02-28"), "13:00-18:00", "its own it works");
    assert_eq!(hours(&finance, "2026-02-18"), "", "a national holiday stays one");
}

#[test]
fn a_year_without_data_goes_by_the_week_and_says_so() {
    let due = |calendar: &Calendar| calendar.due(utc("2026-12-31 17:00"), target(Unit::WorkingMinutes, 120), &Pauses::default());
    let deadline = due(&calendar(DAY));
    assert_eq!(local(deadline.at), "2027-01-01 10:00");
    assert_eq!(deadline.years_without_data, [2027]);
    let unpublished = Nation::saturday_and_sunday(read_json(r#"{"year": 2026, "papers": [], "days": []}"#).unwrap());
    assert_eq!(due(&calendar(DAY).with_nation(Arc::new(unpublished))).years_without_data, [2026, 2027]);
    let stateless = Calendar::new(1, CHINA, Week::same(&WORKWEEK, &Hours::read("hours", DAY).unwrap())).unwrap();
    assert!(due(&stateless).years_without_data.is_empty());
}

#[rstest]
#[case::skipped_hour("2026-03-29 00:30", 180, "2026-03-29 04:30")]
#[case::repeated_hour("2026-10-25 00:30", 180, "2026-10-25 02:30")]
fn nights_when_the_clock_changes(#[case] start: &str, #[case] minutes: u32, #[case] expected: &str) {
    let berlin = chrono_tz::Europe::Berlin;
    let always = Calendar::new(1, berlin, Week::new(|_| Hours::read("hours", "00:00-24:00").unwrap())).unwrap();
    let due = always.due(utc_in(berlin, start), target(Unit::WorkingMinutes, minutes), &Pauses::default()).at;
    assert_eq!(berlin.from_utc_datetime(&due).format("%Y-%m-%d %H:%M").to_string(), expected);
    assert_eq!(due - utc_in(berlin, start), TimeDelta::minutes(i64::from(minutes)));
}

#[test]
fn work_begins_again_after_closing_time_rest_and_lunch() {
    let opens = |at| local(calendar(LUNCH).opens(utc(at)));
    assert_eq!(opens("2026-03-02 10:30"), "2026-03-02 10:30");
    assert_eq!(opens("2026-03-02 12:10"), "2026-03-02 13:00");
    assert_eq!(opens("2026-02-14 18:00"), "2026-02-24 09:00", "over Spring Festival");
    assert_eq!(opens("2026-02-13 23:00"), "2026-02-14 09:00", "a make-up workday");
}

#[rstest]
#[case::of_minutes(Unit::WorkingMinutes, 120, 75, Some(90))]
#[case::whole_days_only(Unit::WorkingDays, 3, 75, Some(2))]
#[case::half_a_day_is_none(Unit::WorkingDays, 1, 75, None)]
#[case::half_as_much_again(Unit::WorkingDays, 7, 150, Some(10))]
#[case::a_day_more_at_least(Unit::WorkingDays, 1, 150, Some(2))]
#[case::no_more_than_a_target_can_be(Unit::WorkingDays, 3_660, 200, Some(3_660))]
fn shares_of_a_target(#[case] unit: Unit, #[case] value: u32, #[case] percent: u32, #[case] share: Option<u32>) {
    assert_eq!(target(unit, value).share(percent).map(Target::value), share);
}

#[test]
fn a_calendar_needs_some_work() {
    assert_eq!(Calendar::new(1, CHINA, Week::default()).unwrap_err().code, Code::Missing);
    assert_eq!(read_zone("zone", "Asia/Atlantis").unwrap_err().code, Code::UnknownReference);
    for (unit, value) in [(Unit::Seconds, 0), (Unit::WorkingMinutes, 1_000_001), (Unit::WorkingDays, 4_000)] {
        assert_eq!(Target::new("target", unit, value).unwrap_err().code, Code::OutOfRange);
    }
}

// Countdowns.

fn versions() -> Versions {
    let closed_tuesday = Day { date: date("2026-03-03"), kind: Kind::Off, name: "盘点".into(), hours: None };
    let second = Calendar { version: 2, ..calendar(DAY) }.with_own_days(Days::new([closed_tuesday], []).unwrap());
    let long_days = Calendar::new(3, CHINA, Week::new(|_| Hours::read("hours", "00:00-24:00").unwrap())).unwrap();
    Versions::new([calendar(DAY), second, long_days]).unwrap()
}

fn minutes(value: u32) -> Target {
    target(Unit::WorkingMinutes, value)
}

fn countdown(events: &[(&str, Change)]) -> Countdown {
    let events: Vec<CountdownEvent> =
        events.iter().zip(1..).map(|((at, change), id)| CountdownEvent { id, at: utc(at), change: *change }).collect();
    Countdown::replay(&events, &versions()).unwrap()
}

fn start() -> (&'static str, Change) {
    ("2026-03-02 10:00", Change::Start { target: minutes(240), calendar: 1 })
}

fn shown(countdown: &Countdown) -> (State, Option<String>, Option<(String, Cause)>) {
    let run = countdown.run().unwrap();
    let due = run.deadline.as_ref().map(|deadline| local(deadline.at));
    (run.state(), due, run.breach.map(|breach| (local(breach.at), breach.cause)))
}

#[test]
fn a_countdown_runs_pauses_and_is_met() {
    assert_eq!(shown(&countdown(&[start()])), (State::Running, Some("2026-03-02 14:00".into()), None));
    let pause = ("2026-03-02 11:00", Change::Pause);
    assert_eq!(shown(&countdown(&[start(), pause])), (State::Paused, None, None));
    let resume = ("2026-03-04 11:00", Change::Resume);
    assert_eq!(shown(&countdown(&[start(), pause, resume])), (State::Running, Some("2026-03-04 14:00".into()), None));
    let met = countdown(&[start(), pause, resume, ("2026-03-04 14:00", Change::Stop)]);
    assert_eq!(met.run().unwrap().state(), State::Met, "done at the deadline is in time");
    assert_eq!(met.run().unwrap().elapsed(utc("2026-12-01 10:00"), &calendar(DAY)), TimeDelta::hours(4));
    let stopped_in_pause = countdown(&[start(), pause, ("2026-03-05 09:00", Change::Stop)]);
    assert_eq!(stopped_in_pause.run().unwrap().state(), State::Met);
    assert_eq!(stopped_in_pause.run().unwrap().elapsed(utc("2026-12-01 10:00"), &calendar(DAY)), TimeDelta::hours(1));
}

#[test]
fn a_breach_is_never_taken_back() {
    let missed = (State::Missed, Some(("2026-03-02 14:00".to_owned(), Cause::Time)));
    for later in [Change::Stop, Change::Pause, Change::Cancel, Change::Retarget(minutes(6_000)), Change::Recalendar(2)] {
        let (state, _, breach) = shown(&countdown(&[start(), ("2026-03-02 14:01", later)]));
        assert_eq!((state, breach), missed, "{later:?}");
    }
    let mut looked = countdown(&[start()]);
    looked.look(utc("2026-03-02 14:00"));
    assert_eq!(looked.run().unwrap().state(), State::Running);
    looked.look(utc("2026-03-02 14:01"));
    assert_eq!(looked.run().unwrap().state(), State::Missed);
}

#[test]
fn a_change_of_policy_counts_from_the_original_start() {
    let pauses = [start(), ("2026-03-02 11:00", Change::Pause), ("2026-03-02 12:00", Change::Resume)];
    let with = |target| countdown(&[&pauses[..], &[("2026-03-02 13:00", Change::Retarget(target))]].concat());
    assert_eq!(shown(&with(minutes(180))), (State::Running, Some("2026-03-02 14:00".into()), None), "the pause is kept");
    let (state, _, breach) = shown(&with(minutes(60)));
    assert_eq!((state, breach), (State::Missed, Some(("2026-03-02 13:00".into(), Cause::Policy))));
    let while_paused = countdown(&[start(), pauses[1], ("2026-03-02 17:00", Change::Retarget(minutes(30)))]);
    assert_eq!(shown(&while_paused).2, Some(("2026-03-02 17:00".into(), Cause::Policy)), "reached before the pause");
}

#[test]
fn a_change_of_calendar_counts_from_the_original_start() {
    let late = ("2026-03-02 17:00", start().1);
    assert_eq!(shown(&countdown(&[late])).1.unwrap(), "2026-03-03 12:00");
    assert_eq!(shown(&countdown(&[late, ("2026-03-02 17:30", Change::Recalendar(2))])).1.unwrap(), "2026-03-04 12:00");
    let (state, _, breach) = shown(&countdown(&[late, ("2026-03-03 09:30", Change::Recalendar(3))]));
    assert_eq!((state, breach), (State::Missed, Some(("2026-03-03 09:30".into(), Cause::Calendar))));
}

#[test]
fn starting_again_begins_a_new_run() {
    let again = ("2026-03-05 10:00", start().1);
    let countdown = countdown(&[start(), ("2026-03-02 15:00", Change::Stop), again, ("2026-03-05 11:00", Change::Stop)]);
    let verdicts: Vec<(u32, State)> = countdown.runs().iter().map(|run| (run.seq, run.state())).collect();
    assert_eq!(verdicts, [(1, State::Missed), (2, State::Met)]);
}

#[test]
fn cancelled_before_the_deadline_is_neither_met_nor_missed() {
    let mut cancelled = countdown(&[start(), ("2026-03-02 11:00", Change::Cancel)]);
    cancelled.look(utc("2026-03-09 10:00"));
    assert_eq!(cancelled.run().unwrap().state(), State::Cancelled);
}

#[test]
fn impossible_events_leave_the_countdown_as_it_was() {
    let event = |id, at, change| CountdownEvent { id, at: utc(at), change };
    let mut countdown = countdown(&[start(), ("2026-03-02 11:00", Change::Pause)]);
    let before = countdown.clone();
    for (event, code) in [
        (event(3, "2026-03-02 10:59", Change::Resume), Code::DatesOutOfOrder),
        (event(3, "2026-03-02 12:00", start().1), Code::WrongState),
        (event(3, "2026-03-02 12:00", Change::Recalendar(9)), Code::UnknownReference),
    ] {
        assert_eq!(countdown.apply(&event, &versions()).unwrap_err().code, code);
        assert_eq!(countdown, before);
    }
    countdown.apply(&event(2, "2026-03-02 10:00", Change::Cancel), &versions()).unwrap();
    assert_eq!(countdown, before, "an event that was seen");
    let nothing = Countdown::default().apply(&event(1, "2026-03-02 10:00", Change::Stop), &versions());
    assert_eq!(nothing.unwrap_err().code, Code::WrongState);
}

// Files.

fn refused(read: super::super::error::Result<Days>) -> Vec<(u64, String, Code)> {
    match read.unwrap_err() {
        Error::Refused(refusal) => {
            refusal.faults.into_iter().map(|fault| (fault.line.unwrap(), fault.field.into_owned(), fault.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn csv_says_the_same_as_json() {
    let json = read_json(HOLIDAYS).unwrap();
    let rows = json.iter().map(|day| {
        let kind = if day.kind == Kind::Off { "off" } else { "班" };
        format!("{kind},{},\"{}\"\r\n", day.date.format("%Y/%m/%d"), day.name)
    });
    let csv = format!("\u{feff}kind, date,name\r\n{}", rows.collect::<String>());
    assert_eq!(read_csv(&csv).unwrap(), json);
    let hours = read_csv("date,kind,hours\n2026-02-16,off,09:00-12:00\n").unwrap();
    assert_eq!(hours.get(date("2026-02-16")).unwrap().hours.as_ref().unwrap().to_string(), "09:00-12:00");
}

#[test]
fn wrong_rows_of_csv_are_named_by_line() {
    let csv = "date,kind,name,hours\n\
               2026-13-01,off,,\n\
               2026-05-01,holiday,,\n\
               2026-05-02,off,劳动节,\n\
               \n\
               2026-05-03,off,\"two\nlines\",09:00-12:00;11:00-13:00\n\
               2026-05-02,work,,\n\
               2026-05-04,off,,,more\n";
    let mut faults = refused(read_csv(csv));
    faults.sort_by_key(|(line, field, _)| (*line, field.clone()));
    let expected = [
        (2, "date", Code::NotADate),
        (3, "kind", Code::NotOneOf),
        (6, "hours", Code::Overlap),
        (6, "name", Code::ControlCharacter),
        (8, "date", Code::Duplicate),
        (9, "date", Code::TooManyCells),
    ];
    assert_eq!(faults, expected.map(|(line, field, code)| (line, field.to_owned(), code)));
    assert_eq!(
        refused(read_csv("date,sort,date\n")),
        [(1, "sort".to_owned(), Code::UnknownField), (1, "date".to_owned(), Code::Duplicate), (1, "kind".to_owned(), Code::ColumnMissing)]
    );
}

#[test]
fn wrong_rows_of_json_are_named_by_line() {
    let json = r#"{
 "year": 2026,
 "papers": [],
 "days": [
  {"name": "元旦", "date": "2026-01-01", "isOffDay": true},
  {
   "name": "元旦",
   "date": "2026-01-01",
   "isOffDay": false
  },
  {"name": "x", "date": "2026-02-30", "isOffDay": true},
  {"name": "x", "date": "2027-02-01", "isOffDay": true}
 ]
}"#;
    assert_eq!(
        refused(read_json(json)),
        [
            (6, "days.1.date".to_owned(), Code::Duplicate),
            (11, "days.2.date".to_owned(), Code::NotADate),
            (12, "days.3.date".to_owned(), Code::OutOfRange)
        ]
    );
    for (broken, line) in [
        ("{\"year\": 2026,\n\"days\": [{\"name\": \"\",\n\"date\": 20260101, \"isOffDay\": true}]}", 3),
        ("{\"year\": 2026,\n\"days\": [],\n\"dates\": []}", 3),
        ("{\"year\": 2026}", 1),
        ("{\"year\": 26, \"days\": []}", 1),
        ("{\"year\": 2026, \"days\": []} {}", 1),
        ("", 1),
    ] {
        assert_eq!(refused(read_json(broken)), [(line, "file".to_owned(), Code::Malformed)], "{broken}");
    }
}
