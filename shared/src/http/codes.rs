//! Bodies of requests about codes that are sent to phones.

use serde::Deserialize;
use utoipa::ToSchema;

use super::ApiError;
use crate::domain::{Field, Violation, Violations, code::Code, user::PhoneNumber};

/// Where to send a code.
#[derive(Deserialize, ToSchema)]
pub struct CodeRequest {
    /// An international number (E.164), such as `+8613800138000`.
    #[serde(default)]
    #[schema(value_type = String, required = true, max_length = 32)]
    phone: Field<String>,
}

impl CodeRequest {
    /// The number.
    ///
    /// # Errors
    /// 422: there is none, or it is nobody's.
    pub fn parse(self) -> Result<PhoneNumber, ApiError> {
        phone(self.phone).map_err(|violation| ApiError::invalid("phone", violation))
    }
}

/// A phone, and the code that was sent to it.
#[derive(Deserialize, ToSchema)]
pub struct PhoneAndCode {
    /// An international number (E.164), such as `+8613800138000`.
    #[serde(default)]
    #[schema(value_type = String, required = true, max_length = 32)]
    phone: Field<String>,
    /// Six digits.
    #[serde(default)]
    #[schema(value_type = String, required = true, pattern = "^[0-9]{6}$")]
    code: Field<String>,
}

impl PhoneAndCode {
    /// The number and the code.
    ///
    /// # Errors
    /// What is wrong with either.
    pub fn parse(self) -> Result<(PhoneNumber, Code), Violations> {
        let mut violations = Violations::default();
        let both = phone_and_code(self.phone, self.code, &mut violations);
        violations.finish(both)
    }
}

/// The number and the code among the fields of a body, or what is wrong with them among its `violations`.
pub fn phone_and_code(
    number: Field<String>,
    code: Field<String>,
    violations: &mut Violations,
) -> Option<(PhoneNumber, Code)> {
    let number = violations.check("phone", phone(number));
    let code = violations.check("code", code.required().and_then(|text| Code::parse(&text)));
    number.zip(code)
}

fn phone(field: Field<String>) -> Result<PhoneNumber, Violation> {
    field.required().and_then(|text| PhoneNumber::parse(&text))
}
