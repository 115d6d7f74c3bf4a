//! Times, as users write and read them.

use hub_domain::{Code, Problem};
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, now.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Reads "90s", "10m", "2h", "3d" (ago) or a time, as milliseconds since 1970.
///
/// # Errors
/// `REQUEST_INVALID`.
pub(crate) fn read(text: &str, now: u64) -> Result<u64, Problem> {
    let factor = |unit| match unit {
        's' => Some(1_000),
        'm' => Some(60_000),
        'h' => Some(3_600_000),
        'd' => Some(86_400_000_u64),
        _ => None,
    };
    if let Some(unit) = text.chars().last()
        && let Some(factor) = factor(unit)
        && let Ok(count) = text[..text.len() - 1].parse::<u64>()
    {
        return Ok(now.saturating_sub(count.saturating_mul(factor)));
    }
    let time: jiff::Timestamp = text.parse().map_err(|fault| {
        Problem::new(
            Code::RequestInvalid,
            format!("\"{text}\" is not a time."),
            "Write 90s, 10m, 2h, 3d, or a time like 2026-01-31T12:00:00Z.",
        )
        .caused_by(fault)
    })?;
    Ok(u64::try_from(time.as_millisecond()).unwrap_or(0))
}

/// A moment as it stands before a line of a log: "12:30:05.123Z".
pub(crate) fn clock(millis: u64) -> String {
    let seconds = millis / 1000;
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{h:02}:{m:02}:{s:02}.{:03}Z", millis % 1000)
}

/// How long ago something was: "2 s ago".
pub(crate) fn ago(then: u64, now: u64) -> String {
    let seconds = now.saturating_sub(then) / 1000;
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::{ago, clock, read};

    #[test]
    fn times_are_read_as_users_write_them() {
        let now = 1_000_000_000;
        assert_eq!(read("90s", now).unwrap(), now - 90_000);
        assert_eq!(read("2h", now).unwrap(), now - 7_200_000);
        assert_eq!(read("1970-01-01T00:00:01Z", now).unwrap(), 1000);
        assert_eq!(read("999999999999999999d", now).unwrap(), 0);
        for wrong in ["", "s", "-1s", "yesterday", "10x", "é"] {
            assert!(read(wrong, now).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn times_are_shown_short() {
        assert_eq!(clock(45_005_123), "12:30:05.123Z");
        assert_eq!(ago(1_000, 3_500), "2 s ago");
        assert_eq!(ago(0, 7_200_000), "2 h ago");
    }
}
