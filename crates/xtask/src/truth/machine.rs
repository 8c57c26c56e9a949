//! A machine in emulation (TCG), with the devices of an instance: virtio disk, virtio network card, serial console.
//!
//! Its network is the emulator's own: a DHCP server, and a port of this machine that leads to the guest's port 22.

use super::console::Console;
use crate::Result;
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How a machine is started and looked at.
pub(crate) struct Machine<'a> {
    /// The emulator and its options.
    pub(crate) qemu: &'a str,
    /// UEFI firmware; without it the machine starts by BIOS.
    pub(crate) firmware: Option<&'a Path>,
    pub(crate) key: &'a Path,
    /// Seconds for a boot.
    pub(crate) timeout: u64,
}

/// What was seen of a machine.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The console asked for a login.
    pub(crate) prompt: bool,
    /// The guest has an address of the emulator's network, or its port answers.
    pub(crate) network: bool,
    /// The server of SSH said what it is.
    pub(crate) banner: bool,
    /// root logged in by SSH with its key.
    pub(crate) root: bool,
    /// Why it was stopped.
    pub(crate) end: String,
    pub(crate) seconds: u64,
}

impl Seen {
    /// It booted: somebody could work with it, at the console or from outside.
    pub(crate) fn boots(&self) -> bool {
        self.prompt || self.root
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text)?;
        let is = |name: &str| value[name].as_bool().ok_or_else(|| format!("what was seen has no {name}"));
        Ok(Seen {
            prompt: is("prompt")?,
            network: is("network")?,
            banner: is("banner")?,
            root: is("root")?,
            end: value["end"].as_str().unwrap_or_default().to_owned(),
            seconds: value["seconds"].as_u64().unwrap_or_default(),
        })
    }

    pub(crate) fn to_json(&self) -> String {
        let Seen { prompt, network, banner, root, end, seconds } = self;
        json!({ "prompt": prompt, "network": network, "banner": banner, "root": root, "end": end, "seconds": seconds })
            .to_string()
    }
}

