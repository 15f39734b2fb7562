//! Spanish, for whoever chose it: on every page, for them alone, and still after they come back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use super::viewer::{Browser, Viewer};
use crate::service::{MANAGER, PASSWORD, READER, Service};
use crate::world::Wish;

/// The messages of a language that say something without any gaps to fill, by key.
fn catalogue(language: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cs-web/messages").join(language);
    let files =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let text = files.collect::<Vec<_>>().concat();
    let whole = text.lines().filter(|line| !line.starts_with([' ', '#', '}']) && !line.contains('{'));
    whole
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, said)| (key.to_owned(), said.to_owned()))
        .collect()
}

/// What pages say in English and never in Spanish. What both catalogues say alike is a name, or one word; a sentence that
/// both say alike was not translated.
fn only_english() -> BTreeSet<String> {
    let (english, spanish) = (catalogue("en"), catalogue("es"));
    let spoken: BTreeSet<&String> = spanish.values().collect();
    let is_name = |said: &str| said.split(' ').all(|word| !word.starts_with(char::is_lowercase));
    let may_be_spanish = |said: &String| spoken.contains(said) && (!said.contains(' ') || is_name(said));
    english.into_values().filter(|said| !may_be_spanish(said)).collect()
}

/// That a page is in Spanish, to its last label.
#[track_caller]
fn assert_spanish(viewer: &Viewer, english: &BTreeSet<String>) {
    let script = "
        const parts = [];
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const parent = walker.currentNode.parentElement;
            // What is quoted of records, settings and the two systems' own labels stays as it is.
            if (!parent.closest('[lang=en], [translate=no], script, style, option, code, pre, del, ins')) parts.push(words(walker.currentNode.data));
        }
        for (const name of ['aria-label', 'placeholder', 'data-label', 'title'])
            for (const element of document.querySelectorAll('[' + name + ']')) parts.push(words(element.getAttribute(name)));
        return [document.documentElement.lang, parts.filter(part => part)]";
    let (language, parts): (String, Vec<String>) = viewer.eval(script, &[]);
    assert_eq!(language, "es", "{}", viewer.path());
    let left: Vec<&String> = parts.iter().filter(|part| english.contains(*part)).collect();
    assert!(left.is_empty(), "{} says in English: {left:?}", viewer.path());
}

#[test]
fn whoever_chooses_spanish_gets_every_page_in_spanish() {
    let Some(browser) = Browser::start("language") else { return };
    let world = Wish::orders(6).start();
    world.sync().expect(0);
    let service = Service::of(&world, "language", &[MANAGER, READER]);
    let viewer = browser.viewer();
    service.log_in(&viewer, MANAGER);
    viewer.press("Account");
    viewer.press("Profile");
    viewer.choose("Language", "Español");
    viewer.press("Save");
    viewer.see("h1", "Perfil");

    let english = only_english();
    assert!(english.len() > 500 && english.contains("Nothing was changed."), "{} messages", english.len());
    for place in viewer.read("nav.side a") {
        viewer.press_in("nav.side", &place);
        viewer.see("nav.side [aria-current]", &place);
        assert_spanish(&viewer, &english);
        let more = "return [...document.querySelectorAll('.tabs a, .page-actions a, main td:first-child a')].map(a => a.href)
            .filter(href => href.startsWith(location.origin))";
        let inner: BTreeSet<String> = viewer.eval::<Vec<String>>(more, &[]).into_iter().take(14).collect();
        for address in inner {
            viewer.open(&address);
            assert_spanish(&viewer, &english);
        }
    }

    // What is wrong with what somebody typed, too.
    viewer.open(&service.at("/settings/general"));
    viewer.fill("Dirección de este servicio", "sync.example.test");
    viewer.press("Guardar");
    viewer.see(".slip", "Escriba la dirección completa, como https://crm.example.test.");
    assert_spanish(&viewer, &english);

    // The choice is the person's, not the browser's: another browser has it, and another person has not.
    let other = browser.viewer();
    other.open(&service.at("/login"));
    other.fill("E-mail", MANAGER.address);
    other.fill("Password", PASSWORD);
    other.press("Log in");
    other.see("h1", "Espacio de trabajo");
    let lost = "return fetch('/nowhere').then(answer => answer.text()).then(text => [/<h1>(.*)<\\/h1>/.exec(text)[1]])";
    assert_ne!(other.eval::<Vec<String>>(lost, &[json!(null)]), ["There is no such page"]);
    other.press("Cuenta");
    other.press("Salir");
    service.log_in(&other, READER);
    assert_eq!(other.eval::<String>("return document.documentElement.lang", &[]), "en");
}
