//! `hangtag demo`: an embedded store with a believable season in it, served at once.
//!
//! Everything is made through the rooms' own functions, as a planner, a label operator, a shop, an agent and an inspector would: what the demo
//! shows is what the product does. The same `--garments` gives the same season, apart from serials and numbers of cases, which are drawn afresh.

mod catalogue;
mod chance;
mod goods;
mod holidays;
mod people;
mod pictures;
mod runs;
mod season;
mod stock;
mod story;
mod trade;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use people::DemoAccount;
pub use season::{Plan, Season, make};
pub use story::{Aftermath, HeldCard};

use crate::kernel::text::Lang;
use crate::kernel::{Error, Result};
use crate::platform::config::{Config, SETTINGS_FILE};

/// Garments made when nobody says.
pub const GARMENTS: u64 = 180_000;

/// A sold garment that nobody has asked about yet, with what its holder has.
#[derive(Clone, Debug, Serialize)]
pub struct CaseCard {
    /// The address of its card.
    pub url: String,
    /// The holder's cookie, as a browser sends it: `name=value`.
    pub cookie: String,
    /// The code under its film.
    pub code: String,
}

/// A case that somebody works on.
#[derive(Clone, Debug, Serialize)]
pub struct OpenCase {
    /// Its number.
    pub no: String,
    /// The address of its page.
    pub url: String,
}

/// What a script needs to know of a demo that serves.
#[derive(Debug, Serialize)]
pub struct Serving {
    /// Where it serves.
    pub url: String,
    /// The store, as `HANGTAG_DATABASE_URL` takes it.
    pub database: String,
    /// Addresses of sold garments.
    pub cards: Vec<String>,
    /// A card nobody has claimed yet, and the code under its film.
    pub to_claim: Option<(String, String)>,
    /// Codes of batches.
    pub batches: Vec<String>,
    /// A batch of at least 100,000.
    pub big_batch: String,
    /// Who may sign in.
    pub accounts: Vec<DemoAccount>,
    /// The dye lot that is to blame; empty where none is.
    pub bad_lot: String,
    /// Where to ask for help.
    pub case_card: Option<CaseCard>,
    /// Where to work on a case.
    pub open_case: Option<OpenCase>,
    /// The file of a statement, for `hangtag statement verify`.
    pub statement: Option<PathBuf>,
}

/// The demo's folder when nobody says: one per user, made anew at each start.
pub fn default_folder() -> PathBuf {
    std::env::temp_dir().join(format!("hangtag-demo-{}", std::process::id()))
}

/// The settings of a demo in `folder` that serves on `port`, also written beside its store for other commands.
///
/// # Errors
/// When the folder cannot be written, or holds something that is not a demo.
pub fn settle(folder: &Path, port: u16) -> Result<Config> {
    std::fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let url = format!("http://127.0.0.1:{port}");
    let settings = format!(
        "# Settings of the demo; other commands find them beside the store.\npublic_url = \"{url}\"\nlisten = \"127.0.0.1:{port}\"\nbrand_zh = \"岚山\"\nbrand_en = \"Lanshan\"\n\
         help_zh = \"客服热线 400-000-0000，每日 9:00–21:00；或到任一门店。\"\nhelp_en = \"Call 400-000-0000 from 9:00 to 21:00, or visit any of our shops.\"\n"
    );
    std::fs::write(folder.join(SETTINGS_FILE), settings)?;
    let config = Config {
        database_url: format!("sqlite://{}", folder.join("hangtag.db").display()),
        listen: format!("127.0.0.1:{port}"),
        public_url: url,
        data_dir: folder.clone(),
        default_lang: Lang::Zh,
        ..Config::read(Some(&folder.join(SETTINGS_FILE)))?
    };
    Ok(config)
}

/// Refuses to fill a store that has something in it.
///
/// # Errors
/// When the file is there.
pub fn refuse_existing(folder: &Path) -> Result<()> {
    let file = folder.join("hangtag.db");
    if file.exists() {
        return Err(Error::broken(format!("{} exists; choose another --dir, or remove it", file.display())));
    }
    Ok(())
}
