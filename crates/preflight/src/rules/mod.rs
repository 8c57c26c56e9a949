//! The registry of rules: one file and one word each, in the order of the reports.

mod prelude;

use crate::rule::Rule;

macro_rules! rules {
    ($($group:ident { $($name:ident)* })*) => {
        $(mod $group { $(pub(crate) mod $name;)* })*

        /// All rules, in the order in which they are asked and reported.
        pub static RULES: &[&Rule] = &[$($(&$group::$name::RULE,)*)*];

        /// The cases of every rule: a rule without them does not compile.
        #[cfg(test)]
        pub(crate) static CASES: &[(&str, &str, &Rule, crate::testing::Cases)] =
            &[$($((stringify!($group), stringify!($name), &$group::$name::RULE, $group::$name::tests::CASES),)*)*];
    };
}

rules! {
    image {
        disksize_range
        encrypted_disk
        format
        format_hint
        iso
        mbr_2t
        multiboot
        qcow2_backing
        qcow2_dirty
        qcow2_exotic
        qcow2_snap
        raw_align
        vhd_block
        vhd_geom
        vhd_table
        vhd_type
        zero
    }
    disk {
        disk_free
        ext4_64bit
        ext4_quota
        fs_clean
        fs_type
        inode_free
        lvm
        mdraid
        ptable
        root_single
    }
    linux {
        arm_rtc
        arm_uefi
        boot_bios
        boot_declared
        boot_uefi
        cloudassist
        cloudinit
        cloudinit_ds
        cloudinit_link
        cloudinit_net
        cloudinit_stale
        cloudinit_user
        cloudinit_ver
        console
        critical_files
        dhcp
        dhcp_client
        dns
        firewall
        foreign_agent
        fstab_dev
        fstab_missing
        fstab_syntax
        fstab_type
        fstab_uuid
        fwcfg
        getty
        growpart
        grub_cfg
        grub_kernel
        grub_modules
        grub_resume
        grub_root
        grub_version
        init
        initramfs_virtio
        ipv6
        issue
        kernel_old
        kernel_present
        kernel_resize
        kernel_virtio
        lib_symlink
        machine_id
        networkmanager
        nic_multi
        nic_name
        nvme
        nvme_timeout
        passwd_cmd
        qemuga
        root_account
        root_password
        rtc_utc
        seccenter
        selinux
        sha512
        shadow_ro
        sshd
        sshd_config
        sshd_perm
        sshd_root
        time
        udev_net
        xen_only
    }
    freebsd {
        dhcp
        fstab
        virtio
    }
    windows {
        admin
        badkb
        bcd
        bitlocker
        bootdrv_missing
        bootmgr
        cloudassist
        desktopini
        devinstall
        dhcp
        diskfilter
        dynamic
        eval
        firewall
        hiber
        mounteddevices
        ntfs
        nvme
        osloader
        partition
        qemuga
        rdp
        recovery_last
        registry
        rtc
        sanpolicy
        sysprep
        update_pending
        version
        virtio_aux
        virtio_community
        virtio_net
        virtio_old
        virtio_stor
        vminit
        w2003_sp
        w2008r2_kb
        xen
    }
    custom {
        dir
        part1_fs
        part1_rw
        script
        security
        vsize
    }
    instance {
        arch
        boot
        nvme
    }
    request {
        arch
        bootmode
        client_token
        datadisk_count
        description
        detection
        disksize_min
        format
        image_name
        imds
        license
        nvme_support
        object_key
        os_type
        platform
        region
        required
        resource_group
        role
        storage_location
        suffix
        tags
    }
}

pub use linux::grub_resume::absent_devices;
pub use linux::nvme_timeout::nvme_io_timeout;
pub use request::platform::platform_of;

/// The rule of that id or alias; letters of either case. An alias that several rules share gives the first.
pub fn rule(id: &str) -> Option<&'static Rule> {
    let named = |rule: &&&Rule| rule.id.eq_ignore_ascii_case(id);
    let aliased = |rule: &&&Rule| rule.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id));
    RULES.iter().find(named).or_else(|| RULES.iter().find(aliased)).copied()
}

