//! ifupdown's interfaces(5).
//!
//! `mapping`, `template` and `rename` stanzas are passed over. What `source` names is not read here.

use crate::text::{decode, first_word, joined_lines};

/// One `iface` stanza.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Name or pattern.
    pub name: String,
    /// `inet`, `inet6`.
    pub family: String,
    /// `dhcp`, `static`, `manual`, `loopback`, `auto`.
    pub method: String,
    /// Option lines: name and rest.
    pub options: Vec<(String, String)>,
    /// Line of `iface`.
    pub line: u32,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// Stanzas in order.
    pub interfaces: Vec<Interface>,
    /// Names after `auto`, `allow-auto` and `allow-hotplug`.
    pub on_boot: Vec<String>,
    /// Patterns after `source`, and directories after `source-directory` with `/*` added.
    pub sources: Vec<String>,
}

/// Reads a file.
pub fn parse(text: &[u8]) -> Interfaces {
    let mut file = Interfaces::default();
    let mut in_iface = false;
    for (line, content) in joined_lines(&decode(text), "") {
        let (keyword, rest) = first_word(&content);
        if keyword.is_empty() || keyword.starts_with('#') {
            continue;
        }
        let option = in_iface;
        in_iface = false;
        match keyword {
            "iface" => {
                file.interfaces.push(iface(rest, line));
                in_iface = true;
            }
            "auto" | "allow-auto" | "allow-hotplug" => file.on_boot.extend(rest.split_whitespace().map(str::to_string)),
            "source" => file.sources.extend(rest.split_whitespace().map(str::to_string)),
            "source-directory" | "source-dir" => {
                file.sources.extend(rest.split_whitespace().map(|dir| format!("{}/*", dir.trim_end_matches('/'))));
            }
            "mapping" | "template" | "rename" | "no-auto-down" | "no-scripts" => {}
            _ if keyword.starts_with("allow-") => {}
            _ if option => {
                let stanza = file.interfaces.last_mut();
                stanza.into_iter().for_each(|stanza| stanza.options.push((keyword.to_string(), rest.to_string())));
                in_iface = true;
            }
            _ => {}
        }
    }
    file
}

fn iface(rest: &str, line: u32) -> Interface {
    let mut words = rest.split_whitespace().map(str::to_string);
    let mut next = || words.next().unwrap_or_default();
    Interface { name: next(), family: next(), method: next(), options: Vec::new(), line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_stanzas() {
        let file = parse(
            b"# interfaces(5)\r\nsource /etc/network/interfaces.d/*\nsource-directory /etc/net.d/\n\nauto lo eth0\n\
              iface lo inet loopback\nallow-hotplug ens3\niface ens3 inet static\n    address 10.0.0.2/24\n\
              \x20   # note\n    gateway \\\n      10.0.0.1\n\niface eth0 inet dhcp\nmapping x\n  script y\nallow-z a\n",
        );
        assert_eq!(file.sources, ["/etc/network/interfaces.d/*", "/etc/net.d/*"]);
        assert_eq!(file.on_boot, ["lo", "eth0", "ens3"]);
        let stanzas: Vec<_> =
            file.interfaces.iter().map(|i| (i.name.as_str(), i.family.as_str(), i.method.as_str(), i.line)).collect();
        assert_eq!(
            stanzas,
            [("lo", "inet", "loopback", 6), ("ens3", "inet", "static", 8), ("eth0", "inet", "dhcp", 14)]
        );
        let options =
            [("address", "10.0.0.2/24"), ("gateway", "10.0.0.1")].map(|(k, v)| (k.to_string(), v.to_string()));
        assert_eq!(file.interfaces[1].options, options);
        assert_eq!(file.interfaces[2].options, []);
    }

    #[test]
    fn takes_short_stanzas() {
        let file = parse(b"iface\niface eth0\n  orphan\n");
        assert_eq!(file.interfaces.len(), 2);
        assert_eq!((file.interfaces[1].name.as_str(), file.interfaces[1].method.as_str()), ("eth0", ""));
    }
}
