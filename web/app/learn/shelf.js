// What stays on this device: the link, where the learner is, and what was not sent yet. A browser
// that keeps nothing (private windows may refuse) still teaches, until the page is closed.

const memory = new Map();

function read(key) {
  try {
    const text = localStorage.getItem(key);
    return text === null ? memory.get(key) ?? null : JSON.parse(text);
  } catch {
    return memory.get(key) ?? null;
  }
}

function write(key, value) {
  memory.set(key, value);
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full, or refused: memory has it.
  }
}

export const shelf = {
  link: () => read("nexus-learn:link"),
  keepLink: (link) => write("nexus-learn:link", link),
  place: (learner, course) => read(`nexus-learn:place:${learner}:${course}`),
  keepPlace: (learner, course, place) => write(`nexus-learn:place:${learner}:${course}`, place),
  unsent: (learner) => read(`nexus-learn:unsent:${learner}`) ?? [],
  keepUnsent: (learner, events) => write(`nexus-learn:unsent:${learner}`, events),
};

/** An id that nobody else makes: the learner's own, as tokens of learners must make them. */
export function newId(learner) {
  const random = crypto.getRandomValues(new Uint8Array(12));
  return `${learner}:${Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
