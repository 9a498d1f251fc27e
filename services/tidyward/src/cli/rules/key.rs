//! `tidyward rules key` and `tidyward rules policy`: who may sign rules, and what they may take.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ed25519_dalek::SigningKey;
use prost_types::FieldMask;
use tidyward_evaluations::signature::fingerprint;
use tidyward_proto::v1::{
    CreateRuleKeyRequest, GetRulePolicyRequest, ListRuleKeysRequest, RetireRuleKeyRequest, RuleKey,
    RulePolicy, UpdateRulePolicyRequest,
};

use crate::cli::{
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, say, text, unseen},
    pages, upload,
    words::instant,
};

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key: the secret into FILE, what may be shown into FILE.pub
    New(NewArguments),
    /// Register a key by its FILE.pub
    Add(AddArguments),
    /// List the keys of the district, the oldest first
    List,
    /// Retire a key: what it signed stays, it signs nothing more
    Retire(RetireArguments),
}

#[derive(Args, Clone, Debug)]
pub struct NewArguments {
    /// The file to write
    pub file: PathBuf,
}

#[derive(Args, Clone, Debug)]
pub struct AddArguments {
    /// The key's public part, 64 hexadecimal digits
    pub file: PathBuf,
    /// Whose it is
    #[arg(long, value_name = "TEXT")]
    pub title: String,
}

#[derive(Args, Clone, Debug)]
pub struct RetireArguments {
    /// The key's fingerprint, or its whole name
    pub key: String,
}

#[derive(Args, Clone, Debug)]
pub struct PolicyArguments {
    /// Whether rules must be signed by a registered key
    #[arg(long, value_name = "BOOL")]
    pub signature_required: Option<bool>,
    /// The largest component in bytes; 0 is the default; for the platform's admin
    #[arg(long, value_name = "BYTES")]
    pub component_bytes_limit: Option<i64>,
    /// The fuel of every call; 0 is the server's; for the platform's admin
    #[arg(long, value_name = "UNITS")]
    pub call_fuel_limit: Option<i64>,
    /// Versions that may have been pushed; 0 is the default; for the platform's admin
    #[arg(long, value_name = "N")]
    pub versions_limit: Option<i64>,
}

pub async fn command(context: &Context, command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::New(arguments) => new(&arguments.file),
        KeyCommand::Add(arguments) => {
            let client = context.client().await?;
            let public = upload::read_text(&arguments.file)?;
            let public_key = hex::decode(public.trim()).map_err(|_| {
                let file = arguments.file.display();
                Failure::usage(format!(
                    "`{file}` is no public key of 64 hexadecimal digits"
                ))
                .next("tidyward rules key new FILE")
            })?;
            let request = CreateRuleKeyRequest {
                parent: client.parent(),
                rule_key: Some(RuleKey {
                    public_key,
                    title: arguments.title,
                    ..RuleKey::default()
                }),
                request_id: client.request_id(),
            };
            let key = client.rules().create_rule_key(request).await?.into_inner();
            context.print_record(&key_table(&[key]))
        }
        KeyCommand::List => {
            let client = context.client().await?;
            let keys = pages::all(async |page_size, page_token| {
                let request = ListRuleKeysRequest {
                    parent: client.parent(),
                    page_size,
                    page_token,
                };
                let page = client.rules().list_rule_keys(request).await?.into_inner();
                Ok((page.rule_keys, page.next_page_token))
            });
            context.print(&key_table(&keys.await?))
        }
        KeyCommand::Retire(arguments) => {
            let client = context.client().await?;
            let request = RetireRuleKeyRequest {
                name: client.named("ruleKeys", &arguments.key),
                request_id: client.request_id(),
            };
            let key = client.rules().retire_rule_key(request).await?.into_inner();
            context.print_record(&key_table(&[key]))
        }
    }
}

