/** The commands about rules. They are loaded when the user first needs them. */
import { batch } from "@preact/signals";
import { fetchRuleConflicts, fetchRuleItems, getJson } from "../net/api.js";
import type { Connection } from "../net/connection.js";
import { messageOf } from "../net/errors.js";
import { unpackItems, unpackText } from "../protocol/item-sets.js";
import {
  type Ack,
  type EditRule,
  MAX_NAME_LENGTH,
  type PreviewRule,
  type RuleInfo,
  type Rules as RulesAnswer,
  type Why,
} from "../protocol/messages.js";
import { type AppState, NOTHING } from "../state/app-state.js";
import { withRecent } from "../state/class-rows.js";
import type { RuleCommands } from "../state/commands.js";
import { items as itemsText } from "../state/format.js";
import type { Matched } from "../state/rule-state.js";
import { chosen, newestRegions } from "./chosen.js";
import type { EditPermission } from "./edit-permission.js";
import type { Labelling } from "./labelling.js";
import type { ModelQueries } from "./model-queries.js";
import type { Notes } from "./notes.js";

/** Time after which a preview without an answer has failed, ms: features may be computed first. */
const PATIENCE_MS = 30_000;

/** Parts of the session that the rules use. */
export interface RuleParts {
  connection: Pick<Connection, "command">;
  labelling: Pick<Labelling, "answerTo">;
  notes: Pick<Notes, "add" | "fail" | "clear">;
  permission: Pick<EditPermission, "allowed">;
  queries: Pick<ModelQueries, "ask">;
}

type Uploads = Parameters<ModelQueries["ask"]>[1];

const newId = () => crypto.randomUUID();

/** Name of a copy that no rule has, not longer than the server accepts: "oak 1 (copy 2)". */
function copyName(name: string, taken: ReadonlySet<string>): string {
  for (let k = 1; ; k++) {
    const end = k === 1 ? " (copy)" : ` (copy ${k})`;
    const start = Array.from(name).slice(0, MAX_NAME_LENGTH - end.length);
    const copy = start.join("") + end;
    if (!taken.has(copy)) return copy;
  }
}

export class Rules implements RuleCommands {
  /** Sequence numbers of the newest previews. Answers to earlier previews are ignored. */
  private readonly newest = { selection: 0, reach: 0, move: 0 };
  /** Sequence number of the newest request for figures. */
  private asked = 0;
  /** Items of rules, by the number of the rule and of its newest change. */
  private readonly known = new Map<string, Promise<Uint32Array>>();

  constructor(
    private readonly state: AppState,
    private readonly parts: RuleParts,
  ) {}

  keep(classId: number): void {
    const { state } = this;
    const { selection, rules, latent, annotations } = state;
    const { items, tool, regions, revision, note } = selection.peek();
    if (!this.allowed() || items.length === 0) return;
    const { fields, uploads } = chosen(items);
    const command_id = newId();
    const preview = rules.preview.peek();
    // Show the labels before the answer. Labelled items wait for the answer: a person may have
    // verified them.
    if (preview?.of === items) {
      const free = preview.items.filter((item) => annotations.labels[item]! < 0);
      annotations.show(command_id, free, classId);
    }
    const answer = this.parts.labelling.answerTo(command_id);
    const sent = this.parts.connection.command(
      {
        op: "add_rule",
        command_id,
        kind: "region",
        class_id: classId,
        ...fields,
        revision: revision >= 0 ? revision : latent.revision,
        provenance: { tool, regions: newestRegions(regions), note: note ?? "" },
      },
      uploads,
    );
    if (!sent) return;
    batch(() => {
      state.labelsVersion.value += 1;
      state.recentClasses.value = withRecent(state.recentClasses.peek(), classId);
      rules.keep.value = false;
      rules.preview.value = null;
      selection.value = NOTHING;
    });
    void answer.then((ack) => ack && this.noteAdded(ack));
  }

  async preview(): Promise<void> {
    const { items } = this.state.selection.peek();
    const { fields, uploads } = chosen(items);
    const mine = ++this.newest.selection;
    const matched = await this.ask({ kind: "region", ...fields }, uploads);
    if (mine === this.newest.selection) this.state.rules.preview.value = { of: items, ...matched };
  }

  async previewReach(rule: number, reach: number): Promise<void> {
    const { rules } = this.state;
    const changedAt = rules.find(rule)?.changed_at;
    const mine = ++this.newest.reach;
    const matched = await this.ask({ rule, reach });
    if (mine === this.newest.reach && rules.find(rule)?.changed_at === changedAt)
      rules.reached.value = { rule, reach, ...matched };
  }

  async previewMove(rule: number, items: Uint32Array): Promise<void> {
    const { moved } = this.state.rules;
    const mine = ++this.newest.move;
    const { fields, uploads } = chosen(items);
    const matched = await this.ask({ kind: "region", ...fields }, uploads);
    const now = moved.peek();
    if (mine === this.newest.move && now?.rule === rule) moved.value = { ...now, matched };
  }

  endPreview(): void {
    this.newest.reach += 1;
    this.newest.move += 1;
    batch(() => {
      this.state.rules.reached.value = null;
      this.state.rules.moved.value = null;
    });
  }

