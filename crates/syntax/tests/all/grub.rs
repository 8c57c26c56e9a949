//! GRUB configurations as the distributions write them, against a host made of a few files.

use std::collections::BTreeMap;

use syntax::bls;
use syntax::grub::{self, Entry, Host, Menu, SearchBy};

/// Devices with files, and what `search` finds.
#[derive(Default)]
pub(crate) struct Disk {
    files: BTreeMap<(String, String), Vec<u8>>,
    names: BTreeMap<String, String>,
}

impl Disk {
    pub(crate) fn with(mut self, device: &str, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.insert((device.into(), path.into()), content.as_ref().to_vec());
        self
    }

    pub(crate) fn named(mut self, name: &str, device: &str) -> Self {
        self.names.insert(name.into(), device.into());
        self
    }

    /// A grubenv of the usual size.
    fn with_environment(self, device: &str, path: &str, variables: &str) -> Self {
        let mut block = format!("# GRUB Environment Block\n{variables}").into_bytes();
        block.resize(1024, b'#');
        self.with(device, path, block)
    }
}

impl Host for Disk {
    fn read(&mut self, device: &str, path: &str) -> Option<(String, Vec<u8>)> {
        let content = self.files.get(&(device.into(), path.into()))?;
        Some((format!("{device}:{path}"), content.clone()))
    }

    fn exists(&mut self, device: &str, path: &str) -> bool {
        self.files.contains_key(&(device.into(), path.into()))
    }

    fn search(&mut self, _: SearchBy, what: &str) -> Option<String> {
        self.names.get(what).cloned()
    }

    fn bls_entries(&mut self, device: &str, directory: &str, variables: &BTreeMap<String, String>) -> Vec<Entry> {
        let prefix = format!("{directory}/");
        let files = self.files.iter().filter(|((on, path), _)| on == device && path.starts_with(&prefix));
        let mut files: Vec<_> = files.map(|((_, path), content)| (path.as_str(), content)).collect();
        files.sort_by(|(a, _), (b, _)| bls::menu_order(a, b));
        let root = variables.get("root").map_or("", String::as_str);
        files.iter().filter_map(|(path, text)| bls::menu_entry(path, &bls::parse(text), root, variables)).collect()
    }
}

fn run(text: &str, disk: &mut Disk) -> Menu {
    grub::run(text.as_bytes(), "/boot/grub/grub.cfg", "hd0,gpt1", "(hd0,gpt1)/boot/grub", disk)
}

fn default(menu: &Menu) -> &Entry {
    &menu.entries[menu.default_entry.expect("a default entry")]
}

fn kernel(entry: &Entry) -> (&str, &str) {
    let file = entry.kernel.as_ref().expect("a kernel");
    (&file.device, &file.path)
}

const DEBIAN: &str = include_str!("samples/debian12.cfg");

#[test]
fn debian_12() {
    let menu = run(DEBIAN, &mut Disk::default().named("11112222-root", "hd0,gpt1"));
    assert_eq!(menu.problems, []);
    assert_eq!((menu.default.as_str(), menu.default_entry, menu.timeout, menu.locked), ("0", Some(0), Some(5), false));
    assert_eq!(menu.entries.len(), 3);
    let entry = default(&menu);
    assert_eq!(entry.id.as_deref(), Some("gnulinux-simple-11112222-root"));
    assert_eq!((entry.title.as_str(), entry.position.as_slice()), ("Debian GNU/Linux", &[0][..]));
    assert_eq!(kernel(entry), ("hd0,gpt1", "/boot/vmlinuz-6.1.0-18-cloud-amd64"));
    assert_eq!(entry.cmdline, "root=UUID=11112222-root ro console=tty0 console=ttyS0,115200");
    assert_eq!(entry.initrds.len(), 1);
    let recovery = &menu.entries[2];
    assert_eq!(recovery.submenus, ["Advanced options for Debian GNU/Linux"]);
    assert_eq!(recovery.position, [1, 1]);
    assert_eq!(recovery.id.as_deref(), Some("gnulinux-6.1.0-18-cloud-amd64-recovery-11112222-root"));
    assert!(recovery.cmdline.ends_with("ro single"));
}

