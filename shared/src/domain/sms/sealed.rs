//! Messages under a key: AES-256-GCM (NIST SP 800-38D), bound to the task that holds them.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::Sms;
use crate::domain::TaskId;

/// The key under which messages wait to be sent.
pub struct TaskKey(LessSafeKey);

impl fmt::Debug for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskKey(…)")
    }
}

/// A message that only who has the key can read: a nonce, and what it gave.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl TaskKey {
    /// Bytes of the key.
    pub const BYTES: usize = 32;

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// What is wrong with it, without the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| "is no base64".to_owned())?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| "does not have 32 bytes".to_owned())?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// `key` as it is configured.
    pub fn encode(key: [u8; Self::BYTES]) -> String {
        BASE64_STANDARD.encode(key)
    }

    /// `sms` for the task `id`. `nonce` is random: 2^32 messages under one key are far from a second use (SP 800-38D, 8.3).
    ///
    /// Answers nothing only if the message is no JSON or too long for the cipher, which no message is.
    pub fn seal(&self, id: TaskId, sms: &Sms, nonce: [u8; NONCE_LEN]) -> Option<Sealed> {
        let mut text = serde_json::to_vec(sms).ok()?;
        let bound = Aad::from(id.to_bytes());
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut text).ok()?;
        Some(Sealed([nonce.as_slice(), &text].concat()))
    }

    /// The message in `sealed`, if it is the task `id`'s and was sealed under this key.
    pub fn open(&self, id: TaskId, sealed: &Sealed) -> Option<Sms> {
        let (nonce, text) = sealed.0.split_at_checked(NONCE_LEN)?;
        let (nonce, mut text) = (Nonce::try_assume_unique_for_key(nonce).ok()?, text.to_vec());
        let text = self.0.open_in_place(nonce, Aad::from(id.to_bytes()), &mut text).ok()?;
        serde_json::from_slice(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        code::{Code, Purpose},
        user::PhoneNumber,
    };

    fn sms() -> Sms {
        Sms {
            phone: PhoneNumber::parse("+8613800138000").unwrap(),
            purpose: Purpose::Login,
            code: Code::parse("123456").unwrap(),
        }
    }

    #[test]
    fn what_is_sealed_is_read_by_its_key_for_its_task_only() {
        let (key, other) = (TaskKey::parse(&TaskKey::encode([1; 32])).unwrap(), TaskKey::encode([2; 32]));
        let (id, another) = (TaskId::from_bytes([3; 16]), TaskId::from_bytes([4; 16]));
        let sealed = key.seal(id, &sms(), [5; 12]).unwrap();
        assert_eq!(key.open(id, &sealed), Some(sms()));
        assert_eq!(key.open(another, &sealed), None);
        assert_eq!(TaskKey::parse(&other).unwrap().open(id, &sealed), None);
        let mut forged = sealed.clone();
        *forged.0.last_mut().unwrap() ^= 1;
        assert_eq!(key.open(id, &forged), None);
        assert_eq!(key.open(id, &Sealed(vec![0; 5])), None);
    }

    #[test]
    fn neither_phone_nor_code_can_be_read_in_what_is_sealed() {
        let key = TaskKey::parse(&TaskKey::encode([1; 32])).unwrap();
        let sealed = key.seal(TaskId::from_bytes([3; 16]), &sms(), [5; 12]).unwrap();
        let text = String::from_utf8_lossy(&sealed.0).into_owned();
        assert!(!text.contains("123456") && !text.contains("138"), "{text}");
    }

    #[test]
    fn a_key_is_32_bytes_of_base64() {
        assert_eq!(TaskKey::parse("no key").unwrap_err(), "is no base64");
        assert_eq!(TaskKey::parse(&BASE64_STANDARD.encode([1; 31])).unwrap_err(), "does not have 32 bytes");
    }
}
