//! The OpenSSH server: whether it starts, and who may log in. sshd_config(5).

mod arguments;
mod keywords;
mod missing;
mod modes;
mod program;
mod refused;

use crate::glob;
use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _, first, non_empty};
use crate::services::Services;
use crate::tree::Tree;
use facts::{Claim, Evidence, Known, Sshd};
use program::Program;
use syntax::sshd::Keyword;

/// Units and scripts that start it, or something that starts it on demand.
const UNITS: &[&str] = &["ssh.service", "sshd.service", "ssh.socket", "sshd.socket"];

/// Its configuration; the second where a distribution keeps what it ships apart.
const CONFIGS: [&str; 2] = ["/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config"];

/// Files that `Include` may bring in, in all.
const MAX_FILES: usize = 64;

/// A keyword line and its file.
struct Line {
    keyword: Keyword,
    evidence: Evidence,
}

/// The server. Absent: not installed.
pub(crate) fn examine(context: &Context<'_>, services: &Services<'_, '_>) -> Look<Sshd> {
    let tree = context.tree();
    let service = services.installed("sshd", program::PATHS, UNITS)?;
    let mut sshd = Sshd { enabled: service.enabled, evidence: service.evidence, ..Sshd::default() };
    sshd.wrong_modes = modes::wrong(tree).known().and_then(non_empty);
    let lines = config(tree);
    sshd.refused = refused(tree, lines.as_ref().map_err(Gap::clone)).known().and_then(non_empty);
    set(&mut sshd, lines);
    sshd.root_by_password = root_by_password(tree, &sshd);
    Ok(sshd)
}

/// Fills in what its configuration says.
pub(crate) fn configure(tree: &Tree<'_>, sshd: &mut Sshd) {
    set(sshd, config(tree));
}

/// The default of `PermitRootLogin`, where it matters. OpenSSH 7.0 gave it a new word, and made that word the default.
fn root_by_password(tree: &Tree<'_>, sshd: &Sshd) -> Known<bool> {
    let keys = sshd.pubkey_authentication.value().is_none_or(|keys| keys.value);
    if keys || !sshd.permit_root_login.is_absent() {
        return Known::Absent;
    }
    Program::new(tree).says("prohibit-password").map(|new| !new).known()
}

/// What keeps it from starting. No file at all does too.
fn refused(tree: &Tree<'_>, lines: Look<&Vec<Line>>) -> Look<Vec<Claim<String>>> {
    let program = Program::new(tree);
    if CONFIGS.iter().try_fold(true, |none, path| Ok(none && !tree.find(path).found()?))? {
        return missing::judge(tree, &program);
    }
    refused::lines(tree, &program, lines?)
}

fn set(sshd: &mut Sshd, lines: Look<Vec<Line>>) {
    match lines {
        Ok(lines) => fill(sshd, &lines),
        Err(gap) => {
            let unknown = || Err::<(), _>(gap.clone()).known();
            sshd.ports = unknown().map(|()| Vec::new());
            sshd.permit_root_login = unknown().and_then(|()| Known::Absent);
            sshd.password_authentication = unknown().and_then(|()| Known::Absent);
            sshd.pubkey_authentication = unknown().and_then(|()| Known::Absent);
            sshd.listen_addresses = unknown().and_then(|()| Known::Absent);
            sshd.access_lists = unknown().and_then(|()| Known::Absent);
        }
    }
}

/// All lines in the order in which sshd reads them. Without a configuration file there are none.
fn config(tree: &Tree<'_>) -> Look<Vec<Line>> {
    let path = first(CONFIGS, |path| tree.find(path).map(|_| path));
    let mut lines = Vec::new();
    if let Some(path) = path.optional()? {
        read(tree, path, false, &mut lines, &mut 0)?;
    }
    Ok(lines)
}

/// `within`: what includes the file stands in a `Match` block.
fn read(tree: &Tree<'_>, path: &str, within: bool, lines: &mut Vec<Line>, files: &mut usize) -> Look<()> {
    *files += 1;
    if *files > MAX_FILES {
        return Err(Gap::unknown(format!("{path}: more than {MAX_FILES} files are included")));
    }
    let Some(file) = tree.read(path).optional()? else { return Ok(()) };
    for mut keyword in syntax::sshd::parse(&file.bytes) {
        keyword.conditional |= within;
        let evidence =
            file.evidence.clone().at_line(keyword.line).saying(format!("{} {}", keyword.name, keyword.value));
        let included = if keyword.name == "include" { keyword.value.clone() } else { String::new() };
        let within = keyword.conditional;
        lines.push(Line { keyword, evidence });
        for pattern in included.split_whitespace() {
            let pattern = if pattern.starts_with('/') { pattern.to_owned() } else { format!("/etc/ssh/{pattern}") };
            for path in glob::expand(tree, &pattern)? {
                read(tree, &path, within, lines, files)?;
            }
        }
    }
    Ok(())
}

