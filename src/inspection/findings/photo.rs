//! From whatever somebody uploads to a picture that is nothing but a picture.
//!
//! The kind is told by the first bytes, the size by the header, both before anything is decoded: a file whose header claims more than
//! [`PIXELS_MAX`] is refused without allocating. What is decoded is turned upright (EXIF), made opaque, scaled to [`SIDE_MAX`] and encoded as
//! JPEG: no EXIF, no place, no colour profile, no bytes behind the end survive.

use std::io::Cursor;

use crate::kernel::{Code, Refusal, Result, saturating};
use image::codecs::jpeg::JpegEncoder;
use image::error::ImageError;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};

/// The media types of the uploads that [`sniff`] knows, as a file field says them.
pub const TAKEN: &str = "image/jpeg,image/png";
/// Bytes an upload may have: 8 MiB.
pub const BYTES_MAX: usize = 8 << 20;
/// Pixels that are decoded: 40 million.
pub const PIXELS_MAX: u64 = 40_000_000;
/// The longer side of a stored picture.
pub const SIDE_MAX: u32 = 2048;
/// The JPEG quality of a stored picture.
const QUALITY: u8 = 82;
/// Memory the decoder may take: [`PIXELS_MAX`] of four bytes and as much again.
const MEMORY_MAX: u64 = PIXELS_MAX * 8;
/// Scans a progressive JPEG may have; cameras write at most a dozen, and each is a pass over all pixels.
const SCANS_MAX: usize = 64;

/// What an upload's first bytes and header say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// JPEG or PNG.
    pub format: ImageFormat,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Where the picture ends in the file; what is behind it is not of the picture.
    pub end: usize,
}

/// A picture as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Baseline JPEG.
    pub jpeg: Vec<u8>,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Tells what an upload is, from its structure alone; nothing is decoded, and nothing is allocated.
///
/// # Errors
/// [`Code::NotAnImage`] for anything but JPEG and PNG; [`Code::ImageTooLarge`]; [`Code::FileBroken`] when it ends too early.
pub fn sniff(bytes: &[u8]) -> Result<Header> {
    let header = if bytes.starts_with(&[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a]) {
        png(bytes).ok_or_else(|| broken("cut-short"))?
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        jpeg(bytes)?
    } else {
        return Err(Code::NotAnImage.into());
    };
    if u64::from(header.width) * u64::from(header.height) > PIXELS_MAX {
        return Err(too_large());
    }
    if header.width == 0 || header.height == 0 {
        return Err(broken("cut-short"));
    }
    Ok(header)
}

fn broken(reason: &str) -> crate::kernel::Error {
    Refusal::new(Code::FileBroken).with("reason", reason).into()
}

fn too_large() -> crate::kernel::Error {
    Refusal::new(Code::ImageTooLarge).with("max", PIXELS_MAX / 1_000_000).into()
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|two| u16::from_be_bytes(*two))
}

/// Size and end of a PNG: chunks of length, type, data, checksum, from IHDR to IEND (W3C PNG §5.3). A size too large is given without
/// looking further.
fn png(bytes: &[u8]) -> Option<Header> {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    let header = |end| Some(Header { format: ImageFormat::Png, width: be32(bytes, 16)?, height: be32(bytes, 20)?, end });
    let claimed = header(0)?;
    if u64::from(claimed.width) * u64::from(claimed.height) > PIXELS_MAX {
        return Some(claimed);
    }
    let mut at = 8;
    loop {
        let length = saturating::<usize>(be32(bytes, at)?);
        let kind = bytes.get(at + 4..at + 8)?;
        let next = at.checked_add(length)?.checked_add(12)?;
        if next > bytes.len() {
            return None;
        }
        if kind == b"IEND" {
            return header(next);
        }
        at = next;
    }
}

