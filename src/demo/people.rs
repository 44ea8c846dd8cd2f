//! Who may sign in to the demo.

use serde::Serialize;

use crate::kernel::text::Lang;
use crate::kernel::{Error, Result};
use crate::platform::state::AppState;
use crate::staff::accounts::{self, Account, Role, Roles};

/// Whoever answers requests.
pub(super) const AGENT: &str = "staff:agent";
/// At the bench.
pub(super) const REPAIRER: &str = "staff:repairer";
/// Who looks at what came back.
pub(super) const INSPECTOR: &str = "staff:inspector";
/// Who looks again after a contest.
pub(super) const QUALITY: &str = "staff:quality";
/// Has verdicts reckoned.
pub(super) const MANAGER: &str = "staff:manager";
/// Decides them.
pub(super) const LEAD: &str = "staff:admin";
/// Pays.
pub(super) const FINANCE: &str = "staff:finance";
/// For the dye house.
pub(super) const DYER: &str = "staff:supplier";
/// For the maker of buttons.
pub(super) const BUTTONS: &str = "staff:buttons";
/// For the carrier.
pub(super) const CARRIER: &str = "staff:carrier";

/// Somebody who may sign in to the demo.
#[derive(Clone, Debug, Serialize)]
pub struct DemoAccount {
    /// What they do.
    pub role: String,
    /// Name to sign in with.
    pub user: String,
    /// Their password, for the demo only.
    pub password: String,
}

/// Names that both languages can read, and the party some are bound to.
const PEOPLE: &[(Role, &str, &str, Option<&str>)] = &[
    (Role::Admin, "admin", "安 An", None),
    (Role::Planner, "planner", "林 Lin", None),
    (Role::LabelOperator, "operator", "赵 Zhao", None),
    (Role::Inspector, "inspector", "陈 Chen", None),
    (Role::Inspector, "quality", "徐 Xu", None),
    (Role::SupplierManager, "manager", "吴 Wu", None),
    (Role::Supplier, "supplier", "何 He", Some("DYE-QT")),
    (Role::Supplier, "buttons", "金 Jin", Some("TRIM-YD")),
    (Role::Supplier, "carrier", "马 Ma", Some("CAR-JY")),
    (Role::Retailer, "shop", "孙 Sun", Some("SHOP-SH")),
    (Role::Agent, "agent", "周 Zhou", None),
    (Role::Agent, "repairer", "郑 Zheng", None),
    (Role::Finance, "finance", "钱 Qian", None),
];

/// Gives everybody an account, and says how they sign in.
///
/// # Errors
/// When the store refuses one: a fault of the demo's data.
pub(super) fn sign_up(app: &AppState, lang: Lang) -> Result<Vec<DemoAccount>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut people = Vec::new();
    for (role, user, name, party) in PEOPLE {
        let password = format!("demo-{user}-2026");
        let draft = Account {
            login: (*user).to_owned(),
            name: (*name).to_owned(),
            roles: Roles::from(vec![*role]),
            party_code: party.map(str::to_owned),
            lang,
            ..Account::default()
        };
        runtime.block_on(accounts::add(app, draft, Some(&password))).map_err(|error| Error::broken(format!("{user}: {error}")))?;
        people.push(DemoAccount { role: role.as_str().to_owned(), user: (*user).to_owned(), password });
    }
    Ok(people)
}
