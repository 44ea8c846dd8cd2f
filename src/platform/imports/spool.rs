//! Rows kept between the two passes in an order of their own, however many there are: sorted in pieces on the disk, merged as they are read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::run::Entry;
use crate::kernel::{Error, Result, saturating};
use crate::platform::locks::lock;

/// Bytes of rows that are sorted in memory at a time.
const PIECE: usize = 4 << 20;
/// Bytes read ahead of each piece.
const AHEAD: usize = 1 << 15;

/// Rows in the order of a number that each was put in under; rows of one number in the order of their lines.
///
/// Takes [`PIECE`] bytes of memory whatever it holds, and while it is read [`AHEAD`] for each piece. The file it needs has no name and is gone
/// with it.
pub struct Spool<R> {
    folder: PathBuf,
    keys: Vec<Key>,
    bytes: Vec<u8>,
    file: Option<Arc<Mutex<File>>>,
    pieces: Vec<Range<u64>>,
    rows: u64,
    of: PhantomData<fn() -> R>,
}

/// The order of a row: its number, its line.
type Order = (i64, u64);

struct Key {
    order: Order,
    bytes: Range<usize>,
}

impl<R: Serialize + DeserializeOwned> Spool<R> {
    /// An empty one, with its file in `folder` once it needs one.
    pub fn new(folder: &Path) -> Self {
        let (keys, bytes, pieces) = (Vec::new(), Vec::new(), Vec::new());
        Self { folder: folder.to_owned(), keys, bytes, file: None, pieces, rows: 0, of: PhantomData }
    }

    /// Rows put in so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Puts a row in.
    pub fn push(&mut self, number: i64, line: u64, record: &R) -> Result<()> {
        let start = self.bytes.len();
        postcard::to_io(record, &mut self.bytes).map_err(Error::broken)?;
        self.keys.push(Key { order: (number, line), bytes: start..self.bytes.len() });
        self.rows += 1;
        if self.bytes.len() < PIECE { Ok(()) } else { self.set_down() }
    }

    /// Sorts what is in memory and writes it behind the pieces before.
    fn set_down(&mut self) -> Result<()> {
        if self.keys.is_empty() {
            return Ok(());
        }
        self.keys.sort_unstable_by_key(|key| key.order);
        let file = match &self.file {
            Some(file) => file.clone(),
            None => Arc::new(Mutex::new(tempfile::tempfile_in(&self.folder)?)),
        };
        self.file = Some(file.clone());
        let mut file = lock(&file);
        let start = file.seek(SeekFrom::End(0))?;
        let mut out = std::io::BufWriter::with_capacity(1 << 18, &mut *file);
        for Key { order: (number, line), bytes } in self.keys.drain(..) {
            let row = self.bytes.get(bytes).unwrap_or_default();
            let length = u32::try_from(row.len()).map_err(Error::broken)?;
            out.write_all(&number.to_le_bytes())?;
            out.write_all(&line.to_le_bytes())?;
            out.write_all(&length.to_le_bytes())?;
            out.write_all(row)?;
        }
        out.flush()?;
        drop(out);
        let end = file.stream_position()?;
        drop(file);
        self.bytes.clear();
        self.pieces.push(start..end);
        Ok(())
    }

    /// Every row, in order. May be called again, and gives them again.
    pub fn in_order(&mut self) -> Result<InOrder<R>> {
        self.set_down()?;
        (self.keys, self.bytes) = (Vec::new(), Vec::new());
        let mut next = BinaryHeap::with_capacity(self.pieces.len());
        let pieces = self.file.iter().flat_map(|file| self.pieces.iter().map(move |at| Piece { file: file.clone(), at: at.clone() }));
        for piece in pieces {
            let mut rows = BufReader::with_capacity(AHEAD, piece);
            if let Some(head) = Head::read(&mut rows)? {
                next.push(Reverse(Cursor { head, rows }));
            }
        }
        Ok(InOrder { next, bytes: Vec::new(), of: PhantomData })
    }
}

