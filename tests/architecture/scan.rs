//! Bodies, types, attributes and macro invocations read token by token: what a macro is given is read like everything else.

use std::collections::BTreeMap;
use std::path::Path;

use proc_macro2::{Delimiter, Group, Ident, Literal, Spacing, Span, TokenStream, TokenTree};

use crate::source::{
    Facts, GivenCall, Kind, Leaf, Mention, MethodCall, Named, Names, Oddity, Place, Route, Spot, Sql, Static, TypeFact, leaves, plain,
};

const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "false", "for", "if", "impl", "in", "loop", "match",
    "move", "mut", "pub", "ref", "return", "static", "struct", "trait", "true", "type", "unsafe", "where", "while", "yield",
];

#[derive(Default)]
struct Block {
    names: Vec<(String, Route)>,
    globs: Vec<Route>,
}

pub struct Scanner<'a> {
    facts: &'a mut Facts,
    place: &'a Place,
    root: &'a Path,
    function: Option<String>,
    in_macro: Option<String>,
    blocks: Vec<Block>,
    lets: BTreeMap<String, Vec<TokenTree>>,
}

fn punct(token: Option<&TokenTree>) -> Option<char> {
    if let Some(TokenTree::Punct(punct)) = token { Some(punct.as_char()) } else { None }
}

fn is_joint(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint)
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    punct(tokens.get(at)) == Some(':') && is_joint(tokens.get(at)) && punct(tokens.get(at + 1)) == Some(':')
}

fn word(token: Option<&TokenTree>) -> Option<String> {
    if let Some(TokenTree::Ident(ident)) = token { Some(plain(ident)) } else { None }
}

fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

