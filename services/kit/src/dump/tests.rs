//! A dump is read as it was written, and nothing else is.

use std::{collections::BTreeMap, fs, path::Path};

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    manifest::{DistrictPart, Holds, Manifest, ObjectPart, TablePart},
    read::Dump,
    row::{Column, Kind, Row, Tally, Value, decode, encode},
    write::DumpWriter,
};

fn columns() -> Vec<Column> {
    let column = |name: &str, kind| Column {
        name: name.to_owned(),
        kind,
        optional: true,
    };
    vec![
        column("a", Kind::Text),
        column("b", Kind::Whole),
        column("c", Kind::Real),
        column("d", Kind::Bytes),
    ]
}

fn rows() -> Vec<Row> {
    (0..50)
        .map(|index| {
            vec![
                Value::Text(format!("street {index}")),
                Value::Whole(index - 25),
                if index % 2 == 0 {
                    Value::Null
                } else {
                    Value::Real(index as f64 / 3.0)
                },
                Value::Bytes(vec![index as u8; 3]),
            ]
        })
        .collect()
}

/// Writes a dump of those rows and one object.
fn write(path: &Path, change: impl FnOnce(&mut Manifest)) {
    let object = b"a photo".repeat(20);
    let mut out = DumpWriter::begin(fs::File::create(path).unwrap()).unwrap();
    let mut tally = Tally::default();
    for row in rows() {
        let row = encode(&row);
        tally.add(&row);
        out.row(&row).unwrap();
    }
    out.bytes(&object).unwrap();
    let (rows, sha256) = tally.finish();
    let table = TablePart {
        table: "street".to_owned(),
        columns: columns(),
        rows,
        sha256,
    };
    let sha256 = hex::encode(Sha256::digest(&object));
    let object = ObjectPart {
        room: String::new(),
        name: sha256.clone(),
        sha256,
        bytes: object.len() as u64,
    };
    let mut manifest = Manifest {
        holds: Holds::District,
        release: "0.0.0".to_owned(),
        made_at: 1,
        migrations: BTreeMap::new(),
        districts: vec![DistrictPart::new("d", vec![table], vec![object])],
        keys: Vec::new(),
        sha256: String::new(),
    };
    manifest.sha256 = manifest.digest();
    change(&mut manifest);
    out.finish(&manifest, &SigningKey::from_bytes(&[7; 32]))
        .unwrap();
}

fn words(path: &Path) -> String {
    Dump::open(path, None).unwrap_err().message
}

#[test]
fn what_was_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.dump");
    write(&path, |_| {});
    let mut dump = Dump::open(&path, None).unwrap();
    let signer = dump.signer.clone();
    let part = dump.manifest.districts[0].clone();
    assert_eq!(part.rows(), 50);
    let mut body = dump.body().unwrap();
    let read: Vec<Row> = (0..50)
        .map(|_| body.row(&part.tables[0].columns).unwrap())
        .collect();
    assert_eq!(read, rows());
    let object = body.bytes(part.objects[0].bytes).unwrap();
    assert_eq!(object, b"a photo".repeat(20));
    Dump::open(&path, Some(&signer)).unwrap();
    let error = Dump::open(&path, Some("00ff")).unwrap_err();
    assert!(
        error.message.contains("not the one that was asked for"),
        "{error}"
    );
}

#[test]
fn one_bit_anywhere_and_any_cut_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.dump");
    write(&path, |_| {});
    let whole = fs::read(&path).unwrap();
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        fs::write(&path, bytes).unwrap();
        let words = words(&path);
        let expected = if place < 8 {
            "is no dump"
        } else {
            "was changed after it was signed"
        };
        assert!(words.contains(expected), "byte {place}: {words}");
    }
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        words(&path);
    }
    fs::write(&path, [whole.as_slice(), b"\n"].concat()).unwrap();
    assert!(words(&path).contains("was changed"));
}

#[test]
fn what_is_signed_but_not_true_is_refused() {
    type Lie = (&'static str, fn(&mut Manifest));
    let lies: [Lie; 4] = [
        ("not what its own manifest says", |manifest| {
            manifest.districts[0].tables[0].rows -= 1;
        }),
        ("not what its own manifest says", |manifest| {
            let part = &manifest.districts[0];
            let mut tables = part.tables.clone();
            tables[0].sha256 = "00".repeat(32);
            manifest.districts[0] = DistrictPart::new("d", tables, part.objects.clone());
            manifest.sha256 = manifest.digest();
        }),
        ("do not have their digest", |manifest| {
            let part = &manifest.districts[0];
            let mut objects = part.objects.clone();
            objects[0].bytes -= 1;
            manifest.districts[0] = DistrictPart::new("d", part.tables.clone(), objects);
            manifest.sha256 = manifest.digest();
        }),
        ("not what its own manifest says", |manifest| {
            let part = &manifest.districts[0];
            manifest.districts[0] = DistrictPart::new("d", part.tables.clone(), Vec::new());
            manifest.sha256 = manifest.digest();
        }),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.dump");
    for (expected, lie) in lies {
        write(&path, lie);
        let words = words(&path);
        assert!(words.contains(expected), "{words}");
    }
}

#[test]
fn a_row_of_other_columns_is_none() {
    let row = encode(&rows()[1]);
    assert!(decode(&row, &columns()).is_some());
    assert!(decode(&row, &columns()[..3]).is_none());
    let mut strict = columns();
    strict[0].kind = Kind::Bytes;
    assert!(decode(&row, &strict).is_none());
    let nothing = encode(&[Value::Null]);
    strict[0].optional = false;
    assert!(decode(&nothing, &strict[..1]).is_none());
}

proptest! {
    #[test]
    fn any_row_is_read_as_it_was_written(
        text in ".*", whole in any::<i64>(), real in -1e300..1e300_f64, bytes in any::<Vec<u8>>()
    ) {
        let row = vec![
            Value::Text(text), Value::Whole(whole), Value::Real(real), Value::Bytes(bytes),
        ];
        prop_assert_eq!(decode(&encode(&row), &columns()), Some(row));
    }
}
