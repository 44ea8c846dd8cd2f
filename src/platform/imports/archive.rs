//! Several files in one ZIP: each of its members is handed in as if it had been sent by itself.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

use super::report::Reason;
use super::table::{PIECE, bare};
use super::workbook;
use crate::kernel::{Code, Error, Refusal, Result, saturating};
use crate::platform::disk;

/// Files handed in at once.
pub(super) const FILES_MAX: usize = 100;
/// Bytes the members of an archive may unpack to. Ten million sales are about 1.2 GB.
const UNPACKED_MAX: u64 = 4 << 30;
/// Parts that any archive may have.
const PARTS_MAX: u16 = 20_000;
/// What a Mac puts beside the files it packs.
const OF_A_MAC: [&str; 2] = ["__MACOSX/", ".DS_Store"];

/// A ZIP whose members are files to hand in, looked over before anything of it is unpacked.
pub struct ZippedFiles {
    zip: ZipArchive<BufReader<File>>,
    members: Vec<Member>,
}

struct Member {
    name: String,
    index: usize,
    bytes: u64,
}

impl ZippedFiles {
    /// Opens a file. None for what is no ZIP, and for a ZIP that is one document, such as a workbook.
    ///
    /// # Errors
    /// [`Code::FileBroken`] with a [`Reason`], and the `member` it is about.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let mut bytes = BufReader::new(File::open(path)?);
        let mut head = Vec::new();
        bytes.by_ref().take(4).read_to_end(&mut head)?;
        if !is_zip(&head) {
            return Ok(None);
        }
        few_parts(&mut bytes)?;
        let zip = ZipArchive::new(bytes).map_err(|_| Reason::Damaged.refusal())?;
        if zip.file_names().any(|name| name.is_ok_and(|name| workbook::is_document(&name))) {
            return Ok(None);
        }
        if zip.has_duplicate_names() {
            return Err(of_member(Reason::MemberTwice, &name_that_is_there_twice(zip)?));
        }
        let mut members = Vec::new();
        for index in 0..zip.len() {
            members.extend(Member::looked_over(&zip, index)?);
        }
        let bundle = Self { zip, members };
        if bundle.members.is_empty() {
            return Err(Reason::Empty.refusal());
        }
        if bundle.members.len() > FILES_MAX {
            return Err(refusal(Reason::MembersTooMany).with("max", FILES_MAX).into());
        }
        if bundle.bytes() > UNPACKED_MAX {
            let megabytes = disk::megabytes(bundle.bytes());
            return Err(refusal(Reason::MembersTooLarge).with("megabytes", megabytes).with("max", disk::megabytes(UNPACKED_MAX)).into());
        }
        Ok(Some(bundle))
    }

    /// Bytes its members say they unpack to. They unpack to no more.
    pub fn bytes(&self) -> u64 {
        self.members.iter().fold(0, |all, member| all.saturating_add(member.bytes))
    }

    /// Unpacks every member into the file that `place` makes for it, on the disk of `folder`. Returns these with the members' names and sizes.
    ///
    /// # Errors
    /// [`Code::NoRoom`] before anything is unpacked; [`Code::FileBroken`] for a member that is damaged or itself an archive of files.
    pub fn unpack<P: AsRef<Path>>(mut self, folder: &Path, mut place: impl FnMut() -> Result<P>) -> Result<Vec<(String, u64, P)>> {
        disk::needs(folder, self.bytes(), disk::free(folder)?.saturating_sub(disk::RESERVE))?;
        let mut unpacked = Vec::with_capacity(self.members.len());
        for Member { name, index, .. } in self.members {
            let place = place()?;
            let damaged = || of_member(Reason::MemberDamaged, &name);
            let mut file = File::create(place.as_ref())?;
            // The reader ends in an error where there is more than was announced.
            let mut part = self.zip.by_index(index).map_err(|_| damaged())?;
            let (mut piece, mut bytes) = (vec![0; saturating(PIECE)], 0u64);
            loop {
                let count = part.read(&mut piece).map_err(|_| damaged())?;
                if count == 0 {
                    break;
                }
                file.write_all(piece.get(..count).unwrap_or_default())?;
                bytes += saturating::<u64>(count);
            }
            file.sync_all()?;
            if let Ok(Some(_)) = Self::open(place.as_ref()) {
                return Err(of_member(Reason::MemberArchive, &name));
            }
            unpacked.push((name, bytes, place));
        }
        Ok(unpacked)
    }
}

