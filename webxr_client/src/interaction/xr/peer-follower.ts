/**
 * Following of another person in VR: the cloud moves to the place at which the person sees it as
 * the other person does. The head alone moves the view, so the cloud moves only when the view of
 * the other person has changed and then rests, and a floor and a horizon stay. While a hand works
 * on the cloud, the cloud does not move.
 */
import { Matrix4, Quaternion, Vector3 } from "three";
import { PeerView } from "../../scene/peer-view.js";
import type { AppState } from "../../state/app-state.js";
import { endFollowing, followedPerson } from "../../state/peer-calls.js";
import { CLOUD_EXTENT } from "./placement/dimensions.js";
import type { HeadPose } from "./placement/head-pose.js";
import { placeAsSeen } from "./placement/peer-placement.js";

/** Actions of the hands. */
export interface Hands {
  /** Whether a hand holds selected items. */
  readonly holding: boolean;
  readonly stroke: { readonly active: boolean };
  readonly grasps: {
    readonly world: { readonly active: boolean };
    readonly rule: { readonly holding: boolean } | null;
  };
}

/** Time for which a view has to rest before the cloud moves, ms. */
const REST_MS = 400;
/** Time in which the cloud moves, ms. */
const MOVE_MS = 450;
/** Change of a view that rests, and change after which the cloud moves. */
const RESTS = 0.03;
const MOVES = 0.08;

export class PeerFollower {
  /** Client id of the page whose view the cloud has, or moves to; "" for none. */
  private id = "";
  /** Whether the motion to the view of `id` has to begin again. */
  private repeats = false;
  /** Client id of the page that is followed or visited, and the name of the person. */
  private wanted = "";
  private name = "";
  private readonly seen = new PeerView();
  private readonly resting = new PeerView();
  private readonly taken = new PeerView();
  private since = 0;
  private begun = Number.NEGATIVE_INFINITY;
  /** Version of the scene to which `reached` belongs. */
  private scene = -1;
  private readonly centre = new Vector3();
  /** Version of the places of the items for which `centre` was computed. */
  private version = -1;
  private readonly goal = new Matrix4();
  /** Place to which this follower has moved the cloud last. */
  private readonly reached = new Matrix4();
  private readonly from = { place: new Vector3(), turn: new Quaternion(), scale: new Vector3() };
  private readonly to = { place: new Vector3(), turn: new Quaternion(), scale: new Vector3() };

  /** `middle` returns the middle of the cloud, scene metres. */
  constructor(
    private readonly state: AppState,
    private readonly head: HeadPose,
    private readonly roomFromScene: Matrix4,
    private readonly middle: () => Vector3,
    private readonly hands: Hands,
  ) {}

  /** Move the cloud again from its new place. Called after the cloud was placed before the head. */
  again(): void {
    this.repeats = true;
    this.reached.copy(this.roomFromScene);
  }

  /**
   * Move the cloud; called once per frame. A person who moves the cloud ends this. While a hand
   * paints, or holds items or a rule, the cloud stays. Returns whether the cloud has moved.
   */
  frame(now: number): boolean {
    const { state, hands } = this;
    const { people, peers } = state;
    const scene = state.sceneVersion.value;
    // With another box, the cloud has the same place, but another matrix.
    if (scene !== this.scene) this.reached.copy(this.roomFromScene);
    this.scene = scene;
    const visited = people.visiting.value;
    const id = visited || people.following.value;
    if (id !== this.wanted) this.name = "the other person";
    this.wanted = id;
    this.name = followedPerson(state)?.name ?? this.name;
    if (!id) {
      this.id = "";
      return false;
    }
    const { world, rule } = hands.grasps;
    const known = id === this.id;
    const begins = !known || this.repeats;
    if (world.active || (known && !this.roomFromScene.equals(this.reached))) {
      this.stop();
      return false;
    }
    // While the headset of the other person sleeps, the peer is missing.
    const peer = peers.value.get(id);
    if (!peer?.head || hands.stroke.active || hands.holding || rule?.holding) {
      // A motion that was not complete begins again.
      if (this.begun !== Number.NEGATIVE_INFINITY) this.repeats = true;
      this.begun = Number.NEGATIVE_INFINITY;
      return false;
    }
    const { version } = state.latent;
    if (version !== this.version) this.centre.copy(this.middle());
    this.version = version;
    this.seen.read(peer, this.centre, CLOUD_EXTENT);
    if (begins || !this.seen.isNear(this.resting, RESTS)) {
      this.resting.copy(this.seen);
      this.since = now;
    }
    const rests = now - this.since >= REST_MS && !this.seen.isNear(this.taken, MOVES);
    if (begins || rests) {
      this.id = id;
      this.repeats = false;
      this.begin(now);
    }
    const moved = this.move(now, visited !== "");
    this.reached.copy(this.roomFromScene);
    return moved;
  }

  private stop(): void {
    const { people, xr } = this.state;
    if (people.following.value) xr.message.value = `The cloud no longer follows ${this.name}.`;
    endFollowing(this.state);
    this.id = "";
  }

  private begin(now: number): void {
    const { from, to, goal } = this;
    this.taken.copy(this.seen);
    placeAsSeen(goal, this.taken, this.head);
    this.roomFromScene.decompose(from.place, from.turn, from.scale);
    goal.decompose(to.place, to.turn, to.scale);
    this.begun = now;
  }

  private move(now: number, visits: boolean): boolean {
    const { from, to, roomFromScene } = this;
    if (this.begun === Number.NEGATIVE_INFINITY) return false;
    const t = Math.min(1, (now - this.begun) / MOVE_MS);
    const share = t * t * (3 - 2 * t);
    place.lerpVectors(from.place, to.place, share);
    turn.slerpQuaternions(from.turn, to.turn, share);
    roomFromScene.compose(place, turn, scale.lerpVectors(from.scale, to.scale, share));
    if (t === 1) {
      this.begun = Number.NEGATIVE_INFINITY;
      if (visits) this.state.people.visiting.value = "";
    }
    return true;
  }
}

const place = new Vector3();
const turn = new Quaternion();
const scale = new Vector3();
