//! What roles may do, what an account must look like, when a session is over. Values in, values out.

use std::fmt;

use chrono::{Duration, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::AccountState;
use crate::kernel::choices::{Choice, not_one_of};
use crate::kernel::machine::Machine;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, Result};
use crate::platform::http::perm::{Permission, Permissions};
use crate::{choices, machine};

use Permission as P;

choices! {
    /// What somebody does here: a set of rights with a name.
    Role {
        /// Runs the deployment.
        Admin = "admin", "管理员", "Administrator" => "全部权限，包括账号和密钥。", "Everything, accounts and keys included.";
        /// Keeps the catalogue, lots and batches.
        Planner = "planner", "生产计划员", "Production planner"
            => "维护往来单位、款号、单品、物料批和生产批次，导入文件。", "Keeps parties, styles, skus, lots and batches; loads files.";
        /// Turns batches into labels.
        LabelOperator = "label_operator", "标签操作员", "Label operator"
            => "制作和打印标签，作废报废的标签。", "Makes and prints labels, voids spoiled ones.";
        /// Logs defects at the line.
        Inspector = "inspector", "质检员", "Inspector" => "在产线记录缺陷。", "Logs defects at the line.";
        /// Follows defects to lots and suppliers.
        SupplierManager = "supplier_manager", "供应商管理员", "Supplier manager"
            => "把缺陷追溯到物料批和供应商，保存召回范围。", "Traces defects to lots and suppliers, saves recall scopes.";
        /// A supplier's own person: its own rows only.
        Supplier = "supplier", "供应商", "Supplier"
            => "查看和追溯自己的物料批，不能修改。必须绑定往来单位。", "Sees and traces its own lots, changes nothing. Must be bound to a party.";
        /// Registers sales.
        Retailer = "retailer", "销售登记员", "Retailer" => "登记销售。可绑定往来单位。", "Registers sales. May be bound to a party.";
        /// The after-sales desk.
        Agent = "agent", "售后客服", "After-sales agent"
            => "服务买家：可看联系方式、更正销售、记录缺陷。", "Helps buyers: sees contact data, corrects sales, logs defects.";
        /// Reads what costs and who pays.
        Finance = "finance", "财务", "Finance" => "查看生产、销售和追溯。", "Reads production, sales and traces.";
        /// Reads everything but personal data.
        Analyst = "analyst", "数据分析员", "Analyst" => "查看个人信息以外的全部内容。", "Reads everything but personal data.";
    }
}

/// Whether a role belongs to somebody of a party outside the brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The house's own people: never bound to a party.
    Never,
    /// May be bound.
    Either,
    /// Must be bound: sees only rows of its own lots and batches.
    Always,
}

impl Role {
    /// What it may do. The only place that says so.
    #[rustfmt::skip]
    pub const fn permissions(self) -> Permissions {
        Permissions::of(match self {
            Self::Admin => Permission::ALL,
            Self::Planner => &[
                P::SignedIn, P::CatalogueRead, P::CatalogueEdit, P::ProductionRead, P::ProductionEdit, P::LabelsRead, P::SalesRead, P::SalesEdit,
                P::FindingsRead, P::TraceRead, P::LinksEdit,
            ],
            Self::LabelOperator => &[P::SignedIn, P::CatalogueRead, P::ProductionRead, P::LabelsRead, P::LabelsEdit],
            Self::Inspector => &[P::SignedIn, P::CatalogueRead, P::ProductionRead, P::FindingsRead, P::FindingsEdit, P::CasesRead],
            Self::SupplierManager => &[
                P::SignedIn, P::CatalogueRead, P::ProductionRead, P::SalesRead, P::FindingsRead, P::FindingsEdit, P::TraceRead, P::RecallEdit,
                P::CasesRead, P::MoneyRead, P::LiabilityRead, P::LiabilityEdit,
            ],
            Self::Supplier => &[P::SignedIn, P::ProductionRead, P::FindingsRead, P::TraceRead, P::LiabilityRead],
            Self::Retailer => &[P::SignedIn, P::CatalogueRead, P::SalesRead, P::SalesEdit],
            Self::Agent => &[
                P::SignedIn, P::CatalogueRead, P::ProductionRead, P::SalesRead, P::SalesEdit, P::ContactRead, P::FindingsRead, P::FindingsEdit,
                P::CasesRead, P::CasesEdit,
            ],
            Self::Finance => &[
                P::SignedIn, P::CatalogueRead, P::ProductionRead, P::SalesRead, P::FindingsRead, P::TraceRead, P::CasesRead, P::MoneyRead, P::MoneyEdit,
                P::LiabilityRead,
            ],
            Self::Analyst => {
                &[
                    P::SignedIn, P::CatalogueRead, P::ProductionRead, P::LabelsRead, P::SalesRead, P::FindingsRead, P::TraceRead, P::CasesRead,
                    P::MoneyRead, P::LiabilityRead,
                ]
            }
        })
    }

