//! Random values for any field: plausible ones, by what the field's comment says that it takes and by what earlier answers
//! held, and ones that nobody should send.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, FileDescriptor, Kind, MapKey,
    MessageDescriptor, Value,
};
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

/// A mapping of issues that works; the imports of the scene use it, too.
pub const MAPPING: &str = r#"
    source = "hotline"
    issue_source = "hotline"
    [columns]
    identity = "id"
    reported = "reported"
    closed = "closed"
    status = "status"
    category = "kind"
    latitude = "lat"
    longitude = "lon"
    [time]
    format = "%Y-%m-%d"
    [status]
    closed = ["closed"]
    open = ["open"]
    [[categories]]
    code = "litter"
    title = { en = "Litter", zh = "乱扔垃圾" }
    values = ["litter"]
    handling = "3 URGENT_DAYS"
"#;

/// Messages in messages, at most so deep on purpose.
const DEEPEST: usize = 6;
/// Values that are remembered of one kind.
const REMEMBERED: usize = 200;
/// 2026-02-13 in seconds: about when the scene is.
const PRESENT: i64 = 1_770_944_400;

/// Makes values, and remembers what answers held.
pub struct Values {
    pub(super) random: ChaCha8Rng,
    /// Whether the request is one that somebody sensible might send, so that it gets past the first look.
    pub(super) careful: bool,
    /// The district that is mostly meant.
    pub district: &'static str,
    /// The leading comment of each field, by its full name.
    pub(super) comments: BTreeMap<String, String>,
    /// Texts of answers, by the field that held them; names of resources also by their pattern.
    pub(super) learned: BTreeMap<String, Vec<String>>,
    /// Fields of oneofs, and which of them were sent.
    oneofs: BTreeSet<String>,
    sent: BTreeSet<String>,
}

impl Values {
    pub fn new(pool: &DescriptorPool, random: ChaCha8Rng) -> Values {
        let mut comments = BTreeMap::new();
        let mut oneofs = BTreeSet::new();
        let ours = pool
            .all_messages()
            .filter(|message| message.package_name() == "tidyward.v1");
        for message in ours {
            for field in message.fields() {
                let said = comment(&message.parent_file(), field.path());
                comments.insert(field.full_name().to_owned(), said);
            }
            let chosen = message.oneofs().filter(|oneof| !oneof.is_synthetic());
            if message.name().ends_with("Request") {
                let fields = chosen.flat_map(|oneof| oneof.fields().collect::<Vec<_>>());
                oneofs.extend(fields.map(|field| field.full_name().to_owned()));
            }
        }
        Values {
            random,
            careful: false,
            district: "jinhua",
            comments,
            learned: BTreeMap::new(),
            oneofs,
            sent: BTreeSet::new(),
        }
    }

    /// Fields of requests' oneofs that no request has had.
    pub fn untried_oneofs(&self) -> Vec<&String> {
        self.oneofs.difference(&self.sent).collect()
    }

    /// A request, mostly with most of its fields; every other one is careful.
    pub fn request(&mut self, message: &MessageDescriptor) -> DynamicMessage {
        self.careful = self.random.random_bool(0.5);
        self.message(message, 0)
    }

    /// The bytes of a request; now and then damaged on the way.
    pub fn bytes(&mut self, request: &DynamicMessage) -> Vec<u8> {
        let mut bytes = request.encode_to_vec();
        if !self.careful && !bytes.is_empty() && self.random.random_bool(0.04) {
            for _ in 0..self.random.random_range(1..4) {
                let place = self.random.random_range(0..bytes.len());
                bytes[place] = self.random.random();
            }
            if self.random.random_bool(0.3) {
                bytes.truncate(self.random.random_range(0..bytes.len()));
            }
        }
        bytes
    }

    /// Remembers every text of an answer.
    pub fn learn(&mut self, message: &DynamicMessage) {
        for (field, value) in message.fields() {
            self.learn_value(&field, value);
        }
    }

