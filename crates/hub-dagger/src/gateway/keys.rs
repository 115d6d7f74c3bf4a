//! Keys of one gateway: a host key and the one client key that is let in, both made for it and gone
//! with it.

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey, PublicKey, key::safe_rng};
use secrecy::SecretString;

use super::GatewayError;

pub(super) struct Keys {
    pub(super) host: PrivateKey,
    pub(super) client: PublicKey,
    pub(super) client_pem: SecretString,
    host_public: String,
}

impl Keys {
    pub(super) fn generate() -> Result<Self, GatewayError> {
        let failed = |fault: russh::keys::ssh_key::Error| GatewayError::Keys(fault.to_string());
        let host = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).map_err(failed)?;
        let client = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).map_err(failed)?;
        let pem = client.to_openssh(LineEnding::LF).map_err(failed)?;
        let host_public = host.public_key().to_openssh().map_err(failed)?;
        Ok(Self {
            client: client.public_key().clone(),
            client_pem: SecretString::from(pem.as_str()),
            host_public,
            host,
        })
    }

    /// The line by which an OpenSSH client at `host` knows the gateway again.
    pub(super) fn known_hosts(&self, host: &str, port: u16) -> String {
        // Two words: algorithm and key. A comment would be the third.
        let key = self.host_public.split(' ').take(2).collect::<Vec<_>>().join(" ");
        match port {
            22 => format!("{host} {key}\n"),
            _ => format!("[{host}]:{port} {key}\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn every_gateway_has_keys_of_its_own_in_the_form_openssh_reads() {
        let (one, other) = (Keys::generate().unwrap(), Keys::generate().unwrap());
        let pem = one.client_pem.expose_secret();
        assert!(pem.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
        assert!(pem.ends_with("-----END OPENSSH PRIVATE KEY-----\n"));
        assert_ne!(pem, other.client_pem.expose_secret());
        assert_ne!(one.known_hosts("hub", 1), other.known_hosts("hub", 1));
    }

    #[test]
    fn a_known_hosts_line_carries_the_port_unless_it_is_the_usual_one() {
        let keys = Keys::generate().unwrap();
        assert!(keys.known_hosts("hub", 2222).starts_with("[hub]:2222 ssh-ed25519 AAAA"));
        assert!(keys.known_hosts("hub", 22).starts_with("hub ssh-ed25519 AAAA"));
        assert_eq!(keys.known_hosts("hub", 22).trim_end().split(' ').count(), 3);
    }
}
