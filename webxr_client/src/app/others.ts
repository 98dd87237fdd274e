/** Several people in one session: what this page does, what the others do, and following them. */
import { computed, effect } from "@preact/signals";
import { Vector3 } from "three";
import type { Connection } from "../net/connection.js";
import { MAX_SHOWN_SELECTED, type PeerMoved, type Presence } from "../protocol/messages.js";
import { PeerMarks } from "../scene/peer-marks.js";
import { viewOf } from "../scene/peer-view.js";
import { HEAD_RADIUS, Peers } from "../scene/peers.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";
import type { Commands } from "../state/commands.js";
import { endFollowing, forgetEnded } from "../state/peer-calls.js";

/** Shortest time between two messages, ms: at most ten per second. */
export const EVERY_MS = 100;
/** Share of the way to the view of another person that the camera goes per frame. */
const PER_FRAME = 0.2;
/** The camera has arrived when it is nearer than this, metres. */
const NEAR = 1e-3;
/** Largest share of the width or height of the page that the head of another person takes. */
const HEAD_SHARE = 1 / 3;
/** Time for which a request to come is shown to the others, ms. */
const CALL_MS = 20_000;
/**
 * Time after which a person whose page is gone has left, ms. A headset that wakes from a short
 * sleep needs up to 3 s to find that its connection is lost, and connects again.
 */
export const AWAY_MS = 10_000;

export interface PeopleParts {
  state: AppState;
  stage: Stage;
  commands: Pick<Commands, "present">;
  connection: Pick<Connection, "sendIfOpen">;
}

export interface PeopleView {
  /**
   * Update once per frame. `changed`: whether something has changed since the previous frame.
   * Returns whether the others or their marks have changed.
   */
  update(changed: boolean): boolean;
  /** Heads and hands; null until the code is loaded. */
  peers: Peers | null;
}

const rounded = (values: readonly number[]) => values.map((v) => Math.round(v * 1e4) / 1e4);

/** Items of a selection that others see: all, or some that are spread evenly over it. */
export function shownOf(items: ArrayLike<number>): number[] {
  const step = Math.max(1, items.length / MAX_SHOWN_SELECTED);
  const shown: number[] = [];
  for (let k = 0; k < items.length && shown.length < MAX_SHOWN_SELECTED; k++)
    shown.push(items[Math.floor(k * step)]!);
  return shown.slice(0, Math.min(items.length, MAX_SHOWN_SELECTED));
}

/** Run a function at most once per EVERY_MS; the last call is never dropped. */
export function coalesced(run: () => void, every = EVERY_MS): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ran = Number.NEGATIVE_INFINITY;
  return () => {
    if (timer !== undefined) return;
    const wait = Math.max(0, ran + every - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      ran = performance.now();
      run();
    }, wait);
  };
}

/** Start to send what this page does, and to show what the others do. */
export function watchOthers(parts: PeopleParts): PeopleView {
  const { state, stage } = parts;
  const marks = new PeerMarks();
  const peers = new Peers();
  stage.world.add(peers.heads, peers.hands, marks.group);
  const send = sender(parts);
  const follow = follower(parts);
  let fresh = false;
  effect(() => {
    state.people.selections.value;
    state.peers.value;
    fresh = true;
    stage.invalidate();
  });
  effect(() => forgetEnded(state));
  const update = (changed: boolean): boolean => {
    const moved = follow();
    if (changed || moved) send();
    if (fresh || changed) peers.show(drawn(state, stage));
    if (!fresh && !(changed && marks.rings > 0)) return moved;
    fresh = false;
    const ratio = stage.drawable ? stage.renderer.getPixelRatio() : 1;
    marks.show(
      state.peers.peek(),
      state.people.selections.peek(),
      (item) => scenePlace(stage, item),
      ratio,
    );
    return true;
  };
  return { update, peers };
}

/**
 * The others as they are drawn. On the page, a head that is near covers much of the view, and on a
 * flat map all cameras are in front of the cloud.
 */
export function drawn(state: AppState, { camera }: Pick<Stage, "camera">): PeerMoved[] {
  const all = [...state.peers.peek().values()];
  if (state.xr.presenting.peek()) return all;
  const flat = state.latent.latentDim === 2;
  const at = new Vector3();
  const { elements } = camera.projectionMatrix;
  const larger = Math.max(elements[0]!, elements[5]!);
  return all.map((peer) => {
    const { head } = peer;
    if (!head) return peer;
    const distance = at.fromArray(head.position).distanceTo(camera.position);
    const share = (HEAD_RADIUS * (peer.scale ?? 1) * larger) / distance;
    return flat || share > HEAD_SHARE ? { ...peer, head: null } : peer;
  });
}

/** Place of an item in scene metres. */
function scenePlace(stage: Stage, item: number): Vector3 {
  return stage.world.worldToLocal(stage.placeOf(item));
}

