//! Certificates that change while the server runs, and files that are none.

use std::fs;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use super::*;

struct Scene {
    folder: TempDir,
    files: TlsFiles,
}

impl Scene {
    fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let files = TlsFiles {
            certificate: folder.path().join("server.pem"),
            key: folder.path().join("server.key"),
            client_roots: None,
        };
        let scene = Scene { folder, files };
        scene.renew();
        scene
    }

    /// Puts another certificate and its key into the files.
    fn renew(&self) {
        let made = certificate();
        fs::write(&self.files.certificate, made.cert.pem()).unwrap();
        fs::write(&self.files.key, made.signing_key.serialize_pem()).unwrap();
    }
}

fn certificate() -> CertifiedKey<rcgen::KeyPair> {
    generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap()
}

#[test]
fn a_changed_certificate_is_taken_and_a_bad_one_is_not() {
    let scene = Scene::new();
    let tls = Tls::open(scene.files.clone()).unwrap();
    let first = tls.config();
    assert_eq!(tls.look(), Look::Same);
    assert!(Arc::ptr_eq(&first, &tls.config()));

    scene.renew();
    assert_eq!(tls.look(), Look::Taken);
    let second = tls.config();
    assert!(!Arc::ptr_eq(&first, &second));

    // Half-way: a certificate whose key has not been written yet.
    fs::write(&scene.files.certificate, certificate().cert.pem()).unwrap();
    assert_eq!(tls.look(), Look::Kept);
    assert_eq!(tls.look(), Look::Same, "told once");
    fs::write(&scene.files.key, "no key").unwrap();
    assert_eq!(tls.look(), Look::Kept);
    fs::remove_file(&scene.files.certificate).unwrap();
    assert_eq!(tls.look(), Look::Kept);
    assert_eq!(tls.look(), Look::Same);
    assert!(Arc::ptr_eq(&second, &tls.config()));

    scene.renew();
    assert_eq!(tls.look(), Look::Taken);
    assert!(!Arc::ptr_eq(&second, &tls.config()));
}

#[test]
fn a_file_that_is_none_is_told_by_its_setting() {
    let scene = Scene::new();
    let check = |files: TlsFiles, setting: &str, words: &str| {
        let error = Tls::open(files).err().unwrap();
        assert_eq!(error.violations[0].field, setting);
        assert!(error.message.contains(words), "{error}");
    };
    let missing = scene.folder.path().join("missing.pem");
    let nothing = scene.folder.path().join("nothing.pem");
    fs::write(&nothing, "hello").unwrap();
    let other = scene.folder.path().join("other.pem");
    fs::write(&other, certificate().cert.pem()).unwrap();

    let files = scene.files.clone();
    check(
        TlsFiles {
            certificate: missing,
            ..files.clone()
        },
        "tls.certificate",
        "cannot be read",
    );
    check(
        TlsFiles {
            certificate: nothing.clone(),
            ..files.clone()
        },
        "tls.certificate",
        "no certificate",
    );
    check(
        TlsFiles {
            certificate: other,
            ..files.clone()
        },
        "tls.certificate",
        "does not go with the key",
    );
    check(
        TlsFiles {
            key: nothing.clone(),
            ..files.clone()
        },
        "tls.key",
        "no private key",
    );
    check(
        TlsFiles {
            client_roots: Some(nothing),
            ..files
        },
        "tls.client_roots",
        "no certificate",
    );
}
