//! Service levels: clocks of cases over holidays, pauses, changes of policy and calendar; who is told when, once whoever sweeps; what is due.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta, TimeZone};
use hangtag::aftersales::classes::{CaseChannel, CaseKind, CaseSeverity, Priority};
use hangtag::aftersales::service_levels::{self, About, ClockState, Moment, ShownClock, Swept, happened, happened_to, sweep};
use hangtag::kernel::Id;
use hangtag::kernel::event::Subject;
use hangtag::platform::db::{Store, StoreOptions};
use hangtag::platform::events;
use hangtag::platform::imports::{Mode, Outcome};
use hangtag::platform::rooms::import_table;
use hangtag::platform::state::AppState;
use hangtag::staff::accounts::Role;
use hangtag::staff::{calendars, working_hours};
use serde_json::{Value, json};

use crate::parties::{import, wrong};
use crate::story;
use crate::support::TestApp;
use crate::trace::insert;

/// As the project holiday-cn publishes it.
const YEAR: &str = include_str!("../vectors/working-time/holidays-cn-2026.json");

fn utc(local: &str) -> NaiveDateTime {
    let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
    chrono_tz::Asia::Shanghai.from_local_datetime(&local).unwrap().naive_utc()
}

/// A case as its clocks know it.
fn about(case: i64, kind: CaseKind) -> About<'static> {
    let (severity, priority, channel) = (CaseSeverity::General, Priority::Normal, CaseChannel::Card);
    About { case: Id(case), no: "C-1", kind, severity, priority, channel, market: "CN" }
}

impl TestApp {
    /// Sets the clock, in Shanghai.
    fn go(&self, local: &str) {
        self.state.clock.advance(utc(local) - self.state.clock.now());
    }

    /// The shipped levels, and the holidays of 2026.
    async fn with_levels(&self) {
        self.without_holidays().await;
        assert_eq!(import(self, calendars::IMPORT, YEAR, Mode::Apply).await.outcome, Outcome::Applied);
    }

    /// The shipped levels alone.
    async fn without_holidays(&self) {
        self.write(service_levels::seed).await;
    }

    async fn happens(&self, local: &str, case: About<'static>, moment: Moment) {
        self.go(local);
        let stamp = self.state.stamp("staff:agent");
        self.write(move |db| happened(db, &stamp, &case, moment)).await;
    }

    /// The clocks of a case, now.
    async fn clocks(&self, case: i64) -> Vec<ShownClock> {
        let now = self.state.clock.now();
        self.look(move |db| service_levels::of(db, Id(case), now)).await
    }

    /// One of them: its last run.
    async fn clock(&self, case: i64, code: &str) -> ShownClock {
        self.clocks(case).await.into_iter().rfind(|clock| clock.code == code).unwrap_or_else(|| panic!("no {code}"))
    }

    async fn due(&self, case: i64, code: &str) -> (ClockState, String) {
        let clock = self.clock(case, code).await;
        (clock.state, clock.due)
    }

    fn sweep(&self) -> Swept {
        swept(&self.state)
    }

    /// The bodies of what was told of a case.
    async fn told(&self, case: i64, kind: &str) -> Vec<Value> {
        let facts = self.look(move |db| events::of(db, Subject::Thing("case", case))).await;
        facts.iter().filter(|fact| fact.kind == kind).map(|fact| fact.document().unwrap()).collect()
    }
}

/// A sweep, off the runtime's own thread.
fn swept(state: &AppState) -> Swept {
    let state = state.clone();
    std::thread::spawn(move || sweep(&state).unwrap()).join().unwrap()
}

fn is(state: ClockState, due: &str) -> (ClockState, String) {
    (state, due.to_owned())
}

use ClockState::{Cancelled, Met, Missed, Paused, Running};

