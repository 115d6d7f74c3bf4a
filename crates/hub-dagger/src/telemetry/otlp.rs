//! The parts of OpenTelemetry's export requests the Hub reads, in their JSON form.
//!
//! The engine's endpoint is undocumented, so everything is optional, unknown fields are passed over,
//! and numbers, names of numbers and texts are taken alike.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Identity of a trace. The Hub makes one for each service and sends it with the request that starts
/// the service; everything the service writes comes back under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TraceId([u8; 16]);

/// Identity of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SpanId([u8; 8]);

impl TraceId {
    /// One that nobody has.
    pub(crate) fn random() -> Self {
        Self(rand::random())
    }

    /// 32 hexadecimal digits.
    pub(crate) fn hex(self) -> String {
        hex::encode(self.0)
    }

    /// The value of a request's `traceparent` header that puts the request into this trace.
    pub(crate) fn traceparent(self) -> String {
        format!("00-{}-{}-01", self.hex(), hex::encode(rand::random::<[u8; 8]>()))
    }
}

/// A scalar of any type, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn number(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// Bytes written in base64, as the engine does, or in hexadecimal, as OTLP asks for.
    fn bytes<const N: usize>(&self) -> Option<[u8; N]> {
        let text = self.0.as_bytes();
        let mut bytes = [0; N];
        if text.len() == 2 * N {
            hex::decode_to_slice(text, &mut bytes).ok()?;
        } else {
            let decoded = STANDARD.decode(text).ok()?;
            bytes = decoded.try_into().ok()?;
        }
        bytes.iter().any(|b| *b != 0).then_some(bytes)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;

        impl<'de> Visitor<'de> for Scalar {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(if value { "true" } else { "false" }))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Cow::Owned(value.to_string()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Cow::Owned(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Cow::Owned(value.to_string()))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(""))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Cow::Borrowed(""))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Cow::Borrowed(""))
            }
        }

        deserializer.deserialize_any(Scalar).map(Self)
    }
}

/// `ExportLogsServiceRequest`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub(crate) struct LogsExport<'a> {
    resource_logs: Vec<ResourceLogs<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct ResourceLogs<'a> {
    scope_logs: Vec<ScopeLogs<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct ScopeLogs<'a> {
    log_records: Vec<LogRecord<'a>>,
}

impl<'a> LogsExport<'a> {
    /// All records, in the order they are written in.
    pub(crate) fn records(&self) -> impl Iterator<Item = &LogRecord<'a>> {
        self.resource_logs.iter().flat_map(|r| &r.scope_logs).flat_map(|s| &s.log_records)
    }
}

/// One piece of output, or a line of the engine's own.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub(crate) struct LogRecord<'a> {
    time_unix_nano: Text<'a>,
    trace_id: Text<'a>,
    span_id: Text<'a>,
    body: AnyValue<'a>,
    attributes: Vec<KeyValue<'a>>,
}

impl LogRecord<'_> {
    pub(crate) fn trace(&self) -> Option<TraceId> {
        self.trace_id.bytes().map(TraceId)
    }

    pub(crate) fn span(&self) -> Option<SpanId> {
        self.span_id.bytes().map(SpanId)
    }

    /// When it was written, by the engine's clock, in nanoseconds.
    pub(crate) fn time(&self) -> u64 {
        self.time_unix_nano.number().unwrap_or(0)
    }

    /// 1 for standard output, 2 for standard error; none for what no process wrote.
    pub(crate) fn stdio_stream(&self) -> Option<u64> {
        value(&self.attributes, "stdio.stream")?.text().parse().ok()
    }

    /// Whether the process's stream ends here.
    pub(crate) fn is_eof(&self) -> bool {
        value(&self.attributes, "stdio.eof").is_some_and(|v| v.text() == "true")
    }

    /// What was written.
    pub(crate) fn body(&self) -> Cow<'_, [u8]> {
        match &self.body.bytes_value {
            Some(bytes) => STANDARD.decode(bytes.as_str()).unwrap_or_default().into(),
            None => self.body.text().as_bytes().into(),
        }
    }
}

