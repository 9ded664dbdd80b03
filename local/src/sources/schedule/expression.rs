//! When a schedule is due: `rate(…)` and `cron(…)` as EventBridge writes them, in UTC.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

use chrono::DateTime;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use shared::domain::Timestamp;

/// When a schedule is due.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    /// Every so many milliseconds. Counted from the epoch, so that a restart does not put a turn off.
    Rate(i64),
    /// At the minutes that match.
    Cron(Box<Cron>),
}

impl Expression {
    /// Reads `rate(5 minutes)` or `cron(0/15 8-17 ? * MON-FRI *)`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let problem = |problem: &str| format!("{text:?} {problem}");
        let inner = |kind: &str| text.trim().strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
        if let Some(rate) = inner("rate") {
            let period = rate.trim().split_once(' ').and_then(|(count, unit)| {
                let count = count.parse().ok().filter(|count| *count > 0)?;
                let minutes: i64 = match unit.trim() {
                    "minute" | "minutes" => 1,
                    "hour" | "hours" => 60,
                    "day" | "days" => 24 * 60,
                    _ => return None,
                };
                i64::checked_mul(count, minutes)?.checked_mul(60_000)
            });
            return period.map(Self::Rate).ok_or_else(|| problem("is no rate of minutes, hours or days"));
        }
        let Some(cron) = inner("cron") else { return Err(problem("is neither rate(…) nor cron(…)")) };
        let fields: Vec<_> = cron.split_whitespace().collect();
        // Which day it is may be said once only.
        let [_, _, day_of_month, _, day_of_week, _] = fields[..] else {
            return Err(problem("has not six fields: minute, hour, day, month, weekday, year"));
        };
        if (day_of_month == "?") == (day_of_week == "?") {
            return Err(problem("must have `?` as its day or as its weekday"));
        }
        let parser = CronParser::builder()
            // The parser takes a year only where it takes seconds.
            .seconds(Seconds::Required)
            .year(Year::Required)
            // Sunday is 1.
            .alternative_weekdays(true)
            // `0/15` counts on from 0.
            .sloppy_ranges(true)
            .build();
        let cron = parser.parse(&format!("0 {}", fields.join(" "))).map_err(|error| problem(&error.to_string()))?;
        Ok(Self::Cron(Box::new(cron)))
    }

    /// The first time after `time` at which it is due; `None` if it never is again.
    pub(crate) fn after(&self, time: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(period) => {
                let next = time.as_millis().div_euclid(*period).checked_add(1)?.checked_mul(*period)?;
                Some(Timestamp::from_millis(next))
            }
            Self::Cron(cron) => {
                let time = DateTime::from_timestamp_millis(time.as_millis())?;
                let next = cron.find_next_occurrence(&time, false).ok()?;
                Some(Timestamp::from_millis(next.timestamp_millis()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first times after 2026-11-14T08:07:30Z, a Saturday.
    fn times(expression: &str, count: usize) -> Vec<String> {
        let expression = Expression::parse(expression).unwrap();
        let start = DateTime::parse_from_rfc3339("2026-11-14T08:07:30Z").unwrap().timestamp_millis();
        let first = expression.after(Timestamp::from_millis(start));
        let all = std::iter::successors(first, |time| expression.after(*time));
        all.take(count).map(|time| time.to_string().replace(":00.000Z", "")).collect()
    }

    #[test]
    fn a_rate_is_due_at_its_multiples() {
        assert_eq!(times("rate(5 minutes)", 2), ["2026-11-14T08:10", "2026-11-14T08:15"]);
        assert_eq!(times("rate(1 hour)", 2), ["2026-11-14T09:00", "2026-11-14T10:00"]);
        assert_eq!(times("rate(1 day)", 1), ["2026-11-15T00:00"]);
    }

    #[test]
    fn a_cron_expression_is_due_when_eventbridge_says() {
        for (expression, expected) in [
            ("cron(0 10 * * ? *)", ["2026-11-14T10:00", "2026-11-15T10:00"]),
            ("cron(15 12 ? * MON-FRI *)", ["2026-11-16T12:15", "2026-11-17T12:15"]),
            ("cron(0/20 8-9 * * ? *)", ["2026-11-14T08:20", "2026-11-14T08:40"]),
            ("cron(0 18 ? * 1 *)", ["2026-11-15T18:00", "2026-11-22T18:00"]),
            ("cron(0 8 1 * ? *)", ["2026-12-01T08:00", "2027-01-01T08:00"]),
            ("cron(0 8 L * ? *)", ["2026-11-30T08:00", "2026-12-31T08:00"]),
            ("cron(0 8 ? * 2#1 *)", ["2026-12-07T08:00", "2027-01-04T08:00"]),
            ("cron(30 9 ? JAN,MAR 6L 2027)", ["2027-01-29T09:30", "2027-03-26T09:30"]),
        ] {
            assert_eq!(times(expression, 2), expected, "{expression}");
        }
    }

    #[test]
    fn a_schedule_that_is_over_is_never_due() {
        assert_eq!(times("cron(0 8 1 1 ? 2020)", 1), Vec::<String>::new());
    }

    #[test]
    fn what_eventbridge_would_refuse_is_refused() {
        for expression in [
            "rate(0 minutes)",
            "rate(5 seconds)",
            "rate(five minutes)",
            "cron(0 10 * * *)",
            "cron(0 10 * * * *)",
            "cron(0 10 ? * ? *)",
            "cron(61 10 * * ? *)",
            "at(2026-11-14T08:00:00)",
            "",
        ] {
            assert!(Expression::parse(expression).is_err(), "{expression}");
        }
    }
}
