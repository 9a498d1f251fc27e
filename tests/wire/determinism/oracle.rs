//! A second opinion on what a rule comes to: an interpreter runs the component's core module, called as the component model
//! says, and the host's part is done by the manifest's own arithmetic. It shares no code with the host that runs rules.

use tidyward_rules::{
    manifest::Manifest,
    points::ABSENT,
    score::{Facts, NO_STARS, Note, RunError, Scores},
};
use wasmi::{Engine, Linker, Memory, Module, Store, TypedFunc};
use wasmparser::{Parser, Payload};

const SCORE: &str = "tidyward:rules/scoring@1.0.0#score";

/// The core module within a component.
fn core_module(component: &[u8]) -> &[u8] {
    let mut modules = Parser::new(0).parse_all(component).filter_map(|payload| {
        match payload.expect("a component") {
            Payload::ModuleSection {
                unchecked_range, ..
            } => Some(unchecked_range),
            _ => None,
        }
    });
    let range = modules.next().expect("a core module");
    let (start, end) = (range.start as usize, range.end as usize);
    &component[start..end]
}

/// A rule that is interpreted.
pub struct Oracle {
    engine: Engine,
    module: Module,
    manifest: Manifest,
}

/// One instance of it.
struct Instance {
    store: Store<()>,
    memory: Memory,
    realloc: TypedFunc<(i32, i32, i32, i32), i32>,
    score: TypedFunc<i32, i32>,
}

impl Oracle {
    pub fn new(component: &[u8], manifest: &Manifest) -> Oracle {
        let engine = Engine::default();
        let module = Module::new(&engine, core_module(component)).expect("a valid module");
        Oracle {
            engine,
            module,
            manifest: manifest.clone(),
        }
    }

    /// The scores of all rows in chunks of so many, as the host gives them but for the fuel.
    pub fn score(&self, parameters: &[i64], facts: &Facts, chunk_rows: usize) -> Scores {
        let chunks = (0..facts.rows).step_by(chunk_rows).map(|first| {
            let rows = first..(first + chunk_rows).min(facts.rows);
            let chunk = facts.slice(rows);
            let raw = self.call(parameters, &chunk).expect("the rule scores");
            self.finish(&chunk, raw)
        });
        Scores::join(chunks.collect())
    }

    /// Whether it traps on the rows.
    pub fn traps(&self, parameters: &[i64], facts: &Facts) -> bool {
        self.call(parameters, facts).is_err()
    }

    fn instance(&self) -> Instance {
        let mut store = Store::new(&self.engine, ());
        let linker = Linker::new(&self.engine);
        let instance = linker.instantiate_and_start(&mut store, &self.module);
        let instance = instance.expect("it imports nothing");
        Instance {
            memory: instance.get_memory(&store, "memory").expect("a memory"),
            realloc: instance
                .get_typed_func(&store, "cabi_realloc")
                .expect("an allocator"),
            score: instance.get_typed_func(&store, SCORE).expect("a score"),
            store,
        }
    }

    /// Nothing where it traps.
    fn call(&self, parameters: &[i64], facts: &Facts) -> Result<Raw, RunError> {
        let mut rule = self.instance();
        let mut arguments = Vec::new();
        arguments.extend(rule.wide(parameters));
        arguments.push(facts.rows as u32);
        arguments.extend(rule.wide(&facts.inputs));
        let issues = &facts.issues;
        arguments.extend(rule.narrow(issues.starts.iter().copied()));
        arguments.extend(rule.narrow(issues.category.iter().map(|index| *index as u32)));
        for codes in [&issues.severity, &issues.source, &issues.state] {
            arguments.extend(rule.list(codes, 1, codes.len()));
        }
        let (reported, filed, due) = (&issues.reported, &issues.filed, &issues.due);
        for times in [reported, filed, due, &issues.handed_in, &issues.closed] {
            arguments.extend(rule.wide(times));
        }
        for counts in [&issues.failed_checks, &issues.marks] {
            arguments.extend(rule.narrow(counts.iter().copied()));
        }
        let bytes: Vec<u8> = arguments
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let at = rule.put(&bytes, 4);
        let result = rule.score.call(&mut rule.store, at as i32);
        let at = result.map_err(|trap| RunError::Host(trap.to_string()))? as u32;
        assert_eq!(rule.bytes(at, 1), [0], "the rule declines");
        // Behind the discriminant: pointer and length of each list.
        let list = |place: u32, size: u32| {
            let word = |at: u32| u32::from_le_bytes(rule.bytes(at, 4).try_into().expect("4 bytes"));
            let (pointer, length) = (word(at + 4 + 8 * place), word(at + 8 + 8 * place));
            rule.bytes(pointer, length * size)
        };
        let wide = |place| chunks(&list(place, 8)).map(i64::from_le_bytes).collect();
        let narrow = |place| chunks(&list(place, 4)).map(u32::from_le_bytes).collect();
        Ok(Raw {
            items: wide(0),
            stars: list(1, 1),
            rows: narrow(2),
            criteria: narrow(3),
            messages: narrow(4),
            values: wide(5),
            issues: narrow(6),
        })
    }

