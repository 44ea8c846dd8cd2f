//! `demo`: makes the season, says where to click and how to sign in, and serves.

use std::path::PathBuf;

use super::{app, listen, log_to_stderr, say, serve, tell, terminal_lang};
use crate::demo::{self, DemoAccount, Plan, Season, Serving};
use crate::kernel::text::Lang;
use crate::kernel::{Error, Result, saturating};
use crate::platform::config::LogFormat;
use crate::platform::db;
use crate::platform::state::AppState;
use crate::production::batches;
use crate::staff::accounts::{self, Account, Role, Roles};

/// Who may sign in to the demo, with names that both languages can read and the party some are bound to.
const PEOPLE: &[(Role, &str, &str, Option<&str>)] = &[
    (Role::Admin, "admin", "安 An", None),
    (Role::Planner, "planner", "林 Lin", None),
    (Role::LabelOperator, "operator", "赵 Zhao", None),
    (Role::Inspector, "inspector", "陈 Chen", None),
    (Role::SupplierManager, "manager", "吴 Wu", None),
    (Role::Supplier, "supplier", "何 He", Some("DYE-QT")),
    (Role::Retailer, "shop", "孙 Sun", Some("SHOP-SH")),
    (Role::Agent, "agent", "周 Zhou", None),
];
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
    let plan = Plan { garments: saturating(garments), no_fault, ..Plan::default() };
    let season = demo::make(&app, plan, &mut |what| tell(&format!("  {what}")))?;
    let people = people(&app)?;
    let serving = serving(&app, &season, people)?;
    if json {
        let line = serde_json::to_string(&serving).map_err(Error::broken)?;
        serve(&app, listener, move || say(&line))
    } else {
        serve(&app, listener, move || welcome(&serving))
    }
}

fn people(app: &AppState) -> Result<Vec<DemoAccount>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut people = Vec::new();
        for (role, user, name, party) in PEOPLE {
            let password = format!("demo-{user}-2026");
            let lang = terminal_lang();
            let draft = Account {
                login: (*user).to_owned(),
                name: (*name).to_owned(),
                roles: Roles::from(vec![*role]),
                party_code: party.map(str::to_owned),
                lang,
                ..Account::default()
            };
            accounts::add(app, draft, Some(&password)).await?;
            people.push(DemoAccount { role: role.as_str().to_owned(), user: (*user).to_owned(), password });
        }
        Ok(people)
    })
}

fn serving(app: &AppState, season: &Season, accounts: Vec<DemoAccount>) -> Result<Serving> {
    let (keys, stem) = (app.keys.clone(), app.config.public_url.clone());
    let step = (season.sold.len() / CARDS).max(1);
    let chosen: Vec<_> = season.sold.iter().step_by(step).take(CARDS).copied().collect();
    let to_claim = season.to_claim.clone();
    let (cards, to_claim) = app.store.read_blocking(move |db| {
        let mut cards = Vec::new();
        for garment in chosen {
            cards.extend(batches::address_of(db, &stem, &keys.serials, garment)?);
        }
        let to_claim = match &to_claim {
            Some((garment, code)) => batches::address_of(db, &stem, &keys.serials, *garment)?.map(|card| (card, code.clone())),
            None => None,
        };
        Ok((cards, to_claim))
    })?;
    Ok(Serving {
        url: app.config.public_url.clone(),
        database: app.config.database_url.clone(),
        cards,
        to_claim,
        batches: season.batches.clone(),
        big_batch: season.big_batch.clone(),
        accounts,
        bad_lot: season.bad_lot.clone(),
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
    tell(&format!("{}  {}", of("可试打 10 万枚标签的批次：", "A batch to make 100,000 labels of:"), serving.big_batch));
    tell(&format!("{}  hangtag --help", of("其他命令请带上", "Other commands:")));
    tell(&format!("  HANGTAG_DATABASE_URL={}", serving.database));
    tell(&of("按 Ctrl-C 结束。", "Ctrl-C ends it."));
}
