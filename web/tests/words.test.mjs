// The pages have words for every word of the interface that they show.

import { readFileSync } from "node:fs";
import {
  closingWords, exclusionWords, fallbackWords, gainSourceWords, metricWords, planWords, policyWords,
  relaxationWords, sourceActivityWords, statusMeaning, statusWords, supportWords, withheldWords,
} from "../app/words.js";

export const views = ["desktop-light"];

const SHOWN = {
  ClosedReason: closingWords,
  ExclusionReason: exclusionWords,
  Fallback: fallbackWords,
  GainSource: gainSourceWords,
  Metric: metricWords,
  PlanName: planWords,
  PolicyName: policyWords,
  Relaxation: relaxationWords,
  SkillStatus: statusWords,
  SourceActivity: sourceActivityWords,
  SupportKind: supportWords,
  WithheldReason: withheldWords,
};

export default async ({ check }) => {
  const file = new URL("../../docs/openapi.json", import.meta.url);
  const { schemas } = JSON.parse(readFileSync(file, "utf8")).components;
  const wordless = (words, shown) => words.filter((word) => shown(word) === word.replaceAll("_", " "));
  for (const [name, shown] of Object.entries(SHOWN)) {
    const words = schemas[name]?.enum ?? [];
    const missing = wordless(words, shown);
    check(`the pages have words for ${name}`, words.length > 0 && missing.length === 0,
      words.length === 0 ? "the document has no such list" : missing.join(", "));
  }
  const statuses = schemas.SkillStatus?.enum ?? [];
  const missing = wordless(statuses, statusMeaning);
  check("the pages say what each status means", missing.length === 0, missing.join(", "));
};
