//! One event as one line of JSON: its time, level, target and fields, those of the [context](super::Context), and those of spans around
//! it.
//!
//! A context's fields, and a span's, are written when it begins, not once for each of its lines.

use std::fmt::{self, Write};

use time::OffsetDateTime;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer},
    registry::LookupSpan,
};

use super::Context;

/// Lines of JSON.
pub(super) struct Json;

#[allow(clippy::disallowed_methods, reason = "lines tell when they were written, whatever time it is for the platform")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A time of four-digit years as RFC 3339 has it, to the microsecond, such as `2001-02-03T04:05:06.000007Z`.
struct Moment([u8; 27]);

impl Moment {
    fn of(time: OffsetDateTime) -> Self {
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let numbers: [(_, u32); 7] = [
            (0..4, time.year().unsigned_abs()),
            (5..7, u8::from(time.month()).into()),
            (8..10, time.day().into()),
            (11..13, time.hour().into()),
            (14..16, time.minute().into()),
            (17..19, time.second().into()),
            (20..26, time.microsecond()),
        ];
        for (places, mut number) in numbers {
            for digit in text[places].iter_mut().rev() {
                *digit = b"0123456789"[(number % 10) as usize];
                number /= 10;
            }
        }
        Self(text)
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("digits and signs are ASCII")
    }
}

impl<S> FormatEvent<S, Json> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(&self, context: &FmtContext<'_, S, Self>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        line.write_str("{\"timestamp\":\"")?;
        line.write_str(Moment::of(now()).as_str())?;
        for piece in ["\",\"level\":\"", metadata.level().as_str(), "\",\"target\":\"", metadata.target(), "\""] {
            line.write_str(piece)?;
        }
        self.format_fields(line.by_ref(), event)?;
        Context::write(line.by_ref())?;
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<Self>>() {
                line.write_str(fields)?;
            }
        }
        line.write_str("}\n")
    }
}

impl<'writer> FormatFields<'writer> for Json {
    /// Writes each field with a comma before it.
    fn format_fields<R: tracing_subscriber::field::RecordFields>(
        &self,
        writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut visitor = Fields { writer, written: Ok(()) };
        fields.record(&mut visitor);
        visitor.written
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &tracing::span::Record<'_>,
    ) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

struct Fields<'writer> {
    writer: Writer<'writer>,
    written: fmt::Result,
}

