//! Mappings from the command line: files to drafts to versions, compared, run by, and taken back.

use std::fs;

use crate::world::Wish;

/// The shipped mapping with another title and without one field.
fn changed(source: &str) -> String {
    let without: Vec<&str> =
        source.lines().filter(|line| !line.starts_with("custom_digitizer_date")).collect();
    without.join("\n").replacen("title = \"", "title = \"Ours: ", 1)
}

#[test]
fn a_file_becomes_a_version_that_runs_and_can_be_taken_back() {
    let world = Wish::orders(2).start();
    // Looking makes no store.
    assert!(world.run(&["mapping", "list"]).expect(0).stdout.contains("policy"));
    assert_eq!(world.run(&["mapping", "versions", "policy"]).expect(0).stdout, "Nothing was published.\n");
    world.run(&["mapping", "export", "policy", "--draft"]).expect(2).complains("[mapping.no_text]");
    assert!(!world.data_dir().exists());
    let shipped = world.run(&["mapping", "export", "policy"]);
    shipped.expect(0);
    // A file that is there is written over where somebody says so.
    let to = ["mapping", "export", "policy", "--to", "kept.toml"];
    let kept = || fs::read_to_string(world.folder().join("kept.toml")).unwrap();
    fs::write(world.folder().join("kept.toml"), "of somebody").unwrap();
    world.run(&to).expect(2).complains("kept.toml is there already [mapping.file_there]");
    assert_eq!(kept(), "of somebody");
    world.run(&[&to[..], &["--force"]].concat()).expect(0);
    assert_eq!(kept().trim_end(), shipped.stdout.trim_end());
    let file = world.folder().join("ours.toml");
    fs::write(&file, changed(&shipped.stdout)).unwrap();
    let file = file.display().to_string();

    // Something else than what runs is told line by line, and by the exit code.
    let diff = world.run(&["mapping", "diff", &file]);
    diff.expect(1);
    assert!(
        diff.stdout.contains("- policy/order: field custom_digitizer_date = \"cf_2255\""),
        "{}",
        diff.stdout
    );
    assert!(diff.stdout.contains("+ title = \"Ours: "), "{}", diff.stdout);

    world.run(&["mapping", "import", &file]).expect(0);
    let list = world.run(&["mapping", "list"]);
    assert!(list.expect(0).stdout.contains("policy  shipped"), "{}", list.stdout);
    assert!(list.stdout.contains("draft by command line"), "{}", list.stdout);
    world.run(&["mapping", "publish", "policy", "--note", "Ours"]).expect(0);
    world.run(&["mapping", "publish", "policy", "--note", "again"]).complains("has no draft").expect(2);
    world.run(&["mapping", "diff", &file]).expect(0);

    let run = world.sync();
    run.expect(0);
    assert_eq!(run.last()["edition"]["origin"]["version"], 1, "{}", run.stdout);
    world.run(&["mapping", "rollback", "policy", "--shipped"]).expect(0);
    let versions = world.run(&["mapping", "versions", "policy", "--json"]);
    let versions = versions.objects();
    let told: Vec<_> = versions.iter().map(|one| (&one["number"], one["note"].as_str().unwrap())).collect();
    assert_eq!(told[0].1, "Back to the text that came with the program");
    assert_eq!((told.len(), told[1].1), (2, "Ours"));
    let back = world.run(&["mapping", "export", "policy"]);
    assert_eq!(back.stdout, shipped.stdout);
    let first = world.run(&["mapping", "export", "policy", "--version", "1"]);
    assert!(first.stdout.contains("title = \"Ours: "), "{}", first.stdout);
    let run = world.sync();
    assert_eq!(run.last()["edition"]["origin"]["version"], 2, "{}", run.stdout);
}

#[test]
fn what_is_wrong_or_fixed_by_a_file_is_not_published() {
    let world = Wish::orders(1).start();
    let shipped = world.run(&["mapping", "export", "crm"]).stdout.clone();
    let file = world.folder().join("crm.toml");
    fs::write(&file, shipped.replace("module = \"Accounts\"", "modul = \"Accounts\"")).unwrap();
    let named = file.display().to_string();
    world.run(&["mapping", "import", &named]).complains("modul").expect(2);
    fs::write(&file, &shipped).unwrap();
    world.configure("[mapping.crm]\nfile = \"crm.toml\"\n");
    world.run(&["mapping", "import", &named, "--publish", "--note", "no"]).complains("crm.toml").expect(2);
    assert!(world.run(&["mapping", "list"]).stdout.contains("crm  file ("));
}
