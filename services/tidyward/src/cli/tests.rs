//! The command line as it is promised: every command parses, the same flags stand everywhere, and usage has exit code 2.

use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split(' '))
}

#[test]
fn the_definition_has_no_contradiction() {
    Cli::command().debug_assert();
}

#[test]
fn every_promised_command_is_understood() {
    for line in [
        "tidyward serve --data DIR --listen 127.0.0.1:0",
        "tidyward serve --listen 0.0.0.0:50051 --insecure-no-tls --log-format json --log-filter debug",
        "tidyward migrate --data DIR",
        "tidyward demo",
        "tidyward demo --keep DIR",
        "tidyward config show",
        "tidyward token --district D --role admin",
        "tidyward token --district D --role admin --role scorer --subject li --hours 8",
        "tidyward district create chicago --time-zone America/Chicago --start 2000-01-01",
        "tidyward district list",
        "tidyward import areas --mapping M.toml FILE",
        "tidyward import issues --mapping M.toml FILE",
        "tidyward import metrics --mapping M.toml FILE",
        "tidyward import problems issues 0197",
        "tidyward issues list --state closed --limit 3",
        "tidyward facts list",
        "tidyward facts show --period 2013-q3",
        "tidyward facts show --period 2013-q3 --area 41",
        "tidyward rules push FILE",
        "tidyward rules list",
        "tidyward rules activate target-floor@1.0.0 --from 2013-q3 --parameter target=98 --parameter floor=12.5",
        "tidyward review run --period 2013-q3",
        "tidyward review run --period 2013-q3 --again",
        "tidyward review run --period 2013-q3 --trial case-rates@1.0.0",
        "tidyward review list",
        "tidyward review ranking --period 2013-q3 --level grid",
        "tidyward review explain --period 2013-q3 --area 41 --language zh",
        "tidyward review bundle --period 2013-q3 --out FILE",
        "tidyward verify FILE --key 00ff",
    ] {
        let everywhere =
            "--server http://127.0.0.1:1 --token T --data D --config C --format json --district E";
        parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        if !line.contains("--data") && !line.contains("--district") {
            let line = format!("{line} {everywhere}");
            parse(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}

#[test]
fn wrong_usage_has_exit_code_two_and_help_none() {
    for (line, code) in [
        ("tidyward", 2),
        ("tidyward fly", 2),
        ("tidyward review run", 2),
        (
            "tidyward review run --period 2013-q3 --again --trial a@1",
            2,
        ),
        (
            "tidyward rules activate standard@1.0.0 --from 2013-q3 --parameter target",
            2,
        ),
        (
            "tidyward review explain --period 2013-q3 --area 1 --language fr",
            2,
        ),
        ("tidyward token --district D --role admin --hours 0", 2),
        ("tidyward --help", 0),
        ("tidyward review --help", 0),
        ("tidyward --version", 0),
    ] {
        assert_eq!(parse(line).unwrap_err().exit_code(), code, "{line}");
    }
}

#[test]
fn flags_are_settings_and_only_those_given() {
    let cli = parse(
        "tidyward serve --listen 127.0.0.1:7 --insecure-no-tls --data /srv/t --log-format json",
    )
    .unwrap();
    let settings = load(&sources(&cli, std::iter::empty())).unwrap().settings;
    assert_eq!(settings.listen.port(), 7);
    assert!(settings.insecure_no_tls);
    assert_eq!(
        (settings.data, settings.log.format),
        ("/srv/t".into(), tidyward_kit::telemetry::LogFormat::Json)
    );
    assert_eq!(
        settings.log.filter,
        crate::config::Settings::default().log.filter
    );

    let cli =
        parse("tidyward issues list --district d --token t --server http://127.0.0.1:9").unwrap();
    let settings = load(&sources(&cli, std::iter::empty())).unwrap().settings;
    assert_eq!(settings.client.district, "d");
    assert_eq!(settings.client.token, "t");
    assert_eq!(settings.server(), "http://127.0.0.1:9");
}

#[test]
fn the_file_is_the_named_one_or_the_environments() {
    let environment = || [(CONFIG_VARIABLE.to_owned(), "/from/environment".to_owned())].into_iter();
    let cli = parse("tidyward config show").unwrap();
    assert_eq!(sources(&cli, std::iter::empty()).file, None);
    assert_eq!(
        sources(&cli, environment()).file,
        Some("/from/environment".into())
    );
    let cli = parse("tidyward config show --config /from/flag").unwrap();
    assert_eq!(sources(&cli, environment()).file, Some("/from/flag".into()));
}

#[test]
fn a_command_without_its_district_says_where_to_name_one() {
    let context = Context::new(
        crate::config::Settings::default(),
        Format::Table,
        Clock::system(),
    );
    let failure = context.district().unwrap_err();
    assert!(failure.usage);
    assert_eq!(
        failure.render(),
        "error: which district is meant?\n  next: say --district ID or set TIDYWARD_DISTRICT; `tidyward district list` \
         lists them\n"
    );
}
