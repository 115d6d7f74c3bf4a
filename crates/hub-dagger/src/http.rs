//! HTTP clients. Their TLS needs a provider of cryptography, chosen once for the whole program.

/// A client to be built.
pub(crate) fn client() -> reqwest::ClientBuilder {
    // Another part of the program may have chosen one already, which does as well.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
}
