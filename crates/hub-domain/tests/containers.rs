//! Which texts name an engine or an image, and which do not.

use hub_domain::{EngineAddress, EngineScheme, ImageName};

#[test]
fn engines_are_named_by_the_schemes_that_protect_them() {
    for (text, scheme) in [
        ("unix:///run/dagger/engine.sock", EngineScheme::Unix),
        ("tcp://127.0.0.1:1234", EngineScheme::Tcp),
        ("tcp://localhost:1234", EngineScheme::Tcp),
        ("tcp://[::1]:1234", EngineScheme::Tcp),
        ("tls://engine.example:8443?cert_path=/c", EngineScheme::Tls),
        (" ssh://ada@engine.example:22 ", EngineScheme::Ssh),
        ("kube-pod://dagger-0?namespace=dagger", EngineScheme::KubePod),
        ("container://engine", EngineScheme::Container),
    ] {
        let address = EngineAddress::parse(text).unwrap();
        assert_eq!(address.scheme(), scheme);
        assert_eq!(address.as_str(), text.trim());
    }
    for text in [
        "",
        "engine",
        "http://engine",
        "unix://",
        "unix://relative.sock",
        "tcp://192.0.2.1:1234",
        "tcp://0.0.0.0:1234",
        "tcp://127.0.0.1.example:1234",
        "tcp://127.0.0.1",
        "tls://engine",
        "ssh://-oProxyCommand=x",
        "ssh://ada@-x",
        "ssh://two words",
        "ssh://line\nbreak",
        "container://-v",
    ] {
        assert!(EngineAddress::parse(text).is_err(), "{text:?}");
    }
    assert!(EngineAddress::parse(&format!("unix:///{}", "x".repeat(2000))).is_err());
}

#[test]
fn images_are_named_as_registries_name_them() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    for text in [
        "postgres",
        "postgres:15-alpine",
        "library/postgres:15",
        "docker.io/library/postgres:15-alpine",
        "localhost:5000/team/postgres:tag_1.2",
        &format!("postgres:15-alpine@{digest}"),
        &format!("registry.example/a/b/c@{digest}"),
    ] {
        let image = ImageName::parse(text).unwrap();
        assert_eq!(image.as_str(), text);
        assert_eq!(image.is_pinned(), text.contains('@'));
    }
    for text in [
        "",
        "Postgres",
        "postgres:",
        "postgres:a b",
        "postgres@sha256:00",
        "postgres@md5:00",
        "/postgres",
        "a//b",
        "-rm",
        "x/../y",
        "postgres:15\"){version}",
    ] {
        assert!(ImageName::parse(text).is_err(), "{text:?}");
    }
}
