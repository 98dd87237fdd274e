/** The session of this page: builds the objects that talk to the server, and starts them. */
import { batch } from "@preact/signals";
import { fetchSession, searchItems } from "../net/api.js";
import { Connection } from "../net/connection.js";
import { messageOf, ServerError } from "../net/errors.js";
import { forgetKept } from "../net/picture-cache.js";
import { isSite } from "../net/site.js";
import { type AppState, NOTHING } from "../state/app-state.js";
import type { Commands } from "../state/commands.js";
import { AwaitedClass } from "./awaited-class.js";
import { storedClientId } from "./client-id.js";
import { Columns } from "./columns.js";
import { CueFeed } from "./cue-feed.js";
import { EditPermission } from "./edit-permission.js";
import { Labelling } from "./labelling.js";
import { ModelQueries } from "./model-queries.js";
import { Notes } from "./notes.js";
import { PairingFlow } from "./pairing.js";
import { Playback } from "./playback.js";
import { PredictionTools } from "./prediction-tools.js";
import { Review, type ReviewHost } from "./review.js";
import { SceneSync } from "./scene-sync.js";
import { Search } from "./search.js";
import { type CommandParts, SessionCommands } from "./session-commands.js";
import { SheetDecisions } from "./sheet-decisions.js";
import { StreamHandler } from "./stream-handler.js";
import { Undoing } from "./undoing.js";

const RETRY_MS = 1500;

export class Session {
  readonly connection: Connection;
  readonly stream: StreamHandler;
  private readonly clientId = storedClientId();
  private readonly pairing: PairingFlow;
  private readonly scene: SceneSync;
  private readonly parts: CommandParts;

  constructor(private readonly state: AppState) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const url = `${scheme}://${location.host}/api/stream`;
    const connection = new Connection(url, () => this.stream);
    const notes = new Notes(state);
    const note = (message: string) => notes.show(message);
    const fail = (message: string) => notes.fail(message);
    const scene = new SceneSync(state, connection);
    const queries = new ModelQueries(state, (operation, uploads) =>
      connection.sendIfOpen(operation, uploads),
    );
    const playback = new Playback(
      state,
      () => this.leaveLive(),
      () => void scene.resync(),
    );
    const permission = new EditPermission(state, notes, () => playback.live());
    const awaited = new AwaitedClass(state, (name, command_id) =>
      connection.command({ op: "add_class", command_id, name }),
    );
    const labelling = new Labelling(state, connection, permission, notes, awaited);
    const undoing = new Undoing(state, connection, permission, notes, this.clientId);
    const host: ReviewHost = {
      allowed: () => permission.allowed(),
      note,
      fail,
      labelEach: (items, classIds, provenance) => labelling.labelEach(items, classIds, provenance),
    };
    const decisions = new SheetDecisions(state, note, awaited);
    const review = new Review(state, host, decisions);
    const search = new Search(state, searchItems, fail);
    const pairing = new PairingFlow(state.pairing, () => void this.start());
    this.connection = connection;
    this.pairing = pairing;
    this.scene = scene;
    this.stream = new StreamHandler(state, this.clientId, {
      scene,
      queries,
      labelling,
      awaited,
      undoing,
      notes,
      onRevoked: () => this.showRevoked(),
      onUnopened: () => void this.checkAccess(),
    });
    this.parts = {
      connection,
      permission,
      labelling,
      undoing,
      queries,
      notes,
      pairing,
      playback,
      review,
      decisions,
      predictions: new PredictionTools(state, host),
      search,
      columns: new Columns(state, fail),
    };
    if (!isSite) new CueFeed(state, fail);
  }

  /** Create the commands of this session. `fit` moves the camera so that all points are in view. */
  commands(fit: () => void): Commands {
    return new SessionCommands(this.state, this.parts, fit);
  }

  /** Fetch session and scene, then open the stream. Retries until the server answers. */
  async start(): Promise<void> {
    const { state } = this;
    try {
      const session = await fetchSession(this.clientId);
      state.setSession(session);
      // The app shows a scene in tiles (app/tiles.ts). Such a scene has no stream.
      if (!session.tiles) await this.scene.load();
      state.failure.value = "";
      if (isSite || session.tiles) this.connection.disable();
      else this.connection.open();
    } catch (error) {
      if (isNotPaired(error)) {
        this.connection.pause();
        state.failure.value = "";
        void forgetKept();
        void this.pairing.ask();
        return;
      }
      state.failure.value = messageOf(error);
      window.setTimeout(() => void this.start(), RETRY_MS);
    }
  }

  /** Show the pairing page without a request: the owner has revoked this device's access. */
  private showRevoked(): void {
    this.connection.pause();
    this.state.failure.value = "";
    void forgetKept();
    this.pairing.revoked();
  }

  /** Show the pairing page if the stream could not be opened because access was revoked. */
  private async checkAccess(): Promise<void> {
    try {
      await fetchSession(this.clientId);
    } catch (error) {
      if (isNotPaired(error) && !this.state.pairing.peek()) this.showRevoked();
    }
  }

  /** Clear the selection and the hover card, and end a drag, before a past moment is shown. */
  private leaveLive(): void {
    const { state } = this;
    batch(() => {
      state.selection.value = NOTHING;
      state.hovered.value = null;
      state.latent.release();
    });
  }
}

const isNotPaired = (error: unknown): boolean =>
  error instanceof ServerError && error.code === "not_paired";
