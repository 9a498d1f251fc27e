//! The command line as it is promised: every command parses, the same flags stand everywhere, and usage has exit code 2.

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::read(line.split(' '))
}

#[test]
fn the_definition_has_no_contradiction() {
    Cli::command().debug_assert();
}

#[test]
fn no_help_shows_an_empty_default() {
    const EMPTY: &str = r#"[default: ""]"#;
    fn look(command: &mut clap::Command) {
        let help = command.render_long_help().to_string();
        assert!(!help.contains(EMPTY), "{help}");
        command.get_subcommands_mut().for_each(look);
    }
    let mut raw = Cli::command();
    raw.build();
    let raw = raw.find_subcommand_mut("issues").unwrap();
    let raw = raw.find_subcommand_mut("list").unwrap();
    let help = raw.render_long_help().to_string();
    assert!(help.contains(EMPTY), "there is nothing to hide: {help}");

    let mut command = without_empty_defaults(Cli::command());
    command.build();
    look(&mut command);
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
        "tidyward district export chicago --out FILE",
        "tidyward district import FILE --key 00ff",
        "tidyward backup --out FILE --with-keys",
        "tidyward restore FILE --data DIR",
        "tidyward import areas --mapping M.toml FILE",
        "tidyward import issues --mapping M.toml FILE",
        "tidyward import metrics --mapping M.toml FILE",
        "tidyward import problems issues 0197",
        "tidyward issues list --state closed --limit 3",
        "tidyward facts list",
        "tidyward facts show --period 2013-q3",
        "tidyward facts show --period 2013-q3 --area 41",
        "tidyward rules check FILE",
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
        "tidyward roles",
        "tidyward roles --role officer",
        "tidyward issues list --area C1 --overdue --order handling_deadline --own --since 2026-02-01 --filter round>1",
        "tidyward issues list --out issues.xlsx",
        "tidyward issues show 0197",
        "tidyward issues move 0197 verify --result passed",
        "tidyward issues move 0197 settle --note done",
        "tidyward issues move 0197 file --condition fence",
        "tidyward issues move 0197 reject --outcome not_found --reason gone",
        "tidyward issues move 0197 merge --into 0196",
        "tidyward issues move 0197 dispatch --assignee li --with wu --with wang --verdict overruled",
        "tidyward issues move 0197 accept --etag 7 --occurred 2026-02-13T09:00:00+08:00",
        "tidyward issues move 0197 return --reason elsewhere",
        "tidyward issues move 0197 request-extension --extra 2 --reason rain",
        "tidyward issues move 0197 decide-extension --approve",
        "tidyward issues move 0197 request-suspension --until 2026-02-20 --reason storm",
        "tidyward issues move 0197 decide-suspension --refuse --note no",
        "tidyward issues move 0197 resume",
        "tidyward issues move 0197 hand-in --note swept",
        "tidyward issues move 0197 check --result failed --note dirty",
        "tidyward issues move 0197 force-close --reason order",
        "tidyward issues move 0197 call-back --reached --solved",
        "tidyward issues move 0197 rate --satisfied",
        "tidyward issues move 0197 reopen --reason not_solved --note back",
        "tidyward issues move 0197 escalate --reason late",
        "tidyward issues move 0197 recheck --result passed",
        "tidyward issues move 0197 assign-task --title sweep --owner li",
        "tidyward issues move 0197 finish-task --task 1",
        "tidyward issues move 0197 withdraw-task --task 1 --reason done",
        "tidyward issues move 0197 note --text seen",
        "tidyward issues move 0197 hand-in --evidence a.jpg:after --evidence 0f0f:before",
        "tidyward issues report --category litter --source patrol --position 31.2,121.4 --evidence a.jpg:near",
        "tidyward issues report --category litter --source hotline --grid G1 --description smell",
        "tidyward issues candidates 0197",
        "tidyward evidence add FILE --type image/jpeg",
        "tidyward evidence show 0f0f",
        "tidyward evidence get 0f0f --out FILE --thumbnail",
        "tidyward post create --area C1 --text clean --good --evidence FILE --visible-from 2026-02-20",
        "tidyward post create --area C1 --text dirty --bad",
        "tidyward post list --area C1 --kind not_done --limit 3",
        "tidyward issues explain-deadline 0197 --stage handle --language zh",
        "tidyward issues erase-reporter 0197 --yes",
        "tidyward issues actions",
        "tidyward rates --from 2026-01-01 --to 2026-03-31 --by area --level community --measure close_rate --compare",
        "tidyward category list",
        "tidyward category show litter",
        "tidyward category set FILE",
        "tidyward calendar show",
        "tidyward calendar publish FILE.csv --hours mon-fri --published-until 2026-12-31",
        "tidyward calendar reckon 2 --from 2026-02-13 --area C1 --category litter",
        "tidyward suspension create --reason storm --until 2026-02-20 --area C1 --category litter --limit-percent 200",
        "tidyward suspension list --at 2026-02-19",
        "tidyward suspension end 0197",
        "tidyward area create G9 --level grid --parent C1 --from 2026-01-01 --boundary FILE",
        "tidyward area update G9 --households 40 --from 2026-02-01 --until 2026-12-31",
        "tidyward area versions G9",
        "tidyward site create gate --kind spot --area G9 --name Gate",
        "tidyward site list --filter x",
        "tidyward site update gate --until 2026-12-31",
        "tidyward duty create li --role street_chief --area G9 --site gate --head",
        "tidyward duty list --at 2026-02-19",
        "tidyward duty end 0197 --on 2026-02-19",
        "tidyward duty find --area G9 --category litter",
        "tidyward duty vacancies --level grid",
        "tidyward duty import --mapping M.toml FILE",
        "tidyward import duties --mapping M.toml FILE",
        "tidyward webhook create https://example.org/hook --kind escalated --kind filed",
        "tidyward webhook list",
        "tidyward watch --area C1 --filter kind=POSTED --from-token abc",
        "tidyward watch --from-beginning --limit 3",
        "tidyward webhook pause 0197",
        "tidyward webhook resume 0197",
        "tidyward webhook delete 0197",
        "tidyward notices --recipient li --issue 0197",
        "tidyward deliveries list --state dead",
        "tidyward deliveries retry 0197.0198",
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
        ("tidyward issues move 0197", 2),
        ("tidyward issues move 0197 fly", 2),
        ("tidyward issues move 0197 decide-extension", 2),
        ("tidyward issues move 0197 call-back --solved", 2),
        ("tidyward issues list --own --external", 2),
        ("tidyward duty create li --role cadre", 2),
        (
            "tidyward rates --from 2026-01-01 --to 2026-01-31 --by colour",
            2,
        ),
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

#[test]
fn data_goes_into_a_file_in_the_format_of_its_name() {
    let cli = parse("tidyward issues list --out issues.xlsx").unwrap();
    assert_eq!(cli.global.format(), Format::Xlsx);
    let cli = parse("tidyward issues list --out issues.xlsx --format csv").unwrap();
    assert_eq!(cli.global.format(), Format::Csv);
    let into = |line: &str| {
        let cli = parse(line).unwrap();
        let settings = crate::config::Settings::default();
        Context::new(settings, cli.global.format(), Clock::system()).into_file(cli.global.out)
    };
    assert!(into("tidyward issues list --out issues.csv").is_ok());
    let failure = into("tidyward issues list --format xlsx").unwrap_err();
    assert!(
        failure.usage && failure.next.contains("--out"),
        "{failure:?}"
    );
    let failure = into("tidyward issues list --out issues").unwrap_err();
    assert!(
        failure.usage && failure.next.contains("--format"),
        "{failure:?}"
    );
}
