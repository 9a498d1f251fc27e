//! The categories that every district begins with. None has a filing condition until the district gives it one.

/// One row of the starting set.
#[derive(Debug)]
pub struct Starting {
    pub code: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    /// Days after a closing in which an external report is a rebound; 0 is off.
    pub rebound_days: i32,
}

const fn row(
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    rebound_days: i32,
) -> Starting {
    Starting {
        code,
        zh,
        en,
        rebound_days,
    }
}

/// The starting set.
#[rustfmt::skip]
pub const STARTING: [Starting; 19] = [
    row("litter",                "暴露垃圾",     "Litter",                0),
    row("garbage_not_collected", "垃圾未清运",   "Garbage not collected", 0),
    row("overflowing_bin",       "垃圾桶满溢",   "Overflowing bin",       0),
    row("dumping",               "乱倒垃圾渣土", "Dumping",               30),
    row("sewage",                "污水冒溢",     "Sewage",                0),
    row("dirty_road",            "道路不洁",     "Dirty road",            0),
    row("posters_graffiti",      "乱张贴涂写",   "Posters and graffiti",  7),
    row("occupied_pavement",     "占道经营堆物", "Occupied pavement",     0),
    row("illegal_stall",         "无证摊点",     "Illegal stall",         0),
    row("illegal_building",      "违章搭建",     "Illegal building",      0),
    row("overhead_cables",       "架空线缆杂乱", "Overhead cables",       0),
    row("parking",               "乱停车辆",     "Parking",               0),
    row("damaged_green",         "绿化损坏",     "Damaged green",         0),
    row("lighting",              "路灯故障",     "Lighting",              0),
    row("construction_site",     "工地管理",     "Construction site",     0),
    row("dead_animal",           "动物尸体",     "Dead animal",           0),
    row("public_toilet",         "公厕脏乱",     "Public toilet",         0),
    row("snow",                  "积雪未清",     "Snow",                  0),
    row("other",                 "其他",         "Other",                 0),
];
