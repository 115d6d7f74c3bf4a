//! Where a Dagger engine is, and which images a project's containers are made from: texts a user gives,
//! checked when they are set.

use std::fmt;
use std::net::IpAddr;

/// Address of a Dagger engine, checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineAddress {
    scheme: EngineScheme,
    text: String,
}

/// How an engine is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineScheme {
    /// A socket of this machine.
    Unix,
    /// A port of this machine, unprotected.
    Tcp,
    /// A port with certificates on both sides.
    Tls,
    /// Over SSH.
    Ssh,
    /// A pod of a Kubernetes cluster.
    KubePod,
    /// A container of a container runtime here.
    Container,
}

/// A text that cannot be the address of an engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineAddressError {
    /// None of the schemes.
    #[error(
        "an engine's address begins with unix://, ssh://, tls://, kube-pod://, container:// or tcp://"
    )]
    Scheme,
    /// Nothing behind the scheme, or not what it needs.
    #[error("{0}")]
    Form(&'static str),
    /// Without protection, beyond this machine.
    #[error(
        "tcp:// has no protection: whoever reaches the port is root there. It may only name this \
         machine; use ssh:// or tls:// for another one"
    )]
    NotLoopback,
}

impl EngineScheme {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Unix, "unix://"),
        (Self::Tcp, "tcp://"),
        (Self::Tls, "tls://"),
        (Self::Ssh, "ssh://"),
        (Self::KubePod, "kube-pod://"),
        (Self::Container, "container://"),
    ];

    /// True where the engine may be on another machine.
    pub const fn may_be_remote(self) -> bool {
        matches!(self, Self::Tls | Self::Ssh | Self::KubePod)
    }
}

impl EngineAddress {
    /// Longest address: what fits the argument of any system.
    const MAX_BYTES: usize = 1024;

    /// Checks an address that a user gave.
    ///
    /// # Errors
    /// [`EngineAddressError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, EngineAddressError> {
        let text = text.trim();
        let schemes = EngineScheme::ALL;
        let found = schemes.iter().find_map(|(s, prefix)| Some((*s, text.strip_prefix(prefix)?)));
        let (scheme, rest) = found.ok_or(EngineAddressError::Scheme)?;
        let form = |why| Err(EngineAddressError::Form(why));
        if text.len() > Self::MAX_BYTES {
            return form("an engine's address has at most 1024 characters");
        }
        if rest.is_empty() || rest.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return form("an engine's address needs a place behind its scheme, without any spaces");
        }
        match scheme {
            EngineScheme::Unix if !rest.starts_with('/') => {
                return form("unix:// is followed by the absolute path of a socket");
            }
            EngineScheme::Tcp | EngineScheme::Tls => {
                let authority = rest.split(['/', '?']).next().unwrap_or_default();
                let Some((host, port)) = authority.rsplit_once(':') else {
                    return form("tcp:// and tls:// are followed by a host, a colon and a port");
                };
                if host.is_empty() || port.parse::<u16>().is_err() {
                    return form("tcp:// and tls:// are followed by a host, a colon and a port");
                }
                if scheme == EngineScheme::Tcp && !is_loopback(host) {
                    return Err(EngineAddressError::NotLoopback);
                }
            }
            // A leading dash would be read as an option by the program that is given the name.
            EngineScheme::Ssh | EngineScheme::KubePod | EngineScheme::Container
                if rest.starts_with('-') || rest.contains("@-") =>
            {
                return form("a name cannot begin with a dash");
            }
            _ => {}
        }
        Ok(Self { scheme, text: text.to_owned() })
    }

    /// How it is reached.
    pub const fn scheme(&self) -> EngineScheme {
        self.scheme
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What follows the scheme.
    pub fn place(&self) -> &str {
        self.text.split_once("://").map_or("", |(_, place)| place)
    }
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Name of a container image, checked: `postgres:15-alpine`, with or without a digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName(String);

/// A text that cannot be the name of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an image is named like postgres:15-alpine or registry.example/team/postgres@sha256:…, in lower \
     case and without spaces"
)]
pub struct ImageNameError;

impl ImageName {
    /// Checks a name that a user gave.
    ///
    /// # Errors
    /// [`ImageNameError`].
    pub fn parse(text: &str) -> Result<Self, ImageNameError> {
        let text = text.trim();
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (text, None),
        };
        if let Some(digest) = digest {
            let hex = digest.strip_prefix("sha256:").ok_or(ImageNameError)?;
            let is_hex = hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            if hex.len() != 64 || !is_hex {
                return Err(ImageNameError);
            }
        }
        // The part after the last slash may carry a tag; before it a colon is that of a port.
        let (folder, last) = match named.rsplit_once('/') {
            Some((folder, last)) => (Some(folder), last),
            None => (None, named),
        };
        let (name, tag) = last.split_once(':').unwrap_or((last, "latest"));
        let is_name = |part: &str| {
            part.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
                && part.starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        let is_tag = tag.len() <= 128
            && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let is_host = |part: &str| {
            let (host, port) = part.split_once(':').unwrap_or((part, "1"));
            is_name(&host.to_ascii_lowercase()) && port.parse::<u16>().is_ok()
        };
        let folders_fit = folder.is_none_or(|folder| {
            let mut folders = folder.split('/');
            folders.next().is_some_and(is_host) && folders.all(is_name)
        });
        if text.len() > 512 || !is_name(name) || !is_tag || !folders_fit {
            return Err(ImageNameError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when it names one content for good.
    pub fn is_pinned(&self) -> bool {
        self.0.contains("@sha256:")
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
