//! The encoding of a text that does not say it.
//!
//! UTF-8 is recognised by its form. For the rest `chardetng`, Firefox's detector, guesses; it leaves short Chinese texts open by design (of
//! fewer than six characters it takes a third for Korean, Japanese or Cyrillic), so a text that is plainly GB 2312 is taken for that. What the
//! guess made of the file is shown before anything is written; where it may as well be another, it is only written once somebody has seen it.
//! A file that changes its encoding on the way is refused.

use std::io::{BufRead, BufReader, Read, Seek};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1253, WINDOWS_1254, WINDOWS_1257, WINDOWS_1258,
};

use super::report::Reason;
use super::table::{Metered, PIECE, refuse_binary};
use crate::kernel::{Code, Refusal, Result, saturating};

/// Encodings of places that garments and their materials come from. A guess beyond them is likelier wrong than right.
const EXPECTED: &[&Encoding] = &[
    GB18030,
    BIG5,
    SHIFT_JIS,
    EUC_JP,
    EUC_KR,
    ISO_8859_2,
    WINDOWS_874,
    WINDOWS_1250,
    WINDOWS_1251,
    WINDOWS_1252,
    WINDOWS_1253,
    WINDOWS_1254,
    WINDOWS_1257,
    WINDOWS_1258,
];

/// Bytes, of pieces that are not ASCII alone, that a guess rests on.
const JUDGED_ON: usize = 4 << 20;

/// The encoding of a text, and how well that is known.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) encoding: &'static Encoding,
    pub(super) trust: Trust,
}

/// How well an encoding is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// The text's form, its byte order mark or somebody says it.
    Said,
    /// A guess that two judges agree on.
    Guessed,
    /// A guess; others are as likely.
    Doubted,
}

/// The encoding of a text without a byte order mark: UTF-8 if that is what it is, else a guess.
///
/// A UTF-8 file with a few bad bytes stays UTF-8, so that those cells are named instead of every Chinese text turned into another: of
/// the characters of a GBK text about one in seven happens to be well-formed UTF-8, of those of a damaged UTF-8 text nearly all.
pub(super) fn of(bytes: &mut Metered) -> Result<Written> {
    let utf8 = Written { encoding: UTF_8, trust: Trust::Said };
    let form = form_of(bytes)?;
    if form == Form::Utf8 {
        return Ok(utf8);
    }
    bytes.rewind()?;
    if let Some((line, other)) = mixed_at(bytes)? {
        let fault = Reason::MixedEncoding.ends_at(line).with("other", other);
        return Err(Refusal { faults: vec![fault], ..Refusal::new(Code::FileBroken) }.into());
    }
    bytes.rewind()?;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut pairs = Pairs::default();
    let mut piece = Vec::new();
    let mut judged_on = 0;
    while judged_on < JUDGED_ON && bytes.by_ref().take(PIECE).read_to_end(&mut piece)? > 0 {
        // What is ASCII alone says nothing, unless it is the second half of a pair.
        if !piece.is_ascii() || pairs.lead.is_some() {
            pairs.take(&piece);
            detector.feed(&piece, false);
            judged_on += piece.len();
        }
        piece.clear();
    }
    if form == Form::Doubtful && !pairs.are_chinese(UTF_8) {
        return Ok(utf8);
    }
    detector.feed(b"", true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let encoding = judged(guess, &pairs);
    let trust = if guess == GBK && pairs.are_chinese(guess) { Trust::Guessed } else { Trust::Doubted };
    if EXPECTED.contains(&encoding) { Ok(Written { encoding, trust }) } else { Err(Reason::UnknownEncoding.refusal()) }
}

/// Bytes of a line that are looked at; no text of a table has longer ones.
const LINE_MAX: usize = 1 << 16;

/// Of so many lines in another encoding one may look like UTF-8.
const ACCIDENT: u64 = 10_000;

/// The line on which a text that is not UTF-8 as a whole changes between UTF-8 and something else, and a line before that is not as it is.
///
/// A line is in UTF-8 when it has nothing else and at least two characters of three bytes or more. Of lines in another encoding that hardly
/// happens to one in ten thousand, which is not held against them.
fn mixed_at(bytes: &mut Metered) -> Result<Option<(u64, u64)>> {
    let mut lines = BufReader::new(bytes);
    let (mut line, mut number) = (Vec::new(), 0);
    let (mut in_utf8, mut in_other) = ((0u64, 0), (0u64, 0));
    loop {
        line.clear();
        let count = lines.by_ref().take(saturating(LINE_MAX)).read_until(b'\n', &mut line)?;
        if count == 0 {
            let ((utf8, one), (others, other)) = (in_utf8, in_other);
            return Ok((others > 0 && utf8 > others / ACCIDENT).then_some((one.max(other), one.min(other))));
        }
        // What is longer goes on as the same line.
        number += u64::from(line.ends_with(b"\n"));
        let this = if line.ends_with(b"\n") { number } else { number + 1 };
        if line.is_ascii() || count == LINE_MAX {
            continue;
        }
        let (lines, first) = match std::str::from_utf8(&line).map(|text| text.chars().filter(|c| c.len_utf8() > 2).count()) {
            Ok(2..) => &mut in_utf8,
            Ok(_) => continue,
            Err(_) => &mut in_other,
        };
        *lines += 1;
        if *lines == 1 {
            *first = this;
        }
    }
}

/// Whether a text has the form of UTF-8.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Utf8,
    Other,
    /// A handful of characters of two bytes in scripts that do not meet in one text, or in that of phonetics: 女装 in GBK is a Latin letter and a
    /// Hebrew one in UTF-8.
    Doubtful,
}

