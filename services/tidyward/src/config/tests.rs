//! The order of sources, the refusal of unknown keys, and the file in `deploy/`.

use std::path::Path;

use super::*;

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn flag(key: &str, value: &str) -> Dict {
    figment::util::nest(key, value.into()).into_dict().unwrap()
}

#[test]
fn without_any_source_the_defaults_stand() {
    let loaded = load(&Sources::default()).unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert_eq!(loaded.settings.server(), "http://127.0.0.1:50051");
}

#[test]
fn each_source_overrides_the_ones_before_it() {
    let file =
        file("listen = \"127.0.0.1:1\"\n[limits]\ncalls = 1\nstreams = 1\ndrain_seconds = 1\n");
    let mut sources = Sources {
        file: Some(file.path().to_owned()),
        ..Sources::default()
    };
    let settings = load(&sources).unwrap().settings;
    assert_eq!((settings.listen.port(), settings.limits.calls), (1, 1));

    sources.environment = environment(&[
        ("TIDYWARD_LIMITS__CALLS", "2"),
        ("TIDYWARD_LIMITS__STREAMS", "2"),
        ("TIDYWARD_LISTEN", "127.0.0.1:2"),
        ("TIDYWARD_TOKEN", "abc"),
        ("HOME", "/nowhere"),
    ]);
    let settings = load(&sources).unwrap().settings;
    assert_eq!(
        (
            settings.listen.port(),
            settings.limits.calls,
            settings.limits.streams
        ),
        (2, 2, 2)
    );
    assert_eq!(
        (
            settings.limits.drain_seconds,
            settings.client.token.as_str()
        ),
        (1, "abc")
    );

    sources.flags = flag("listen", "127.0.0.1:3");
    let settings = load(&sources).unwrap().settings;
    assert_eq!((settings.listen.port(), settings.limits.calls), (3, 2));
    assert_eq!(settings.log, Settings::default().log);
}

