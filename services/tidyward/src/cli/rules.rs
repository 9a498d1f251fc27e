//! `tidyward rules`: a district's own scoring, checked, pushed, listed and put in force.

mod check;
mod key;
mod life;
mod table;

pub use table::difference_line;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use ed25519_dalek::Signer;
use tidyward_evaluations::{rule::VersionId, signature};
use tidyward_proto::v1::{
    ActivateRuleRequest, ListRuleActivationsRequest, ListRuleVersionsRequest,
    PushRuleVersionRequest, RuleActivation, RuleVersion,
};
use tidyward_rules::{
    compile::Compiler,
    host::{Host, HostSettings},
};

use super::{
    client::Client,
    context::Context,
    failure::Failure,
    output::put,
    pages,
    upload::{self, Door},
};

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Look at a built rule as the server would, on this machine alone
    Check(check::CheckArguments),
    /// Push a built rule through the gate
    Push(PushArguments),
    /// List every version of every rule, those that come with the server too
    List,
    /// Put a version in force from a period on, or in shadow
    Activate(ActivateArguments),
    /// Undo what is in force, or in shadow, from a period on; what was before counts again
    Rollback(life::RollbackArguments),
    /// Revoke a version for good
    Revoke(life::RevokeArguments),
    /// Keys whose signatures on rules are good
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Say what rules may take and whether they must be signed, or set it
    Policy(key::PolicyArguments),
    /// List every change of rules, keys and policy
    Log,
    /// List what rules used, by version and month
    Usage,
}

#[derive(Args, Clone, Debug)]
pub struct PushArguments {
    /// The rule, a WebAssembly component with its manifest
    pub file: PathBuf,
    /// Sign it by this key, which `rules key new` made
    #[arg(long, value_name = "KEY")]
    pub key: Option<PathBuf>,
    /// Go through the whole gate and keep nothing
    #[arg(long)]
    pub validate_only: bool,
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
    /// Score it beside the rule in force, as a trial of each review that is run
    #[arg(long)]
    pub shadow: bool,
}

pub async fn command(context: &Context, command: RulesCommand) -> Result<(), Failure> {
    match command {
        RulesCommand::Check(arguments) => check::check(context, &arguments),
        RulesCommand::Push(arguments) => {
            let version = push(&context.client().await?, &arguments).await?;
            context.print_record(&table::version_table(std::slice::from_ref(&version), &[]))?;
            if let Some(run) = version.dry_run.filter(|_| context.output.for_people()) {
                put(table::dry_run_lines(&run));
            }
            Ok(())
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
            context.print_record(&table::activation_table(&[activation]))
        }
        RulesCommand::Rollback(arguments) => life::rollback(context, &arguments).await,
        RulesCommand::Revoke(arguments) => life::revoke(context, &arguments).await,
        RulesCommand::Key(command) => key::command(context, command).await,
        RulesCommand::Policy(arguments) => key::policy(context, &arguments).await,
        RulesCommand::Log => life::log(context).await,
        RulesCommand::Usage => life::usage(context).await,
    }
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

pub async fn push(client: &Client, arguments: &PushArguments) -> Result<RuleVersion, Failure> {
    let file = &arguments.file;
    let bytes = upload::read(file)?;
    let (signature, signature_key) = match &arguments.key {
        Some(path) => signed(client, path, &bytes)?,
        None => (Vec::new(), String::new()),
    };
    let file_name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut door = Door::Rules(client.rules());
    let upload = upload::send(client, &mut door, &file_name, bytes).await?;
    let request = PushRuleVersionRequest {
        parent: client.parent(),
        upload,
        validate_only: arguments.validate_only,
        request_id: client.request_id(),
        signature,
        signature_key,
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
        shadow: arguments.shadow,
    };
    Ok(client.rules().activate_rule(request).await?.into_inner())
}

/// The signature on a rule by the key of a file, and the key's name.
fn signed(client: &Client, path: &Path, bytes: &[u8]) -> Result<(Vec<u8>, String), Failure> {
    let key = key::read(path)?;
    // What is no rule is refused here already, since a signature is over its id and version.
    let candidate = tidyward_evaluations::rule::inspect(bytes)?;
    let id = VersionId::of(&candidate.manifest);
    let text = signature::text(&client.district, &id, &candidate.digest);
    let fingerprint = signature::fingerprint(&key.verifying_key().to_bytes());
    let signature = key.sign(text.as_bytes()).to_bytes().to_vec();
    Ok((signature, client.name(format!("ruleKeys/{fingerprint}"))))
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
