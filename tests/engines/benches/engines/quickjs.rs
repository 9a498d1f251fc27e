//! The rule in JavaScript; columns are typed arrays of doubles.

use rquickjs::{Context, Ctx, Function, Persistent, Runtime, TypedArray};
use tidyward_rules::score::Facts;

use super::chunks::{CRITERIA, chunks, columns, place};

pub fn items(facts: &Facts) -> impl FnMut() -> Vec<i64> {
    let script = Script::new();
    move || script.items(facts)
}

/// The function goes before the context that it lives in.
struct Script {
    score: Persistent<Function<'static>>,
    context: Context,
}

impl Script {
    fn new() -> Script {
        let runtime = Runtime::new().expect("an engine");
        let context = Context::full(&runtime).expect("a context");
        let score = context.with(|ctx| {
            let score = ctx.eval::<Function, _>(include_str!("twelve.js"));
            Persistent::save(&ctx, score.expect("the script compiles"))
        });
        Script { score, context }
    }

    fn items(&self, facts: &Facts) -> Vec<i64> {
        self.context.with(|ctx| {
            let score = self.score.clone().restore(&ctx);
            scored(facts, &ctx, &score.expect("the function"))
        })
    }
}

fn scored<'js>(facts: &Facts, ctx: &Ctx<'js>, score: &Function<'js>) -> Vec<i64> {
    let mut all = vec![0; CRITERIA * facts.rows];
    for rows in chunks(facts.rows) {
        let mut numbers = Vec::with_capacity(facts.inputs.len() / facts.rows * rows.len());
        for column in columns(facts, rows.clone()) {
            numbers.extend(column.iter().map(|fact| *fact as f64));
        }
        let inputs = TypedArray::<f64>::new(ctx.clone(), numbers).expect("memory");
        let items: TypedArray<f64> = score.call((inputs, rows.len())).expect("the script runs");
        let (given, _) = bytes(&items).as_chunks();
        place(&mut all, facts.rows, rows, given, |bytes| {
            f64::from_ne_bytes(bytes) as i64
        });
    }
    all
}

#[expect(unsafe_code, reason = "the engine lends its memory in no other way")]
fn bytes<'i>(items: &'i TypedArray<'_, f64>) -> &'i [u8] {
    // SAFETY: no script runs before the bytes have been read.
    let bytes = unsafe { items.as_bytes() };
    bytes.expect("the array has its memory")
}