story!(a_complaint_over_spring_festival, |app| {
    app.with_levels().await;
    let case = about(1, CaseKind::Complaint);
    app.happens("2026-02-13 17:00", case, Moment::Opened).await;
    app.happens("2026-02-13 17:00", case, Moment::Opened).await;
    let began: BTreeSet<(String, String)> = app.clocks(1).await.into_iter().map(|clock| (clock.code, clock.due)).collect();
    let due = |code: &str, due: &str| (code.to_owned(), due.to_owned());
    // The Saturday is a make-up workday; then nine days off.
    let wanted = [
        due("complaint.contact", "2026-02-13 18:00"),
        due("complaint.first_reply", "2026-02-14 17:00"),
        due("complaint.resolve", "2026-02-25 18:00"),
    ];
    assert_eq!(began, BTreeSet::from(wanted));

    // Waiting for the buyer is no excuse for not having called.
    app.happens("2026-02-13 17:10", case, Moment::Waiting).await;
    assert_eq!(app.due(1, "complaint.contact").await, is(Running, "2026-02-13 18:00"));
    assert_eq!(app.due(1, "complaint.resolve").await, is(Paused, ""));
    app.happens("2026-02-13 17:20", case, Moment::Working).await;
    app.happens("2026-02-13 17:40", case, Moment::Contacted).await;
    app.happens("2026-02-14 10:00", case, Moment::Proposed).await;
    assert_eq!(app.clock(1, "complaint.contact").await.state, Met);
    assert_eq!(app.clock(1, "complaint.first_reply").await.state, Met);

    // The first working day after the holidays passes while the buyer thinks it over: it does not count.
    app.happens("2026-02-14 11:00", case, Moment::Waiting).await;
    app.happens("2026-02-25 12:00", case, Moment::Working).await;
    assert_eq!(app.due(1, "complaint.resolve").await, is(Running, "2026-02-26 18:00"));
    app.happens("2026-02-26 18:00", case, Moment::Resolved).await;
    assert_eq!(app.clock(1, "complaint.resolve").await.state, Met, "done at the deadline is done in time");

    app.happens("2026-02-27 09:00", case, Moment::Reopened).await;
    let runs: Vec<(i64, ClockState, String)> = app
        .clocks(1)
        .await
        .into_iter()
        .filter(|clock| clock.code == "complaint.resolve")
        .map(|clock| (clock.seq, clock.state, clock.due))
        .collect();
    assert_eq!(runs, [(1, Met, "2026-02-26 18:00".to_owned()), (2, Running, "2026-03-03 18:00".to_owned())]);
    app.happens("2026-03-04 09:00", case, Moment::Resolved).await;
    assert_eq!(app.clock(1, "complaint.resolve").await.state, Missed);
    assert_eq!(app.clock(1, "complaint.resolve").await.breached_at, Some(utc("2026-03-03 18:00")));
    assert!(app.clocks(1).await.iter().all(|clock| clock.unofficial_years.is_empty()));
});

story!(what_was_missed_stays_missed, |app| {
    app.with_levels().await;
    let case = about(1, CaseKind::Complaint);
    app.happens("2026-03-02 10:00", case, Moment::Opened).await;
    app.happens("2026-03-02 11:01", case, Moment::Contacted).await;
    let contact = app.clock(1, "complaint.contact").await;
    assert_eq!((contact.state, contact.breached_at), (Missed, Some(utc("2026-03-02 11:00"))));
    for moment in [Moment::Waiting, Moment::Working, Moment::Reclassified, Moment::Cancelled] {
        app.happens("2026-03-02 12:00", case, moment).await;
        assert_eq!(app.clock(1, "complaint.contact").await, contact, "{moment:?}");
    }
    assert_eq!(app.clock(1, "complaint.resolve").await.state, Cancelled);
    // The program does not have to look for it to be so, nor does looking change it.
    let late = about(2, CaseKind::Complaint);
    app.happens("2026-03-03 10:00", late, Moment::Opened).await;
    app.go("2026-03-03 11:30");
    assert_eq!(app.clock(2, "complaint.contact").await.state, Missed);
    assert_eq!(app.clock(2, "complaint.contact").await.left.en, "30 min late");
    app.sweep();
    app.happens("2026-03-03 11:40", late, Moment::Contacted).await;
    assert_eq!(app.clock(2, "complaint.contact").await.breached_at, Some(utc("2026-03-03 11:00")));
});

