/**
 * Queries to the model over the stream. Each query gets at most one answer. A repeated query, such
 * as the one for the point under the pointer, waits for the previous answer.
 */
import type { Upload } from "../net/unanswered.js";
import {
  type ClientOperation,
  type Decoded as DecodedAnswer,
  MAX_PROBED,
  type Probed,
  type Refused,
  type RulePreviewed,
} from "../protocol/messages.js";
import type { AppState } from "../state/app-state.js";
import { type Decoded, picturesOf, type Seen, type Term } from "../state/force-state.js";

/** Time after which a query without an answer resolves with null, ms. */
const PATIENCE_MS = 6000;

type Answer = Probed | DecodedAnswer | RulePreviewed;
type Point = readonly number[];

export class ModelQueries {
  private readonly waiting = new Map<string, (answer: Answer | Refused | null) => void>();
  /** Whether a query for the point under the pointer or the hand has no answer yet. */
  private mapBusy = false;
  /** Newest point to decode; its query is sent after the previous query is answered. */
  private mapNext: Point | null = null;
  /** Command id of the newest query for forces and reconstructions. */
  private probed = "";
  private watching = false;

  constructor(
    private readonly state: AppState,
    private readonly send: (operation: ClientOperation, uploads?: readonly Upload[]) => void,
  ) {}

  /** Handle an answer. Returns whether it belongs to a query of this page. */
  handleAnswer(operation: Answer | Refused): boolean {
    const asked = this.waiting.get(operation.command_id);
    if (!asked) return false;
    this.waiting.delete(operation.command_id);
    asked(operation);
    return true;
  }

  /**
   * Decode points of the latent space. Resolves with one picture per point, or with an empty list
   * if there is no model.
   */
  async decode(points: readonly Point[]): Promise<Decoded[]> {
    const answer = await this.ask({
      op: "decode",
      command_id: crypto.randomUUID(),
      points: points.map(triple),
    });
    if (answer?.op !== "decoded") return [];
    return picturesOf(answer.pictures, answer.width, answer.height, answer.channels);
  }

  /**
   * Decode the point under the pointer or the hand, one query at a time. A null point clears the
   * picture.
   */
  look(point: Point | null): void {
    const { forces } = this.state;
    this.mapNext = point;
    if (!point) forces.decoded.value = null;
    if (!point || this.mapBusy) return;
    this.mapBusy = true;
    this.mapNext = null;
    void this.decode([point]).then((pictures) => {
      this.mapBusy = false;
      if (!forces.map.peek()) return;
      forces.decoded.value = pictures[0] ?? null;
      if (this.mapNext) this.look(this.mapNext);
    });
  }

  /**
   * Request forces and reconstructions of the first MAX_PROBED of `items`. The page keeps the
   * answer until the next call.
   */
  async probe(items: readonly number[]): Promise<void> {
    const { forces } = this.state;
    const command_id = crypto.randomUUID();
    this.probed = command_id;
    if (items.length === 0) {
      if (forces.seen.peek().size > 0) forces.seen.value = new Map();
      return;
    }
    const answer = await this.ask({ op: "probe", command_id, items: items.slice(0, MAX_PROBED) });
    if (answer?.op !== "probed" || this.probed !== command_id) return;
    forces.seen.value = new Map(seenOf(answer).map((seen) => [seen.item, seen]));
    forces.version.value += 1;
  }

  /** Request a forces frame with every positions frame; false ends the request. */
  watch(forces: boolean): void {
    if (forces === this.watching) return;
    this.watching = forces;
    if (!forces) this.state.forces.frame = null;
    this.send({ op: "watch", forces });
  }

  /** Send the request of `watch` again on a new connection. */
  resumeWatch(): void {
    if (this.watching) this.send({ op: "watch", forces: true });
  }

  /**
   * Send a query, with uploads before it. Resolves with the answer or the refusal; null if there is
   * neither within `patience` ms.
   */
  ask(
    operation: ClientOperation & { command_id: string },
    uploads: readonly Upload[] = [],
    patience = PATIENCE_MS,
  ): Promise<Answer | Refused | null> {
    return new Promise((resolve) => {
      this.waiting.set(operation.command_id, resolve);
      window.setTimeout(() => {
        if (this.waiting.delete(operation.command_id)) resolve(null);
      }, patience);
      this.send(operation, uploads);
    });
  }
}

const triple = (point: Point): [number, number, number] => [
  point[0] ?? 0,
  point[1] ?? 0,
  point[2] ?? 0,
];

function seenOf(answer: Probed): Seen[] {
  const axes = answer.sigma.length / answer.items.length;
  const pictures = picturesOf(answer.pictures, answer.width, answer.height, answer.channels);
  return answer.items.map((item, k) => ({
    item,
    forces: Object.fromEntries(
      Object.entries(answer.forces).map(([term, all]) => [
        term,
        all.slice(k * axes, (k + 1) * axes),
      ]),
    ) as Partial<Record<Term, number[]>>,
    reconstruction: pictures[k] ?? null,
    error: answer.error[k]!,
    sigma: answer.sigma.slice(k * axes, (k + 1) * axes),
  }));
}