  async edit(
    rule: number,
    changes: Omit<EditRule, "op" | "command_id" | "rule">,
  ): Promise<boolean> {
    const mine = ++this.newest.reach;
    const accepted = this.allowed() && (await this.sendEdit({ rule, ...changes }));
    // The user may have begun to change the reach again.
    if (mine === this.newest.reach) this.endPreview();
    return accepted;
  }

  async remake(rule: number, items: Uint32Array): Promise<boolean> {
    const { fields, uploads } = chosen(items);
    // With another reach, the region would match more or fewer items than those in the hull.
    return this.allowed() && this.sendEdit({ rule, ...fields, reach: 1 }, uploads);
  }

  private async sendEdit(
    fields: Omit<EditRule, "op" | "command_id">,
    uploads: Uploads = [],
  ): Promise<boolean> {
    const command_id = newId();
    const answer = this.parts.labelling.answerTo(command_id);
    const sent = this.parts.connection.command({ op: "edit_rule", command_id, ...fields }, uploads);
    return sent && (await answer) !== null;
  }

  delete(rule: number): void {
    if (!this.allowed()) return;
    this.parts.connection.command({ op: "delete_rule", command_id: newId(), rule });
  }

  duplicate({ rule, kind, class_id, name }: RuleInfo): void {
    const names = new Set(this.state.rules.list.peek().map((one) => one.name));
    this.add({ kind, class_id, copy_of: rule, name: copyName(name, names) });
  }

  fromSearch(classId: number, query: string): void {
    this.add({ kind: "query", class_id: classId, query });
  }

  fromPredictions(classId: number, confidence: number): void {
    this.add({ kind: "predictions", class_id: classId, confidence });
  }

  select(rule: RuleInfo): void {
    void this.itemsOf(rule).then(
      (items) => {
        const { selection, latent } = this.state;
        const note = `items of the rule ${rule.name}`.slice(0, 200);
        selection.value = { ...NOTHING, items, tool: "cluster", revision: latent.revision, note };
      },
      (error: unknown) =>
        this.parts.notes.fail(`The items of the rule could not be fetched: ${messageOf(error)}`),
    );
  }

  itemsOf({ rule, changed_at }: RuleInfo): Promise<Uint32Array> {
    const key = `${rule} ${changed_at}`;
    let items = this.known.get(key);
    if (!items) {
      for (const old of this.known.keys()) if (old.startsWith(`${rule} `)) this.known.delete(old);
      items = fetchRuleItems(rule).then((packed) => unpackItems(packed).items);
      this.known.set(key, items);
      items.catch(() => this.known.delete(key));
    }
    return items;
  }

  async conflicts(): Promise<Uint32Array> {
    return unpackItems(await fetchRuleConflicts()).items;
  }

  refresh(): void {
    const mine = ++this.asked;
    getJson<RulesAnswer>("/api/rules").then(
      (answer) => {
        if (mine === this.asked) this.state.rules.figures.value = answer;
      },
      () => {}, // the panel shows the figures as not known
    );
  }

  why(item: number): Promise<Why> {
    return getJson<Why>(`/api/items/${item}/why`);
  }

  private add(fields: {
    kind: RuleInfo["kind"];
    class_id: number;
    name?: string;
    query?: string;
    confidence?: number;
    copy_of?: number;
  }): void {
    if (!this.allowed()) return;
    const command_id = newId();
    const answer = this.parts.labelling.answerTo(command_id);
    this.parts.connection.command({ op: "add_rule", command_id, ...fields });
    void answer.then((ack) => ack && this.noteAdded(ack));
  }

  /** Show an added rule to the user. The list of rules arrives before the answer. */
  private noteAdded({ command_id: commandId, sequence: number }: Ack): void {
    const { rules, keys, xr } = this.state;
    const rule = rules.find(number);
    if (!rule) return;
    // In VR, the next class would change the chosen rule.
    if (!xr.presenting.peek()) rules.chosen.value = rule.rule;
    const undo = keys.text("undo");
    this.parts.notes.add(
      `Kept as the rule “${rule.name}”, which votes on ${itemsText(rule.count)}.` +
        (undo ? ` ${undo} undoes this.` : ""),
      commandId,
    );
  }

  /** Return the items that a rule would match, or the reason why they are not known. */
  private async ask(
    fields: Omit<PreviewRule, "op" | "command_id">,
    uploads: Uploads = [],
  ): Promise<Matched> {
    const answer = await this.parts.queries.ask(
      { op: "preview_rule", command_id: newId(), ...fields },
      uploads,
      PATIENCE_MS,
    );
    if (answer?.op === "rule_previewed") {
      const { chosen: n, kept, locked, verified, space, packed } = answer;
      const { items } = unpackText(packed);
      return { items, chosen: n, kept, locked, verified, space, problem: "" };
    }
    const problem =
      answer?.op === "refused" ? answer.message : "There is no preview yet: the server is busy.";
    const items = new Uint32Array(0);
    return { items, chosen: 0, kept: 0, locked: 0, verified: 0, space: "", problem };
  }

  private allowed(): boolean {
    this.parts.notes.clear();
    return this.parts.permission.allowed();
  }
}