story!(holidays_that_come_in_move_what_is_open, |app| {
    app.without_holidays().await;
    let (early, waiting) = (about(1, CaseKind::Consult), about(2, CaseKind::Complaint));
    app.happens("2026-02-13 16:40", waiting, Moment::Opened).await;
    app.happens("2026-02-13 16:45", waiting, Moment::Waiting).await;
    app.happens("2026-02-13 17:00", early, Moment::Opened).await;
    // Nobody has said what the state does in 2026: weekdays alone, and everybody is told so.
    let first = app.clock(1, "consult.first").await;
    assert_eq!((first.due.as_str(), first.unofficial_years.as_slice()), ("2026-02-16 10:00", &[2026][..]));
    assert_eq!(app.clock(2, "complaint.contact").await.unofficial_years, Vec::<i32>::new(), "an hour is an hour");
    assert_eq!(app.sweep(), Swept::default());

    import(&app, calendars::IMPORT, YEAR, Mode::Apply).await;
    let swept = app.sweep();
    // Five clocks, of which two count hours of the day and one stands still.
    assert_eq!((swept.clocks, swept.moved), (3, 2), "{swept:?}");
    let first = app.clock(1, "consult.first").await;
    assert_eq!((first.due.as_str(), first.unofficial_years.len()), ("2026-02-14 10:00", 0));
    let moved = app.told(1, "clock.moved").await;
    let of = |code: &str| moved.iter().find(|body| body["clock"] == code).unwrap();
    assert_eq!((&of("consult.first")["from"], &of("consult.first")["to"]), (&json!("2026-02-16T02:00:00"), &json!("2026-02-14T02:00:00")));
    assert_eq!(of("case.resolve")["to"], json!("2026-03-05T10:00:00"));
    assert_eq!(of("consult.first")["says"]["en"], json!("First answer to a question: 2026-02-16 10:00 → 2026-02-14 10:00"));
    assert_eq!(app.told(2, "clock.moved").await, Vec::<Value>::new());
    assert_eq!(app.sweep(), Swept::default(), "once is enough");
    app.happens("2026-02-24 09:00", waiting, Moment::Working).await;
    assert_eq!(app.due(2, "complaint.resolve").await, is(Running, "2026-02-26 18:00"), "the pause goes by the new days");

    // The same file again is no change; a day of the team's own is one, and may put a deadline into the past.
    import(&app, calendars::IMPORT, YEAR, Mode::Apply).await;
    assert_eq!(app.sweep().moved, 0);
    let late = about(3, CaseKind::Consult);
    app.happens("2026-03-07 17:00", late, Moment::Opened).await;
    assert_eq!(app.due(3, "consult.first").await, is(Running, "2026-03-09 11:00"));
    app.go("2026-03-08 12:00");
    let own = "calendar,day,kind\nDESK,2026-03-08,work\n";
    import(&app, calendars::IMPORT, own, Mode::Apply).await;
    assert!(app.sweep().moved > 0);
    let first = app.clock(3, "consult.first").await;
    assert_eq!((first.state, first.missed_by_change, first.breached_at), (Missed, true, Some(utc("2026-03-08 12:00"))));
    // So is a change of hours; deadlines that were reached by the hours before are as they were.
    let reached = async || {
        let clock = app.clock(1, "consult.first").await;
        (clock.state, clock.due, clock.breached_at)
    };
    let before = reached().await;
    let admin = app.api(Role::Admin).await;
    let mut week = admin.get("/api/v1/working-hours/DESK").await.expect(200).json();
    week["monday"] = json!("09:00-12:00；13:00-18:00");
    admin.json("PUT", "/api/v1/working-hours/DESK", &week).await.expect(200);
    app.happens("2026-03-08 13:00", about(4, CaseKind::Consult), Moment::Opened).await;
    app.sweep();
    assert_eq!(reached().await, before);
});

/// A level beside the shipped ones.
fn level(code: &str, clock: &str, rank: i64, target: i64, unit: &str) -> Value {
    json!({ "code": code, "clock": clock, "rank": rank, "target": target, "unit": unit, "calendar": "DESK", "valid_from": "2026-01-01",
        "name": { "zh": "紧急", "en": "Urgent" }, "priority": "urgent", "kind": null, "severity": null, "channel": null, "market": "",
        "warn_percent": 50, "escalate_percent": 200, "valid_to": null })
}

