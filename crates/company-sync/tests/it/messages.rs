//! What people read when something is wrong before or around a run, and the exit code that goes with it.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use cs_sandbox::vtiger::Rights;

use crate::picture::{KINDS, assert_same, duplicates, picture};
use crate::world::{
    ACCESS_KEY, API_SECRET, Ended, FRAPPE_URL, STORE_FILE, VTIGER_URL, Wish, World, assert_balanced, program,
    writes,
};

/// The program in an empty folder with nothing configured but this file.
fn configured(file: &str, arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("company-sync.toml"), file).unwrap();
    Ended::of(program(folder.path()).args(arguments).output().unwrap())
}

/// `sync` in this world, with a variable said differently.
fn sync_with(world: &World, variable: &str, value: &str) -> Ended {
    Ended::of(world.command(&["sync"]).env(variable, value).output().unwrap())
}

/// A run that stopped before it read anything: how it reads.
#[track_caller]
fn assert_stopped(ended: &Ended, parts: &[&str]) {
    for part in parts.iter().chain(&["policy: Error", "stopped: [", "what to do: "]) {
        assert!(ended.stdout.contains(part), "{part:?} is not in\n{}\n{}", ended.stdout, ended.stderr);
    }
}

/// An address where nobody answers.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn nothing_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["sync", "check"] {
        let ended = Ended::of(program(folder.path()).arg(command).output().unwrap());
        ended.expect(2);
        assert_eq!(
            ended.stderr,
            "error: nothing is said about VTiger [config.no_system]\n  what to do: Write a [vtiger] section (`company-sync \
             config init` writes a file to fill in), or try `company-sync demo`.\n"
        );
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn a_misspelt_key_is_named_with_its_place_and_no_secret_is_shown() {
    let secret = "hush-hush-hush";
    let ended = configured(&format!("[vtiger]\nuser = \"sync\"\n  acess_key = \"{secret}\"\n"), &["sync"]);
    ended.expect(2).complains("error: company-sync.toml:3:3: unknown field `acess_key`, expected one of");
    ended.complains("[config.malformed]").complains("what to do: Correct the line");
    assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
    let unquoted = configured(&format!("[frappe]\napi_secret = {secret}\n"), &["sync"]);
    unquoted.expect(2).complains("error: company-sync.toml:2:14: api_secret takes a text in quotes");
    assert!(!unquoted.stderr.contains(secret), "{}", unquoted.stderr);
}

#[test]
fn a_key_that_is_missing_is_asked_for() {
    let ended = configured("[vtiger]\nurl = \"http://localhost\"\nuser = \"sync\"\n", &["sync"]);
    ended.expect(2).complains("error: vtiger.access_key is not set [config.missing]");
    ended.complains(
        "what to do: Set `vtiger.access_key` in the configuration file, or COMPANY_SYNC_VTIGER_ACCESS_KEY.",
    );
}

#[test]
fn wrong_credentials_are_told_and_not_shown() {
    let world = Wish::orders(3).start();
    let ended = sync_with(&world, ACCESS_KEY.0, "wrong-key-whispered");
    assert_stopped(
        ended.expect(3),
        &["vtiger.credentials", "VTiger does not accept the user and access key"],
    );
    assert!(!format!("{ended:?}").contains("whispered"), "{ended:?}");
    let ended = sync_with(&world, API_SECRET.0, "wrong-secret-whispered");
    assert_stopped(
        ended.expect(3),
        &[
            "frappe.credentials",
            "Frappe does not accept the API key and secret",
            "Generate a new key and secret",
        ],
    );
    assert!(!format!("{ended:?}").contains("whispered"), "{ended:?}");
    assert_eq!(world.requests().1.write, 0);
    // The right ones do, with what the wrong ones left behind.
    assert_balanced(&world.sync().expect(0).last());
}

#[test]
fn a_vtiger_that_is_down_is_told() {
    let world = Wish::orders(3).start();
    let ended = sync_with(&world, VTIGER_URL, &nowhere());
    assert_stopped(
        ended.expect(3),
        &[
            "vtiger.unreachable",
            "no connection to the VTiger server at http://127.0.0.1:",
            "onnection refused",
            "Check that the server runs",
        ],
    );
}

