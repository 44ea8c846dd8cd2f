//! What buyers photograph, drawn: a garment on a table, and what is wrong with it. They are what an upload is once it was read.

use std::collections::HashMap;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::inspection::findings::photo::Picture;
use crate::kernel::{Error, Result};

/// Pixels across and down.
const SIZE: (u32, u32) = (480, 360);
/// The JPEG quality.
const QUALITY: u8 = 78;

/// What can be seen on a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scene {
    /// A navy T-shirt whose white collar has turned pink.
    PinkCollar,
    /// The same from near: pink stains along the rib.
    PinkStains,
    /// A white shirt that lacks a button, and the thread that held it.
    ButtonGone,
    /// A button in two pieces beside a coin.
    ButtonBroken,
    /// A parcel that was wet.
    WetParcel,
    /// A coat that felted beside the arm of one that did not.
    Felted,
    /// A seam that came open.
    OpenSeam,
    /// Cloth with bobbles.
    Bobbles,
    /// A tape across a shoulder that is too narrow.
    Narrow,
}

impl Scene {
    /// Every scene.
    const ALL: [Scene; 9] = [
        Scene::PinkCollar,
        Scene::PinkStains,
        Scene::ButtonGone,
        Scene::ButtonBroken,
        Scene::WetParcel,
        Scene::Felted,
        Scene::OpenSeam,
        Scene::Bobbles,
        Scene::Narrow,
    ];
}

/// Draws every scene.
///
/// # Errors
/// Only when a drawing is broken.
pub(super) fn album() -> Result<HashMap<Scene, Picture>> {
    Scene::ALL.into_iter().map(|scene| Ok((scene, drawn(scene)?))).collect()
}

/// Draws a scene.
///
/// # Errors
/// Only when a drawing is broken.
fn drawn(scene: Scene) -> Result<Picture> {
    let (width, height) = SIZE;
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480" width="{width}" height="{height}">{TABLE}{}</svg>"##,
        shapes(scene)
    );
    let tree = Tree::from_str(&svg, &Options::default()).map_err(Error::broken)?;
    let mut pixmap = Pixmap::new(width, height).ok_or_else(|| Error::broken("a picture of no size"))?;
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
    // Everything stands on the table: no pixel is transparent.
    let rgb: Vec<u8> = pixmap.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode(&rgb, width, height, ExtendedColorType::Rgb8).map_err(Error::broken)?;
    Ok(Picture { jpeg, width, height })
}

/// A wooden table, lit from the left.
const TABLE: &str = r##"<defs><linearGradient id="wood" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#d9c3a3"/><stop offset="1" stop-color="#b4946a"/></linearGradient>
<linearGradient id="light" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#fff" stop-opacity=".22"/><stop offset="1" stop-color="#000" stop-opacity=".18"/></linearGradient>
<radialGradient id="pink"><stop offset="0" stop-color="#e58fa6" stop-opacity=".95"/><stop offset="1" stop-color="#e58fa6" stop-opacity="0"/></radialGradient></defs>
<rect width="640" height="480" fill="url(#wood)"/><path d="M0 96H640M0 214H640M0 338H640" stroke="#9c7d55" stroke-width="2" opacity=".5"/>"##;

/// A T-shirt of this cloth, with a white collar.
const SHIRT: &str = r##"<path d="M226 66 L120 112 L66 214 L132 250 L160 208 L156 438 Q320 456 484 438 L480 208 L508 250 L574 214 L520 112 L414 66 Q320 128 226 66Z" fill="#27335c" stroke="#1a2342" stroke-width="3"/>
<path d="M226 66 Q320 150 414 66 L396 58 Q320 118 244 58Z" fill="#f4f1ea" stroke="#cfc8bb" stroke-width="2"/><path d="M132 250 L160 208M508 250 L480 208" stroke="#1a2342" stroke-width="3"/>"##;