story!(a_case_that_becomes_urgent_counts_from_its_beginning, |app| {
    app.with_levels().await;
    let admin = app.api(Role::Admin).await;
    let urgent = [
        level("complaint.resolve.urgent", "complaint.resolve", 10, 4, "working_hours"),
        level("complaint.first_reply.urgent", "complaint.first_reply", 10, 2, "hours"),
    ];
    for level in &urgent {
        admin.json("POST", "/api/v1/service-levels", level).await.expect(201);
    }
    let case = about(1, CaseKind::Complaint);
    app.happens("2026-03-02 10:00", case, Moment::Opened).await;
    app.happens("2026-03-02 11:00", case, Moment::Waiting).await;
    app.happens("2026-03-02 12:00", case, Moment::Working).await;
    let urgent = About { priority: Priority::Urgent, ..case };
    app.happens("2026-03-02 13:00", urgent, Moment::Reclassified).await;
    assert_eq!(
        app.due(1, "complaint.resolve").await,
        is(Running, "2026-03-02 15:00"),
        "four hours from the beginning, and the pause is kept"
    );
    let reply = app.clock(1, "complaint.first_reply").await;
    assert_eq!((reply.state, reply.breached_at, reply.missed_by_change), (Missed, Some(utc("2026-03-02 13:00")), true));
    assert_eq!(reply.level, "complaint.first_reply.urgent");
    assert_eq!(app.due(1, "urgent.plan").await, is(Running, "2026-03-02 17:00"));

    app.happens("2026-03-02 14:00", case, Moment::Reclassified).await;
    assert_eq!(app.due(1, "complaint.resolve").await, is(Running, "2026-03-05 18:00"));
    assert_eq!(app.clock(1, "complaint.first_reply").await.state, Missed, "nothing takes a breach back");
    assert_eq!(app.clock(1, "urgent.plan").await.state, Cancelled);
    app.happens("2026-03-02 14:30", urgent, Moment::Reclassified).await;
    let plan = app.clock(1, "urgent.plan").await;
    assert_eq!((plan.seq, plan.state), (2, Running));
    app.happens("2026-03-02 14:40", urgent, Moment::Proposed).await;
    app.happens("2026-03-02 14:50", case, Moment::Reclassified).await;
    app.happens("2026-03-02 14:55", urgent, Moment::Reclassified).await;
    assert_eq!(app.clock(1, "urgent.plan").await.state, Met, "what was proposed need not be proposed again");

    // Another kind of case has other clocks.
    let repair = About { kind: CaseKind::Repair, ..about(2, CaseKind::Consult) };
    app.happens("2026-03-03 10:00", about(2, CaseKind::Consult), Moment::Opened).await;
    app.happens("2026-03-03 10:30", repair, Moment::Reclassified).await;
    assert_eq!(app.clock(2, "consult.first").await.state, Cancelled);
    assert_eq!(app.clock(2, "case.resolve").await.state, Running);
});

story!(parts_of_a_case_have_clocks_of_their_own, |app| {
    app.with_levels().await;
    let case = about(1, CaseKind::Return);
    app.happens("2026-03-02 10:00", case, Moment::Opened).await;
    app.happens("2026-03-02 11:00", case, Moment::Approved).await;
    let part = |part: i64, moment: Moment| {
        let stamp = app.state.stamp("staff:agent");
        app.write(move |db| happened_to(db, &stamp, &case, Id(part), moment))
    };
    part(7, Moment::Received).await;
    part(8, Moment::Received).await;
    part(7, Moment::Settled).await;
    let settles: Vec<(i64, ClockState)> =
        app.clocks(1).await.into_iter().filter(|clock| clock.code == "return.settle").map(|clock| (clock.part.0, clock.state)).collect();
    assert_eq!(settles, [(7, Met), (8, Running)]);
    app.happens("2026-03-02 12:00", case, Moment::Waiting).await;
    assert_eq!(app.clock(1, "return.settle").await.state, Paused, "the case waits, and its parts with it");
    app.happens("2026-03-02 13:00", case, Moment::Cancelled).await;
    assert!(app.clocks(1).await.iter().all(|clock| matches!(clock.state, Met | Cancelled)));
});