fn new(file: &Path) -> Result<(), Failure> {
    let public_file = PathBuf::from(format!("{}.pub", file.display()));
    for path in [file, &public_file] {
        if path.exists() {
            let words = format!("`{}` is there already; name another file", path.display());
            return Err(Failure::usage(words));
        }
    }
    let key = tidyward_kit::key::read_or_make(file)?;
    let public = key.verifying_key().to_bytes();
    let text = hex::encode(public) + "\n";
    crate::cli::output::write_file(&public_file, text.as_bytes())?;
    say(format!(
        "{} is the secret, only its owner can read it; register {} by `tidyward rules key add`\nfingerprint {}\n",
        file.display(),
        public_file.display(),
        fingerprint(&public)
    ));
    Ok(())
}

/// The secret of a file.
pub fn read(path: &Path) -> Result<SigningKey, Failure> {
    tidyward_kit::key::read(path)?.ok_or_else(|| {
        Failure::usage(format!("`{}` is not there", path.display()))
            .next("tidyward rules key new FILE")
    })
}

fn key_table(keys: &[RuleKey]) -> Table {
    let mut table = Table::new(vec![
        text("title", "Whose"),
        text("fingerprint", "Fingerprint"),
        text("created", "Registered"),
        text("retired", "Retired"),
        unseen("public_key"),
    ]);
    table.when_empty = "no key is registered; `tidyward rules key new FILE` makes one".to_owned();
    table.rows = keys
        .iter()
        .map(|key| {
            vec![
                Cell::text(&key.title),
                Cell::text(last(&key.name)),
                instant(key.create_time.as_ref()),
                instant(key.retire_time.as_ref()),
                Cell::text(hex::encode(&key.public_key)),
            ]
        })
        .collect();
    table
}

pub async fn policy(context: &Context, arguments: &PolicyArguments) -> Result<(), Failure> {
    let limits = [
        ("component_bytes_limit", arguments.component_bytes_limit),
        ("call_fuel_limit", arguments.call_fuel_limit),
        ("versions_limit", arguments.versions_limit),
    ];
    let given = limits.iter().filter(|limit| limit.1.is_some());
    let mut paths: Vec<String> = given.map(|limit| limit.0.to_owned()).collect();
    // Whoever has the data folder may set limits, too.
    let client = match paths.as_slice() {
        [] => context.client().await?,
        _ => {
            let mut client = context.platform().await?;
            client.district = context.district()?.to_owned();
            client
        }
    };
    let name = client.name("rulePolicy");
    if arguments.signature_required.is_some() {
        paths.push("signature_required".to_owned());
    }
    let policy = if paths.is_empty() {
        let request = GetRulePolicyRequest { name };
        client.rules().get_rule_policy(request).await?
    } else {
        let request = UpdateRulePolicyRequest {
            rule_policy: Some(RulePolicy {
                name,
                signature_required: arguments.signature_required.unwrap_or_default(),
                component_bytes_limit: arguments.component_bytes_limit.unwrap_or_default(),
                call_fuel_limit: arguments.call_fuel_limit.unwrap_or_default(),
                versions_limit: arguments.versions_limit.unwrap_or_default(),
            }),
            update_mask: Some(FieldMask { paths }),
            request_id: client.request_id(),
        };
        client.rules().update_rule_policy(request).await?
    };
    context.print_record(&policy_table(&policy.into_inner()))
}

fn policy_table(policy: &RulePolicy) -> Table {
    let mut table = Table::new(vec![
        text("signature_required", "Must be signed"),
        number("component_bytes_limit", "Bytes at most"),
        number("call_fuel_limit", "Fuel of a call"),
        number("versions_limit", "Versions at most"),
    ]);
    table.rows.push(vec![
        Cell::text(if policy.signature_required {
            "yes"
        } else {
            "no"
        }),
        Cell::Integer(policy.component_bytes_limit),
        Cell::Integer(policy.call_fuel_limit),
        Cell::Integer(policy.versions_limit),
    ]);
    table
}
