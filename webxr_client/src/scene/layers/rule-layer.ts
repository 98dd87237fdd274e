/** Hulls of the rules on the page and in VR, rings of conflicts, and the handles of a hull. */
import { effect, untracked } from "@preact/signals";
import { Color, Matrix4 } from "three";
import type { RuleInfo } from "../../protocol/messages.js";
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import { changeableRegion, HullMove } from "../../state/hull-move.js";
import type { MovableHulls } from "../../state/rule-state.js";
import { LIGHT_INK } from "../cloud/colours.js";
import type { PointCloud } from "../cloud/point-cloud.js";
import type { Stage } from "../stage.js";
import { type HullOutline, outlineOf } from "./hull-outline.js";
import { MoveHandle } from "./move-handle.js";
import { NoticeEdge } from "./notice-edge.js";
import { ReachHandle } from "./reach-handle.js";
import { RuleHulls } from "./rule-hulls.js";

const NONE: ReadonlySet<number> = new Set();
/** Time from a change of rules or labels until the conflicts are requested, ms. */
const CONFLICTS_MS = 250;

interface Known {
  /** The change of the rule that gave it these items. */
  changed: number;
  items: Uint32Array;
  /** Items of the hull that is shown. */
  shown: Uint32Array;
}

export class RuleLayer {
  readonly hulls: RuleHulls;
  private readonly handles: readonly [ReachHandle, MoveHandle];
  /** Items per rule, of the newest change that is known. */
  private readonly items = new Map<number, Known>();
  /** Items in conflict, of the newest answer of the server. */
  private conflicts: ReadonlySet<number> = NONE;
  /** The items in conflict that are ringed. */
  private ringed: ReadonlySet<number> = NONE;
  private asked = 0;
  /** Whether the handles have to be placed again. */
  private unplaced = true;
  private readonly notices = new NoticeEdge(() => {
    this.unplaced = true;
  });

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly stage: Stage,
    private readonly cloud: PointCloud,
  ) {
    this.hulls = new RuleHulls(state.latent);
    const movable = this.movable();
    state.rules.hulls = movable;
    this.handles = [new ReachHandle(state, commands, stage), new MoveHandle(state, movable, stage)];
    stage.world.add(this.hulls.mesh);
    effect(() => {
      const list = state.rules.list.value;
      untracked(() => this.fetch(list));
    });
    effect(() => {
      changeableRegion(state, state.rules.chosen.value);
      state.xr.presenting.value;
      this.unplaced = true;
    });
    effect(() => {
      state.labelsVersion.value;
      const any = state.rules.list.value.some((rule) => rule.on);
      const timer = setTimeout(() => this.fetchConflicts(any), any ? CONFLICTS_MS : 0);
      return () => clearTimeout(timer);
    });
    effect(() => {
      const { rules } = state;
      for (const signal of [rules.list, rules.reached, rules.chosen, state.classes]) signal.value;
      for (const signal of [state.labelsVersion, state.theme, state.layers.rules, state.time.live])
        signal.value;
      state.sceneVersion.value;
      untracked(() => this.show());
    });
  }

  /**
   * Update once per frame. `changed`: whether something has changed since the previous frame.
   * Returns whether something has to be drawn.
   */
  update(changed: boolean): boolean {
    const moved = this.hulls.update(performance.now());
    if (changed || moved || this.unplaced) {
      this.unplaced = false;
      const outline = this.outline();
      for (const handle of this.handles) handle.update(outline);
    }
    return moved;
  }

  /** Outline of the chosen hull on the page; null if this user cannot change it there. */
  private outline(): HullOutline | null {
    const { state, stage } = this;
    if (state.xr.presenting.value) return null;
    const { rule } = changeableRegion(state, state.rules.chosen.value) ?? {};
    const corners = rule && this.hulls.cornersOf(rule);
    if (!corners || corners.length === 0) return null;
    const { camera, element, insets } = stage;
    // Notices cover the cloud until the next action.
    const top = Math.max(insets.top, this.notices.value);
    return outlineOf(corners, { camera, element, insets: { ...insets, top } });
  }

  private movable(): MovableHulls {
    const { hulls, stage } = this;
    const matrix = new Matrix4();
    return {
      motion: new HullMove(this.state, this.commands),
      get moved() {
        return hulls.movedRule;
      },
      middleOf: (rule) => hulls.middleOf(rule),
      move: (rule, motion) => {
        hulls.move(rule, motion && matrix.fromArray(motion));
        stage.invalidate();
      },
      insideOf: (rule, motion) => hulls.insideOf(rule, matrix.fromArray(motion)),
      along: (ray, near) => hulls.hit(ray, near),
      beside: (place, distance) => hulls.beside(place, distance),
    };
  }

  /** The rule whose hull is at a place of the page, CSS pixels; 0 for none. */
  ruleAt(x: number, y: number): number {
    const { clientWidth, clientHeight } = this.stage.element;
    const across = (x / clientWidth) * 2 - 1;
    return this.hulls.under(across, 1 - (y / clientHeight) * 2, this.stage.camera);
  }

  /** Fetch the items of new and changed rules. */
  private fetch(list: readonly RuleInfo[]): void {
    const live = new Set(list.map(({ rule }) => rule));
    for (const rule of this.items.keys()) if (!live.has(rule)) this.items.delete(rule);
    for (const rule of list) {
      if (this.items.get(rule.rule)?.changed === rule.changed_at) continue;
      this.commands.withRules((rules) => {
        rules.itemsOf(rule).then(
          (items) => {
            const now = this.state.rules.find(rule.rule);
            if (now?.changed_at !== rule.changed_at) return;
            this.items.set(rule.rule, { changed: rule.changed_at, items, shown: items });
            this.show();
          },
          // The next change of the rules tries again.
          () => this.state.rules.hulls?.move(rule.rule, null),
        );
      });
    }
  }

  /** Fetch the items in conflict. Without a rule that is on (`any`), none is ringed. */
  private fetchConflicts(any: boolean): void {
    const mine = ++this.asked;
    const take = (items: Iterable<number>) => {
      const found = new Set(items);
      if (mine !== this.asked || same(found, this.conflicts)) return;
      this.conflicts = found;
      this.show();
    };
    if (!any) take([]);
    else this.commands.withRules((rules) => rules.conflicts().then(take, () => {}));
  }

  private show(): void {
    const { state } = this;
    const { rules, theme, classes, layers, time } = state;
    const light = theme.peek() === "light";
    const on =
      layers.rules.peek() && time.live.peek() ? rules.list.peek().filter((rule) => rule.on) : [];
    const voting = on.flatMap((rule) => {
      const items = this.itemsOf(rule);
      return items && items.length > 0 ? [{ rule, items }] : [];
    });
    const ringed = voting.length > 0 ? this.conflicts : NONE;
    if (ringed !== this.ringed) {
      this.ringed = ringed;
      this.cloud.setRinged(Uint32Array.from(ringed));
    }
    const hulls = voting.map(({ rule, items }) => {
      const colour = new Color(classes.peek()[rule.class_id]?.colour ?? "#8c97a6");
      if (light) colour.multiplyScalar(LIGHT_INK);
      // The hulls are drawn as sRGB, as the points are.
      colour.convertLinearToSRGB();
      const { r, g, b } = colour;
      const chosen = rules.chosen.peek() === rule.rule;
      return { rule: rule.rule, items, colour: [r, g, b] as const, chosen };
    });
    this.hulls.show(hulls, this.ringed, light);
    this.stage.invalidate();
  }

  /**
   * Items of a rule: those of its preview while its reach is being changed. After the change, the
   * hull stays as it was shown until its items have arrived.
   */
  private itemsOf({ rule, reach, changed_at }: RuleInfo): Uint32Array | undefined {
    const known = this.items.get(rule);
    if (!known) return undefined;
    const reached = this.state.rules.reached.peek();
    if (reached?.rule === rule && !reached.problem && Math.abs(reached.reach - reach) > 1e-6)
      known.shown = reached.items;
    else if (known.changed === changed_at) known.shown = known.items;
    return known.shown;
  }
}

function same(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  if (a.size !== b.size) return false;
  for (const item of a) if (!b.has(item)) return false;
  return true;
}