    fn learn_value(&mut self, field: &FieldDescriptor, value: &Value) {
        match value {
            Value::Message(message) => self.learn(message),
            Value::List(values) => {
                for value in values.iter().take(20) {
                    self.learn_value(field, value);
                }
            }
            Value::String(text) if !text.is_empty() && text.len() < 400 => {
                self.remember(field.name().to_owned(), text);
                if text.starts_with("districts/") {
                    self.remember(pattern(text), text);
                }
            }
            _ => {}
        }
    }

    fn remember(&mut self, key: String, text: &str) {
        let texts = self.learned.entry(key).or_default();
        if texts.iter().any(|known| known == text) {
            return;
        }
        if texts.len() < REMEMBERED {
            texts.push(text.to_owned());
        } else {
            let place = self.random.random_range(0..REMEMBERED);
            texts[place] = text.to_owned();
        }
    }

    fn message(&mut self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        if descriptor.full_name() == "google.protobuf.Timestamp" {
            return self.timestamp(message);
        }
        let full = self.random.random_bool(0.5);
        for oneof in descriptor.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            let fields: Vec<FieldDescriptor> = oneof.fields().collect();
            if let Some(field) = fields.choose(&mut self.random)
                && self.random.random_bool(0.98)
            {
                self.sent.insert(field.full_name().to_owned());
                let value = self.field(field, depth);
                message.set_field(field, value);
            }
        }
        let alone = |field: &FieldDescriptor| {
            let oneof = field.containing_oneof();
            oneof.is_none_or(|oneof| oneof.is_synthetic())
        };
        for field in descriptor.fields().filter(alone) {
            let likely = match field.name() {
                "parent" | "name" => 0.97,
                "page_token" | "etag" | "request_id" => 0.15,
                // Left out, it is the longest wait.
                "wait_seconds" => 1.0,
                _ if full => 0.85,
                _ => 0.4,
            };
            let deep = depth >= DEEPEST && field.kind().as_message().is_some();
            if !deep && self.random.random_bool(likely) {
                let value = self.field(&field, depth);
                message.set_field(&field, value);
            }
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        if field.is_map() {
            let count = self.random.random_range(0..4);
            let pairs = (0..count).map(|_| (MapKey::String(self.odd()), Value::String(self.odd())));
            return Value::Map(pairs.collect());
        }
        if field.is_list() {
            let count = match self.random.random_range(0..100) {
                _ if self.careful => 1,
                0 => 150,
                1..5 => 0,
                5..20 => 5,
                _ => self.random.random_range(1..3),
            };
            let values = (0..count).map(|_| self.one(field, depth));
            return Value::List(values.collect());
        }
        self.one(field, depth)
    }