#[test]
fn a_frappe_that_is_down_is_told() {
    let world = Wish::orders(3).start();
    let ended = sync_with(&world, FRAPPE_URL, &nowhere());
    assert_stopped(
        ended.expect(3),
        &[
            "frappe.unreachable",
            "no connection to the Frappe server at http://127.0.0.1:",
            "onnection refused",
            "Check that the server runs",
        ],
    );
    let check = Ended::of(world.command(&["check"]).env(FRAPPE_URL, nowhere()).output().unwrap());
    check.expect(3);
    assert!(
        check.stdout.contains("VTiger 8.3.0") && check.stdout.contains("not reached: [frappe.unreachable]"),
        "{check:?}"
    );
}

#[test]
fn an_unknown_mapping_is_answered_with_those_there_are() {
    let world = Wish::orders(1).start();
    let ended = world.run(&["sync", "--mapping", "polcy"]);
    ended
        .expect(2)
        .complains("error: there is no mapping \"polcy\"; there are: policy, crm [mapping.unknown]");
    ended.complains("what to do: Name one of those");
}

#[test]
fn a_bad_mapping_file_is_refused_with_every_mistake_and_its_place() {
    let world = Wish::orders(1).start();
    let mapping = "format = 1\nname = \"mine\"\n[[unit]]\nname = \"u\"\nmodule = \"SalesOrder\"\n[[unit.document]]\n\
                   role = \"owner\"\ndoctype = \"Contact\"\nexists_when = [\"first_name\"]\n[unit.document.fields]\n\
                   first_name = { vtiger = 2293, transfrom = \"trim\" }\nlast_name = { document = \"spouse\" }\n";
    fs::write(world.folder().join("mine.toml"), mapping).unwrap();
    fs::write(world.folder().join("company-sync.toml"), "[mapping.mine]\nfile = \"mine.toml\"\n").unwrap();
    let ended = world.run(&["sync", "--mapping", "mine"]);
    ended.expect(2).complains("mine.toml:11:31: a field's rule has no key `transfrom` [file.unknown_key]");
    ended
        .complains("help: did you mean `transform`?")
        .complains("mine.toml is not a mapping that can be used [mapping.invalid]");
    let validated = world.run(&["mapping", "validate", "mine.toml"]);
    validated.expect(2).complains("mine.toml:11:31:");
    assert!(!validated.stderr.contains("is not a mapping"), "{}", validated.stderr);
    assert_eq!(world.requests().0.read, 0, "no system was asked anything");
}

#[test]
fn of_very_many_mistakes_the_first_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let keys: Vec<String> = (0..50).map(|index| format!("strange_{index} = 1")).collect();
    let keys = keys.join("\n");
    fs::write(folder.path().join("many.toml"), format!("format = 1\nname = \"many\"\n{keys}")).unwrap();
    let validated =
        Ended::of(program(folder.path()).args(["mapping", "validate", "many.toml"]).output().unwrap());
    validated.expect(2).complains("many.toml: and ");
    // Twenty, and the line that counts the others.
    assert_eq!(validated.stderr.matches("many.toml:").count(), 21, "{}", validated.stderr);
}

#[test]
fn a_mapping_file_that_cannot_be_read_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("latin.toml"), b"name = \"polic\xed\"").unwrap();
    for file in ["latin.toml", "missing.toml"] {
        let validate = ["mapping", "validate", file];
        let ended = Ended::of(program(folder.path()).args(validate).output().unwrap());
        ended.expect(2).complains(&format!("cannot read the mapping file {file} [mapping.unreadable]"));
    }
}

