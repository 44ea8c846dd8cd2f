//! Counting ten million rows by one and by two of eight dimensions, and what follows from it.
//!
//! With `HANGTAG_BENCH_ROWS=FILE` the rows are also written to that file (little-endian: eight u32 codes, u32 claims, f64 exposure a row),
//! for `counting.py` beside this file, which counts the same rows.

use std::io::Write;

use hangtag::quality::root_cause::localise::Cube;

use super::timed;

const SIZES: [usize; 8] = [20_000, 3_000, 800, 600, 1_500, 60, 120, 12];
const ROWS: u32 = 10_000_000;

/// Prints the times.
pub fn counting() {
    let mut state = 7;
    let mut file = std::env::var_os("HANGTAG_BENCH_ROWS").map(|path| std::io::BufWriter::new(std::fs::File::create(path).unwrap()));
    let tables = SIZES.map(zipf);
    let mut cube = Cube::new(&SIZES);
    let mut adding = (0.0, 0.0);
    let mut block = Vec::new();
    for row in 0..ROWS {
        let codes: [u32; 8] = std::array::from_fn(|dim| {
            let at = super::localisation::uniform(&mut state);
            u32::try_from(tables[dim].partition_point(|sum| *sum <= at).min(SIZES[dim] - 1)).unwrap()
        });
        // One claim a row; the exposure is that of the garments it stands for.
        block.push((codes, 1 + row % 2, 1.0 + f64::from(row % 5)));
        if block.len() == 100_000 || row + 1 == ROWS {
            if let Some(file) = &mut file {
                for (codes, claims, exposure) in &block {
                    codes.iter().for_each(|code| file.write_all(&code.to_le_bytes()).unwrap());
                    file.write_all(&claims.to_le_bytes()).unwrap();
                    file.write_all(&exposure.to_le_bytes()).unwrap();
                }
            }
            let (wall, cpu, ()) =
                timed(|| block.drain(..).for_each(|(codes, claims, exposure)| cube.add(&codes, claims, exposure).unwrap()));
            adding = (adding.0 + wall, adding.1 + cpu);
        }
    }
    drop(file);
    println!("\n| {} M rows × 8 dimensions | seconds | of them computing, all threads |\n|---|---|---|", ROWS / 1_000_000);
    println!("| adding the rows, one-way counts with it | {:.2} | {:.2} |", adding.0, adding.1);
    for threads in [1, 2] {
        let (wall, cpu, pairs) = timed(|| cube.pairs(threads));
        let cells: usize = pairs.iter().map(|pair| pair.cells.len()).sum();
        println!("| 28 two-way counts ({cells} combinations), {threads} thread(s) | {wall:.2} | {cpu:.2} |");
        let (wall, cpu, leads) = timed(|| cube.leads(&pairs, 100));
        println!("| scan of the prepared counts to depth 2 ({} leads) | {wall:.3} | {cpu:.2} |", leads.len());
    }
}

/// Running sums of Zipf's law, `1 / rank`.
fn zipf(size: usize) -> Vec<f64> {
    let mut sums: Vec<f64> = Vec::with_capacity(size);
    let mut rank = 0.0;
    for _ in 0..size {
        rank += 1.0;
        sums.push(sums.last().copied().unwrap_or(0.0) + 1.0 / rank);
    }
    let all = sums[size - 1];
    sums.iter().map(|sum| sum / all).collect()
}
