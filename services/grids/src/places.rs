//! Where nodes are in the tree on a day: which of them stand, and what is above each.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tidyward_kit::{caller::District, db::Db, error::Error};

use crate::{area::Level, duty::Node, site::Site, store};

/// Steps from a grid to the top, at most; the tree has no more levels.
const STEPS: usize = 3;

/// An area that stands on the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub level: Level,
    pub parent: Option<String>,
}

/// Some nodes with all that is above them.
#[derive(Clone, Debug, Default)]
pub struct Places {
    areas: BTreeMap<String, Standing>,
    sites: BTreeMap<String, Site>,
}

impl Places {
    /// Looks up the nodes as they are on the day.
    pub async fn of(
        db: &Db,
        district: &District,
        day: Date,
        nodes: impl IntoIterator<Item = &Node>,
    ) -> Result<Places, Error> {
        let (mut wanted, mut sites) = (BTreeSet::new(), BTreeSet::new());
        for node in nodes {
            match node {
                Node::Area(code) => wanted.insert(code.clone()),
                Node::Site(id) => sites.insert(id.clone()),
            };
        }
        let mut places = Places::default();
        for site in store::site::some(db.read(), district, &sites).await? {
            if site.stands_on(day) {
                wanted.insert(site.area.clone());
                places.sites.insert(site.id.clone(), site);
            }
        }
        for _ in 0..STEPS {
            wanted.retain(|code| !places.areas.contains_key(code));
            if wanted.is_empty() {
                break;
            }
            let found = store::area::standing(db.read(), district, day, &wanted).await?;
            wanted = found
                .values()
                .filter_map(|one| one.parent.clone())
                .collect();
            places.areas.extend(found);
        }
        Ok(places)
    }

    /// Looks up nodes as they are on a day of their own each.
    pub async fn by_day<'n>(
        db: &Db,
        district: &District,
        nodes: impl IntoIterator<Item = (Date, &'n [Node])>,
    ) -> Result<BTreeMap<Date, Places>, Error> {
        let mut days: BTreeMap<Date, BTreeSet<&Node>> = BTreeMap::new();
        for (day, nodes) in nodes {
            days.entry(day).or_default().extend(nodes);
        }
        let mut places = BTreeMap::new();
        for (day, nodes) in days {
            places.insert(day, Places::of(db, district, day, nodes).await?);
        }
        Ok(places)
    }

    pub fn area(&self, code: &str) -> Option<&Standing> {
        self.areas.get(code)
    }

    /// The node and all above it, nearest first; nothing where it does not stand.
    pub fn chain(&self, node: &Node) -> Vec<Node> {
        let mut chain = Vec::new();
        let mut next = match node {
            Node::Area(code) => Some(code),
            Node::Site(id) => {
                let site = self.sites.get(id);
                chain.extend(site.map(|_| node.clone()));
                site.map(|site| &site.area)
            }
        };
        while let Some((code, standing)) = next.and_then(|code| self.areas.get_key_value(code)) {
            chain.push(Node::Area(code.clone()));
            next = standing.parent.as_ref();
        }
        chain
    }

    /// Whether the node stands, and lies in one of the areas or below; no areas are the whole district.
    pub fn within(&self, node: &Node, areas: &[String]) -> bool {
        let chain = self.chain(node);
        let covers = |one: &Node| matches!(one, Node::Area(code) if areas.contains(code));
        !chain.is_empty() && (areas.is_empty() || chain.iter().any(covers))
    }
}