#[test]
fn a_setting_or_a_variable_that_nobody_reads_is_refused_with_its_place() {
    let world = Wish::orders(1).start();
    fs::write(
        world.folder().join("company-sync.toml"),
        "[mapping.policy.settings]\nsales_form = 2026-01-01\n",
    )
    .unwrap();
    for command in ["sync", "check"] {
        let ended = world.run(&[command]);
        ended
            .expect(2)
            .complains("mapping policy has no setting `sales_form`, which company-sync.toml, [mapping.policy.settings] says")
            .complains("did you mean `sales_from`?");
    }
    fs::remove_file(world.folder().join("company-sync.toml")).unwrap();
    let ended = sync_with(&world, "COMPANY_SYNC_MAPPING_POLICY_COMPAMY", "x");
    ended.expect(2).complains("`compamy`, which COMPANY_SYNC_MAPPING_POLICY_COMPAMY says");
    let ended = sync_with(&world, "COMPANY_SYNC_DATADIR", "x");
    ended
        .expect(2)
        .complains("there is no variable COMPANY_SYNC_DATADIR")
        .complains("did you mean `DATA_DIR`?");
    assert_eq!(world.requests().0.read, 0, "no system was asked anything");
}

#[test]
fn a_misspelt_mapping_is_not_among_those_there_are() {
    let ended = configured(
        "[vtiger]\nurl=\"x\"\nuser=\"u\"\naccess_key=\"k\"\n[mapping.polcy.settings]\ncompany=\"x\"\n",
        &["sync"],
    );
    ended.expect(2).complains("there is no mapping \"polcy\"; there are: policy, crm [mapping.unknown]");
}

#[test]
fn whoever_only_looks_makes_no_data_directory() {
    let world = Wish::orders(1).start();
    for arguments in [&["runs"][..], &["log"], &["log", "--troubles"], &["runs", "--json"]] {
        let ended = world.run(arguments);
        ended.expect(2).complains("no run is remembered in ").complains("[config.no_store]");
        assert!(!world.data_dir().exists(), "{arguments:?}");
    }
    let check = world.run(&["check"]);
    assert!(check.expect(0).stdout.contains("is not there yet; the first sync makes it"), "{check:?}");
    assert!(!world.data_dir().exists());
    // Nor does a sync that has nothing to connect to.
    let mut command = world.command(&["sync"]);
    for variable in [FRAPPE_URL, API_SECRET.0, "COMPANY_SYNC_FRAPPE_API_KEY"] {
        command.env_remove(variable);
    }
    Ended::of(command.output().unwrap()).expect(2).complains("[config.no_system]");
    assert!(!world.data_dir().exists());
}

#[test]
fn an_address_with_a_password_is_never_shown() {
    let ended = configured(
        "[vtiger]\nurl = \"https://sync:hush@crm.example.test\"\nuser = \"u\"\naccess_key = \"k\"\n",
        &["config", "show"],
    );
    ended.expect(2).complains("vtiger.url holds a user or a password [config.credentials_in_url]");
    assert!(!format!("{ended:?}").contains("hush"), "{ended:?}");
}

#[test]
fn a_setting_that_is_missing_is_asked_for() {
    let world = Wish::orders(1).start();
    let mut command = world.command(&["sync"]);
    let ended = Ended::of(command.env_remove("COMPANY_SYNC_MAPPING_POLICY_COMPANY").output().unwrap());
    assert_stopped(
        ended.expect(2),
        &[
            "mapping.setting_missing",
            "needs the setting company: The ERPNext Company that the Sales Orders belong to",
            "Add `company = \"...\"` under [mapping.policy.settings] in the configuration, or set the variable \
             COMPANY_SYNC_MAPPING_POLICY_COMPANY.",
        ],
    );
    // `check` says the same, and is not content.
    let mut command = world.command(&["check"]);
    let check = Ended::of(command.env_remove("COMPANY_SYNC_MAPPING_POLICY_COMPANY").output().unwrap());
    check.expect(2);
    for part in ["[mapping.setting_missing]", "Missing: mapping policy: settings (company)."] {
        assert!(check.stdout.contains(part), "{part:?} is not in\n{}", check.stdout);
    }
}

#[test]
fn the_first_steps_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| Ended::of(program(folder.path()).args(arguments).output().unwrap());
    let begun = run(&["config", "init"]);
    assert!(begun.expect(0).stdout.contains("write VTiger's access key into vtiger.key"), "{begun:?}");
    let check = run(&["check"]);
    check.expect(2).complains("cannot read the secret in vtiger.key [config.unreadable_secret]");
    check.complains("Write the secret on the first line of that file");
    let day = run(&["companies", "try", "a.csv", "--company", "oscar", "--as-of", "18.3.2026"]);
    day.expect(2).complains("a day is written 2026-12-31");
}

