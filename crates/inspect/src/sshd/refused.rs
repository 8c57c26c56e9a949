//! Lines with which sshd ends at its start: keywords that it does not know, arguments that are missing or none of those
//! that it takes, and keywords that have no place in a `Match` block.
//!
//! What depends on the version is asked of the program on the disk. What neither that nor the table of keywords tells is
//! unknown. Not judged: addresses, times, numbers other than ports, and the names of ciphers and keys.

use super::Line;
use super::arguments::{Arguments, before_8_7, since_8_7};
use super::keywords::{self, CRITERIA};
use super::program::Program;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::Claim;

/// A message that the server has since it splits lines as a shell does.
const SHELL_QUOTES: &str = "line %d: invalid quotes";
/// A message that it has since keywords without an argument end it.
const NO_ARGUMENT: &str = "no argument after keyword \"%s\"";
/// A message that it has since `Match` alone ends it.
const NO_CRITERIA: &str = "One or more attributes required for Match";
/// What a server that is built with PAM loads.
const PAM: &str = "libpam.so.0";

/// The lines that end it, each with the reason.
pub(super) fn lines(tree: &Tree<'_>, program: &Program<'_, '_>, lines: &[Line]) -> Look<Vec<Claim<String>>> {
    let mut refused = Vec::new();
    let mut gap = None;
    for line in lines {
        match (Judge { tree, program, line }).reason() {
            Ok(Some(why)) => refused.push(Claim::new(why, line.evidence.clone())),
            Ok(None) => {}
            Err(unknown) => gap = Some(unknown),
        }
    }
    match gap {
        Some(gap) if refused.is_empty() => Err(gap),
        _ => Ok(refused),
    }
}

/// One line, and what it is judged by.
struct Judge<'a, 't, 'v> {
    tree: &'a Tree<'v>,
    program: &'a Program<'t, 'v>,
    line: &'a Line,
}

impl Judge<'_, '_, '_> {
    fn reason(&self) -> Look<Option<String>> {
        let keyword = &self.line.keyword;
        let name = keyword.name.as_str();
        if !keywords::is_known(name) && !self.says(name, &format!("whether sshd knows the keyword {name}"))? {
            return Ok(Some(format!("there is no keyword {name}")));
        }
        if keyword.conditional && keywords::is_global(name) {
            return Ok(Some(format!("{name} is not allowed within a Match block")));
        }
        if keyword.rest.is_empty() && self.program.says(NO_ARGUMENT).is_ok_and(|says| says) {
            return Ok(Some(format!("{name} has no argument")));
        }
        match self.program.says(SHELL_QUOTES) {
            Ok(true) => self.of_arguments(&since_8_7(&keyword.rest), true),
            Ok(false) => self.of_arguments(&before_8_7(&keyword.rest), false),
            // Without the program only what ends both kinds.
            Err(_) => match self.of_arguments(&since_8_7(&keyword.rest), true)? {
                Some(_) => self.of_arguments(&before_8_7(&keyword.rest), false),
                None => Ok(None),
            },
        }
    }

    /// What the program says, or what is not known without it.
    fn says(&self, text: &str, what: &str) -> Look<bool> {
        self.program.says(text).map_err(|gap| match gap {
            Gap::Unknown(reason) => Gap::unknown(format!("{what}: {}", reason.why)),
            Gap::Absent => Gap::unknown(format!("{what}: the program was not found")),
        })
    }

    fn of_arguments(&self, arguments: &Arguments, as_shell: bool) -> Look<Option<String>> {
        let name = self.line.keyword.name.as_str();
        if arguments.open && as_shell {
            return Ok(Some("a quote is not closed".to_owned()));
        }
        if name == "match" {
            return self.of_match(&before_8_7(&self.line.keyword.rest));
        }
        let has_pam = self.program.says(PAM).is_ok_and(|says| says);
        if !keywords::has_one_argument(name, has_pam) {
            return Ok(None);
        }
        let Some(argument) = arguments.words.first().filter(|word| !word.is_empty()) else {
            return Ok(Some(format!("{name} has no argument")));
        };
        if let Some(extra) = arguments.words.get(1).filter(|word| !word.is_empty()) {
            return Ok(Some(format!("{name} takes one argument, and {extra} is another")));
        }
        if name == "port" {
            return Ok((!self.is_port(argument)?).then(|| format!("{argument} is no port")));
        }
        self.of_choice(name, argument, keywords::choices(name, has_pam))
    }

    fn of_choice(&self, name: &str, argument: &str, choices: Option<&[&str]>) -> Look<Option<String>> {
        let Some(choices) = choices else { return Ok(None) };
        if !choices.iter().any(|choice| choice.eq_ignore_ascii_case(argument)) {
            return Ok(Some(format!("{name} is {argument}, and must be one of {}", choices.join(", "))));
        }
        // The one value in use that older servers do not know.
        let is_new = name == "permitrootlogin" && argument.eq_ignore_ascii_case("prohibit-password");
        if is_new && self.program.says("prohibit-password").is_ok_and(|says| !says) {
            return Ok(Some("this version of sshd does not know PermitRootLogin prohibit-password".to_owned()));
        }
        Ok(None)
    }

    /// Criteria come in pairs; `all` stands alone. Splitting by blanks and `=` is right for all versions.
    fn of_match(&self, criteria: &Arguments) -> Look<Option<String>> {
        let words = &criteria.words;
        if words.is_empty() {
            let refused = self.program.says(NO_CRITERIA).is_ok_and(|says| says);
            return Ok(refused.then(|| "Match has no criteria".to_owned()));
        }
        for pair in words.chunks(2) {
            let criterion = pair[0].to_ascii_lowercase();
            let is_alone = matches!(criterion.as_str(), "all" | "invalid-user");
            if !is_alone && !CRITERIA.contains(&criterion.as_str()) {
                let what = format!("whether sshd knows the criterion {criterion} of Match");
                if !self.says(&criterion, &what)? {
                    return Ok(Some(format!("Match does not know {criterion}")));
                }
            }
            if is_alone {
                return Ok(None);
            }
            if pair.len() == 1 {
                return Ok(Some(format!("Match {criterion} does not say which")));
            }
        }
        Ok(None)
    }

    /// A number from 1 to 65535, or the name of a service.
    fn is_port(&self, word: &str) -> Look<bool> {
        if let Ok(number) = word.parse::<i64>() {
            return Ok((1..=65535).contains(&number));
        }
        let services = self.tree.read("/etc/services").optional()?;
        let Some(services) = services else { return Err(Gap::unknown(format!("which port {word} is"))) };
        let text = String::from_utf8_lossy(&services.bytes);
        let mut names = text.lines().flat_map(|line| line.split('#').next().unwrap_or_default().split_whitespace());
        Ok(names.any(|name| name == word))
    }
}

