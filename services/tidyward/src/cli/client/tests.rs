//! Where a token comes from, and which server is this machine's.

use super::*;

fn settings(folder: &std::path::Path) -> Settings {
    Settings {
        data: folder.to_owned(),
        ..Settings::default()
    }
}

#[test]
fn on_the_servers_machine_the_command_line_finds_its_own_token() {
    let folder = tempfile::tempdir().unwrap();
    let key = key::read_or_make(&data::token_key(folder.path())).unwrap();
    let scope = Scope::District("jinhua".to_owned());
    let settings = settings(folder.path());
    let token = own_token(&settings, &Clock::system(), &settings.server(), &scope).unwrap();
    let caller = Tokens::new(&key).unwrap().read(&token).unwrap();
    assert_eq!(caller.district.as_deref(), Some("jinhua"));
    assert_eq!(caller.roles, [Role::Admin]);
}

#[test]
fn without_a_key_it_says_where_a_token_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let failure = own_token(
        &settings,
        &Clock::system(),
        &settings.server(),
        &Scope::Platform,
    )
    .unwrap_err();
    assert!(failure.message.contains("token.key"), "{}", failure.message);
    assert!(failure.next.contains("--data DIR"), "{}", failure.next);
    let remote = own_token(
        &settings,
        &Clock::system(),
        "http://10.0.0.1:50051",
        &Scope::Platform,
    );
    assert!(remote.unwrap_err().next.contains("TIDYWARD_TOKEN"));
}

#[test]
fn this_machine_is_known_by_its_loopback() {
    for own in [
        "http://127.0.0.1:50051",
        "http://localhost:1",
        "http://[::1]:1",
        "http://127.9.9.9",
    ] {
        assert!(is_this_machine(own), "{own}");
    }
    for other in [
        "http://10.0.0.1:50051",
        "http://example.org",
        "nothing at all",
    ] {
        assert!(!is_this_machine(other), "{other}");
    }
}
