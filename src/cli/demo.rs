//! `demo`: makes the season, says where to click and how to sign in, and serves.

use std::path::{Path, PathBuf};

use super::{app, listen, log_to_stderr, say, serve, tell, terminal_lang};
use crate::demo::{self, Aftermath, CaseCard, OpenCase, Plan, Season, Serving};
use crate::kernel::text::Lang;
use crate::kernel::{Error, Result, saturating};
use crate::platform::config::LogFormat;
use crate::platform::db;
use crate::platform::state::AppState;
use crate::production::batches;

/// Cards a script is given.
const CARDS: usize = 24;

/// Makes and serves the demo.
pub(super) fn run(json: bool, dir: Option<PathBuf>, port: u16, garments: u64, no_fault: bool) -> Result<()> {
    log_to_stderr(LogFormat::Text);
    let folder = dir.unwrap_or_else(demo::default_folder);
    demo::refuse_existing(&folder)?;
    let listener = listen(&format!("127.0.0.1:{port}"))?;
    let config = demo::settle(&folder, listener.local_addr()?.port())?;
    let url = config.database()?;
    db::migrate(&url)?;
    let app = app(config, &url)?;
    tell(&format!("Making a season in {} …", folder.display()));
    let plan = Plan { garments: saturating(garments), no_fault, lang: terminal_lang(), ..Plan::default() };
    let season = demo::make(&app, plan, &mut |what| tell(&format!("  {what}")))?;
    let statement = season.after.as_ref().map(|after| written(&app.config.data_dir, after)).transpose()?;
    let serving = serving(&app, &season, statement)?;
    if json {
        let line = serde_json::to_string(&serving).map_err(Error::broken)?;
        serve(&app, listener, move || say(&line))
    } else {
        serve(&app, listener, move || welcome(&serving))
    }
}

/// Writes the statement beside the store.
fn written(folder: &Path, after: &Aftermath) -> Result<PathBuf> {
    let file = folder.join(format!("statement-{}.json", after.statement.id));
    std::fs::write(&file, &after.statement.bundle)?;
    Ok(file)
}

fn serving(app: &AppState, season: &Season, statement: Option<PathBuf>) -> Result<Serving> {
    let (keys, stem) = (app.keys.clone(), app.config.public_url.clone());
    let step = (season.sold.len() / CARDS).max(1);
    let chosen: Vec<_> = season.sold.iter().step_by(step).take(CARDS).copied().collect();
    let to_claim = season.to_claim.clone();
    let held = season.after.as_ref().map(|after| after.held.clone());
    let (cards, to_claim, case_card) = app.store.read_blocking(move |db| {
        let mut cards = Vec::new();
        for garment in chosen {
            cards.extend(batches::address_of(db, &stem, &keys.serials, garment)?);
        }
        let to_claim = match &to_claim {
            Some((garment, code)) => batches::address_of(db, &stem, &keys.serials, *garment)?.map(|card| (card, code.clone())),
            None => None,
        };
        let case_card = match &held {
            Some(held) => batches::address_of(db, &stem, &keys.serials, held.garment)?.map(|url| {
                let (name, value) = &held.cookie;
                CaseCard { url, cookie: format!("{name}={value}"), code: held.code.clone() }
            }),
            None => None,
        };
        Ok((cards, to_claim, case_card))
    })?;
    let open_case = season.after.as_ref().map(|after| {
        let no = after.open_case.clone();
        OpenCase { url: format!("{}/cases/{no}", app.config.public_url), no }
    });
    Ok(Serving {
        url: app.config.public_url.clone(),
        database: app.config.database_url.clone(),
        cards,
        to_claim,
        batches: season.batches.clone(),
        big_batch: season.big_batch.clone(),
        accounts: season.after.as_ref().map(|after| after.accounts.clone()).unwrap_or_default(),
        bad_lot: season.bad_lot.clone(),
        case_card,
        open_case,
        statement,
    })
}

/// Says where to click.
fn welcome(serving: &Serving) {
    let zh = terminal_lang() == Lang::Zh;
    let of = |chinese: &str, english: &str| if zh { chinese.to_owned() } else { english.to_owned() };
    tell("");
    tell(&format!("{}  {}", of("已启动：", "Serving at"), serving.url));
    if let Some((card, code)) = &serving.to_claim {
        tell(&format!("{}\n  {card}", of("买家扫码看到的质保卡：", "What a buyer sees when scanning a label:")));
        tell(&format!("  {} {code}", of("刮层下的领取码：", "The code under its scratch film:")));
    }
    tell(&format!("{} {}/sign-in", of("登录账号（仅限演示）：", "Sign in (demo only) at"), serving.url));
    for account in &serving.accounts {
        tell(&format!("  {:18} {:12} {}", account.role, account.user, account.password));
    }
    if let Some(case) = &serving.open_case {
        tell(&format!("{}  {}", of("处理中的工单：", "A case under way:"), case.url));
    }
    if let Some(statement) = &serving.statement {
        tell(&format!(
            "{}  hangtag statement verify {}",
            of("责任报告，可独立验算：", "A statement that anybody can work out again:"),
            statement.display()
        ));
    }
    tell(&format!("{}  {}", of("可试打 10 万枚标签的批次：", "A batch to make 100,000 labels of:"), serving.big_batch));
    tell(&format!("{}  hangtag --help", of("其他命令请带上", "Other commands:")));
    tell(&format!("  HANGTAG_DATABASE_URL={}", serving.database));
    tell(&of("按 Ctrl-C 结束。", "Ctrl-C ends it."));
}
