//! The rules, held against the facts.

mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::names::{End, Meaning, Resolver};
use crate::plan::{Plan, WHY};
use crate::source::{Facts, Kind, Mention, ModulePath, Names, Spot, TypeFact};

/// Something that is not as the plan says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub at: Spot,
    pub rule: &'static str,
    /// The module, as an exception names it: `quality/recalls/rules`.
    pub place: String,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = WHY.iter().find(|(rule, _)| *rule == self.rule).map_or("", |(_, why)| why);
        write!(f, "{}:{}: [{}] {}\n    {}\n    {}", self.at.file, self.at.line, self.rule, self.place, self.what, why)
    }
}

/// What the rules made of the facts, for people to review.
#[derive(Debug, Default)]
pub struct Review {
    pub findings: Vec<Finding>,
    /// From room, to room, what of it.
    pub edges: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Who owns which table.
    pub tables: Vec<(String, String)>,
    /// Table, who else reads it.
    pub readers: BTreeMap<String, BTreeSet<String>>,
}

/// Where a module is in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Home {
    /// Its place among the wings; the files that may name every room come last.
    wing: usize,
    /// `ownership/sales`, `kernel`, or the file that names every room.
    room: String,
    /// How many segments of the module's path the room takes.
    depth: usize,
}

fn joined(module: &[String]) -> String {
    if module.is_empty() { "lib".to_owned() } else { module.join("/") }
}

fn is_diesel(name: &str) -> bool {
    name.starts_with("diesel") || matches!(name, "libsqlite3_sys" | "pq_sys" | "rusqlite" | "postgres")
}

fn is_actix(name: &str) -> bool {
    name.starts_with("actix") || matches!(name, "utoipa_actix_web" | "tracing_actix_web" | "awc")
}

/// Where a standard name does something to the world, or asks it.
fn is_outside_world(path: &[String]) -> bool {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    match names.as_slice() {
        // An address is a value.
        ["std", "net", "IpAddr" | "Ipv4Addr" | "Ipv6Addr" | "SocketAddr" | "AddrParseError", ..] => false,
        ["std", "fs" | "net" | "env" | "process" | "thread" | "os", ..] => true,
        ["std", "io", "stdin" | "stdout" | "stderr" | "Stdin" | "Stdout" | "Stderr" | "copy" | "*" | "prelude", ..] => true,
        ["std", "print" | "println" | "eprint" | "eprintln" | "dbg"] => true,
        _ => false,
    }
}

fn is_clock_or_chance(path: &[String]) -> bool {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["std", "time", "SystemTime" | "Instant" | "*", ..] => true,
        ["std", "collections", "hash_map", "RandomState", ..] | ["std", "hash", "RandomState", ..] => true,
        ["chrono", middle @ .., "now"] => middle.iter().any(|name| matches!(*name, "Utc" | "Local")),
        ["getrandom" | "rand" | "rand_core" | "fastrand" | "uuid", ..] => true,
        _ => false,
    }
}

/// Parts of a room that nobody else sees. A module that its `mod.rs` declares `pub` under another name is offered by it.
const WORKINGS: &[&str] = &["store", "rules", "http", "page", "import", "view"];
const CHANGING: &[&str] = &["Mutex", "RwLock", "Cell", "RefCell", "UnsafeCell", "OnceCell", "OnceLock"];

struct Checker<'a> {
    facts: &'a Facts,
    plan: &'a Plan,
    resolver: Resolver<'a>,
    review: Review,
    /// Functions that are handed a connection or the store.
    with_store: BTreeSet<(ModulePath, String)>,
    /// What a macro's body means, by the macro.
    expansions: BTreeMap<(ModulePath, String), Vec<Meaning>>,
    /// Macros that change a table their user names.
    writing_macros: BTreeSet<(ModulePath, String)>,
    /// The tables a function mentions.
    tables_of: BTreeMap<(ModulePath, String), BTreeSet<String>>,
}

