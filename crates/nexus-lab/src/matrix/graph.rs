//! Which skill needs which, and how many difficulties there are: all that a policy is told of a
//! world before it begins.

/// Most skills of any world, so that minds are plain arrays.
pub const SKILLS_MAX: usize = 12;
/// Most difficulties of any world.
pub const DIFFICULTIES_MAX: usize = 3;

/// Skills in the order of the course, each after those it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkillGraph {
    /// The skills that each skill needs, by number; its length is the number of skills.
    pub requires: &'static [&'static [usize]],
    /// Difficulties of each skill's questions, from 0, the easiest.
    pub difficulties: usize,
}

/// The twelve skills of the five families: three roots and nine that follow.
pub const TWELVE: SkillGraph = SkillGraph {
    requires: &[&[], &[], &[], &[0], &[1], &[2], &[3, 4], &[4], &[5, 4], &[6], &[7, 6], &[8]],
    difficulties: 3,
};

/// The same twelve with plausible mistakes: in each, one edge is missing and one is
/// too many, drawn at random once.
pub const MISDRAWN: [SkillGraph; 4] = [
    SkillGraph {
        requires: &[&[], &[], &[], &[0], &[], &[2], &[3, 4], &[4, 5], &[5, 4], &[6], &[7, 6], &[8]],
        difficulties: 3,
    },
    SkillGraph {
        requires: &[&[], &[], &[], &[0], &[1], &[2], &[3, 4], &[4], &[5, 4], &[4], &[7, 6], &[8]],
        difficulties: 3,
    },
    SkillGraph {
        requires: &[&[], &[], &[], &[0], &[1, 2], &[2], &[3, 4], &[4], &[5, 4], &[6], &[7], &[8]],
        difficulties: 3,
    },
    SkillGraph {
        requires: &[&[], &[], &[], &[0], &[1], &[2], &[4], &[4], &[5, 4], &[6], &[7, 6, 2], &[8]],
        difficulties: 3,
    },
];

/// The six skills of KT6kc, one difficulty: a chain.
pub const CHAIN: SkillGraph =
    SkillGraph { requires: &[&[], &[0], &[1], &[2], &[3], &[4]], difficulties: 1 };

/// The six skills of KT6kc, model 1: two roots that meet, then a chain.
pub const MEETING: SkillGraph =
    SkillGraph { requires: &[&[], &[], &[0, 1], &[2], &[3], &[4]], difficulties: 1 };

/// The six skills of KT6kc, model 2: two chains beside each other.
pub const TWO_CHAINS: SkillGraph =
    SkillGraph { requires: &[&[], &[0], &[], &[1], &[2], &[3]], difficulties: 1 };

impl SkillGraph {
    /// How many skills there are.
    #[must_use]
    pub fn skills(&self) -> usize {
        self.requires.len()
    }

    /// How many skills need this one directly.
    #[must_use]
    pub fn successors(&self, skill: usize) -> usize {
        self.requires.iter().filter(|needs| needs.contains(&skill)).count()
    }

    /// The product of a number over the skills that this one needs; 1 for a root.
    pub fn product_over_needs(&self, skill: usize, of: impl Fn(usize) -> f64) -> f64 {
        self.requires[skill].iter().map(|needed| of(*needed)).product()
    }
}