#[test]
fn unknown_keys_are_refused_all_at_once_with_their_source() {
    let file = file("colour = \"red\"\n[limits]\ncall = 1\n[limitz]\ncalls = 1\n");
    let sources = Sources {
        file: Some(file.path().to_owned()),
        environment: environment(&[("TIDYWARD_LIMITS__STREAM", "1")]),
        ..Sources::default()
    };
    let error = load(&sources).unwrap_err();
    let told: Vec<(&str, bool)> = error
        .violations
        .iter()
        .map(|one| {
            (
                one.field.as_str(),
                one.message.contains(&file.path().display().to_string()),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("colour", true),
            ("limits.call", true),
            ("limitz", true),
            ("limits.stream", false)
        ]
    );
    assert!(
        error.violations[3]
            .message
            .contains("the environment has it"),
        "{error}"
    );
}

#[test]
fn what_kubernetes_gives_for_a_service_of_that_name_is_no_setting() {
    let environment = environment(&[
        ("TIDYWARD_SERVICE_HOST", "10.0.0.1"),
        ("TIDYWARD_PORT", "tcp://10.0.0.1:50051"),
        ("TIDYWARD_PORT_50051_TCP_PROTO", "tcp"),
        ("TIDYWARD_CONFIG", "/read/elsewhere"),
    ]);
    let loaded = load(&Sources {
        environment,
        ..Sources::default()
    })
    .unwrap();
    assert_eq!(loaded.settings, Settings::default());
}

#[test]
fn wrong_values_are_told_with_key_and_source() {
    let check = |name: &str, value: &str, parts: &[&str]| {
        let sources = Sources {
            environment: environment(&[(name, value)]),
            ..Sources::default()
        };
        let error = load(&sources).unwrap_err();
        for part in parts {
            assert!(
                error.message.contains(part),
                "{part} is not in: {}",
                error.message
            );
        }
    };
    check(
        "TIDYWARD_LISTEN",
        "nowhere",
        &["listen: ", "the environment"],
    );
    check(
        "TIDYWARD_LIMITS__CALLS",
        "many",
        &["limits.calls: ", "the environment"],
    );
    check("TIDYWARD_LOG__FORMAT", "xml", &["log.format: ", "xml"]);
    check(
        "TIDYWARD_LIMITS__CALLS",
        "0",
        &["limits.calls: is 0; it must be 1 to 1000000"],
    );
    check(
        "TIDYWARD_DATABASE__URL",
        "mysql://somewhere",
        &["database.url: must begin with `postgres://`"],
    );
    check(
        "TIDYWARD_DATABASE__READERS",
        "0",
        &["database.readers: must be 1 to 1,000"],
    );
    check(
        "TIDYWARD_SERVER",
        "example.org",
        &["client.server: must look like http://"],
    );
    check("TIDYWARD_ROLES", "[grids, streets]", &["roles", "streets"]);
    check("TIDYWARD_ROLES", "[]", &["roles: must name at least one"]);
    check(
        "TIDYWARD_ROLES",
        "[evaluations]",
        &["peers.grids: is not among `roles`", "peers.issues: is not"],
    );
    check(
        "TIDYWARD_PEERS__GRIDS",
        "http://10.0.0.1:50051",
        &["peers.grids: is among `roles`"],
    );
    check(
        "TIDYWARD_PEERS__ISSUES",
        "10.0.0.1",
        &["peers.issues: must look like http://"],
    );
    check(
        "TIDYWARD_PEERS__KEY",
        "peer.key",
        &["peers.certificate: must be set together with `peers.key`"],
    );
    check(
        "TIDYWARD_TLS__KEY",
        "server.key",
        &["tls.certificate: must be set together with `tls.key`"],
    );
    check(
        "TIDYWARD_TLS__CLIENT_ROOTS",
        "roots.pem",
        &["tls.client_roots: needs a certificate"],
    );
    check(
        "TIDYWARD_TLS__HANDSHAKE_SECONDS",
        "0",
        &["tls.handshake_seconds: must be 1 to 120"],
    );
    check(
        "TIDYWARD_WEB__ORIGINS",
        "[ward.example.org]",
        &["web.origins: `ward.example.org` is none"],
    );
    check(
        "TIDYWARD_CLIENT__KEY",
        "client.key",
        &["client.certificate: must be set together with `client.key`"],
    );
    check(
        "TIDYWARD_LIMITS__CALLER_CALLS_PER_SECOND",
        "1000001",
        &["limits.caller_calls_per_second: is 1000001; it must be 0 to 1000000"],
    );
    check(
        "TIDYWARD_LIMITS__DISTRICT_BURST",
        "0",
        &["limits.district_burst: is 0; it must be 1 to"],
    );
    check(
        "TIDYWARD_OBJECTS__URL",
        "s3:///prefix",
        &["objects.url: must look like `s3://bucket/prefix`"],
    );
    check("TIDYWARD_REVIEW__FUEL", "1", &["review.fuel: must be"]);
}

#[test]
fn a_process_of_some_roles_needs_the_addresses_of_those_that_it_calls_alone() {
    let check = |roles: &str, grids: &str| {
        let environment =
            environment(&[("TIDYWARD_ROLES", roles), ("TIDYWARD_PEERS__GRIDS", grids)]);
        let sources = Sources {
            environment,
            ..Sources::default()
        };
        load(&sources).unwrap().settings
    };
    let settings = check("[grids]", "");
    assert_eq!(settings.roles, [ServeRole::Grids]);
    let settings = check("[issues]", "https://grids.example.org");
    assert_eq!(settings.peers.grids, "https://grids.example.org");
    check("[issues, evaluations]", "http://10.0.0.1:50051");
}

#[test]
fn a_file_that_is_named_must_be_there_and_be_toml() {
    let missing = Sources {
        file: Some("/nowhere/tidyward.toml".into()),
        ..Sources::default()
    };
    assert!(
        load(&missing)
            .unwrap_err()
            .message
            .contains("check --config and TIDYWARD_CONFIG")
    );
    let broken = file("listen = = 1");
    let broken = Sources {
        file: Some(broken.path().to_owned()),
        ..Sources::default()
    };
    let message = load(&broken).unwrap_err().message;
    assert!(message.contains("cannot be read"), "{message}");
}

#[test]
fn what_is_shown_can_be_loaded_again_and_says_where_it_came_from() {
    let first = file("[limits]\ncalls = 7\n");
    let sources = Sources {
        file: Some(first.path().to_owned()),
        environment: environment(&[
            ("TIDYWARD_LOG__FILTER", "debug"),
            ("TIDYWARD_TOKEN", "a-token-of-mine"),
        ]),
        flags: flag("data", "/srv/tidyward"),
    };
    let loaded = load(&sources).unwrap();
    let text = show::render(&loaded);
    let line = |start: &str| {
        text.lines()
            .find(|line| line.starts_with(start))
            .unwrap()
            .to_owned()
    };
    assert!(
        line("calls = 7 ").ends_with(&format!("# the file {}", first.path().display())),
        "{text}"
    );
    assert!(
        line("filter = \"debug\" ").ends_with("# the environment"),
        "{text}"
    );
    assert!(
        line("data = \"/srv/tidyward\" ").ends_with("# a flag of the command line"),
        "{text}"
    );
    assert!(line("streams = 256 ").ends_with("# default"), "{text}");
    assert!(!text.contains("a-token-of-mine"), "{text}");

    let again = file(&text);
    let again = load(&Sources {
        file: Some(again.path().to_owned()),
        ..Sources::default()
    })
    .unwrap();
    let mut expected = loaded.settings;
    expected.client.token = String::new();
    assert_eq!(again.settings, expected);
}

/// The file that admins start from says every setting with its default.
#[test]
fn the_deployed_file_is_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/tidyward.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let loaded = load(&Sources {
        file: Some(path.clone()),
        ..Sources::default()
    })
    .unwrap();
    assert_eq!(loaded.settings, Settings::default());
    for row in show::rows(&loaded) {
        let expected = format!("the file {}", path.display());
        assert_eq!(
            row.origin, expected,
            "{} is not in deploy/tidyward.toml",
            row.key
        );
    }
    for line in text.lines().filter(|line| line.contains(" = ")) {
        let position = text.lines().position(|other| other == line).unwrap();
        let above = text.lines().nth(position - 1).unwrap();
        assert!(above.starts_with("# "), "`{line}` has no comment above it");
    }
}
