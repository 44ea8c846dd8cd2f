//! However a return, a repair or a settlement ends, somebody can act on its line: a table of every end, with where the line stands and what is
//! possible then; what is under way is not left behind; and what the store itself keeps of it.

use chrono::Duration;
use hangtag::aftersales::returns;
use hangtag::kernel::GarmentId;
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::cases::{case, new_case, open};
use crate::story;
use crate::support::goods::{Goods, policy};
use crate::support::personas::Persona;
use crate::support::{Answer, TestApp};
use crate::warranties::{sale_of, sell};

/// What is done, and what is said with it.
type Steps = &'static [(&'static str, &'static str)];

/// What a line still allows: a return, a repair, a refund. Each is `ok` or why not.
type Allowed = [&'static str; 3];

struct End {
    name: &'static str,
    steps: &'static [Steps],
    /// Where its line stands, and what is decided about it.
    line: (&'static str, Option<&'static str>),
    /// What may be begun then …
    allows: Allowed,
    /// … and once the resolved case was opened again; or `new` where the garment is free for another case.
    again: Again,
}

enum Again {
    /// Its line is open as it is.
    Live,
    Reopened(Allowed),
    NewCase,
}
use Again::{Live, NewCase, Reopened};

const NOT_NOW: Allowed = ["wrong_state", "wrong_state", "wrong_state"];
const ALL: Allowed = ["ok", "ok", "ok"];

const ASK: (&str, &str) = ("return", "{}");
const APPROVE: (&str, &str) = ("return", r#"{"act":"approve","inbound":"parcel"}"#);
const GRANT_REPAIR: (&str, &str) = ("case", r#"{"act":"decide","outcome":"repair"}"#);
const IN_HAND: Steps = &[ASK, APPROVE, ("return", r#"{"act":"received"}"#), ("look", "{}")];
const REFUSED: (&str, &str) = ("return", r#"{"act":"refuse","report":"worn"}"#);
const ACCEPTED: (&str, &str) = ("return", r#"{"act":"accept","report":"as new"}"#);
const SETTLE: (&str, &str) = ("return", r#"{"act":"settle"}"#);
const QUOTED: Steps =
    &[("repair", "{}"), ("repair", r#"{"verb":"quote","plan":"Sew it on","price":"0","currency":"CNY","ready_on":"2026-06-20"}"#)];
const RECEIVED: Steps =
    &[("repair", r#"{"verb":"accept","quote_version":1,"via":"phone"}"#), ("repair", r#"{"verb":"receive","received_on":"2026-06-15"}"#)];
const BEYOND: (&str, &str) = ("repair", r#"{"verb":"beyond","reason":"the cloth is torn"}"#);
const REFUND: (&str, &str) = ("money", r#"{"kind":"refund"}"#);
const EXCHANGE: (&str, &str) = ("money", r#"{"kind":"exchange"}"#);
const VOID: (&str, &str) = ("money", r#"{"verb":"void","reason":"another way"}"#);
const PAYING: Steps = &[("money", r#"{"verb":"approve"}"#), ("money", r#"{"verb":"submit"}"#)];
const FAILED: (&str, &str) = ("money", r#"{"verb":"failed","reason":"no such account"}"#);
const PAID: (&str, &str) = ("money", r#"{"verb":"paid","reference":"BANK-1"}"#);

#[rustfmt::skip]
const ENDS: &[End] = &[
    End { name: "repair declined", steps: &[&[("repair", "{}"), ("repair", r#"{"verb":"decline","reason":"not ours"}"#)]],
        line: ("refused", Some("refuse")), allows: NOT_NOW, again: Reopened(ALL) },
    End { name: "repair not wanted", steps: &[QUOTED, &[("repair", r#"{"verb":"reject","reason":"too dear"}"#)]],
        line: ("open", None), allows: ALL, again: Live },
    End { name: "beyond repair", steps: &[QUOTED, RECEIVED, &[BEYOND]],
        line: ("open", None), allows: ALL, again: Live },
    End { name: "beyond repair, and a refund was granted", steps: &[QUOTED, RECEIVED, &[("case", r#"{"act":"decide","outcome":"refund"}"#), BEYOND]],
        line: ("decided", Some("refund")), allows: ALL, again: Live },
    End { name: "beyond repair, and the buyer was told that it is being mended",
        steps: &[QUOTED, RECEIVED, &[("case", r#"{"act":"resolve","result":"It is being mended.","cause":"workmanship"}"#), BEYOND]],
        line: ("open", None), allows: ALL, again: Live },
    End { name: "repaired", steps: &[QUOTED, RECEIVED, &[("repair", r#"{"verb":"start"}"#), ("repair", r#"{"verb":"check","passed":true}"#),
            ("repair.other", r#"{"verb":"check","passed":true}"#), ("repair", r#"{"verb":"hand","handed_on":"2026-06-15"}"#),
            ("repair", r#"{"verb":"sign","passed":true}"#)]],
        line: ("done", Some("repair")), allows: NOT_NOW, again: Reopened(ALL) },
    End { name: "return not granted", steps: &[&[ASK, ("return", r#"{"act":"reject","note":"too late"}"#)]],
        line: ("refused", Some("refuse")), allows: NOT_NOW, again: Reopened(ALL) },
    End { name: "return not granted, and a repair was", steps: &[&[ASK, GRANT_REPAIR, ("return", r#"{"act":"reject","note":"too late"}"#)]],
        line: ("decided", Some("repair")), allows: ALL, again: Live },
    End { name: "return taken back", steps: &[&[ASK, ("return", r#"{"act":"withdraw"}"#)]],
        line: ("withdrawn", None), allows: NOT_NOW, again: NewCase },
    End { name: "return taken back, and a repair was granted", steps: &[&[ASK, GRANT_REPAIR, ("return", r#"{"act":"withdraw"}"#)]],
        line: ("decided", Some("repair")), allows: ALL, again: Live },
    End { name: "return lapsed", steps: &[&[ASK, APPROVE, ("lapse", "{}")]],
        line: ("withdrawn", Some("refund")), allows: NOT_NOW, again: NewCase },
    End { name: "return lapsed, and a repair was granted", steps: &[&[ASK, APPROVE, GRANT_REPAIR, ("lapse", "{}")]],
        line: ("decided", Some("repair")), allows: ALL, again: Live },
    End { name: "return refused, the garment is here", steps: &[IN_HAND, &[REFUSED]],
        line: ("refused", Some("refuse")), allows: ["wrong_state", "under_way", "wrong_state"], again: Reopened(["duplicate", "under_way", "wrong_state"]) },
    End { name: "return refused, the garment is back with its buyer",
        steps: &[IN_HAND, &[REFUSED, ("return", r#"{"act":"give_back","waybill":"SF-2"}"#), ("return", r#"{"act":"close"}"#)]],
        line: ("refused", Some("refuse")), allows: NOT_NOW, again: Reopened(ALL) },
    End { name: "return accepted", steps: &[IN_HAND, &[ACCEPTED]],
        line: ("decided", Some("refund")), allows: ["duplicate", "under_way", "ok"], again: Live },
    End { name: "return accepted that had been refused unseen", steps: &[IN_HAND, &[("case", r#"{"act":"decide","outcome":"refuse","reason":"no"}"#), ACCEPTED]],
        line: ("open", None), allows: ["duplicate", "under_way", "ok"], again: Live },
    End { name: "return settled by hand", steps: &[IN_HAND, &[ACCEPTED, SETTLE, ("return", r#"{"act":"settled","outcome":"refund"}"#)]],
        line: ("done", Some("refund")), allows: NOT_NOW, again: Reopened(["wrong_state", "ok", "wrong_state"]) },
    End { name: "return accepted, to be mended after all", steps: &[IN_HAND, &[ACCEPTED, SETTLE, ("return", r#"{"act":"settled","outcome":"repair"}"#)]],
        line: ("decided", Some("repair")), allows: ["wrong_state", "ok", "ok"], again: Live },
    End { name: "the garment stays with its buyer",
        steps: &[&[ASK, ("return", r#"{"act":"approve"}"#), ("return", r#"{"act":"returnless","origin":"own","outcome":"refund","note":"photo"}"#)]],
        line: ("decided", Some("refund")), allows: ["wrong_state", "ok", "ok"], again: Live },
    End { name: "refund void", steps: &[&[REFUND, VOID]], line: ("open", None), allows: ALL, again: Live },
    End { name: "refund of a return void", steps: &[IN_HAND, &[ACCEPTED, REFUND, VOID]],
        line: ("open", None), allows: ["duplicate", "under_way", "ok"], again: Live },
    End { name: "payout failed", steps: &[&[REFUND], PAYING, &[FAILED]],
        line: ("decided", Some("refund")), allows: ["ok", "ok", "already_settled"], again: Live },
    End { name: "payout failed, given up", steps: &[&[REFUND], PAYING, &[FAILED, VOID]], line: ("open", None), allows: ALL, again: Live },
    End { name: "refund paid", steps: &[&[REFUND], PAYING, &[PAID]],
        line: ("done", Some("refund")), allows: NOT_NOW, again: Reopened(["ok", "ok", "already_settled"]) },
    End { name: "exchange void", steps: &[&[EXCHANGE, VOID]], line: ("open", None), allows: ALL, again: Live },
    End { name: "exchange that could not be handed over", steps: &[&[EXCHANGE], PAYING, &[FAILED, VOID]], line: ("open", None), allows: ALL, again: Live },
    End { name: "exchanged", steps: &[&[EXCHANGE], PAYING, &[PAID]],
        line: ("done", Some("exchange")), allows: NOT_NOW, again: Reopened(["ok", "ok", "already_settled"]) },
];

/// A line that is brought to an end: what was begun for it so far.
struct Line<'a> {
    app: &'a TestApp,
    one: &'a Persona<'a>,
    other: &'a Persona<'a>,
    no: &'a str,
    line: usize,
    /// A garment that may be given for it.
    spare: String,
    order: Option<String>,
    repair: Option<String>,
    money: Option<String>,
}

impl Line<'_> {
    /// Begins something where nothing was, else does something with it.
    async fn step(&mut self, what: &str, said: &str) -> Answer {
        let mut body: Value = serde_json::from_str(said).unwrap();
        let of_line = |mut body: Value| {
            body["case"] = json!(self.no);
            body["line"] = json!(self.line);
            body
        };
        let verb = body.as_object_mut().unwrap().remove("verb").map(|verb| verb.as_str().unwrap().to_owned()).unwrap_or_default();
        let who = if what.ends_with(".other") { self.other } else { self.one };
        match what.trim_end_matches(".other") {
            "case" => {
                if body["act"] != "resolve" {
                    body["line"] = json!(self.line);
                }
                who.json("POST", &format!("/api/v1/cases/{}/acts", self.no), &body).await
            }
            "look" => {
                let look = json!({ "act": "inspect", "line": self.line, "grade": "b" });
                who.json("POST", &format!("/api/v1/cases/{}/acts", self.no), &look).await
            }
            "lapse" => {
                let order = self.order.clone().unwrap();
                self.app
                    .sql(&format!("UPDATE return_order SET approved_at = '2026-01-01 08:00:00' WHERE id = {}", id(&order)))
                    .await
                    .unwrap();
                let stamp = self.app.state.stamp("system");
                assert_eq!(self.app.write(move |db| returns::lapse(db, &stamp)).await, 1);
                who.get(&format!("/api/v1/returns/{order}")).await
            }
            "return" => match &self.order {
                Some(order) => who.json("POST", &format!("/api/v1/returns/{order}/act"), &body).await,
                None => {
                    body["note"] = json!("we grant it");
                    let answer = who.json("POST", "/api/v1/returns", &of_line(body)).await;
                    self.order = answer.json()["id"].as_str().map(str::to_owned);
                    answer
                }
            },
            "repair" => match &self.repair {
                Some(repair) => who.json("POST", &format!("/api/v1/repairs/{repair}/{verb}"), &body).await,
                None => {
                    let answer = who.json("POST", "/api/v1/repairs", &of_line(body)).await;
                    self.repair = answer.json()["code"].as_str().map(str::to_owned);
                    answer
                }
            },
            _ => match &self.money {
                // Whoever asks does not approve.
                Some(code) if verb != "void" => self.other.json("POST", &format!("/api/v1/settlements/{code}/{verb}"), &body).await,
                Some(code) => who.json("POST", &format!("/api/v1/settlements/{code}/{verb}"), &body).await,
                None => {
                    if body["kind"] == "exchange" {
                        body["new_serial"] = json!(self.spare);
                    }
                    body["reason"] = json!("纽扣脱落");
                    let answer = who.json("POST", "/api/v1/settlements", &of_line(body)).await;
                    self.money = answer.json()["code"].as_str().map(str::to_owned);
                    answer
                }
            },
        }
    }

    /// Begins one of the three anew, whatever there was: `ok`, or why not.
    async fn begins(&mut self, place: usize) -> String {
        let what = [ASK, ("repair", "{}"), REFUND][place];
        (self.order, self.repair, self.money) = (None, None, None);
        let answer = self.step(what.0, what.1).await;
        if answer.status.as_u16() == 201 { "ok".to_owned() } else { answer.code().to_owned() }
    }
}

fn id(code: &str) -> i64 {
    code.parse::<hangtag::kernel::Id>().unwrap().0
}

pub async fn world(app: &TestApp, units: i64, sold: i64) -> Goods {
    app.seed().await;
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Sold])), units).await;
    for unit in 0..sold {
        sell(app, sale_of(&goods, unit, "2026-06-10")).await;
    }
    goods
}

pub fn garments(goods: &Goods, from: i64, count: i64) -> Vec<GarmentId> {
    (from..from + count).map(|unit| goods.garment(unit)).collect()
}

story!(no_end_of_any_act_leaves_a_line_where_nobody_can_act, |app| {
    let many = i64::try_from(ENDS.len()).unwrap() * 3;
    let goods = world(&app, 2 * many, many).await;
    let (one, other) = (app.persona(Role::Admin).await, app.persona(Role::Admin).await);
    for (place, end) in (0..).zip(ENDS) {
        let no = open(&app, new_case(&app, &garments(&goods, 3 * place, 3), "button_off")).await.unwrap();
        let mut lines: Vec<Line<'_>> = (1..=3)
            .map(|line| {
                let spare = goods.serial(&app, many + 3 * place + i64::try_from(line).unwrap() - 1);
                Line { app: &app, one: &one, other: &other, no: &no, line, spare, order: None, repair: None, money: None }
            })
            .collect();
        // Step by step for all three: a case is resolved once every line is decided.
        for (what, said) in end.steps.iter().flat_map(|steps| steps.iter()) {
            let is_of_case = said.contains("resolve");
            for line in lines.iter_mut().take(if is_of_case { 1 } else { 3 }) {
                let answer = line.step(what, said).await;
                assert!(answer.status.is_success(), "{}: {what} {said}: {}", end.name, answer.text());
            }
        }
        let case = case(&one, &no).await;
        for line in case["lines"].as_array().unwrap() {
            assert_eq!((line["state"].as_str().unwrap(), line["decided"].as_str()), end.line, "{}", end.name);
        }
        let mut allowed = Vec::new();
        for (place, line) in lines.iter_mut().enumerate() {
            allowed.push(line.begins(place).await);
        }
        assert_eq!(allowed, end.allows, "{}", end.name);
        match &end.again {
            Live => assert!(end.allows.contains(&"ok") && matches!(end.line.0, "open" | "decided"), "{}", end.name),
            Reopened(allows) => {
                let resolve = json!({ "act": "resolve", "result": "That is that.", "cause": "workmanship" });
                for act in [resolve, json!({ "act": "reopen", "reason": "it was not" })] {
                    one.json("POST", &format!("/api/v1/cases/{no}/acts"), &act).await.expect(200);
                }
                let mut again = Vec::new();
                for (place, line) in lines.iter_mut().enumerate() {
                    again.push(line.begins(place).await);
                }
                assert_eq!(again, allows, "{} and opened again", end.name);
            }
            NewCase => {
                let opened = open(&app, new_case(&app, &garments(&goods, 3 * place, 3), "button_off")).await;
                assert!(opened.is_ok(), "{}: {opened:?}", end.name);
            }
        }
    }
});

story!(what_is_under_way_is_not_left_behind, |app| {
    let goods = world(&app, 20, 10).await;
    let (one, other) = (app.persona(Role::Admin).await, app.persona(Role::Admin).await);
    let whole = open(&app, new_case(&app, &garments(&goods, 9, 1), "button_off")).await.unwrap();
    let begun: [(Steps, (&str, &str), &str, &str); 3] = [
        (&[ASK], ("return", r#"{"act":"withdraw"}"#), "return", "退货"),
        (&[("repair", "{}")], ("repair", r#"{"verb":"decline","reason":"no"}"#), "repair", "维修"),
        (&[REFUND], VOID, "refund or exchange", "退款或换货"),
    ];
    for (place, (steps, end, en, zh)) in (0..).zip(begun) {
        let no = open(&app, new_case(&app, &garments(&goods, 2 * place, 2), "button_off")).await.unwrap();
        let mut line =
            Line { app: &app, one: &one, other: &other, no: &no, line: 1, spare: String::new(), order: None, repair: None, money: None };
        for (what, said) in steps {
            line.step(what, said).await.expect(201);
        }
        let acts = format!("/api/v1/cases/{no}/acts");
        let before = case(&one, &no).await;
        for act in [
            json!({ "act": "merge", "into": whole }),
            json!({ "act": "cancel", "reason": "asked elsewhere" }),
            json!({ "act": "take_back", "line": 1 }),
        ] {
            let refused = one.json("POST", &acts, &act).await.expect(409).json();
            assert_eq!(refused["code"], "under_way", "{act}: {refused}");
            let said = refused["title"].as_str().unwrap();
            assert!(said.contains(en) || said.contains(zh), "{refused}");
            assert!(said.contains(&no), "{refused}");
        }
        assert_eq!(case(&one, &no).await, before, "and nothing is written");
        // The other garment of the case is free.
        one.json("POST", &acts, &json!({ "act": "take_back", "line": 2 })).await.expect(200);
        line.step(end.0, end.1).await.expect(200);
        one.json("POST", &acts, &json!({ "act": "merge", "into": whole })).await.expect(200);
    }
    // What is refused and still here is given back before the case is over.
    let no = open(&app, new_case(&app, &garments(&goods, 8, 1), "button_off")).await.unwrap();
    let mut line =
        Line { app: &app, one: &one, other: &other, no: &no, line: 1, spare: String::new(), order: None, repair: None, money: None };
    for (what, said) in IN_HAND.iter().chain(&[REFUSED, ("case", r#"{"act":"resolve","result":"It was worn.","cause":"misuse"}"#)]) {
        assert!(line.step(what, said).await.status.is_success(), "{said}");
    }
    let acts = format!("/api/v1/cases/{no}/acts");
    assert_eq!(one.json("POST", &acts, &json!({ "act": "close" })).await.expect(409).code(), "under_way");
    app.state.clock.advance(Duration::days(8));
    let (stamp, none) = (app.state.stamp("system"), hangtag::kernel::Id(0));
    assert_eq!(app.write(move |db| hangtag::aftersales::cases::close_over(db, &stamp, none, 100)).await.0, 0);
    let one = app.persona(Role::Admin).await;
    let order = line.order.clone().unwrap();
    for act in [json!({ "act": "give_back", "waybill": "SF-2" }), json!({ "act": "close" })] {
        one.json("POST", &format!("/api/v1/returns/{order}/act"), &act).await.expect(200);
    }
    one.json("POST", &acts, &json!({ "act": "close" })).await.expect(200);
});

// I-4 and I-6, by raw SQL.
story!(the_store_itself_keeps_a_garment_in_one_act_at_a_time, |app| {
    let goods = world(&app, 10, 4).await;
    let (one, other) = (app.persona(Role::Admin).await, app.persona(Role::Admin).await);
    let no = open(&app, new_case(&app, &garments(&goods, 0, 3), "button_off")).await.unwrap();
    let line = |line, unit| Line {
        app: &app,
        one: &one,
        other: &other,
        no: &no,
        line,
        spare: goods.serial(&app, unit),
        order: None,
        repair: None,
        money: None,
    };
    let (mut first, mut second, mut third) = (line(1, 5), line(2, 6), line(3, 7));
    first.step(ASK.0, ASK.1).await.expect(201);
    second.step("repair", "{}").await.expect(201);
    third.step(EXCHANGE.0, EXCHANGE.1).await.expect(201);
    let (order, repair, money) = (id(first.order.as_ref().unwrap()), second.repair.clone().unwrap(), id(third.money.as_ref().unwrap()));
    let refuses = |sql: String| {
        let app = &app;
        async move { assert!(app.sql(&sql).await.is_err(), "the store takes: {sql}") }
    };
    // The garment of the return in a repair as well, and twice the same.
    refuses(format!("INSERT INTO line_work (line_id, kind, case_id, garment_id, begun_at) SELECT line_id, 'repair', case_id, garment_id, begun_at FROM line_work WHERE kind = 'return' AND line_id = (SELECT line_id FROM return_order WHERE id = {order})")).await;
    refuses("INSERT INTO line_work (line_id, kind, case_id, garment_id, begun_at) SELECT line_id, kind, case_id, garment_id, begun_at FROM line_work".into()).await;
    refuses("INSERT INTO line_work (line_id, kind, case_id, garment_id, begun_at) SELECT line_id, 'walk', case_id, garment_id, begun_at FROM line_work WHERE kind = 'return'".into()).await;
    let columns = "line_id, case_id, garment_id, sale_seq, state, kind, rule, rule_version, freight, waybill, note, report, requested_at, inspected_by, returnless_by, version";
    let copy = |state: &str| {
        let values = columns.replace("state", &format!("'{state}'"));
        format!("INSERT INTO return_order (id, {columns}) SELECT id + 1, {values} FROM return_order WHERE id = {order}")
    };
    refuses(copy("requested")).await;
    app.sql(&copy("rejected")).await.unwrap();
    let columns = "case_id, line_id, garment_id, sale_seq, kind, site, state, covered, diagnosis, quote_version, plan, text_hash, paid_ref, extended_days, repairer, rework, created_at, version";
    let copy = |state: &str| {
        let values = columns.replace("state", &format!("'{state}'"));
        format!("INSERT INTO repair_order (id, code, {columns}) SELECT id + 1, 'again', {values} FROM repair_order WHERE code = '{repair}'")
    };
    refuses(copy("triage")).await;
    app.sql(&copy("beyond")).await.unwrap();
    // A garment that is given in exchange replaces one other, and never itself.
    let columns = "case_id, line_id, garment_id, sale_seq, kind, state, amount_minor, currency, new_garment_id, reason, author, needs_two, payout_ref, failure, created_at, version";
    let copy = |garment: GarmentId, new: GarmentId, state: &str| {
        let values = columns.replace("new_garment_id", &new.0.to_string()).replace("garment_id", &garment.0.to_string());
        let values = values.replace("state", &format!("'{state}'"));
        format!("INSERT INTO settlement (id, {columns}) SELECT id + {}, {values} FROM settlement WHERE id = {money}", new.0 % 1_000 + 1)
    };
    refuses(copy(goods.garment(3), goods.garment(7), "authorised")).await;
    refuses(copy(goods.garment(3), goods.garment(3), "authorised")).await;
    app.sql(&copy(goods.garment(3), goods.garment(7), "void")).await.unwrap();
    app.sql(&copy(goods.garment(3), goods.garment(8), "authorised")).await.unwrap();
});