#[test]
fn debian_places_are_right() {
    let menu = run(DEBIAN, &mut Disk::default().named("11112222-root", "hd0,gpt1"));
    let line = |text: &str| {
        let index = DEBIAN.lines().position(|line| line.contains(text)).expect("the sample has it");
        u32::try_from(index + 1).unwrap()
    };
    let entry = &menu.entries[0];
    assert_eq!(entry.place.line, line("menuentry 'Debian GNU/Linux' "));
    assert_eq!(entry.kernel.as_ref().unwrap().place.line, line("linux	/boot"));
    assert_eq!(entry.initrds[0].place.line, line("initrd	/boot"));
    assert_eq!(menu.default_place.unwrap().line, line("set default=\"0\""));
    assert_eq!(menu.searches[0].place.line, line("	search --no-floppy"));
    assert_eq!(menu.searches.iter().map(|search| search.entry).collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
}

#[test]
fn debian_that_boots_an_entry_once_or_finds_no_root() {
    let next = "next_entry=1>1\n";
    let menu = run(DEBIAN, &mut Disk::default().with_environment("hd0,gpt1", "/boot/grub/grubenv", next));
    assert_eq!((menu.default.as_str(), menu.default_entry), ("1>1", Some(2)));
    assert!(menu.searches.iter().all(|search| search.found.is_none() && search.what == "11112222-root"));
    assert_eq!(kernel(default(&menu)).0, "hd0,gpt1", "the root of before stays");
    assert!(menu.files.contains(&"hd0,gpt1:/boot/grub/grubenv".to_string()));
}

#[test]
fn debian_knows_its_platform_when_told() {
    let platform = BTreeMap::from([("grub_platform".to_string(), "efi".to_string())]);
    let mut disk = Disk::default();
    let menu = grub::run_with(&platform, DEBIAN.as_bytes(), "x", "hd0,gpt1", "(hd0,gpt1)/boot/grub", &mut disk);
    assert_eq!(menu.entries.len(), 3, "firmware settings need a firmware that has them");
}

#[test]
fn ubuntu_22_04() {
    let text = include_str!("samples/ubuntu2204.cfg");
    let mut disk = Disk::default().named("UU", "hd0,gpt1");
    let menu = run(text, &mut disk);
    assert_eq!(menu.problems, []);
    assert_eq!((menu.default_entry, menu.timeout), (Some(2), Some(0)));
    assert_eq!(kernel(default(&menu)).1, "/boot/vmlinuz-5.15.0-91-generic");
    assert_eq!(default(&menu).cmdline, "root=UUID=UU ro quiet splash vt.handoff=7");
    let first = &menu.entries[0];
    assert_eq!((first.initrds.len(), first.cmdline.contains("PARTUUID=PP")), (0, true));

    let mut disk = disk.with_environment("hd0,gpt1", "/boot/grub/grubenv", "recordfail=1\ninitrdfail=1\n");
    let menu = run(text, &mut disk);
    assert_eq!(menu.timeout, Some(30));
    assert_eq!((menu.entries[0].initrds.len(), menu.entries[0].cmdline.contains("UUID=UU")), (1, true));
    assert!(!menu.entries[2].cmdline.contains("handoff"), "{}", menu.entries[2].cmdline);
}

#[test]
fn rhel_7_saved_entry() {
    let text = include_str!("samples/rhel7.cfg");
    let run = |environment: &str| {
        let disk = Disk::default().named("BB", "hd0,msdos1");
        let mut disk = disk.with_environment("hd0,msdos1", "/grub2/grubenv", environment);
        grub::run(text.as_bytes(), "/boot/grub2/grub.cfg", "hd0,msdos1", "(hd0,msdos1)/grub2", &mut disk)
    };
    let by_title = run("saved_entry=CentOS Linux (0-rescue-0123) 7 (Core)\n");
    assert_eq!((by_title.problems.as_slice(), by_title.default_entry), (&[][..], Some(1)));
    assert!(by_title.entries.iter().all(|entry| entry.unrestricted));
    assert_eq!(kernel(&by_title.entries[0]), ("hd0,msdos1", "/vmlinuz-3.10.0-1160.el7.x86_64"));
    assert!(by_title.entries[0].cmdline.starts_with("root=/dev/mapper/centos-root ro crashkernel=auto rd.lvm.lv="));

    assert_eq!(run("saved_entry=gnulinux-3.10.0-1160.el7.x86_64-advanced-RR\n").default_entry, Some(0));
    assert_eq!(run("saved_entry=3.10.0-957.el7.x86_64\n").default_entry, None, "a kernel that is gone");
    assert_eq!(run("").default_entry, Some(0), "nothing saved: the first");
}

/// The ESP's file leads to the one in /boot, whose entries are in `loader/entries`.
fn rhel_9() -> Disk {
    let entry = |version: &str, options: &str| {
        format!(
            "title Red Hat Enterprise Linux ({version})\nversion {version}\nlinux /vmlinuz-{version}\n\
             initrd /initramfs-{version}.img $tuned_initrd\noptions {options}\ngrub_users $grub_users\n\
             grub_arg --unrestricted\ngrub_class rhel\n"
        )
    };
    let (old, new) = ("5.14.0-70.el9.x86_64", "5.14.0-362.8.1.el9_3.x86_64");
    let path = |version: &str| format!("/loader/entries/0123abcd-{version}.conf");
    Disk::default()
        .named("BOOT-UUID", "hd0,gpt2")
        .with("hd0,gpt2", "/grub2/grub.cfg", include_str!("samples/rhel9.cfg"))
        .with("hd0,gpt2", &path(old), entry(old, "$kernelopts $tuned_params"))
        .with("hd0,gpt2", &path(new), entry(new, "root=UUID=rr ro"))
        .with("hd0,gpt2", &path("0-rescue"), entry("0-rescue", "$kernelopts"))
}

const WRAPPER: &str = "search --no-floppy --root-dev-only --fs-uuid --set=dev BOOT-UUID\n\
                       set prefix=($dev)/grub2\n\nexport $prefix\nconfigfile $prefix/grub.cfg\n";

fn run_wrapper(disk: &mut Disk) -> Menu {
    grub::run(WRAPPER.as_bytes(), "/EFI/redhat/grub.cfg", "hd0,gpt1", "(hd0,gpt1)/EFI/redhat", disk)
}

#[test]
fn rhel_9_from_the_esp_to_its_entries() {
    let saved = "saved_entry=0123abcd-5.14.0-70.el9.x86_64\nboot_success=0\n";
    let mut disk = rhel_9().with_environment("hd0,gpt2", "/grub2/grubenv", saved);
    let menu = run_wrapper(&mut disk);
    assert_eq!(menu.problems, []);
    assert_eq!(menu.files, ["/EFI/redhat/grub.cfg", "hd0,gpt2:/grub2/grub.cfg", "hd0,gpt2:/grub2/grubenv"]);
    let ids: Vec<_> = menu.entries.iter().map(|entry| &entry.id.as_deref().unwrap()[9..15]).collect();
    assert_eq!(ids, ["5.14.0", "5.14.0", "0-resc"]);
    assert_eq!((menu.default_entry, menu.timeout), (Some(1), Some(1)));
    assert_eq!(kernel(default(&menu)), ("hd0,gpt2", "/vmlinuz-5.14.0-70.el9.x86_64"));
    assert_eq!(default(&menu).cmdline, "root=/dev/mapper/rhel-root ro crashkernel=auto");
    assert_eq!(menu.entries[0].cmdline, "root=UUID=rr ro");
    assert!(menu.entries.iter().all(|entry| entry.unrestricted && entry.initrds.len() == 1));
    assert_eq!(menu.default_place.unwrap().file, "hd0,gpt2:/grub2/grub.cfg");
    let searched: Vec<_> = menu.searches.iter().map(|search| (search.what.as_str(), search.found.is_some())).collect();
    assert_eq!(searched, [("BOOT-UUID", true), ("BOOT-UUID", true), ("ESP-UUID", false)]);
}

#[test]
fn rhel_kernel_options_of_the_environment_count_first() {
    let mut disk = rhel_9().with_environment("hd0,gpt2", "/grub2/grubenv", "kernelopts=root=UUID=zz ro\n");
    let menu = run_wrapper(&mut disk);
    assert_eq!(menu.default_entry, Some(0));
    assert_eq!(menu.entries[1].cmdline, "root=UUID=zz ro");
}

#[test]
fn a_wrapper_that_leads_nowhere_says_so() {
    let menu = run_wrapper(&mut Disk::default());
    assert_eq!((menu.entries.len(), menu.default_entry), (0, None));
    assert_eq!(menu.problems.len(), 1);
    assert_eq!((menu.problems[0].0.line, menu.problems[0].1.as_str()), (5, "`()/grub2/grub.cfg` is not there"));
}

#[test]
fn entries_in_a_directory_of_their_own() {
    let text = "set blsdir=/ostree/entries/\nblscfg\n";
    let mut disk = Disk::default().with("hd0,gpt1", "/ostree/entries/a-1.conf", "title A\nlinux /ostree/vmlinuz\n");
    assert_eq!(kernel(&run(text, &mut disk).entries[0]), ("hd0,gpt1", "/ostree/vmlinuz"));
    let mut disk = Disk::default().with("hd0,gpt1", "/boot/loader/entries/a-1.conf", "linux /boot/v\n");
    assert_eq!(run("blscfg", &mut disk).entries[0].title, "/boot/v");
    assert_eq!(run("blscfg", &mut Disk::default()).problems[0].1, "`blscfg` finds no entries");
}

#[test]
fn sles_15() {
    let text = include_str!("samples/sles15.cfg");
    let disk = Disk::default().named("SS", "hd0,gpt1").with("hd0,gpt1", "/.snapshots/grub-snapshot.cfg", "true\n");
    let menu = run(text, &mut disk.with_environment("hd0,gpt1", "/boot/grub/grubenv", "saved_entry=SLES 15-SP5\n"));
    let problems: Vec<_> = menu.problems.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(problems, ["`load_video` is no command that is known here: taken as failed"], "the sample defines none");
    assert_eq!((menu.default_entry, menu.timeout), (Some(0), Some(8)));
    assert_eq!(default(&menu).cmdline, "root=UUID=SS splash=silent mitigations=auto");
    assert_eq!(menu.variables["btrfs_relative_path"], "y");
    assert!(menu.files.contains(&"hd0,gpt1:/.snapshots/grub-snapshot.cfg".to_string()));
}

#[test]
fn hand_made_wrappers() {
    let config = "set timeout=3\nmenuentry 'L' {\n linux /vmlinuz root=/dev/vda1 \"a b\"\n initrd /a /b newc:x:/c\n}\n";
    for wrapper in [
        "search --no-floppy --fs-uuid --set=root UUID\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n",
        "search.fs_uuid UUID root hd0,gpt2 \nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n",
        "search --file --set=root /boot/marker\nset prefix=\"(${root})/boot/grub\"\r\nnormal\r\n",
        "set root=(hd0,gpt2)\nconfigfile (hd0,gpt2)/boot/grub/grub.cfg",
        "set root=(hd0,gpt2)\nsource /boot/grub/grub.cfg",
        "search --label UUID --set\nset prefix=($root)/boot/grub; . $prefix/grub.cfg",
    ] {
        let disk = Disk::default().named("UUID", "hd0,gpt2").named("/boot/marker", "hd0,gpt2");
        let mut disk = disk.with("hd0,gpt2", "/boot/grub/grub.cfg", config);
        let menu = run(wrapper, &mut disk);
        assert_eq!(
            (menu.problems.as_slice(), menu.default_entry, menu.timeout),
            (&[][..], Some(0), Some(3)),
            "{wrapper}"
        );
        let entry = &menu.entries[0];
        assert!(entry.cmdline == "root=/dev/vda1 \"a b\"" && entry.place.line == 2, "{wrapper}: {entry:?}");
        assert_eq!(entry.initrds.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["/a", "/b", "/c"]);
        assert_eq!(kernel(entry).0, "hd0,gpt2", "{wrapper}");
    }
}

#[test]
fn the_language() {
    let cases = [
        ("for i in a b c; do x=$x$i; done; default=$x", "abc"),
        ("x=0; while [ $x -lt 5 ]; do increment x; if [ $x = 3 ]; then break; fi; done; default=$x", "3"),
        ("x=0; until [ $x = 2 ]; do increment x; continue; x=9; done; default=$x", "2"),
        ("function f { default=\"$2-$#-$@\"; return; default=no; }; f a 'b c'", "b c-2-a b c"),
        ("function f { shift; default=$1; }; f a b", "b"),
        ("function f { return 1; }; if f; then default=no; else default=$?; fi", "1"),
        ("if ! false; then default=yes; fi", "yes"),
        ("set x='a b'; function f { default=$#; }; f $x", "2"),
        ("set x='a b'; function f { default=$#; }; f \"$x\"", "1"),
        ("set x=' a '; function f { default=$#; }; f y$x", "2"),
        ("default=a; unset default", "0"),
        ("set default='a;b' # c", "a;b"),
        ("set default=a\\ b\\\nc", "a bc"),
        ("root=(hd9); default=$root", "hd9"),
        ("if [ -z \"$nothing\" -a -f /there ]; then default=1>2; fi", "0"),
        ("if [ -f (d)/there -a ! -e /gone ]; then default='1>2'; fi", "1>2"),
    ];
    for (text, expected) in cases {
        let menu = run(text, &mut Disk::default().with("d", "/there", ""));
        assert_eq!(menu.default, expected, "{text}: {:?}", menu.problems);
    }
}

#[test]
fn entries_are_run_with_the_variables_at_the_end() {
    let text = "set a=1\nmenuentry x $1 {\n set b=$a$1\n linux /k a=$a b=$b t=$1\n}\nset a=2\n\
                export a\nset c=3\nsubmenu s { set d=$c; menuentry y --id=i { linux /k a=$a c=$c d=$d; }; set d=4; }\n\
                menuentry z { linux /k b=$b d=$d; }\n";
    let menu = run(text, &mut Disk::default());
    let lines: Vec<_> = menu.entries.iter().map(|entry| entry.cmdline.as_str()).collect();
    assert_eq!(lines, ["a=2 b=2x t=x", "a=2 c= d=4", "b= d="]);
    assert_eq!(menu.entries[1].id.as_deref(), Some("i"));
    assert_eq!(menu.variables.get("b"), None);
}

#[test]
fn a_configuration_without_menu_boots_at_once() {
    let menu = run("linux /k root=x\ninitrd /i\nboot\nmenuentry never {\n}\n", &mut Disk::default());
    assert_eq!((menu.entries.len(), menu.default_entry), (1, Some(0)));
    assert_eq!((menu.entries[0].cmdline.as_str(), menu.entries[0].initrds.len()), ("root=x", 1));
}

#[test]
fn a_menu_behind_a_password() {
    let menu = run("set superusers=\"root\"\nexport superusers\nmenuentry a { true; }\n", &mut Disk::default());
    assert!(menu.locked && !menu.entries[0].unrestricted && menu.entries[0].kernel.is_none());
}

#[test]
fn problems_name_their_line_and_do_not_end_the_run() {
    let text = "frobnicate\nset default=1 |\nfi\nset default=2\nprobe -u x\n'open\n";
    let menu = run(text, &mut Disk::default());
    assert_eq!(menu.default, "2");
    assert_eq!(menu.problems.iter().map(|(place, _)| place.line).collect::<Vec<_>>(), [1, 2, 3, 5, 6]);
}

#[test]
fn configurations_that_never_end_do() {
    let mut disk = Disk::default().with("hd0,gpt1", "/self", "menuentry x { true; }\nsource /self\n");
    let menu = run("source /self", &mut disk);
    assert_eq!(menu.entries.len(), 31);
    assert!(menu.problems[0].1.contains("32 deep"));
    let mut disk = disk.with("hd0,gpt1", "/other", "configfile /other");
    for (text, expected) in [
        ("while true; do true; done", "200000 commands"),
        ("while true; do menuentry x; done", "10000 entries"),
        ("function f { f; }; f", "100 deep"),
        ("function f { submenu x { f; }; }; f", "16 deep"),
        ("x=aaaaaaaa; while true; do x=$x$x; done", "64 KiB"),
        ("x=aaaaaaaa; while true; do x=$x$x; y=\"$x$x$x$x$x$x$x\"; done", "32 MiB"),
        ("while true; do search -u x; done", "32 MiB"),
        ("while true; do if [ -f /x ]; then true; fi; done", "32 MiB"),
        ("while true; do source /self; done", "32 deep"),
        ("configfile /other", "32 deep"),
    ] {
        let menu = run(text, &mut disk);
        assert!(menu.problems.iter().any(|(_, what)| what.contains(expected)), "{text}: {:?}", menu.problems);
    }
}
