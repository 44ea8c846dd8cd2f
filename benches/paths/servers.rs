//! The processes that are measured: the real program on a stock, and a bare actix handler that returns the same bytes.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, web};
use hangtag::demo;

use crate::load::fetch;
use crate::stock::Stock;

/// The program itself.
const HANGTAG: &str = env!("CARGO_BIN_EXE_hangtag");

/// A serving process, ended when dropped.
pub struct Server {
    /// Where it listens, on loopback.
    pub port: u16,
    process: Child,
}

impl Server {
    /// The real program on a stock.
    pub fn serve(stock: &Stock) -> Self {
        let port = free_port();
        let config = demo::settle(&stock.folder, port).unwrap();
        let mut command = Command::new(HANGTAG);
        command.arg("serve").env("HANGTAG_DATABASE_URL", &config.database_url);
        Self::start(command, port)
    }

    /// A bare handler that returns the bytes of a file.
    pub fn hello(page: &Path) -> Self {
        let port = free_port();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["hello", &port.to_string()]).arg(page);
        Self::start(command, port)
    }

    fn start(mut command: Command, port: u16) -> Self {
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { port, process };
        let patience = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(patience.elapsed() < Duration::from_secs(30), "nobody listens on {port}");
            std::thread::sleep(Duration::from_millis(1));
        }
        server
    }

    /// The body of an answer.
    pub fn get(&self, path: &str, accept: &str) -> Vec<u8> {
        fetch(self.port, path, accept).unwrap()
    }

    /// Memory of the process in megabytes, by its name in `/proc`.
    pub fn resident_mb(&self, name: &str) -> f64 {
        memory_mb(self.process.id(), name).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn memory_mb(process: u32, name: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1_024.0)
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Makes labels of the big batch with the real program: most memory in megabytes, seconds.
pub fn make_labels(stock: &Stock, count: u32, file: &Path) -> (f64, f64) {
    let config = demo::settle(&stock.folder, 8080).unwrap();
    let start = Instant::now();
    let mut process = Command::new(HANGTAG)
        .args(["labels", "make", "--batch", &stock.big_batch, "--count", &count.to_string(), "--format", "pdf", "--out"])
        .arg(file)
        .env("HANGTAG_DATABASE_URL", &config.database_url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0.0;
    loop {
        peak = memory_mb(process.id(), "VmHWM").unwrap_or(peak);
        if let Some(status) = process.try_wait().unwrap() {
            assert!(status.success(), "labels were not made");
            return (peak, start.elapsed().as_secs_f64());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Serves the bytes of a file and nothing else, with as many workers as the program has.
pub fn hello(port: &str, page: &Path) {
    let body = Bytes::from(std::fs::read(page).unwrap());
    let port: u16 = port.parse().unwrap();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(4);
    actix_web::rt::System::new()
        .block_on(async move {
            HttpServer::new(move || {
                let body = body.clone();
                App::new().default_service(web::to(move || {
                    let body = body.clone();
                    async move { HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body) }
                }))
            })
            .workers(workers)
            .bind(("127.0.0.1", port))?
            .run()
            .await
        })
        .unwrap();
}
