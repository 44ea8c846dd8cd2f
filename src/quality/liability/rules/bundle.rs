//! A reckoning frozen with everything it was made of, so that anybody can make it again and compare byte by byte.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::canonical::canonical;
use super::matter::Matter;
use super::reckoning::{Reckoning, reckon};
use super::tables::Rules;
use crate::kernel::error::{Code, Fault, Refusal, Result};
use crate::kernel::text::hex;

/// Name and version of the procedure. Another number whenever the same rules and matter would give another result.
pub const ENGINE: &str = "hangtag-liability/1";

/// Rules, matter and reckoning as one canonical JSON text, and its SHA-256.
///
/// The text is JSON as RFC 8785 writes it: no space, members in the order of their names' UTF-16 units. It holds no fraction, only whole numbers in
/// small units, so no two machines write a number differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    text: String,
    sha256: String,
}

/// What a bundle says.
#[derive(Serialize)]
struct Written<'a> {
    engine: &'a str,
    rules: &'a Rules,
    matter: &'a Matter,
    reckoning: &'a Reckoning,
}

/// What a bundle is made of, without the rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    engine: String,
    matter: Matter,
    #[serde(rename = "reckoning")]
    _reckoning: IgnoredAny,
    #[serde(default)]
    rules: Option<Rules>,
}

impl Read {
    fn of(text: &str) -> Result<Self> {
        let read: Self = serde_json::from_str(text).map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
        if read.engine != ENGINE {
            return Err(Fault::new("engine", Code::NotOneOf).with("value", read.engine).with("allowed", ENGINE).into());
        }
        Ok(read)
    }
}

/// The rules' name in a bundle: the last of all, as canonical JSON has it.
const RULES: &str = ",\"rules\":";

impl Bundle {
    /// Checks rules and matter, reckons, and freezes all three.
    pub fn seal(rules: Rules, matter: Matter) -> Result<Self> {
        rules.check()?;
        matter.check(&rules)?;
        let (rules, matter) = (rules.in_order(), matter.in_order());
        let written = Written { engine: ENGINE, rules: &rules, matter: &matter, reckoning: &reckon(&rules, &matter) };
        let text = canonical(&written)?;
        Ok(Self { sha256: hex(&Sha256::digest(text.as_bytes())), text })
    }

    /// A bundle as it was kept: its text and the SHA-256 that was published with it.
    pub fn kept(text: String, sha256: String) -> Self {
        Self { text, sha256 }
    }

    /// The canonical JSON.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the text, in lower-case hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The text without the rules: what is kept of each of many bundles under the same rules. [`Bundle::joined`] puts them back.
    pub fn parted(&self) -> String {
        let head = self.text.rsplit_once(RULES).map_or(self.text.as_str(), |(head, _)| head);
        format!("{head}}}")
    }

    /// The bundle whose text [`Bundle::parted`] from these rules.
    pub fn joined(parted: &str, rules: &Rules, sha256: String) -> Result<Self> {
        let head = parted.strip_suffix('}').unwrap_or(parted);
        let rules = canonical(&rules.clone().in_order())?;
        Ok(Self { text: format!("{head}{RULES}{rules}}}"), sha256 })
    }

    /// The matter of a bundle, with its rules or parted from them.
    ///
    /// # Errors
    /// As [`Bundle::inputs`].
    pub fn matter_of(text: &str) -> Result<Matter> {
        Ok(Read::of(text)?.matter)
    }

    /// The rules and the matter it was made of.
    ///
    /// # Errors
    /// [`Code::Malformed`] when the text is no bundle; [`Code::NotOneOf`] for `engine` when another version made it.
    pub fn inputs(&self) -> Result<(Rules, Matter)> {
        let read = Read::of(&self.text)?;
        let rules = read.rules.ok_or_else(|| Fault::new("rules", Code::Missing))?;
        Ok((rules, read.matter))
    }

    /// The bundle that its inputs make now.
    pub fn recomputed(&self) -> Result<Self> {
        let (rules, matter) = self.inputs()?;
        Self::seal(rules, matter)
    }

    /// Whether it is what its inputs make, byte for byte, and its SHA-256 is that of its text.
    pub fn holds(&self) -> Result<bool> {
        Ok(self.recomputed()? == *self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::matter::Claim;
    use super::*;
    use crate::quality::liability::starter::starter;

    #[test]
    fn a_bundle_parts_from_its_rules_and_is_joined_with_them_again() {
        let claim = Claim {
            code: ",\"rules\":{}".into(),
            amount_minor: 1_234,
            defect: "pilling".into(),
            family: String::new(),
            facts: BTreeSet::new(),
            evidence: BTreeSet::new(),
        };
        let matter = Matter { code: "C".into(), currency: "CNY".into(), claims: vec![claim], excess: None, sample: None };
        let bundle = Bundle::seal(starter(), matter.clone()).unwrap();
        let parted = bundle.parted();
        assert!(parted.len() < bundle.text().len() / 10, "{parted}");
        assert_eq!(Bundle::matter_of(&parted).unwrap(), matter);
        assert_eq!(Bundle::matter_of(bundle.text()).unwrap(), matter);
        assert_eq!(Bundle::joined(&parted, &starter(), bundle.sha256().to_owned()).unwrap(), bundle);
        assert!(Bundle::kept(parted, bundle.sha256().to_owned()).inputs().is_err(), "it is none without them");
    }
}
