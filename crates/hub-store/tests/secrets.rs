//! The master key: made once, kept where it can be, never replaced unnoticed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use hub_domain::{Code, ProjectId};
use hub_engine::secrets::{Purpose, Secrets};
use hub_store::{Keyring, KeyringChoice, MasterKeySecrets};
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use zeroize::Zeroizing;

/// A keyring in memory.
#[derive(Default)]
struct Memory(Mutex<HashMap<String, Vec<u8>>>);

impl Keyring for Memory {
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        Ok(self.0.lock().unwrap().get(account).cloned().map(Zeroizing::new))
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), String> {
        self.0.lock().unwrap().insert(account.to_owned(), secret.to_vec());
        Ok(())
    }
}

/// A keyring that never answers.
struct Silent(Mutex<()>, Condvar);

impl Keyring for Silent {
    fn get(&self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let never = self.1.wait_while(self.0.lock().unwrap(), |_| true);
        drop(never);
        Ok(None)
    }

    fn set(&self, account: &str, _: &[u8]) -> Result<(), String> {
        self.get(account).map(drop)
    }
}

fn password(secrets: &MasterKeySecrets) -> String {
    let project = ProjectId::parse("abcdefgh01").unwrap();
    secrets.derive(&project, Purpose::DbPassword).unwrap().expose_secret().to_owned()
}

fn refused(home: &Path, keyring: KeyringChoice) -> Code {
    MasterKeySecrets::open(home, keyring).unwrap_err().code
}

#[test]
fn a_key_in_a_file_stays_the_same_and_differs_between_homes_projects_and_purposes() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secrets = MasterKeySecrets::open(one.path(), KeyringChoice::Off).unwrap();
    let first = password(&secrets);
    assert_eq!(first.len(), 64);
    assert!(first.bytes().all(|b| b.is_ascii_hexdigit()));
    assert!(secrets.kept_in().contains("master.key"));
    assert!(!format!("{secrets:?}").contains(&first));
    let again = MasterKeySecrets::open(one.path(), KeyringChoice::Off).unwrap();
    assert_eq!(password(&again), first);
    let elsewhere = MasterKeySecrets::open(other.path(), KeyringChoice::Off).unwrap();
    assert_ne!(password(&elsewhere), first);
    let id = ProjectId::parse("abcdefgh02").unwrap();
    let neighbour = secrets.derive(&id, Purpose::DbPassword).unwrap();
    assert_ne!(neighbour.expose_secret(), first);
    let id = ProjectId::parse("abcdefgh01").unwrap();
    assert_ne!(secrets.derive(&id, Purpose::SecretKey).unwrap().expose_secret(), first);
}

#[test]
fn a_key_in_the_keyring_leaves_no_file_and_homes_do_not_share_it() {
    let keyring = Arc::new(Memory::default());
    let own = || KeyringChoice::Own(Arc::clone(&keyring) as Arc<dyn Keyring>);
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = password(&MasterKeySecrets::open(one.path(), own()).unwrap());
    assert!(!one.path().join("master.key").exists());
    assert_ne!(password(&MasterKeySecrets::open(other.path(), own()).unwrap()), first);
    assert_eq!(keyring.0.lock().unwrap().len(), 2);
    assert_eq!(password(&MasterKeySecrets::open(one.path(), own()).unwrap()), first);

    assert_eq!(refused(one.path(), KeyringChoice::Off), Code::SecretsUnavailable);
    keyring.0.lock().unwrap().clear();
    assert_eq!(refused(one.path(), own()), Code::SecretsUnavailable);
    assert!(keyring.0.lock().unwrap().is_empty());
}

#[test]
fn a_keyring_that_never_answers_is_given_up_and_the_decision_is_remembered() {
    let home = tempfile::tempdir().unwrap();
    let silent: Arc<dyn Keyring> = Arc::new(Silent(Mutex::new(()), Condvar::new()));
    let first = MasterKeySecrets::open(home.path(), KeyringChoice::Own(silent)).unwrap();
    assert!(first.kept_in().contains("master.key"));
    let keyring = Arc::new(Memory::default());
    let own = KeyringChoice::Own(Arc::clone(&keyring) as Arc<dyn Keyring>);
    let again = MasterKeySecrets::open(home.path(), own).unwrap();
    assert_eq!(password(&again), password(&first));
    assert!(keyring.0.lock().unwrap().is_empty());
}

#[test]
fn a_lost_cut_or_exchanged_key_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("master.key");
    drop(MasterKeySecrets::open(home.path(), KeyringChoice::Off).unwrap());
    let key = fs::read(&file).unwrap();
    assert_eq!(key.len(), 32);
    let changed: Vec<u8> = key.iter().map(|b| b ^ 1).collect();
    for wrong in [&[] as &[u8], &key[..31], &[key.as_slice(), &[0]].concat(), &changed] {
        fs::write(&file, wrong).unwrap();
        assert_eq!(refused(home.path(), KeyringChoice::Off), Code::SecretsUnavailable);
        assert_eq!(fs::read(&file).unwrap(), wrong);
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(refused(home.path(), KeyringChoice::Off), Code::SecretsUnavailable);
    assert!(!file.exists());
}

#[cfg(unix)]
#[test]
fn a_key_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("master.key");
    drop(MasterKeySecrets::open(home.path(), KeyringChoice::Off).unwrap());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for wide in [0o640, 0o604, 0o620] {
        fs::set_permissions(&file, fs::Permissions::from_mode(wide)).unwrap();
        let problem = MasterKeySecrets::open(home.path(), KeyringChoice::Off).unwrap_err();
        assert_eq!(problem.code, Code::SecretsUnavailable);
        assert!(problem.action.contains("chmod 600"));
    }
}
