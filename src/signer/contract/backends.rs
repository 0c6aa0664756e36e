//! The public suite on the backends of this crate that need no process, and what
//! is special about their files: folders as tokens, a changed or half-written key.

use super::*;

#[test]
fn file_tokens_honour_the_port() {
    let temp = tempfile::tempdir().unwrap();
    let base = temp.path().join("tokens");
    FileProvider::new(&base).create("FILE-1").unwrap();
    assert!(FileProvider::new(&base).create("FILE-1").is_err());
    for bad in ["", "../x", "a/b", ".hidden", "-x"] {
        assert!(FileProvider::new(&base).create(bad).is_err(), "{bad}");
    }
    let backend = Backend {
        provider: Box::new(move || Box::new(FileProvider::new(&base))),
        factory_serial: "FILE-1".to_owned(),
        counts: false,
        hardware_like: false,
        temp,
    };
    let promises = backend.promises();
    assert_eq!(promises.statement, None, "a file vouches for nothing");
    assert!(!promises.log && !promises.retirement);
    honours_the_port("file", &backend);
    let mut token = (backend.provider)().open("FILE-1").unwrap();
    let again = token
        .provisioning()
        .unwrap()
        .initialise(&id("b"), &secrets("", PIN));
    assert_eq!(again.unwrap_err().code, DeviceCode::Unsupported);
    assert_eq!(
        (backend.provider)().open("FILE-2").err().unwrap().code,
        DeviceCode::NotFound
    );
}

#[test]
fn rehearsal_tokens_honour_the_port() {
    let temp = tempfile::tempdir().unwrap();
    let base = temp.path().join("tokens");
    EmbeddedProvider::new(&base).manufacture("REH-1").unwrap();
    honours_the_port(
        "rehearsal",
        &Backend {
            provider: Box::new(move || Box::new(EmbeddedProvider::new(&base))),
            factory_serial: "REH-1".to_owned(),
            counts: true,
            hardware_like: true,
            temp,
        },
    );
}

#[test]
fn a_changed_or_half_written_key_file_is_never_used() {
    let temp = tempfile::tempdir().unwrap();
    let base = temp.path().to_owned();
    let mut provider = FileProvider::new(&base);
    provider.create("F").unwrap();
    let mut token = provider.open("F").unwrap();
    let provisioning = token.provisioning().unwrap();
    provisioning.initialise(&id("a"), &secrets("", PIN)).unwrap();
    open(token.as_mut(), &secret(PIN)).unwrap();
    let order = order("root-a", Algorithm::EcdsaP256, 1);
    let stem = format!("root-a.{}", order.operation.base32());
    let file = |end: &str| base.join("F").join(format!("{stem}{end}"));
    // What a crash leaves: a cut temporary file and a public half without a key.
    std::fs::write(file(".pem.part"), "cut").unwrap();
    std::fs::write(file(".pub.pem"), "another").unwrap();
    assert!(token.keys().unwrap().is_empty());
    let made = token.generate(&order).unwrap();
    let key = reference(&order, &made);
    assert!(!file(".pem.part").exists());
    assert!(token.sign(grant(&key, b"x")).is_ok());
    let pem = std::fs::read_to_string(file(".pem")).unwrap();
    std::fs::write(file(".pem"), pem.replace('A', "B")).unwrap();
    assert!(token.sign(grant(&key, b"x")).is_err());
    std::fs::write(file(".pem"), &pem[..pem.len() / 2]).unwrap();
    assert_eq!(
        token.sign(grant(&key, b"x")).unwrap_err().code,
        DeviceCode::AnswerRefused
    );
}