/// A child that does not outlive its owner.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Machine<'_> {
    /// Seconds that the kernel may take until it says its version; firmware and GRUB load 40 MB until then.
    fn to_kernel(&self) -> u64 {
        self.timeout * 2 / 5
    }

    /// Seconds in which the server of SSH answers after the prompt is there, or the prompt comes after the server.
    fn to_rest(&self) -> u64 {
        self.timeout * 3 / 20
    }

    /// Starts a disk, and watches until it is known what becomes of it. The disk is not written to.
    pub(crate) fn start(&self, disk: &Path, log: &Path) -> Result<Seen> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        fs::write(log, "")?;
        let mut running = Running(self.command(disk, log, port)?.spawn()?);
        let begun = Instant::now();
        let (mut seen, mut known) = (Seen::default(), None);
        loop {
            sleep(Duration::from_secs(1));
            seen.seconds = begun.elapsed().as_secs();
            let console = Console::new(&fs::read(log)?);
            seen.prompt |= console.asks_for_a_login();
            seen.network |= console.has_a_lease();
            // A kernel that is not told of the serial console says nothing there, and may answer all the same.
            let answer = probe(port);
            seen.banner |= answer == Answer::Banner;
            // What was refused was heard, once it is not the firmware that refuses.
            seen.network |= seen.banner || (console.kernel_runs() && answer != Answer::Silence);
            if (seen.prompt || seen.banner) && known.is_none() {
                known = Some(seen.seconds);
            }
            let waited = known.is_some_and(|since| seen.seconds >= since + self.to_rest());
            seen.end = if let Some(line) = console.end() {
                line.to_owned()
            } else if running.0.try_wait()?.is_some() {
                "the machine switched itself off".to_owned()
            } else if seen.prompt && seen.banner {
                "prompt and SSH".to_owned()
            } else if waited {
                if seen.prompt { "prompt, and no SSH" } else { "SSH, and no prompt" }.to_owned()
            } else if !console.kernel_runs() && !seen.banner && seen.seconds >= self.to_kernel() {
                "no kernel".to_owned()
            } else if seen.seconds >= self.timeout {
                "timeout".to_owned()
            } else {
                continue;
            };
            if seen.banner {
                seen.root = self.log_in(port)?;
            }
            return Ok(seen);
        }
    }

    fn command(&self, disk: &Path, log: &Path, port: SocketAddr) -> Result<Command> {
        let mut qemu = self.without_devices(log)?;
        qemu.arg("-drive").arg(format!("file={},format=raw,if=virtio,snapshot=on", disk.display()));
        qemu.arg("-netdev").arg(format!("user,id=net,hostfwd=tcp:{port}-:22"));
        qemu.args(["-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"]);
        Ok(qemu)
    }

    /// A machine with its memory, its firmware and its serial console, and without a disk or a network.
    pub(crate) fn without_devices(&self, log: &Path) -> Result<Command> {
        let mut words = self.qemu.split_whitespace();
        let mut qemu = Command::new(words.next().ok_or("no emulator is named")?);
        qemu.args(words).args(["-accel", "tcg", "-m", "1024", "-nodefaults", "-display", "none", "-no-reboot"]);
        if let Some(firmware) = self.firmware {
            qemu.arg("-bios").arg(firmware);
        }
        qemu.arg("-serial").arg(format!("file:{}", log.display()));
        qemu.stdin(Stdio::null()).stdout(Stdio::null());
        Ok(qemu)
    }

    /// Whether root gets in with the key. A connection may be lost while services of the guest still start.
    fn log_in(&self, port: SocketAddr) -> Result<bool> {
        for _ in 0..3 {
            let mut ssh = Command::new("timeout");
            ssh.args(["60", "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"]);
            ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=30", "-o", "LogLevel=ERROR", "-i"]);
            ssh.arg(self.key).args(["-p", &port.port().to_string(), "root@127.0.0.1", "id -un"]);
            let done = ssh.stdin(Stdio::null()).output()?;
            if done.status.success() && done.stdout.trim_ascii() == b"root" {
                return Ok(true);
            }
            // 255 is ssh's own failure, a refusal among them; another code is the shell's, and the shell is the answer.
            if String::from_utf8_lossy(&done.stderr).contains("Permission denied") {
                return Ok(false);
            }
            sleep(Duration::from_secs(5));
        }
        Ok(false)
    }
}

/// What a port says.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Banner,
    /// Somebody hung up.
    Closed,
    Silence,
}

/// The emulator accepts at once; the guest's answer is what comes after.
fn probe(port: SocketAddr) -> Answer {
    let patience = Duration::from_secs(2);
    let Ok(mut stream) = TcpStream::connect_timeout(&port, patience) else { return Answer::Silence };
    let mut banner = [0; 8];
    if stream.set_read_timeout(Some(patience)).is_err() {
        return Answer::Silence;
    }
    match stream.read_exact(&mut banner) {
        Ok(()) if banner.starts_with(b"SSH-") => Answer::Banner,
        Ok(()) => Answer::Closed,
        Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
            Answer::Silence
        }
        Err(_) => Answer::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_was_seen_is_kept() {
        let seen = Seen { prompt: true, network: true, end: "a \"b\"".into(), seconds: 7, ..Seen::default() };
        assert_eq!(Seen::parse(&seen.to_json()).unwrap(), seen);
        assert!(Seen::parse("{}").is_err());
    }

    #[test]
    fn a_port_that_hangs_up_is_not_a_server() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            drop(listener.accept().unwrap());
            listener.accept().unwrap().0.write_all(b"SSH-2.0-x\r\n").unwrap();
        });
        assert_eq!(probe(port), Answer::Closed);
        assert_eq!(probe(port), Answer::Banner);
        server.join().unwrap();
    }
}