    /// The page its work starts on, where that is not the list of everything it may do.
    pub const fn start(self) -> Option<&'static str> {
        match self {
            Self::SupplierManager => Some("/signals"),
            _ => None,
        }
    }

    /// How it goes with a party.
    pub const fn binding(self) -> Binding {
        match self {
            Self::Supplier => Binding::Always,
            Self::Retailer => Binding::Either,
            _ => Binding::Never,
        }
    }
}

/// A set of roles, in table order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Role>")]
pub struct Roles(Vec<Role>);

impl From<Vec<Role>> for Roles {
    fn from(mut roles: Vec<Role>) -> Self {
        roles.sort_unstable();
        roles.dedup();
        Self(roles)
    }
}

impl Roles {
    /// The set a stored text names. None when one of the names is none: an account saved again would lose it.
    pub fn stored(text: &str) -> Option<Self> {
        text.split(',').filter(|name| !name.is_empty()).map(Role::of).collect::<Option<Vec<_>>>().map(Self::from)
    }

    /// Everything the roles may do together.
    pub fn permissions(&self) -> Permissions {
        self.0.iter().fold(Permissions::default(), |all, role| all.and(role.permissions()))
    }

    /// Whether the role is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The page that work starts on for somebody of these roles, where all of them start on one.
    pub fn start(&self) -> Option<&'static str> {
        let first = self.0.first()?.start();
        self.iter().all(|role| role.start() == first).then_some(first)?
    }

    /// The roles.
    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }

    /// Their names for people.
    pub fn names(&self, lang: Lang) -> String {
        let names: Vec<_> = self.iter().map(|role| role.word(lang)).collect();
        names.join(lang.of("、", ", "))
    }

    /// What the roles ask of the party the person or program is bound to.
    pub fn check_party(&self, is_bound: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.0.is_empty() {
            faults.push(Fault::new("roles", Code::Missing));
        }
        if !is_bound && self.iter().any(|role| role.binding() == Binding::Always) {
            faults.push(Fault::new("party", Code::Missing));
        }
        if is_bound {
            let binding = |choice: &&Choice| Role::of(choice.text).map(Role::binding);
            let (inside, outside): (Vec<&Choice>, Vec<&Choice>) =
                Role::TABLE.iter().partition(|role| binding(role) == Some(Binding::Never));
            let wrong = inside.into_iter().filter(|inside| self.iter().any(|role| role.as_str() == inside.text));
            faults.extend(wrong.map(|role| not_one_of("roles", role.text, &outside).with("value_zh", role.zh).with("value_en", role.en)));
        }
        faults
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Role::as_str).collect();
        f.write_str(&names.join(","))
    }
}

/// What a person's account may turn into.
pub const ACCOUNT: Machine<AccountState> = machine!(AccountState: Active => Disabled; Disabled => Active);

/// A name to sign in with: 2 to 40 small letters, digits and `. _ -`; capitals are made small. Not an address: events keep it for ever.
///
/// # Errors
/// [`Code::TooShort`], [`Code::TooLong`] or [`Code::Malformed`] for `field`.
pub fn read_login(field: &'static str, text: &str) -> Result<String, Fault> {
    let login = text.trim().to_ascii_lowercase();
    if !login.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c)) {
        return Err(Fault::new(field, Code::Malformed).with("reason", "login-characters"));
    }
    match login.len() {
        0 => Err(Fault::new(field, Code::Missing)),
        1 => Err(Fault::new(field, Code::TooShort).with("min", 2)),
        2..=40 => Ok(login),
        _ => Err(Fault::new(field, Code::TooLong).with("max", 40)),
    }
}