/// Size and end of a JPEG: marker segments (ITU-T T.81 annex B), entropy-coded data skipped to its next marker.
fn jpeg(bytes: &[u8]) -> Result<Header> {
    let mut size = None;
    let (mut at, mut scans) = (2, 0);
    let cut = || broken("cut-short");
    loop {
        // Fill bytes may stand before a marker.
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        if bytes.get(at).ok_or_else(cut)? != &0xff {
            return Err(broken("not-a-picture"));
        }
        let marker = *bytes.get(at + 1).ok_or_else(cut)?;
        at += 2;
        match marker {
            0xd9 => {
                let (width, height) = size.ok_or_else(cut)?;
                return Ok(Header { format: ImageFormat::Jpeg, width, height, end: at });
            }
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let length = usize::from(be16(bytes, at).ok_or_else(cut)?);
        if length < 2 {
            return Err(broken("not-a-picture"));
        }
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let (height, width) = (be16(bytes, at + 3).ok_or_else(cut)?, be16(bytes, at + 5).ok_or_else(cut)?);
            if u64::from(width) * u64::from(height) > PIXELS_MAX {
                return Err(too_large());
            }
            size = Some((u32::from(width), u32::from(height)));
        }
        at += length;
        if marker == 0xda {
            scans += 1;
            if scans > SCANS_MAX {
                return Err(broken("not-a-picture"));
            }
            at = after_scan(bytes, at).ok_or_else(cut)?;
        }
    }
}

/// The place of the next real marker: within a scan `FF 00` is a stuffed byte and `FF D0`–`FF D7` restart it.
fn after_scan(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let place = rest.windows(2).position(|pair| matches!(pair, [0xff, next] if !matches!(next, 0x00 | 0xd0..=0xd7 | 0xff)))?;
    Some(from + place)
}

/// Makes the picture that is stored out of an upload. Costs up to a second and some 300 MB for the largest: call it where it may block.
///
/// # Errors
/// As [`sniff`], and [`Code::FileBroken`] for what does not decode.
pub fn clean(bytes: &[u8]) -> Result<Picture> {
    let header = sniff(bytes)?;
    let mut image = decode(bytes.get(..header.end).unwrap_or_default(), header.format).map_err(refused)?;
    if image.width().max(image.height()) > SIDE_MAX {
        image = image.resize(SIDE_MAX, SIDE_MAX, FilterType::Triangle);
    }
    encode(&opaque(image))
}