story!(who_is_told_and_when, |app| {
    app.with_levels().await;
    let case = about(1, CaseKind::Complaint);
    app.happens("2026-03-02 10:00", case, Moment::Opened).await;
    let told = |local: &str| {
        app.go(local);
        app.sweep().told
    };
    assert_eq!((told("2026-03-02 10:30"), told("2026-03-02 10:31"), told("2026-03-02 10:32")), (0, 1, 0));
    assert_eq!((told("2026-03-02 11:00"), told("2026-03-02 11:01"), told("2026-03-02 11:30"), told("2026-03-02 11:31")), (0, 1, 0, 1));
    let steps: Vec<Value> = app.told(1, "clock.escalated").await.into_iter().map(|body| body["step"].clone()).collect();
    assert_eq!(steps, ["warned", "missed", "overdue"]);
    let says = &app.told(1, "clock.escalated").await[1]["says"];
    assert_eq!(
        says,
        &json!({ "zh": "投诉首次联系买家：已通知主管，到期 2026-03-02 11:00", "en": "First contact after a complaint: Supervisor told, due 2026-03-02 11:00" })
    );
    // What was done is owed to nobody any more.
    app.happens("2026-03-02 11:40", case, Moment::Resolved).await;
    assert_eq!(told("2026-06-01 10:00"), 0);

    // At night nobody is woken but for what is critical.
    let (night, critical) = (about(2, CaseKind::Complaint), About { severity: CaseSeverity::Critical, ..about(3, CaseKind::Complaint) });
    app.happens("2026-02-14 18:30", night, Moment::Opened).await;
    app.happens("2026-02-14 18:30", critical, Moment::Opened).await;
    app.go("2026-02-14 19:45");
    app.sweep();
    let tell = async |case: i64| {
        app.told(case, "clock.escalated").await.into_iter().map(|body| body["tell_at"].to_string()).collect::<BTreeSet<_>>()
    };
    assert_eq!(tell(2).await, BTreeSet::from(["\"2026-02-24T01:00:00\"".to_owned()]), "09:00 of the first working day after the holidays");
    assert_eq!(tell(3).await, BTreeSet::from(["\"2026-02-14T11:45:00\"".to_owned()]));
    // One look long after tells every step once.
    let late = about(4, CaseKind::Complaint);
    app.happens("2026-03-03 10:00", late, Moment::Opened).await;
    app.go("2026-03-20 10:00");
    app.sweep();
    let told = app.told(4, "clock.escalated").await;
    assert_eq!(told.len(), 9, "three clocks, three steps each: {told:?}");
    let distinct: BTreeSet<String> = told.iter().map(|body| format!("{} {}", body["clock"], body["step"])).collect();
    assert_eq!(distinct.len(), 9);
});

story!(two_sweeps_at_once_tell_each_step_once, |app| {
    app.with_levels().await;
    let cases = 300;
    app.go("2026-03-02 10:00");
    let stamp = app.state.stamp("staff:agent");
    app.write(move |db| (1..=cases).try_for_each(|case| happened(db, &stamp, &about(case, CaseKind::Complaint), Moment::Opened))).await;
    app.go("2026-03-02 11:31");
    // Two processes: each with a store of its own on the one database.
    let other = Store::open(&app.url, &StoreOptions { connections: 2, ..StoreOptions::default() }).unwrap();
    let states = [app.state.clone(), AppState { store: other, node: 2, ..app.state.clone() }];
    let sweeps: Vec<_> = (0..4)
        .map(|at: usize| {
            let state = states[at % 2].clone();
            std::thread::spawn(move || sweep(&state).unwrap())
        })
        .collect();
    let told: usize = sweeps.into_iter().map(|sweep| sweep.join().unwrap().told).sum();
    let wanted = usize::try_from(cases).unwrap() * 3;
    assert_eq!(told, wanted, "three steps of each contact clock, whoever told them");
    let mut facts = 0;
    for case in [1, 2, 150, cases] {
        facts += app.told(case, "clock.escalated").await.len();
    }
    assert_eq!(facts, 12);
    assert_eq!(app.sweep().told, 0);
    // The store itself has each step of a clock once.
    let twice = app.state.store.write(|db| {
        use diesel::connection::SimpleConnection;
        let again = "INSERT INTO clock_escalation SELECT clock_id, step, reached_at, tell_at, written_at FROM clock_escalation";
        Ok(hangtag::each!(db, |c| c.batch_execute(again))?)
    });
    assert!(twice.await.is_err());
});

