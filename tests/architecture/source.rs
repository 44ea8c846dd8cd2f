//! The crate's source as plain facts: its modules, what each of them names, and who mentions whom.
//!
//! Modules are followed from `lib.rs` and `main.rs` as the compiler follows them, so a path means here what it means there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, ImplItem, Item, Meta, Signature, Token, TraitItem, UseTree, Visibility};

use crate::scan::{Scanner, paths_in};

/// A module's path from the crate's root: `["production", "parties", "store"]`.
pub type ModulePath = Vec<String>;

/// A line of a file; the file relative to the crate's folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub file: Arc<str>,
    pub line: usize,
}

/// A path as it is written, aliases of its own block opened up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// It begins with `::`.
    pub is_global: bool,
    pub segments: Vec<String>,
}

impl Route {
    pub fn new(segments: &[&str]) -> Self {
        Self { is_global: false, segments: segments.iter().map(|&segment| segment.to_owned()).collect() }
    }
}

/// What a name of a module stands for.
#[derive(Clone, Debug)]
pub enum Names {
    Module(ModulePath),
    /// A type, a trait, or both a type and a value.
    Type,
    /// A function, constant or static.
    Value,
    /// A macro, and the module its body is in.
    Macro(ModulePath),
    /// A table of `diesel::table!`.
    Table,
    /// Whatever this path stands for.
    Import(Route),
}

/// One name of a module.
#[derive(Clone, Debug)]
pub struct Named {
    pub what: Names,
    pub is_test: bool,
}

#[derive(Debug, Default)]
pub struct Module {
    pub names: BTreeMap<String, Vec<Named>>,
    pub globs: Vec<Glob>,
}

/// `use path::*`
#[derive(Debug)]
pub struct Glob {
    pub route: Route,
    pub is_public: bool,
    pub is_test: bool,
}

/// How a path is mentioned.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Path,
    Import,
    /// `use path::*`.
    Glob,
    /// `path(…)`, with the first path among its arguments.
    Call(Option<Route>),
    /// `path!(…)`, with the first path of each of its arguments.
    Macro(Vec<Route>),
}

#[derive(Clone, Debug)]
pub struct Mention {
    pub at: Spot,
    pub module: ModulePath,
    pub is_test: bool,
    pub function: Option<String>,
    pub route: Route,
    /// `use path::*` of the blocks around it.
    pub globs: Vec<Route>,
    pub kind: Kind,
    /// The macro whose body it is in.
    pub in_macro: Option<String>,
}

/// A call that is handed one of the names that were looked for.
#[derive(Clone, Debug)]
pub struct GivenCall {
    /// None for a method.
    pub route: Option<Route>,
    pub name: String,
}

/// A method call by name, such as `.write(…)`; where it is a write, what its closure calls with the connection.
#[derive(Clone, Debug)]
pub struct MethodCall {
    pub at: Spot,
    pub module: ModulePath,
    pub is_test: bool,
    pub function: Option<String>,
    pub name: String,
    /// The first path among its arguments.
    pub target: Option<Route>,
    /// None where no closure can be seen.
    pub calls: Option<Vec<GivenCall>>,
}

#[derive(Clone, Debug)]
pub struct Function {
    pub module: ModulePath,
    /// With the type of its `impl` before it: `Sale::says`.
    pub name: String,
    /// The paths in its parameters' types.
    pub takes: Vec<Route>,
    /// What it calls with a parameter that is a `Db`.
    pub calls: Vec<GivenCall>,
}

#[derive(Clone, Debug)]
pub struct TypeFact {
    pub at: Spot,
    pub module: ModulePath,
    pub name: String,
    /// The outermost module that sees it; None when everybody does.
    pub seen_in: Option<ModulePath>,
    /// It is described in the API.
    pub is_described: bool,
}

/// A state that outlives a call: a static, or a thread's own.
#[derive(Clone, Debug)]
pub struct Static {
    pub at: Spot,
    pub module: ModulePath,
    pub name: String,
    pub is_mut: bool,
    pub types: Vec<Route>,
    pub is_test: bool,
}

/// A text that is SQL.
#[derive(Clone, Debug)]
pub struct Sql {
    pub at: Spot,
    pub module: ModulePath,
    pub text: String,
    pub is_test: bool,
}