/// Holds the plan against the facts.
pub fn check(facts: &Facts, plan: &Plan) -> Review {
    let resolver = Resolver { facts };
    let mut checker = Checker {
        facts,
        plan,
        resolver,
        review: Review::default(),
        with_store: BTreeSet::new(),
        expansions: BTreeMap::new(),
        writing_macros: BTreeSet::new(),
        tables_of: BTreeMap::new(),
    };
    checker.prepare();
    checker.rooms();
    checker.mentions();
    checker.methods();
    checker.raw_sql();
    checker.state();
    checker.sources();
    checker.tables();
    checker.circles();
    checker.namesakes();
    checker.exceptions();
    let mut review = checker.review;
    review.findings.sort();
    review.findings.dedup();
    review.tables.sort();
    review
}

fn home_in(plan: &Plan, module: &[String]) -> Home {
    let path: Vec<&str> = module.iter().map(String::as_str).collect();
    let wing = path.first().and_then(|first| plan.wings.iter().position(|wing| wing == first));
    match (wing, path.as_slice()) {
        (Some(0), [kernel, ..]) => Home { wing: 0, room: (*kernel).to_owned(), depth: 1 },
        (Some(wing), [name]) => Home { wing, room: (*name).to_owned(), depth: 1 },
        (Some(wing), [name, room, ..]) => Home { wing, room: format!("{name}/{room}"), depth: 2 },
        _ => Home { wing: plan.wings.len(), room: path.first().map_or("lib", |first| first).to_owned(), depth: 1 },
    }
}

