//! Who answers for what (包干责任), as the territory says.

use jiff::Timestamp;
use tidyward_kit::{
    Error,
    caller::District,
    clock,
    peer::{LARGEST_MESSAGE, Peer},
};
use tidyward_proto::v1::{
    self as wire, DutyRole, FindDutiesRequest, duty_service_client::DutyServiceClient,
};

use super::{Territory, code};

/// Whose duties are asked about. What is empty or nothing narrows nothing.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Code of the area; nothing where only an officer or unit is asked about.
    pub area: Option<&'a str>,
    /// Codes of a category and all above it, nearest first. Empty leaves out duties for a category.
    pub categories: &'a [String],
    pub officer: &'a str,
    pub unit: &'a str,
    /// Rosters in force beside the ordinary one.
    pub rosters: &'a [String],
    pub at: Timestamp,
}

impl Question<'_> {
    /// Everybody who answers for the area then.
    pub fn of_area(area: &str, at: Timestamp) -> Question<'_> {
        Question {
            area: Some(area),
            categories: &[],
            officer: "",
            unit: "",
            rosters: &[],
            at,
        }
    }
}

/// Who answers for a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duties {
    /// Without a category: of the place itself first, then of the areas above; heads first.
    pub area: Vec<Duty>,
    /// For the category: nearest place first, then nearest category; heads first.
    pub category: Vec<Duty>,
}

/// Somebody's responsibility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Subject, as tokens name it.
    pub officer: String,
    pub display_name: String,
    /// Code; empty where the officer stands for none.
    pub unit: String,
    pub role: DutyRole,
    pub head: bool,
    /// Codes of areas and ids of sites.
    pub nodes: Vec<String>,
    /// Empty is every category.
    pub category: String,
    /// Empty is the ordinary roster.
    pub roster: String,
}

impl Duties {
    pub fn is_empty(&self) -> bool {
        self.area.is_empty() && self.category.is_empty()
    }

    /// Those of the area, then those of the category.
    pub fn all(&self) -> impl Iterator<Item = &Duty> {
        self.area.iter().chain(&self.category)
    }
}

impl Territory {
    /// Who answers for a place and a category at a time; with an officer or unit, only theirs.
    pub async fn find_duties(
        &self,
        district: &District,
        question: Question<'_>,
    ) -> Result<Duties, Error> {
        let node = question.area.map(|area| district.child("areas", area));
        let request = FindDutiesRequest {
            parent: district.name(),
            node: node.unwrap_or_default(),
            categories: question.categories.to_vec(),
            officer: question.officer.to_owned(),
            unit: question.unit.to_owned(),
            rosters: question.rosters.to_vec(),
            at_time: Some(clock::to_wire(question.at)),
        };
        let mut client = self.duty_client(district)?;
        let answer = client.find_duties(request).await?.into_inner();
        Ok(Duties {
            area: answer.area_duties.into_iter().map(duty).collect(),
            category: answer.category_duties.into_iter().map(duty).collect(),
        })
    }

    fn duty_client(&self, district: &District) -> Result<DutyServiceClient<Peer>, Error> {
        let peer = self.peers.system(district)?;
        Ok(DutyServiceClient::new(peer).max_decoding_message_size(LARGEST_MESSAGE))
    }
}

fn duty(told: wire::Duty) -> Duty {
    let nodes = told.nodes.iter().filter_map(|name| code(name));
    Duty {
        role: told.role(),
        nodes: nodes.map(str::to_owned).collect(),
        officer: told.officer,
        display_name: told.display_name,
        unit: told.unit,
        head: told.head,
        category: told.category,
        roster: told.roster,
    }
}
