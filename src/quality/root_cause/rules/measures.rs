//! The plain figures of an inspection floor: defects per hundred units, first-pass yield, the four-point system for fabric.

use serde::Serialize;

use super::answer::{Answer, Lack, exposed};

/// Figures of one inspection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Inspected {
    /// Defects per hundred units, `100 · defects / pieces`.
    pub dhu: f64,
    /// `100 · defective / pieces`.
    pub percent_defective: f64,
    /// First-pass yield: the share of pieces without a defect at first inspection.
    pub first_pass_yield: f64,
}

/// Figures of `pieces` inspected, of which `defective` had `defects` in all. No piece: [`Lack::NoExposure`]; more defective than pieces or
/// than defects: [`Lack::OutOfRange`].
pub fn inspected(pieces: u32, defective: u32, defects: u32) -> Answer<Inspected> {
    if pieces == 0 {
        return Answer::TooLittle(Lack::NoExposure);
    }
    if defective > pieces || defects < defective {
        return Answer::TooLittle(Lack::OutOfRange);
    }
    let per_piece = |number: u32| f64::from(number) / f64::from(pieces);
    Answer::Known(Inspected {
        dhu: 100.0 * per_piece(defects),
        percent_defective: 100.0 * per_piece(defective),
        first_pass_yield: per_piece(pieces - defective),
    })
}

/// Rolled throughput yield: the share that passes every step at first, the product of the steps' yields (each 0..=1).
pub fn rolled_yield(yields: &[f64]) -> Answer<f64> {
    if yields.is_empty() {
        return Answer::TooLittle(Lack::TooFew);
    }
    if yields.iter().any(|share| !(0.0..=1.0).contains(share)) {
        return Answer::TooLittle(Lack::OutOfRange);
    }
    Answer::Known(yields.iter().product())
}

/// The first-pass yield that goes with `per_unit` defects per unit when defects fall at random: `exp(−DPU)`.
pub fn yield_of_defects(per_unit: f64) -> f64 {
    (-per_unit).exp()
}

/// Penalty points of one fabric defect by its length in inches (ASTM D5430, four-point system): up to 3 one, to 6 two, to 9 three, beyond
/// four; a hole larger than a pinhole four.
pub fn points(length: f64, hole: bool) -> u32 {
    match length {
        _ if hole => 4,
        length if length <= 3.0 => 1,
        length if length <= 6.0 => 2,
        length if length <= 9.0 => 3,
        _ => 4,
    }
}

/// Points per hundred square yards of fabric, from its length in yards and its width in inches: `points · 3600 / (length · width)`. The
/// caller counts at most four points for each linear yard and none in the selvedge's inch.
pub fn points_per_100_square_yards(points: u32, yards: f64, width: f64) -> Answer<f64> {
    exposed(yards).and_then(|yards| Ok(f64::from(points) * 3600.0 / (yards * exposed(width)?))).into()
}

/// Points per hundred square metres, from length in metres and width in millimetres: `points · 100,000 / (length · width)`.
pub fn points_per_100_square_metres(points: u32, metres: f64, width: f64) -> Answer<f64> {
    exposed(metres).and_then(|metres| Ok(f64::from(points) * 100_000.0 / (metres * exposed(width)?))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_examples() {
        let found = inspected(200, 15, 60).known().unwrap();
        assert_eq!((found.dhu, found.percent_defective, found.first_pass_yield), (30.0, 7.5, 0.925));
        // 150 points in 675 square yards: 540 yards of 45 inches.
        let fabric = points_per_100_square_yards(150, 540.0, 45.0).known().unwrap();
        assert!((fabric - 22.222).abs() < 0.001);
        assert_eq!([points(3.0, false), points(4.0, false), points(9.0, false), points(9.5, false), points(0.3, true)], [1, 2, 3, 4, 4]);
    }

    #[test]
    fn edges_have_answers() {
        assert_eq!(inspected(0, 0, 0).lack(), Some(Lack::NoExposure));
        assert_eq!(inspected(5, 6, 6).lack(), Some(Lack::OutOfRange));
        assert_eq!(inspected(5, 2, 1).lack(), Some(Lack::OutOfRange));
        assert_eq!(rolled_yield(&[]).lack(), Some(Lack::TooFew));
        assert_eq!(rolled_yield(&[1.2]).lack(), Some(Lack::OutOfRange));
        assert_eq!(points_per_100_square_yards(5, 0.0, 45.0).lack(), Some(Lack::NoExposure));
    }
}