impl Fields<'_> {
    /// Writes a field whose value is written by `value`, unless writing has failed before.
    fn field(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.written.is_ok() {
            let name = [",\"", field.name(), "\":"].into_iter().try_for_each(|piece| self.writer.write_str(piece));
            self.written = name.and_then(|()| value(&mut self.writer));
        }
    }

    /// The formatting of `fmt` costs more than the digits.
    fn integer(&mut self, field: &Field, value: impl itoa::Integer) {
        self.field(field, |writer| writer.write_str(itoa::Buffer::new().format(value)));
    }

    fn string(&mut self, field: &Field, text: impl FnOnce(&mut Escaped<&mut Writer<'_>>) -> fmt::Result) {
        self.field(field, |writer| {
            writer.write_str("\"")?;
            text(&mut Escaped(&mut *writer))?;
            writer.write_str("\"")
        });
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // Most are times in milliseconds, to the microsecond: digits are all they take.
        let thousandths = (value * 1e3).round();
        if (0.0..1e12).contains(&value) && thousandths / 1e3 == value {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number that fits")]
            let thousandths = thousandths as u64;
            self.field(field, |writer| {
                writer.write_str(itoa::Buffer::new().format(thousandths / 1_000))?;
                // The 1 in front keeps the zeros.
                writer.write_str(".")?;
                writer.write_str(&itoa::Buffer::new().format(1_000 + thousandths % 1_000)[1..])
            });
        } else if value.is_finite() {
            self.field(field, |writer| write!(writer, "{value}"));
        } else {
            // JSON has no such numbers.
            self.string(field, |text| write!(text, "{value}"));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.integer(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.integer(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field, |writer| writer.write_str(if value { "true" } else { "false" }));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.string(field, |text| text.write_str(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.string(field, |text| write!(text, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.string(field, |text| write!(text, "{value:?}"));
    }
}

/// Writes a text with its name, a comma before them.
pub(super) fn field(mut line: impl Write, name: &str, text: &str) -> fmt::Result {
    for piece in [",\"", name, "\":\""] {
        line.write_str(piece)?;
    }
    Escaped(&mut line).write_str(text)?;
    line.write_str("\"")
}

/// Whether a JSON string has an escape in place of `byte` (RFC 8259, 7).
fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..=0x1f)
}

/// Writes text as it stands within a JSON string.
struct Escaped<W>(W);

impl<W: Write> Write for Escaped<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Without an end within, so that the machine looks at many bytes at a time.
        if text.bytes().fold(true, |plain, byte| plain & !is_special(byte)) {
            return self.0.write_str(text);
        }
        let mut rest = text;
        while let Some(place) = rest.bytes().position(is_special) {
            self.0.write_str(&rest[..place])?;
            match rest.as_bytes()[place] {
                b'\n' => self.0.write_str("\\n")?,
                byte @ (b'"' | b'\\') => write!(self.0, "\\{}", char::from(byte))?,
                byte => write!(self.0, "\\u{byte:04x}")?,
            }
            rest = &rest[place + 1..];
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
        time::Duration,
    };

    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::{super::layer, *};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `work` logs.
    fn lines(work: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let writer = written.clone();
        let lines = layer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_time_has_all_its_digits() {
        for (seconds, micros, text) in [
            (0, 0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, 7, "2000-02-28T23:59:59.000007Z"),
            (4_102_444_799, 999_999, "2099-12-31T23:59:59.999999Z"),
        ] {
            let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap() + Duration::from_micros(micros);
            assert_eq!(Moment::of(time).as_str(), text);
        }
    }

    #[test]
    fn a_line_has_the_fields_of_the_event_and_of_the_spans_around_it() {
        let said = lines(|| {
            let _outer = tracing::info_span!("request", requestId = "r1", late = tracing::field::Empty).entered();
            let inner = tracing::info_span!("batch", size = 2_u64).entered();
            tracing::warn!(error = "no \"way\"\n", ok = false, ms = 1.5, off = -3, nan = f64::NAN, "it {}", "failed");
            drop(inner);
            tracing::Span::current().record("late", 7);
            tracing::info!(thing = ?Some("x"), "done");
        });
        let [first, second] = &said[..] else { panic!("{said:?}") };
        let expected = json!({
            "timestamp": first["timestamp"], "level": "WARN", "target": "shared::telemetry::json::tests",
            "message": "it failed", "error": "no \"way\"\n", "ok": false, "ms": 1.5, "off": -3, "nan": "NaN",
            "size": 2, "requestId": "r1",
        });
        assert_eq!(first, &expected);
        assert_eq!(second["requestId"], "r1");
        assert_eq!(
            (&second["late"], &second["thing"], &second["size"]),
            (&json!(7), &json!("Some(\"x\")"), &Value::Null)
        );
    }

    #[tokio::test]
    async fn a_line_has_the_fields_of_the_work_that_it_is_logged_in() {
        let written = Written::default();
        let writer = written.clone();
        let lines = tracing_subscriber::registry().with(layer(move || writer.clone()));
        let _subscribed = tracing::subscriber::set_default(lines);
        let inner = async {
            tokio::task::yield_now().await;
            tracing::info!("inner");
        };
        let outer = async {
            Context::of([("requestId", "event")]).during(inner).await;
            tracing::info!("outer");
        };
        let other = Context::of([("requestId", "2")]).during(async { tracing::info!("other") });
        tokio::join!(Context::of([("requestId", "a \"request\""), ("function", "f")]).during(outer), other);
        tracing::info!("after");
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let said: Vec<_> = lines.iter().map(|line| [&line["message"], &line["requestId"], &line["function"]]).collect();
        assert_eq!(
            json!(said),
            json!([
                ["other", "2", null],
                ["inner", "event", null],
                ["outer", "a \"request\"", "f"],
                ["after", null, null]
            ])
        );
    }

    proptest! {
        #[test]
        fn any_number_is_read_back_as_it_was(number in prop_oneof![any::<f64>(), (0..10_000_000_u32).prop_map(|n| f64::from(n) / 1e3)]) {
            let said = lines(|| tracing::info!(number, "it"));
            if number.is_finite() {
                prop_assert_eq!(said[0]["number"].as_f64(), Some(number));
            } else {
                prop_assert_eq!(said[0]["number"].as_str(), Some(&*number.to_string()));
            }
        }

        #[test]
        fn any_text_is_read_back_as_it_was(text in any::<String>()) {
            let said = lines(|| tracing::info!(text, "it"));
            prop_assert_eq!(said[0]["text"].as_str(), Some(&*text));
        }
    }
}
