//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, web};

use crate::platform::state::AppState;

/// As a key of limits: the peer's address, or what a trusted proxy says of it. An IPv6 address counts by its /64,
/// because one customer has that many.
pub fn address(request: &HttpRequest) -> String {
    let trusted = request.app_data::<web::Data<AppState>>().map(|app| app.config.trusted_proxies.clone()).unwrap_or_default();
    match request.peer_addr() {
        Some(peer) => key_of(origin(peer.ip(), &forwarded(request.headers()), &trusted)),
        None => "unknown".to_owned(),
    }
}

/// Every hop that was said. Whatever bytes somebody put before it, what a proxy added at the end counts.
fn forwarded(headers: &HeaderMap) -> String {
    let said = headers.get_all("x-forwarded-for").map(|value| String::from_utf8_lossy(value.as_bytes()));
    said.collect::<Vec<_>>().join(",")
}

/// The nearest address that is not a trusted proxy. `X-Forwarded-For` of anyone else is a claim, not a fact.
fn origin(peer: IpAddr, forwarded: &str, trusted: &[IpAddr]) -> IpAddr {
    let mut nearest = peer.to_canonical();
    for hop in forwarded.rsplit(',') {
        if !trusted.iter().any(|proxy| proxy.to_canonical() == nearest) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => nearest = address.to_canonical(),
            Err(_) => break,
        }
    }
    nearest
}

fn key_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
            format!("{network}/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        assert_eq!(origin(ip("9.9.9.9"), "1.2.3.4", &trusted), ip("9.9.9.9"));
        assert_eq!(origin(ip("10.0.0.1"), "1.2.3.4", &trusted), ip("1.2.3.4"));
        assert_eq!(origin(ip("10.0.0.1"), "6.6.6.6, 1.2.3.4, 10.0.0.2", &trusted), ip("1.2.3.4"));
        assert_eq!(origin(ip("::ffff:10.0.0.1"), "1.2.3.4", &trusted), ip("1.2.3.4"));
        assert_eq!(origin(ip("10.0.0.1"), "", &trusted), ip("10.0.0.1"));
        assert_eq!(origin(ip("10.0.0.1"), "nonsense", &trusted), ip("10.0.0.1"));
    }

    #[test]
    fn bytes_that_are_no_text_hide_no_hop() {
        let mut headers = HeaderMap::new();
        let name = actix_web::http::header::HeaderName::from_static("x-forwarded-for");
        headers.append(name.clone(), actix_web::http::header::HeaderValue::from_bytes(b"\xff, 203.0.113.7").unwrap());
        let proxy = "10.0.0.1".parse().unwrap();
        assert_eq!(origin(proxy, &forwarded(&headers), &[proxy]).to_string(), "203.0.113.7");
    }

    #[test]
    fn a_customer_is_a_network() {
        assert_eq!(key_of("2001:db8:1:2:3:4:5:6".parse().unwrap()), "2001:db8:1:2::/64");
        assert_eq!(key_of("192.0.2.7".parse().unwrap()), "192.0.2.7");
    }
}
