//! What a resolver answers: values in, values out (GS1-Conformant Resolver 1.2.0; linksets as of RFC 9264).

use serde_json::{Map, Value, json};

use crate::public::links::{Attached, LINK_TYPES, Level, LinkType, NAMESPACE, Offer, Wishes, best, local_name};

/// What a request wants of an identified thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// The default link, whatever it is.
    Default,
    /// The list of all links.
    Linkset,
    /// Links of one type.
    Type(&'static LinkType),
    /// Links of a type nobody knows, or that nobody may ask for.
    Unknown,
}

/// What `linkType` and `Accept` ask for together.
///
/// Asking for `application/linkset+json` always means the linkset. `application/json` means it where no type is named: a link of a named
/// type may well lead to JSON. A browser names `text/html` and is never handed JSON it did not ask for.
pub fn want(link_type: Option<&str>, accept: &str) -> Want {
    let names = |media: &str| accept.split(',').any(|range| range.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media));
    if names("application/linkset+json") {
        return Want::Linkset;
    }
    match link_type {
        Some("linkset" | "all") => Want::Linkset,
        Some(text) if local_name(text) == Some("defaultLink") => Want::Default,
        Some(text) => LinkType::of(text).map_or(Want::Unknown, Want::Type),
        None if names("application/json") && !names("text/html") => Want::Linkset,
        None => Want::Default,
    }
}

/// Whether it is a person's browser that asks, and for no link in particular: it is handed the page itself, without a redirect.
pub fn is_browsing(link_type: Option<&str>, accept: &str) -> bool {
    link_type.is_none() && want(None, accept) == Want::Default && accept.to_ascii_lowercase().contains("text/html")
}