#[test]
fn a_file_that_is_not_there_is_wrong_use_everywhere() {
    let world = Wish::orders(1).start();
    for arguments in [
        &["companies", "try", "none", "--company", "oscar"][..],
        &["companies", "validate", "none"],
        &["mapping", "validate", "none"],
        &["mapping", "diff", "none.toml"],
        &["sandbox", "--faults", "none"],
        &["sync", "--apply", "none"],
        &["restore", "none"],
    ] {
        let ended = world.run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
        ended.complains("none").complains("Check the path");
    }
    fs::write(world.folder().join("latin"), b"name = \"Compa\xf1ia\"").unwrap();
    world.run(&["companies", "validate", "latin"]).expect(2).complains("Save the file as text in UTF-8");
}

#[test]
fn a_setting_of_the_wrong_form_is_told_before_it_fails_every_order() {
    let world = Wish::orders(3).start();
    for (variable, value, part) in [
        (
            "DELIVERY_DATE",
            "31.12.2026",
            "Correct `delivery_date = \"2026-12-31\"` under [mapping.policy.settings]",
        ),
        ("SALES_FROM", "01/02/2026", "Correct `sales_from = \"2026-12-31\"` under [mapping.policy.settings]"),
        ("RATE", "free", "Correct `rate = \"12.50\"` under [mapping.policy.settings]"),
    ] {
        let variable = format!("COMPANY_SYNC_MAPPING_POLICY_{variable}");
        let ended = sync_with(&world, &variable, value);
        assert_stopped(ended.expect(2), &["mapping.setting_form", value, part, &variable]);
        let check = Ended::of(world.command(&["check"]).env(&variable, value).output().unwrap());
        check.expect(2);
        for part in ["[mapping.setting_form]", value, part, "Missing: mapping policy: settings ("] {
            assert!(check.stdout.contains(part), "{part:?} is not in\n{}", check.stdout);
        }
    }
    assert_eq!(world.requests().1.write, 0);
}

/// Takes a right on a DocType from everybody but the Administrator.
fn forbid(world: &World, doctype: &str, right: char) {
    let mut site = world.site();
    let mut kind = (*site.doctype(doctype).unwrap()).clone();
    for (_, rights) in &mut kind.permissions {
        rights.retain(|letter| letter != right);
    }
    site.install_doctypes(vec![Arc::new(kind)]);
}

#[test]
fn a_right_that_the_user_lacks_in_frappe_is_missing_for_check() {
    for (right, word) in [('r', "read"), ('c', "create"), ('w', "change")] {
        let world = Wish::orders(1).start();
        forbid(&world, "Customer", right);
        let check = world.run(&["check"]);
        check.expect(2);
        let verdict = check.stdout.lines().last().unwrap();
        assert!(verdict.contains("rights in Frappe (to ") && verdict.contains("Customer"), "{check:?}");
        assert!(verdict.contains(word), "{right}: {}", check.stdout);
        let answer = world.run(&["check", "--json"]).expect(2).last();
        assert_eq!(answer["ready"], false, "{answer}");
        assert!(answer["missing"][0].as_str().unwrap().contains("Customer"), "{answer}");
    }
}

#[test]
fn modules_that_vtiger_does_not_show_are_missing_for_check() {
    // A user of 8.3.0 without "View all" sees no module (facts/VTIGER.md, trap 7).
    let world = Wish::orders(1).start();
    let mut blind = world.system().users()[&1].clone();
    blind.rights = Rights::Profile;
    world.system().put_user(blind);
    let check = world.run(&["check"]);
    check.expect(2);
    let verdict = check.stdout.lines().last().unwrap();
    assert!(verdict.contains("rights in VTiger (to read SalesOrder)"), "{}", check.stdout);
}

