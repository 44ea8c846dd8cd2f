//! Which state may follow which.

use super::{CaseState, LineState};
use crate::kernel::machine::Machine;
use crate::machine;

/// Where a case may go. What is closed or cancelled is final; a resolved one that is opened again begins its next sequence.
pub const CASE_MACHINE: Machine<CaseState> = machine![CaseState:
    New => Assigned | InProgress | Cancelled;
    Assigned => InProgress | Cancelled;
    InProgress => WaitingCustomer | WaitingInternal | WaitingSupplier | InTransit | Resolved | Cancelled;
    WaitingCustomer => InProgress | Resolved | Cancelled;
    WaitingInternal => InProgress | Cancelled;
    WaitingSupplier => InProgress | Cancelled;
    InTransit => InProgress | Cancelled;
    Resolved => Closed | InProgress
];

/// Where a line may go. A decision may be changed until it is carried out.
pub const LINE_MACHINE: Machine<LineState> = machine![LineState:
    Open => Decided | Refused | Withdrawn | Merged;
    Decided => Open | Done | Refused | Withdrawn
];
