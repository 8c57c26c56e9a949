//! The request as a command line of the platform's own client, `aliyun`.

use crate::checks::Checks;
use crate::draft::Draft;

/// A command line.
#[derive(Debug)]
pub(crate) struct Writer;

impl crate::Writer for Writer {
    fn name(&self) -> &'static str {
        "cli"
    }

    fn write(&self, draft: &Draft, _: &Checks) -> Result<String, String> {
        let mut words = vec!["aliyun ecs ImportImage".to_owned()];
        for (name, value) in draft.import.parameters() {
            if value.contains('\0') {
                return Err(format!("{name} has a byte in it that no command line can have"));
            }
            // A value that begins like a flag is taken for one, unless it stands in the same word.
            words.push(match value.starts_with('-') {
                true => format!("--{name}={}", quoted(&value)),
                false => format!("--{name} {}", quoted(&value)),
            });
        }
        Ok(words.join(" \\\n  ") + "\n")
    }
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer as _;
    use crate::testing::drafted;
    use std::process::Command;

    fn line(description: &str) -> String {
        let mut draft = drafted();
        draft.import.description = Some(description.into());
        Writer.write(&draft, &Checks::default()).unwrap()
    }

    #[test]
    fn every_parameter_is_a_flag() {
        let text = line("built on Monday");
        assert!(text.starts_with("aliyun ecs ImportImage \\\n  --RegionId cn-hangzhou \\\n"), "{text}");
        assert!(text.contains("--DiskDeviceMapping.1.Format QCOW2 \\\n"), "{text}");
        assert!(text.contains("--Description 'built on Monday' \\\n"), "{text}");
        assert!(line("--x").contains("--Description=--x"), "{}", line("--x"));
        assert!(line("-it's").contains(r"--Description='-it'\''s'"));
    }

    #[test]
    fn a_shell_reads_back_what_was_written() {
        for hard in ["$(touch x) `y` \"z\" \\ ! * ~ # & | ; < >", "it's", "two\nlines", "镜像", "\u{1b}[31m", "=a", "~"]
        {
            let script = line(hard).replacen("aliyun", "printf '%s\\0'", 1);
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert!(output.status.success(), "{script}");
            let said = String::from_utf8(output.stdout).unwrap();
            let words: Vec<_> = said.split('\0').collect();
            let at = words.iter().position(|word| *word == "--Description").unwrap();
            assert_eq!(words[at + 1], hard);
        }
    }

    #[test]
    fn what_cannot_be_a_word_is_refused() {
        let mut draft = drafted();
        draft.import.description = Some("a\0b".into());
        assert!(Writer.write(&draft, &Checks::default()).unwrap_err().contains("Description"));
    }
}