#[test]
fn what_a_bare_frappe_lacks_is_listed_and_nothing_is_written() {
    let world = Wish::orders(3).bare().start();
    let check = world.run(&["check"]);
    check.expect(2);
    for part in [
        "Bank Card: MISSING: there is no such DocType",
        "Address: readable, creatable, changeable; MISSING fields: custom_vtiger_id",
        "Bank: readable, creatable, changeable; MISSING fields: custom_vtiger_id",
        "Bank Account: readable, creatable, changeable; MISSING fields: custom_vtiger_id",
        "Contact: readable, creatable, changeable; MISSING fields: custom_day_of_birth, custom_vtiger_id",
        "Customer: readable, creatable, changeable; MISSING fields: custom_vtiger_id",
        "Item: readable, creatable, changeable; MISSING fields: custom_vtiger_id",
        "Create a Custom Field `custom_vtiger_id` on Customer: type Data, with \"Unique\" ticked.",
        "Something is missing: mend what is listed, then check again.",
    ] {
        assert_eq!(check.stdout.matches(part).count(), 1, "{part:?} is not once in\n{}", check.stdout);
    }
    for field in [
        "ffm_app_id",
        "subscriber_id",
        "plan_hios_id",
        "plan_name",
        "sales_person",
        "sales_date",
        "digitizer",
    ] {
        let part = format!("Sales Order of Frappe has no field `custom_{field}`");
        assert!(check.stdout.contains(&part), "{part:?} is not in\n{}", check.stdout);
    }
    let sync = world.run(&["sync"]);
    assert_stopped(
        sync.expect(2),
        &["mapping.unfit", "does not fit the systems", " more", "Run `company-sync check`"],
    );
    assert_eq!(world.requests().1.write, 0);
    assert_eq!(KINDS.iter().map(|kind| world.site().count(kind)).sum::<usize>(), 0);
}

#[test]
fn a_good_check_says_so() {
    let world = Wish::orders(3).start();
    let check = world.run(&["check"]);
    check.expect(0);
    for part in [
        "VTiger 8.3.0",
        "Frappe erpnext 15",
        "Mapping policy\n",
        "Everything is there: `company-sync sync` can run.",
    ] {
        assert!(check.stdout.contains(part), "{part:?} is not in\n{}", check.stdout);
    }
    assert!(!check.stdout.contains("issing"), "{}", check.stdout);
    assert_eq!(world.requests().0.write + world.requests().1.write, 0);
}

#[test]
fn of_two_syncs_at_once_the_second_is_told_who_is_at_it() {
    let world = Wish::orders(40).start();
    let mut first = world.begin_sync();
    let process = first.id();
    while world.requests().1.write < 5 {
        assert!(first.try_wait().unwrap().is_none(), "the first run ended too early");
        std::thread::sleep(Duration::from_millis(1));
    }
    let second = world.run(&["sync"]);
    assert!(first.try_wait().unwrap().is_none(), "the first run ended before the second was answered");
    second.expect(3).complains(&format!("error: mapping policy is being run by process {process}"));
    second.complains("[run.busy]").complains("what to do: Wait for the other run to end.");
    let first = Ended::of(first.wait_with_output().unwrap());
    assert_eq!(first.expect(0).last()["status"], "Success", "and the first was not disturbed");
    world.sync().expect(0);
}

