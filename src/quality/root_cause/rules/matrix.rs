//! Small dense square matrices: what Newton steps, standard errors and Markov chains need, and nothing more.

#![expect(clippy::indexing_slicing, reason = "rows and columns run below the order the matrix was made with")]

/// A square matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Square {
    order: usize,
    cells: Vec<f64>,
}

impl Square {
    /// All zero, of `order` rows.
    pub fn zero(order: usize) -> Self {
        Self { order, cells: vec![0.0; order * order] }
    }

    /// The cell at `row`, `column`.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.order + column]
    }

    /// Adds to the cell at `row`, `column`.
    pub fn add(&mut self, row: usize, column: usize, value: f64) {
        self.cells[row * self.order + column] += value;
    }

    /// The diagonal.
    pub fn diagonal(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.order).map(|i| self.at(i, i))
    }

    /// A copy with `raise` added along the diagonal.
    #[must_use]
    pub fn raised(&self, raise: f64) -> Self {
        let mut raised = self.clone();
        for i in 0..self.order {
            raised.add(i, i, raise);
        }
        raised
    }

    /// The lower factor `L` with `L Lᵀ` = this symmetric matrix. None unless it is positive definite, with a margin of 1e-12 for rounding.
    pub fn cholesky(&self) -> Option<Cholesky> {
        let mut lower = Self::zero(self.order);
        for row in 0..self.order {
            for column in 0..=row {
                let known: f64 = (0..column).map(|k| lower.at(row, k) * lower.at(column, k)).sum();
                let rest = self.at(row, column) - known;
                if row == column {
                    if rest.is_nan() || rest <= 1e-12 * self.at(row, row).abs() {
                        return None;
                    }
                    lower.add(row, row, rest.sqrt());
                } else {
                    lower.add(row, column, rest / lower.at(column, column));
                }
            }
        }
        Some(Cholesky { lower })
    }

    /// The `x` with (this matrix) `x = right`, by elimination with the largest pivot. None when the matrix is singular.
    pub fn solve(mut self, mut right: Vec<f64>) -> Option<Vec<f64>> {
        let order = self.order;
        for column in 0..order {
            let pivot = (column..order).max_by(|a, b| self.at(*a, column).abs().total_cmp(&self.at(*b, column).abs()))?;
            if self.at(pivot, column) == 0.0 {
                return None;
            }
            right.swap(column, pivot);
            for k in 0..order {
                self.cells.swap(column * order + k, pivot * order + k);
            }
            for row in column + 1..order {
                let factor = self.at(row, column) / self.at(column, column);
                if factor != 0.0 {
                    for k in column..order {
                        self.cells[row * order + k] -= factor * self.cells[column * order + k];
                    }
                    right[row] -= factor * right[column];
                }
            }
        }
        for row in (0..order).rev() {
            let known: f64 = (row + 1..order).map(|k| self.at(row, k) * right[k]).sum();
            right[row] = (right[row] - known) / self.at(row, row);
        }
        Some(right)
    }
}

/// A factored symmetric positive definite matrix.
#[derive(Clone, Debug)]
pub struct Cholesky {
    lower: Square,
}

impl Cholesky {
    /// The `x` with (the matrix) `x = right`.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = right.to_vec();
        for row in 0..x.len() {
            let known: f64 = (0..row).map(|k| self.lower.at(row, k) * x[k]).sum();
            x[row] = (x[row] - known) / self.lower.at(row, row);
        }
        for row in (0..x.len()).rev() {
            let known: f64 = (row + 1..x.len()).map(|k| self.lower.at(k, row) * x[k]).sum();
            x[row] = (x[row] - known) / self.lower.at(row, row);
        }
        x
    }

    /// The inverse of the matrix: variances and covariances when the matrix is an information.
    pub fn inverse(&self) -> Square {
        let order = self.lower.order;
        let mut inverse = Square::zero(order);
        for column in 0..order {
            let mut unit = vec![0.0; order];
            unit[column] = 1.0;
            for (row, value) in self.solve(&unit).into_iter().enumerate() {
                inverse.add(row, column, value);
            }
        }
        inverse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[f64]]) -> Square {
        Square { order: rows.len(), cells: rows.concat() }
    }

    #[test]
    fn solves_and_inverts() {
        let matrix = of(&[&[4.0, 2.0, 0.6], &[2.0, 5.0, 1.0], &[0.6, 1.0, 3.0]]);
        let factor = matrix.cholesky().unwrap();
        let inverse = factor.inverse();
        for row in 0..3 {
            for column in 0..3 {
                let product: f64 = (0..3).map(|k| matrix.at(row, k) * inverse.at(k, column)).sum();
                assert!((product - f64::from(u8::from(row == column))).abs() < 1e-14);
            }
        }
        let general = of(&[&[0.0, 2.0], &[3.0, 1.0]]);
        assert_eq!(general.solve(vec![4.0, 5.0]).unwrap(), [1.0, 2.0]);
        assert!(of(&[&[1.0, 2.0], &[2.0, 4.0]]).cholesky().is_none());
        assert!(of(&[&[1.0, 2.0], &[2.0, 4.0]]).solve(vec![1.0, 1.0]).is_none());
    }
}
