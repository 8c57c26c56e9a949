//! Options and blocks of kernel modules. modprobe.d(5).

use crate::drivers;
use crate::guest::Context;
use crate::look::Look;
use facts::{Evidence, Linux};
use syntax::modules::Directive;

/// Directories, those that come first hide files of the same name in later ones.
const DIRECTORIES: &[&str] = &["/etc/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"];

/// Fills in what rules ask about.
pub(crate) fn examine(context: &Context<'_>, linux: &mut Linux) {
    for path in files(context).unwrap_or_default() {
        let Ok(file) = context.tree().read(&path) else { continue };
        for directive in syntax::modules::modprobe(&file.bytes) {
            apply(&directive, &file.evidence, linux);
        }
    }
    let Ok(cmdline) = context.cmdline() else { return };
    for (key, value) in syntax::cmdline::parameters(cmdline) {
        if ["modprobe.blacklist", "rd.driver.blacklist", "rdblacklist", "module_blacklist"].contains(&key.as_str()) {
            for name in value.iter().flat_map(|names| names.split(',')) {
                block(name, Evidence::words(format!("kernel command line: {key}={name}")), linux);
            }
        }
    }
}

fn files(context: &Context<'_>) -> Look<Vec<String>> {
    let mut paths = vec!["/etc/modprobe.conf".to_owned()];
    let mut seen = Vec::new();
    for directory in DIRECTORIES {
        for name in context.tree().names(directory)? {
            if name.ends_with(".conf") && !seen.contains(&name) {
                paths.push(format!("{directory}/{name}"));
                seen.push(name);
            }
        }
    }
    Ok(paths)
}

fn apply(directive: &Directive, file: &Evidence, linux: &mut Linux) {
    match directive {
        Directive::Options { module, options, .. } => {
            let module = normal(module);
            if drivers::is_asked_about(&module) {
                let named = options.iter().map(|(key, value)| (format!("{module}.{key}"), value.clone()));
                linux.module_options.extend(named);
            }
        }
        Directive::Blacklist { module, line } => {
            block(module, file.clone().at_line(*line).saying(format!("blacklist {module}")), linux);
        }
        Directive::Install { module, command, line } => {
            if ["/bin/true", "/bin/false", "/usr/bin/true", "/usr/bin/false", ":"].contains(&command.trim()) {
                block(module, file.clone().at_line(*line).saying(format!("install {module} {command}")), linux);
            }
        }
        Directive::Alias { .. } => {}
    }
}

fn block(module: &str, evidence: Evidence, linux: &mut Linux) {
    let module = normal(module);
    if drivers::is_asked_about(&module) {
        linux.blocked_modules.entry(module).or_insert(evidence);
    }
}

fn normal(module: &str) -> String {
    module.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use crate::testing::linux;

    #[test]
    fn options_and_blocks_of_modules_that_matter() {
        let menu = "menuentry 'x' {\n linux /k root=/dev/vda1 module_blacklist=xfs,foo\n}\n";
        let found = linux(&[
            ("/etc/modprobe.d/a.conf", "options nvme-core io_timeout=30\noptions snd index=0\nblacklist virtio-net\n"),
            ("/etc/modprobe.d/b.txt", "blacklist nvme\n"),
            ("/lib/modprobe.d/a.conf", "blacklist virtio_blk\n"),
            ("/lib/modprobe.d/c.conf", "install virtio_scsi /bin/true\n"),
            ("/boot/grub/grub.cfg", menu),
        ]);
        assert_eq!(found.module_options.get("nvme_core.io_timeout").map(String::as_str), Some("30"));
        assert_eq!(found.module_options.len(), 1);
        assert_eq!(found.blocked_modules.keys().collect::<Vec<_>>(), ["virtio_net", "virtio_scsi", "xfs"]);
        assert_eq!(found.blocked_modules["virtio_net"].line, Some(3));
    }
}