/// A stored picture scaled down so that it is at most `side` pixels wide and high.
///
/// # Errors
/// [`crate::kernel::Error::Broken`] when what was stored is no picture.
pub fn thumbnail(jpeg: &[u8], side: u32) -> Result<Vec<u8>> {
    let image = decode(jpeg, ImageFormat::Jpeg).map_err(crate::kernel::Error::broken)?;
    Ok(encode(&image.thumbnail(side.min(image.width()), side.min(image.height())).into_rgb8())?.jpeg)
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn refused(error: ImageError) -> crate::kernel::Error {
    match error {
        ImageError::Limits(_) => too_large(),
        ImageError::Unsupported(_) => Code::NotAnImage.into(),
        other => broken(&other.to_string()),
    }
}

/// What is see-through becomes white, as it would be on paper.
fn opaque(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let mut flat = RgbImage::new(image.width(), image.height());
    for (to, from) in flat.pixels_mut().zip(image.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let over = |channel: u8| {
            let mixed = (u32::from(channel) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255;
            saturating(mixed)
        };
        *to = Rgb([over(red), over(green), over(blue)]);
    }
    flat
}

fn encode(image: &RgbImage) -> Result<Picture> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(image).map_err(crate::kernel::Error::broken)?;
    Ok(Picture { jpeg, width: image.width(), height: image.height() })
}

#[cfg(test)]
mod tests {
    use image::ImageEncoder;
    use image::codecs::png::PngEncoder;
    use proptest::prelude::*;

    use super::*;

    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([x % 251, y % 241, (x + y) % 239].map(|shade| u8::try_from(shade).unwrap())))
    }

    fn as_jpeg(image: &RgbImage) -> Vec<u8> {
        encode(image).unwrap().jpeg
    }

    fn as_png(image: &RgbImage) -> Vec<u8> {
        let mut png = Vec::new();
        PngEncoder::new(&mut png).write_image(image, image.width(), image.height(), image::ExtendedColorType::Rgb8).unwrap();
        png
    }

    fn code(bytes: &[u8]) -> Code {
        clean(bytes).unwrap_err().code()
    }

    /// A JPEG with an EXIF segment: orientation 6 (turn right), and a text where a camera writes its place.
    fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        tiff.extend_from_slice(b"GPSLatitude 30.2741 N");
        let mut all = jpeg[..2].to_vec();
        all.extend_from_slice(&[0xff, 0xe1]);
        all.extend_from_slice(&u16::try_from(tiff.len() + 2).unwrap().to_be_bytes());
        all.extend_from_slice(&tiff);
        all.extend_from_slice(&jpeg[2..]);
        all
    }

    #[test]
    fn a_picture_comes_out_upright_small_and_bare() {
        let given = with_exif(&as_jpeg(&picture(3000, 1000)));
        let cleaned = clean(&given).unwrap();
        assert_eq!((cleaned.width, cleaned.height), (683, 2048), "turned and scaled");
        assert!(!cleaned.jpeg.windows(4).any(|window| window == b"Exif" || window == b"GPSL"));
        assert_eq!(sniff(&cleaned.jpeg).unwrap().end, cleaned.jpeg.len());
    }

    #[test]
    fn what_stands_behind_the_end_is_gone() {
        for given in [as_jpeg(&picture(40, 30)), as_png(&picture(40, 30))] {
            let mut polyglot = given.clone();
            polyglot.extend_from_slice(b"PK\x03\x04<script>alert(1)</script>");
            assert_eq!(sniff(&polyglot).unwrap().end, given.len());
            let cleaned = clean(&polyglot).unwrap();
            assert!(!cleaned.jpeg.windows(8).any(|window| window == b"<script>"));
        }
    }

    #[test]
    fn a_header_of_800_megapixels_is_refused_unread() {
        let mut bomb = as_png(&picture(2, 2));
        bomb[16..20].copy_from_slice(&40_000u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&20_000u32.to_be_bytes());
        assert_eq!(code(&bomb), Code::ImageTooLarge);
        assert_eq!(code(&bomb[..33]), Code::ImageTooLarge, "even without a single pixel behind it");
        let mut jpeg = as_jpeg(&picture(2, 2));
        let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        assert_eq!(code(&jpeg), Code::ImageTooLarge);
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        for given in [as_jpeg(&picture(64, 64)), as_png(&picture(64, 64))] {
            for end in (9..given.len() - 1).step_by(7) {
                assert_eq!(code(&given[..end]), Code::FileBroken, "{end}");
            }
        }
    }

    #[test]
    fn other_things_are_no_pictures() {
        for given in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"GIF89a", b"%PDF-1.7", b"", b"RIFF\0\0\0\0WEBPVP8 "] {
            assert_eq!(code(given), Code::NotAnImage);
        }
    }

    #[test]
    fn what_is_see_through_becomes_white() {
        let mut png = Vec::new();
        PngEncoder::new(&mut png).write_image(&[0, 0, 0, 0].repeat(64), 8, 8, image::ExtendedColorType::Rgba8).unwrap();
        let shown = decode(&clean(&png).unwrap().jpeg, ImageFormat::Jpeg).unwrap().into_rgb8();
        assert_eq!(shown.get_pixel(4, 4), &Rgb([255, 255, 255]));
    }

    #[test]
    fn a_thumbnail_is_never_larger_than_its_picture() {
        let small = thumbnail(&as_jpeg(&picture(100, 50)), 320).unwrap();
        assert_eq!((sniff(&small).unwrap().width, sniff(&small).unwrap().height), (100, 50));
        let large = thumbnail(&as_jpeg(&picture(1000, 500)), 320).unwrap();
        assert_eq!((sniff(&large).unwrap().width, sniff(&large).unwrap().height), (320, 160));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(head in prop::sample::select(vec![vec![], vec![0xff, 0xd8, 0xff], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()]),
                                  tail in prop::collection::vec(any::<u8>(), 0..400)) {
            let _verdict = clean(&[head, tail].concat());
        }

        #[test]
        fn no_damage_makes_it_panic(at in 0usize..2000, byte: u8, png: bool) {
            let mut given = if png { as_png(&picture(24, 24)) } else { as_jpeg(&picture(24, 24)) };
            let place = at % given.len();
            given[place] = byte;
            let _verdict = clean(&given);
        }
    }
}
