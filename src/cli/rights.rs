//! `rights SERIAL`: what the buyer of a garment is entitled to, on a day, in a market.

use clap::Args;

use super::{say, terminal_lang};
use crate::aftersales::rights::{self, AnswerView};
use crate::kernel::{Code, Error, Result, time};
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::production::batches;
use crate::production::serials::{self, Scanned};

/// Whose rights, when and where.
#[derive(Args)]
pub(super) struct RightsArgs {
    /// The serial as it stands on the label, or the address of its code.
    serial: String,
    /// The day (2026-03-31); today when left out.
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// The market: a country, by code or name; that of the sale when left out.
    #[arg(long, value_name = "COUNTRY")]
    market: Option<String>,
    /// One line of JSON, as the API answers.
    #[arg(long)]
    json: bool,
}

/// Says what the garment's buyer is entitled to. Fails when there is no such garment.
pub(super) fn run(app: &AppState, args: &RightsArgs) -> Result<()> {
    let scanned = Scanned::read("serial", &args.serial, None)?;
    let on = args.on.as_deref().map_or_else(|| Ok(app.today()), |day| time::read_date("on", day))?;
    let market = args.market.as_deref().map(|market| rights::read_market("market", market)).transpose()?;
    let keys = app.keys.clone();
    let (serial, answer) = app.store.read_blocking(move |db| {
        let garment = serials::garment(db, &keys.serials, &scanned)?;
        let serial = batches::serial_of(db, &keys.serials, garment)?.ok_or(Code::SerialUnknown)?.serial;
        Ok((serial, rights::answer(db, garment, on, market.as_deref().filter(|market| !market.is_empty()))?))
    })?;
    if args.json {
        say(&serde_json::to_string(&AnswerView::of(serial, answer)).map_err(Error::broken)?);
        return Ok(());
    }
    let words = Words::of(terminal_lang());
    say(&words
        .say_with("rights-of", &[("what", answer.facts.what.get(words.lang()).to_owned()), ("serial", serial), ("on", on.to_string())]));
    answer.about(words).iter().for_each(|sentence| say(sentence));
    let lines = answer.lines(words);
    if lines.is_empty() {
        say(&words.say("rights-nothing"));
    }
    for (number, line) in (1..).zip(&lines) {
        let mark = if line.holds { "".into() } else { words.say("rights-not-certain-mark") };
        say(&format!("\n{number}. {}{mark}", line.title));
        line.sentences().for_each(|sentence| say(&format!("   {sentence}")));
        say(&format!("   {}", words.say_with("rights-rule", &[("rule", line.rule.clone()), ("version", line.version.to_string())])));
    }
    let not_there = answer.not_there(words);
    if !not_there.is_empty() {
        say(&format!("\n{}", words.say("rights-not-there")));
        not_there.iter().for_each(|(title, why)| say(&format!("- {title}{}{why}", words.lang().of("：", ": "))));
    }
    Ok(())
}
