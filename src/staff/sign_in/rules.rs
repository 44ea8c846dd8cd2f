//! Where to go after signing in. Values in, values out.

/// Where work starts.
pub const START: &str = "/desk";

/// The page somebody wanted before they had to sign in, if it is one of ours; else where work starts. Anything a browser could take for
/// another host (`//`, `/\`, control characters) is not one of ours.
pub fn way_back(wanted: &str) -> &str {
    let is_local = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains('\\')
        && !wanted.chars().any(|c| c.is_control() || c.is_whitespace())
        && wanted.len() <= 2000;
    let is_door = ["/sign-in", "/sign-out", "/set-up"].iter().any(|door| wanted.starts_with(door));
    if is_local && !is_door { wanted } else { START }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_gone_back_to() {
        for ours in ["/", "/lots", "/lots/A-1?tab=2#top", "/accounts/li.na"] {
            assert_eq!(way_back(ours), ours);
        }
        for other in [
            "",
            "lots",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/lots\r\nset-cookie: a=b",
            " /lots",
            "/sign-in?back=/sign-in",
            "/sign-out",
            "/set-up/abc",
        ] {
            assert_eq!(way_back(other), START, "{other:?}");
        }
        assert_eq!(way_back(&format!("/{}", "a".repeat(3000))), START);
    }
}
