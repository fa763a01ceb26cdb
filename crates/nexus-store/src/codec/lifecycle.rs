//! The life of policies in bytes.

use super::wire::{Wire, fields, letters};
use super::{CodecFault, SnapshotReader, Writer};
use nexus_engine::decision::beside::ShadowChoice;
use nexus_engine::lifecycle::apprentice::{Apprentice, Apprenticeship, Batch, Graduation, Verdict};
use nexus_engine::lifecycle::holdout::{GroupTally, HoldoutShare, HoldoutTally};
use nexus_engine::lifecycle::learning::Learning;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::lifecycle::monitor::{Monitor, RecentReward};
use nexus_engine::lifecycle::promotion::{Promotion, PromotionStage};
use nexus_engine::lifecycle::shadow::ShadowWorth;
use nexus_engine::lifecycle::version::{PolicyLineage, PolicyOrigin, PolicyPublication};
use nexus_engine::lifecycle::{CourseLife, PolicyLife};
use nexus_engine::policy::parts::PolicyParts;

fields!(CourseLife { promotion, holdout, groups, policies });
fields!(HoldoutShare { share, seq, at, reason, by });
fields!(HoldoutTally { held_out, others, held_out_without_consent, others_without_consent });
fields!(GroupTally { decisions, rewards, probes });
fields!(Promotion { policy, seq, at, reason, by });
fields!(PromotionStage { share, before, rewards, inside, outside });
fields!(PolicyLife { mode, learning, monitor, worth, apprentice, versions });
fields!(Apprentice {
    terms,
    began,
    batch,
    batches,
    last,
    learned,
    capped,
    refused,
    after,
    graduated
});
fields!(Apprenticeship { baseline, agreement, decisions, learners, graduation });
fields!(Batch { decisions, agreed, undecided, learners, out_of_reach });
letters!(Graduation { Itself = 0, Asked = 1 });
letters!(Verdict { Ready = 0, Differs = 1, Unhealthy = 2, Agrees = 3 });
fields!(ShadowWorth { rewards, weights, squares, weighted, served, silent, learned, capped });
fields!(ShadowChoice { policy, version, probability });
fields!(Learning { learned, refused, capped, frozen, not_chosen });
fields!(Monitor { decisions, errors, choices, normalized_entropy, recent, recent_moments, before });
fields!(RecentReward { at, group, value });
letters!(Mode { Live = 0, Frozen = 1, Shadow = 2, Apprentice = 3 });
fields!(PolicyPublication { seq, at, lineage });
fields!(PolicyLineage { version, parent, through, origin, asked_by, reason, digest });
fields!(PolicyParts { word, counts, numbers });

impl Wire for PolicyOrigin {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Saved => out.byte(0),
            Self::Trained => out.byte(1),
            Self::Restored { version } => {
                out.byte(2);
                version.write(out);
            }
        }
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        match from.byte()? {
            0 => Ok(Self::Saved),
            1 => Ok(Self::Trained),
            2 => Ok(Self::Restored { version: Wire::read(from)? }),
            _ => Err(CodecFault::Range("PolicyOrigin")),
        }
    }

    fn describe(layout: &mut super::wire::SnapshotLayout) {
        layout.word("PolicyOrigin Saved=0 Trained=1 Restored=2 u32");
    }
}
