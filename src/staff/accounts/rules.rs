//! What roles may do, what an account must look like, when a session is over. Values in, values out.

use std::fmt;
use std::str::FromStr;

use chrono::{Duration, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::kernel::text::{Lang, line};
use crate::kernel::{Code, Fault, Refusal, Result};
use crate::platform::http::perm::{Permission, Permissions};

use Permission as P;

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $zh:literal, $en:literal, $bound:ident, $may:expr;)*) => {
        /// What somebody does here. A set of permissions with a name; the table below is the only place that says which.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum Role { $($(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl Role {
            /// Every role, in table order.
            pub const ALL: &'static [Role] = &[$(Role::$name,)*];

            /// The stored name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Role::$name => $text,)* }
            }

            /// Its name for people.
            pub const fn name(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Role::$name, Lang::Zh) => $zh, (Role::$name, Lang::En) => $en,)* }
            }

            /// What it may do.
            pub const fn permissions(self) -> Permissions {
                match self { $(Role::$name => Permissions::of($may),)* }
            }

            /// The message that says what it is for.
            pub fn about_key(self) -> String {
                format!("accounts-role-{}", self.as_str().replace('_', "-"))
            }

            /// How it goes with a party.
            pub const fn binding(self) -> Binding {
                match self { $(Role::$name => Binding::$bound,)* }
            }
        }
    };
}

/// Whether a role belongs to somebody of a party outside the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The house's own people: never bound to a party.
    Never,
    /// May be bound.
    Either,
    /// Must be bound: sees only rows of its own lots and batches.
    Always,
}

roles! {
    /// Runs the house.
    Admin = "admin", "管理员", "Administrator", Never, Permission::ALL;
    /// Keeps the catalogue, lots and batches.
    Planner = "planner", "生产计划员", "Production planner", Never, &[
        P::SignedIn, P::CatalogueRead, P::CatalogueEdit, P::ProductionRead, P::ProductionEdit, P::LabelsRead, P::SalesRead, P::SalesEdit, P::FindingsRead,
        P::TraceRead, P::LinksEdit,
    ];
    /// Turns batches into labels.
    LabelOperator = "label_operator", "标签操作员", "Label operator", Never, &[
        P::SignedIn, P::CatalogueRead, P::ProductionRead, P::LabelsRead, P::LabelsEdit,
    ];
    /// Logs defects at the line.
    Inspector = "inspector", "质检员", "Inspector", Never, &[
        P::SignedIn, P::CatalogueRead, P::ProductionRead, P::FindingsRead, P::FindingsEdit,
    ];
    /// Follows defects to lots and suppliers.
    SupplierManager = "supplier_manager", "供应商管理员", "Supplier manager", Never, &[
        P::SignedIn, P::CatalogueRead, P::ProductionRead, P::SalesRead, P::FindingsRead, P::FindingsEdit, P::TraceRead, P::RecallEdit,
    ];
    /// A supplier's own person: its own rows only.
    Supplier = "supplier", "供应商", "Supplier", Always, &[P::SignedIn, P::ProductionRead, P::FindingsRead, P::TraceRead];
    /// Registers sales.
    Retailer = "retailer", "销售登记员", "Retailer", Either, &[P::SignedIn, P::CatalogueRead, P::SalesRead, P::SalesEdit];
    /// The after-sales desk.
    Agent = "agent", "售后客服", "After-sales agent", Never, &[
        P::SignedIn, P::CatalogueRead, P::ProductionRead, P::SalesRead, P::SalesEdit, P::ContactRead, P::FindingsRead, P::FindingsEdit,
    ];
    /// Reads what costs and who pays.
    Finance = "finance", "财务", "Finance", Never, &[
        P::SignedIn, P::CatalogueRead, P::ProductionRead, P::SalesRead, P::FindingsRead, P::TraceRead,
    ];
    /// Reads everything but personal data.
    Analyst = "analyst", "数据分析员", "Analyst", Never, &[
        P::SignedIn, P::CatalogueRead, P::ProductionRead, P::LabelsRead, P::SalesRead, P::FindingsRead, P::TraceRead,
    ];
}