story!(a_machine_whose_clock_is_ten_years_off, |app| {
    app.with_levels().await;
    let case = about(1, CaseKind::Complaint);
    app.happens("2026-03-02 10:00", case, Moment::Opened).await;
    app.go("2036-03-02 10:00");
    assert_eq!(app.clock(1, "complaint.resolve").await.state, Missed);
    assert!(app.sweep().told > 0);
    // Put right, what was shown meanwhile is gone: nothing happened then.
    app.go("2026-03-02 10:05");
    assert_eq!(app.due(1, "complaint.contact").await, is(Running, "2026-03-02 11:00"));
    app.happens("2026-03-02 10:10", case, Moment::Contacted).await;
    assert_eq!(app.clock(1, "complaint.contact").await.state, Met);
    // Something said by a clock that is ahead stays where it was said; what follows is not before it, and is not refused.
    app.happens("2036-03-02 10:00", case, Moment::Waiting).await;
    app.happens("2026-03-03 10:00", case, Moment::Working).await;
    assert_eq!(app.clock(1, "complaint.resolve").await.state, Missed);
    // One that is behind finds nothing due and opens cases all the same.
    app.happens("2016-03-02 10:00", about(2, CaseKind::Complaint), Moment::Opened).await;
    assert_eq!(app.due(2, "complaint.contact").await, is(Running, "2016-03-02 11:00"));
    assert_eq!(app.clock(2, "complaint.resolve").await.unofficial_years, [2016]);
    assert_eq!(app.sweep().told, 0);
});

