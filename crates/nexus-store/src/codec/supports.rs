//! What was learned of supports, in bytes, and the supports that wait.

use super::wire::{Wire, fields, letters};
use super::{CodecFault, SnapshotReader, Writer};
use nexus_engine::catalog::SupportKind;
use nexus_engine::support::bandit::KindSums;
use nexus_engine::support::{CourseSupports, FollowUp, OpenSupport, SupportSums};

letters!(SupportKind { Hint = 0, WorkedExample = 1, Explanation = 2, RemedialActivity = 3 });

fields!(CourseSupports { questions, kinds, chosen, rewarded, missing, learned });
fields!(SupportSums {
    served,
    outcomes,
    weight,
    value,
    retries,
    retries_right,
    nexts,
    nexts_right,
});
fields!(KindSums { weight, value });

fields!(OpenSupport {
    choice,
    question,
    question_id,
    support,
    kind,
    propensity,
    assignment,
    teaches,
    tried,
    ends_at,
    session,
    skills,
    before,
    intervening,
    superseded,
    retry,
    next,
});
fields!(FollowUp { right, surprise });