fn inside(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

/// After a `.` that is not the second of a range.
fn is_member(tokens: &[TokenTree], at: usize) -> bool {
    at > 0 && punct(tokens.get(at - 1)) == Some('.') && !(at > 1 && punct(tokens.get(at - 2)) == Some('.'))
}

fn follows_colons(tokens: &[TokenTree], at: usize) -> bool {
    at > 1 && is_colons(tokens, at - 2)
}

/// Where the `<…>` that begins at `at` ends.
fn after_angles(tokens: &[TokenTree], at: usize) -> usize {
    let (mut depth, mut at) = (0usize, at);
    while at < tokens.len() {
        match punct(tokens.get(at)) {
            Some('<') => depth += 1,
            Some('>') if at > 0 && punct(tokens.get(at - 1)) == Some('-') => {}
            Some('>') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    at
}

/// The path that begins at `at` and where it ends.
fn path_at(tokens: &[TokenTree], at: usize) -> Option<(Route, usize)> {
    let is_global = is_colons(tokens, at);
    let mut end = if is_global { at + 2 } else { at };
    let mut segments = vec![word(tokens.get(end))?];
    end += 1;
    while is_colons(tokens, end)
        && let Some(next) = word(tokens.get(end + 2))
    {
        segments.push(next);
        end += 3;
    }
    Some((Route { is_global, segments }, end))
}

/// Where the arguments of a call stand whose name ended at `end`.
fn arguments(tokens: &[TokenTree], end: usize) -> usize {
    if is_colons(tokens, end) && punct(tokens.get(end + 2)) == Some('<') { after_angles(tokens, end + 2) } else { end }
}

/// Whether a path may begin at `at`.
fn begins(tokens: &[TokenTree], at: usize) -> bool {
    match tokens.get(at) {
        Some(TokenTree::Ident(_)) => {
            !is_member(tokens, at) && !follows_colons(tokens, at) && punct(at.checked_sub(1).and_then(|at| tokens.get(at))) != Some('\'')
        }
        Some(TokenTree::Punct(_)) if is_colons(tokens, at) && word(tokens.get(at + 2)).is_some() => {
            let Some(before) = at.checked_sub(1) else { return true };
            match &tokens[before] {
                TokenTree::Ident(ident) => KEYWORDS.contains(&ident.to_string().as_str()) || *ident == "use",
                TokenTree::Punct(sign) => {
                    let is_arrow =
                        before > 0 && matches!(punct(tokens.get(before - 1)), Some('-' | '=')) && is_joint(tokens.get(before - 1));
                    sign.as_char() != '>' || is_arrow
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// Every path in the tokens, whatever they are.
pub fn paths_in(tokens: TokenStream) -> Vec<Route> {
    fn look(tokens: &[TokenTree], found: &mut Vec<Route>) {
        let mut at = 0;
        while at < tokens.len() {
            if begins(tokens, at)
                && let Some((route, end)) = path_at(tokens, at)
            {
                found.push(route);
                at = end;
                continue;
            }
            if let TokenTree::Group(group) = &tokens[at] {
                look(&inside(group), found);
            }
            at += 1;
        }
    }
    let mut found = Vec::new();
    look(&tokens.into_iter().collect::<Vec<_>>(), &mut found);
    found
}

/// The names between the bars of a closure that begins at `at`, and where its body begins.
fn bars(tokens: &[TokenTree], at: usize) -> Option<(Vec<String>, usize)> {
    if punct(tokens.get(at)) != Some('|') {
        return None;
    }
    let close = (at + 1..tokens.len()).find(|&at| punct(tokens.get(at)) == Some('|'))?;
    let parts = tokens[at + 1..close].split(|token| punct(Some(token)) == Some(','));
    let names = parts.filter_map(|part| part.iter().filter_map(|token| word(Some(token))).find(|word| word != "mut")).collect();
    Some((names, close + 1))
}

/// The names handed over between the parentheses: `&mut *db` is `db`.
fn handed(arguments: &[TokenTree]) -> Vec<String> {
    arguments
        .split(|token| punct(Some(token)) == Some(','))
        .filter_map(|part| {
            let bare: Vec<_> = part
                .iter()
                .filter(|token| !matches!(punct(Some(token)), Some('&' | '*')) && word(Some(token)).as_deref() != Some("mut"))
                .collect();
            if let [one] = bare.as_slice() { word(Some(one)) } else { None }
        })
        .collect()
}

impl<'a> Scanner<'a> {
    pub fn new(facts: &'a mut Facts, place: &'a Place, root: &'a Path, function: Option<&str>, in_macro: Option<&str>) -> Self {
        Self {
            facts,
            place,
            root,
            function: function.map(str::to_owned),
            in_macro: in_macro.map(str::to_owned),
            blocks: Vec::new(),
            lets: BTreeMap::new(),
        }
    }

    pub fn all(&mut self, tokens: TokenStream) {
        self.tokens(&tokens.into_iter().collect::<Vec<_>>(), false);
    }

    /// What a `use` of a block around means by the first segment.
    fn expand(&self, route: Route) -> Route {
        if route.is_global {
            return route;
        }
        let first = route.segments.first();
        let known = self.blocks.iter().rev().flat_map(|block| &block.names).find(|(name, _)| Some(name) == first);
        match known {
            Some((_, whole)) => Route {
                is_global: whole.is_global,
                segments: whole.segments.iter().chain(route.segments.iter().skip(1)).cloned().collect(),
            },
            None => route,
        }
    }

    fn mention(&mut self, span: Span, route: Route, kind: Kind) {
        let globs = self.blocks.iter().flat_map(|block| &block.globs).cloned().collect();
        self.facts.mentions.push(Mention {
            at: self.place.spot(span),
            module: self.place.module.clone(),
            is_test: self.place.is_test,
            function: self.function.clone(),
            route: self.expand(route),
            globs,
            kind,
            in_macro: self.in_macro.clone(),
        });
    }

    fn odd(&mut self, span: Span, what: impl Into<String>) {
        self.facts.oddities.push(Oddity { at: self.place.spot(span), module: self.place.module.clone(), what: what.into() });
    }

    /// The names that a `use` at `at` brings, and where it ends.
    fn use_at(&self, tokens: &[TokenTree], at: usize) -> Option<(Vec<Leaf>, usize)> {
        if !matches!(tokens.get(at), Some(TokenTree::Ident(ident)) if *ident == "use")
            || punct(tokens.get(at + 1)) == Some('<')
            || is_member(tokens, at)
        {
            return None;
        }
        let end = (at..tokens.len()).find(|&at| punct(tokens.get(at)) == Some(';'))?;
        // `$crate` of a macro is the crate; a variable of a macro stands for what its user says.
        let tree: TokenStream = tokens[at + 1..end].iter().filter(|token| punct(Some(token)) != Some('$')).cloned().collect();
        let is_global = is_colons(tokens, at + 1);
        let tree = if is_global { tokens[at + 3..end].iter().cloned().collect() } else { tree };
        Some((leaves(&syn::parse2(tree).ok()?, is_global), end + 1))
    }

    fn open(&mut self, tokens: &[TokenTree]) {
        let mut block = Block::default();
        for at in 0..tokens.len() {
            for leaf in self.use_at(tokens, at).into_iter().flat_map(|(leaves, _)| leaves) {
                let route = self.expand(leaf.route);
                match leaf.name {
                    Some(name) => block.names.push((name, route)),
                    None => block.globs.push(route),
                }
            }
        }
        self.blocks.push(block);
    }

    fn tokens(&mut self, tokens: &[TokenTree], in_attribute: bool) {
        self.open(tokens);
        let mut at = 0;
        while at < tokens.len() {
            at = self.one(tokens, at, in_attribute).max(at + 1);
        }
        self.blocks.pop();
    }

    fn one(&mut self, tokens: &[TokenTree], at: usize, in_attribute: bool) -> usize {
        match &tokens[at] {
            TokenTree::Group(group) => self.tokens(&inside(group), in_attribute),
            TokenTree::Literal(literal) => self.literal(literal, in_attribute),
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                let bang = usize::from(punct(tokens.get(at + 1)) == Some('!'));
                if let Some(group) = group(tokens.get(at + 1 + bang), Delimiter::Bracket) {
                    self.attribute(&inside(group));
                    return at + 2 + bang;
                }
            }
            // A variable of a macro; what follows its `::` belongs to whatever it stands for.
            TokenTree::Punct(sign) if sign.as_char() == '$' => {
                if let Some(name) = word(tokens.get(at + 1)) {
                    return if name == "crate" { self.path(tokens, at + 1) } else { at + 2 };
                }
            }
            TokenTree::Punct(_) if begins(tokens, at) => return self.path(tokens, at),
            TokenTree::Ident(ident) if is_member(tokens, at) => self.member(tokens, at, ident),
            TokenTree::Ident(ident) if begins(tokens, at) => return self.word(tokens, at, ident, in_attribute),
            _ => {}
        }
        at + 1
    }

    fn word(&mut self, tokens: &[TokenTree], at: usize, ident: &Ident, in_attribute: bool) -> usize {
        let next = word(tokens.get(at + 1));
        match ident.to_string().as_str() {
            "use" => {
                if let Some((leaves, end)) = self.use_at(tokens, at) {
                    for leaf in leaves {
                        let kind = if leaf.name.is_some() { Kind::Import } else { Kind::Glob };
                        self.mention(leaf.span, leaf.route, kind);
                    }
                    return end;
                }
            }
            "fn" if next.is_some() => return at + 2,
            "extern" if next.as_deref() == Some("crate") => {
                self.odd(ident.span(), "extern crate in a body");
                return at + 2;
            }
            "mod" if next.is_some() && !in_attribute => {
                self.odd(ident.span(), "a module in a body or a macro");
                return at + 2;
            }
            "static" => self.local_static(tokens, at, ident),
            "struct" | "enum" if self.in_macro.is_some() => {
                if let Some(TokenTree::Ident(name)) = tokens.get(at + 1) {
                    self.type_of_macro(name);
                    return at + 2;
                }
            }
            "let" => self.binding(tokens, at),
            _ => {}
        }
        if KEYWORDS.contains(&ident.to_string().as_str()) || *ident == "let" { at + 1 } else { self.path(tokens, at) }
    }

    /// `static NAME: T` in a body, a macro or `thread_local!`. Statics among the items of a module are read as items.
    fn local_static(&mut self, tokens: &[TokenTree], at: usize, ident: &Ident) {
        if self.function.is_none() && self.in_macro.is_none() && self.blocks.len() < 2 {
            return;
        }
        let is_mut = word(tokens.get(at + 1)).as_deref() == Some("mut");
        let Some(name) = word(tokens.get(at + 1 + usize::from(is_mut))) else { return };
        let end = (at..tokens.len()).find(|&at| matches!(punct(tokens.get(at)), Some('=' | ';'))).unwrap_or(tokens.len());
        let types = paths_in(tokens[at + 2 + usize::from(is_mut)..end].iter().cloned().collect());
        let (at, module, is_test) = (self.place.spot(ident.span()), self.place.module.clone(), self.place.is_test);
        self.facts.statics.push(Static { at, module, name, is_mut, types, is_test });
    }

    fn type_of_macro(&mut self, name: &Ident) {
        if !self.place.is_test {
            let at = self.place.spot(name.span());
            let module = self.place.module.clone();
            self.facts.types.push(TypeFact { at, module, name: plain(name), seen_in: None, is_described: false });
        }
    }

    fn binding(&mut self, tokens: &[TokenTree], at: usize) {
        let Some(name) = tokens[at + 1..].iter().map_while(|token| word(Some(token))).find(|word| word != "mut") else { return };
        let end = (at..tokens.len()).find(|&at| punct(tokens.get(at)) == Some(';')).unwrap_or(tokens.len());
        if let Some(equals) = (at..end).find(|&at| punct(tokens.get(at)) == Some('=') && !is_joint(tokens.get(at))) {
            self.lets.insert(name, tokens[equals + 1..end].to_vec());
        }
    }

    fn path(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let Some((route, end)) = path_at(tokens, at) else { return at + 1 };
        let span = tokens[at].span();
        let after = arguments(tokens, end);
        if punct(tokens.get(after)) == Some('!')
            && !is_joint(tokens.get(after))
            && matches!(tokens.get(after + 1), Some(TokenTree::Group(_)))
        {
            self.invocation(span, &route, tokens.get(after + 1));
            let given = if let Some(TokenTree::Group(given)) = tokens.get(after + 1) { inside(given) } else { Vec::new() };
            let given = given.split(|token| punct(Some(token)) == Some(',')).filter_map(|part| self.first_path(part)).collect();
            self.mention(span, route, Kind::Macro(given));
        } else if let Some(group) = group(tokens.get(after), Delimiter::Parenthesis) {
            let target = self.first_path(&inside(group));
            self.mention(span, route, Kind::Call(target));
        } else if route.segments.len() > 1 || route.segments.iter().any(|name| name.starts_with(char::is_uppercase)) {
            self.mention(span, route, Kind::Path);
        }
        end
    }

    fn invocation(&mut self, span: Span, route: &Route, arguments: Option<&TokenTree>) {
        let Some(TokenTree::Group(arguments)) = arguments else { return };
        let arguments = inside(arguments);
        match route.segments.last().map(String::as_str) {
            Some("include") => self.odd(span, "include!"),
            Some("include_str") => {
                if let [TokenTree::Literal(file)] = arguments.as_slice()
                    && let Ok(file) = syn::parse_str::<syn::LitStr>(&file.to_string())
                    && file.value().ends_with(".sql")
                {
                    let beside = Path::new(&*self.place.file).parent().unwrap().join(file.value());
                    let text = std::fs::read_to_string(self.root.join(&beside)).unwrap_or_default();
                    let at = Spot { file: beside.to_str().unwrap().into(), line: 1 };
                    self.facts.sql.push(Sql { at, module: self.place.module.clone(), text, is_test: self.place.is_test });
                }
            }
            Some("table") => self.table(span, &arguments),
            // The crate's own macros that make a type of the first name they are given.
            Some("choices") => {
                let name = (0..arguments.len())
                    .find(|&at| group(arguments.get(at + 1), Delimiter::Brace).is_some() && word(arguments.get(at)).is_some());
                if let Some(TokenTree::Ident(name)) = name.and_then(|at| arguments.get(at)) {
                    self.type_of_macro(name);
                }
            }
            _ => {}
        }
    }

    /// `diesel::table! { [use …;] #[doc = …] name (key) { … } }`
    fn table(&mut self, span: Span, arguments: &[TokenTree]) {
        let name = (0..arguments.len()).find(|&at| {
            let after = at + 1 + usize::from(group(arguments.get(at + 1), Delimiter::Parenthesis).is_some());
            word(arguments.get(at)).is_some() && group(arguments.get(after), Delimiter::Brace).is_some()
        });
        let Some(name) = name.and_then(|at| word(arguments.get(at))) else { return };
        let module = self.facts.modules.entry(self.place.module.clone()).or_default();
        module.names.entry(name.clone()).or_default().push(Named { what: Names::Table, is_test: self.place.is_test });
        if !self.place.is_test {
            self.facts.tables.insert(name, (self.place.spot(span), self.place.module.clone()));
        }
    }

    /// `.name`, a field or a method.
    fn member(&mut self, tokens: &[TokenTree], at: usize, ident: &Ident) {
        let name = plain(ident);
        let arguments = group(tokens.get(arguments(tokens, at + 1)), Delimiter::Parenthesis).map(inside);
        let is_of_store = at > 1 && word(tokens.get(at - 2)).as_deref() == Some("store");
        let is_told = match (name.as_str(), &arguments) {
            ("store", None) => true,
            ("insert_into" | "save_changes" | "read_inline" | "read_blocking" | "write_blocking", Some(_)) => true,
            ("read" | "write", Some(_)) if is_of_store => true,
            ("write" | "change", Some(arguments)) => arguments.iter().any(|token| punct(Some(token)) == Some('|')),
            _ => false,
        };
        if !is_told {
            return;
        }
        let arguments = arguments.unwrap_or_default();
        self.facts.methods.push(MethodCall {
            at: self.place.spot(ident.span()),
            module: self.place.module.clone(),
            is_test: self.place.is_test,
            function: self.function.clone(),
            name,
            target: self.first_path(&arguments),
            calls: self.closure(&arguments, 8),
        });
    }

    /// What the closure among the arguments calls with its first parameter. A name is looked up among the bindings of the function, a path is the one call.
    fn closure(&self, arguments: &[TokenTree], depth: usize) -> Option<Vec<GivenCall>> {
        let depth = depth.checked_sub(1)?;
        let mut starts = (0..arguments.len()).filter(|&at| {
            let before = at.checked_sub(1).and_then(|at| arguments.get(at));
            before.is_none() || punct(before) == Some(',') || word(before).as_deref() == Some("move")
        });
        if let Some((names, body)) = starts.find_map(|at| bars(arguments, at)) {
            return Some(self.given(&arguments[body..], names.into_iter().take(1).collect()));
        }
        let (route, end) = path_at(arguments, 0).filter(|_| begins(arguments, 0))?;
        if end < arguments.len() {
            return None;
        }
        if let ([name], false) = (route.segments.as_slice(), route.is_global)
            && let Some(bound) = self.lets.get(name)
        {
            return self.closure(bound, depth);
        }
        let name = route.segments.last()?.clone();
        Some(vec![GivenCall { route: Some(self.expand(route)), name }])
    }

    /// Every call that is handed one of the names, or what such a call hands on to a closure of its own.
    pub fn given(&self, tokens: &[TokenTree], mut names: Vec<String>) -> Vec<GivenCall> {
        let mut found = Vec::new();
        if !names.is_empty() {
            self.look_for_given(tokens, &mut names, &mut found);
        }
        found
    }

    fn look_for_given(&self, tokens: &[TokenTree], names: &mut Vec<String>, found: &mut Vec<GivenCall>) {
        let mut at = 0;
        while at < tokens.len() {
            let callee = match &tokens[at] {
                TokenTree::Ident(ident) if is_member(tokens, at) => Some((None, plain(ident), at + 1)),
                TokenTree::Ident(ident) if *ident == "fn" => {
                    at += 2;
                    continue;
                }
                _ if begins(tokens, at) => {
                    path_at(tokens, at).and_then(|(route, end)| Some((Some(route.clone()), route.segments.last()?.clone(), end)))
                }
                _ => None,
            };
            if let Some((route, name, end)) = callee {
                let after = arguments(tokens, end);
                if let Some(group) = group(tokens.get(after), Delimiter::Parenthesis) {
                    let inner = inside(group);
                    if handed(&inner).iter().any(|name| names.contains(name)) {
                        let more = (0..inner.len()).filter_map(|at| bars(&inner, at)).find(|(names, _)| !names.is_empty());
                        match more {
                            // `once.run(db, &stamp, |db| …)`: a frame around the calls, not one of them.
                            Some((more, _)) => names.extend(more.into_iter().take(1)),
                            None => found.push(GivenCall { route: route.map(|route| self.expand(route)), name }),
                        }
                    }
                }
                at = end;
                continue;
            }
            if let TokenTree::Group(group) = &tokens[at] {
                self.look_for_given(&inside(group), names, found);
            }
            at += 1;
        }
    }

    /// The first path of an expression: of a chain of methods, what the chain begins with.
    fn first_path(&self, tokens: &[TokenTree]) -> Option<Route> {
        self.first_path_within(tokens, 8)
    }

    /// `depth`: how many bindings and parentheses it looks through.
    fn first_path_within(&self, tokens: &[TokenTree], depth: usize) -> Option<Route> {
        let depth = depth.checked_sub(1)?;
        let (mut at, mut is_variable) = (0, false);
        loop {
            match tokens.get(at)? {
                TokenTree::Punct(sign) if matches!(sign.as_char(), '&' | '*') => at += 1,
                TokenTree::Punct(sign) if sign.as_char() == '$' => {
                    is_variable = word(tokens.get(at + 1)).is_some_and(|name| name != "crate");
                    at += 1;
                }
                TokenTree::Punct(sign) if sign.as_char() == '|' => at = bars(tokens, at)?.1,
                TokenTree::Ident(ident) if matches!(ident.to_string().as_str(), "move" | "mut") => at += 1,
                TokenTree::Group(group) => return self.first_path_within(&inside(group), depth),
                _ => break,
            }
        }
        let (mut route, _) = path_at(tokens, at).filter(|_| begins(tokens, at))?;
        if is_variable {
            // No name begins with this, so nothing but a macro's user says what it is.
            route.segments.insert(0, "$".into());
            return Some(route);
        }
        if let ([name], false) = (route.segments.as_slice(), route.is_global)
            && let Some(bound) = self.lets.get(name)
            // `let x = x.filter(…)` says no more than `x`.
            && !matches!(path_at(bound, 0), Some((again, _)) if again == route)
        {
            return self.first_path_within(bound, depth);
        }
        Some(self.expand(route))
    }

    fn attribute(&mut self, tokens: &[TokenTree]) {
        let Some((route, end)) = path_at(tokens, 0) else { return };
        match route.segments.as_slice() {
            [name] if name == "doc" => return,
            [name] if name == "path" && punct(tokens.get(end)) == Some('=') => self.odd(tokens[0].span(), "#[path]"),
            [name] if name == "cfg_attr" => {
                let inner = group(tokens.get(end), Delimiter::Parenthesis).map(inside).unwrap_or_default();
                if (0..inner.len()).any(|at| word(inner.get(at)).as_deref() == Some("path") && punct(inner.get(at + 1)) == Some('=')) {
                    self.odd(tokens[0].span(), "#[path]");
                }
            }
            _ => {}
        }
        self.tokens(tokens, true);
    }

    fn literal(&mut self, literal: &Literal, in_attribute: bool) {
        let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) else { return };
        let text = text.value();
        if in_attribute {
            // `#[serde(with = "crate::a::b")]`
            if text.contains("::")
                && let Ok(path) = syn::parse_str::<syn::Path>(&text)
            {
                let segments = path.segments.iter().map(|segment| plain(&segment.ident)).collect();
                self.mention(literal.span(), Route { is_global: path.leading_colon.is_some(), segments }, Kind::Path);
            }
        } else if is_sql(&text) {
            let (at, module, is_test) = (self.place.spot(literal.span()), self.place.module.clone(), self.place.is_test);
            self.facts.sql.push(Sql { at, module, text, is_test });
        }
    }
}

fn is_sql(text: &str) -> bool {
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    ["SELECT", "INSERT", "UPDATE", "DELETE", "FROM", "JOIN", "WITH"]
        .iter()
        .any(|keyword| words.iter().any(|word| word.eq_ignore_ascii_case(keyword)))
        && words.len() > 1
}
