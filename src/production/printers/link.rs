//! The wire to a printer: raw TCP, port 9100 nearly always.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::Language;
use super::status::{self, Status};

/// How long one read or write waits before it looks at the time.
const TICK: Duration = Duration::from_millis(250);
/// Bytes given to the wire at once: small, so that a slow printer shows progress.
const SLICE: usize = 4096;
/// Bytes of an answer that are looked at.
const ANSWER_MOST: usize = 4096;

/// Reads an answer; None while it is not whole.
type Reader = fn(&[u8]) -> Option<Status>;

/// An open connection.
pub struct PrinterLink {
    stream: TcpStream,
    language: Language,
}

impl PrinterLink {
    /// Connects within `wait`, trying each address of the name.
    pub fn open(host: &str, port: u16, language: Language, wait: Duration) -> Result<Self> {
        let mut last = Error::new(ErrorKind::NotFound, "the name has no address");
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, wait) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    stream.set_read_timeout(Some(TICK))?;
                    stream.set_write_timeout(Some(TICK))?;
                    return Ok(Self { stream, language });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Asks how the printer is. None when it does not answer within `wait`: that is a state, not an error.
    pub fn ask(&mut self, wait: Duration) -> Result<Option<Status>> {
        let (question, read): (&[u8], Reader) = match self.language {
            Language::Zpl => (b"~HS\r\n", status::zpl),
            Language::Tspl => (b"\x1b!?", status::tspl),
        };
        let begun = Instant::now();
        if let Err(error) = self.send(question, wait, &mut || {}) {
            return if error.kind() == ErrorKind::TimedOut { Ok(None) } else { Err(error) };
        }
        let mut answer = Vec::new();
        let mut buffer = [0; 512];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(Error::new(ErrorKind::UnexpectedEof, "the printer closed the connection")),
                Ok(count) => {
                    answer.extend_from_slice(buffer.get(..count).unwrap_or_default());
                    if let Some(status) = read(&answer) {
                        return Ok(Some(status));
                    }
                }
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(error),
            }
            if begun.elapsed() >= wait || answer.len() > ANSWER_MOST {
                return Ok(None);
            }
        }
    }

    /// Sends everything, however slowly the printer takes it; gives up when it takes nothing for `stall`.
    pub fn send(&mut self, bytes: &[u8], stall: Duration, beat: &mut dyn FnMut()) -> Result<()> {
        let mut rest = bytes;
        let mut moved = Instant::now();
        while !rest.is_empty() {
            match self.stream.write(rest.get(..SLICE.min(rest.len())).unwrap_or(rest)) {
                Ok(0) => return Err(Error::new(ErrorKind::WriteZero, "the printer takes nothing more")),
                Ok(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    moved = Instant::now();
                }
                Err(error) if is_wait(&error) && moved.elapsed() < stall => {}
                Err(error) if is_wait(&error) => return Err(Error::new(ErrorKind::TimedOut, "the printer takes nothing")),
                Err(error) => return Err(error),
            }
            beat();
        }
        Ok(())
    }

    /// Says that nothing more comes and waits until the printer has taken it all and closes, at most `wait`.
    pub fn finish(mut self, wait: Duration, beat: &mut dyn FnMut()) -> Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        let begun = Instant::now();
        let mut buffer = [0; 512];
        while begun.elapsed() < wait {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(error),
            }
            beat();
        }
        // Many printers never close: what was written was taken by the network at least.
        Ok(())
    }
}

fn is_wait(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