/// The scripts that the characters of two bytes are of, and whether there were longer ones.
#[derive(Default)]
struct Scripts {
    latin: bool,
    cyrillic: bool,
    semitic: bool,
    phonetic: bool,
    longer: bool,
}

impl Scripts {
    fn meet(&mut self, character: char) {
        *match character {
            '\u{250}'..'\u{2B0}' => &mut self.phonetic,
            '\u{80}'..'\u{400}' => &mut self.latin,
            '\u{400}'..'\u{530}' => &mut self.cyrillic,
            '\u{530}'..'\u{800}' => &mut self.semitic,
            _ => &mut self.longer,
        } = true;
    }

    fn do_not_meet(&self) -> bool {
        !self.longer && (self.phonetic || [self.latin, self.cyrillic, self.semitic].iter().filter(|met| **met).count() > 1)
    }
}

/// Characters of two bytes up to which a text may be doubtful.
const DOUBTED: u64 = 8;

fn form_of(bytes: &mut Metered) -> Result<Form> {
    let (mut well, mut ill) = (0u64, 0u64);
    let mut scripts = Scripts::default();
    let mut piece = Vec::new();
    let mut first = true;
    loop {
        let count = bytes.by_ref().take(PIECE).read_to_end(&mut piece)?;
        if std::mem::take(&mut first) {
            if count == 0 {
                return Err(Reason::Empty.refusal());
            }
            refuse_binary(&piece)?;
        }
        let mut cut = Vec::new();
        let mut chunks = piece.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            let beyond = chunk.valid().chars().filter(|c| !c.is_ascii());
            // Most texts have longer characters, and then there is nothing to doubt.
            if scripts.longer {
                well += saturating::<u64>(beyond.count());
            } else {
                for character in beyond {
                    well += 1;
                    scripts.meet(character);
                }
            }
            if chunk.invalid().is_empty() {
                continue;
            }
            // A character cut in two by the end of the piece is judged with the next one.
            if chunks.peek().is_none() && count > 0 {
                cut = chunk.invalid().to_vec();
            } else {
                ill += 1;
            }
        }
        if count == 0 {
            return Ok(match (ill == 0 || well > 2 * ill, scripts.do_not_meet() && ill == 0 && well <= DOUBTED) {
                (true, true) => Form::Doubtful,
                (true, false) => Form::Utf8,
                (false, _) => Form::Other,
            });
        }
        piece = cut;
    }
}

