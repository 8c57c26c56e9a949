//! The state that it was left in, and how it is reached.

use super::super::testing::{Put, pe, server_2019};
use facts::Known;

#[test]
fn the_state_it_was_left_in() {
    let windows = server_2019()
        .system(&[
            ("Setup|SystemSetupInProgress", Put::Number(0)),
            ("Setup|SetupType", Put::Number(2)),
            (r"Setup\Status\SysprepStatus|GeneralizationState", Put::Number(3)),
            (r"ControlSet002\Control\Session Manager|PendingFileRenameOperations", Put::List(&[r"\??\C:\x"])),
            (r"ControlSet002\Control\Session Manager\Power|HiberbootEnabled", Put::Number(1)),
            (r"ControlSet002\Control\TimeZoneInformation|RealTimeIsUniversal", Put::Number(1)),
            (r"ControlSet002\Services\partmgr\Parameters|SanPolicy", Put::Number(1)),
        ])
        .software(&[
            (r"Microsoft\Windows\CurrentVersion\Setup\State|ImageState", Put::Text("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE")),
            (r"Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending", Put::Nothing),
            (r"Microsoft\Windows\CurrentVersion\Component Based Servicing\PackagesPending", Put::Nothing),
            (r"Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB5009624~31|CurrentState", Put::Number(0x70)),
            (r"Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB5009546~31|CurrentState", Put::Number(0x50)),
            (r"Microsoft\Windows NT\CurrentVersion\Winlogon|DefaultPassword", Put::Text("hush")),
        ])
        .file("/hiberfil.sys", b"HIBR\0\0\0\0".to_vec())
        .file("/Windows/Panther/unattend.xml", b"<AdministratorPassword>hush</AdministratorPassword>".to_vec())
        .windows();
    assert!(windows.hibernated.value().is_some());
    let pending: Vec<_> =
        windows.pending_updates.value().unwrap().iter().map(|pending| pending.name.as_str()).collect();
    assert_eq!(pending, ["RebootPending", "PendingFileRenameOperations"], "an empty list of packages is none");
    assert_eq!(windows.hotfixes, Known::Is(vec!["KB5009624".into()]));
    assert_eq!(windows.setup.generalized, Known::Is(true));
    assert_eq!(windows.setup.generalization.value().unwrap().value, 3);
    assert!(windows.fast_startup.value().unwrap().value && windows.rtc_utc.value().unwrap().value);
    assert_eq!(windows.san_policy.value().unwrap().value, 1);
    assert_eq!(windows.secrets.value().unwrap().len(), 2);
    assert!(!serde_json::to_string(&windows).unwrap().contains("hush"), "nothing of a secret is kept");
    let zeros = server_2019().file("/hiberfil.sys", vec![0; 16]).windows();
    assert!(zeros.hibernated.is_absent());
}

#[test]
fn remote_desktop_and_network() {
    let rule = "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=3390|App=System|";
    let windows = server_2019()
        .system(&[
            (r"ControlSet002\Control\Terminal Server|fDenyTSConnections", Put::Number(0)),
            (r"ControlSet002\Control\Terminal Server\WinStations\RDP-Tcp|PortNumber", Put::Number(3390)),
            (r"ControlSet002\Services\TermService|Start", Put::Number(3)),
            (
                r"ControlSet002\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile|EnableFirewall",
                Put::Number(1),
            ),
            (r"ControlSet002\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules|mine", Put::Text(rule)),
            (r"ControlSet002\Services\Tcpip\Parameters\Interfaces\{1}|EnableDHCP", Put::Number(0)),
            (r"ControlSet002\Services\Tcpip\Parameters\Interfaces\{1}|IPAddress", Put::List(&["10.0.0.5"])),
            (r"ControlSet002\Services\Tcpip\Parameters\Interfaces\{2}|EnableDHCP", Put::Number(1)),
            (r"ControlSet002\Services\Tcpip\Parameters\Interfaces\{2}|IPAddress", Put::List(&["0.0.0.0"])),
            (r"ControlSet002\Services\cloudbase-init|Start", Put::Number(2)),
            (
                r"ControlSet002\Services\cloudbase-init|ImagePath",
                Put::Text(r#""C:\Program Files\Cloudbase\x.exe" --service"#),
            ),
        ])
        .software(&[
            (r"Policies\Microsoft\Windows NT\Terminal Services|fDenyTSConnections", Put::Number(1)),
            (r"Microsoft\Windows\CurrentVersion\Uninstall\{x}|DisplayName", Put::Text("VMware Tools")),
            (r"Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall\y|DisplayName", Put::Text("Kaspersky Endpoint")),
        ])
        .file("/Program Files/Cloudbase/x.exe", pe(0x8664))
        .windows();
    let allowed = windows.remote_desktop.allowed.value().unwrap();
    assert!(!allowed.value, "the policy wins");
    assert_eq!(windows.remote_desktop.port.value().unwrap().value, 3390);
    assert!(windows.remote_desktop.service.value().unwrap().value);
    assert!(windows.firewall.public.value().unwrap().value && windows.firewall.domain.is_absent());
    assert_eq!(windows.firewall.remote_desktop.value().unwrap()[0].name, "mine");
    let adapters = windows.adapters.value().unwrap();
    assert_eq!(
        (adapters[0].dhcp.clone(), adapters[0].addresses.clone()),
        (Known::Is(false), Known::Is(vec!["10.0.0.5".into()]))
    );
    assert!(adapters[1].addresses.is_absent() && adapters[1].name.is_absent());
    assert!(windows.agents["cloudbase-init"].value().unwrap().file.value().is_some());
    assert!(windows.agents["vminit"].is_absent());
    assert_eq!(windows.foreign_tools.value().unwrap()[0].value, "VMware Tools");
    assert_eq!(windows.security_programs.value().unwrap()[0].value, "Kaspersky Endpoint");
}

#[test]
fn the_administrator() {
    let mut record = [0u8; 80];
    record[0x38] = 0x11;
    let mut made = server_2019();
    made.sam.push((r"SAM\Domains\Account\Users\000001F4|F", Put::Bytes(&record)));
    assert_eq!(made.windows().administrator.value().unwrap().disabled, Known::Is(true));
    assert!(server_2019().windows().administrator.is_absent());
}
