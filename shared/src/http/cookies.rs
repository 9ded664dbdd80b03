//! Cookies, by which a browser is known again while it logs in by way of a provider. Nothing else takes any.

use std::{fmt, str::FromStr, time::Duration};

use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};

/// Where cookies of logins are sent.
const PATH: &str = "/api/login";

/// Where the platform is, as browsers see it: `https://` and a host, perhaps a path; no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let known = |c: char| c.is_ascii_graphic() && !"?#\"<>\\^`{|}".contains(c);
        match host {
            Some(host) if !host.is_empty() && !host.starts_with('/') && host.chars().all(known) => {
                Ok(Self(text.trim_end_matches('/').to_owned()))
            }
            _ => Err("is no address, or has a query".to_owned()),
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PublicUrl {
    /// Whether cookies go to it over TLS only. Of a platform without TLS, as on one's own machine, they would never come back.
    fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Has `headers` set the cookie `name` for `life`: for this host's logins only, out of reach of scripts, not sent along by other
    /// sites' pages but when they lead here.
    pub fn set_cookie(&self, headers: &mut HeaderMap, name: &str, value: &str, life: Duration) {
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; Path={PATH}; Max-Age={}; HttpOnly; SameSite=Lax{secure}", life.as_secs());
        // Names are ours, values are base64.
        headers.append(SET_COOKIE, HeaderValue::try_from(cookie).expect("a cookie is visible ASCII and blanks"));
    }

    /// Has `headers` take the cookie back.
    pub fn take_cookie(&self, headers: &mut HeaderMap, name: &str) {
        self.set_cookie(headers, name, "", Duration::ZERO);
    }
}

/// The cookie `name` that came along. Of several of one name the first counts: browsers send that of the longest path first.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find_map(|(known, value)| (known == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_secure_wherever_the_platform_is() {
        let set = |url: &str| {
            let mut headers = HeaderMap::new();
            url.parse::<PublicUrl>().unwrap().set_cookie(&mut headers, "a", "b", Duration::from_secs(60));
            headers[SET_COOKIE].to_str().unwrap().to_owned()
        };
        let plain = "a=b; Path=/api/login; Max-Age=60; HttpOnly; SameSite=Lax";
        assert_eq!(set("http://127.0.0.1:3000/"), plain);
        assert_eq!(set("https://blog.example"), format!("{plain}; Secure"));
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("xa=1; a=2;b=3; a=4"));
        headers.append(COOKIE, HeaderValue::from_static("c=5=6"));
        assert_eq!(cookie(&headers, "a"), Some("2"));
        assert_eq!(cookie(&headers, "b"), Some("3"));
        assert_eq!(cookie(&headers, "c"), Some("5=6"));
        assert_eq!(cookie(&headers, "d"), None);
    }

    #[test]
    fn what_is_no_address_of_a_platform_is_refused() {
        for bad in
            ["", "blog.example", "https://", "https:///x", "ftp://x", "https://x?y", "https://x#y", "https://x y"]
        {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
        assert_eq!("https://x.example/blog/".parse::<PublicUrl>().unwrap().to_string(), "https://x.example/blog");
    }
}