#[cfg(test)]
mod tests {
    use super::super::program::tests::program;
    use crate::testing::linux;
    use facts::Known;

    const NEW: &[&str] =
        &["include", "prohibit-password", "%s line %d: invalid quotes", "libpam.so.0", super::NO_ARGUMENT];

    /// What is refused, as `line: reason`, by a server that says these words of itself.
    fn judged(words: &[&str], config: &str) -> Vec<String> {
        let program = program(words);
        let found =
            linux(&[("/usr/sbin/sshd", &program), ("/etc/ssh/sshd_config", config), ("/etc/services", "x 1/tcp")]);
        match &found.sshd.value().unwrap().refused {
            Known::Is(lines) => {
                lines.iter().map(|at| format!("{}: {}", at.evidence[0].line.unwrap(), at.value)).collect()
            }
            Known::Absent => Vec::new(),
            Known::Unknown(reason) => vec![format!("unknown: {}", reason.why)],
        }
    }

    #[test]
    fn what_servers_of_all_ages_take() {
        let config = "# x\nPort 22\nProtocol 2\n PERMITROOTLOGIN \"yes\"  # why\nUsePAM=yes\nAllowUsers a b\nMatch User a\n\
            \tPasswordAuthentication no\nMatch all\nUseDNS no\nServerKeyBits 1\nGSSAPIAuthentication maybe\n";
        assert!(judged(&[], config).is_empty());
        assert!(judged(NEW, config).is_empty());
        assert!(judged(NEW, "Include /etc/ssh/none.d/*.conf\nPermitRootLogin prohibit-password\n").is_empty());
    }