    fn one(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        match field.kind() {
            Kind::String => Value::String(self.string(field)),
            Kind::Message(message) if message.name() == "FieldMask" => {
                Value::Message(self.mask(field, &message))
            }
            Kind::Message(message) => Value::Message(self.message(&message, depth + 1)),
            Kind::Enum(values) => {
                let numbers: Vec<i32> = values.values().map(|value| value.number()).collect();
                let said = usize::from(self.careful).min(numbers.len().saturating_sub(1));
                let known = *numbers[said..].choose(&mut self.random).unwrap_or(&0);
                let odd = [-1, 99, i32::MAX, i32::MIN];
                Value::EnumNumber(self.mostly(known, &odd, 0.95))
            }
            Kind::Bool => Value::Bool(self.random.random()),
            Kind::Double => {
                let plain = self.double(field.name());
                let odd = [
                    f64::NAN,
                    f64::INFINITY,
                    f64::NEG_INFINITY,
                    0.0,
                    -0.0,
                    1e308,
                    -91.0,
                ];
                Value::F64(self.mostly(plain, &odd, 0.85))
            }
            Kind::Float => Value::F32(self.random.random()),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                let plain = match field.name() {
                    // Who waits for nothing proves no more than who does not.
                    "wait_seconds" => 0,
                    _ => self.random.random_range(0..12),
                };
                let odd = [-1, i32::MAX, i32::MIN, 1_001, 100_000];
                Value::I32(self.mostly(plain, &odd, 0.85))
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                let plain = self.random.random_range(0..400);
                let odd = [-1, i64::MAX, i64::MIN, 1 << 33, 1 << 53];
                Value::I64(self.mostly(plain, &odd, 0.85))
            }
            Kind::Uint32 | Kind::Fixed32 => Value::U32(self.random.random()),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(self.random.random()),
            Kind::Bytes => {
                let length = self.random.random_range(0..400);
                let bytes: Vec<u8> = (0..length).map(|_| self.random.random()).collect();
                Value::Bytes(bytes.into())
            }
        }
    }

    /// The plain value, or one of the odd ones.
    fn mostly<T: Copy>(&mut self, plain: T, odd: &[T], share: f64) -> T {
        match self.careful || self.random.random_bool(share) {
            true => plain,
            false => *odd.choose(&mut self.random).unwrap_or(&plain),
        }
    }

    /// Degrees in the town, and what else is plausible for a number.
    fn double(&mut self, name: &str) -> f64 {
        match name {
            "latitude" => 30.0 + self.random.random_range(0.0..0.012),
            "longitude" => 120.0 + self.random.random_range(0.0..0.045),
            _ => self.random.random_range(0.0..60.0),
        }
    }

    fn timestamp(&mut self, mut message: DynamicMessage) -> DynamicMessage {
        let near = match self.careful {
            // What happened is past, what shall be is ahead.
            true if self.random.random_bool(0.3) => PRESENT + self.random.random_range(1..86_400),
            true => PRESENT + self.random.random_range(-3_600..0),
            false => PRESENT + self.random.random_range(-40 * 86_400..40 * 86_400),
        };
        let odd = [
            i64::MAX,
            i64::MIN,
            0,
            -62_135_596_800,
            -62_135_596_801,
            253_402_300_799,
            253_402_300_800,
            PRESENT,
            PRESENT - 3_600,
            4_102_444_800,
        ];
        let seconds = self.mostly(near, &odd, 0.7);
        let nanos = self.mostly(
            0,
            &[-1, 999_999_999, 1_000_000_000, i32::MAX, i32::MIN],
            0.9,
        );
        message.set_field_by_name("seconds", Value::I64(seconds));
        message.set_field_by_name("nanos", Value::I32(nanos));
        message
    }

    /// A mask of the paths that its field's comment names.
    fn mask(&mut self, field: &FieldDescriptor, descriptor: &MessageDescriptor) -> DynamicMessage {
        let said = self.comments.get(field.full_name()).cloned();
        let said = said.unwrap_or_default();
        let named: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
        let least = usize::from(self.careful);
        let count = self.random.random_range(least..4);
        let paths = (0..count).map(|_| {
            let sensible = self.careful || self.random.random_bool(0.9);
            let path = match named.choose(&mut self.random) {
                Some(path) if sensible => (*path).to_owned(),
                _ => self.odd(),
            };
            Value::String(path)
        });
        let paths = Value::List(paths.collect());
        let mut message = DynamicMessage::new(descriptor.clone());
        message.set_field_by_name("paths", paths);
        message
    }
}

/// The pattern of a name: its collections, with nothing where the ids stand.
pub(super) fn pattern(name: &str) -> String {
    name.split('/').step_by(2).collect::<Vec<_>>().join("/")
}

/// The leading comment of what stands at the path in the file.
pub fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let places = info.map_or(&[][..], |info| &info.location);
    let place = places.iter().find(|place| place.path == path);
    place.map_or_else(String::new, |place| place.leading_comments().to_owned())
}
