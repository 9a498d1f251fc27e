//! What is refused, and that nothing is changed by it.

use ed25519_dalek::SigningKey;
use tidyward::moving::give::What;
use tidyward_kit::{
    clock::Clock,
    dump::{
        manifest::{Holds, Manifest},
        read::Dump,
        row::encode,
        write::DumpWriter,
    },
};

use super::{district, file, give, lived_in, made, settings, take};

/// The same dump with another manifest, signed by somebody.
fn forged(from: &std::path::Path, to: &std::path::Path, change: impl FnOnce(&mut Manifest)) {
    let mut dump = Dump::open(from, None).unwrap();
    let mut manifest = dump.manifest.clone();
    let mut body = dump.body().unwrap();
    let mut out = DumpWriter::begin(std::fs::File::create(to).unwrap()).unwrap();
    for part in &manifest.districts {
        for table in &part.tables {
            for _ in 0..table.rows {
                out.row(&encode(&body.row(&table.columns).unwrap()))
                    .unwrap();
            }
        }
        for object in &part.objects {
            out.bytes(&body.bytes(object.bytes).unwrap()).unwrap();
        }
    }
    change(&mut manifest);
    manifest.sha256 = manifest.digest();
    out.finish(&manifest, &SigningKey::from_bytes(&[9; 32]))
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_in_words() {
    let files = tempfile::tempdir().unwrap();
    let city = lived_in().await;
    let here = settings(city.stack.folder.path()).await;
    let (one, all) = (file(&files, "one"), file(&files, "all"));
    let given = give(&here, district(), &one).await;
    give(&here, What::Everything, &all).await;
    let (newer, older) = (file(&files, "newer"), file(&files, "older"));
    forged(&one, &newer, |manifest| {
        let ran = manifest.migrations.get_mut("issue_migration").unwrap();
        ran.push("m9999_tomorrow".to_owned());
    });
    forged(&one, &older, |manifest| {
        manifest
            .migrations
            .get_mut("issue_migration")
            .unwrap()
            .pop();
    });
    let (none, cut, bit) = (
        file(&files, "none"),
        file(&files, "cut"),
        file(&files, "bit"),
    );
    let mut bytes = std::fs::read(&one).unwrap();
    std::fs::write(&none, "district,name\n").unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&bit, &bytes).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let empty = made(folder.path()).await;
    let clock = Clock::system();
    let table = [
        (&one, &here, Holds::District, "is there already"),
        (&all, &empty, Holds::District, "tidyward restore FILE"),
        (&one, &empty, Holds::Backup, "tidyward district import FILE"),
        (
            &newer,
            &empty,
            Holds::District,
            "by a newer release, with m9999_tomorrow",
        ),
        (
            &older,
            &empty,
            Holds::District,
            "by an older release, without m00",
        ),
        (&none, &empty, Holds::District, "is no dump"),
        (&cut, &empty, Holds::District, "is cut short or was changed"),
        (&bit, &empty, Holds::District, "is cut short or was changed"),
        (
            &file(&files, "missing"),
            &empty,
            Holds::Backup,
            "cannot be read",
        ),
    ];
    for (path, settings, holds, words) in table {
        let error = take(settings, path, holds, &clock).await.unwrap_err();
        assert!(error.message.contains(words), "{words}: {error}");
    }
    // None of them has left anything, here or there.
    let again = give(&here, district(), &file(&files, "again")).await;
    assert_eq!(again.districts, given.districts);
    take(&empty, &all, Holds::Backup, &clock).await.unwrap();
    let error = take(&empty, &all, Holds::Backup, &clock).await.unwrap_err();
    assert!(
        error.message.contains("restore into an empty data folder"),
        "{error}"
    );
    city.stack.stop().await;
}
