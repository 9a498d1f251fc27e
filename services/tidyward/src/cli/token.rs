//! `tidyward token`: a bearer token made with the key in the data folder, with no server needed.

use std::time::Duration;

use clap::Args;
use tidyward_kit::{
    caller::{Caller, Role},
    key,
    token::Tokens,
};

use super::{
    context::Context,
    failure::Failure,
    output::{Cell, Format, Table, put, text},
};
use crate::data;

/// The longest that a token may be good for: a year.
const MOST_HOURS: u64 = 24 * 366;

#[derive(Args, Debug)]
pub struct TokenArguments {
    /// What the bearer may do, for example admin; may be given several times
    #[arg(long = "role", value_name = "ROLE", required = true)]
    pub roles: Vec<String>,
    /// Who the bearer is, as histories will show it
    #[arg(long, value_name = "NAME", default_value = "operator")]
    pub subject: String,
    /// Code of an area in which the bearer works, with all below it; may be given several times [default: everywhere]
    #[arg(long = "area", value_name = "CODE")]
    pub areas: Vec<String>,
    /// For how many hours it is good
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=MOST_HOURS))]
    pub hours: u64,
}

pub fn token(context: &Context, arguments: TokenArguments) -> Result<(), Failure> {
    let token = make(context, &arguments)?;
    match context.output.format {
        Format::Table => {
            put(token + "\n");
            Ok(())
        }
        Format::Json | Format::Csv | Format::Xlsx => {
            let mut table = Table::new(vec![text("token", "Token")]);
            table.rows.push(vec![Cell::text(token)]);
            context.print(&table)
        }
    }
}

fn make(context: &Context, arguments: &TokenArguments) -> Result<String, Failure> {
    let roles: Result<Vec<Role>, _> = arguments.roles.iter().map(|role| role.parse()).collect();
    let roles = roles.map_err(|error: tidyward_kit::Error| Failure {
        usage: true,
        ..Failure::from(error)
    })?;
    let named = context.settings.client.district.as_str();
    let district = match named {
        "" if roles == [Role::PlatformAdmin] => None,
        "" => {
            return Err(Failure::usage("for which district is the token?")
                .next("say --district ID; only --role platform_admin goes without"));
        }
        district => Some(district.to_owned()),
    };
    let path = data::token_key(&context.settings.data);
    let key = key::read(&path)?.ok_or_else(|| {
        Failure::new(format!("there is no key at {}; the server makes it on its first start", path.display()))
            .next("name the server's folder with --data DIR, or start the server once with `tidyward serve`")
    })?;
    let caller = Caller {
        subject: arguments.subject.clone(),
        district,
        roles,
        areas: arguments.areas.clone(),
    };
    let good_for = Duration::from_secs(arguments.hours * 3_600);
    Ok(Tokens::new(&key)?.make(&caller, context.clock.now(), good_for)?)
}

#[cfg(test)]
mod tests {
    use tidyward_kit::clock::Clock;

    use super::*;
    use crate::config::Settings;

    fn context(folder: &std::path::Path, district: &str) -> Context {
        let mut settings = Settings {
            data: folder.to_owned(),
            ..Settings::default()
        };
        settings.client.district = district.to_owned();
        Context::new(settings, Format::Table, Clock::system())
    }

    fn arguments(roles: &[&str]) -> TokenArguments {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        TokenArguments {
            roles,
            subject: "li".to_owned(),
            areas: vec!["C1".to_owned()],
            hours: 2,
        }
    }

    #[test]
    fn a_token_of_the_folders_key_is_the_servers_own() {
        let folder = tempfile::tempdir().unwrap();
        let key = key::read_or_make(&data::token_key(folder.path())).unwrap();
        let token = make(
            &context(folder.path(), "jinhua"),
            &arguments(&["admin", "auditor"]),
        )
        .unwrap();
        let caller = Tokens::new(&key).unwrap().read(&token).unwrap();
        assert_eq!(
            (caller.subject.as_str(), caller.district.as_deref()),
            ("li", Some("jinhua"))
        );
        assert_eq!(caller.roles, [Role::Admin, Role::Auditor]);
        assert_eq!(caller.areas, ["C1"]);
    }

    #[test]
    fn platform_admins_alone_need_no_district() {
        let folder = tempfile::tempdir().unwrap();
        key::read_or_make(&data::token_key(folder.path())).unwrap();
        make(&context(folder.path(), ""), &arguments(&["platform_admin"])).unwrap();
        let failure = make(&context(folder.path(), ""), &arguments(&["admin"])).unwrap_err();
        assert!(
            failure.usage && failure.next.contains("--district"),
            "{failure:?}"
        );
    }

    #[test]
    fn unknown_roles_and_missing_keys_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let failure = make(&context(folder.path(), "jinhua"), &arguments(&["king"])).unwrap_err();
        assert!(
            failure.render().contains("`king` is none; one of resident"),
            "{}",
            failure.render()
        );
        let failure = make(&context(folder.path(), "jinhua"), &arguments(&["admin"])).unwrap_err();
        assert!(failure.message.contains("first start"), "{failure:?}");
    }
}
