//! What is done with a case: one list of acts, whether a form or a program says them.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::fields::{CAUSE, KIND, OWNER, PRIORITY, QUEUE, SEVERITY};
use super::{Audience, CaseState, Condition, LineDecision, TaskState};
use crate::aftersales::classes::{CaseCause, CaseKind, CaseSeverity, Priority, Queue};
use crate::inspection::defects::{DEFECT, Severity, defect_code};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Offered, Said};
use crate::staff::accounts;

/// Something that is done with a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum CaseAct {
    /// Whoever does it takes the case.
    Take {},
    /// Somebody is given it.
    Assign {
        /// The name they sign in with.
        owner: String,
    },
    /// It goes to another queue, and nobody in particular has it.
    Move {
        /// Which.
        queue: Queue,
    },
    /// How grave it is, what is done first, and what it is about are said anew.
    Rate {
        /// What it is about.
        kind: CaseKind,
        /// How grave.
        severity: CaseSeverity,
        /// What is done first.
        priority: Priority,
    },
    /// It goes on: somebody works on it, or waits for somebody.
    Step {
        /// Where to.
        to: CaseState,
    },
    /// What is done about a line is decided; about every open line where none is named.
    Decide {
        /// The number of the line.
        line: Option<i64>,
        /// What is done.
        outcome: LineDecision,
        /// Why, where nothing is.
        reason: Option<String>,
    },
    /// A garment that came back was looked at.
    Inspect {
        /// The number of the line.
        line: i64,
        /// What state it is in.
        grade: Condition,
        /// Whether it is kept apart, however it is.
        #[serde(default)]
        apart: bool,
        /// Code of the defect that was found; none when nothing was.
        found: Option<String>,
        /// How bad that is; as the catalogue has it when absent.
        severity: Option<Severity>,
        /// What else there is to say of it.
        note: Option<String>,
    },
    /// What was decided about a line is done; about every decided line where none is named.
    Done {
        /// The number of the line.
        line: Option<i64>,
    },
    /// Whoever asked does not want it any more for this garment.
    TakeBack {
        /// The number of the line.
        line: i64,
    },
    /// What was behind a line.
    Conclude {
        /// The number of the line.
        line: i64,
        /// What.
        cause: CaseCause,
    },
    /// Every line has an outcome, and whoever asked is told.
    Resolve {
        /// What they are told.
        result: String,
        /// What was behind it.
        cause: Option<CaseCause>,
    },
    /// It is over for good.
    Close {},
    /// It is not done.
    Cancel {
        /// Why.
        reason: String,
    },
    /// It begins again.
    Reopen {
        /// Why.
        reason: String,
    },
    /// It goes on in another case, which is about the same.
    Merge {
        /// The number of that case.
        into: String,
    },
    /// Something is written down.
    Note {
        /// Who it is for.
        audience: Audience,
        /// The code of the supplier it is for.
        party: Option<String>,
        /// What.
        body: String,
    },
    /// Something is to be done.
    Task {
        /// What.
        title: String,
        /// Who does it.
        queue: Queue,
        /// By which day.
        due_on: Option<NaiveDate>,
    },
    /// A task is done, or is not to be done any more.
    EndTask {
        /// Its id.
        #[schema(value_type = String)]
        task: Id,
        /// Which of both.
        to: TaskState,
        /// What came of it.
        note: Option<String>,
    },
}

const LINE: Field = Field::new("line", Kind::Whole(1, 1_000_000), &["行号"], &["Line"]);

macro_rules! asks {
    ($($name:ident: $($field:expr),* ;)*) => {
        $(pub(super) const $name: Fields = Fields { table: "cases", title: ("工单", "Cases"), columns: &[$($field),*] };)*
    };
}

#[rustfmt::skip]
asks! {
    NOTHING: ;
    ASSIGN: OWNER.needed().hint("工单交给谁；填写对方的用户名。", "Who gets it: the name they sign in with.", "li.na");
    MOVE: QUEUE.needed();
    RATE: KIND.needed(), SEVERITY.needed(), PRIORITY.needed();
    STEP: Field::new("to", Kind::Choice(CaseState::TABLE), &["下一步"], &["Next"]).needed();
    DECIDE: LINE.nullable(), Field::new("outcome", Kind::Choice(LineDecision::TABLE), &["处理结果"], &["Outcome"]).needed(), WHY.nullable();
    INSPECT: LINE.needed(), Field::new("grade", Kind::Choice(Condition::TABLE), &["成色"], &["Condition"]).needed(),
        Field::new("found", Kind::Text(defect_code, as_it_is), &["发现的缺陷"], &["Defect found"]).nullable().refers(&DEFECT)
            .hint("缺陷目录中的代码；没有发现缺陷就留空。", "A code of the defect catalogue; left empty when nothing was found.", "button_missing"),
        Field::new("severity", Kind::Choice(Severity::TABLE), &["严重程度"], &["Severity"]).nullable(),
        Field::new("apart", Kind::Flag, &["隔离存放"], &["Keep apart"]).hint("C、D 级总是隔离。", "C and D are always kept apart.", ""),
        Field::new("note", Kind::Paragraph(1_000), &["说明"], &["Note"]).nullable().hint("不写个人信息。", "Names no person.", "");
    DONE: LINE.nullable();
    ONE_LINE: LINE.needed();
    CONCLUDE: LINE.needed(), CAUSE.needed();
    RESOLVE: Field::new("result", Kind::Paragraph(1_000), &["告知买家的结果"], &["What the buyer is told"]).needed()
            .hint("会显示在买家的进度页上。", "It stands on their status page.", ""),
        CAUSE.hint("投诉、维修、质量退货和严重的工单必须填写。", "Needed for complaints, repairs, returns of defects and grave cases.", "");
    REASON: WHY.needed();
    MERGE: Field::new("into", Kind::Line(20), &["并入工单号"], &["Number of the other case"]).needed();
    NOTE: Field::new("audience", Kind::Choice(Audience::TABLE), &["对象"], &["For"]).needed(),
        Field::new("party", Kind::Line(40), &["供应商编码"], &["Supplier's code"]).nullable().offers("parties"),
        Field::new("body", Kind::Paragraph(2_000), &["内容"], &["Text"]).needed();
    TASK: Field::new("title", Kind::Line(120), &["要做什么"], &["What is to be done"]).needed(), QUEUE.needed(),
        Field::new("due_on", Kind::Day, &["截止日期"], &["By"]).nullable();
    END_TASK: Field::new("task", Kind::Id, &["任务"], &["Task"]).needed(),
        Field::new("to", Kind::Choice(TaskState::TABLE), &["状态"], &["State"]).needed(),
        Field::new("note", Kind::Line(300), &["结果"], &["What came of it"]).nullable();
}

