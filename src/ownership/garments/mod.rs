//! What the rooms of this wing share about a garment: its row, made when something first happens to it, and its batch's counts by retailer.

mod store;

use crate::choices;
use crate::kernel::GarmentId;

pub use store::holds::{hold, hold_units, holders_of_units, holds, holds_of, release, release_units, units_held};
pub use store::{LiveSale, Status, Tally, is_returned, live_sale, set_status, tally, touch};

choices! {
    /// What keeps a garment from being sold and claimed. It is decided in rooms further on, which say so here.
    HoldKind {
        /// Worn next to the skin, and given back: nobody else wears it.
        Hygiene = "hygiene", "贴身衣物退回，不再销售", "worn next to the skin and given back";
        /// Its buyer kept it and has their money back.
        Kept = "kept", "已退款并留给买家", "left with its buyer, who has the money back";
        /// Under recall. Whoever has it may still claim it: the card tells them.
        Recall = "recall", "召回中", "under recall";
        /// Somebody gets it in exchange; it waits to be handed over.
        Reserved = "reserved", "已为换货预留", "set aside for an exchange";
        /// Its buyer has another one for it, and kept it.
        Exchanged = "exchanged", "已换成另一件", "exchanged for another one";
        /// It is no more.
        Destroyed = "destroyed", "已销毁", "destroyed";
    }
}

impl HoldKind {
    /// Whether nobody may claim it either.
    pub const fn bars_claims(self) -> bool {
        matches!(self, Self::Hygiene | Self::Kept | Self::Exchanged | Self::Destroyed)
    }
}

/// Garments to be looked up, batch by batch where there are many of each, else all at once: those of a batch lie close together.
pub fn in_runs(garments: &[GarmentId]) -> Vec<&[GarmentId]> {
    /// Fewer garments are not worth a statement of their own.
    const MANY: usize = 64;
    let runs: Vec<&[GarmentId]> = garments.chunk_by(|one, next| one.batch() == next.batch()).collect();
    if runs.len() * MANY <= garments.len() { runs } else { vec![garments] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::BatchNo;

    #[test]
    fn garments_of_few_batches_are_looked_up_batch_by_batch() {
        let of = |batch, count| (0..count).map(move |unit| GarmentId::new(BatchNo(batch), unit).unwrap());
        let lengths = |garments: &[GarmentId]| in_runs(garments).iter().map(|run| run.len()).collect::<Vec<_>>();
        assert_eq!(lengths(&of(1, 100).chain(of(2, 60)).collect::<Vec<_>>()), [100, 60]);
        assert_eq!(lengths(&(1..=40).flat_map(|batch| of(batch, 50)).collect::<Vec<_>>()), [2_000]);
        assert_eq!(lengths(&of(1, 1).collect::<Vec<_>>()), [1]);
        assert!(lengths(&[]).is_empty());
    }
}
