//! What a client says it is. A session belongs to the family of clients that began it: Firefox stays Firefox from version to version.

use serde::{Deserialize, Serialize};

/// Letters of a family's name at the most: what a client calls itself may be anything.
const LONGEST: usize = 32;

/// What a `User-Agent` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Which kind of client it is.
    pub browser: Browser,
    /// What it runs on.
    pub device: Device,
}

/// A family of clients: one of the known browsers, or else the name of the program without its version. At most 32 characters, each a
/// lower-case ASCII letter, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser(String);

/// What a client runs on, as far as it tells; for people to recognise their sessions by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Device {
    /// Windows.
    Windows,
    /// macOS; an iPad may claim to be one.
    #[serde(rename = "macOS")]
    Mac,
    /// An iPhone.
    #[serde(rename = "iPhone")]
    Phone,
    /// An iPad.
    #[serde(rename = "iPad")]
    Pad,
    /// Android.
    Android,
    /// ChromeOS.
    ChromeOS,
    /// Another Linux.
    Linux,
    /// Something else, or nothing that is known.
    #[default]
    #[serde(rename = "other")]
    Other,
}

/// What a browser writes, and which family that is. Most claim to be others as well, so the first that fits counts: the more special
/// before those that they claim to be.
const BROWSERS: [(&str, &str); 16] = [
    ("MicroMessenger/", "wechat"),
    ("Edg/", "edge"),
    ("EdgA/", "edge"),
    ("EdgiOS/", "edge"),
    ("Edge/", "edge"),
    ("OPR/", "opera"),
    ("OPiOS/", "opera"),
    ("SamsungBrowser/", "samsung"),
    ("FxiOS/", "firefox"),
    ("Firefox/", "firefox"),
    ("CriOS/", "chrome"),
    ("HeadlessChrome/", "chrome"),
    ("Chromium/", "chrome"),
    ("Chrome/", "chrome"),
    ("Safari/", "safari"),
    ("AppleWebKit/", "webkit"),
];

/// What a system is recognised by, the more special first: Android is a Linux, and an iPhone's system is "like Mac OS X".
const DEVICES: [(&str, Device); 8] = [
    ("iPhone", Device::Phone),
    ("iPad", Device::Pad),
    ("Android", Device::Android),
    ("CrOS", Device::ChromeOS),
    ("Windows", Device::Windows),
    ("Macintosh", Device::Mac),
    ("Darwin", Device::Mac),
    ("Linux", Device::Linux),
];

impl Agent {
    /// What this `User-Agent` says. Clients without one are a family of their own.
    pub fn parse(text: &str) -> Self {
        let known = DEVICES.iter().find(|(mark, _)| text.contains(mark));
        Self { browser: Browser::parse(text), device: known.map_or(Device::Other, |(_, device)| *device) }
    }
}

impl Browser {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::from("none");
        }
        // Every browser begins like this since Netscape. Anything else says what it is.
        if text.starts_with("Mozilla/") {
            let known = BROWSERS.iter().find(|(mark, _)| text.contains(mark));
            return Self::from(known.map_or("other", |(_, family)| family));
        }
        let name = text.split(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '_').next().unwrap_or_default();
        let name: String = name.trim_end_matches(['-', '_']).chars().take(LONGEST).collect();
        if name.is_empty() { Self::from("other") } else { Self(name.to_ascii_lowercase()) }
    }

    /// The family that [`as_str`](Self::as_str) gave.
    pub fn named(name: &str) -> Self {
        Self::from(name)
    }

    /// The family's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Browser {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_keeps_the_family_and_another_browser_is_another() {
        let chrome = "(KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";
        let ios = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        for (text, browser, device) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "firefox", Device::Linux),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "firefox", Device::Linux),
            (&format!("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 {chrome}"), "chrome", Device::Windows),
            (&format!("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 {chrome} Edg/130.0"), "edge", Device::Windows),
            (&format!("Mozilla/5.0 (Macintosh) AppleWebKit/537.36 {chrome} OPR/114.0"), "opera", Device::Mac),
            (&format!("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 {chrome}"), "chrome", Device::Android),
            (&format!("{ios} Version/17.5 Mobile/15E148 Safari/604.1"), "safari", Device::Phone),
            (&format!("{ios} CriOS/130.0 Mobile/15E148 Safari/604.1"), "chrome", Device::Phone),
            (&format!("{ios} FxiOS/132.0 Mobile/15E148 Safari/605.1.15"), "firefox", Device::Phone),
            ("Mozilla/4.0 (compatible; MSIE 6.0)", "other", Device::Other),
            ("curl/8.5.0", "curl", Device::Other),
            ("okhttp/4.12.0", "okhttp", Device::Other),
            ("python-requests/2.32.3", "python-requests", Device::Other),
            ("Conduit/7 CFNetwork/1496.0.7 Darwin/23.5.0", "conduit", Device::Mac),
            ("MyReader-1.2.3", "myreader", Device::Other),
            ("  ", "none", Device::Other),
            ("", "none", Device::Other),
            ("令牌", "other", Device::Other),
            ("7/7", "other", Device::Other),
        ] {
            let agent = Agent::parse(text);
            assert_eq!((agent.browser.as_str(), agent.device), (browser, device), "{text}");
        }
    }

    #[test]
    fn a_family_is_short_whatever_a_client_calls_itself() {
        assert_eq!(Agent::parse(&"x".repeat(10_000)).browser.as_str().len(), LONGEST);
    }
}
