/** The session as the page lives it: stream in, commands out, state kept. */
import { batch } from "@preact/signals";
import { fetchScene, fetchSession, ServerError, searchItems } from "../net/api.js";
import { Connection, type StreamListener } from "../net/connection.js";
import { isSite } from "../net/site.js";
import type { Frame } from "../protocol/frames.js";
import {
  CLOSE_REVOKED,
  type ClientOperation,
  MAX_NAME_LENGTH,
  MAX_REGIONS,
  type Provenance,
  type ServerOperation,
  type SessionInfo,
  type Settings,
  UNLABELED,
} from "../protocol/messages.js";
import { type AppState, NOTHING } from "../state/app-state.js";
import type { Commands } from "../state/commands.js";
import { CueFeed } from "./cue-feed.js";
import { ModelQueries } from "./model-queries.js";
import { PairingFlow } from "./pairing.js";
import { Playback } from "./playback.js";
import { Review } from "./review.js";
import { Search } from "./search.js";

const LOSSES_KEPT = 600;
const RETRY_MS = 1500;

export class Session implements StreamListener {
  readonly connection: Connection;
  private readonly clientId = keptClientId();
  private readonly pairing: PairingFlow;
  private readonly queries: ModelQueries;
  private readonly playback: Playback;
  private readonly searching: Search;
  private readonly review: Review;
  /** Who waits for the answer to a command. */
  private readonly answers = new Map<string, (accepted: boolean) => void>();
  private sequence = 0;
  private fetching = false;
  /** The scene was fetched anew, and the server has not answered to that yet: frames are still of the old one. */
  private unwelcomed = false;
  private watching = false;

  constructor(private readonly state: AppState) {
    this.pairing = new PairingFlow(state.pairing, () => void this.start());
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.connection = new Connection(`${scheme}://${location.host}/api/stream`, this);
    this.queries = new ModelQueries(state, (operation) => this.connection.sendIfOpen(operation));
    this.searching = new Search(state, searchItems, (message) => this.note(message));
    this.playback = new Playback(
      state,
      () => this.leavePresent(),
      () => void this.resync(),
    );
    this.review = new Review(state, {
      allowed: () => this.allowed(),
      note: (message) => this.note(message),
      labelEach: (items, classIds, provenance) => this.labelEach(items, classIds, provenance),
    });
    if (!isSite) new CueFeed(state, (message) => this.note(message));
  }

  /** The past is shown: what is being done to the present is ended. */
  private leavePresent(): void {
    const { state } = this;
    batch(() => {
      state.selection.value = NOTHING;
      state.hovered.value = null;
      state.latent.release();
    });
  }

  /** Fetch session and scene, then follow the stream. Tries again until the server is there. */
  async start(): Promise<void> {
    try {
      this.apply(await fetchSession(this.clientId));
      await this.fetchScene();
      this.state.failure.value = "";
      if (isSite) this.connection.disable();
      else this.connection.open();
    } catch (error) {
      if (error instanceof ServerError && error.code === "not_paired") {
        this.requirePairing("asking");
        return;
      }
      this.state.failure.value = error instanceof Error ? error.message : String(error);
      window.setTimeout(() => void this.start(), RETRY_MS);
    }
  }

  /** Show the pairing page; the session starts when this device gets access. */
  private requirePairing(state: "asking" | "revoked"): void {
    this.connection.pause();
    this.state.failure.value = "";
    if (state === "revoked") this.pairing.revoked();
    else void this.pairing.ask();
  }

  private apply(session: SessionInfo): void {
    batch(() => {
      this.state.session.value = session;
      this.state.classes.value = session.classes;
      this.state.training.value = session.training;
      this.state.history.value = session.history;
      this.state.pins.value = session.pins;
      this.state.review.quality.value = session.quality ?? null;
    });
  }

  private async fetchScene(): Promise<void> {
    const scene = await fetchScene();
    this.sequence = scene.sequence;
    batch(() => {
      this.state.latent.setScene(scene);
      this.state.annotations.reset(scene.labels, scene.predictions, scene.confidence);
      this.state.classes.value = scene.classes;
      this.state.sceneVersion.value += 1;
      this.state.labelsVersion.value += 1;
      this.state.predictionsVersion.value += 1;
    });
  }