/// The links of one level of an identifier: `/01/…` alone, with a batch, with a serial.
#[derive(Clone, Debug)]
pub struct Node {
    /// The identifier's address up to this level.
    pub anchor: String,
    /// What it is, in words.
    pub description: String,
    /// The default link's address and title.
    pub default: (String, String),
    /// Types that have links here, each with its links.
    pub links: Vec<(&'static LinkType, Vec<Offer>)>,
}

/// Our own links of a level under those the brand attached: of one type the more specific level's count.
pub fn merged(ours: Vec<(&'static LinkType, Offer)>, attached: &[Attached]) -> Vec<(&'static LinkType, Vec<Offer>)> {
    LINK_TYPES
        .iter()
        .filter_map(|kind| {
            let level = attached.iter().filter(|link| link.kind == kind).map(|link| link.level).max();
            let offers: Vec<Offer> = match level {
                Some(level) => {
                    attached.iter().filter(|link| link.kind == kind && link.level == level).map(|link| link.offer.clone()).collect()
                }
                None => ours.iter().filter(|(own, _)| *own == kind).map(|(_, offer)| offer.clone()).collect(),
            };
            (!offers.is_empty()).then_some((kind, offers))
        })
        .collect()
}

/// The link that takes the card's place: the most specific one marked as default.
pub fn default_among(attached: &[Attached]) -> Option<&Attached> {
    attached.iter().filter(|link| link.is_default).max_by_key(|link| link.level)
}

/// Those of `attached` that hang on one of `levels`.
pub fn at_levels(attached: &[Attached], levels: &[Level]) -> Vec<Attached> {
    attached.iter().filter(|link| levels.contains(&link.level)).cloned().collect()
}

/// Where a request for a type is led.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// There.
    One(&'a Offer),
    /// Nothing in the request tells these apart.
    Several(Vec<&'a Offer>),
    /// Nowhere.
    None,
}

/// The links of `kind` at the most specific node that has any, narrowed by what the request prefers. `nodes` come most specific first.
pub fn choose<'a>(nodes: &'a [Node], kind: &LinkType, wishes: &Wishes) -> Choice<'a> {
    let offers = nodes.iter().find_map(|node| node.links.iter().find(|(own, _)| *own == kind));
    let Some((_, offers)) = offers else { return Choice::None };
    let suited = best(offers, wishes);
    match suited.as_slice() {
        [] => Choice::None,
        [one] => Choice::One(one),
        _ => Choice::Several(suited),
    }
}

/// The linkset of an identifier, most specific level first.
pub fn linkset(nodes: &[Node]) -> Value {
    let contexts: Vec<Value> = nodes
        .iter()
        .map(|node| {
            let mut context = Map::new();
            context.insert("anchor".into(), node.anchor.clone().into());
            context.insert("itemDescription".into(), node.description.clone().into());
            let (href, title) = &node.default;
            context.insert(format!("{NAMESPACE}defaultLink"), json!([{ "href": href, "title": title }]));
            for (kind, offers) in &node.links {
                context.insert(kind.iri(), offers.iter().map(target).collect());
            }
            Value::Object(context)
        })
        .collect();
    json!({ "linkset": contexts })
}

fn target(offer: &Offer) -> Value {
    let mut target = Map::new();
    target.insert("href".into(), offer.href.clone().into());
    target.insert("title".into(), offer.title.clone().into());
    if !offer.media_type.is_empty() {
        target.insert("type".into(), offer.media_type.clone().into());
    }
    if !offer.hreflang.is_empty() {
        target.insert("hreflang".into(), offer.hreflang.clone().into());
    }
    if !offer.context.is_empty() {
        target.insert("context".into(), offer.context.clone().into());
    }
    Value::Object(target)
}

/// Query names that are for the resolver and not for where it leads.
const OURS: [&str; 4] = ["linkType", "context", "lang", "mediaType"];

/// The value of a query's first pair of this name, decoded.
pub fn query_value(query: &str, name: &str) -> Option<String> {
    let Ok(pairs) = serde_urlencoded::from_str::<Vec<(String, String)>>(query) else { return None };
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// `href` with the pairs of the request's query that are not for the resolver, as they were written; before a fragment.
pub fn with_query(href: &str, query: &str) -> String {
    let passed: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && !OURS.contains(&pair.split('=').next().unwrap_or_default())).collect();
    if passed.is_empty() {
        return href.to_owned();
    }
    let (address, fragment) = href.split_once('#').map_or((href, None), |(address, fragment)| (address, Some(fragment)));
    let mark = if address.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{address}{mark}{}{fragment}", passed.join("&"))
}

/// What the resolver says of itself at `/.well-known/gs1resolver`.
pub fn description(origin: &str, name: &str) -> Value {
    json!({
        "name": name,
        "resolverRoot": origin,
        "supportedPrimaryKeys": ["01"],
        "supportedLinkType": [{ "namespace": NAMESPACE, "prefix": "gs1:" }],
        "linkTypeDefaultCanBeLinkset": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted() {
        let pip = LinkType::of("gs1:pip").unwrap();
        for (link_type, accept, expected) in [
            (None, "*/*", Want::Default),
            (None, "", Want::Default),
            (None, "text/html", Want::Default),
            (None, "application/linkset+json", Want::Linkset),
            (None, "application/json", Want::Linkset),
            (None, "text/html,application/json;q=0.5", Want::Default),
            (Some("linkset"), "*/*", Want::Linkset),
            (Some("all"), "text/html", Want::Linkset),
            (Some("gs1:pip"), "*/*", Want::Type(pip)),
            (Some("https://www.gs1.org/voc/pip"), "application/json", Want::Type(pip)),
            (Some("gs1:pip"), "application/linkset+json", Want::Linkset),
            (Some("gs1:defaultLink"), "*/*", Want::Default),
            (Some("gs1:nosuchlt"), "*/*", Want::Unknown),
            (Some("pip"), "*/*", Want::Unknown),
            (Some(""), "*/*", Want::Unknown),
        ] {
            assert_eq!(want(link_type, accept), expected, "{link_type:?} {accept}");
        }
        assert!(is_browsing(None, "text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(
            !is_browsing(None, "*/*")
                && !is_browsing(Some("gs1:pip"), "text/html")
                && !is_browsing(None, "text/html, application/linkset+json")
        );
    }

    #[test]
    fn queries_are_passed_as_they_are() {
        assert_eq!(with_query("https://a.example/x", "foo=bar"), "https://a.example/x?foo=bar");
        assert_eq!(
            with_query("https://a.example/x?y=1#z", "linkType=gs1:pip&foo=b%20r&lang=en&context=CN&&q"),
            "https://a.example/x?y=1&foo=b%20r&q#z"
        );
        assert_eq!(with_query("https://a.example/x#z", "linkType=gs1:pip"), "https://a.example/x#z");
    }

    fn link(level: Level, name: &str, href: &str, is_default: bool) -> Attached {
        let offer = Offer { href: href.into(), title: href.into(), hreflang: Vec::new(), media_type: String::new(), context: Vec::new() };
        Attached { level, kind: LinkType::of(name).unwrap(), offer, is_default }
    }

    #[test]
    fn the_more_specific_level_counts() {
        let faqs = LinkType::of("gs1:faqs").unwrap();
        let ours =
            Offer { href: "ours".into(), title: "ours".into(), hreflang: Vec::new(), media_type: String::new(), context: Vec::new() };
        let attached = [
            link(Level::Style, "gs1:faqs", "style", true),
            link(Level::Sku, "gs1:faqs", "sku-1", false),
            link(Level::Sku, "gs1:faqs", "sku-2", false),
            link(Level::Style, "gs1:dpp", "passport", false),
        ];
        let links = merged(vec![(faqs, ours.clone())], &attached);
        let hrefs: Vec<_> =
            links.iter().map(|(kind, offers)| (kind.name, offers.iter().map(|offer| offer.href.as_str()).collect::<Vec<_>>())).collect();
        assert_eq!(hrefs, [("dpp", vec!["passport"]), ("faqs", vec!["sku-1", "sku-2"])]);
        assert_eq!(merged(vec![(faqs, ours)], &[]).first().unwrap().1.first().unwrap().href, "ours");
        assert_eq!(default_among(&attached).unwrap().offer.href, "style");
    }
}