impl FromStr for Role {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text).ok_or_else(|| {
            let allowed: Vec<_> = Self::ALL.iter().map(|role| role.as_str()).collect();
            Fault::new("roles", Code::NotOneOf).with("value", text).with("allowed", allowed.join(", "))
        })
    }
}

/// A set of roles, in table order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// The set a stored text names. A name this program does not know gives no right.
    pub fn stored(text: &str) -> Self {
        text.split(',').filter_map(|name| name.parse().ok()).collect::<Vec<_>>().into()
    }

    /// The set these names give.
    ///
    /// # Errors
    /// [`Code::NotOneOf`] for `roles`.
    pub fn read<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, Fault> {
        Ok(names.into_iter().map(str::parse).collect::<Result<Vec<Role>, Fault>>()?.into())
    }

    /// Everything the roles may do together.
    pub fn permissions(&self) -> Permissions {
        self.0.iter().fold(Permissions::default(), |all, role| all.and(role.permissions()))
    }

    /// Whether the role is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The roles.
    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }

    /// Their names for people.
    pub fn names(&self, lang: Lang) -> String {
        let names: Vec<_> = self.iter().map(|role| role.name(lang)).collect();
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
            let outside: Vec<_> = Role::ALL.iter().filter(|role| role.binding() != Binding::Never).map(|role| role.as_str()).collect();
            faults.extend(
                self.iter()
                    .filter(|role| role.binding() == Binding::Never)
                    .map(|role| Fault::new("roles", Code::NotOneOf).with("value", role.as_str()).with("allowed", outside.join(", "))),
            );
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

/// An account as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Name to sign in with; never changes, because events name it.
    pub login: String,
    /// Name to show.
    pub name: String,
    /// What they do.
    pub roles: Roles,
    /// Code of the party they are bound to.
    pub party: Option<String>,
    /// The language they work in.
    pub lang: Lang,
}

impl Draft {
    /// The draft with its texts trimmed and checked.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every fault.
    pub fn checked(mut self) -> Result<Self> {
        let mut faults = self.roles.check_party(self.party.is_some());
        match read_login(&self.login) {
            Ok(login) => self.login = login,
            Err(fault) => faults.push(fault),
        }
        match line("name", &self.name, 60) {
            Ok(name) => self.name = name,
            Err(fault) => faults.push(fault),
        }
        Refusal::unless_empty(faults)?;
        Ok(self)
    }
}

/// A name to sign in with: 2 to 40 small letters, digits and `. _ -`; capitals are made small. Not an address: events keep it for ever.
///
/// # Errors
/// [`Code::TooShort`], [`Code::TooLong`] or [`Code::Malformed`] for `login`.
pub fn read_login(text: &str) -> Result<String, Fault> {
    let login = text.trim().to_ascii_lowercase();
    if !login.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c)) {
        return Err(Fault::new("login", Code::Malformed).with("reason", "login-characters"));
    }
    match login.len() {
        0 => Err(Fault::new("login", Code::Missing)),
        1 => Err(Fault::new("login", Code::TooShort).with("min", 2)),
        2..=40 => Ok(login),
        _ => Err(Fault::new("login", Code::TooLong).with("max", 40)),
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
        assert_eq!(may, [&P::ProductionRead, &P::FindingsRead, &P::TraceRead, &P::SignedIn]);
    }

    #[test]
    fn roles_are_stored_in_table_order_and_read_back() {
        let roles = Roles::from(vec![Role::Inspector, Role::Planner, Role::Inspector]);
        assert_eq!(roles.to_string(), "planner,inspector");
        assert_eq!(Roles::stored("planner,inspector"), roles);
        assert_eq!(Roles::stored("retired-role"), Roles::default());
        assert_eq!(Roles::stored("retired-role").permissions(), Permissions::default());
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
        assert_eq!(read_login(" Wang.Fang ").unwrap(), "wang.fang");
        for (text, code) in [
            ("", Code::Missing),
            ("a", Code::TooShort),
            ("王芳", Code::Malformed),
            ("a b", Code::Malformed),
            ("a@b.cn", Code::Malformed),
            (&"a".repeat(41), Code::TooLong),
        ] {
            assert_eq!(read_login(text).unwrap_err().code, code, "{text}");
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