fn shapes(scene: Scene) -> String {
    let light = r##"<rect width="640" height="480" fill="url(#light)"/>"##;
    let drawn = match scene {
        Scene::PinkCollar => format!(
            r##"{SHIRT}<path d="M240 66 Q320 140 400 66 L392 60 Q320 122 248 60Z" fill="#e7a3b4" opacity=".75"/><circle cx="282" cy="102" r="26" fill="url(#pink)"/><circle cx="352" cy="104" r="30" fill="url(#pink)"/>"##
        ),
        Scene::PinkStains => r##"<path d="M0 0H640V480H0Z" fill="#27335c"/><path d="M-20 150 Q320 420 660 150 L660 20 Q320 280 -20 20Z" fill="#f6f3ec" stroke="#d3ccbf" stroke-width="3"/>
<path d="M40 86 L44 196M120 146 L116 256M200 190 L194 300M280 214 L276 322M360 214 L364 322M440 190 L446 300M520 146 L524 256M600 86 L596 196" stroke="#ddd6c9" stroke-width="5"/>
<circle cx="150" cy="196" r="62" fill="url(#pink)"/><circle cx="286" cy="262" r="78" fill="url(#pink)"/><circle cx="430" cy="236" r="56" fill="url(#pink)"/><circle cx="528" cy="180" r="48" fill="url(#pink)"/>"##
            .to_owned(),
        Scene::ButtonGone => r##"<path d="M60 0H580V480H60Z" fill="#f3f4f6"/><path d="M270 0H370V480H270Z" fill="#fbfbfc" stroke="#d4d7dd" stroke-width="3"/>
<path d="M284 0V480M356 0V480" stroke="#dfe2e7" stroke-width="2" stroke-dasharray="7 5"/>
<g fill="#e9e4d8" stroke="#b9b19e" stroke-width="3"><circle cx="320" cy="78" r="21"/><circle cx="320" cy="402" r="21"/></g>
<g fill="#8d8674"><circle cx="313" cy="72" r="3"/><circle cx="327" cy="72" r="3"/><circle cx="313" cy="85" r="3"/><circle cx="327" cy="85" r="3"/><circle cx="313" cy="396" r="3"/><circle cx="327" cy="396" r="3"/><circle cx="313" cy="409" r="3"/><circle cx="327" cy="409" r="3"/></g>
<circle cx="320" cy="240" r="24" fill="#eceef1"/><path d="M316 236 Q300 262 322 276 Q346 290 330 316M324 238 Q344 252 336 268" fill="none" stroke="#5f6470" stroke-width="3"/>"##
            .to_owned(),
        Scene::ButtonBroken => r##"<g stroke="#a89d84" stroke-width="5" fill="#ece5d3"><path d="M190 330 A96 96 0 0 1 318 158 L296 214 L318 246 L286 286Z"/><path d="M352 168 A96 96 0 0 1 372 336 L322 300 L350 258 L330 222Z"/></g>
<g fill="#857b63"><circle cx="262" cy="226" r="11"/><circle cx="252" cy="272" r="11"/><circle cx="382" cy="232" r="11"/><circle cx="376" cy="278" r="11"/></g>
<circle cx="520" cy="370" r="62" fill="#c9ccd1" stroke="#8f949c" stroke-width="5"/><circle cx="520" cy="370" r="48" fill="none" stroke="#a7abb2" stroke-width="3"/>"##
            .to_owned(),
        Scene::WetParcel => r##"<path d="M110 150 L330 96 L552 158 L332 226Z" fill="#caa06a" stroke="#8f6b3d" stroke-width="4"/><path d="M110 150 L332 226 V420 L110 336Z" fill="#b78a54" stroke="#8f6b3d" stroke-width="4"/><path d="M332 226 L552 158 V340 L332 420Z" fill="#a97c48" stroke="#8f6b3d" stroke-width="4"/>
<path d="M110 250 Q160 214 206 268 Q250 318 332 306 V420 L110 336Z" fill="#6d4d29" opacity=".62"/><path d="M332 318 Q420 300 470 344 L470 370 L332 420Z" fill="#6d4d29" opacity=".55"/>
<path d="M216 122 L438 190" stroke="#e9e0cd" stroke-width="20" opacity=".8"/><ellipse cx="320" cy="432" rx="230" ry="22" fill="#7a93a8" opacity=".4"/>"##
            .to_owned(),
        Scene::Felted => r##"<path d="M170 60 H400 L470 190 L430 430 H150 L110 190Z" fill="#b58c5a" stroke="#85643b" stroke-width="4"/><path d="M286 60 L286 430" stroke="#85643b" stroke-width="3"/>
<g stroke="#9c7648" stroke-width="4" fill="none" opacity=".8"><path d="M150 140 q12 -14 22 4 t24 2"/><path d="M190 220 q14 -12 20 6 t26 0"/><path d="M310 170 q14 -14 22 4 t24 2"/><path d="M350 280 q12 -12 22 4 t24 2"/><path d="M180 330 q14 -14 22 4 t26 2"/><path d="M310 370 q12 -12 20 4 t24 2"/></g>
<path d="M500 70 H620 V440 H520Z" fill="#c99d68" stroke="#85643b" stroke-width="4"/><path d="M470 416 H120" stroke="#d33" stroke-width="3" stroke-dasharray="9 7"/>"##
            .to_owned(),
        Scene::OpenSeam => r##"<path d="M0 0H640V480H0Z" fill="#c9d9ea"/><path d="M330 0 Q322 120 326 176 Q300 240 328 306 Q324 380 332 480" fill="none" stroke="#8fa5bb" stroke-width="6"/>
<path d="M326 176 Q384 240 328 306 Q290 240 326 176Z" fill="#49586a"/><path d="M312 190 l28 -8M306 214 l46 -6M304 240 l50 0M306 266 l46 6M312 290 l26 8" stroke="#f2f5f8" stroke-width="3"/><path d="M350 236 q30 16 22 46 t26 40" fill="none" stroke="#f2f5f8" stroke-width="3"/>"##
            .to_owned(),
        Scene::Bobbles => bobbles(),
        Scene::Narrow => format!(
            r##"<path d="M206 120 L320 84 L434 120 L470 230 L452 440 H188 L170 230Z" fill="#b9854a" stroke="#805a2e" stroke-width="4"/><path d="M320 84 V440" stroke="#805a2e" stroke-width="3"/><path d="M130 132 H510" stroke="#f3d84b" stroke-width="24"/>{}"##,
            (0..19).map(|tick| format!(r##"<path d="M{0} 120 V{1}" stroke="#333" stroke-width="2"/>"##, 136 + tick * 20, if tick % 5 == 0 { 140 } else { 132 })).collect::<String>()
        ),
    };
    format!("{drawn}{light}")
}

/// Bobbles lie where a grid that is out of step with itself puts them.
fn bobbles() -> String {
    let ball = |n: i32| {
        let (x, y, r) = (30 + n * 67 % 590, 24 + n * 113 % 440, 5 + n * 7 % 9);
        format!(r##"<circle cx="{x}" cy="{y}" r="{r}" fill="#a8a29a" stroke="#86807a" stroke-width="2"/>"##)
    };
    let weave = r##"<path d="M0 0H640V480H0Z" fill="#8b857e"/><path d="M0 40H640M0 120H640M0 200H640M0 280H640M0 360H640M0 440H640" stroke="#7d776f" stroke-width="14"/>"##;
    format!("{weave}{}", (0..46).map(ball).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::findings::photo;

    #[test]
    fn every_scene_is_a_picture_of_its_own_that_an_upload_could_be() {
        let pictures: Vec<Picture> = album().unwrap().into_values().collect();
        assert_eq!(pictures.len(), Scene::ALL.len());
        for (place, picture) in pictures.iter().enumerate() {
            let read = photo::clean(&picture.jpeg).unwrap();
            assert_eq!((read.width, read.height), SIZE);
            assert!(picture.jpeg.len() > 2_000 && !pictures[..place].contains(picture));
        }
    }
}
