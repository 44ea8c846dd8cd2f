//! Which requests are people looking at a label, and which are machines looking ahead.

use std::net::IpAddr;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Words in the user agents of programs that fetch pages by themselves, in lower case: search engines, link previews of messengers and
/// social networks, monitors, HTTP libraries. People in messengers' own browsers (`MicroMessenger`, `DingTalk`) are not among them.
const BOT_WORDS: &[&str] = &[
    // what most of them call themselves
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "fetcher",
    "scanner",
    "monitor",
    "uptime",
    "headless",
    "lighthouse",
    "archiver",
    // search engines without such a word
    "mediapartners-google",
    "google-inspectiontool",
    "googleother",
    "feedfetcher",
    "google-read-aloud",
    "storebot",
    "bingpreview",
    "yandex",
    "sogou web",
    "sogou inst",
    "360spider",
    "haosouspider",
    "yisouspider",
    "bytespider",
    "toutiaospider",
    "petalbot",
    // messengers and networks that unfurl links
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "whatsapp/",
    "telegrambot",
    "twitterbot",
    "slackbot",
    "slack-imgproxy",
    "discordbot",
    "skypeuripreview",
    "linkedinbot",
    "line-poker",
    "viber",
    "snapchat",
    "pinterest",
    "redditbot",
    "vkshare",
    "iframely",
    "embedly",
    "qzone-preview",
    "wechatshareextension",
    "wechat-preview",
    "mpcrawler",
    "dingtalkbot",
    "feishubot",
    "larkbot",
    // safety checks of mail and chat
    "safelinks",
    "proofpoint",
    "barracuda",
    "mimecast",
    "urldefense",
    "virustotal",
    "qqbrowser-security",
    "tencenttraveler-check",
    // tools and libraries
    "curl/",
    "wget/",
    "libwww",
    "python-",
    "python/",
    "aiohttp",
    "httpx",
    "go-http-client",
    "java/",
    "apache-httpclient",
    "okhttp",
    "axios/",
    "node-fetch",
    "undici",
    "got (",
    "ruby",
    "perl",
    "php/",
    "guzzle",
    "postman",
    "insomnia",
    "httpie",
    "k6/",
    "wrk",
    "jmeter",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
];

/// A maker of telephones whose name holds one of the words.
const NO_BOT: &str = "cubot";

/// Whether a user agent is a program that fetches by itself. One that says nothing is taken for such.
pub fn is_bot(user_agent: &str) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the words are constants, and a test finds each of them")]
    static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let words = BOT_WORDS.iter().chain([&NO_BOT]);
        AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::LeftmostFirst).build(words).ok()
    });
    // Every browser of the last thirty years begins so.
    let starts = |word: &str| user_agent.trim_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if !starts("mozilla/") && !starts("opera/") {
        return true;
    }
    WORDS.as_ref().is_none_or(|words| words.find_iter(user_agent).any(|found| found.pattern().as_usize() < BOT_WORDS.len()))
}

/// Whether a request is a person looking: a GET by a browser that is not prefetching.
pub fn is_counted(method: &str, user_agent: &str, purposes: &[&str]) -> bool {
    let ahead = |purpose: &&str| {
        let purpose = purpose.to_ascii_lowercase();
        ["prefetch", "prerender", "preview"].iter().any(|word| purpose.contains(word))
    };
    method == "GET" && !purposes.iter().any(ahead) && !is_bot(user_agent)
}

/// A request for a card, as far as counting is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// `User-Agent`, or empty.
    pub user_agent: &'a str,
    /// What it was fetched for, where the browser says so: `Sec-Purpose`, `Purpose`, `X-Purpose`, `X-Moz`; empty texts for those not sent.
    pub purposes: &'a [&'a str],
    /// Where it came from.
    pub address: IpAddr,
}

/// The part of an address that stays with a device for a while: all of IPv4; of IPv6 the network, because browsers change the rest daily.
pub fn steady_part(address: IpAddr) -> [u8; 8] {
    let v6 = match address {
        IpAddr::V4(v4) => return u64::from(u32::from(v4)).to_be_bytes(),
        IpAddr::V6(v6) => v6,
    };
    match v6.to_ipv4_mapped() {
        Some(v4) => u64::from(u32::from(v4)).to_be_bytes(),
        None => {
            let [a, b, c, d, e, f, g, h, ..] = v6.octets();
            [a, b, c, d, e, f, g, h]
        }
    }
}

/// The period of `days` days that a day belongs to, counted from 1970.
pub fn period(days_since_1970: i64, days: i64) -> i64 {
    days_since_1970.div_euclid(days.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
        false
    )]
    #[case(
        "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160 MMWEBSDK/20231202 MicroMessenger/8.0.47.2560(0x28002F30) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN",
        false
    )]
    #[case("Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36", false)]
    #[case("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", false)]
    #[case("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true)]
    #[case(
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 Chrome/W.X.Y.Z Mobile Safari/537.36 (compatible; Googlebot/2.1)",
        true
    )]
    #[case("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", true)]
    #[case(
        "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        true
    )]
    #[case("Mozilla/5.0 (compatible; WeChat-Preview/1.0)", true)]
    #[case("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0 Safari/537.36", true)]
    #[case("TelegramBot (like TwitterBot)", true)]
    #[case("WhatsApp/2.23.20.0 A", true)]
    #[case("curl/8.5.0", true)]
    #[case("Dalvik/2.1.0 (Linux; U; Android 14)", true)]
    #[case("", true)]
    fn machines_are_told_from_people(#[case] agent: &str, #[case] bot: bool) {
        assert_eq!(is_bot(agent), bot, "{agent}");
    }

    #[test]
    fn only_a_look_counts() {
        let phone = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Safari/604.1";
        assert!(is_counted("GET", phone, &["", ""]));
        assert!(!is_counted("HEAD", phone, &[]) && !is_counted("POST", phone, &[]));
        assert!(!is_counted("GET", phone, &["prefetch;prerender"]) && !is_counted("GET", phone, &["", "Preview"]));
    }

    #[test]
    fn a_device_keeps_its_network() {
        let part = |text: &str| steady_part(text.parse().unwrap());
        assert_eq!(part("2001:db8:1:2:aaaa::1"), part("2001:db8:1:2:bbbb::9"));
        assert_ne!(part("2001:db8:1:2::1"), part("2001:db8:1:3::1"));
        assert_eq!(part("::ffff:192.0.2.7"), part("192.0.2.7"));
        assert_ne!(part("192.0.2.7"), part("192.0.2.8"));
    }
}