/// Something that hides source from whoever reads it.
#[derive(Clone, Debug)]
pub struct Oddity {
    pub at: Spot,
    pub module: ModulePath,
    pub what: String,
}

#[derive(Debug, Default)]
pub struct Facts {
    pub package: String,
    /// What a dependency is called in the code, and what it is.
    pub crates: BTreeMap<String, String>,
    pub modules: BTreeMap<ModulePath, Module>,
    pub mentions: Vec<Mention>,
    /// The methods and fields that are looked for: `.write(…)`, `.store`.
    pub methods: Vec<MethodCall>,
    pub functions: Vec<Function>,
    pub types: Vec<TypeFact>,
    pub statics: Vec<Static>,
    pub sql: Vec<Sql>,
    pub oddities: Vec<Oddity>,
    /// Each table and the module that declares it.
    pub tables: BTreeMap<String, (Spot, ModulePath)>,
    /// Items of a module that are not modules.
    pub items: Vec<(Spot, ModulePath, String)>,
}

/// Where the reader is.
#[derive(Clone)]
pub struct Place {
    pub module: ModulePath,
    pub file: Arc<str>,
    /// Where the files of its modules lie.
    folder: PathBuf,
    pub is_test: bool,
}

impl Place {
    pub fn spot(&self, span: proc_macro2::Span) -> Spot {
        Spot { file: self.file.clone(), line: span.start().line }
    }
}

struct Reader {
    root: PathBuf,
    facts: Facts,
    reached: BTreeSet<PathBuf>,
}

/// Reads the crate in `root`.
pub fn read(root: &Path) -> Facts {
    let mut reader = Reader { root: root.to_owned(), facts: Facts::default(), reached: BTreeSet::new() };
    reader.manifest();
    let mut files = Vec::new();
    walk(&root.join("src"), &mut files);
    for (module, file) in [(vec![], "src/lib.rs"), (vec!["main".to_owned()], "src/main.rs")] {
        if root.join(file).is_file() {
            reader.file(module, Path::new(file), Path::new("src").to_owned(), false);
        }
    }
    for file in files {
        let inside = file.strip_prefix(root).unwrap().to_owned();
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("rs") if !reader.reached.contains(&inside) => {
                let at = Spot { file: text(&inside).into(), line: 1 };
                reader.facts.oddities.push(Oddity { at, module: Vec::new(), what: "a file that no `mod` reaches".into() });
            }
            Some("html") => reader.template(&inside),
            _ => {}
        }
    }
    reader.facts
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().replace('\\', "/")
}

