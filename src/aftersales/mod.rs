//! After-sales: what buyers ask for, what is promised to them, what is done about it and what it costs.

pub mod cases;
pub mod classes;
pub mod ledger;
pub mod line_acts;
pub mod reasons;
pub mod repairs;
pub mod return_addresses;
pub mod returns;
pub mod rights;
pub mod service_levels;
pub mod settlements;
pub mod surveys;