    #[test]
    fn what_none_takes() {
        for (config, why) in [
            ("\nPermitRootLogn yes\n", "2: there is no keyword permitrootlogn"),
            ("IgnoreUnknown *\n", "1: there is no keyword ignoreunknown"),
            ("PermitRootLogin\n", "1: permitrootlogin has no argument"),
            ("PermitRootLogin # no\n", "1: permitrootlogin has no argument"),
            ("UseDNS true\n", "1: usedns is true, and must be one of yes, no"),
            ("PermitRootLogin yes no\n", "1: permitrootlogin takes one argument, and no is another"),
            ("Port 0\n", "1: 0 is no port"),
            ("Port ssh22\n", "1: ssh22 is no port"),
            ("Match User a\nUseDNS no\n", "2: usedns is not allowed within a Match block"),
            ("Match User\n", "1: Match user does not say which"),
            ("Match Weekday 1\n", "1: Match does not know weekday"),
        ] {
            for words in [&[][..], NEW] {
                assert_eq!(judged(words, config), [why], "{config} {words:?}");
            }
        }
    }

    #[test]
    fn what_the_version_decides() {
        assert_eq!(judged(&[], "Include x\n"), ["1: there is no keyword include"]);
        let new = "PermitRootLogin prohibit-password\n";
        assert_eq!(judged(&[], new), ["1: this version of sshd does not know PermitRootLogin prohibit-password"]);
        assert!(judged(&[], "AcceptEnv it's\nAllowUsers\nUsePAM perhaps\nMatch\n").is_empty());
        let same = judged(NEW, "AcceptEnv it's\nAllowUsers\nUsePAM perhaps\nMatch\n");
        let why = ["a quote is not closed", "allowusers has no argument", "usepam is perhaps", "match has no argument"];
        assert!(same.len() == 4 && same.iter().zip(why).all(|(line, why)| line.contains(why)), "{same:?}");
        assert!(judged(&[], "StrictModes yes#why\n").is_empty());
        assert_eq!(judged(NEW, "StrictModes yes#why\n").len(), 1);
        assert_eq!(judged(&[super::NO_CRITERIA], "Match\n"), ["1: Match has no criteria"]);
    }

    #[test]
    fn without_the_program_only_what_no_version_takes() {
        let judged = |config: &str| {
            let found = linux(&[("/usr/sbin/sshd", "packed"), ("/etc/ssh/sshd_config", config)]);
            found.sshd.value().unwrap().refused.clone()
        };
        assert!(judged("Port 22\nAcceptEnv it's\nAllowUsers\nPermitRootLogin prohibit-password\n").is_absent());
        assert!(judged("Port 0\n").value().is_some());
        assert!(judged("Include x\n").reason().unwrap().why.contains("whether sshd knows the keyword include"));
        assert!(judged("UseDns maybe\nInclude x\n").value().is_some());
    }

    #[test]
    fn files_that_are_included_count_and_those_within_a_match_block_belong_to_it() {
        let program = program(NEW);
        let files = [
            ("/usr/sbin/sshd", program.as_str()),
            ("/etc/ssh/sshd_config", "Include sshd_config.d/*.conf\nMatch User a\nInclude b\n"),
            ("/etc/ssh/sshd_config.d/1.conf", "Port 22\nPasswordAuthentication maybe\n"),
            ("/etc/ssh/b", "Port 22\nPermitRootLogin no\n"),
        ];
        let found = linux(&files).sshd.value().unwrap().clone();
        let places: Vec<_> = found.refused.value().unwrap().iter().map(|line| &line.evidence[0]).collect();
        let places: Vec<_> = places.iter().map(|at| (at.path.as_deref().unwrap(), at.line.unwrap())).collect();
        assert_eq!(places, [("/etc/ssh/sshd_config.d/1.conf", 2), ("/etc/ssh/b", 1)]);
        assert!(found.permit_root_login.is_absent());
        assert_eq!(found.ports.value(), Some(&vec![22]));
    }

    #[test]
    fn no_file_at_all() {
        let program = program(&["/etc/ssh/sshd_config"]);
        let judged = |files: &[(&str, &str)]| {
            let all: Vec<_> = files.iter().copied().chain([("/usr/sbin/sshd", program.as_str())]).collect();
            linux(&all).sshd.value().unwrap().refused.clone()
        };
        assert_eq!(judged(&[]).value().unwrap()[0].value, "its configuration is missing");
        assert!(judged(&[("/etc/default/ssh", "SSHD_OPTS=\"-f /etc/other\"\n")]).reason().is_some());
        assert!(judged(&[("/usr/etc/ssh/sshd_config", "Port 22\n")]).is_absent());
        assert!(linux(&[("/usr/sbin/sshd", "")]).sshd.value().unwrap().refused.reason().is_some());
    }
}