fn fill(sshd: &mut Sshd, lines: &[Line]) {
    let all =
        |name: &'static str| lines.iter().filter(move |line| line.keyword.name == name && !line.keyword.conditional);
    let value =
        |name| all(name).next().map(|line| Claim::new(line.keyword.value.to_ascii_lowercase(), line.evidence.clone()));
    let ports: Vec<u16> = all("port").filter_map(|line| line.keyword.value.parse().ok()).collect();
    sshd.ports = Known::Is(if ports.is_empty() { vec![22] } else { ports });
    sshd.permit_root_login = value("permitrootlogin").into();
    let is_on = |name| value(name).map(|claim| Claim { value: claim.value != "no", evidence: claim.evidence });
    sshd.password_authentication = is_on("passwordauthentication").into();
    sshd.pubkey_authentication = is_on("pubkeyauthentication").into();
    let fixed = all("listenaddress").filter(|line| !is_any_address(&line.keyword.value));
    let fixed = fixed.map(|line| Claim::new(line.keyword.value.clone(), line.evidence.clone()));
    sshd.listen_addresses = non_empty(fixed.collect());
    let lists = ["allowusers", "denyusers", "allowgroups", "denygroups"];
    let lists = lists.into_iter().flat_map(all).map(|line| line.evidence.clone());
    sshd.access_lists = non_empty(lists.collect());
}

/// `0.0.0.0`, `::`, `*`, with or without a port.
fn is_any_address(text: &str) -> bool {
    let address = text.split_whitespace().next().unwrap_or_default();
    let plain = address.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inner, _)| inner);
    let without_port = if address.matches(':').count() == 1 { address.split(':').next() } else { None };
    matches!(plain.or(without_port).unwrap_or(address), "0.0.0.0" | "::" | "*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::linux;

    #[test]
    fn any_address() {
        for text in ["0.0.0.0", "::", "*", "0.0.0.0:22", "[::]:22", "0.0.0.0 rdomain x"] {
            assert!(is_any_address(text), "{text}");
        }
        assert!(!is_any_address("192.0.2.1:22") && !is_any_address("fe80::1"));
    }

    #[test]
    fn without_keys_it_matters_what_root_may_do_by_default() {
        let by_password = |words: &[&str], config: &str| {
            let program = program::tests::program(words);
            let found = linux(&[("/usr/sbin/sshd", &program), ("/etc/ssh/sshd_config", config)]);
            found.sshd.value().unwrap().root_by_password.clone()
        };
        assert_eq!(by_password(&["without-password"], "PubkeyAuthentication no\n"), Known::Is(true));
        assert_eq!(by_password(&["prohibit-password"], "PubkeyAuthentication no\n"), Known::Is(false));
        assert_eq!(by_password(&[], "PubkeyAuthentication no\nPermitRootLogin yes\n"), Known::Absent);
        assert_eq!(by_password(&[], "PubkeyAuthentication yes\n"), Known::Absent);
    }

    #[test]
    fn the_first_value_counts_and_files_are_included_in_their_place() {
        let found = linux(&[
            ("/sbin/init", ""),
            ("/usr/sbin/sshd", ""),
            ("/etc/rc3.d/S20ssh", "-> ../init.d/ssh"),
            (
                "/etc/ssh/sshd_config",
                "Include sshd_config.d/*.conf\nPort 2222\nPermitRootLogin yes\nPasswordAuthentication yes\nListenAddress 192.0.2.1\nAllowUsers bob\nMatch User x\n PermitRootLogin no\n",
            ),
            ("/etc/ssh/sshd_config.d/60.conf", "PasswordAuthentication no\n"),
            ("/etc/ssh/sshd_config.d/60.bak", "Port 1\n"),
        ]);
        let sshd = found.sshd.value().unwrap();
        assert_eq!((&sshd.enabled, sshd.ports.value()), (&Known::Is(true), Some(&vec![2222])));
        let password = sshd.password_authentication.value().unwrap();
        assert!(!password.value);
        assert_eq!(password.evidence[0].path.as_deref(), Some("/etc/ssh/sshd_config.d/60.conf"));
        assert_eq!(sshd.permit_root_login.value().unwrap().value, "yes");
        assert_eq!(sshd.listen_addresses.value().unwrap().len(), 1);
        assert_eq!(sshd.access_lists.value().unwrap().len(), 1);
    }

    #[test]
    fn owners_and_modes() {
        let wrong = |files: &[(&str, &str)]| {
            let all: Vec<_> = files.iter().copied().chain([("/usr/sbin/sshd", "")]).collect();
            let found = linux(&all).sshd.value().unwrap().wrong_modes.clone();
            found.value().into_iter().flatten().map(|place| place.path.clone().unwrap()).collect::<Vec<_>>()
        };
        let key = "/etc/ssh/ssh_host_rsa_key";
        assert!(wrong(&[(key, "!mode 600 0 0"), ("/root/.ssh/authorized_keys", "!mode 644 0 0")]).is_empty());
        assert_eq!(wrong(&[(key, "!mode 644 0 0")]), [key]);
        assert_eq!(wrong(&[(key, "!mode 600 1000 0")]), [key]);
        assert_eq!(wrong(&[(key, "!mode 640 0 999")]), [key]);
        assert!(wrong(&[(key, "!mode 640 0 999"), ("/etc/group", "root:x:0:\nssh_keys:x:999:\n")]).is_empty());
        assert_eq!(wrong(&[("/root/.ssh/authorized_keys", "!mode 664 0 0")]), ["/root/.ssh/authorized_keys"]);
    }

    #[test]
    fn a_file_that_includes_itself_ends() {
        let found = linux(&[("/usr/sbin/sshd", ""), ("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config\n")]);
        assert!(found.sshd.value().unwrap().ports.reason().is_some());
        assert!(linux(&[("/etc/ssh/sshd_config", "Port 22\n")]).sshd.is_absent());
    }
}
