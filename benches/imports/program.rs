//! Processes that are measured: how long they take, how much memory and disk.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::file::Url;

/// What a process cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub seconds: f64,
    /// Of its own, on all processors: hardly depends on who else uses the machine.
    pub processor_s: f64,
    /// The most that was in memory at once, mapped files included.
    pub resident_mb: f64,
    pub written_gb: f64,
}

/// Waits for a process and watches it meanwhile.
fn watch(mut process: Child, start: Instant) -> Cost {
    let mut cost = Cost { seconds: 0.0, processor_s: 0.0, resident_mb: 0.0, written_gb: 0.0 };
    let figure = |id: u32, file: &str, name: &str| -> Option<f64> {
        let text = std::fs::read_to_string(format!("/proc/{id}/{file}")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    loop {
        cost.resident_mb = figure(process.id(), "status", "VmHWM").map_or(cost.resident_mb, |kb| kb / 1_024.0);
        cost.processor_s = ticks(process.id()).map_or(cost.processor_s, |ticks| ticks / 100.0);
        cost.written_gb = figure(process.id(), "io", "write_bytes").map_or(cost.written_gb, |bytes| bytes / 1e9);
        if let Some(status) = process.try_wait().unwrap() {
            assert!(status.success(), "a process failed");
            cost.seconds = start.elapsed().as_secs_f64();
            return cost;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Hundredths of a second that a process has computed, for itself and in the kernel.
fn ticks(id: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    Some(fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?)
}

/// The program on a store.
pub fn start(program: &str, url: &Url, arguments: &[&str]) -> Child {
    command(program, url).args(arguments).stdout(Stdio::null()).spawn().unwrap()
}

fn command(program: &str, url: &Url) -> Command {
    let mut command = Command::new(program);
    command.env("HANGTAG_DATABASE_URL", &url.database).env("HANGTAG_DATA_DIR", &url.data);
    command
}

/// Runs the program on a store.
pub fn costs(program: &str, url: &Url, arguments: &[&str]) -> Cost {
    let begun = Instant::now();
    watch(start(program, url, arguments), begun)
}

/// Runs a tool with a script on its standard input; None when this machine has no such tool.
pub fn tool(name: &str, arguments: &[&str], script: &str) -> Option<Cost> {
    let start = Instant::now();
    let mut process = Command::new(name).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().ok()?;
    process.stdin.take()?.write_all(script.as_bytes()).unwrap();
    Some(watch(process, start))
}

/// The program serving a store, ended when dropped.
pub struct Server {
    /// Where it listens, on loopback.
    pub port: u16,
    process: Child,
}

impl Server {
    pub fn serve(program: &str, url: &Url) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut command = command(program, url);
        command.arg("serve").env("HANGTAG_LISTEN", format!("127.0.0.1:{port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let patience = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(patience.elapsed() < Duration::from_secs(30), "nobody listens on {port}");
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { port, process }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _ended = self.process.wait();
    }
}
