//! The line of everything that is reported: markers are put on known lines among blank ones and comments.

use std::collections::BTreeMap;

/// Places `items` on lines that are 1, 4, 9, 16, … with blank and comment lines between; line ends alternate.
fn spread(items: &[&str]) -> (String, Vec<u32>) {
    let mut text = String::new();
    let mut numbers = Vec::new();
    let mut line = 1;
    for (index, item) in (1u32..).zip(items) {
        while line < index * index {
            text.push_str(if line % 2 == 0 { "# comment\r\n" } else { "\n" });
            line += 1;
        }
        text.push_str(item);
        text.push('\n');
        numbers.push(line);
        line += 1;
    }
    (text, numbers)
}

#[test]
fn every_parser_reports_the_lines_its_items_are_on() {
    let numbers = |items: &[&str], read: &dyn Fn(&[u8]) -> Vec<u32>| {
        let (text, expected) = spread(items);
        assert_eq!(read(text.as_bytes()), expected, "{text}");
    };
    numbers(&["a b c", "d e f", "g h i"], &|t| syntax::fstab::parse(t).entries.iter().map(|e| e.line).collect());
    numbers(&["a", "b c", "d"], &|t| syntax::fstab::parse(t).malformed.iter().map(|m| m.line).collect());
    numbers(&["A=1", "export B='2'", "C=\"3\""], &|t| syntax::shell::assignments(t).iter().map(|a| a.line).collect());
    numbers(&["[s]\na=1", "b=2", "c=3"][1..], &|t| syntax::ini::parse(t).iter().map(|p| p.line).collect());
    numbers(&["Port 22", "Match all", "UsePAM no"], &|t| syntax::sshd::parse(t).iter().map(|k| k.line).collect());
    numbers(&["iface a", "iface b", "iface c"], &|t| {
        syntax::interfaces::parse(t).interfaces.iter().map(|i| i.line).collect()
    });
    numbers(&["title a", "title b", "title c"], &|t| {
        syntax::grub_legacy::parse(t).entries.iter().map(|e| e.line).collect()
    });
    numbers(&["blacklist a", "alias b c", "options d e=f"], &|t| {
        let line = |directive: &syntax::modules::Directive| match directive {
            syntax::modules::Directive::Options { line, .. }
            | syntax::modules::Directive::Blacklist { line, .. }
            | syntax::modules::Directive::Install { line, .. }
            | syntax::modules::Directive::Alias { line, .. } => *line,
        };
        syntax::modules::modprobe(t).iter().map(line).collect()
    });
    numbers(&["linux a", "options b"], &|t| {
        let (linux, options) = syntax::bls::parse(t).lines;
        vec![linux, options]
    });
    numbers(&["a: 1", "b: 2", "c: 3"], &|t| match syntax::yaml::parse(t).unwrap().value {
        syntax::yaml::Value::Map(pairs) => pairs.iter().map(|(_, node)| node.line).collect(),
        other => panic!("{other:?}"),
    });
    numbers(&["menuentry a { true; }", "menuentry b { true"], &|t| {
        let text = [t, b"}\n"].concat();
        let menu = syntax::grub::run(&text, "x", "d", "(d)/", &mut crate::grub::Disk::default());
        menu.entries.iter().map(|entry| entry.place.line).collect()
    });
    numbers(&["zzz", "yyy 'a\nb' # two lines"], &|t| {
        let menu = syntax::grub::run(t, "x", "d", "(d)/", &mut crate::grub::Disk::default());
        menu.problems.iter().map(|(place, _)| place.line).collect()
    });
    assert_eq!(syntax::grubenv::parse(b""), None::<BTreeMap<_, _>>);
}
