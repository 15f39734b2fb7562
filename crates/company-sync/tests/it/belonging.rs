//! A store belongs to the systems that it was first used with.

use crate::world::{STORE_FILE, Wish, World, count};

/// `sync` in one world with the other's store.
fn sync_with_the_store_of(world: &World, other: &World) -> crate::world::Ended {
    let mut command = world.command(&["sync", "--json"]);
    command.env("COMPANY_SYNC_DATA_DIR", other.data_dir());
    crate::world::Ended::of(command.output().unwrap())
}

#[test]
fn a_store_of_other_systems_is_refused_before_anything_is_written() {
    let (ours, other) = (Wish::orders(8).start(), Wish::orders(5).start());
    // Looking leaves nothing behind: the store belongs to nobody yet.
    ours.run(&["sync", "--dry-run"]).expect(0);
    let shown = ours.run(&["systems", "show", "--json"]).expect(0).objects();
    assert!(shown.iter().all(|system| system["address"].is_null()), "{shown:?}");
    ours.sync().expect(0);
    let ended = sync_with_the_store_of(&other, &ours);
    ended
        .expect(2)
        .complains("VTiger at http://127.0.0.1:")
        .complains("--data-dir")
        .complains("systems accept");
    assert_eq!(ended.last()["error"]["code"], "store.other_address");
    assert_eq!((other.requests().0.write, other.requests().1.write), (0, 0));
    let shown = ours.run(&["systems", "show", "--json"]).expect(0).objects();
    let url = |variable: &str| {
        let found = ours.environment().into_iter().find(|(name, _)| name == variable);
        found.unwrap().1
    };
    assert_eq!(shown[0]["address"], url(crate::world::VTIGER_URL).as_str());
    assert_eq!(shown[1]["address"], url(crate::world::FRAPPE_URL).as_str());
    assert!(shown[1]["time_zone"].is_string(), "{shown:?}");
    let again = ours.sync().expect(0).last();
    assert_eq!(count(&again, "failed"), 0);
}

#[test]
fn check_tells_what_sync_would_refuse() {
    let (ours, other) = (Wish::orders(8).start(), Wish::orders(5).start());
    ours.sync().expect(0);
    ours.run(&["check"]).expect(0);
    let mut command = other.command(&["check"]);
    let elsewhere =
        crate::world::Ended::of(command.env("COMPANY_SYNC_DATA_DIR", ours.data_dir()).output().unwrap());
    let said = &elsewhere.expect(2).stdout;
    for part in ["[store.other_address]", "systems accept", "a store for these systems (store.other_address)"]
    {
        assert!(said.contains(part), "{part:?} is not in\n{said}");
    }
    // Another VTiger at the same address.
    for order in &ours.orders {
        ours.put_over(order, |record| {
            record.values.insert("createdtime".to_owned(), Some("2020-02-02 02:02:02".to_owned()));
        });
    }
    let answer = ours.run(&["check", "--json"]).expect(2).last();
    assert_eq!(answer["store"]["error"]["code"], "store.other_system", "{answer}");
    assert_eq!(answer["ready"], false);
}

#[test]
fn check_tells_of_a_store_that_is_damaged_or_none() {
    let world = Wish::orders(8).start();
    world.sync().expect(0);
    // With a backup, everything is in the file and nothing beside it.
    world.run(&["backup", "kept"]).expect(0);
    let file = world.data_dir().join(STORE_FILE);
    // A damaged page shows when it is read; no store at all is seen at once.
    let mut damaged = std::fs::read(&file).unwrap();
    let end = damaged.len();
    damaged[end - 3 * 4096..].fill(0x55);
    for bytes in [damaged, b"not a database ".repeat(1000)] {
        std::fs::write(&file, bytes).unwrap();
        let ended = world.run(&["check"]);
        ended.expect(3);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        for part in ["[store.corrupt]", STORE_FILE, "company-sync restore FILE"] {
            assert!(said.contains(part), "{part:?} is not in\n{said}");
        }
        assert!(!said.contains("Everything is there"), "{said}");
    }
    // What the remedy says can be done.
    world.run(&["restore", "kept"]).expect(0);
    world.run(&["check"]).expect(0);
}

#[test]
fn another_vtiger_at_the_same_address_gives_itself_away() {
    let world = Wish::orders(8).start();
    world.sync().expect(0);
    // What would be there: the same numbers, made at other times.
    for order in &world.orders {
        world.put_over(order, |record| {
            record.values.insert("createdtime".to_owned(), Some("2020-02-02 02:02:02".to_owned()));
        });
    }
    let ended = world.sync();
    assert_eq!(ended.expect(2).last()["error"]["code"], "store.other_system");
    ended.complains("another one than what is remembered");
    world.run(&["systems", "accept"]).expect(2).complains("[store.other_system]");
    world.run(&["sync", "--dry-run"]).expect(2).complains("[store.other_system]");
}

#[test]
fn the_same_systems_at_new_addresses_are_accepted_on_a_word() {
    let mut world = Wish::orders(8).start();
    world.run(&["systems", "show"]).expect(2).complains("[config.no_store]");
    world.sync().expect(0);
    world.move_to_other_ports();
    world.sync().expect(2).complains("[store.other_address]");
    let accepted = world.run(&["systems", "accept"]);
    assert!(!accepted.expect(0).stdout.contains("configured is"), "{accepted:?}");
    let run = world.sync().expect(0).last();
    assert_eq!(count(&run, "created"), 0, "{run}");
}
