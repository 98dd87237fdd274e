/** Rows of the list of classes: recent and suggested classes, groups, and filtered classes. */
import type { ClassInfo } from "../protocol/messages.js";
import type { LabelTarget } from "./label-target.js";

/** Number of classes above which the list has a field to type in, and recent classes. */
export const MANY_CLASSES = 12;
/** Largest number of classes whose groups are open at the start. */
export const MOST_OPEN = 40;
/** Number of recent classes that are kept. */
export const MOST_RECENT = 5;
const SEPARATOR = "/";

/**
 * A class, a line above classes, or a class that can be created (new). `first`: whether it is
 * listed as recent or suggested.
 */
export type ClassListRow =
  | { kind: "class"; info: ClassInfo; text: string; first: boolean }
  | { kind: "group"; name: string; classes: ClassInfo[]; open: boolean }
  | { kind: "line"; text: string }
  | { kind: "new"; name: string };

export interface ClassView {
  /** Text that the user has typed; "" for none. */
  text: string;
  /** Classes that the selection is predicted as, the most frequent first. */
  suggested: readonly number[];
  /** Classes of the last labels, the newest first. */
  recent: readonly number[];
  /** Groups that the user has opened (true) or closed (false). */
  chosen: ReadonlyMap<string, boolean>;
  /** Whether a class with the typed name can be created. */
  canCreate: boolean;
}

/** The first part of a name with groups: "birds" for "birds/owl"; "" without a group. */
export function groupOf(name: string): string {
  const end = name.indexOf(SEPARATOR);
  return end > 0 && end < name.length - 1 ? name.slice(0, end) : "";
}

/** Text without case and accents, so that "lowe" finds "Löwe". */
export const plain = (text: string): string =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

/**
 * Place of a name among the matches of a text; the best matches have the smallest numbers. Null if
 * a word of the text is not in the name.
 */
export function matchPlace(name: string, text: string): number | null {
  const [own, wanted] = [plain(name), plain(text).trim()];
  if (!wanted.split(/\s+/).every((word) => own.includes(word))) return null;
  const last = own.slice(own.lastIndexOf(SEPARATOR) + 1);
  if (own === wanted || last === wanted) return 0;
  if (own.startsWith(wanted) || last.startsWith(wanted)) return 1;
  return own.includes(` ${wanted}`) ? 2 : 3;
}

/** Rows of the list. `classes`: all classes, without removed ones. */
export function classRows(classes: readonly ClassInfo[], view: ClassView): ClassListRow[] {
  const name = view.text.trim();
  if (name) {
    const found = matches(classes, view);
    const isNew = view.canCreate && !classes.some((info) => info.name === name);
    return isNew ? [...found, { kind: "new", name }] : found;
  }
  const rows: ClassListRow[] = [];
  if (classes.length > MANY_CLASSES) rows.push(...firstRows(classes, view));
  const groups = new Map<string, ClassInfo[]>();
  for (const info of classes) {
    const group = groupOf(info.name);
    if (group) groups.set(group, [...(groups.get(group) ?? []), info]);
  }
  const listed = new Set<string>();
  for (const info of classes) {
    const name = groupOf(info.name);
    const members = groups.get(name);
    if (!members || members.length === 1) {
      rows.push({ kind: "class", info, text: info.name, first: false });
      continue;
    }
    if (listed.has(name)) continue;
    listed.add(name);
    const open = view.chosen.get(name) ?? classes.length <= MOST_OPEN;
    rows.push({ kind: "group", name, classes: members, open });
    if (open)
      for (const member of members)
        rows.push({
          kind: "class",
          info: member,
          text: member.name.slice(name.length + 1),
          first: false,
        });
  }
  return rows;
}

function firstRows(classes: readonly ClassInfo[], { suggested, recent }: ClassView) {
  const rows: ClassListRow[] = [];
  const listed = new Set<number>();
  const add = (text: string, ids: readonly number[]) => {
    const infos = ids
      .map((id) => classes.find((info) => info.class_id === id))
      .filter((info) => info && !listed.has(info.class_id)) as ClassInfo[];
    if (infos.length > 0) rows.push({ kind: "line", text });
    for (const info of infos) {
      listed.add(info.class_id);
      rows.push({ kind: "class", info, text: info.name, first: true });
    }
  };
  add("suggested for the selection", suggested);
  add("recent", recent);
  if (rows.length > 0) rows.push({ kind: "line", text: "all" });
  return rows;
}

function matches(classes: readonly ClassInfo[], { text, suggested, recent }: ClassView) {
  const first = [...suggested, ...recent];
  const rank = (info: ClassInfo) => {
    const place = first.indexOf(info.class_id);
    return place < 0 ? first.length : place;
  };
  return classes
    .map((info) => ({ info, place: matchPlace(info.name, text) }))
    .filter(({ place }) => place !== null)
    .sort((a, b) => a.place! - b.place! || rank(a.info) - rank(b.info))
    .map(({ info }): ClassListRow => ({ kind: "class", info, text: info.name, first: false }));
}

/** Whether Enter can choose the row. */
export const canChoose = (row: ClassListRow | undefined): boolean =>
  row?.kind === "class" || row?.kind === "new";

/** Text about the effect of Enter on a row; `undefined`: there is no such row. */
export function enterText(row: ClassListRow | undefined, target: LabelTarget): string {
  const what = target === "sheet" ? "the framed items" : "the selection";
  if (row?.kind === "new") return `Enter creates “${row.name}” and labels ${what} with it.`;
  if (row?.kind !== "class") return "No class has this name.";
  const { name, locked } = row.info;
  if (target === "") return `Enter shows only “${name}”.`;
  if (locked) return `“${name}” is locked. Unlock it, or choose another class.`;
  return `Enter labels ${what} as “${name}”.`;
}

/** Add a class to the recent classes. */
export const withRecent = (recent: readonly number[], classId: number): number[] =>
  [classId, ...recent.filter((other) => other !== classId)].slice(0, MOST_RECENT);

/**
 * Split a long name into a part that can be cut and an end that stays in sight, so that two names
 * with the same beginning look different. A name in a right-to-left script is not split, because
 * its parts would change places.
 */
export function splitName(name: string, end = 9): [string, string] {
  const letters = Array.from(name);
  if (letters.length < 3 * end || /[\p{Script=Hebrew}\p{Script=Arabic}]/u.test(name))
    return [name, ""];
  return [letters.slice(0, -end).join(""), letters.slice(-end).join("")];
}
