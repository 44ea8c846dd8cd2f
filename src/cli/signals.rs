//! `signals`: what stands out today, for a script or somebody at a terminal.

use clap::Args;

use super::{say, terminal_lang};
use crate::kernel::{Error, Result};
use crate::platform::exports::Cell;
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::quality::signals::{self, ClaimKind, SignalsAsk, node_rows, node_titles, signal_rows, signal_titles};

/// What is asked for.
#[derive(Args)]
pub(super) struct SignalsArgs {
    /// Code of the defect to go into; all defects in a list when left out.
    #[arg(long, value_name = "CODE")]
    defect: Option<String>,
    /// Which claims: reported, confirmed or line.
    #[arg(long, value_name = "KIND", default_value = "reported")]
    kind: String,
    /// One line of JSON, as the API has it.
    #[arg(long)]
    json: bool,
}

/// Prints the report.
pub(super) fn run(app: &AppState, args: &SignalsArgs) -> Result<()> {
    let ask = SignalsAsk { kind: ClaimKind::read("kind", &args.kind)?, defect: args.defect.as_ref().map(|code| code.trim().to_owned()) };
    let (memory, today) = (app.store.clone(), app.today());
    let report = app.store.read_blocking(move |db| signals::report(&memory, db, today, &ask))?;
    if args.json {
        say(&serde_json::to_string(&report).map_err(Error::broken)?);
        return Ok(());
    }
    let lang = terminal_lang();
    let words = Words::of(lang);
    match &report.detail {
        Some(detail) => table(node_titles(words), node_rows(&detail.nodes, lang)),
        None => table(signal_titles(words), signal_rows(&report.defects, lang)),
    }
    if report.defects.is_empty() {
        say(&words.say("signals-none"));
    }
    Ok(())
}

/// Rows with tabs between, as terminals and spreadsheets take them.
fn table(titles: Vec<String>, rows: Vec<Vec<Cell>>) {
    say(&titles.join("\t"));
    for row in rows {
        say(&row.iter().map(shown).collect::<Vec<_>>().join("\t"));
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Whole(number) => number.to_string(),
        Cell::Number(number) => format!("{number:.3}"),
        Cell::Date(day) => day.to_string(),
        Cell::Time(at) => at.to_string(),
    }
}
