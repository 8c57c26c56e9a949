//! Whole hives.

use super::build::{Put, hive, sequences};
use super::walk::walk;
use hive::{Data, Hive, State};
use storage::ErrorKind;

fn sample() -> Vec<u8> {
    let long = vec![0xab; 40_000];
    hive(&[
        ("Select", "Current", Some(Put::Number(2))),
        (r"ControlSet002\Control\ComputerName", "ComputerName", Some(Put::Text("WIN-1"))),
        (r"ControlSet002\Control\ComputerName", "", Some(Put::Text("mnmsrvc"))),
        (r"ControlSet002\Services\viostor", "ImagePath", Some(Put::Expand(r"system32\drivers\viostor.sys"))),
        (r"ControlSet002\Services\viostor", "Owners", Some(Put::List(&["oem1.inf", "oem2.inf"]))),
        (r"ControlSet002\Services\viostor", "When", Some(Put::Long(1 << 40))),
        ("MountedDevices", r"\DosDevices\C:", Some(Put::Bytes(&[1, 2, 3, 4, 0, 0, 16, 0, 0, 0, 0, 0]))),
        ("MountedDevices", "short", Some(Put::Bytes(&[7]))),
        ("MountedDevices", "long", Some(Put::Bytes(&long))),
        ("Größe", "Ä", Some(Put::Text("中文"))),
    ])
}

#[test]
fn keys_and_values_of_every_type() {
    let hive = Hive::open(sample(), &[]).unwrap();
    assert_eq!((hive.state(), hive.damage().len()), (State::Clean, 0));
    assert_eq!(hive.key("select").unwrap().value("CURRENT").unwrap().number(), Some(2));
    let name = hive.key(r"\CONTROLSET002\control\ComputerName\").unwrap();
    assert_eq!(name.name(), "ComputerName");
    assert_eq!(name.value("computername").unwrap().text(), Some("WIN-1"));
    assert_eq!(name.value("").unwrap().text(), Some("mnmsrvc"));
    let driver = hive.key(r"ControlSet002\Services").unwrap().key("viostor").unwrap();
    assert_eq!(driver.value("ImagePath").unwrap().text(), Some(r"system32\drivers\viostor.sys"));
    assert_eq!(driver.value("Owners").unwrap().list().unwrap(), ["oem1.inf", "oem2.inf"]);
    assert_eq!(driver.value("When").unwrap().data, Data::Number(1 << 40));
    let devices = hive.key("MountedDevices").unwrap();
    assert_eq!(devices.value(r"\DosDevices\C:").unwrap().bytes().unwrap()[..4], [1, 2, 3, 4]);
    assert_eq!(devices.value("short").unwrap().bytes(), Some(&[7][..]));
    assert_eq!(devices.value("long").unwrap().bytes().unwrap(), vec![0xab; 40_000]);
    assert_eq!(hive.key("GRÖßE").unwrap().value("ä").unwrap().text(), Some("中文"));
    let names: Vec<_> = hive.root().unwrap().keys().map(|key| key.unwrap().name().to_owned()).collect();
    assert_eq!(names.len(), 4);
    assert_eq!(devices.values().count(), 3);
}

#[test]
fn what_is_not_there_is_not_found() {
    let hive = Hive::open(sample(), &[]).unwrap();
    assert_eq!(hive.key(r"Select\Deeper").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(hive.key("Select").unwrap().value("x").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn many_keys() {
    let names: Vec<_> = (0..600).map(|number| format!(r"Many\key{number:04}")).collect();
    let rows: Vec<_> = names.iter().map(|name| (name.as_str(), "", None)).collect();
    let hive = Hive::open(hive(&rows), &[]).unwrap();
    assert!(hive.key(r"many\KEY0599").is_ok());
    assert_eq!(walk(&hive).keys, 602);
}

#[test]
fn a_hive_left_half_written_is_dirty() {
    let mut bytes = sample();
    sequences(&mut bytes, 8, 7);
    let hive = Hive::open(bytes.clone(), &[Vec::new(), vec![0; 4096]]).unwrap();
    assert_eq!((hive.state(), hive.damage().len()), (State::Dirty, 0));
    assert!(hive.key("Select").is_ok(), "what is there is read all the same");
    bytes[508] ^= 1;
    let hive = Hive::open(bytes, &[]).unwrap();
    assert_eq!((hive.state(), hive.damage()[0].offset()), (State::Dirty, Some(508)));
}