/// Whether a session is still good: not past its end, not idle for too long.
pub fn is_live(seen_at: NaiveDateTime, expires_at: NaiveDateTime, idle_minutes: i64, now: NaiveDateTime) -> bool {
    now < expires_at && now < seen_at + Duration::minutes(idle_minutes)
}

/// Whether it is time to note that a session was seen: at most once a minute, so that looking does not write each time.
pub fn is_worth_noting(seen_at: NaiveDateTime, now: NaiveDateTime) -> bool {
    now >= seen_at + Duration::minutes(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_may_sign_in_and_only_the_administrator_makes_accounts() {
        for role in Role::ALL {
            assert!(role.permissions().has(P::SignedIn), "{role:?}");
            assert_eq!(role.permissions().has(P::AccountsEdit), *role == Role::Admin, "{role:?}");
            assert_eq!(role.permissions().has(P::ContactRead), matches!(role, Role::Admin | Role::Agent), "{role:?}");
        }
    }

    #[test]
    fn a_supplier_reads_lots_findings_and_traces_and_changes_nothing() {
        let may: Vec<_> = Permission::ALL.iter().filter(|one| Role::Supplier.permissions().has(**one)).collect();
        assert_eq!(may, [&P::ProductionRead, &P::FindingsRead, &P::TraceRead, &P::LiabilityRead, &P::SignedIn]);
    }

    #[test]
    fn roles_are_stored_in_table_order_and_read_back() {
        let roles = Roles::from(vec![Role::Inspector, Role::Planner, Role::Inspector]);
        assert_eq!(roles.to_string(), "planner,inspector");
        assert_eq!(Roles::stored("planner,inspector"), Some(roles.clone()));
        assert_eq!(Roles::stored(""), Some(Roles::default()));
        assert_eq!(Roles::stored("planner,retired-role"), None);
        assert_eq!(serde_json::to_string(&roles).unwrap(), r#"["planner","inspector"]"#);
    }

    #[test]
    fn suppliers_are_bound_and_the_house_is_not() {
        let faults = |roles: &[Role], bound| {
            Roles::from(roles.to_vec()).check_party(bound).iter().map(|fault| (fault.field.to_string(), fault.code)).collect::<Vec<_>>()
        };
        assert_eq!(faults(&[Role::Supplier], false), [("party".into(), Code::Missing)]);
        assert_eq!(faults(&[Role::Supplier], true), []);
        assert_eq!(faults(&[Role::Retailer], true), []);
        assert_eq!(faults(&[Role::Retailer], false), []);
        assert_eq!(faults(&[Role::Supplier, Role::Admin], true), [("roles".into(), Code::NotOneOf)]);
        assert_eq!(faults(&[], false), [("roles".into(), Code::Missing)]);
    }

    #[test]
    fn logins_are_plain() {
        assert_eq!(read_login("login", " Wang.Fang ").unwrap(), "wang.fang");
        for (text, code) in [
            ("", Code::Missing),
            ("a", Code::TooShort),
            ("王芳", Code::Malformed),
            ("a b", Code::Malformed),
            ("a@b.cn", Code::Malformed),
            (&"a".repeat(41), Code::TooLong),
        ] {
            assert_eq!(read_login("login", text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn a_session_ends_by_idling_or_by_age() {
        let at = |minute: i64| chrono::DateTime::from_timestamp(1_781_524_800 + minute * 60, 0).unwrap().naive_utc();
        assert!(is_live(at(0), at(720), 30, at(29)));
        assert!(!is_live(at(0), at(720), 30, at(30)));
        assert!(!is_live(at(719), at(720), 30, at(720)));
        assert!(!is_worth_noting(at(0), at(0)));
        assert!(is_worth_noting(at(0), at(1)));
    }
}
