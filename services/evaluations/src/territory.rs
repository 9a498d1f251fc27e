//! What this service asks the others: the district's time zone, its areas, and the facts of its ledger.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, tz::TimeZone};
use tidyward_kit::{
    Error,
    caller::District,
    clock,
    peer::{LARGEST_MESSAGE, Peer, Peers},
    period::{Bounds, Period},
};
use tidyward_proto::v1::{
    CloseLedgerRequest, FactRow, GetDistrictRequest, StreamAreasRequest, StreamFactsRequest,
    grid_service_client::GridServiceClient, issue_service_client::IssueServiceClient,
};

use crate::collect::{LedgerFacts, ReviewedArea};

/// The other services, as this one sees them.
#[derive(Clone)]
pub struct Territory {
    peers: Peers,
    /// A district's time zone is fixed for ever.
    zones: Arc<Mutex<HashMap<District, TimeZone>>>,
}

impl Territory {
    pub fn new(peers: Peers) -> Territory {
        Territory {
            peers,
            zones: Arc::default(),
        }
    }

    pub async fn zone(&self, district: &District) -> Result<TimeZone, Error> {
        let known = self
            .zones
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(district)
            .cloned();
        if let Some(zone) = known {
            return Ok(zone);
        }
        let request = GetDistrictRequest {
            name: district.name(),
        };
        let answer = self
            .grids(district)?
            .get_district(request)
            .await?
            .into_inner();
        let zone = TimeZone::get(&answer.time_zone).map_err(Error::internal)?;
        self.remember_zone(district, zone.clone());
        Ok(zone)
    }

    pub(crate) fn remember_zone(&self, district: &District, zone: TimeZone) {
        self.zones
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(district.clone(), zone);
    }

    pub async fn bounds(&self, district: &District, period: Period) -> Result<Bounds, Error> {
        Ok(period.bounds(&self.zone(district).await?))
    }

    /// The codes of the areas valid at the period's last instant.
    pub async fn codes(
        &self,
        district: &District,
        period: Period,
    ) -> Result<HashSet<String>, Error> {
        let end = self.bounds(district, period).await?.end;
        let last =
            Timestamp::from_microsecond(end.as_microsecond() - 1).map_err(Error::internal)?;
        let request = StreamAreasRequest {
            parent: district.name(),
            at_time: Some(clock::to_wire(last)),
        };
        let mut stream = self
            .grids(district)?
            .stream_areas(request)
            .await?
            .into_inner();
        let mut codes = HashSet::new();
        while let Some(message) = stream.message().await? {
            let names = message.areas.into_iter().map(|area| area.name);
            codes.extend(names.filter_map(|name| name.rsplit('/').next().map(str::to_owned)));
        }
        Ok(codes)
    }

    /// Closes the ledger for a period and gives the number of the last event that counts.
    pub async fn close_ledger(&self, district: &District, period: Period) -> Result<i64, Error> {
        let request = CloseLedgerRequest {
            parent: district.name(),
            period: period.to_string(),
        };
        let answer = self.issues(district)?.close_ledger(request).await?;
        Ok(answer.into_inner().watermark)
    }

    /// Every fact that the ledger and the territory give, up to the watermark, or all where there is none.
    pub async fn facts(
        &self,
        district: &District,
        period: Period,
        watermark: Option<i64>,
    ) -> Result<LedgerFacts, Error> {
        let request = StreamFactsRequest {
            parent: district.name(),
            period: period.to_string(),
            watermark,
            rounds: false,
        };
        let mut stream = self
            .issues(district)?
            .stream_facts(request)
            .await?
            .into_inner();
        let mut facts = LedgerFacts::default();
        let mut columns = BTreeMap::new();
        while let Some(message) = stream.message().await? {
            facts.issues_outside += message.issues_outside;
            for row in message.rows {
                facts.areas.push(area(row)?);
            }
            columns.extend(
                message
                    .columns
                    .into_iter()
                    .map(|column| (column.name, column.values)),
            );
        }
        if let Some((name, _)) = columns
            .iter()
            .find(|(_, values)| values.len() != facts.areas.len())
        {
            return Err(Error::internal(format!(
                "the column `{name}` has not one value for each area"
            )));
        }
        facts.columns = columns;
        Ok(facts)
    }

    fn grids(&self, district: &District) -> Result<GridServiceClient<Peer>, Error> {
        let peer = self.peers.system(district)?;
        Ok(GridServiceClient::new(peer).max_decoding_message_size(LARGEST_MESSAGE))
    }

    fn issues(&self, district: &District) -> Result<IssueServiceClient<Peer>, Error> {
        let peer = self.peers.system(district)?;
        Ok(IssueServiceClient::new(peer).max_decoding_message_size(LARGEST_MESSAGE))
    }
}

fn area(row: FactRow) -> Result<ReviewedArea, Error> {
    let level = u8::try_from(row.level)
        .ok()
        .filter(|level| (1..=3).contains(level));
    Ok(ReviewedArea {
        level: level
            .ok_or_else(|| Error::internal(format!("the area `{}` has no level", row.code)))?,
        code: row.code,
        parent: row.parent,
        peer_group: row.peer_group,
        display_name: row.display_name,
    })
}