    fn finish(&self, facts: &Facts, raw: Raw) -> Scores {
        let rows = facts.rows;
        let criteria = self.manifest.criteria.len();
        assert_eq!((raw.items.len(), raw.stars.len()), (rows * criteria, rows));
        let total = |row: usize| {
            let items: Vec<i64> = (0..criteria)
                .map(|one| raw.items[one * rows + row])
                .collect();
            self.manifest.total(&items)
        };
        let totals: Vec<i64> = (0..rows).map(total).collect();
        let stars = (0..rows).map(|row| match self.manifest.stars.is_empty() {
            true if totals[row] == ABSENT => NO_STARS,
            true => raw.stars[row],
            false => self.manifest.stars(totals[row]).unwrap_or(NO_STARS),
        });
        let mut notes: Vec<Note> = (0..raw.rows.len())
            .map(|place| Note {
                row: raw.rows[place] as usize,
                criterion: raw.criteria[place] as usize,
                message: raw.messages[place] as usize,
                value: raw.values[place],
                // Counted within its row, which is the same in any chunk.
                issue: Some(raw.issues[place])
                    .filter(|issue| *issue != u32::MAX)
                    .map(|issue| issue - facts.issues.starts[raw.rows[place] as usize]),
            })
            .collect();
        notes.sort_by_key(|note| note.row);
        Scores {
            rows,
            stars: stars.collect(),
            totals,
            items: raw.items,
            notes,
            ..Scores::default()
        }
    }
}

/// What the rule gave back.
struct Raw {
    items: Vec<i64>,
    stars: Vec<u8>,
    rows: Vec<u32>,
    criteria: Vec<u32>,
    messages: Vec<u32>,
    values: Vec<i64>,
    issues: Vec<u32>,
}

impl Instance {
    /// Room in the rule's memory with the bytes in it.
    fn put(&mut self, bytes: &[u8], align: i32) -> u32 {
        let size = i32::try_from(bytes.len()).expect("it fits");
        let at = self.realloc.call(&mut self.store, (0, 0, align, size));
        let at = at.expect("the rule has room") as u32;
        let written = self.memory.write(&mut self.store, at as usize, bytes);
        written.expect("room in the memory");
        at
    }

    /// Pointer and length of a list.
    fn list(&mut self, bytes: &[u8], align: i32, length: usize) -> [u32; 2] {
        [self.put(bytes, align), length as u32]
    }

    fn wide(&mut self, values: &[i64]) -> [u32; 2] {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.list(&bytes.collect::<Vec<u8>>(), 8, values.len())
    }

    fn narrow(&mut self, values: impl ExactSizeIterator<Item = u32>) -> [u32; 2] {
        let length = values.len();
        let bytes = values.flat_map(u32::to_le_bytes);
        self.list(&bytes.collect::<Vec<u8>>(), 4, length)
    }

    fn bytes(&self, at: u32, length: u32) -> Vec<u8> {
        let data = self.memory.data(&self.store);
        data[at as usize..at as usize + length as usize].to_vec()
    }
}

fn chunks<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes
        .chunks_exact(N)
        .map(|part| part.try_into().expect("a whole part"))
}
