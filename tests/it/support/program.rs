//! The real program as processes of their own, and a plain HTTP/1.1 client for it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

/// Nothing a test asks for takes this long; it fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program with its store and its keys in one folder.
pub struct Program {
    folder: PathBuf,
    /// Variables that are otherwise than a test's usual ones.
    variables: Vec<(String, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Said {
    pub success: bool,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Asserts success.
    #[track_caller]
    pub fn well(self) -> Self {
        assert!(self.success, "{self:?}");
        self
    }

    /// Asserts failure.
    #[track_caller]
    pub fn badly(self) -> Self {
        assert!(!self.success, "{self:?}");
        self
    }
}

impl Program {
    /// With store and keys in this folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), variables: Vec::new() }
    }

    /// With a variable of the environment, in the place of what a test usually has.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The file of the store.
    pub fn store(&self) -> PathBuf {
        self.folder.join("hangtag.db")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hangtag"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("HANGTAG_") {
                command.env_remove(name);
            }
        }
        let settings = BTreeMap::from([
            ("DATABASE_URL", format!("sqlite://{}", self.store().display())),
            ("LISTEN", "127.0.0.1:0".into()),
            ("PUBLIC_URL", "http://localhost".into()),
            ("CONNECTIONS", "2".into()),
            ("WORKERS", "2".into()),
            ("LOG_FORMAT", "json".into()),
            ("LOG", "warn,hangtag::cli=info".into()),
        ]);
        command.envs(settings.into_iter().map(|(name, value)| (format!("HANGTAG_{name}"), value)));
        command.env("LANG", "en_GB.UTF-8").env_remove("LC_ALL").env_remove("LC_MESSAGES").args(arguments).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { success: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Serves; comes back once it listens.
    pub fn serve(&self) -> Serving {
        let mut process = self.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let (found, address) = mpsc::channel();
        let words = std::thread::spawn(move || {
            let mut complaints = Vec::new();
            for line in lines.map_while(Result::ok) {
                let said: Value = serde_json::from_str(&line).unwrap_or_default();
                match said["fields"]["address"].as_str() {
                    Some(address) => found.send(address.parse().unwrap()).unwrap_or_default(),
                    None => complaints.push(line),
                }
            }
            complaints
        });
        match address.recv_timeout(PATIENCE) {
            Ok(address) => Serving { process, address, words: Some(words) },
            Err(_) => {
                let _ended = process.kill();
                panic!("it does not serve: {:#?}", words.join().unwrap());
            }
        }
    }
    /// Makes and serves a demo in the folder; comes back with what it says of itself once it serves.
    pub fn demo(&self, flags: &[&str]) -> (Value, Serving) {
        let folder = self.folder.display().to_string();
        let arguments = [&["demo", "--json", "--port", "0", "--dir", folder.as_str()], flags].concat();
        let mut process = self.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["url"].as_str().unwrap().trim_start_matches("http://").parse().unwrap();
        (said, Serving { process, address, words: None })
    }
}

/// The program while it serves. Killed when dropped.
pub struct Serving {
    process: Child,
    pub address: SocketAddr,
    words: Option<JoinHandle<Vec<String>>>,
}

impl Serving {
    /// Ends it without warning (SIGKILL); comes back when it is gone, with what it complained about while it lived.
    pub fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        let end = self.process.wait().unwrap();
        assert!(end.code().is_none(), "it had ended by itself: {end}");
        self.words.take().unwrap().join().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// A connection to it, kept alive.
pub struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Client {
    /// Connects; `token` goes with every request.
    pub fn connect(address: SocketAddr, token: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), token: token.to_owned() })
    }

    /// Sends a POST of a JSON document and waits for nothing.
    pub fn post(&mut self, path: &str, key: &str, body: &str) -> std::io::Result<()> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len(),
        );
        self.stream.get_mut().write_all(request.as_bytes())
    }

    /// Asks for a page, as a buyer's browser does, and waits for it.
    pub fn page(&mut self, path: &str) -> std::io::Result<(u16, String)> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nAccept-Language: en\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.answer()
    }

    /// The status and body of the answer to what was sent.
    pub fn answer(&mut self) -> std::io::Result<(u16, String)> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
        let mut length = None;
        loop {
            let line = self.line()?;
            match line.split_once(':') {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok(),
                Some(_) => {}
            }
        }
        let mut body = vec![0; length.ok_or(std::io::ErrorKind::InvalidData)?];
        self.stream.read_exact(&mut body)?;
        Ok((status, String::from_utf8(body).unwrap()))
    }

    /// A line of the answer's head, whole.
    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        if line.ends_with("\r\n") { Ok(line.trim_end().to_owned()) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
    }
}
