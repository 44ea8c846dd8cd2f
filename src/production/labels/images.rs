//! Images inside templates: embedded, small, of a kind we decode; never a file or an address.

use std::sync::{Arc, Mutex};

use image::ImageReader;
use resvg::usvg::{ImageHrefResolver, ImageKind};

use crate::kernel::error::{Code, Fault};

/// Most bytes of one embedded image.
pub const MOST_BYTES: usize = 256 * 1024;
/// Most pixels of one embedded image.
pub const MOST_PIXELS: u64 = 4_000_000;

/// The reader of image addresses: PNG and JPEG data within the limits, nothing else. What it leaves out goes to `faults`.
pub fn resolver(faults: Arc<Mutex<Vec<Fault>>>) -> ImageHrefResolver<'static> {
    ImageHrefResolver {
        resolve_data: Box::new(move |_, data, _| match kind(&data) {
            Ok(kind) => Some(kind),
            Err(fault) => {
                if let Ok(mut faults) = faults.lock() {
                    faults.push(fault);
                }
                None
            }
        }),
        resolve_string: Box::new(|_, _| None),
    }
}

/// The kind of an image by its content, if it is one we draw.
///
/// # Errors
/// [`Code::ImageTooLarge`] (`max`) or [`Code::NotAnImage`] for `template`. Nothing is decoded before its size is known.
pub fn kind(data: &Arc<Vec<u8>>) -> Result<ImageKind, Fault> {
    if data.len() > MOST_BYTES {
        return Err(too_large());
    }
    let reader = ImageReader::new(std::io::Cursor::new(data.as_slice())).with_guessed_format().map_err(|_| not_an_image())?;
    let format = reader.format();
    let (width, height) = reader.into_dimensions().map_err(|_| not_an_image())?;
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(too_large());
    }
    match format {
        Some(image::ImageFormat::Png) => Ok(ImageKind::PNG(Arc::clone(data))),
        Some(image::ImageFormat::Jpeg) => Ok(ImageKind::JPEG(Arc::clone(data))),
        _ => Err(not_an_image()),
    }
}

fn too_large() -> Fault {
    Fault::new("template", Code::ImageTooLarge).with("max", MOST_PIXELS / 1_000_000).with("bytes", MOST_BYTES)
}

fn not_an_image() -> Fault {
    Fault::new("template", Code::NotAnImage)
}
