//! What every OpenSSH server from 5.3 to 10 makes of its keywords. sshd_config(5) of those versions.
//!
//! Keywords that came or went in between are not here: the program on the disk is asked about them, see
//! [`super::program`].

/// Keywords that all of these versions know, if only to say that they are deprecated or not built in.
const KNOWN: &[&str] = &[
    "acceptenv",
    "addressfamily",
    "afstokenpassing",
    "allowagentforwarding",
    "allowgroups",
    "allowtcpforwarding",
    "allowusers",
    "authorizedkeysfile",
    "authorizedkeysfile2",
    "banner",
    "challengeresponseauthentication",
    "checkmail",
    "chrootdirectory",
    "ciphers",
    "clientalivecountmax",
    "clientaliveinterval",
    "compression",
    "denygroups",
    "denyusers",
    "dsaauthentication",
    "forcecommand",
    "gatewayports",
    "gssapiauthentication",
    "gssapicleanupcredentials",
    "hostbasedauthentication",
    "hostbasedusesnamefrompacketonly",
    "hostdsakey",
    "hostkey",
    "ignorerhosts",
    "ignoreuserknownhosts",
    "kbdinteractiveauthentication",
    "keepalive",
    "kerberosauthentication",
    "kerberosgetafstoken",
    "kerberosorlocalpasswd",
    "kerberostgtpassing",
    "kerberosticketcleanup",
    "keyregenerationinterval",
    "listenaddress",
    "logingracetime",
    "loglevel",
    "macs",
    "match",
    "maxauthtries",
    "maxsessions",
    "maxstartups",
    "pamauthenticationviakbdint",
    "passwordauthentication",
    "permitemptypasswords",
    "permitopen",
    "permitrootlogin",
    "permittunnel",
    "permituserenvironment",
    "pidfile",
    "port",
    "printlastlog",
    "printmotd",
    "protocol",
    "pubkeyauthentication",
    "reversemappingcheck",
    "rhostsauthentication",
    "rhostsrsaauthentication",
    "rsaauthentication",
    "serverkeybits",
    "skeyauthentication",
    "strictmodes",
    "subsystem",
    "syslogfacility",
    "tcpkeepalive",
    "usedns",
    "uselogin",
    "usepam",
    "useprivilegeseparation",
    "verifyreversemapping",
    "x11displayoffset",
    "x11forwarding",
    "x11uselocalhost",
    "xauthlocation",
];

/// Keywords that no version takes inside a `Match` block.
const NOT_IN_MATCH: &[&str] = &[
    "addressfamily",
    "ciphers",
    "compression",
    "hostkey",
    "kexalgorithms",
    "listenaddress",
    "logingracetime",
    "macs",
    "maxstartups",
    "pidfile",
    "port",
    "printmotd",
    "protocol",
    "strictmodes",
    "syslogfacility",
    "tcpkeepalive",
    "usedns",
    "usepam",
    "useprivilegeseparation",
    "versionaddendum",
];

/// Keywords whose one argument is `yes` or `no`. Those that a server may be built without are not here: it ignores them.
const FLAGS: &[&str] = &[
    "allowagentforwarding",
    "challengeresponseauthentication",
    "disableforwarding",
    "exposeauthinfo",
    "hostbasedauthentication",
    "hostbasedusesnamefrompacketonly",
    "ignoreuserknownhosts",
    "kbdinteractiveauthentication",
    "passwordauthentication",
    "permitemptypasswords",
    "permittty",
    "permituserrc",
    "printmotd",
    "pubkeyauthentication",
    "streamlocalbindunlink",
    "strictmodes",
    "tcpkeepalive",
    "usedns",
    "x11forwarding",
    "x11uselocalhost",
];

/// Other keywords with one argument out of a few.
const CHOICES: &[(&str, &[&str])] = &[
    ("addressfamily", &["any", "inet", "inet6"]),
    ("allowstreamlocalforwarding", &["yes", "no", "all", "local", "remote"]),
    ("allowtcpforwarding", &["yes", "no", "all", "local", "remote"]),
    ("compression", &["yes", "no", "delayed"]),
    ("gatewayports", &["yes", "no", "clientspecified"]),
    ("ignorerhosts", &["yes", "no", "shosts-only"]),
    ("permitrootlogin", &["yes", "no", "without-password", "prohibit-password", "forced-commands-only"]),
    ("permittunnel", &["yes", "no", "point-to-point", "ethernet"]),
];

/// Other keywords with exactly one argument that is not judged.
const ONE_ARGUMENT: &[&str] =
    &["banner", "chrootdirectory", "hostkey", "logingracetime", "loglevel", "pidfile", "port", "syslogfacility"];

/// What a `Match` line may ask for, in all versions.
pub(super) const CRITERIA: &[&str] = &["user", "group", "host", "address"];

/// Whether every version knows the keyword.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// Whether no version takes it inside a `Match` block.
pub(super) fn is_global(name: &str) -> bool {
    NOT_IN_MATCH.contains(&name)
}

/// The words of which its argument must be one, where it has such. `has_pam`: the server is built with PAM.
pub(super) fn choices(name: &str, has_pam: bool) -> Option<&'static [&'static str]> {
    if FLAGS.contains(&name) || (name == "usepam" && has_pam) {
        return Some(&["yes", "no"]);
    }
    CHOICES.iter().find(|(keyword, _)| *keyword == name).map(|(_, words)| *words)
}

/// Whether it has exactly one argument.
pub(super) fn has_one_argument(name: &str, has_pam: bool) -> bool {
    ONE_ARGUMENT.contains(&name) || choices(name, has_pam).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_in_lower_case() {
        for list in [KNOWN, NOT_IN_MATCH, FLAGS, ONE_ARGUMENT] {
            assert!(list.is_sorted());
            assert!(list.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())));
        }
        assert!(CHOICES.is_sorted_by_key(|(name, _)| name));
    }

    #[test]
    fn a_server_without_pam_ignores_what_is_said_of_it() {
        assert_eq!((choices("usepam", true).map(<[_]>::len), choices("usepam", false)), (Some(2), None));
        assert!(has_one_argument("port", false) && !has_one_argument("allowusers", false));
    }
}
