use super::*;
use crate::testing::{partition, volumes};

fn text(tree: &Tree<'_>, path: &str) -> String {
    String::from_utf8(tree.read(path).unwrap().bytes).unwrap()
}

#[test]
fn links_stay_inside_the_guest() {
    let volumes = volumes(vec![partition(
        1,
        &[
            ("/usr/lib/os-release", "ID=x"),
            ("/etc/os-release", "-> /usr/lib/os-release"),
            ("/etc/up", "-> ../../../../usr/lib/os-release"),
            ("/lib", "-> usr/lib"),
            ("/loop", "-> loop"),
            ("/a", "-> b"),
            ("/b", "-> a/c"),
            ("/dangling", "-> /nowhere/at/all"),
            ("/through", "-> /etc/os-release/x"),
        ],
    )]);
    let tree = Tree::new(&volumes, 0);
    for path in ["/etc/os-release", "/etc/up", "/lib/os-release", "//lib/./os-release", "/etc/../lib/os-release"] {
        assert_eq!(text(&tree, path), "ID=x", "{path}");
    }
    for path in ["/loop", "/a", "/b"] {
        assert!(matches!(tree.find(path), Err(Gap::Unknown(_))), "{path}");
    }
    for path in ["/dangling", "/through", "/etc/os-release/x"] {
        assert_eq!(tree.find(path).err(), Some(Gap::Absent), "{path}");
    }
    assert_eq!(tree.link("/etc/os-release").unwrap(), "/usr/lib/os-release");
}

#[test]
fn what_is_mounted_hides_what_was_there() {
    let root = partition(1, &[("/usr/old", "old"), ("/bin", "-> usr/bin"), ("/var/x", "x")]);
    let volumes = volumes(vec![root, partition(2, &[("/bin/sh", "shell"), ("/up", "-> ../var/x")])]);
    let mut tree = Tree::new(&volumes, 0);
    assert_eq!(tree.find("/bin/sh").err(), Some(Gap::Absent));
    tree.mount("/usr", Ok(1));
    assert_eq!(text(&tree, "/bin/sh"), "shell");
    assert_eq!(text(&tree, "/usr/up"), "x");
    assert_eq!(tree.find("/usr/old").err(), Some(Gap::Absent));
    assert_eq!(tree.find("/usr/bin/sh").unwrap().inner.to_string(), "/bin/sh");
    assert_eq!(tree.evidence("/bin/sh").volume, Some(VolumeId::partition(2)));
    tree.mount("/var", Err(Reason::new("gone")));
    assert_eq!(tree.read("/usr/up").err(), Some(Gap::unknown("gone")));
}

#[test]
fn damage_is_unknown_and_a_failing_machine_is_remembered() {
    let volumes = volumes(vec![partition(1, &[("/bad", "!bad"), ("/io", "!io"), ("/dir/x", "")])]);
    let tree = Tree::new(&volumes, 0);
    assert!(matches!(tree.read("/bad"), Err(Gap::Unknown(_))));
    assert!(matches!(tree.read("/dir"), Err(Gap::Unknown(_))));
    assert!(volumes.failure().is_none());
    assert!(matches!(tree.read("/io"), Err(Gap::Unknown(_))));
    assert!(volumes.failure().is_some());
}

#[test]
fn a_guest_that_costs_too_much_is_left() {
    let volumes = volumes(vec![partition(1, &[("/etc/hosts", "x")])]);
    while volumes.spend(1 << 20).is_ok() {}
    assert!(matches!(Tree::new(&volumes, 0).read("/etc/hosts"), Err(Gap::Unknown(_))));
}