fn judged(guess: &'static Encoding, pairs: &Pairs) -> &'static Encoding {
    if guess == GBK || pairs.are_chinese(guess) {
        // The larger of the two: what GBK has, it has as well.
        GB18030
    } else if [BIG5, SHIFT_JIS].contains(&guess) && pairs.are_accents() {
        WINDOWS_1252
    } else {
        guess
    }
}

/// The bytes beyond ASCII, taken in pairs as the Chinese, Japanese and Korean encodings do.
#[derive(Debug, Default)]
struct Pairs {
    lead: Option<u8>,
    /// Of both bytes from A1: GB 2312's and EUC-KR's form. The commoner half of GB 2312's characters, with punctuation; and all.
    common: u64,
    even: u64,
    /// Leads where EUC-KR has its Hangul.
    hangul: u64,
    /// With a second byte below 80.
    odd: u64,
    /// Anything that GB 2312 has not.
    others: u64,
}

impl Pairs {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match (self.lead.take(), *byte) {
                (None, 0..0x80) => {}
                (None, lead) => self.lead = Some(lead),
                (Some(_), 0..0x80) => {
                    self.odd += 1;
                    self.others += 1;
                }
                (Some(lead @ 0xA1..=0xF7), 0xA1..=0xFE) => {
                    self.even += 1;
                    self.common += u64::from(matches!(lead, 0xA1..=0xA3 | 0xB0..=0xD7));
                    self.hangul += u64::from(matches!(lead, 0xA1..=0xA3 | 0xB0..=0xC8));
                }
                _ => self.others += 1,
            }
        }
    }

    /// Whether it is plainly GB 2312: nothing besides, and three in four of the common half. Korean of some length is told by its leads.
    fn are_chinese(&self, guess: &Encoding) -> bool {
        let korean = guess == EUC_KR && self.hangul == self.even && self.even >= 6;
        self.even > 0 && self.others == 0 && self.lead.is_none() && 4 * self.common >= 3 * self.even && !korean
    }

    /// One or two letters or signs beyond ASCII, each before an ASCII character: `50 µm` rather than two Chinese words.
    fn are_accents(&self) -> bool {
        self.even == 0 && self.odd == self.others && self.odd <= 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Error;
    use std::io::Cursor;

    /// What the file with this text in one cell reads as.
    fn read(encoding: &'static Encoding, text: &str) -> (String, String) {
        let file = format!("code,name_zh,quantity\nA-1,{text},12\n");
        let (bytes, _, failed) = encoding.encode(&file);
        assert!(!failed, "{text}");
        let guess = of(&mut Metered::new(Cursor::new(bytes.to_vec()))).unwrap();
        (guess.encoding.decode(&bytes).0.into_owned(), file)
    }

    #[test]
    fn short_chinese_stays_chinese() {
        for text in [
            "面料",
            "藏青",
            "纽扣",
            "甲纺织",
            "白",
            "米白色",
            "深圳市丽华纺织有限公司",
            "府绸",
            "棉",
            "红",
            "藏青色",
            "拉链",
            "张伟",
            "牛津纺",
            "浅灰",
            "卡其",
            "湖蓝",
            "女装",
            "裤",
            "染色",
            "湖州",
            "丙",
            "东莞二厂",
            "宁波申洲针织",
            "一、二（三）",
            "尺码：中",
            "羽绒９０％",
        ] {
            let (read, file) = read(GBK, text);
            assert_eq!(read, file);
        }
        // The same letters in a text that is UTF-8 all the same.
        let (read, file) = read(UTF_8, "Ůװ é, שלום");
        assert_eq!(read, file);
    }

    #[test]
    fn the_rest_of_the_world_stays_what_it_is() {
        for (encoding, texts) in [
            (
                WINDOWS_1252,
                ["Müller Söhne", "Hilaturas Muñoz", "Façonnable", "Größe", "Señorita", "Déjà vu Étoffes", "50 µm", "25 °C"].as_slice(),
            ),
            (WINDOWS_1254, &["Kadıköy Tekstil", "Şişli İplik", "Gömlek Düğme"]),
            (WINDOWS_1250, &["Łódź", "Brněnská přádelna"]),
            (BIG5, &["藏青色", "布料", "臺灣紡織股份有限公司", "鈕扣"]),
            (SHIFT_JIS, &["日本毛織", "東レ", "株式会社", "ファスナー"]),
            (EUC_KR, &["한국 섬유 주식회사"]),
            (WINDOWS_1251, &["Иваново текстиль"]),
        ] {
            for text in texts {
                let (read, file) = read(encoding, text);
                assert_eq!(read, file);
            }
        }
    }

    #[test]
    fn two_encodings_in_one_file_are_refused_at_the_line() {
        let at = |bytes: &[u8]| {
            let Err(Error::Refused(refusal)) = of(&mut Metered::new(Cursor::new(bytes.to_vec()))) else { return None };
            let fault = &refusal.faults[0];
            let other = fault.args.iter().find(|(name, _)| *name == "other").unwrap().1.to_string();
            Some((fault.line.unwrap(), other))
        };
        let gbk = |text: &str| GBK.encode(text).0.into_owned();
        let head = b"code,name_zh\n".to_vec();
        let (one, other) = ("K1,乙厂纺织,温州\n", gbk("K2,丙厂纺织,温州\n"));
        assert_eq!(at(&[head.clone(), one.into(), other.clone()].concat()), Some((3, "2".into())));
        assert_eq!(at(&[head.clone(), other.clone(), gbk("K3,面料\n"), one.into(), other.clone()].concat()), Some((4, "2".into())));
        assert_eq!(at(&[head.clone(), other.clone(), other].concat()), None);
        let french = WINDOWS_1252.encode("K2,Société à Ré\n").0.into_owned();
        assert_eq!(at(&[head, french, one.into()].concat()), Some((3, "2".into())));
    }

    #[test]
    fn a_guess_is_trusted_where_two_judges_agree() {
        let trust = |encoding: &'static Encoding, text: &str| {
            of(&mut Metered::new(Cursor::new(encoding.encode(text).0.into_owned()))).unwrap().trust
        };
        assert_eq!(trust(GBK, "编码,名称\nA,深圳市丽华纺织有限公司\nB,宁波申洲针织有限公司\n"), Trust::Guessed);
        assert_eq!(trust(WINDOWS_1252, "code,name\nA,Müller Söhne\n"), Trust::Doubted);
        assert_eq!(trust(SHIFT_JIS, "code,name\nA,日本毛織\n"), Trust::Doubted);
        assert_eq!(trust(UTF_8, "code,name\nA,Müller Söhne\n"), Trust::Said);
    }
}