impl Checker<'_> {
    fn home(&self, module: &[String]) -> Home {
        home_in(self.plan, module)
    }

    fn is_front(&self, home: &Home) -> bool {
        home.wing == self.plan.wings.len()
    }

    /// `store`, `rules`, `http`, `page`: the part of its room that a module is.
    fn role<'m>(&self, home: &Home, module: &'m [String]) -> &'m str {
        if home.wing == 0 || self.is_front(home) { "" } else { module.get(home.depth).map_or("", String::as_str) }
    }

    fn find(&mut self, rule: &'static str, at: &Spot, module: &[String], what: impl Into<String>) {
        self.review.findings.push(Finding { at: at.clone(), rule, place: joined(module), what: what.into() });
    }

    fn is_of_db(&self, end: &End) -> bool {
        matches!(end, End::Item(module, name, _) if module.starts_with(&["platform".to_owned(), "db".to_owned()]) && matches!(name.as_str(), "Db" | "Store"))
    }

    fn prepare(&mut self) {
        for function in &self.facts.functions {
            let takes = function.takes.iter().filter_map(|route| self.resolver.route(&function.module, route, false));
            if takes.into_iter().any(|meaning| self.is_of_db(&meaning.end)) {
                self.with_store.insert((function.module.clone(), function.name.clone()));
            }
        }
        for mention in self.facts.mentions.iter().filter(|mention| !mention.is_test) {
            let key = |name: &String| (mention.module.clone(), name.clone());
            if mention.in_macro.is_none() && mention.function.is_none() {
                continue;
            }
            let Some(meaning) = self.resolver.mention(mention) else { continue };
            if let (End::Table(table), Some(function)) = (&meaning.end, &mention.function) {
                self.tables_of.entry(key(function)).or_default().insert(table.clone());
            }
            if let Some(name) = &mention.in_macro {
                if tables::is_for_its_user(mention, &meaning) {
                    self.writing_macros.insert(key(name));
                }
                self.expansions.entry(key(name)).or_default().push(meaning);
            }
        }
    }

    fn rooms(&mut self) {
        let mut told = BTreeSet::new();
        for module in self.facts.modules.keys().filter(|module| !module.is_empty()) {
            let home = self.home(module);
            if !self.is_front(&home) {
                self.review.edges.entry(home.room).or_default();
            } else if !self.plan.front.contains(&home.room.as_str()) && told.insert(home.room.clone()) {
                let at = Spot { file: format!("src/{}", home.room).into(), line: 1 };
                self.find("rooms", &at, module, format!("{} is no wing", home.room));
            }
        }
        for (at, module, word) in self.facts.items.clone() {
            let home = self.home(&module);
            if home.wing > 0 && module.len() == 1 && !self.is_front(&home) && home.depth == 1 && !home.room.contains('/') {
                self.find("wing-file", &at, &module, format!("`{word}` in the file of a wing"));
            }
        }
    }

    /// What a mention comes to: by itself, through a glob, through the body of a macro.
    fn ends(&self, mention: &Mention, meaning: &Meaning) -> Vec<End> {
        let mut ends = vec![meaning.end.clone()];
        match mention.kind {
            Kind::Glob => {
                ends.extend(
                    self.resolver.opened(&mention.module, &mention.route, mention.is_test).into_iter().skip(1).map(|opened| opened.end),
                );
                if let Some(End::Outside(path)) = ends.first_mut() {
                    path.push("*".into());
                }
            }
            Kind::Macro(_) => self.expand(&meaning.end, &mut ends, 4),
            _ => {}
        }
        ends
    }

    fn expand(&self, end: &End, ends: &mut Vec<End>, depth: usize) {
        let (End::Macro(module, name), Some(depth)) = (end, depth.checked_sub(1)) else { return };
        for meaning in self.expansions.get(&(module.clone(), name.clone())).into_iter().flatten() {
            ends.push(meaning.end.clone());
            self.expand(&meaning.end, ends, depth);
        }
    }

    fn mentions(&mut self) {
        let facts = self.facts;
        for mention in &facts.mentions {
            let mut meaning = self.resolver.mention(mention);
            if meaning.is_none() && matches!(mention.kind, Kind::Macro(_)) {
                let known = self.resolver.macro_of(mention);
                meaning = known.map(|(module, name)| Meaning { end: End::Macro(module, name), legs: Vec::new() });
                // A macro of the standard library needs no path.
                let named = || End::Outside([vec!["std".to_owned()], mention.route.segments.clone()].concat());
                meaning = meaning.or_else(|| Some(Meaning { end: named(), legs: Vec::new() }));
            }
            let Some(meaning) = meaning else {
                self.bare_write(mention);
                continue;
            };
            let home = self.home(&mention.module);
            self.one_way(mention, &home, &meaning);
            if !self.is_front(&home) {
                self.only_through_the_room(mention, &home, &meaning);
            }
            if mention.is_test {
                continue;
            }
            self.edges(&home, mention, &meaning);
            self.table(mention, &home, &meaning);
            for end in self.ends(mention, &meaning) {
                self.crates(mention, &home, &end);
                self.pure(mention, &home, &end);
                self.page(mention, &home, &end);
            }
        }
    }

    fn touched(meaning: &Meaning) -> impl Iterator<Item = &ModulePath> {
        let of_end = match &meaning.end {
            End::Module(module) | End::Item(module, ..) | End::Macro(module, _) => Some(module),
            End::Table(_) | End::Outside(_) => None,
        };
        meaning.legs.iter().flat_map(|leg| leg.steps.iter().map(|(module, _)| module)).chain(of_end).filter(|module| !module.is_empty())
    }

    fn one_way(&mut self, mention: &Mention, home: &Home, meaning: &Meaning) {
        let right = Self::touched(meaning).map(|module| self.home(module)).find(|other| other.wing > home.wing);
        if let Some(other) = right {
            let what = format!("{} is to the right of {}: {}", other.room, home.room, mention.route.segments.join("::"));
            self.find("one-way", &mention.at, &mention.module, what);
        }
    }

    fn only_through_the_room(&mut self, mention: &Mention, home: &Home, meaning: &Meaning) {
        let Some(leg) = meaning.legs.first() else { return };
        let last = match &meaning.end {
            End::Module(module) => Some((module.clone(), String::new())),
            _ => None,
        };
        let deep = leg.steps.iter().cloned().chain(last).find(|(module, _)| {
            let other = self.home(module);
            let part = self.role(&other, module);
            let is_machinery = self.plan.open_wings.contains(&self.plan.wings.get(other.wing).copied().unwrap_or_default());
            other.room != home.room && if is_machinery { part == "store" } else { WORKINGS.contains(&part) }
        });
        if let Some((module, name)) = deep {
            let what = [joined(&module), name].join("/").trim_end_matches('/').to_owned();
            self.find("through-mod", &mention.at, &mention.module, what);
        }
    }

    fn edges(&mut self, home: &Home, mention: &Mention, meaning: &Meaning) {
        if self.is_front(home) || matches!(meaning.end, End::Table(_)) {
            return;
        }
        let mut add = |other: Home, label: Option<String>| {
            if other.room != home.room && other.wing < self.plan.wings.len() && (other.wing == 0 || other.room.contains('/')) {
                let labels = self.review.edges.entry(home.room.clone()).or_default().entry(other.room).or_default();
                labels.extend(label);
            }
        };
        let (plan, modules) = (self.plan, &self.facts.modules);
        let home_of = |module: &[String]| home_in(plan, module);
        for leg in &meaning.legs {
            let from = home_of(&leg.from);
            for (module, name) in leg.steps.iter().filter(|(module, _)| !module.is_empty()) {
                let other = home_of(module);
                let whole: ModulePath = module.iter().chain([name]).cloned().collect();
                // A module and a function may have one name; the module alone says nothing yet.
                let names = modules.get(module).and_then(|module| module.names.get(name)).into_iter().flatten();
                let is_module = modules.contains_key(&whole) && names.into_iter().all(|named| matches!(named.what, Names::Module(_)));
                if other.room != from.room && !is_module {
                    let label = whole[other.depth.min(whole.len())..].join("::");
                    add(other, Some(label));
                }
            }
        }
        match &meaning.end {
            End::Macro(module, name) => add(home_of(module), Some(format!("{name}!"))),
            End::Module(module) if mention.kind == Kind::Glob => add(home_of(module), Some("*".into())),
            End::Module(module) => add(home_of(module), None),
            _ => {}
        }
    }

    fn crates(&mut self, mention: &Mention, home: &Home, end: &End) {
        let End::Outside(path) = end else { return };
        let Some(package) = path.first() else { return };
        let role = self.role(home, &mention.module);
        let place = joined(&mention.module);
        let listed = |list: &[(&str, &str)]| list.iter().any(|(module, _)| place == *module || place.starts_with(&format!("{module}/")));
        if is_diesel(package) && role != "store" && !listed(self.plan.diesel) {
            self.find("diesel", &mention.at, &mention.module, path.join("::"));
        }
        if is_actix(package) && role != "http" && !listed(self.plan.actix) {
            self.find("actix", &mention.at, &mention.module, path.join("::"));
        }
    }

    /// The kernel and every room's rules: values in, values out.
    fn pure(&mut self, mention: &Mention, home: &Home, end: &End) {
        let is_kernel = home.wing == 0 && !self.is_front(home);
        let is_rules = self.role(home, &mention.module) == "rules";
        if !is_kernel && !is_rules {
            return;
        }
        let rule = if is_kernel { "kernel" } else { "rules" };
        let what = match end {
            End::Outside(path) => {
                let is_known = path.first().is_some_and(|package| package == "std" || self.plan.pure_crates.contains(&package.as_str()));
                let is_impure = is_outside_world(path) || is_clock_or_chance(path);
                let is_state = is_rules && path.last().is_some_and(|name| name == "thread_local");
                (!is_known || is_impure || is_state).then(|| path.join("::"))
            }
            End::Item(module, name, of) if is_rules => {
                let whole = of.first().map_or_else(|| name.clone(), |of| format!("{name}::{of}"));
                let is_impure = |name: &String| {
                    self.plan.impure.contains(&(joined(module).as_str(), name.as_str()))
                        || self.with_store.contains(&(module.clone(), name.clone()))
                };
                if is_impure(&whole) {
                    Some(format!("{}: {whole}", joined(module)))
                } else {
                    (is_impure(name) || self.is_machinery(module)).then(|| format!("{}: {name}", joined(module)))
                }
            }
            End::Macro(module, name) if is_rules && self.is_machinery(module) => Some(format!("{}: {name}!", joined(module))),
            End::Module(module) if is_rules && self.is_machinery(module) => Some(joined(module)),
            End::Table(table) if is_rules => Some(format!("table {table}")),
            _ => None,
        };
        if let Some(what) = what {
            self.find(rule, &mention.at, &mention.module, what);
        }
    }

    /// Of the platform, or of the part of a room that talks to the world.
    fn is_machinery(&self, module: &[String]) -> bool {
        let home = self.home(module);
        self.plan.open_wings.contains(&self.plan.wings.get(home.wing).copied().unwrap_or_default())
            || matches!(self.role(&home, module), "http" | "page")
    }

    fn page(&mut self, mention: &Mention, home: &Home, end: &End) {
        if self.role(home, &mention.module) != "page" {
            return;
        }
        let what = match end {
            End::Outside(path) if is_outside_world(path) || path.first().is_some_and(|package| package == "tokio") => Some(path.join("::")),
            End::Item(module, name, of) => {
                let whole = of.first().map_or_else(|| name.clone(), |of| format!("{name}::{of}"));
                let reads = [name, &whole].iter().any(|name| self.with_store.contains(&(module.clone(), (*name).clone())));
                (reads || self.is_of_db(end)).then(|| format!("{}: {whole}", joined(module)))
            }
            End::Module(module) if module.starts_with(&["platform".to_owned(), "db".to_owned()]) => Some(joined(module)),
            End::Macro(module, name) if module.starts_with(&["platform".to_owned(), "db".to_owned()]) => Some(format!("{name}!")),
            End::Table(table) => Some(format!("table {table}")),
            _ => None,
        };
        if let Some(what) = what {
            self.find("page", &mention.at, &mention.module, what);
        }
    }

    /// Nothing that a rule's answer could depend on but what it is given.
    fn state(&mut self) {
        let facts = self.facts;
        for one in facts.statics.iter().filter(|one| !one.is_test) {
            let home = self.home(&one.module);
            let changes = |name: &String| CHANGING.contains(&name.as_str()) || name.starts_with("Atomic");
            let is_changing = one.is_mut || one.types.iter().any(|route| route.segments.iter().any(changes));
            if self.role(&home, &one.module) == "rules" && is_changing {
                self.find("rules", &one.at, &one.module, format!("static {}", one.name));
            }
        }
    }

    fn sources(&mut self) {
        let facts = self.facts;
        for oddity in &facts.oddities {
            self.find("source", &oddity.at, &oddity.module, oddity.what.clone());
        }
        if facts.modules.keys().any(|module| module.len() > 1 && module.first().is_some_and(|first| first == "main")) {
            let at = Spot { file: "src/main.rs".into(), line: 1 };
            self.find("source", &at, &["main".to_owned()], "main.rs declares modules of its own");
        }
    }

    fn circles(&mut self) {
        let edges = self.review.edges.clone();
        let same_wing = |a: &str, b: &str| a.split('/').next() == b.split('/').next();
        for room in edges.keys() {
            let mut from: BTreeMap<&str, &str> = BTreeMap::new();
            let mut open = vec![room.as_str()];
            while let Some(at) = open.pop() {
                for next in edges.get(at).into_iter().flat_map(BTreeMap::keys).filter(|next| same_wing(next, room)) {
                    if next == room {
                        let mut way = vec![room.as_str(), at];
                        while let Some(before) = way.last().and_then(|last| from.get(last)) {
                            way.push(before);
                        }
                        way.reverse();
                        // Told once, from the room that comes first by name.
                        if way.iter().all(|other| *other >= room.as_str()) {
                            let at = Spot { file: format!("src/{room}").into(), line: 1 };
                            self.find("circle", &at, std::slice::from_ref(room), way.join(" → "));
                        }
                        open.clear();
                        break;
                    }
                    if !from.contains_key(next.as_str()) {
                        from.insert(next, at);
                        open.push(next);
                    }
                }
            }
        }
    }

    fn namesakes(&mut self) {
        let mut named: BTreeMap<&str, Vec<(&TypeFact, String)>> = BTreeMap::new();
        for one in &self.facts.types {
            let home = self.home(&one.module);
            let is_beyond_the_room = one.seen_in.as_ref().is_none_or(|seen| seen.len() < home.depth.min(one.module.len()));
            if is_beyond_the_room || one.is_described {
                named.entry(&one.name).or_default().push((one, home.room));
            }
        }
        let mut found = Vec::new();
        for (name, types) in &named {
            let mut rooms: Vec<&str> = types.iter().map(|(_, room)| room.as_str()).collect();
            rooms.sort_unstable();
            let listed = self.plan.namesakes.iter().find(|(known, ..)| known == name);
            if types.len() > 1 && listed.is_none_or(|(_, known, _)| *known != rooms.join(" ")) {
                let (first, _) = types[0];
                found.push(("namesake", first.at.clone(), first.module.clone(), format!("{name} in {}", rooms.join(" "))));
            }
        }
        for (name, rooms, _) in self.plan.namesakes {
            if named.get(name).is_none_or(|types| types.len() < 2) {
                found.push(("stale", plan_spot(), vec!["namesakes".to_owned()], format!("{name} in {rooms}")));
            }
        }
        for (rule, at, module, what) in found {
            self.find(rule, &at, &module, what);
        }
    }

    /// Findings that are listed with a reason are taken out; what is listed and not found is a finding.
    fn exceptions(&mut self) {
        let mut used = BTreeSet::new();
        let exceptions = self.plan.exceptions;
        self.review.findings.retain(|found| {
            let known = exceptions.iter().position(|one| (one.rule, one.place, one.what) == (found.rule, &*found.place, &*found.what));
            used.extend(known);
            known.is_none()
        });
        for (place, one) in self.plan.exceptions.iter().enumerate() {
            if !used.contains(&place) {
                self.find("stale", &plan_spot(), &[one.place.to_owned()], format!("[{}] {}", one.rule, one.what));
            }
        }
        let listed = self.plan.diesel.iter().map(|one| (one, true)).chain(self.plan.actix.iter().map(|one| (one, false)));
        let mut stale = Vec::new();
        for ((module, _), is_for_diesel) in listed {
            let is_used = self.facts.mentions.iter().filter(|mention| !mention.is_test).any(|mention| {
                let place = joined(&mention.module);
                (place == *module || place.starts_with(&format!("{module}/")))
                    && matches!(self.resolver.mention(mention).map(|meaning| meaning.end), Some(End::Outside(path))
                        if path.first().is_some_and(|package| if is_for_diesel { is_diesel(package) } else { is_actix(package) }))
            });
            if !is_used {
                stale.push((module, if is_for_diesel { "diesel" } else { "actix" }));
            }
        }
        for (module, krate) in stale {
            self.find("stale", &plan_spot(), &[(*module).to_owned()], format!("[{krate}] is listed for it and not used"));
        }
    }
}

fn plan_spot() -> Spot {
    Spot { file: "tests/architecture/plan.rs".into(), line: 1 }
}
