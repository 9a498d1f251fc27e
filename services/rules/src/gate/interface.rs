//! The exported interface must be exactly the published one; its type is written out as text and compared, so that a
//! refusal can show both.

use wasmparser::component_types::{
    ComponentDefinedType, ComponentEntityType, ComponentFuncType, ComponentValType,
};
use wasmparser::types::{Types, TypesRef};

use super::{INTERFACE, Refusal, RefusalReason};

/// The type of `score` as [`function`] writes it, the contract of `plugins/wit/rules.wit`.
const SCORE: &str = "func(parameters: list<s64>, facts: record { rows: u32, inputs: list<s64>, issues: record { \
    starts: list<u32>, category: list<s32>, severity: list<u8>, source: list<u8>, state: list<u8>, reported: list<s64>, \
    filed: list<s64>, due: list<s64>, handed-in: list<s64>, closed: list<s64>, failed-checks: list<u32>, \
    marks: list<u32> } }) -> result<record { items: list<s64>, stars: list<u8>, note-row: list<u32>, \
    note-criterion: list<u32>, note-message: list<u32>, note-value: list<s64>, note-issue: list<u32> }, \
    enum { bad-parameters, unsupported }>";

/// Types deeper than this are not the contract's, whatever they are.
const DEEPEST: usize = 8;

pub(super) fn check(types: &Types, exports: &[String]) -> Result<(), Refusal> {
    let types = types.as_ref();
    let Some(item) = types.component_item_for_export(INTERFACE) else {
        return Err(missing(exports));
    };
    let ComponentEntityType::Instance(instance) = item.ty else {
        let message = format!(
            "the export {INTERFACE} is not an interface; export the interface scoring of rules.wit"
        );
        return Err(Refusal::new(RefusalReason::WrongType, message).at(INTERFACE));
    };
    let Some(ComponentEntityType::Func(score)) =
        types[instance].exports.get("score").map(|item| item.ty)
    else {
        let message = format!(
            "the interface {INTERFACE} exports no function score; build the rule against rules.wit"
        );
        return Err(Refusal::new(RefusalReason::WrongType, message).at(INTERFACE));
    };
    let found = function(types, &types[score]);
    if found != SCORE {
        let message = format!(
            "the function score has another type than rules.wit gives it; build against that file. It is {found}, and must be {SCORE}"
        );
        return Err(
            Refusal::new(RefusalReason::WrongType, message).at(format!("{INTERFACE} score"))
        );
    }
    Ok(())
}

fn missing(exports: &[String]) -> Refusal {
    if let Some(other) = exports
        .iter()
        .find(|name| name.starts_with("tidyward:rules/scoring@"))
    {
        let message = format!(
            "the component exports {other}, and this release runs {INTERFACE}; build it with the SDK of this release"
        );
        return Refusal::new(RefusalReason::OtherVersion, message).at(other.clone());
    }
    let message = match exports {
        [] => format!("the component exports nothing; it must export {INTERFACE}"),
        names => format!(
            "the component exports {} and must export {INTERFACE}",
            names.join(", ")
        ),
    };
    Refusal::new(RefusalReason::NoScoring, message)
}

fn function(types: TypesRef, function: &ComponentFuncType) -> String {
    let parameters = function
        .params
        .iter()
        .map(|(name, kind)| format!("{name}: {}", value(types, *kind, 0)));
    let parameters: Vec<String> = parameters.collect();
    let asynchronous = if function.async_ { "async " } else { "" };
    let result = function
        .result
        .map(|kind| format!(" -> {}", value(types, kind, 0)))
        .unwrap_or_default();
    format!("{asynchronous}func({}){result}", parameters.join(", "))
}

fn value(types: TypesRef, kind: ComponentValType, depth: usize) -> String {
    if depth > DEEPEST {
        return "...".to_owned();
    }
    let inner = |kind: ComponentValType| value(types, kind, depth + 1);
    let optional = |kind: Option<ComponentValType>| kind.map_or("_".to_owned(), inner);
    let id = match kind {
        ComponentValType::Primitive(primitive) => return primitive.to_string(),
        ComponentValType::Type(id) => id,
    };
    match &types[id] {
        ComponentDefinedType::Primitive(primitive) => primitive.to_string(),
        ComponentDefinedType::Record(record) => {
            let fields = record
                .fields
                .iter()
                .map(|(name, kind)| format!("{name}: {}", inner(*kind)));
            format!("record {{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        ComponentDefinedType::List { element, .. } => format!("list<{}>", inner(*element)),
        ComponentDefinedType::Enum(cases) => {
            format!(
                "enum {{ {} }}",
                cases
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        ComponentDefinedType::Result { ok, err, .. } => {
            format!("result<{}, {}>", optional(*ok), optional(*err))
        }
        _ => "a type that is not in rules.wit".to_owned(),
    }
}