/** Return a function that sends the view of this page, when something of it has changed. */
function sender({ state, stage, commands, connection }: PeopleParts): () => void {
  let sent = "";
  const view = coalesced(() => {
    if (state.xr.presenting.peek() || state.connection.peek().status !== "open") return;
    const { camera } = stage;
    const item = state.hovered.peek()?.item ?? -1;
    const presence: Omit<Presence, "op"> = {
      head: {
        position: rounded(camera.position.toArray()) as [number, number, number],
        orientation: rounded(camera.quaternion.toArray()) as [number, number, number, number],
      },
      scale: camera === stage.orthographic ? 1 / camera.zoom : 1,
      cursor:
        item < 0 || item >= state.latent.n
          ? null
          : (rounded(scenePlace(stage, item).toArray()) as [number, number, number]),
      call: state.people.call.peek(),
    };
    const text = JSON.stringify(presence);
    if (text === sent) return;
    sent = text;
    commands.present(presence);
  });
  const selection = coalesced(() => {
    const { items, tool } = state.selection.peek();
    // The items of a sheet are marked for the reader of the sheet.
    const shown = tool === "sheet" ? [] : shownOf(items);
    connection.sendIfOpen({
      op: "show_selection",
      items: shown,
      count: shown.length && items.length,
    });
  });
  effect(() => {
    state.hovered.value;
    state.people.call.value;
    view();
  });
  effect(() => {
    // After VR and after a new connection, the others do not know the view of this page.
    const open = state.connection.value.status === "open";
    if (state.xr.presenting.value || !open) return;
    sent = "";
    view();
    selection();
  });
  effect(() => {
    state.selection.value;
    selection();
  });
  effect(() => {
    const { call } = state.people;
    if (call.value !== "come") return;
    const timer = window.setTimeout(() => {
      call.value = "";
    }, CALL_MS);
    return () => window.clearTimeout(timer);
  });
  return view;
}

/** Return a function that moves the camera to the view of a person, one step per frame. */
export function follower({ state, stage }: Pick<PeopleParts, "state" | "stage">): () => boolean {
  const { people, peers } = state;
  const stop = () => endFollowing(state);
  // A person who moves the camera ends the motion. `controls` change with the dimension of the map.
  stage.element.addEventListener("pointerdown", stop, { capture: true });
  stage.element.addEventListener("wheel", stop, { capture: true, passive: true });
  /** The followed or visited page, and the name of its person. */
  const wanted = () => people.following.value || people.visiting.value;
  let named = "";
  let name = "";
  /** The followed or visited page if it is gone, or else "". Offline, no page is known. */
  const gone = computed(() => {
    const id = wanted();
    return state.connection.value.status === "open" && !peers.value.has(id) ? id : "";
  });
  effect(() => {
    const id = wanted();
    if (id !== named) name = "the other person";
    named = id;
    name = peers.value.get(id)?.name ?? name;
    if (id) stage.invalidate();
  });
  effect(() => {
    if (!gone.value) return;
    const timer = setTimeout(() => {
      if (people.following.peek())
        state.xr.message.value = `You no longer see what ${name} sees: ${name} has left.`;
      stop();
    }, AWAY_MS);
    return () => clearTimeout(timer);
  });
  const [position, target] = [new Vector3(), new Vector3()];
  return () => {
    const id = people.following.peek() || people.visiting.peek();
    // A hull that is moved on the page would be at other places in another view.
    const busy = state.xr.presenting.peek() || state.rules.hulls?.motion.active;
    const peer = id && !busy ? peers.peek().get(id) : undefined;
    if (!peer?.head) return false;
    viewOf(peer, position, target);
    const { camera, controls } = stage;
    const zoom = camera === stage.orthographic ? 1 / (peer.scale ?? 1) : camera.zoom;
    if (camera === stage.orthographic) {
      // A flat map is seen straight from above: it cannot be turned back by hand.
      target.setZ(0);
      position.set(target.x, target.y, camera.position.z);
    } else {
      // A farther camera would be pulled back by the controls in each frame.
      position.sub(target).clampLength(controls.minDistance, controls.maxDistance).add(target);
    }
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = calm ? 1 : PER_FRAME;
    const far =
      Math.max(
        camera.position.distanceTo(position),
        controls.target.distanceTo(target),
        Math.abs(Math.log(camera.zoom / zoom)),
      ) > NEAR;
    if (!far) {
      people.visiting.value = "";
      return false;
    }
    // As at the start of a motion by hand, so that the page does not fit the cloud again.
    controls.dispatchEvent({ type: "start" });
    camera.position.lerp(position, step);
    controls.target.lerp(target, step);
    camera.zoom += (zoom - camera.zoom) * step;
    camera.updateProjectionMatrix();
    stage.invalidate();
    return true;
  };
}
