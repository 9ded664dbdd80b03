//! To which countries messages are sent.

use std::str::FromStr;

use crate::domain::user::PhoneNumber;

/// Countries by their two letters (ISO 3166-1), as libphonenumber tells them apart: `+1` is more than twenty of them, and some
/// of these are where toll fraud calls from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Countries {
    /// None: no messages are sent.
    #[default]
    None,
    /// These.
    Listed(Vec<String>),
    /// All.
    All,
}

impl FromStr for Countries {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "*" {
            return Ok(Self::All);
        }
        let country = |part: &str| {
            let country = part.trim();
            let known = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
            known.then(|| country.to_owned()).ok_or_else(|| "has something that is no country".to_owned())
        };
        text.split(',').map(country).collect::<Result<_, _>>().map(Self::Listed)
    }
}

impl Countries {
    /// Whether messages go to `phone`.
    pub fn serve(&self, phone: &PhoneNumber) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Listed(listed) => country(phone).is_some_and(|country| listed.contains(&country)),
        }
    }
}

/// The country whose numbering plan `phone` is of; `None` for what is no country's, such as satellites.
fn country(phone: &PhoneNumber) -> Option<String> {
    let number = phonenumber::parse(None, phone.as_str()).ok()?;
    number.country().id().map(|id| id.as_ref().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    #[test]
    fn countries_that_share_a_calling_code_are_told_apart() {
        let us: Countries = "US, CN".parse().unwrap();
        assert!(us.serve(&phone("+14155552671")) && us.serve(&phone("+8613800138000")));
        assert!(!us.serve(&phone("+18762341234")), "Jamaica shares +1");
        assert!(!us.serve(&phone("+442071838750")));
    }

    #[test]
    fn nobody_or_everybody_is_served() {
        assert!(!Countries::default().serve(&phone("+8613800138000")));
        assert!("*".parse::<Countries>().unwrap().serve(&phone("+8613800138000")));
    }

    #[test]
    fn what_is_no_country_is_refused() {
        for text in ["", "China", "cn", "CN,", "CN US", "86"] {
            assert!(text.parse::<Countries>().is_err(), "{text:?}");
        }
    }
}
