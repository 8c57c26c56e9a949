//! `preflight --fix-plan`: what is written, and that it is what helps.

use crate::program::{in_tree, run, s};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

fn plan(image: &str, directory: &Path) -> Value {
    let ran = run(["preflight", "--fix-plan", s(directory), s(&in_tree("fixtures").join(image))]);
    assert_eq!(ran.code, 10, "the image is as it was: {}", ran.stderr);
    serde_json::from_slice(&fs::read(directory.join("plan.json")).unwrap()).unwrap()
}

#[test]
fn the_diff_and_the_script_are_for_the_source_machine() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("plan");
    let before = fs::read(in_tree("fixtures/broken.qcow2")).unwrap();
    let plan = plan("broken.qcow2", &place);
    assert_eq!(fs::read(in_tree("fixtures/broken.qcow2")).unwrap(), before, "the image is never changed");
    let patch = fs::read_to_string(place.join("fix.patch")).unwrap();
    for line in
        ["-/dev/sdb1 /data ext4 defaults 0 2", "+/dev/sdb1 /data ext4 defaults,nofail 0 2", "+iface eth0 inet dhcp"]
    {
        assert!(patch.lines().any(|found| found == line), "{line}: {patch}");
    }
    assert!(plan["rules"].as_array().is_some_and(|rules| !rules.is_empty()), "{plan}");
    let checked = Command::new("sh").arg("-n").arg(place.join("fix.sh")).status().unwrap();
    assert!(checked.success());
    assert!(fs::read_to_string(place.join("README.md")).unwrap().contains("LNX-FSTAB-DEV"));
}

#[test]
fn the_patch_applies_to_the_files_that_it_is_about() {
    let directory = tempfile::tempdir().unwrap();
    let (place, root) = (directory.path().join("plan"), directory.path().join("root"));
    plan("broken.qcow2", &place);
    fs::create_dir_all(root.join("etc/network")).unwrap();
    // As the fixture's recipe writes them.
    let fstab = "UUID=b0070000-0000-4000-8000-000000000001 / ext4 errors=remount-ro 0 1\n\
                 UUID=B007-0E5F /boot/efi vfat umask=0077 0 1\n/dev/sdb1 /data ext4 defaults 0 2\n";
    let network = "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address 192.0.2.10/24\n    \
                   gateway 192.0.2.1\n";
    fs::write(root.join("etc/fstab"), fstab).unwrap();
    fs::write(root.join("etc/network/interfaces"), network).unwrap();
    if !crate::program::has("patch") {
        return;
    }
    let mut patch = Command::new("patch");
    patch.args(["-p1", "-s", "-F0", "-d", s(&root), "-i", s(&place.join("fix.patch"))]);
    assert!(patch.status().unwrap().success());
    assert!(fs::read_to_string(root.join("etc/fstab")).unwrap().contains("defaults,nofail"));
    let network = fs::read_to_string(root.join("etc/network/interfaces")).unwrap();
    assert!(network.contains("iface eth0 inet dhcp") && !network.contains("192.0.2.10"), "{network}");
}

#[test]
fn there_is_one_plan_for_one_image() {
    let directory = tempfile::tempdir().unwrap();
    let image = in_tree("fixtures/broken.qcow2");
    let ran = run(["preflight", "--fix-plan", s(directory.path()), s(&image), s(&image)]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none());
}
