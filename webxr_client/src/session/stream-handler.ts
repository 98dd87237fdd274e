/** Operations and frames from the stream, written into the state. */
import { batch } from "@preact/signals";
import type { StreamListener } from "../net/connection.js";
import type { Frame } from "../protocol/frames.js";
import { listedItems } from "../protocol/item-sets.js";
import {
  CLOSE_REVOKED,
  type ClientOperation,
  type Notice,
  type ServerOperation,
} from "../protocol/messages.js";
import type { AppState } from "../state/app-state.js";
import type { AwaitedClass } from "./awaited-class.js";
import type { Labelling } from "./labelling.js";
import type { ModelQueries } from "./model-queries.js";
import type { Notes } from "./notes.js";
import type { SceneSync } from "./scene-sync.js";
import type { Undoing } from "./undoing.js";

/** Number of newest samples of the training curves that the page keeps. */
const LOSSES_KEPT = 600;

/** Objects that handle parts of the stream. */
export interface StreamParts {
  scene: SceneSync;
  queries: ModelQueries;
  labelling: Labelling;
  awaited: AwaitedClass;
  undoing: Undoing;
  notes: Notes;
  /** Called when the owner revoked this device's access. */
  onRevoked(): void;
  /** Called when the stream could not be opened. An HTTP request can find out the reason. */
  onUnopened(): void;
}

export class StreamHandler implements StreamListener {
  constructor(
    private readonly state: AppState,
    private readonly clientId: string,
    private readonly parts: StreamParts,
  ) {}

  hello(): ClientOperation {
    const { latent } = this.state;
    return {
      op: "hello",
      client_id: this.clientId,
      scene_id: latent.sceneId,
      revision: latent.received,
      sequence: this.parts.scene.sequence,
    };
  }

  onState(connection: AppState["connection"]["value"]): void {
    const { state, parts } = this;
    const before = state.connection.peek().status;
    batch(() => {
      state.connection.value = connection;
      if (connection.status !== "open")
        state.peers.value = state.people.selections.value = new Map();
    });
    if (connection.status === "open" && before !== "open") parts.queries.resumeWatch();
    if (connection.status === "refused" && connection.code === CLOSE_REVOKED) parts.onRevoked();
    else if (connection.status === "waiting" && before === "connecting") parts.onUnopened();
  }

  onFrame(frame: Frame): void {
    const { state } = this;
    if (!state.time.live.peek()) return;
    switch (frame.kind) {
      case "positions":
        this.parts.scene.handlePositions(frame);
        break;
      case "forces":
        if (frame.header.n === state.latent.n) state.forces.setFrame(frame);
        break;
      case "predictions":
        state.annotations.setPredictions(frame.items, frame.class_ids, frame.confidence);
        state.predictionsVersion.value += 1;
        break;
    }
  }

  onOperation(operation: ServerOperation): void {
    const { state } = this;
    const { scene, queries, labelling, notes } = this.parts;
    switch (operation.op) {
      case "welcome":
        scene.handleWelcome();
        state.setSession(operation.session);
        break;
      case "resync":
        void scene.resync();
        break;
      case "labels":
        scene.sequence = Math.max(scene.sequence, operation.sequence);
        if (!state.time.live.peek()) break;
        state.annotations.setLabels(operation);
        state.labelsVersion.value += 1;
        break;
      case "quality":
        state.review.quality.value = operation.quality;
        break;
      case "ack": {
        labelling.handleAnswer(operation.command_id, operation);
        const texts = [this.parts.undoing.noteOf(operation.command_id), operation.message];
        const note = texts.filter(Boolean).join(" ");
        if (note) notes.add(note, operation.command_id);
        break;
      }
      case "refused":
        if (queries.handleAnswer(operation)) break;
        labelling.handleAnswer(operation.command_id, null);
        this.parts.awaited.handleRefusal(operation.command_id);
        this.parts.undoing.noteOf(operation.command_id);
        state.refusal.value = operation;
        break;
      case "probed":
      case "decoded":
      case "rule_previewed":
        queries.handleAnswer(operation);
        break;
      case "pins":
        state.pins.value = listedItems(operation.items, operation.packed);
        break;
      case "axes":
        if (state.time.live.peek()) state.axes.value = operation.axes;
        break;
      case "rules":
        state.rules.setList(operation.rules);
        break;
      case "classes":
        state.classes.value = operation.classes;
        break;
      case "history":
        state.history.value = operation.history;
        break;
      case "training":
        state.training.value = operation.training;
        break;
      case "losses":
        state.losses.value = [...state.losses.peek().slice(1 - LOSSES_KEPT), operation.losses];
        break;
      case "notice":
        this.setNotice(operation);
        break;
      case "peer":
        // A client without a head has left.
        state.peers.value = withEntry(state.peers.peek(), operation, !!operation.head);
        break;
      case "peer_selected":
        state.people.selections.value = withEntry(
          state.people.selections.peek(),
          operation,
          operation.items.length > 0,
        );
        break;
      case "access":
        state.access.value = operation.access;
        break;
      case "gesture": // labels, classes and pins of a gesture arrive in other operations
      case "pong": // handled by the connection
      case "resolved": // answers a query that this page does not make
        break;
    }
  }

  /** Replace the notice of the same topic. If `notice` has no code, only remove the old notice. */
  private setNotice(notice: Notice): void {
    const { notices } = this.state;
    const others = notices.peek().filter(({ topic }) => topic !== notice.topic);
    notices.value = notice.code ? [...others, notice] : others;
  }
}

/** Return a copy of `map` with an entry about another client, or without it unless `kept`. */
function withEntry<T extends { client_id: string }>(
  map: ReadonlyMap<string, T>,
  entry: T,
  kept: boolean,
): ReadonlyMap<string, T> {
  const copy = new Map(map);
  if (kept) copy.set(entry.client_id, entry);
  else copy.delete(entry.client_id);
  return copy;
}