  // StreamListener ---------------------------------------------------------------------------------------------------

  hello(): ClientOperation {
    const { latent } = this.state;
    return {
      op: "hello",
      client_id: this.clientId,
      scene_id: latent.sceneId,
      revision: latent.received,
      sequence: this.sequence,
    };
  }

  onState(connection: AppState["connection"]["value"]): void {
    const before = this.state.connection.value.status;
    batch(() => {
      this.state.connection.value = connection;
      if (connection.status !== "open") this.state.peers.value = new Map();
    });
    if (connection.status === "open" && before !== "open" && this.watching) this.tellWatching();
    if (connection.status === "refused" && connection.code === CLOSE_REVOKED)
      this.requirePairing("revoked");
    // The stream cannot say why it is not opened; a plain request can.
    else if (connection.status === "waiting" && before === "connecting") void this.askWhy();
  }

  private async askWhy(): Promise<void> {
    try {
      await fetchSession(this.clientId);
    } catch (error) {
      if (error instanceof ServerError && error.code === "not_paired" && !this.state.pairing.value)
        this.requirePairing("revoked");
    }
  }

  onFrame(frame: Frame): void {
    const { state } = this;
    if (!state.time.live.peek()) return;
    if (frame.kind === "forces") {
      if (frame.header.n === state.latent.n) state.forces.take(frame);
      return;
    }
    if (frame.kind === "positions") {
      if (this.fetching || this.unwelcomed) return;
      try {
        state.latent.push(frame, performance.now());
      } catch (error) {
        console.warn(error);
        void this.resync();
      }
      return;
    }
    state.annotations.setPredictions(frame.items, frame.class_ids, frame.confidence);
    state.predictionsVersion.value += 1;
  }

  onOperation(operation: ServerOperation): void {
    const { state } = this;
    switch (operation.op) {
      case "welcome":
        this.unwelcomed = false;
        this.apply(operation.session);
        break;
      case "resync":
        void this.resync();
        break;
      case "labels":
        this.sequence = Math.max(this.sequence, operation.sequence);
        if (!state.time.live.peek()) break;
        state.annotations.setLabels(operation.items, operation.class_ids);
        state.labelsVersion.value += 1;
        break;
      case "quality":
        state.review.quality.value = operation.quality;
        break;
      case "ack":
        state.annotations.confirm(operation.command_id);
        this.answered(operation.command_id, true);
        if (operation.message) this.note(operation.message);
        break;
      case "probed":
      case "decoded":
        this.queries.handleAnswer(operation);
        break;
      case "pins":
        state.pins.value = operation.items;
        break;
      case "gesture":
        break;
      case "refused":
        if (this.queries.handleAnswer(operation)) break;
        if (state.annotations.revert(operation.command_id)) state.labelsVersion.value += 1;
        this.answered(operation.command_id, false);
        state.refusal.value = operation;
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
        state.losses.value = [...state.losses.value.slice(1 - LOSSES_KEPT), operation.losses];
        break;
      case "notice": {
        const others = state.notices.value.filter((notice) => notice.topic !== operation.topic);
        state.notices.value = operation.code ? [...others, operation] : others;
        break;
      }
      case "peer": {
        const peers = new Map(state.peers.value);
        if (operation.head) peers.set(operation.client_id, operation);
        else peers.delete(operation.client_id);
        state.peers.value = peers;
        break;
      }
      case "access":
        state.access.value = operation.access;
        break;
      case "resolved":
        break;
    }
  }

  /** A line for the person, about what they did last. */
  private note(message: string): void {
    const { notices } = this.state;
    const others = notices.value.filter((notice) => notice.topic !== "undo");
    notices.value = [
      ...others,
      { op: "notice", topic: "undo", code: "noted", message, mend: null },
    ];
  }

  private tellWatching(): void {
    this.connection.sendIfOpen({ op: "watch", forces: this.watching });
  }

