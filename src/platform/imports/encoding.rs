//! The encoding of a text that does not say it.
//!
//! UTF-8 is recognised by its form. For the rest `chardetng`, Firefox's detector, guesses; it leaves short Chinese texts open by design (of
//! fewer than six characters it takes a third for Korean, Japanese or Cyrillic), so a text that is plainly GB 2312 is taken for that. What the
//! guess made of the file is shown before anything is written.

use std::io::{Read, Seek};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1253, WINDOWS_1254, WINDOWS_1257, WINDOWS_1258,
};

use super::report::Reason;
use super::table::{Metered, PIECE, refuse_binary};
use crate::kernel::{Result, saturating};

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

/// The encoding of a text: by its byte order mark, else UTF-8 if that is what it is, else a guess.
///
/// A UTF-8 file with a few bad bytes stays UTF-8, so that those cells are named instead of every Chinese text turned into another: of
/// the characters of a GBK text about one in seven happens to be well-formed UTF-8, of those of a damaged UTF-8 text nearly all.
pub(super) fn of(bytes: &mut Metered, head: &[u8]) -> Result<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok(encoding);
    }
    let form = form_of(bytes)?;
    if form == Form::Utf8 {
        return Ok(UTF_8);
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
        return Ok(UTF_8);
    }
    detector.feed(b"", true);
    let guess = judged(detector.guess(None, Utf8Detection::Deny), &pairs);
    if EXPECTED.contains(&guess) { Ok(guess) } else { Err(Reason::UnknownEncoding.refusal()) }
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
    use std::io::Cursor;

    /// What the file with this text in one cell reads as.
    fn read(encoding: &'static Encoding, text: &str) -> (String, String) {
        let file = format!("code,name_zh,quantity\nA-1,{text},12\n");
        let (bytes, _, failed) = encoding.encode(&file);
        assert!(!failed, "{text}");
        let guess = of(&mut Metered::new(Cursor::new(bytes.to_vec())), b"").unwrap();
        (guess.decode(&bytes).0.into_owned(), file)
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
}