#[cfg(test)]
mod agreement;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Outcome, Severity};
    use crate::rule::Confidence;
    use crate::target::Target;
    use crate::testing;
    use facts::{Facts, Guest, Known, Os};
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for rule in RULES {
            assert!(seen.insert(rule.id), "{} twice", rule.id);
            assert!(
                ["IMG-", "LNX-", "BSD-", "WIN-", "CUS-", "INS-", "REQ-"]
                    .iter()
                    .any(|prefix| rule.id.starts_with(prefix)),
                "{}",
                rule.id
            );
            assert!(rule.id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'), "{}", rule.id);
        }
    }

    #[test]
    fn words_of_a_group_are_in_order() {
        for pair in CASES.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            assert!(a.0 != b.0 || a.1 < b.1, "{}/{} stands before {}", a.0, a.1, b.1);
        }
    }

    #[test]
    fn every_rule_says_who_and_why() {
        for rule in RULES {
            // What only old texts say is not worth stopping anybody.
            let old = rule.confidence == Confidence::Old;
            assert!(!old || rule.severity <= Severity::Degraded, "{} blocks for an old text", rule.id);
            let heads: Vec<_> = rule.docs.lines().filter(|line| line.starts_with('#')).collect();
            assert_eq!(heads, ["# What it checks", "# Why ECS needs it", "# How to fix"], "{}", rule.id);
            assert!(rule.docs.len() > 200, "{} explains too little", rule.id);
            assert!(rule.source.len() > 5 && rule.title.len() > 10 && !rule.title.ends_with('.'), "{}", rule.id);
            for alias in rule.aliases {
                let (tool, item) = alias.split_once('.').unwrap();
                assert!(["GUESTOS", "image_check", "sersi"].contains(&tool) && !item.is_empty(), "{alias}");
            }
        }
    }

    #[test]
    fn what_was_not_examined_never_passes() {
        for rule in RULES {
            let outcome = rule.judge(&Facts::default(), &Target::default());
            assert!(matches!(outcome, Outcome::Unknown { .. } | Outcome::Skipped { .. }), "{}: {outcome:?}", rule.id);
        }
    }

    #[test]
    fn a_windows_of_which_nothing_is_known_passes_no_rule_about_windows() {
        let windows = Guest { os: Os::Windows, windows: Some(Box::default()), ..Guest::default() };
        let facts = Facts { guest: Known::Is(windows), ..Facts::default() };
        for rule in RULES.iter().filter(|rule| rule.id.starts_with("WIN-")) {
            let outcome = rule.judge(&facts, &Target::default());
            assert!(matches!(outcome, Outcome::Unknown { .. } | Outcome::Skipped { .. }), "{}: {outcome:?}", rule.id);
        }
        let report = crate::check(&facts, &Target::default());
        assert_eq!(report.verdict, crate::Verdict::Undecided);
    }

    #[test]
    fn a_sound_disk_has_no_blocking_finding_and_no_open_question() {
        let all = [testing::bios(), testing::uefi(), testing::lvm(), testing::bsd(), testing::windows_2019()];
        for facts in all {
            let report = crate::check(&facts, &Target::default());
            let bad: Vec<_> = report.blocking();
            assert!(bad.is_empty(), "{bad:#?}");
            let open: Vec<_> =
                report.results.iter().filter(|result| matches!(result.outcome, Outcome::Unknown { .. })).collect();
            assert!(open.is_empty(), "{open:#?}");
            assert_eq!(report.verdict, crate::Verdict::Ready);
        }
    }

    #[test]
    fn found_by_id_and_alias() {
        for rule in RULES {
            assert_eq!(super::rule(&rule.id.to_lowercase()).map(|found| found.id), Some(rule.id));
            for alias in rule.aliases {
                assert!(super::rule(alias).is_some_and(|found| found.aliases.contains(alias)));
            }
        }
        assert!(rule("LNX-NONE").is_none());
    }

    #[test]
    fn severities_of_all_kinds_are_used() {
        let used: BTreeSet<_> = RULES.iter().map(|rule| rule.severity).collect();
        assert_eq!(used.len(), Severity::ALL.len());
    }
}