impl Member {
    /// A member that can be unpacked; none for what is no file of a person's.
    fn looked_over(zip: &ZipArchive<BufReader<File>>, index: usize) -> Result<Option<Self>> {
        let damaged = |_| Reason::Damaged.refusal();
        let part = zip.by_index_data(index).map_err(damaged)?;
        let name = part.name().map_err(damaged)?.into_owned();
        if OF_A_MAC.iter().any(|aside| name.starts_with(aside)) {
            return Ok(None);
        }
        let is_plain = bare(&name) == name && !matches!(name.as_str(), "" | "." | "..") && !part.is_symlink();
        let wrong = if !is_plain {
            Some(Reason::MemberName)
        } else if part.encrypted() {
            Some(Reason::MemberPassword)
        } else if !matches!(part.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            Some(Reason::MemberPacking)
        } else {
            None
        };
        wrong.map_or(Ok(Some(Self { bytes: part.size(), index, name: name.clone() })), |reason| Err(of_member(reason, &name)))
    }
}

/// Whether a file that begins so is a ZIP.
pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Refuses an archive that announces very many parts, before a list of them is made in memory.
pub(super) fn few_parts(bytes: &mut (impl Read + Seek)) -> Result<()> {
    let size = bytes.seek(SeekFrom::End(0))?;
    // The directory's end is 22 bytes with a comment of up to 65,535 behind it.
    bytes.seek(SeekFrom::Start(size.saturating_sub(22 + 65_535)))?;
    let mut tail = Vec::new();
    bytes.read_to_end(&mut tail)?;
    bytes.rewind()?;
    // One that leaves its figures to a second record (ZIP64) may have any number of parts there; it has as many, or lies beyond 4 GiB.
    let many = |end: &[u8]| match end {
        [_, _, _, _, _, _, _, _, _, _, low, high, figures @ ..] => {
            u16::from_le_bytes([*low, *high]) > PARTS_MAX || figures.chunks(4).any(|figure| figure == [0xFF; 4])
        }
        _ => false,
    };
    if tail.windows(20).any(|end| end.starts_with(b"PK\x05\x06") && many(end)) { Err(Reason::TooLarge.refusal()) } else { Ok(()) }
}

/// The first name that the directory has twice, which the archive as it was read has once.
fn name_that_is_there_twice(zip: ZipArchive<BufReader<File>>) -> Result<String> {
    let start = zip.central_directory_start();
    let mut bytes = zip.into_inner();
    bytes.seek(SeekFrom::Start(start))?;
    let mut names = HashSet::new();
    loop {
        let mut head = [0; 46];
        bytes.read_exact(&mut head)?;
        let [b'P', b'K', 1, 2, .., n0, n1, e0, e1, c0, c1, _, _, _, _, _, _, _, _, _, _, _, _] = head else {
            return Ok(String::new());
        };
        let mut name = vec![0; usize::from(u16::from_le_bytes([n0, n1]))];
        bytes.read_exact(&mut name)?;
        bytes.seek_relative(i64::from(u16::from_le_bytes([e0, e1])) + i64::from(u16::from_le_bytes([c0, c1])))?;
        let name = String::from_utf8_lossy(&name).into_owned();
        if !names.insert(name.clone()) {
            return Ok(name);
        }
    }
}

fn refusal(reason: Reason) -> Refusal {
    Refusal::new(Code::FileBroken).with("reason", reason.as_str())
}

fn of_member(reason: Reason, name: &str) -> Error {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    refusal(reason).with("member", shown).into()
}

#[cfg(test)]
mod tests;
