//! A figure, its limit, and the table of all.

/// Something measured.
#[derive(Clone, Debug)]
pub struct Figure {
    pub work: String,
    pub value: f64,
    pub unit: &'static str,
    pub limit: Limit,
}

/// What the value has to reach.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    AtLeast(f64),
    AtMost(f64),
    /// What others are measured against.
    Nothing,
}

impl Figure {
    pub fn at_least(work: &str, value: f64, unit: &'static str, limit: f64) -> Figure {
        Figure::new(work, value, unit, Limit::AtLeast(limit))
    }

    pub fn at_most(work: &str, value: f64, unit: &'static str, limit: f64) -> Figure {
        Figure::new(work, value, unit, Limit::AtMost(limit))
    }

    pub fn bare(work: &str, value: f64, unit: &'static str) -> Figure {
        Figure::new(work, value, unit, Limit::Nothing)
    }

    fn new(work: &str, value: f64, unit: &'static str, limit: Limit) -> Figure {
        let work = work.to_owned();
        Figure {
            work,
            value,
            unit,
            limit,
        }
    }
}

pub fn print(figures: &[Figure]) {
    println!("{:<62} {:>12} {:<8} limit", "work", "measured", "");
    for figure in figures {
        let (limit, holds) = match figure.limit {
            Limit::AtLeast(least) => (format!("at least {least:.0}"), figure.value >= least),
            Limit::AtMost(most) => (format!("at most {most:.0}"), figure.value <= most),
            Limit::Nothing => (String::new(), true),
        };
        let missed = if holds { "" } else { "  MISSED" };
        let Figure {
            work, value, unit, ..
        } = figure;
        println!("{work:<62} {value:>12.1} {unit:<8} {limit}{missed}");
    }
}
