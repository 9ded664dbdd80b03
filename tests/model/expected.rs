//! What an answer should be, and whether it is.

use serde_json::{Map, Value, json};

use crate::{
    client::{Answer, Outcome},
    vocabulary::{Kept, Sent, Word},
};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    code: &'static str,
    /// Keys of `errors`, sorted.
    errors: Vec<&'static str>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, errors: &[&'static str]) -> Self {
        let mut errors = errors.to_vec();
        errors.sort_unstable();
        Self { status, code, errors }
    }

    /// Whether it has this status.
    pub(crate) fn is(&self, status: u16) -> bool {
        self.status == status
    }

    /// Compares an answer with the refusal.
    pub(crate) fn compare(&self, answer: &Answer) -> Outcome {
        let keys: Vec<&str> = answer.body["errors"].as_object().into_iter().flatten().map(|(key, _)| &**key).collect();
        let same = answer.status == self.status && answer.body["code"] == self.code && keys == self.errors;
        if same { Ok(()) } else { Err(format!("expected {self:?}, not {} {}", answer.status, answer.body)) }
    }
}

/// Compares an answer with the whole of what is expected; answers the body.
pub(crate) fn compare(answer: &Answer, status: u16, body: &Value) -> Outcome {
    if answer.status == status && answer.body == *body {
        return Ok(());
    }
    Err(format!("expected {status} {body}\n     got {} {}", answer.status, answer.body))
}

/// The rules for the fields of one request: what is wrong, and what is kept of what is right.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    body: Map<String, Value>,
    of_wrong_type: Vec<&'static str>,
    bad: Vec<&'static str>,
}

impl Fields {
    /// A field that must be there.
    pub(crate) fn required(&mut self, name: &'static str, field: &Sent<Word>) -> Option<Kept> {
        let kept = self.optional(name, field);
        if matches!(field, Sent::Absent) {
            self.bad.push(name);
        }
        kept
    }

    /// A field that may be left out.
    pub(crate) fn optional(&mut self, name: &'static str, field: &Sent<Word>) -> Option<Kept> {
        self.body.extend(field.json().map(|value| (name.to_owned(), value)));
        let kept = match field {
            Sent::Value(word) => word.kept.clone(),
            _ => None,
        };
        match field {
            Sent::WrongType => self.of_wrong_type.push(name),
            Sent::Null => self.bad.push(name),
            Sent::Value(_) if kept.is_none() => self.bad.push(name),
            _ => {}
        }
        kept
    }

    /// A field that `null` or "" empties: `Some(None)`.
    pub(crate) fn clearable(&mut self, name: &'static str, field: &Sent<Word>) -> Option<Option<String>> {
        let clears = match field {
            Sent::Null => true,
            Sent::Value(word) => word.written.is_empty(),
            _ => false,
        };
        if clears {
            self.body.extend(field.json().map(|value| (name.to_owned(), value)));
            return Some(None);
        }
        self.optional(name, field).map(|kept| Some(kept.shown))
    }

    /// A line of a draft, which may be left blank: `Some(None)`.
    pub(crate) fn blankable(&mut self, name: &'static str, field: &Sent<Word>) -> Option<Option<Kept>> {
        match field {
            Sent::Value(word) if !word.written.trim().is_empty() => self.optional(name, field).map(Some),
            Sent::Value(_) | Sent::Null => {
                self.body.extend(field.json().map(|value| (name.to_owned(), value)));
                Some(None)
            }
            Sent::Absent | Sent::WrongType => self.optional(name, field).map(Some),
        }
    }

    /// A draft's text, of which only the length is limited.
    pub(crate) fn draft_body(&mut self, name: &'static str, field: &Sent<Word>) -> Option<String> {
        match field {
            Sent::Value(word) if word.written.len() <= 256 * 1024 => {
                self.body.insert(name.to_owned(), json!(word.written));
                Some(word.written.clone())
            }
            Sent::Null => {
                self.body.insert(name.to_owned(), Value::Null);
                Some(String::new())
            }
            Sent::Value(_) | Sent::Absent | Sent::WrongType => self.optional(name, field).map(|kept| kept.shown),
        }
    }

    /// A login's field, which only has to be filled: answers what was typed.
    pub(crate) fn filled(&mut self, name: &'static str, field: &Sent<Word>) -> Option<String> {
        let typed = match field {
            Sent::Value(word) if !word.written.is_empty() => Some(&word.written),
            _ => None,
        };
        match typed {
            Some(typed) => {
                self.body.insert(name.to_owned(), json!(typed));
            }
            None => {
                self.required(name, field);
            }
        }
        typed.cloned()
    }

    /// A list of tags: the first spelling of each.
    pub(crate) fn tags(&mut self, field: &Sent<Vec<Word>>) -> Option<Vec<Kept>> {
        const NAME: &str = "tagList";
        let words = match field {
            Sent::Absent => return None,
            Sent::Null | Sent::WrongType => {
                let field = if matches!(field, Sent::Null) { Sent::Null } else { Sent::WrongType };
                self.optional(NAME, &field);
                return None;
            }
            Sent::Value(words) => words,
        };
        let written: Vec<_> = words.iter().map(|word| word.written.as_str()).collect();
        self.body.insert(NAME.to_owned(), json!(written));
        let mut tags: Vec<Kept> = Vec::new();
        for word in words {
            match &word.kept {
                Some(tag) if tags.iter().any(|earlier| earlier.same == tag.same) => {}
                Some(tag) => tags.push(tag.clone()),
                None => {
                    self.bad.push(NAME);
                    return None;
                }
            }
        }
        if tags.len() > 10 {
            self.bad.push(NAME);
            return None;
        }
        Some(tags)
    }

    /// The body of the request, under `name`.
    pub(crate) fn body(&self, name: &str) -> Value {
        json!({ name: self.body })
    }

    /// The refusal of a body that cannot be read: it names the first field of a wrong type, in the order of their names.
    pub(crate) fn unreadable(&self) -> Option<Refusal> {
        let first = self.of_wrong_type.iter().min()?;
        Some(Refusal::new(422, "fields-invalid", &[first]))
    }

    /// The refusal of fields that break the rules: it names all of them.
    pub(crate) fn refused(&self) -> Option<Refusal> {
        (!self.bad.is_empty()).then(|| Refusal::new(422, "fields-invalid", &self.bad))
    }
}
