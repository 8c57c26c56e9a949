//! Bytes that nobody meant as text: no parser panics, hangs, or gives more than the text could hold.

use std::collections::BTreeMap;

use crate::grub::Disk;

/// A small generator of numbers (splitmix64): the same run after run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).map_or(0, |number| number % bound)
    }
}

/// Gives the bytes to every parser.
fn feed(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let known = |line: u32| assert!(line >= 1 && line as usize <= lines, "line {line} of {lines}: {text:?}");

    let table = syntax::fstab::parse(bytes);
    table.entries.iter().for_each(|entry| known(entry.line));
    table.malformed.iter().for_each(|entry| known(entry.line));
    syntax::shell::assignments(bytes).iter().for_each(|assignment| known(assignment.line));
    syntax::loader_conf::assignments(bytes).iter().for_each(|assignment| known(assignment.line));
    syntax::ini::parse(bytes).iter().for_each(|pair| known(pair.line));
    syntax::sshd::parse(bytes).iter().for_each(|keyword| known(keyword.line));
    syntax::interfaces::parse(bytes).interfaces.iter().for_each(|stanza| known(stanza.line));
    syntax::grub_legacy::parse(bytes).entries.iter().for_each(|entry| known(entry.line));
    syntax::cmdline::parameters(&text);
    syntax::modules::builtin(bytes);
    syntax::modules::dependencies(bytes);
    syntax::modules::config(bytes, &["CONFIG_X"]);
    syntax::modules::modprobe(bytes);
    syntax::grubenv::parse(bytes);
    syntax::version::compare(&text, &text.chars().rev().collect::<String>());
    syntax::version::numbers(&text);
    let entry = syntax::bls::parse(bytes);
    syntax::bls::menu_entry("a.conf", &entry, "d", &BTreeMap::from([("x".to_string(), text.to_string())]));
    if let Ok(node) = syntax::yaml::parse(bytes) {
        known(node.line);
    }
    let mut disk = Disk::default().named("UU", "hd0,gpt1").with("d", "/grub.cfg", bytes).with("d", "/grubenv", bytes);
    let menu = syntax::grub::run(bytes, "x", "d", "(d)", &mut disk);
    menu.entries.iter().for_each(|entry| known(entry.place.line));
    menu.problems.iter().for_each(|(place, _)| assert!(place.line as usize <= lines));
}

const SAMPLES: [&str; 6] = [
    include_str!("samples/debian12.cfg"),
    include_str!("samples/ubuntu2204.cfg"),
    include_str!("samples/rhel9.cfg"),
    "UUID=a / ext4 defaults 0 1\nLABEL=b\\040c /boot xfs nofail\n# c\n",
    "network:\n  version: 2\n  ethernets: {eth0: {dhcp4: true, a: [1, 'x', \"y\"]}}\n  t: |\n    a\n    b\n- ? : &x *x\n",
    "A=\"x y\"\nB='z'\\''\nexport C+=`d`$(e)\n[s]\nk = v \\\n w\niface a inet dhcp\ntitle t\nkernel (hd0)/k a\nMatch all\n",
];

#[test]
fn random_bytes() {
    let mut numbers = Numbers(1);
    for _ in 0..400 {
        let length = numbers.below(600);
        let bytes: Vec<u8> = (0..length).map(|_| numbers.next().to_le_bytes()[0]).collect();
        feed(&bytes);
    }
}

#[test]
fn random_words_of_the_languages() {
    let words = [
        "if ",
        "then ",
        "else ",
        "fi\n",
        "for i in ",
        "do ",
        "done\n",
        "while ",
        "true ",
        "function f ",
        "{ ",
        "}\n",
        "[ ",
        "] ",
        "$x",
        "${x",
        "}",
        "\"",
        "'",
        "\\",
        "\n",
        ";",
        "=",
        "set ",
        "x",
        "source /grub.cfg\n",
        "menuentry ",
        "submenu ",
        "f\n",
        "configfile /grub.cfg\n",
        "load_env\n",
        "blscfg\n",
        "linux /k ",
        "--id ",
        "break\n",
        "return\n",
        " ",
        "\t",
        "\r\n",
        "#",
        "\0",
        "é",
        "- ",
        ": ",
        "? ",
        "| ",
        "> ",
        "&a ",
        "*a ",
        "[",
        "]",
        "{",
        ",",
        "---\n",
        "\u{feff}",
        "  ",
    ];
    let mut numbers = Numbers(2);
    for _ in 0..1500 {
        let count = numbers.below(60);
        let text: String = (0..count).map(|_| words[numbers.below(words.len())]).collect();
        feed(text.as_bytes());
    }
}

#[test]
fn flipped_bytes() {
    let mut numbers = Numbers(3);
    for sample in SAMPLES {
        for _ in 0..60 {
            let mut bytes = sample.as_bytes().to_vec();
            for _ in 0..=numbers.below(8) {
                let at = numbers.below(bytes.len());
                bytes[at] = numbers.next().to_le_bytes()[0];
            }
            feed(&bytes);
        }
    }
}

#[test]
fn cut_short_at_every_length() {
    for sample in &SAMPLES[3..] {
        (0..sample.len()).for_each(|length| feed(&sample.as_bytes()[..length]));
    }
    for sample in &SAMPLES[..3] {
        (0..sample.len()).step_by(37).for_each(|length| feed(&sample.as_bytes()[..length]));
    }
}

#[test]
fn encodings_and_marks() {
    for sample in SAMPLES {
        let wide: Vec<u8> = sample.encode_utf16().flat_map(u16::to_le_bytes).collect();
        feed(&wide);
        feed(&[b"\xff\xfe", wide.as_slice()].concat());
        feed(format!("\u{feff}{}", sample.replace('\n', "\r\n")).as_bytes());
        feed(sample.replace(' ', "\0").as_bytes());
        feed(sample.replace('\n', "\r").as_bytes());
    }
}

/// Texts made to be long: each would take minutes or gigabytes in a parser that is quadratic or keeps everything.
#[test]
fn long_texts() {
    let long = |unit: &str| unit.repeat((256 << 10) / unit.len());
    let units = [
        "\n",
        " ",
        "a",
        "\"",
        "'",
        "\\",
        "$",
        "{",
        "}",
        "[",
        "(",
        ";",
        "#",
        "\0",
        "a=$(\n",
        "a='\n",
        "A+=xx\n",
        "a b c\n",
        "[ ",
        "if a; then ",
        "${x}",
        "$x ",
        "a\\\n",
        "title a\n",
        "=\n",
        "-a ",
        "menuentry {",
        "search -u a\n",
        "a{\n",
        "~",
        "\u{feff}",
    ];
    units.iter().for_each(|unit| feed(long(unit).as_bytes()));
    feed(format!("[{}]\n{}", "s".repeat(1 << 18), "a=b\n".repeat(1 << 16)).as_bytes());
    feed(format!("function f {{ x=$x$x; f; }}; x='{}'; f", "y".repeat(60 << 10)).as_bytes());
}
