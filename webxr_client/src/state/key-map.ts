/**
 * Keys of the page's actions, and the user's changes to them.
 *
 * A key has a name: the character in lower case ("w", "?"), or the name of KeyboardEvent.key in
 * lower case ("enter", "end"), after the held modifiers ("ctrl+shift+z"). Shift is part of the name
 * only with Ctrl or Alt. "ctrl" also means the command key of a Mac.
 */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { store, stored } from "./storage.js";

/** The standard keys of each action. The page shows the first. */
export const STANDARD_KEYS = {
  confirm: ["enter"],
  remove: ["backspace", "delete"],
  suspects: ["q"],
  uncertain: ["u"],
  overview: ["o"],
  group: ["j"],
  next: ["w"],
  grow: ["e"],
  similar: ["+", "="],
  accept: ["y"],
  keepRule: ["#"],
  rules: [";"],
  findClass: ["p"],
  newClass: ["n"],
  undo: ["ctrl+z"],
  redo: ["ctrl+y", "ctrl+shift+z"],
  play: ["space"],
  momentBack: [","],
  momentForward: ["."],
  gestureBack: ["["],
  gestureForward: ["]"],
  live: ["end"],
  lasso: ["l"],
  rectangle: ["r"],
  pick: ["v"],
  drag: ["m"],
  dials: ["d"],
  arrows: ["a"],
  decode: ["x"],
  orbit: ["h"],
  mode: ["t"],
  fit: ["f"],
  colour: ["c"],
  cueColour: ["k"],
  cueSize: ["z"],
  search: ["/"],
  sound: ["s"],
  bigText: ["b"],
  close: ["escape"],
  devices: ["g"],
  report: ["i"],
  help: ["?"],
} as const satisfies Record<string, readonly string[]>;

export type ActionId = keyof typeof STANDARD_KEYS;

/** Actions whose keys cannot be changed, because other programs use the same keys for them. */
export const FIXED: ReadonlySet<ActionId> = new Set(["confirm", "remove", "play", "live", "close"]);

const CHANGED_KEYS = "lodespace.keys";
const SINGLE_KEYS = "lodespace.single-keys";
const NAMES: Record<string, string> = { escape: "Esc", backspace: "⌫", delete: "Del" };

/** Whether a key is a single character without a modifier: a letter, digit or sign. */
export const isSingle = (key: string): boolean => [...key].length === 1;

/** The text of a key on the page: "Ctrl Z" for "ctrl+z". On a Mac, "⌘ Z". */
export function keyText(key: string, mac = isMac()): string {
  // A plus sign at the end is the key itself.
  const parts = key.split(/\+(?=.)/);
  return parts
    .map((part) => {
      if (part === "ctrl") return mac ? "⌘" : "Ctrl";
      if (part === "alt" && mac) return "⌥";
      return NAMES[part] ?? part.charAt(0).toUpperCase() + part.slice(1);
    })
    .join(" ");
}

/** Whether the page runs on a device of Apple, whose keyboards have a command key. */
export const isMac = (): boolean => /Mac|iPad|iPhone/.test(navigator.platform);

export class KeyMap {
  private readonly changes: Signal<Partial<Record<ActionId, string>>>;
  private readonly singleKeys: Signal<boolean>;
  /** Whether the page shows keys. A device that is touched may have no keyboard. */
  readonly shown = signal(true);

  constructor() {
    this.changes = signal(readChanges(stored(CHANGED_KEYS)));
    this.singleKeys = signal(stored(SINGLE_KEYS) !== "off");
  }

  /** Whether letters, digits and signs act without Ctrl or Alt. If not, only other keys act. */
  get single(): ReadonlySignal<boolean> {
    return this.singleKeys;
  }

  /** Whether the user has changed a key. */
  get changed(): boolean {
    return Object.keys(this.changes.value).length > 0;
  }

  /** Keys of an action. */
  keysOf(id: ActionId): readonly string[] {
    const key = this.changes.value[id];
    return key === undefined ? STANDARD_KEYS[id] : [key];
  }

  /** The first key of an action as the page shows it; "" if it does not act or is not shown. */
  text(id: ActionId): string {
    const key = this.keysOf(id)[0]!;
    return this.shown.value && this.acts(key) ? keyText(key) : "";
  }

  /** Whether a key acts at all: single keys can be switched off. */
  acts(key: string): boolean {
    return this.single.value || !isSingle(key);
  }

  /** The action of a key; null if no action has it. */
  actionOf(key: string): ActionId | null {
    if (!this.acts(key)) return null;
    return this.owner(key);
  }

  /**
   * Give a key to an action. If another action has this key, the two actions exchange their keys.
   * Returns the other action; null if there is none. Throws RangeError, with a text for the user,
   * if the key cannot be given.
   */
  give(id: ActionId, key: string): ActionId | null {
    if (FIXED.has(id)) throw new RangeError("The key of this action cannot be changed.");
    if (/^[0-9]$/.test(key)) throw new RangeError("The digits label with the first ten classes.");
    const other = this.owner(key);
    if (other === id) return null;
    if (other !== null && FIXED.has(other))
      throw new RangeError(`${keyText(key)} cannot get another action.`);
    if (!isSingle(key) && !key.includes("+") && !/^f\d+$/.test(key))
      throw new RangeError("Press a letter, a sign, or a key together with Ctrl or Alt.");
    const before = this.keysOf(id)[0]!;
    const changes = { ...this.changes.value, [id]: key };
    if (other !== null) changes[other] = before;
    for (const name of Object.keys(changes) as ActionId[])
      if (changes[name] === STANDARD_KEYS[name][0]) delete changes[name];
    this.changes.value = changes;
    store(CHANGED_KEYS, JSON.stringify(changes));
    return other;
  }

  /** Give all actions their standard keys. */
  reset(): void {
    this.changes.value = {};
    store(CHANGED_KEYS, "{}");
  }

  switchSingle(): void {
    this.singleKeys.value = !this.singleKeys.value;
    store(SINGLE_KEYS, this.singleKeys.value ? "on" : "off");
  }

  private owner(key: string): ActionId | null {
    const ids = Object.keys(STANDARD_KEYS) as ActionId[];
    return ids.find((id) => this.keysOf(id).includes(key)) ?? null;
  }
}

/** Decode stored changes. Leave out those that do not fit, such as those of another version. */
function readChanges(text: string | null): Partial<Record<ActionId, string>> {
  const changes: Partial<Record<ActionId, string>> = {};
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    for (const [id, key] of Object.entries(found ?? {}))
      if (id in STANDARD_KEYS && !FIXED.has(id as ActionId) && typeof key === "string" && key)
        changes[id as ActionId] = key;
  } catch {
    return {};
  }
  return changes;
}
