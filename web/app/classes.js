// The classes of a teacher: ids, and names if they like, kept in this browser alone.

const KEPT = "nexus.classes";
const DONE = "nexus.done";

const read = (key) => {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") ?? {};
  } catch {
    return {};
  }
};
const write = (key, value) => {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage only means that nothing is kept.
  }
};

/** @typedef {{ id: string, name: string | null }} Pupil */

/** The names of the classes of a course. */
export const classesOf = (course) => Object.keys(read(KEPT)[course] ?? {}).sort();

/** @returns {Pupil[] | null} */
export const pupilsOf = (course, name) => read(KEPT)[course]?.[name] ?? null;

/** The name that a teacher gave a learner in any class. */
export const nameOf = (id) => Object.values(read(KEPT)).flatMap((classes) => Object.values(classes).flat())
  .find((pupil) => pupil.id === id && pupil.name !== null)?.name ?? null;

/** Keeps a class, or forgets it when it has no pupils. @param {Pupil[]} pupils */
export function keepClass(course, name, pupils) {
  const all = read(KEPT);
  all[course] = { ...all[course], [name]: pupils };
  if (pupils.length === 0) delete all[course][name];
  write(KEPT, all);
}

/** What a teacher typed or pasted: a line a learner, or ids with commas on one line. @returns {Pupil[]} */
export function readPupils(text) {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const isId = (word) => /^[\w.:~@/=-]+$/.test(word);
  const pupils = lines.flatMap((line) => {
    const parts = line.split(/[,;\t]/).map((part) => part.trim()).filter((part) => part !== "");
    // One line of ids alone; a line of a list has a name in its second part.
    if (lines.length === 1 && parts.every(isId)) return parts.map((id) => ({ id, name: null }));
    return [{ id: parts[0], name: parts.slice(1).join(", ") || null }];
  });
  return [...new Map(pupils.map((pupil) => [pupil.id, pupil])).values()];
}

/** Whom the teacher has dealt with today, in a course. */
export function doneToday(course) {
  const { day, ids = {} } = read(DONE);
  return new Set(day === today() ? ids[course] ?? [] : []);
}

export function markDone(course, learner) {
  const kept = read(DONE);
  const ids = kept.day === today() ? kept.ids ?? {} : {};
  ids[course] = [...new Set([...(ids[course] ?? []), learner])];
  write(DONE, { day: today(), ids });
}

const today = () => new Date().toLocaleDateString("en-CA");
