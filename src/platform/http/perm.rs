//! Permissions: one table. A handler names the one it needs in its type (`Caller<perm::LotsEdit>`); roles are sets of them.

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// A right to do something.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission { $($(#[$doc])* $name,)* }

        impl Permission {
            /// Every permission, in table order.
            pub const ALL: &'static [Permission] = &[$(Permission::$name,)*];

            /// Its stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Permission::$name => $text,)* }
            }

            const fn bit(self) -> u64 {
                let mut bit = 1;
                $(if matches!(self, Permission::$name) { return bit; } bit <<= 1;)*
                bit
            }
        }

        /// The permission a handler's type names.
        pub trait Perm: 'static {
            /// Which.
            const NEEDS: Permission;
            /// Whether people and programs bound to a party are refused even with the right.
            const BRAND_ONLY: bool = false;
        }

        $(
            $(#[$doc])*
            pub struct $name;
            impl Perm for $name { const NEEDS: Permission = Permission::$name; }
        )*
    };
}

permissions! {
    /// See parties, styles, skus.
    CatalogueRead = "catalogue.read";
    /// Change parties, styles, skus, warranty policies; import them.
    CatalogueEdit = "catalogue.edit";
    /// See lots and batches.
    ProductionRead = "production.read";
    /// Change lots and batches; import them.
    ProductionEdit = "production.edit";
    /// See label jobs and templates; preview.
    LabelsRead = "labels.read";
    /// Mint, make and print labels; void serials.
    LabelsEdit = "labels.edit";
    /// See sales.
    SalesRead = "sales.read";
    /// Register sales and returns; import them.
    SalesEdit = "sales.edit";
    /// Read a holder's contact data (each read is recorded).
    ContactRead = "contact.read";
    /// See findings.
    FindingsRead = "findings.read";
    /// Log and withdraw findings.
    FindingsEdit = "findings.edit";
    /// Trace up and down; save recall scopes.
    TraceRead = "trace.read";
    /// Save recall scopes.
    RecallEdit = "recall.edit";
    /// Attach links to products and garments.
    LinksEdit = "links.edit";
    /// See cases and what is done about them.
    CasesRead = "cases.read";
    /// Open cases, work on them, decide.
    CasesEdit = "cases.edit";
    /// See what after-sales costs and who is charged.
    MoneyRead = "money.read";
    /// Approve refunds, pay them out, charge parties.
    MoneyEdit = "money.edit";
    /// See liability: verdicts and statements. A supplier sees its own.
    LiabilityRead = "liability.read";
    /// Propose and decide liability.
    LiabilityEdit = "liability.edit";
    /// Change the defect catalogue and policies.
    PolicyEdit = "policy.edit";
    /// Make and disable accounts and API keys.
    AccountsEdit = "accounts.edit";
    /// Be signed in, whoever it is.
    SignedIn = "signed_in";
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u64);

impl Permissions {
    /// The set of these.
    pub const fn of(list: &[Permission]) -> Self {
        let mut bits = 0;
        let mut rest = list;
        while let [first, tail @ ..] = rest {
            bits |= first.bit();
            rest = tail;
        }
        Self(bits)
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is in the set.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_permission_has_its_own_bit() {
        for one in Permission::ALL {
            for other in Permission::ALL {
                assert_eq!(Permissions::of(&[*one]).has(*other), one == other);
            }
        }
    }
}
