// The words of the wire as people say them.

const EXCLUSIONS = {
  eligible: "Could be chosen",
  activity_prerequisite: "An activity that must come first is not completed",
  skill_prerequisite: "A skill that it builds on is not known well enough, or its own skills lack practice",
  mastered: "Its skills are mastered and need no review yet",
  too_hard: "It would probably be too hard now",
  too_easy: "It would probably be too easy now",
  repeated: "It was shown just now",
  already_done: "It was completed and is not needed again yet",
  just_done: "It was completed just now",
  not_next_on_path: "Another activity is next on the course's own path",
  beyond_cap: "Enough activities that come earlier could be chosen",
  requested: "The request left it out",
  skipped: "The learner skipped it, and nothing asks for it again yet",
  required_first: "What comes first by the course is due",
  stuck_first: "The learner is stuck in what it asks; what that builds on comes first",
  study_first: "A video or reading on what it asks comes first",
  practised_enough: "Its skills were practised much; something else helps more now",
  blocked: "A teacher blocked it",
  capped: "It was shown as often as a teacher allows",
  pinned_first: "A teacher pinned another activity",
  too_long_for_session: "Longer than what is left of the session",
  check_not_due: "The closing check comes once, at the end of the course",
  check_first: "The closing check is due first",
  placed: "The placement is over, was skipped, or comes too late",
};
const RELAXATIONS = {
  none: "The rules were kept: none had to be relaxed.",
  difficulty: "No activity passed the rules, so the difficulty window was ignored.",
  session: "Nothing was short enough for what is left of the session, so its length was ignored.",
  never_shown: "No activity passed the rules, so what was never shown came in its turn.",
  repetition: "No activity passed the rules, so what was shown longest ago and is not done came again.",
  everything: "Nothing passed the rules, so the whole course was allowed.",
  caps: "Nothing else was left, so what teachers had capped was allowed.",
};
const FALLBACKS = {
  invalid_distribution: "the policy gave numbers that are not a distribution",
  kill_switch: "the kill switch was on",
};
const WITHHELD = {
  no_consent: "no consent to exploration",
  session_budget: "this session had its share of exploration",
  day_budget: "this day had its share of exploration",
};
const CLOSINGS = {
  never_started: "the activity was never started",
  nothing_observed: "the activity was started, but nothing was observed in time",
  declined: "the learner chose something else",
  superseded: "a newer decision took its place",
  erased: "the learner was erased",
};
const GAIN_SOURCES = {
  probe: "a probe, drawn at random",
  next_question: "the next independent question",
  later_session: "the first question in a later session",
};
const POLICIES = {
  static: "the course's own path",
  popular: "what others completed lately",
  random: "chance",
  mastery: "mastery first",
  spaced: "due reviews first",
  zpdes: "where success grows fastest",
  pace: "what teaches most a minute",
  plans: "one whole plan a learner, paid by the closing check",
  "lin-ts": "learned by Thompson sampling",
  squarecb: "learned, by inverse gaps (SquareCB)",
  network: "a neural network, trained elsewhere",
  "double-q": "retired: a table trained for the long run",
  "fitted-q": "retired: weights trained for the long run",
  strategic: "retired: learned, by a strategy for each learner",
  "gated-random": "retired: chance, among what is open and not mastered",
  "logistic-ts": "retired: learned by logistic Thompson sampling",
  linucb: "retired: learned, hopeful where unsure (LinUCB)",
  "epsilon-greedy": "retired: learned, mostly the best so far",
  ensemble: "retired: learned by ten opinions",
};
const SUPPORTS = {
  hint: "Hint",
  worked_example: "Worked example",
  explanation: "Explanation",
  remedial_activity: "Remedial activity",
};
const SOURCE_ACTIVITIES = {
  idle: "Not read by this server",
  running: "Running",
  waiting: "Waiting",
  ended: "Read to its end",
  failed: "Stopped",
};
const PLANS = {
  path: "the author's path",
  core_first: "the author's path, what is advanced at the end",
  breadth: "something of everything first",
  pace: "step by step, what teaches most a minute",
};
const STATUSES = {
  not_started: "Not started",
  learning: "Learning",
  mastered: "Mastered",
  fragile: "Fragile",
  stuck: "Stuck",
};
const MEANINGS = {
  not_started: "No answer has exercised it yet.",
  learning: "On the way: some answers, not yet sure enough.",
  mastered: "Very probably right on at least 85 % of typical questions, and seen more than once.",
  fragile: "Was mastered; now recall has faded, or answers here or in other skills make it less sure. Time to review.",
  stuck: "Many answers without progress. More of the same rarely helps: go back to what it builds on, or talk.",
};
const METRICS = {
  closing_check: "Closing check",
  probe_success: "Probe success",
  completion_rate: "Completion",
  progress: "Progress",
  mean_score: "Mean score",
  reward: "Reward",
  minutes: "Minutes",
  retention_7: "Right after a week without it",
  retention_28: "Right after four weeks without it",
};
const FEATURES = {
  constant: "Always 1",
  ability_on_skills: "Ability in its skills",
  predicted_success: "Predicted success",
  distance_from_target: "Distance from the target success",
  uncertainty: "Uncertainty of the ability",
  recall_gap: "What may be forgotten",
  days_since_practice: "Days since practice",
  practice: "Practice so far",
  ahead_on_path: "Ahead on the path",
  is_video: "Is a video",
  is_reading: "Is a reading",
  is_quiz: "Is a quiz",
  length: "Length",
  same_skill_as_last: "Same skill as the last",
  remedial_after_failure: "Remedial after a failure",
  advanced_after_success: "Advanced after a success",
  difficulty: "Difficulty",
  gap_to_difficulty: "Ability minus difficulty",
  popularity: "Popularity",
  streak: "Right or wrong in a row",
  session_minutes: "Minutes in the session",
  streak_x_gap: "In a row × ability minus difficulty",
  session_minutes_x_length: "Minutes in the session × length",
  session_position_x_asks: "Place in the session × asks questions",
  video_x_room: "Video × room to learn",
  reading_x_room: "Reading × room to learn",
  exercise_x_room: "Exercise × room to learn",
  quiz_x_room: "Quiz × room to learn",
  video_x_again: "Video seen before",
  reading_x_again: "Reading read before",
  exercise_x_again: "Exercise done before",
  quiz_x_again: "Quiz done before",
  study_x_ready_x_room: "Study × ready × room to learn",
  practice_x_ready_x_room: "Practice × ready × room to learn",
  exercise_x_success: "Exercise × predicted success",
  exercise_x_success_2: "Exercise × predicted success, squared",
  exercise_x_success_3: "Exercise × predicted success, cubed",
  study_x_forgotten: "Study × forgotten",
  practice_x_forgotten: "Practice × forgotten",
  study_x_attempts: "Study × practice so far",
  practice_x_attempts: "Practice × practice so far",
  success: "Expected success",
  room_x_success: "Expected success × room to learn",
  days_x_room: "Days since practice × room to learn",
  study_x_faded: "Study × faded since it was met",
  practice_x_faded: "Practice × faded since it was met",
  faded_x_room: "Faded since it was met × room to learn",
  study_x_recent: "Study × latest results",
  practice_x_recent: "Practice × latest results",
};
for (let column = 0; column < 8; column += 1) {
  FEATURES[`context_${column}`] = `What the site said, ${column + 1} of 8`;
}

/** A word this page does not know is shown as it is, readable. */
const known = (words) => (word) => words[word] ?? String(word ?? "").replaceAll("_", " ");

export const exclusionWords = known(EXCLUSIONS);
export const relaxationWords = known(RELAXATIONS);
export const planWords = known(PLANS);
export const fallbackWords = known(FALLBACKS);
export const withheldWords = known(WITHHELD);
export const closingWords = known(CLOSINGS);
export const gainSourceWords = known(GAIN_SOURCES);
export const policyWords = known(POLICIES);
export const supportWords = known(SUPPORTS);
export const sourceActivityWords = known(SOURCE_ACTIVITIES);
export const statusWords = known(STATUSES);
export const statusMeaning = known(MEANINGS);
export const metricWords = known(METRICS);
export const featureWords = known(FEATURES);
