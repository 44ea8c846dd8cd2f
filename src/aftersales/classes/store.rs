//! The shared lists as columns.

use super::{CaseCause, CaseChannel, CaseKind, CaseSeverity, Priority, Queue, ReasonClass, Wish};
use crate::text_column;

text_column!(CaseCause, CaseChannel, CaseKind, CaseSeverity, Priority, Queue, ReasonClass, Wish);