#[test]
fn a_run_that_was_killed_is_ended_by_the_next() {
    let world = Wish::orders(20).start();
    let mut killed = world.begin_sync();
    while world.requests().1.write < 20 {
        assert!(killed.try_wait().unwrap().is_none(), "the run ended too early");
        std::thread::sleep(Duration::from_millis(1));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(world.run(&["runs", "--json"]).objects()[0]["status"], "In Progress");
    world.sync().expect(0);
    let runs = world.run(&["runs", "--json"]).objects();
    assert_eq!(runs.len(), 2);
    assert_eq!((runs[0]["status"].as_str(), runs[1]["status"].as_str()), (Some("Success"), Some("Error")));
    assert_eq!(runs[1]["failure"]["code"], "run.abandoned");
    let left = fs::read_dir(world.data_dir()).unwrap().map(|entry| entry.unwrap().file_name());
    let locks: Vec<_> = left.filter(|name| name.to_string_lossy().ends_with(".lock")).collect();
    assert!(locks.is_empty(), "{locks:?}");
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let world = Wish::orders(1).start();
    fs::write(world.folder().join("a-file"), "").unwrap();
    let ended = world.run(&["sync", "--data-dir", "a-file/data"]);
    ended.expect(3).complains("error: cannot create ").complains("a-file/data [file.io]");
    ended.complains("what to do: Check the path and its permissions.");
}

#[test]
fn a_data_directory_that_cannot_be_written_into_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let world = Wish::orders(1).start();
    fs::create_dir(world.data_dir()).unwrap();
    fs::set_permissions(world.data_dir(), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(world.data_dir().join("probe"), "").is_ok() {
        println!("skipped: this user may write everywhere");
        return;
    }
    let ended = world.run(&["sync"]);
    ended.expect(3).complains(&world.data_dir().display().to_string()).complains("Permission denied");
    ended.complains("what to do: ");
    fs::set_permissions(world.data_dir(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_store_that_is_no_database_is_named_and_left_alone() {
    let world = Wish::orders(1).start();
    fs::create_dir(world.data_dir()).unwrap();
    let store = world.data_dir().join(STORE_FILE);
    let letter = "Dear reader, this is a letter and not a database.\n".repeat(100);
    fs::write(&store, &letter).unwrap();
    let ended = world.run(&["sync"]);
    ended.expect(3).complains("error: the store ").complains(&store.display().to_string());
    ended.complains("[store.corrupt]").complains("because: ").complains("file is not a database");
    ended.complains("what to do: Go back to a backup (`company-sync restore FILE`)");
    assert_eq!(fs::read_to_string(&store).unwrap(), letter);
    assert_eq!(world.requests().1.write, 0);
}

/// A file system of a few hundred kilobytes in a mount namespace of its own: a sync that fills it, then room, and a sync
/// that goes on.
const ON_A_FULL_DISK: &str = r#"
    mount -t tmpfs -o size=600k none "$COMPANY_SYNC_DATA_DIR" || exit 77
    "$PROGRAM" sync > full.out 2> full.err; echo $? > full.code
    mount -o remount,size=100m "$COMPANY_SYNC_DATA_DIR" || exit 78
    "$PROGRAM" sync --json > after.out 2> after.err; echo $? > after.code
    "$PROGRAM" sync --full --json > quiet.out 2> quiet.err; echo $? > quiet.code
"#;

/// What one of the commands of [`ON_A_FULL_DISK`] left.
fn of(world: &World, name: &str) -> Ended {
    let read = |what: &str| fs::read_to_string(world.folder().join(format!("{name}.{what}"))).unwrap();
    Ended { code: Some(read("code").trim().parse().unwrap()), stdout: read("out"), stderr: read("err") }
}

#[test]
fn a_full_disk_is_told_and_the_next_run_goes_on() {
    const ORDERS: usize = 60;
    let world = Wish::orders(ORDERS).start();
    fs::create_dir(world.data_dir()).unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", ON_A_FULL_DISK])
        .envs(world.environment());
    command.env("PROGRAM", env!("CARGO_BIN_EXE_company-sync")).current_dir(world.folder());
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() != Some(78) => {
            println!(
                "skipped: no file system can be mounted here: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            return;
        }
        other => panic!("{other:?}"),
    }
    let full = of(&world, "full");
    full.expect(3).complains("error: the disk that holds the store is full [store.disk_full]");
    full.complains("what to do: Free space on the disk, then run again: nothing that was recorded is lost.");
    let after = of(&world, "after");
    let run = after.expect(0).last();
    assert_balanced(&run);
    assert!(writes(&run) > 0, "the disk was full before everything was done: {run}");
    let undisturbed = Wish::orders(ORDERS).start();
    undisturbed.sync().expect(0);
    assert_eq!(duplicates(&world.site()), Vec::<String>::new());
    assert_same(&picture(&world.site()), &picture(&undisturbed.site()));
    assert_eq!(writes(&of(&world, "quiet").expect(0).last()), 0);
}