/// A piece as it is read: its own place in the file that it shares.
struct Piece {
    file: Arc<Mutex<File>>,
    at: Range<u64>,
}

impl Read for Piece {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.at.end - self.at.start;
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(self.at.start))?;
        let count = (&mut *file).take(left).read(buffer)?;
        self.at.start += saturating::<u64>(count);
        Ok(count)
    }
}

/// What stands before each row.
struct Head {
    order: Order,
    length: usize,
}

impl Head {
    /// None at the end of the piece.
    fn read(rows: &mut impl BufRead) -> Result<Option<Self>> {
        if rows.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let (mut number, mut line, mut length) = ([0; 8], [0; 8], [0; 4]);
        rows.read_exact(&mut number)?;
        rows.read_exact(&mut line)?;
        rows.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(Error::broken)?;
        Ok(Some(Self { order: (i64::from_le_bytes(number), u64::from_le_bytes(line)), length }))
    }
}

/// A piece and its next row.
struct Cursor {
    head: Head,
    rows: BufReader<Piece>,
}

impl PartialEq for Cursor {
    fn eq(&self, other: &Self) -> bool {
        self.head.order == other.head.order
    }
}

impl Eq for Cursor {}

impl PartialOrd for Cursor {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cursor {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.head.order.cmp(&other.head.order)
    }
}

/// The rows of a [`Spool`], in order.
pub struct InOrder<R> {
    next: BinaryHeap<Reverse<Cursor>>,
    bytes: Vec<u8>,
    of: PhantomData<fn() -> R>,
}

impl<R: DeserializeOwned> InOrder<R> {
    fn read(&mut self) -> Result<Option<Entry<R>>> {
        let Some(mut first) = self.next.peek_mut() else { return Ok(None) };
        let Cursor { head: Head { order: (_, line), length }, rows } = &mut first.0;
        let line = *line;
        self.bytes.resize(*length, 0);
        rows.read_exact(&mut self.bytes)?;
        let record = postcard::from_bytes(&self.bytes).map_err(Error::broken)?;
        match Head::read(rows)? {
            Some(head) => first.0.head = head,
            None => drop(PeekMut::pop(first)),
        }
        Ok(Some(Entry { line, record }))
    }
}

impl<R: DeserializeOwned> Iterator for InOrder<R> {
    type Item = Result<Entry<R>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines and what stands on them.
    type Lines = Vec<(u64, String)>;

    fn spooled(rows: &[(i64, u64, String)]) -> (u64, Lines, Lines) {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(folder.path());
        for (number, line, text) in rows {
            spool.push(*number, *line, text).unwrap();
        }
        let read =
            |spool: &mut Spool<String>| spool.in_order().unwrap().map(|row| row.map(|row| (row.line, row.record)).unwrap()).collect();
        let (once, again) = (read(&mut spool), read(&mut spool));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "its file has no name");
        (spool.rows(), once, again)
    }

    #[test]
    fn rows_come_back_in_the_order_of_their_numbers_then_of_their_lines() {
        // Enough for several pieces, their numbers scattered and each used twice.
        let text = "x".repeat(PIECE / 500);
        let rows: Vec<_> = (0..2_000).map(|n: i64| (n * 7_919 % 1_000, n.unsigned_abs() + 2, format!("{n}{text}"))).collect();
        let mut sorted = rows.clone();
        sorted.sort_by_key(|(number, line, _)| (*number, *line));
        let sorted: Vec<_> = sorted.into_iter().map(|(_, line, text)| (line, text)).collect();
        let (count, once, again) = spooled(&rows);
        assert_eq!(count, 2_000);
        assert!(once == sorted && again == sorted);
    }

    #[test]
    fn none_is_none() {
        assert_eq!(spooled(&[]), (0, Vec::new(), Vec::new()));
    }
}