  private async resync(): Promise<void> {
    if (this.fetching || !this.state.time.live.peek()) return;
    this.fetching = true;
    try {
      await this.fetchScene();
      this.connection.sendHello();
    } catch {
      // The stream is lost too, then; its next hello finds what to do.
      this.connection.interrupt();
    } finally {
      this.fetching = false;
      this.unwelcomed = true;
    }
  }

  private answered(commandId: string, accepted: boolean): void {
    this.answers.get(commandId)?.(accepted);
    this.answers.delete(commandId);
  }

  // Commands ---------------------------------------------------------------------------------------------------------

  private allowed(): boolean {
    const { state } = this;
    state.refusal.value = null;
    if (!state.time.live.peek() && !state.readOnly.peek()) {
      // What is labelled or pulled is the present.
      this.playback.live();
      this.note("That was the past; this is the present again. What you do here counts.");
      return false;
    }
    return !state.readOnly.peek();
  }

  /** What an earlier gesture had to say is read. */
  private forget(): void {
    this.state.notices.value = this.state.notices
      .peek()
      .filter((notice) => notice.code !== "noted");
  }

  /** Those of `wanted` that are of no locked class and get none; says how many are left out. */
  private unlocked(wanted: Uint32Array, becomes?: ReadonlyMap<number, number>): Uint32Array {
    const { classes, annotations } = this.state;
    const locked = new Set(classes.peek().flatMap((info) => (info.locked ? [info.class_id] : [])));
    const chosen = wanted.filter(
      (item) =>
        !locked.has(annotations.labels[item] as number) &&
        !locked.has(becomes?.get(item) ?? UNLABELED),
    );
    const left = wanted.length - chosen.length;
    if (left > 0)
      this.note(
        `${left} ${left === 1 ? "item is of a locked class and keeps its label" : "items are of locked classes and keep their labels"}.`,
      );
    return chosen;
  }

  /** A class an item, as one gesture. Resolves when it is answered. */
  private labelEach(
    items: Uint32Array,
    classIds: Int16Array,
    provenance: Provenance,
  ): Promise<boolean> {
    const { state } = this;
    this.forget();
    const classOf = new Map(Array.from(items, (item, k) => [item, classIds[k] as number]));
    const chosen = this.unlocked(items, classOf);
    if (chosen.length === 0) return Promise.resolve(true);
    const given = Int16Array.from(chosen, (item) => classOf.get(item) as number);
    const command_id = crypto.randomUUID();
    state.annotations.show(command_id, chosen, given);
    state.labelsVersion.value += 1;
    return new Promise((resolve) => {
      this.answers.set(command_id, resolve);
      this.connection.command({
        op: "label_each",
        command_id,
        items: Array.from(chosen),
        class_ids: Array.from(given),
        revision: state.latent.revision,
        provenance,
      });
    });
  }

