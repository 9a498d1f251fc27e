//! Somebody who uploads files and has them looked at by the whole gate.

use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{
    AppendUploadRequest, CreateUploadRequest, PushRuleVersionRequest, RuleVersion, Upload,
    rule_service_client::RuleServiceClient,
};
use tidyward_tests::{Refusal, refusal};
use tonic::{Code, Status};

use super::case::{Case, Verdict, has_place};

/// The district's id.
pub const STRANGERS: &str = "strangers";
const PIECE: usize = 512 * 1_024;

#[derive(Clone)]
pub struct Stranger(pub RuleServiceClient<Peer>);

/// How an item of the corpus ended.
pub struct Ended {
    /// In one word, or the reason of a refusal.
    pub verdict: String,
    /// Why it should not have ended so.
    pub wrong: Option<String>,
}

impl Stranger {
    pub async fn create(&mut self, bytes: usize) -> Result<String, Status> {
        let create = CreateUploadRequest {
            parent: format!("districts/{STRANGERS}"),
            upload: Some(Upload {
                size_bytes: bytes as i64,
                ..Upload::default()
            }),
            request_id: String::new(),
        };
        Ok(self.0.create_upload(create).await?.into_inner().name)
    }

    pub async fn append(&mut self, name: &str, offset: usize, data: &[u8]) -> Result<(), Status> {
        let append = AppendUploadRequest {
            name: name.to_owned(),
            offset: offset as i64,
            data: data.to_vec(),
        };
        self.0.append_upload(append).await.map(|_| ())
    }

    pub async fn upload(&mut self, bytes: &[u8]) -> Result<String, Status> {
        let name = self.create(bytes.len()).await?;
        for (index, piece) in bytes.chunks(PIECE).enumerate() {
            self.append(&name, index * PIECE, piece).await?;
        }
        Ok(name)
    }

    pub async fn push(&mut self, upload: &str) -> Result<RuleVersion, Status> {
        self.push_signed(upload, Vec::new(), String::new()).await
    }

    pub async fn push_signed(
        &mut self,
        upload: &str,
        signature: Vec<u8>,
        signature_key: String,
    ) -> Result<RuleVersion, Status> {
        let push = PushRuleVersionRequest {
            parent: format!("districts/{STRANGERS}"),
            upload: upload.to_owned(),
            validate_only: true,
            signature,
            signature_key,
            ..PushRuleVersionRequest::default()
        };
        Ok(self.0.push_rule_version(push).await?.into_inner())
    }

    /// Has the case's file looked at, and compares.
    pub async fn sends(&mut self, case: &Case) -> Ended {
        let answer = match self.upload(&case.bytes).await {
            Ok(name) => self.push(&name).await,
            Err(status) => {
                let refused = refusal(Err::<(), _>(status));
                let expected =
                    matches!(case.verdict, Verdict::NotTaken(reason) if reason == refused.reason);
                return Ended::of(refused.reason.clone(), expected, &refused);
            }
        };
        match answer {
            Ok(version) => Ended::of(
                "accepted".into(),
                case.verdict == Verdict::Accepted,
                &version,
            ),
            Err(status) => refused(case.verdict, &refusal(Err::<(), _>(status))),
        }
    }
}

/// A refusal by the gate, or by somebody before it.
fn refused(verdict: Verdict, refused: &Refusal) -> Ended {
    let none = (String::new(), String::new());
    let (reason, place) = match (
        refused.metadata.get("refusal"),
        refused.metadata.get("place"),
    ) {
        (Some(reason), Some(place)) => (reason.clone(), place.clone()),
        _ => none,
    };
    if reason.is_empty() {
        return Ended::of(refused.reason.clone(), false, refused);
    }
    let is_expected = match verdict {
        Verdict::Refused(expected) => reason == expected,
        Verdict::Either(one, other) => reason == one || reason == other,
        Verdict::Accepted | Verdict::NotTaken(_) => false,
    };
    let is_told = refused.code == Code::InvalidArgument
        && refused.reason == "RULE_REFUSED"
        && refused.message.len() > "the rule is refused: ".len()
        && (!place.is_empty() || !has_place(&reason));
    let texts = refused.fields.iter().chain([&refused.message, &place]);
    let is_harmless = !texts.flat_map(|text| text.chars()).any(is_hidden);
    Ended::of(reason, is_expected && is_told && is_harmless, refused)
}

/// What nobody sees and a terminal or a line of text acts on.
fn is_hidden(letter: char) -> bool {
    let turns = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let tags = ('\u{e0000}'..='\u{e007f}').contains(&letter);
    letter.is_control() || turns || tags
}

impl Ended {
    pub fn of(verdict: String, expected: bool, told: &impl std::fmt::Debug) -> Ended {
        Ended {
            verdict,
            wrong: (!expected).then(|| format!("{told:?}")),
        }
    }
}