const WHY: Field = Field::new("reason", Kind::Line(300), &["理由"], &["Why"]).hint(
    "留在记录中；不写个人信息。",
    "It stays in the history; names no person.",
    "",
);

/// Every act by its name, with what it asks.
const ACTS: &[(&str, &Fields)] = &[
    ("take", &NOTHING),
    ("assign", &ASSIGN),
    ("move", &MOVE),
    ("rate", &RATE),
    ("step", &STEP),
    ("decide", &DECIDE),
    ("inspect", &INSPECT),
    ("done", &DONE),
    ("take_back", &ONE_LINE),
    ("conclude", &CONCLUDE),
    ("resolve", &RESOLVE),
    ("close", &NOTHING),
    ("cancel", &REASON),
    ("reopen", &REASON),
    ("merge", &MERGE),
    ("note", &NOTE),
    ("task", &TASK),
    ("end_task", &END_TASK),
];

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

/// What an act of this name asks.
fn asked(name: &str) -> Result<(&'static str, &'static Fields)> {
    let known = || ACTS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = ACTS.iter().find(|(act, _)| *act == name).copied();
    found.ok_or_else(|| Fault::new("act", Code::NotOneOf).with("value", name).with("allowed", known()).into())
}

impl CaseAct {
    /// The act that a form sends, and the version that was read.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every wrong field.
    pub fn of_form(values: &HashMap<String, String>) -> Result<(Self, Option<i64>)> {
        let (name, fields) = asked(values.get("act").map_or("", String::as_str))?;
        let version = values.get("version").and_then(|version| crate::kernel::parsed(version));
        Ok((Said::of_form(fields, values)?.with("act", name).value()?, version))
    }

    /// The act that a program says, and the version that it read, where it says one.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every wrong field.
    pub fn of_json(mut document: Map<String, Value>) -> Result<(Self, Option<i64>)> {
        let said = document.remove("act").ok_or_else(|| Fault::new("act", Code::Missing))?;
        let (name, fields) = asked(said.as_str().unwrap_or_default())?;
        let version = match document.remove("version") {
            None | Some(Value::Null) => None,
            Some(version) => Some(version.as_i64().ok_or_else(|| Fault::new("version", Code::NotANumber).with("value", version))?),
        };
        Ok((Said::of_json(fields, document)?.with("act", name).value()?, version))
    }
}

/// Whoever may be given a case: the name they sign in with, and what people call them.
pub(super) fn workers(db: &mut Db) -> Result<Vec<Offered>> {
    let may = |account: &accounts::Account| {
        account.is_active() && account.party.is_none() && account.roles.permissions().has(Permission::CasesEdit)
    };
    let all = accounts::all(db)?.into_iter().filter(may);
    Ok(all.map(|account| (account.login.clone().into(), format!("{} · {}", account.name, account.login).into())).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_act_is_the_same_in_a_form_and_in_a_document() {
        let form = |pairs: &[(&str, &str)]| {
            let values = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            CaseAct::of_form(&values)
        };
        let document = |value: Value| CaseAct::of_json(serde_json::from_value(value).unwrap());
        let decided = CaseAct::Decide { line: Some(2), outcome: LineDecision::Repair, reason: None };
        assert_eq!(form(&[("act", "decide"), ("line", "2"), ("outcome", "repair"), ("version", "3")]).unwrap(), (decided.clone(), Some(3)));
        assert_eq!(document(json!({ "act": "decide", "line": 2, "outcome": "repair" })).unwrap(), (decided, None));
        let looked = form(&[("act", "inspect"), ("line", "1"), ("grade", "c"), ("apart", "on"), ("found", "Seam_Open")]).unwrap().0;
        let CaseAct::Inspect { grade, apart, found, .. } = looked else { panic!() };
        assert_eq!((grade, apart, found.as_deref()), (Condition::C, true, Some("seam_open")));
        assert_eq!(form(&[("act", "take")]).unwrap().0, CaseAct::Take {});
        assert_eq!(form(&[("act", "fly")]).unwrap_err().code(), Code::Invalid);
        assert_eq!(document(json!({ "act": "decide", "line": "two", "outcome": "gold", "speed": 1 })).unwrap_err().code(), Code::Invalid);
        assert_eq!(document(json!({ "act": "take", "version": "x" })).unwrap_err().code(), Code::Invalid);
    }
}