pub fn plain(ident: &proc_macro2::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

impl Reader {
    fn manifest(&mut self) {
        let manifest: toml::Table = std::fs::read_to_string(self.root.join("Cargo.toml")).unwrap().parse().unwrap();
        self.facts.package = manifest["package"]["name"].as_str().unwrap().replace('-', "_");
        for section in ["dependencies", "dev-dependencies"] {
            for (name, value) in manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
                let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(name);
                self.facts.crates.insert(name.replace('-', "_"), package.replace('-', "_"));
            }
        }
        for name in ["std", "core", "alloc"] {
            self.facts.crates.insert(name.into(), "std".into());
        }
    }

    fn file(&mut self, module: ModulePath, file: &Path, folder: PathBuf, is_test: bool) {
        self.reached.insert(file.to_owned());
        let source = std::fs::read_to_string(self.root.join(file)).unwrap();
        let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{} is not Rust: {error}", file.display()));
        let is_test = is_test || only_in_tests(&parsed.attrs);
        let place = Place { module, file: text(file).into(), folder, is_test };
        self.module(&place, &parsed.items);
    }

    fn module(&mut self, place: &Place, items: &[Item]) {
        self.facts.modules.entry(place.module.clone()).or_default();
        for item in items {
            self.item(place, item);
        }
    }

    fn name(&mut self, place: &Place, name: &proc_macro2::Ident, what: Names, is_test: bool) {
        let module = self.facts.modules.entry(place.module.clone()).or_default();
        module.names.entry(plain(name)).or_default().push(Named { what, is_test });
    }

    fn scan(&mut self, place: &Place, function: Option<&str>, in_macro: Option<&str>, tokens: TokenStream) {
        Scanner::new(&mut self.facts, place, &self.root, function, in_macro).all(tokens);
    }

    fn item(&mut self, place: &Place, item: &Item) {
        let attributes = attributes(item);
        let place = &Place { is_test: place.is_test || only_in_tests(attributes), ..place.clone() };
        if !matches!(item, Item::Mod(_)) && !place.is_test {
            self.facts.items.push((place.spot(item.span()), place.module.clone(), called(item)));
        }
        match item {
            Item::Mod(item) => {
                self.scan(place, None, None, tokens_of(&item.attrs));
                let mut module = place.module.clone();
                module.push(plain(&item.ident));
                self.name(place, &item.ident, Names::Module(module.clone()), place.is_test);
                let folder = place.folder.join(plain(&item.ident));
                match &item.content {
                    Some((_, items)) => self.module(&Place { module, folder, ..place.clone() }, items),
                    None => {
                        let beside = folder.with_extension("rs");
                        let file = if self.root.join(&beside).is_file() { beside } else { folder.join("mod.rs") };
                        if self.root.join(&file).is_file() {
                            self.file(module, &file, folder, place.is_test);
                        }
                    }
                }
            }
            Item::Use(item) => {
                for leaf in leaves(&item.tree, item.leading_colon.is_some()) {
                    self.import(place, &leaf, !matches!(item.vis, Visibility::Inherited));
                }
            }
            Item::ExternCrate(item) => {
                let route = Route { is_global: true, segments: vec![plain(&item.ident)] };
                let name = item.rename.as_ref().map_or(&item.ident, |(_, name)| name);
                let own = item.ident == "self";
                self.name(place, name, Names::Import(if own { Route::new(&["crate"]) } else { route }), place.is_test);
                self.facts.oddities.push(Oddity {
                    at: place.spot(item.span()),
                    module: place.module.clone(),
                    what: format!("extern crate {}", item.ident),
                });
            }
            Item::Macro(item) => match &item.ident {
                Some(name) => self.macro_rules(place, name, item),
                None => self.scan(place, None, None, item.to_token_stream()),
            },
            Item::Fn(item) => {
                self.name(place, &item.sig.ident, Names::Value, place.is_test);
                self.function(place, None, &item.sig, item.to_token_stream());
            }
            Item::Impl(item) => self.implementation(place, item),
            Item::Trait(item) => {
                self.name(place, &item.ident, Names::Type, place.is_test);
                self.type_fact(place, &item.ident, &item.vis, &item.attrs);
                for inner in &item.items {
                    if let TraitItem::Fn(method) = inner {
                        self.function(place, Some(&plain(&item.ident)), &method.sig, TokenStream::new());
                    }
                }
                self.scan(place, Some(&plain(&item.ident)), None, item.to_token_stream());
            }
            Item::Struct(syn::ItemStruct { ident, vis, attrs, .. })
            | Item::Enum(syn::ItemEnum { ident, vis, attrs, .. })
            | Item::Union(syn::ItemUnion { ident, vis, attrs, .. })
            | Item::Type(syn::ItemType { ident, vis, attrs, .. }) => {
                self.name(place, ident, Names::Type, place.is_test);
                self.type_fact(place, ident, vis, attrs);
                self.scan(place, None, None, item.to_token_stream());
            }
            Item::Const(item) => {
                self.name(place, &item.ident, Names::Value, place.is_test);
                self.scan(place, None, None, item.to_token_stream());
            }
            Item::Static(item) => {
                self.name(place, &item.ident, Names::Value, place.is_test);
                self.facts.statics.push(Static {
                    at: place.spot(item.span()),
                    module: place.module.clone(),
                    name: plain(&item.ident),
                    is_mut: matches!(item.mutability, syn::StaticMutability::Mut(_)),
                    types: paths_in(item.ty.to_token_stream()),
                    is_test: place.is_test,
                });
                self.scan(place, None, None, item.to_token_stream());
            }
            other => self.scan(place, None, None, other.to_token_stream()),
        }
    }

    fn import(&mut self, place: &Place, leaf: &Leaf, is_public: bool) {
        let module = self.facts.modules.entry(place.module.clone()).or_default();
        match &leaf.name {
            Some(name) if name != "_" => {
                let what = Names::Import(leaf.route.clone());
                module.names.entry(name.clone()).or_default().push(Named { what, is_test: place.is_test });
            }
            Some(_) => {}
            None => module.globs.push(Glob { route: leaf.route.clone(), is_public, is_test: place.is_test }),
        }
        self.facts.mentions.push(Mention {
            at: place.spot(leaf.span),
            module: place.module.clone(),
            is_test: place.is_test,
            function: None,
            route: leaf.route.clone(),
            globs: Vec::new(),
            kind: if leaf.name.is_some() { Kind::Import } else { Kind::Glob },
            in_macro: None,
        });
    }

    fn macro_rules(&mut self, place: &Place, name: &proc_macro2::Ident, item: &syn::ItemMacro) {
        let what = Names::Macro(place.module.clone());
        self.name(place, name, what.clone(), place.is_test);
        if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) && !place.module.is_empty() {
            let root = self.facts.modules.entry(Vec::new()).or_default();
            root.names.entry(plain(name)).or_default().push(Named { what, is_test: place.is_test });
        }
        self.scan(place, None, Some(&plain(name)), item.mac.tokens.clone());
    }

    fn implementation(&mut self, place: &Place, item: &syn::ItemImpl) {
        let of = paths_in(item.self_ty.to_token_stream()).into_iter().next().and_then(|route| route.segments.into_iter().next_back());
        let mut head = item.clone();
        head.items.clear();
        self.scan(place, None, None, head.to_token_stream());
        for inner in &item.items {
            let (attributes, signature) = match inner {
                ImplItem::Fn(method) => (method.attrs.as_slice(), Some(&method.sig)),
                ImplItem::Const(constant) => (constant.attrs.as_slice(), None),
                _ => (&[][..], None),
            };
            let place = Place { is_test: place.is_test || only_in_tests(attributes), ..place.clone() };
            match signature {
                Some(signature) => self.function(&place, of.as_deref(), signature, inner.to_token_stream()),
                None => self.scan(&place, None, None, inner.to_token_stream()),
            }
        }
    }

    fn function(&mut self, place: &Place, of: Option<&str>, signature: &Signature, tokens: TokenStream) {
        let name = of.map_or_else(|| plain(&signature.ident), |of| format!("{of}::{}", plain(&signature.ident)));
        let (mut takes, mut connections) = (Vec::new(), Vec::new());
        for input in &signature.inputs {
            let FnArg::Typed(input) = input else { continue };
            let types = paths_in(input.ty.to_token_stream());
            if types.iter().any(|route| route.segments.last().is_some_and(|last| last == "Db"))
                && let syn::Pat::Ident(pattern) = &*input.pat
            {
                connections.push(plain(&pattern.ident));
            }
            takes.extend(types);
        }
        takes.extend(signature.generics.where_clause.iter().flat_map(|clause| paths_in(clause.to_token_stream())));
        takes.extend(signature.generics.params.iter().flat_map(|parameter| paths_in(parameter.to_token_stream())));
        let mut scanner = Scanner::new(&mut self.facts, place, &self.root, Some(&name), None);
        let calls = scanner.given(&tokens.clone().into_iter().collect::<Vec<TokenTree>>(), connections);
        scanner.all(tokens);
        if !place.is_test {
            self.facts.functions.push(Function { module: place.module.clone(), name, takes, calls });
        }
    }

    fn type_fact(&mut self, place: &Place, name: &proc_macro2::Ident, visibility: &Visibility, attributes: &[Attribute]) {
        if place.is_test {
            return;
        }
        let seen_in = match visibility {
            Visibility::Public(_) => None,
            Visibility::Inherited => Some(place.module.clone()),
            Visibility::Restricted(within) => {
                let mut seen = if within.path.is_ident("crate") || within.in_token.is_some() { Vec::new() } else { place.module.clone() };
                for segment in &within.path.segments {
                    match plain(&segment.ident).as_str() {
                        "crate" => seen.clear(),
                        "self" => seen.clone_from(&place.module),
                        "super" => drop(seen.pop()),
                        name => seen.push(name.to_owned()),
                    }
                }
                Some(seen)
            }
        };
        let is_described = attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("derive"))
            .flat_map(|attribute| paths_in(attribute.meta.to_token_stream()))
            .any(|route| route.segments.last().is_some_and(|last| matches!(last.as_str(), "ToSchema" | "IntoParams")));
        let at = place.spot(name.span());
        self.facts.types.push(TypeFact { at, module: place.module.clone(), name: plain(name), seen_in, is_described });
    }

    /// The expressions of a page's template run in the page's module.
    fn template(&mut self, file: &Path) {
        let source = std::fs::read_to_string(self.root.join(file)).unwrap();
        let mut module: ModulePath =
            file.parent().unwrap().iter().skip(1).map(|part| part.to_str().unwrap().to_owned()).chain(["page".to_owned()]).collect();
        if !self.facts.modules.contains_key(&module) {
            module.pop();
        }
        for (number, line) in source.lines().enumerate() {
            for (open, close) in [("{{", "}}"), ("{%", "%}")] {
                for tag in line.split(open).skip(1).filter_map(|rest| rest.split(close).next()) {
                    let Ok(tokens) = tag.parse::<TokenStream>() else { continue };
                    for route in paths_in(tokens).into_iter().filter(|route| route.segments.len() > 1) {
                        self.facts.mentions.push(Mention {
                            at: Spot { file: text(file).into(), line: number + 1 },
                            module: module.clone(),
                            is_test: false,
                            function: None,
                            route,
                            globs: Vec::new(),
                            kind: Kind::Path,
                            in_macro: None,
                        });
                    }
                }
            }
        }
    }
}

