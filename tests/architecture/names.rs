//! What a path means: aliases, braces, globs, `super` and re-exports followed to the end.

use crate::source::{Facts, Glob, Kind, Mention, ModulePath, Named, Names, Route};

/// What a path comes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Module(ModulePath),
    /// A name in a module, and what of it: `Id` and `fresh`.
    Item(ModulePath, String, Vec<String>),
    /// A macro, by the module of its body.
    Macro(ModulePath, String),
    Table(String),
    /// Something of another crate, the crate's own name first.
    Outside(Vec<String>),
}

/// A path or a re-export behind it: in which module it stands, and which names it was looked up by in which modules.
#[derive(Clone, Debug, Default)]
pub struct Leg {
    pub from: ModulePath,
    pub steps: Vec<(ModulePath, String)>,
}

/// A path that means something.
#[derive(Clone, Debug)]
pub struct Meaning {
    pub end: End,
    /// The path as written, then each import it goes through.
    pub legs: Vec<Leg>,
}

const DEEP: usize = 24;

#[derive(Clone, Copy)]
struct Search {
    is_test: bool,
    opens_globs: bool,
}

pub struct Resolver<'a> {
    pub facts: &'a Facts,
}

impl Resolver<'_> {
    pub fn mention(&self, mention: &Mention) -> Option<Meaning> {
        let found = self.route(&mention.module, &mention.route, mention.is_test);
        // Only a `use` names a crate by one word; elsewhere one word is a variable.
        let is_use = matches!(mention.kind, Kind::Import | Kind::Glob);
        let found = found.filter(|meaning| is_use || !matches!(&meaning.end, End::Outside(path) if path.len() == 1));
        found.or_else(|| {
            mention.globs.iter().find_map(|glob| {
                let route =
                    Route { is_global: glob.is_global, segments: glob.segments.iter().chain(&mention.route.segments).cloned().collect() };
                self.route(&mention.module, &route, mention.is_test).filter(|meaning| match &meaning.end {
                    End::Item(module, name, _) => self.has(module, name),
                    _ => true,
                })
            })
        })
    }

    /// What `route` means in `module`; None for what is local, of the prelude or a generic.
    pub fn route(&self, module: &ModulePath, route: &Route, is_test: bool) -> Option<Meaning> {
        let mut legs = Vec::new();
        let end = self.resolve(module, route, Search { is_test, opens_globs: true }, &mut legs, DEEP)?;
        legs.reverse();
        Some(Meaning { end, legs })
    }

    /// Everything a `use path::*` opens: the module itself and what its own public globs lead to.
    pub fn opened(&self, module: &ModulePath, route: &Route, is_test: bool) -> Vec<Meaning> {
        let mut found: Vec<Meaning> = self.route(module, route, is_test).into_iter().collect();
        let mut at = 0;
        while at < found.len() && at < 64 {
            if let End::Module(next) = found[at].end.clone() {
                for glob in self.facts.modules.get(&next).into_iter().flat_map(|module| &module.globs) {
                    if (is_test || !glob.is_test)
                        && self.hands_on(&next, module, glob)
                        && let Some(meaning) = self.route(&next, &glob.route, is_test)
                        && !found.iter().any(|known| known.end == meaning.end)
                    {
                        found.push(meaning);
                    }
                }
            }
            at += 1;
        }
        found
    }

    /// A private `use path::*` of a module opens it to what is inside the module alone.
    fn hands_on(&self, module: &ModulePath, to: &ModulePath, glob: &Glob) -> bool {
        glob.is_public || to.starts_with(module)
    }

    fn has(&self, module: &ModulePath, name: &str) -> bool {
        self.facts.modules.get(module).is_some_and(|module| module.names.contains_key(name))
    }

    fn resolve(&self, from: &ModulePath, route: &Route, search: Search, legs: &mut Vec<Leg>, depth: usize) -> Option<End> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = route.segments.split_first()?;
        if route.is_global {
            return self.outside(&route.segments);
        }
        let mut leg = Leg { from: from.clone(), steps: Vec::new() };
        let mut rest = rest;
        let mut end = match first.as_str() {
            "crate" => End::Module(Vec::new()),
            "self" => End::Module(from.clone()),
            "super" => {
                let mut at = from.clone();
                at.pop();
                End::Module(at)
            }
            "Self" => return None,
            name => {
                let found = self.lookup(from, name, !rest.is_empty(), search, legs, depth);
                match found {
                    Some(end) => end,
                    None if !rest.is_empty() && *name == self.facts.package => End::Module(Vec::new()),
                    None => return self.outside(&route.segments),
                }
            }
        };
        while let (End::Module(at), Some((next, more))) = (&end, rest.split_first()) {
            if next == "super" {
                let mut up = at.clone();
                up.pop();
                end = End::Module(up);
                rest = more;
                continue;
            }
            if next == "self" {
                rest = more;
                continue;
            }
            leg.steps.push((at.clone(), next.clone()));
            let found = self.lookup(at, next, !more.is_empty(), Search { opens_globs: true, ..search }, legs, depth);
            end = found
                .or_else(|| self.behind_outside_glob(at, next, from, search.is_test, depth))
                .unwrap_or_else(|| End::Item(at.clone(), next.clone(), Vec::new()));
            rest = more;
        }
        match &mut end {
            End::Item(_, _, of) | End::Outside(of) => of.extend(rest.iter().cloned()),
            _ => {}
        }
        legs.push(leg);
        Some(end)
    }

    fn outside(&self, segments: &[String]) -> Option<End> {
        let (first, rest) = segments.split_first()?;
        let package = self.facts.crates.get(first)?;
        Some(End::Outside([package.clone()].into_iter().chain(rest.iter().cloned()).collect()))
    }

    /// A name that only another crate's glob can bring into a module: `pub use diesel::prelude::*`.
    fn behind_outside_glob(&self, module: &ModulePath, name: &str, from: &ModulePath, is_test: bool, depth: usize) -> Option<End> {
        let globs = self.facts.modules.get(module)?.globs.iter();
        let mut globs = globs.filter(|glob| (is_test || !glob.is_test) && self.hands_on(module, from, glob));
        globs.find_map(|glob| match self.resolve(module, &glob.route, Search { is_test, opens_globs: false }, &mut Vec::new(), depth)? {
            End::Outside(mut path) => {
                path.push(name.to_owned());
                Some(End::Outside(path))
            }
            _ => None,
        })
    }

    /// `name` in `module`, as something that has names of its own where `is_type`.
    fn lookup(&self, module: &ModulePath, name: &str, is_type: bool, search: Search, legs: &mut Vec<Leg>, depth: usize) -> Option<End> {
        let depth = depth.checked_sub(1)?;
        let known = self.facts.modules.get(module)?;
        let is_seen = |is_test: bool| search.is_test || !is_test;
        let mut fallback = None;
        let names: Vec<&Named> = known.names.get(name).into_iter().flatten().filter(|named| is_seen(named.is_test)).collect();
        // A function and an imported attribute may have one name: here the function is meant.
        if !is_type && names.iter().any(|named| matches!(named.what, Names::Value)) {
            return Some(End::Item(module.clone(), name.to_owned(), Vec::new()));
        }
        for named in names {
            let end = match &named.what {
                Names::Module(path) if is_type => End::Module(path.clone()),
                Names::Module(path) => {
                    fallback = fallback.or(Some(End::Module(path.clone())));
                    continue;
                }
                Names::Value if is_type => continue,
                Names::Type | Names::Value => End::Item(module.clone(), name.to_owned(), Vec::new()),
                Names::Macro(_) if is_type => continue,
                Names::Macro(of) => End::Macro(of.clone(), name.to_owned()),
                Names::Table => End::Table(name.to_owned()),
                Names::Import(route) => {
                    let before = legs.len();
                    match self.resolve(module, route, search, legs, depth) {
                        Some(End::Item(of, item, rest)) if is_type && rest.is_empty() && self.is_only_value(&of, &item) => {
                            legs.truncate(before);
                            continue;
                        }
                        Some(end) => end,
                        None => {
                            legs.truncate(before);
                            continue;
                        }
                    }
                }
            };
            return Some(end);
        }
        if fallback.is_some() || !search.opens_globs {
            return fallback;
        }
        for glob in known.globs.iter().filter(|glob| is_seen(glob.is_test)) {
            let before = legs.len();
            // The path of a glob is not looked for behind the globs beside it.
            if let Some(End::Module(opened)) = self.resolve(module, &glob.route, Search { opens_globs: false, ..search }, legs, depth)
                && opened != *module
            {
                let of_glob = legs.len() - 1;
                if let Some(end) = self.lookup(&opened, name, is_type, search, legs, depth.saturating_sub(4)) {
                    legs[of_glob].steps.push((opened, name.to_owned()));
                    return Some(end);
                }
            }
            legs.truncate(before);
        }
        None
    }

    fn is_only_value(&self, module: &ModulePath, name: &str) -> bool {
        let names = self.facts.modules.get(module).and_then(|module| module.names.get(name));
        names.is_some_and(|names| names.iter().all(|named| matches!(named.what, Names::Value | Names::Macro(_))))
    }

    /// The macro a name stands for where it is called: by its name, or by being above in the same file.
    pub fn macro_of(&self, mention: &Mention) -> Option<(ModulePath, String)> {
        if let Some(Meaning { end: End::Macro(module, name), .. }) = self.mention(mention) {
            return Some((module, name));
        }
        let [name] = mention.route.segments.as_slice() else { return None };
        let mut at = mention.module.clone();
        loop {
            let names = self.facts.modules.get(&at).and_then(|module| module.names.get(name));
            if let Some(of) = names.into_iter().flatten().find_map(|named| if let Names::Macro(of) = &named.what { Some(of) } else { None })
            {
                return Some((of.clone(), name.clone()));
            }
            at.pop()?;
        }
    }
}