story!(levels_are_judged_beside_one_another, |app| {
    app.with_levels().await;
    let admin = app.api(Role::Admin).await;
    let refused = async |level: Value| {
        let answer = admin.json("POST", "/api/v1/service-levels", &level).await.json();
        let faults = answer["faults"].as_array().cloned().unwrap_or_default();
        faults.iter().map(|fault| format!("{} {}", fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect::<Vec<_>>()
    };
    let special = level("first.urgent", "complaint.first_reply", 10, 4, "hours");
    let with = |name: &str, value: Value| {
        let mut level = special.clone();
        level[name] = value;
        level
    };
    assert_eq!(refused(with("rank", json!(901))).await, ["rank out_of_range"], "behind the row that holds for all");
    assert_eq!(refused(with("rank", json!(900))).await, ["rank duplicate"]);
    assert_eq!(
        refused(with("priority", Value::Null)).await,
        ["valid_from overlap", "rank out_of_range"],
        "a second one for all, before the first"
    );
    assert_eq!(refused(with("valid_from", json!("1999-06-01"))).await, ["clock no_catch_all"]);
    assert_eq!(refused(with("calendar", json!("NIGHT"))).await, ["calendar unknown_reference"]);
    assert_eq!(refused(with("target", json!(100_000_000))).await, ["target out_of_range"]);
    assert_eq!(refused(with("valid_to", json!("2025-01-01"))).await[0], "valid_to dates_out_of_order");
    assert_eq!(refused(with("code", json!("No spaces"))).await, ["code malformed"]);
    admin.json("POST", "/api/v1/service-levels", &special).await.expect(201);

    // The row for all cannot leave the others bare, nor become one for some.
    let mut last = admin.get("/api/v1/service-levels/complaint.first_reply").await.expect(200).json();
    for (name, value) in [("valid_to", json!("2026-12-31")), ("market", json!("CN")), ("clock", json!("complaint.contact"))] {
        let mut wanted = last.clone();
        wanted[name] = value;
        let answer = admin.json("PUT", "/api/v1/service-levels/complaint.first_reply", &wanted).await.expect(422).json();
        assert!(answer["faults"].as_array().unwrap().iter().any(|fault| fault["code"] == "no_catch_all"), "{name}: {answer}");
    }
    last["target"] = json!(12);
    let saved = admin.json("PUT", "/api/v1/service-levels/complaint.first_reply", &last).await.expect(200).json();
    assert_eq!(saved["version"], json!(2));
    let page = admin.get("/api/v1/service-levels?kind=complaint").await.expect(200).json();
    assert_eq!(page["items"], json!([]));

    // A file is judged whole: what its rows need may stand in it. What is taken away is handed in again.
    let table = import_table::<service_levels::ServiceLevel>();
    let head = "code,name_en,clock,rank,priority,target,unit,calendar,valid_from,valid_to\n";
    let bare = format!("{head}pay.urgent,Urgent,refund.payout,5,urgent,2,working_days,desk,1999-01-01,\n");
    assert_eq!(wrong(&import(&app, table, &bare, Mode::Apply).await), [(2, "clock", "no_catch_all")]);
    let both = format!("{bare}pay.before,Before,refund.payout,800,,9,working_days,DESK,1999-01-01,1999-12-31\n");
    assert_eq!(import(&app, table, &both, Mode::Apply).await.outcome, Outcome::Applied);
    let desk = app.persona(Role::Admin).await;
    for lang in ["zh-CN", "en"] {
        let file = desk.get(&format!("/service-levels.csv?lang={lang}")).await.expect(200).text().to_owned();
        let report = import(&app, table, &file, Mode::Apply).await;
        assert_eq!((report.added, report.changed, wrong(&report)), (0, 0, Vec::new()), "{lang}");
        let file = desk.get(&format!("/working-hours.csv?lang={lang}")).await.expect(200).text().to_owned();
        let report = import(&app, import_table::<working_hours::WorkWeek>(), &file, Mode::Apply).await;
        assert_eq!((report.added, report.changed, wrong(&report)), (0, 0, Vec::new()), "{lang}");
        for page in [
            "/service-levels",
            "/service-levels/new",
            "/service-levels/complaint.first_reply",
            "/working-hours",
            "/working-hours/DESK/edit",
            "/clocks",
        ] {
            let text = desk.page(&format!("{page}?lang={lang}")).await.expect(200).text().to_owned();
            assert!(!text.contains(">service-levels-") && !text.contains(">clocks-") && !text.contains(">working-hours-"), "{page} {lang}");
        }
    }
    let idle = json!({ "code": "IDLE", "name": { "en": "Idle" }, "zone": "Asia/Shanghai", "works_makeup": true });
    let answer = admin.json("POST", "/api/v1/working-hours", &idle).await.expect(422).json();
    assert_eq!((&answer["faults"][0]["field"], &answer["faults"][0]["code"]), (&json!("monday"), &json!("missing")));
});

story!(what_is_due_is_listed, |app| {
    app.with_levels().await;
    app.go("2026-03-02 10:00");
    let stamp = app.state.stamp("staff:agent");
    app.write(move |db| {
        for (case, no, kind) in [(1, "C-1", CaseKind::Complaint), (2, "C-2", CaseKind::Consult), (3, "C-3", CaseKind::Complaint)] {
            happened(db, &stamp, &About { no, ..about(case, kind) }, Moment::Opened)?;
        }
        happened(db, &stamp, &About { no: "C-3", ..about(3, CaseKind::Complaint) }, Moment::Contacted)
    })
    .await;
    app.go("2026-03-02 11:31");
    app.sweep();
    let desk = app.persona(Role::Agent).await;
    let items = async |ask: &str| {
        let page = desk.get(&format!("/api/v1/clocks?{ask}")).await.expect(200).json();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| format!("{} {}", item["case"].as_str().unwrap(), item["clock"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let all = items("").await;
    assert_eq!(all.len(), 7, "{all:?}");
    assert_eq!(all[..2], ["C-1 complaint.contact", "C-2 consult.first"]);
    assert_eq!(items("standing=overdue").await, ["C-1 complaint.contact"]);
    assert_eq!(items("standing=soon").await, ["C-2 consult.first", "C-1 complaint.first_reply", "C-3 complaint.first_reply"]);
    assert_eq!(items("standing=later").await.len(), 3);
    assert_eq!(items("clock=complaint.resolve").await, ["C-1 complaint.resolve", "C-3 complaint.resolve"]);
    assert_eq!(items("q=c-2").await.len(), 2);
    // A page after another, and back.
    let first = desk.get("/api/v1/clocks?per_page=3").await.expect(200).json();
    let second = desk.get(&format!("/api/v1/clocks?per_page=3&after={}", first["next"].as_str().unwrap())).await.expect(200).json();
    let back = desk.get(&format!("/api/v1/clocks?per_page=3&before={}", second["previous"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&back["items"], second["items"].as_array().unwrap().len()), (&first["items"], 3));
    let (now, until) = (app.state.clock.now(), app.state.clock.now() + TimeDelta::hours(1));
    let due = app.look(move |db| {
        let first = service_levels::due_before(db, now, until, None, 1)?;
        let rest = service_levels::due_before(db, now, until, first.last(), 9)?;
        Ok(first.into_iter().chain(rest).map(|clock| clock.clock).collect::<Vec<_>>())
    });
    assert_eq!(due.await, ["complaint.contact", "consult.first"]);
    let late = &first["items"][0];
    assert_eq!((&late["state"], &late["told"], &late["left"]["zh"]), (&json!("missed"), &json!("overdue"), &json!("已超时 31 分钟")));
    for (lang, late) in [("zh-CN", "已超时 31 分钟"), ("en", "31 min late")] {
        let page = desk.page(&format!("/clocks?lang={lang}")).await.expect(200);
        assert!(page.text().contains(late) && page.text().contains("/cases/C-1"), "{lang}");
        assert!(desk.get(&format!("/clocks.csv?lang={lang}&standing=overdue")).await.expect(200).text().contains(late));
    }
    app.persona(Role::Supplier).await.page("/clocks").await.expect(403);
    // Constraints that hold whoever writes.
    for wrong in [
        "UPDATE clock SET state = 'met' WHERE case_id = 1",
        "UPDATE clock SET breached_at = NULL WHERE code = 'complaint.contact' AND case_id = 1",
    ] {
        let refused = app.state.store.write(move |db| {
            use diesel::connection::SimpleConnection;
            Ok(hangtag::each!(db, |c| c.batch_execute(wrong))?)
        });
        assert!(refused.await.is_err(), "{wrong}");
    }
    insert(&app, "DELETE FROM clock_escalation").await;
    assert_eq!(app.sweep().told, 0, "what was told is not told again, even where its trace is gone");
});

story!(a_level_that_changed_moves_what_runs, |app| {
    app.with_levels().await;
    app.happens("2026-03-02 10:00", about(1, CaseKind::Complaint), Moment::Opened).await;
    app.happens("2026-03-02 10:00", about(2, CaseKind::Complaint), Moment::Opened).await;
    app.happens("2026-03-02 11:00", about(2, CaseKind::Complaint), Moment::FirstReply).await;
    app.happens("2026-03-02 12:30", about(3, CaseKind::Complaint), Moment::Opened).await;
    let admin = app.api(Role::Admin).await;
    let uri = "/api/v1/service-levels/complaint.first_reply";
    let mut level = admin.get(uri).await.expect(200).json();
    level["target"] = json!(2);
    admin.json("PUT", uri, &level).await.expect(200);
    assert_eq!(app.due(3, "complaint.first_reply").await, is(Running, "2026-03-03 12:30"), "in the background, not while somebody waits");
    crate::imports::work(&app).await;
    // Counted from the original start: what that makes late is missed by the change, and what is over stays as it was.
    let late = app.clock(1, "complaint.first_reply").await;
    assert_eq!((late.state, late.missed_by_change), (Missed, true));
    assert_eq!(app.clock(2, "complaint.first_reply").await.state, Met);
    assert_eq!(app.due(3, "complaint.first_reply").await, is(Running, "2026-03-02 14:30"));
    let moved = app.told(3, "clock.moved").await;
    assert_eq!(moved.len(), 1);
    assert_eq!(
        (&moved[0]["clock"], &moved[0]["level"]["code"], &moved[0]["level"]["version"]),
        (&json!("complaint.first_reply"), &json!("complaint.first_reply"), &json!(2))
    );
    assert!(moved[0]["says"]["en"].as_str().unwrap().contains("2026-03-03 12:30 → 2026-03-02 14:30"), "{moved:?}");
    assert!(app.told(2, "clock.moved").await.is_empty());
    // Longer again: what runs moves back, what was missed stays missed.
    level["target"] = json!(48);
    level["version"] = json!(2);
    admin.json("PUT", uri, &level).await.expect(200);
    crate::imports::work(&app).await;
    assert_eq!(app.clock(1, "complaint.first_reply").await.state, Missed);
    assert_eq!(app.due(3, "complaint.first_reply").await, is(Running, "2026-03-04 12:30"));
});
