//! The room's screens.

use askama::Template;

use crate::inspection::defects::Shape;
use crate::kernel::choices::Choice;
use crate::platform::http::{FormFaults, Layout};

/// What stands in the form that asks for help.
#[derive(Clone, Debug, Default)]
pub(super) struct Filled {
    pub reason: String,
    pub zone: String,
    pub wanted: String,
    pub words: String,
    pub name: String,
    pub phone: String,
    pub email: String,
    pub order_no: String,
    pub purposes: Vec<&'static str>,
}

/// Reasons that are about the same.
pub(super) struct Reasons {
    /// The message of what they are about.
    pub key: &'static str,
    /// Codes with words, as they are offered.
    pub all: Vec<(String, String)>,
    /// Whether they are one tap away.
    pub is_folded: bool,
}

/// The form that asks for help.
#[derive(Template)]
#[template(path = "public/help/form.html")]
pub(super) struct AskPage {
    pub layout: Layout,
    pub name: String,
    pub base: String,
    pub once: String,
    /// What it says of the garment beforehand: that it is held back, that no sale is known.
    pub notes: Vec<String>,
    /// What it looks like.
    pub shape: Shape,
    /// Places one can point at, from the front and from behind.
    pub front: Vec<&'static Choice>,
    pub back: Vec<&'static Choice>,
    /// Places in no picture.
    pub elsewhere: Vec<&'static Choice>,
    /// Reasons, by what they are about.
    pub reasons: Vec<Reasons>,
    /// What they may like, with its words; the first leaves it to us.
    pub wishes: Vec<(&'static str, String)>,
    /// What they may agree to, with its words.
    pub purposes: Vec<(&'static str, String)>,
    pub photos: i64,
    /// What they are entitled to today, as HTML; empty where no sale is known.
    pub rights: String,
    pub filled: Filled,
    pub faults: FormFaults,
}

impl AskPage {
    /// Whether reasons that are folded are shown: one of them was chosen.
    fn shows(&self, reasons: &&Reasons) -> bool {
        reasons.all.iter().any(|(code, _)| *code == self.filled.reason)
    }

    fn agreed(&self, purpose: &&str) -> bool {
        self.filled.purposes.contains(purpose)
    }

    /// Whether something stands in the contact, or is wrong with it.
    fn has_contact(&self) -> bool {
        let Filled { name, phone, email, order_no, purposes, .. } = &self.filled;
        let is_wrong = ["name", "phone", "email", "purposes"].iter().any(|field| self.faults.at(field).is_some());
        is_wrong || !purposes.is_empty() || [name, phone, email, order_no].iter().any(|text| !text.is_empty())
    }
}

/// A request as whoever sent it sees it.
pub(super) struct Asked {
    pub no: String,
    pub opened: String,
    pub state: String,
    /// `good`, `bad` or nothing.
    pub tone: &'static str,
    pub next: String,
    /// Of each garment: what it is, what is wrong, what they would like, what is done.
    pub lines: Vec<(String, String, String, String)>,
    /// What was written: when, by them (or by us), what.
    pub letters: Vec<(String, bool, String)>,
    pub result: String,
    /// When a withdrawal was received.
    pub withdrawn: String,
    pub photos: usize,
}

/// A repair as whoever asked sees it.
pub(super) struct RepairShown {
    pub code: String,
    /// Which garment, where the request is about several.
    pub garment: String,
    /// Where it stands.
    pub state: String,
    /// `good`, `bad` or nothing.
    pub tone: &'static str,
    /// What will be done, in the words they agree to; empty before the first quote.
    pub plan: String,
    pub price: String,
    pub ready_on: String,
    /// SHA-256 of the text they agree to.
    pub hash: String,
    /// When they agreed, or empty.
    pub accepted: String,
    /// Whether they are asked to agree.
    pub is_asked: bool,
    /// Whether they are asked to sign.
    pub is_handed: bool,
}

/// The page of a request.
#[derive(Template)]
#[template(path = "public/help/status.html")]
pub(super) struct StatusPage {
    pub layout: Layout,
    pub asked: Asked,
    /// The address of the page, below which what may be done lies.
    pub at: String,
    pub once: String,
    /// Whether it was just sent.
    pub is_sent: bool,
    /// The whole address, to be kept.
    pub address: String,
    /// What is asked once it is resolved, as HTML.
    pub after: String,
    pub is_over: bool,
    pub may_take_back: bool,
    pub may_withdraw: bool,
    /// Whether they left anything about themselves: how to be reached, words, pictures.
    pub has_left: bool,
    pub repairs: Vec<RepairShown>,
    pub room: i64,
    /// What is promised and by when: what, the local instant.
    pub due: Vec<(String, String)>,
    pub words: String,
    pub faults: FormFaults,
}

/// The box for whoever lost the address, and what it found.
#[derive(Template)]
#[template(path = "public/help/find.html")]
pub(super) struct FindPage {
    pub layout: Layout,
    pub order_no: String,
    pub fault: String,
    pub found: Vec<Asked>,
}

/// Withdrawing from the contract: first what it is, then whether it is meant.
#[derive(Template)]
#[template(path = "public/help/withdraw.html")]
pub(super) struct WithdrawPage {
    pub layout: Layout,
    pub name: String,
    /// Where it is sent.
    pub at: String,
    /// Where one goes who gives up.
    pub back: String,
    pub once: String,
    /// Whether it is the second step.
    pub is_second: bool,
    /// Whether it asks who they are: their own case knows.
    pub asks: bool,
    pub filled: Filled,
    pub consent: String,
    pub faults: FormFaults,
}

/// The receipt of a withdrawal.
#[derive(Template)]
#[template(path = "public/help/receipt.html")]
pub(super) struct ReceiptPage {
    pub layout: Layout,
    pub receipt: String,
    /// What it is about.
    pub garments: Vec<String>,
    /// When it was received, in the zone that is named.
    pub at: String,
    pub zone: String,
    /// The page of the request, or empty.
    pub status: String,
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "public/help/say.html")]
pub(super) struct SayPage {
    pub layout: Layout,
    pub text: String,
    /// Where one goes from here, with words.
    pub links: Vec<(String, String)>,
    pub help: String,
}
