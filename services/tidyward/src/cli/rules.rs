//! `tidyward rules`: a district's own scoring, checked, pushed, listed and put in force.

mod table;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use tidyward_evaluations::gate;
use tidyward_proto::v1::{
    ActivateRuleRequest, ListRuleActivationsRequest, ListRuleVersionsRequest,
    PushRuleVersionRequest, RuleActivation, RuleVersion,
};
use tidyward_rules::{
    compile::Compiler,
    host::{Host, HostSettings, OWN},
};

use super::{
    client::Client,
    context::Context,
    failure::Failure,
    output::{Tone, say},
    pages,
    upload::{self, Door},
};

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Look at a built rule as the server would, on this machine alone
    Check(FileArguments),
    /// Push a built rule through the gate
    Push(FileArguments),
    /// List every version of every rule, those that come with the server too
    List,
    /// Put a version in force from a period on
    Activate(ActivateArguments),
}

#[derive(Args, Clone, Debug)]
pub struct FileArguments {
    /// The rule, a WebAssembly component with its manifest
    pub file: PathBuf,
}

#[derive(Args, Clone, Debug)]
pub struct ActivateArguments {
    /// The rule and its version, for example standard@1.0.0
    #[arg(value_name = "ID@VERSION")]
    pub rule: String,
    /// First period for which it is in force, 2013-q3 or 2013-07
    #[arg(long, value_name = "PERIOD")]
    pub from: String,
    /// A parameter that differs from the manifest's default; may be given several times
    #[arg(long = "parameter", value_name = "ID=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,
}

pub async fn command(context: &Context, command: RulesCommand) -> Result<(), Failure> {
    match command {
        RulesCommand::Check(arguments) => check(context, &arguments.file),
        RulesCommand::Push(arguments) => {
            let version = push(&context.client().await?, &arguments.file).await?;
            context.print_record(&table::version_table(&[version], &[]))
        }
        RulesCommand::List => {
            let client = context.client().await?;
            let activations = activations(&client).await?;
            context.print(&table::version_table(
                &versions(&client).await?,
                &activations,
            ))
        }
        RulesCommand::Activate(arguments) => {
            let activation = activate(&context.client().await?, &arguments).await?;
            context.print_record(&table::activation_table(&activation))
        }
    }
}

/// The whole gate without a server.
fn check(context: &Context, file: &Path) -> Result<(), Failure> {
    let bytes = upload::read(file)?;
    let candidate = gate::pass(
        &compiler(context)?,
        OWN,
        &bytes,
        context.settings.review.fuel,
    )?;
    context.print_record(&table::candidate_table(&candidate))?;
    if context.output.for_people() {
        let words = "the gate lets it in: it fails on no row, scores each by its own facts, and punishes no report";
        say(context.output.toned(words, Tone::Good) + "\n");
    }
    Ok(())
}

/// For a rule that is looked at once.
pub fn compiler(context: &Context) -> Result<Compiler, Failure> {
    let host = Host::new(HostSettings::default());
    let host = host.map_err(|error| Failure::new(error.to_string()))?;
    Ok(Compiler::new(
        host,
        context.settings.review.compiler()?,
        None,
    ))
}

pub async fn push(client: &Client, file: &Path) -> Result<RuleVersion, Failure> {
    let bytes = upload::read(file)?;
    let file_name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut door = Door::Rules(client.rules());
    let upload = upload::send(client, &mut door, &file_name, bytes).await?;
    let request = PushRuleVersionRequest {
        parent: client.parent(),
        upload,
        validate_only: false,
        request_id: client.request_id(),
    };
    Ok(client
        .rules()
        .push_rule_version(request)
        .await?
        .into_inner())
}

pub async fn activate(
    client: &Client,
    arguments: &ActivateArguments,
) -> Result<RuleActivation, Failure> {
    let request = ActivateRuleRequest {
        name: version_name(client, &arguments.rule)?,
        from_period: arguments.from.clone(),
        parameters: arguments
            .parameters
            .iter()
            .cloned()
            .collect::<BTreeMap<_, _>>(),
        request_id: client.request_id(),
    };
    Ok(client.rules().activate_rule(request).await?.into_inner())
}

async fn versions(client: &Client) -> Result<Vec<RuleVersion>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListRuleVersionsRequest {
            parent: client.name("rules/-"),
            page_size,
            page_token,
        };
        let mut client = client.rules();
        let page = client.list_rule_versions(request).await?.into_inner();
        Ok((page.rule_versions, page.next_page_token))
    })
    .await
}

async fn activations(client: &Client) -> Result<Vec<RuleActivation>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListRuleActivationsRequest {
            parent: client.parent(),
            page_size,
            page_token,
        };
        let mut client = client.rules();
        let page = client.list_rule_activations(request).await?.into_inner();
        Ok((page.rule_activations, page.next_page_token))
    })
    .await
}

/// `ID@VERSION` as a resource's name.
pub fn version_name(client: &Client, rule: &str) -> Result<String, Failure> {
    match rule.split_once('@') {
        Some((id, version)) if !id.is_empty() && !version.is_empty() => {
            Ok(client.name(format!("rules/{id}/versions/{version}")))
        }
        _ => Err(Failure::usage(format!(
            "`{rule}` names no version of a rule; it looks like standard@1.0.0"
        ))
        .next("tidyward rules list")),
    }
}

/// A version's resource name as `ID@VERSION`.
pub fn short(version: &str) -> String {
    let ids: Vec<&str> = version.split('/').collect();
    match ids.as_slice() {
        ["districts", _, "rules", id, "versions", version] => format!("{id}@{version}"),
        _ => version.to_owned(),
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((id, value)) if !id.is_empty() && !value.is_empty() => {
            Ok((id.to_owned(), value.to_owned()))
        }
        _ => Err("it looks like target_percent=98".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_short_for_people() {
        assert_eq!(
            short("districts/d/rules/standard/versions/1.0.0"),
            "standard@1.0.0"
        );
        assert_eq!(short("something else"), "something else");
    }

    #[test]
    fn parameters_are_pairs() {
        assert_eq!(
            parameter("target=98").unwrap(),
            ("target".to_owned(), "98".to_owned())
        );
        for wrong in ["", "target", "=98", "target="] {
            assert!(parameter(wrong).is_err(), "{wrong}");
        }
    }
}