/// `ExportTraceServiceRequest`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub(crate) struct TracesExport<'a> {
    resource_spans: Vec<ResourceSpans<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct ResourceSpans<'a> {
    scope_spans: Vec<ScopeSpans<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct ScopeSpans<'a> {
    spans: Vec<Span<'a>>,
}

impl<'a> TracesExport<'a> {
    /// All spans, in the order they are written in.
    pub(crate) fn spans(&self) -> impl Iterator<Item = &Span<'a>> {
        self.resource_spans.iter().flat_map(|r| &r.scope_spans).flat_map(|s| &s.spans)
    }
}

/// A step of the engine; sent when it begins and again when it has ended.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Span<'a> {
    trace_id: Text<'a>,
    span_id: Text<'a>,
    parent_span_id: Text<'a>,
    name: Text<'a>,
    start_time_unix_nano: Text<'a>,
    end_time_unix_nano: Text<'a>,
    events: Vec<SpanEvent<'a>>,
    links: Vec<SpanLink<'a>>,
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct SpanEvent<'a> {
    name: Text<'a>,
    attributes: Vec<KeyValue<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct SpanLink<'a> {
    span_id: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct Status<'a> {
    message: Text<'a>,
}

impl Span<'_> {
    pub(crate) fn trace(&self) -> Option<TraceId> {
        self.trace_id.bytes().map(TraceId)
    }

    pub(crate) fn id(&self) -> Option<SpanId> {
        self.span_id.bytes().map(SpanId)
    }

    pub(crate) fn parent(&self) -> Option<SpanId> {
        self.parent_span_id.bytes().map(SpanId)
    }

    /// Whether it stands for the process of a service. The engine names such a span after the command
    /// and links it to the call that asked for the service; the steps of a build have no such span.
    pub(crate) fn is_service_process(&self) -> bool {
        self.name.as_str().starts_with("exec ") && !self.links.is_empty()
    }

    /// The spans it continues. A service's output carries the first of them.
    pub(crate) fn origins(&self) -> impl Iterator<Item = SpanId> {
        self.links.iter().filter_map(|link| link.span_id.bytes().map(SpanId))
    }

    /// When it began, by the engine's clock, in nanoseconds.
    pub(crate) fn start(&self) -> u64 {
        self.start_time_unix_nano.number().unwrap_or(0)
    }

    /// Whether it has ended. A time before its start, or beyond what a clock can show, is none.
    pub(crate) fn has_ended(&self) -> bool {
        let end = self.end_time_unix_nano.number().unwrap_or(0);
        end != 0 && end >= self.start() && i64::try_from(end).is_ok()
    }

    /// The exit code of a process, where the engine tells it here: in the process's own span, or, from
    /// 1.0 on, in the one below it.
    pub(crate) fn exit_code(&self) -> Option<u32> {
        let exited = self.events.iter().rfind(|e| e.name.as_str() == "Container exited")?;
        value(&exited.attributes, "exit.code")?.text().parse().ok()
    }

    /// What the engine says went wrong; empty where nothing did.
    pub(crate) fn error(&self) -> &str {
        self.status.message.as_str()
    }
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct KeyValue<'a> {
    key: Text<'a>,
    value: AnyValue<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct AnyValue<'a> {
    string_value: Option<Text<'a>>,
    int_value: Option<Text<'a>>,
    bool_value: Option<Text<'a>>,
    double_value: Option<Text<'a>>,
    bytes_value: Option<Text<'a>>,
}

impl AnyValue<'_> {
    fn text(&self) -> &str {
        let kinds = [&self.string_value, &self.int_value, &self.bool_value, &self.double_value];
        kinds.into_iter().flatten().next().map_or("", Text::as_str)
    }
}

fn value<'r, 'a>(attributes: &'r [KeyValue<'a>], key: &str) -> Option<&'r AnyValue<'a>> {
    attributes.iter().find(|a| a.key.as_str() == key).map(|a| &a.value)
}