/// One name that a `use` brings.
pub struct Leaf {
    pub route: Route,
    /// None for `*`.
    pub name: Option<String>,
    pub span: proc_macro2::Span,
}

/// Every name that a `use` brings, braces opened up.
pub fn leaves(tree: &UseTree, is_global: bool) -> Vec<Leaf> {
    fn open(tree: &UseTree, before: &[String], is_global: bool, found: &mut Vec<Leaf>) {
        let route = |last: Option<String>| Route { is_global, segments: before.iter().cloned().chain(last).collect() };
        match tree {
            UseTree::Path(path) => open(&path.tree, &route(Some(plain(&path.ident))).segments, is_global, found),
            UseTree::Group(group) => group.items.iter().for_each(|tree| open(tree, before, is_global, found)),
            UseTree::Glob(glob) => found.push(Leaf { route: route(None), name: None, span: glob.span() }),
            UseTree::Name(name) if name.ident == "self" => {
                found.push(Leaf { route: route(None), name: before.last().cloned(), span: name.ident.span() });
            }
            UseTree::Name(name) => {
                let ident = plain(&name.ident);
                found.push(Leaf { route: route(Some(ident.clone())), name: Some(ident), span: name.ident.span() });
            }
            UseTree::Rename(rename) => {
                let last = (rename.ident != "self").then(|| plain(&rename.ident));
                found.push(Leaf { route: route(last), name: Some(plain(&rename.rename)), span: rename.ident.span() });
            }
        }
    }
    let mut found = Vec::new();
    open(tree, &[], is_global, &mut found);
    found
}

fn tokens_of(attributes: &[Attribute]) -> TokenStream {
    attributes.iter().map(ToTokens::to_token_stream).collect()
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn called(item: &Item) -> String {
    item.to_token_stream()
        .into_iter()
        .filter_map(|token| if let TokenTree::Ident(word) = token { Some(word.to_string()) } else { None })
        .find(|word| word != "pub")
        .unwrap_or_default()
}

/// Compiled for tests and for nothing else.
fn only_in_tests(attributes: &[Attribute]) -> bool {
    fn implies_test(meta: &Meta) -> bool {
        let Meta::List(list) = meta else { return meta.path().is_ident("test") };
        let Ok(inner) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else { return false };
        match list.path.get_ident().map(ToString::to_string).as_deref() {
            Some("all") => inner.iter().any(implies_test),
            Some("any") => !inner.is_empty() && inner.iter().all(implies_test),
            _ => false,
        }
    }
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if attribute.path().is_ident("cfg") {
            attribute.parse_args::<Meta>().is_ok_and(|meta| implies_test(&meta))
        } else {
            matches!(last.as_str(), "test" | "rstest")
        }
    })
}
