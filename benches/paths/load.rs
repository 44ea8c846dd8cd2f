//! Load over loopback: connections that stay open, each sending its next request when the last is answered, and what is measured of them.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How a server answered for a while.
pub struct Run {
    /// Requests answered in a second.
    pub per_second: f64,
    /// Of a hundred answers, the slowest but one took this long, in milliseconds.
    pub p99_ms: f64,
    /// Bytes of the last answer, head included.
    pub bytes: usize,
}

/// Sends requests for `paths` in turn over `connections`, for `lasting`. `accept` is the encoding asked for; empty: none.
pub fn load(port: u16, paths: &[String], accept: &str, connections: usize, lasting: Duration) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let start = Instant::now();
    let clients = (0..connections).map(|client| {
        let mut turn = paths.iter().cycle().skip(client * paths.len() / connections);
        async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (mut times, mut buffer) = (Vec::new(), Vec::with_capacity(64 * 1024));
            while start.elapsed() < lasting {
                let asked = Instant::now();
                ask(&mut stream, turn.next().unwrap(), accept, &mut buffer).await;
                times.push(asked.elapsed());
            }
            (times, buffer.len())
        }
    });
    let answers = runtime.block_on(futures_util::future::join_all(clients));
    let took = start.elapsed().as_secs_f64();
    let bytes = answers.last().map_or(0, |(_, bytes)| *bytes);
    let mut times: Vec<Duration> = answers.into_iter().flat_map(|(times, _)| times).collect();
    times.sort_unstable();
    let p99 = times[times.len() * 99 / 100];
    Run { per_second: times.len() as f64 / took, p99_ms: p99.as_secs_f64() * 1_000.0, bytes }
}

/// One whole answer, by itself; None while nobody listens.
pub fn fetch(port: u16, path: &str, accept: &str) -> Option<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        let mut buffer = Vec::new();
        ask(&mut stream, path, accept, &mut buffer).await;
        let body = head_end(&buffer)?;
        Some(buffer.split_off(body))
    })
}

/// Asks and reads the answer into `buffer`: whole when its stated length is there, or the chunk that ends it.
async fn ask(stream: &mut TcpStream, path: &str, accept: &str, buffer: &mut Vec<u8>) {
    let accept = if accept.is_empty() { String::new() } else { format!("Accept-Encoding: {accept}\r\n") };
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (bench)\r\nAccept: text/html\r\n{accept}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    buffer.clear();
    let mut whole = None;
    loop {
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "the server hung up");
        if whole.is_none()
            && let Some(body) = head_end(buffer)
        {
            let head = String::from_utf8_lossy(&buffer[..body]).to_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            whole = Some(length.map(|length| body + length.trim().parse::<usize>().unwrap()));
        }
        match whole {
            Some(Some(length)) if buffer.len() >= length => return,
            Some(None) if buffer.ends_with(b"\r\n0\r\n\r\n") => return,
            _ => {}
        }
    }
}

fn head_end(buffer: &[u8]) -> Option<usize> {
    buffer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}