  commands(fit: () => void): Commands {
    const { state, connection } = this;
    const id = () => crypto.randomUUID();
    const allowed = () => this.allowed();
    const travel = (way: Promise<void>) => {
      this.forget();
      way.catch((error: unknown) => this.note(`That moment could not be read: ${String(error)}`));
    };
    return {
      label: (classId, items) => {
        const selection = state.selection.value;
        const wanted = items ?? selection.items;
        this.forget();
        if (!allowed() || wanted.length === 0 || classId >= state.classes.value.length)
          return false;
        const chosen = this.unlocked(wanted);
        if (chosen.length === 0) return false;
        const command_id = id();
        const revision = selection.revision >= 0 ? selection.revision : state.latent.revision;
        state.annotations.show(command_id, chosen, classId);
        connection.command({
          op: "label",
          command_id,
          items: Array.from(chosen),
          class_id: classId,
          revision,
          provenance: {
            tool: selection.tool,
            regions: selection.regions.slice(-MAX_REGIONS),
            note: selection.note ?? "",
            // Who picks a single item has seen what it is.
            verified: !items && selection.tool === "pick" && wanted.length === 1,
          },
        });
        batch(() => {
          state.labelsVersion.value += 1;
          if (!items) state.selection.value = NOTHING;
        });
        return true;
      },
      undo: () => {
        this.forget();
        if (allowed()) connection.command({ op: "undo", command_id: id() });
      },
      redo: () => {
        this.forget();
        if (allowed()) connection.command({ op: "redo", command_id: id() });
      },
      drag: (items, targets) => {
        if (!state.readOnly.peek() && state.time.live.peek())
          connection.sendIfOpen({ op: "drag", items: Array.from(items), targets });
      },
      anchor: (items, targets, keep) => {
        if (!allowed() || items.length === 0) return;
        const { revision } = state.latent;
        connection.command({
          op: "anchor",
          command_id: id(),
          items: Array.from(items),
          targets,
          keep,
          revision,
        });
      },
      unpin: (items) => {
        if (allowed())
          connection.command({ op: "unpin", command_id: id(), items: Array.from(items) });
      },
      watch: (forces) => {
        if (forces === this.watching) return;
        this.watching = forces;
        if (!forces) state.forces.frame = null;
        this.tellWatching();
      },
      probe: (items) => void this.queries.probe(items),
      look: (point) => this.queries.look(point),
      decode: (points) => this.queries.decode(points),
      refreshTimeline: () => void this.playback.refresh().catch(() => {}),
      goTo: (moment) => travel(this.playback.goTo(moment)),
      step: (by) => travel(this.playback.step(by)),
      play: () => this.playback.play(),
      stop: () => this.playback.pause(),
      live: () => this.playback.live(),
      addClass: (name) => {
        const trimmed = name.trim().slice(0, MAX_NAME_LENGTH);
        if (allowed() && trimmed)
          connection.command({ op: "add_class", command_id: id(), name: trimmed });
      },
      editClass: (class_id, { name, colour, locked }) => {
        const trimmed = name?.trim().slice(0, MAX_NAME_LENGTH) || null;
        const changes = { name: trimmed, colour: colour ?? null, locked: locked ?? null };
        if (allowed() && Object.values(changes).some((value) => value !== null))
          connection.command({ op: "edit_class", command_id: id(), class_id, ...changes });
      },
      mergeClass: (class_id, into) => {
        if (allowed()) connection.command({ op: "merge_class", command_id: id(), class_id, into });
      },
      deleteClass: (class_id) => {
        if (allowed()) connection.command({ op: "delete_class", command_id: id(), class_id });
      },
      search: (text) => this.searching.find(text),
      run: () =>
        allowed() && connection.command({ op: "set_training", command_id: id(), run: true }),
      pause: () =>
        allowed() && connection.command({ op: "set_training", command_id: id(), run: false }),
      setSettings: (changes) => {
        // Absent fields stay as they are.
        const settings = changes as Settings;
        if (allowed()) connection.command({ op: "set_training", command_id: id(), settings });
      },
      select: (items) => {
        const now = state.selection.value;
        // Beside a contact sheet something new is selected.
        state.selection.value = { ...(now.tool === "sheet" ? NOTHING : now), items };
      },
      clearSelection: () => {
        state.selection.value = NOTHING;
      },
      openSheet: (kind) => {
        this.forget();
        this.review.open(kind);
      },
      closeSheet: () => this.review.close(),
      correct: (classId) => this.review.correct(classId),
      setAside: () => this.review.setAside(),
      confirmSheet: () => this.review.confirm(),
      goOnWithSheet: () => this.review.goOn(),
      next: () => {
        this.forget();
        void this.review.next();
      },
      grow: () => {
        this.forget();
        this.review.grow();
      },
      accept: () => this.review.accept(),
      fit,
      requestAccess: () => void this.pairing.ask(),
      enterCode: (code) => this.pairing.enterCode(code),
      present: (presence) => connection.sendIfOpen({ op: "presence", ...presence }),
    };
  }
}

/** Who this page is, over reloads: undo takes back one's own gestures. */
function keptClientId(): string {
  const key = "lodespace.client";
  try {
    const kept = localStorage.getItem(key);
    if (kept) return kept;
    const fresh = crypto.randomUUID();
    localStorage.setItem(key, fresh);
    return fresh;
  } catch {
    return crypto.randomUUID(); // storage is off: a new one every time
  }
}
