//! Labels as one-bit pictures that know their resolution.

use super::bitmap::Bitmap;
use super::measure::{MM_PER_INCH, whole};
use crate::kernel::error::{Error, Result};

/// A PNG of one bit per dot, with its size in metres (`pHYs`), so that it prints at the size of the label.
///
/// # Errors
/// [`Error::Broken`] for a picture without dots.
pub fn png(bitmap: &Bitmap, dpi: u16) -> Result<Vec<u8>> {
    let side = |dots: usize| u32::try_from(dots).map_err(Error::broken);
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut file, side(bitmap.width())?, side(bitmap.height())?);
    encoder.set_color(::png::ColorType::Grayscale);
    encoder.set_depth(::png::BitDepth::One);
    let per_metre = side(whole(f64::from(dpi) * 1000.0 / MM_PER_INCH))?;
    encoder.set_pixel_dims(Some(::png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: ::png::Unit::Meter }));
    let mut writer = encoder.write_header().map_err(Error::broken)?;
    let light: Vec<u8> = bitmap.bytes().iter().map(|byte| !byte).collect();
    writer.write_image_data(&light).map_err(Error::broken)?;
    writer.finish().map_err(Error::broken)?;
    Ok(file)
}
