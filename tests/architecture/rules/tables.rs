//! Who changes a table, and what is put together in a write.

use std::collections::BTreeSet;

use super::{Checker, Home, joined, plan_spot};
use crate::names::{End, Meaning};
use crate::source::{GivenCall, Kind, Mention, ModulePath, Route, Spot};

const WRITES: &[&str] = &["insert_into", "update", "delete", "replace_into", "insert_or_ignore_into", "copy_from"];

fn is_write(path: &[String]) -> bool {
    path.first().is_some_and(|package| package == "diesel") && path.last().is_some_and(|name| WRITES.contains(&name.as_str()))
}

/// A write in the body of a macro to what its user hands in: looked at where the macro is used.
pub(super) fn is_for_its_user(mention: &Mention, meaning: &Meaning) -> bool {
    let is_variable = |route: &Route| route.segments.first().is_some_and(|first| first == "$");
    mention.in_macro.is_some()
        && matches!(&meaning.end, End::Outside(path) if is_write(path))
        && matches!(&mention.kind, Kind::Call(Some(target)) if is_variable(target))
}

impl Checker<'_> {
    fn owner(&self, table: &str) -> Option<String> {
        let planned = self.plan.tables.iter().find(|(_, tables)| tables.contains(&table)).map(|(room, _)| (*room).to_owned());
        planned.or_else(|| self.declarer(&self.facts.tables.get(table)?.1))
    }

    /// The room whose store this module is.
    fn declarer(&self, module: &[String]) -> Option<String> {
        let home = self.home(module);
        (self.role(&home, module) == "store" && joined(module) != self.plan.schema.1).then_some(home.room)
    }

    fn reads(&mut self, table: &str, room: &str) {
        if self.owner(table).is_some_and(|owner| owner != room) && room != self.plan.schema.0 {
            self.review.readers.entry(table.to_owned()).or_default().insert(room.to_owned());
        }
    }

    fn writes(&mut self, table: &str, at: &Spot, module: &[String]) {
        let room = self.home(module).room;
        if let Some(owner) = self.owner(table)
            && owner != room
        {
            self.find("table-owner", at, module, format!("{room} changes `{table}`, which is {owner}'s"));
        }
    }

    pub(super) fn table(&mut self, mention: &Mention, home: &Home, meaning: &Meaning) {
        match &meaning.end {
            End::Table(table) => self.reads(table, &home.room),
            End::Macro(module, name) if self.writing_macros.contains(&(module.clone(), name.clone())) => {
                let Kind::Macro(given) = &mention.kind else { return };
                let ends = given.iter().filter_map(|route| self.resolver.route(&mention.module, route, false));
                let tables: BTreeSet<String> =
                    ends.filter_map(|meaning| if let End::Table(table) = meaning.end { Some(table) } else { None }).collect();
                if tables.is_empty() {
                    self.find("table-unseen", &mention.at, &mention.module, format!("no table can be seen in `{name}!`"));
                }
                for table in tables {
                    self.writes(&table, &mention.at, &mention.module);
                }
            }
            End::Outside(_) if is_for_its_user(mention, meaning) => {}
            End::Outside(path) if is_write(path) => match &mention.kind {
                Kind::Call(target) => self.target(target.as_ref(), &mention.at, &mention.module),
                Kind::Import => {}
                _ => self.find("table-unseen", &mention.at, &mention.module, path.join("::")),
            },
            _ => {}
        }
    }

    /// `delete(…)` where `diesel::dsl::*` brings the name.
    pub(super) fn bare_write(&mut self, mention: &Mention) {
        let ([name], Kind::Call(target), false) = (mention.route.segments.as_slice(), &mention.kind, mention.is_test) else { return };
        if !WRITES.contains(&name.as_str()) {
            return;
        }
        let of_module = self.facts.modules.get(&mention.module).into_iter().flat_map(|module| &module.globs).map(|glob| &glob.route);
        let mut opened = of_module.chain(&mention.globs).filter_map(|glob| self.resolver.route(&mention.module, glob, false));
        if opened.any(|meaning| matches!(&meaning.end, End::Outside(path) if path.first().is_some_and(|package| package == "diesel"))) {
            self.target(target.as_ref(), &mention.at, &mention.module);
        }
    }

    fn target(&mut self, target: Option<&Route>, at: &Spot, module: &ModulePath) {
        let tables: BTreeSet<String> = match target.and_then(|route| self.resolver.route(module, route, false)).map(|meaning| meaning.end) {
            Some(End::Table(table)) => [table].into(),
            Some(End::Item(of, name, rest)) => {
                let whole = rest.first().map_or_else(|| name.clone(), |rest| format!("{name}::{rest}"));
                self.tables_of.get(&(of, whole)).cloned().unwrap_or_default()
            }
            _ => BTreeSet::new(),
        };
        if tables.is_empty() {
            let written = target.map_or("what is written", |route| route.segments.first().map_or("", String::as_str));
            self.find("table-unseen", at, module, format!("no table can be seen in `{written}`"));
        }
        for table in tables {
            self.writes(&table, at, module);
        }
    }

    pub(super) fn raw_sql(&mut self) {
        let facts = self.facts;
        for sql in facts.sql.iter().filter(|sql| !sql.is_test) {
            let room = self.home(&sql.module).room;
            let words: Vec<&str> =
                sql.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
            for (at, word) in words.iter().enumerate() {
                let table = words.get(at + 1).copied().unwrap_or_default();
                if !self.facts.tables.contains_key(table) {
                    continue;
                }
                let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or_default();
                match word.to_ascii_uppercase().as_str() {
                    "FROM" if before.eq_ignore_ascii_case("DELETE") => self.writes(table, &sql.at, &sql.module),
                    "INTO" | "UPDATE" | "TRUNCATE" | "TABLE" => self.writes(table, &sql.at, &sql.module),
                    "FROM" | "JOIN" => self.reads(table, &room),
                    _ => {}
                }
            }
        }
    }

    pub(super) fn tables(&mut self) {
        let facts = self.facts;
        for (table, (at, module)) in &facts.tables {
            match self.owner(table) {
                None if joined(module) == self.plan.schema.1 => {
                    self.find("table-owner", at, module, format!("`{table}` has no owner"));
                }
                None => self.find("table-owner", at, module, format!("`{table}` is declared beside the schema")),
                Some(owner) => self.review.tables.push((owner, table.clone())),
            }
        }
        for (room, table) in self.plan.tables.iter().flat_map(|(room, tables)| tables.iter().map(move |table| (room, table))) {
            if !facts.tables.contains_key(*table) {
                self.find("table-owner", &plan_spot(), &[(*room).to_owned()], format!("`{table}` of {room} is not in the schema"));
            }
        }
    }

    pub(super) fn methods(&mut self) {
        let facts = self.facts;
        for method in facts.methods.iter().filter(|method| !method.is_test) {
            let home = self.home(&method.module);
            let role = self.role(&home, &method.module).to_owned();
            match method.name.as_str() {
                "insert_into" => self.target(method.target.as_ref(), &method.at, &method.module),
                "save_changes" => self.find("table-unseen", &method.at, &method.module, "save_changes"),
                name if role == "page" && name != "change" => self.find("page", &method.at, &method.module, format!(".{name}")),
                "write" | "write_blocking" | "change" if role == "http" => {
                    let function = method.function.clone().unwrap_or_default();
                    match &method.calls {
                        None => self.find("step-unseen", &method.at, &method.module, function),
                        Some(calls) if self.is_unseen(&method.module, calls) => {
                            self.find("step-unseen", &method.at, &method.module, function)
                        }
                        Some(calls) => {
                            let mut labels = Vec::new();
                            self.steps(&home, &method.module, calls, &mut labels, 6);
                            if labels.len() > 1 {
                                let what = format!("{function}: {}", labels.join(" + "));
                                self.find("step", &method.at, &method.module, what);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// A closure that came from elsewhere, under a name of its own.
    fn is_unseen(&self, module: &ModulePath, calls: &[GivenCall]) -> bool {
        matches!(calls, [GivenCall { route: Some(route), .. }] if self.resolver.route(module, route, false).is_none())
    }

    /// What is called with the connection, helpers of the same room's `http` opened up; each once, in order.
    fn steps(&self, home: &Home, module: &ModulePath, calls: &[GivenCall], labels: &mut Vec<String>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for call in calls {
            let meaning = call.route.as_ref().and_then(|route| self.resolver.route(module, route, false));
            let label = match (&call.route, meaning.map(|meaning| meaning.end)) {
                (_, Some(End::Item(of, name, rest))) => {
                    let other = self.home(&of);
                    let whole = rest.first().map_or_else(|| name.clone(), |rest| format!("{name}::{rest}"));
                    let helper = self.facts.functions.iter().find(|function| {
                        function.module == of && function.name == whole && other.room == home.room && self.role(&other, &of) == "http"
                    });
                    if let Some(helper) = helper {
                        self.steps(home, &of, &helper.calls, labels, depth);
                        continue;
                    }
                    let part =
                        if other.room == home.room { of.last().cloned() } else { other.room.split('/').next_back().map(str::to_owned) };
                    format!("{}::{whole}", part.unwrap_or_default())
                }
                (Some(_), Some(_)) => continue,
                (Some(route), None) if route.segments.len() == 1 && call.name.starts_with(char::is_uppercase) => continue,
                (Some(_), None) => call.name.clone(),
                (None, _) => format!(".{}", call.name),
            };
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
    }
}
