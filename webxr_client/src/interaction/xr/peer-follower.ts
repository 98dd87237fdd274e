/**
 * Following of another person in VR: the cloud moves to the place at which the person sees it as
 * the other person does. The head alone moves the view, so the cloud moves only when the view of
 * the other person has changed and then rests, and a floor and a horizon stay.
 */
import { Matrix4, Quaternion, Vector3 } from "three";
import { PeerView } from "../../scene/peer-view.js";
import type { AppState } from "../../state/app-state.js";
import { endFollowing, followedPerson } from "../../state/peer-calls.js";
import { CLOUD_EXTENT } from "./placement/dimensions.js";
import type { HeadPose } from "./placement/head-pose.js";
import { placeAsSeen } from "./placement/peer-placement.js";

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
  private readonly seen = new PeerView();
  private readonly resting = new PeerView();
  private readonly taken = new PeerView();
  private since = 0;
  private begun = Number.NEGATIVE_INFINITY;
  private readonly centre = new Vector3();
  /** Version of the places of the items for which `centre` was computed. */
  private version = -1;
  private readonly goal = new Matrix4();
  private readonly from = { place: new Vector3(), turn: new Quaternion(), scale: new Vector3() };
  private readonly to = { place: new Vector3(), turn: new Quaternion(), scale: new Vector3() };

  /** `middle` returns the middle of the cloud, scene metres. */
  constructor(
    private readonly state: AppState,
    private readonly head: HeadPose,
    private readonly roomFromScene: Matrix4,
    private readonly middle: () => Vector3,
  ) {}

  /**
   * Move the cloud; called once per frame. `held`: whether a hand holds the cloud, which ends the
   * motion. Returns whether the cloud has moved.
   */
  frame(now: number, held: boolean): boolean {
    const { people, peers } = this.state;
    const visited = people.visiting.value;
    const id = visited || people.following.value;
    const peer = id ? peers.value.get(id) : undefined;
    if (!peer?.head) {
      this.id = "";
      return false;
    }
    if (held) {
      this.stop();
      return false;
    }
    const { version } = this.state.latent;
    if (version !== this.version) this.centre.copy(this.middle());
    this.version = version;
    this.seen.read(peer, this.centre, CLOUD_EXTENT);
    const other = id !== this.id;
    if (other || !this.seen.isNear(this.resting, RESTS)) {
      this.resting.copy(this.seen);
      this.since = now;
    }
    const rests = now - this.since >= REST_MS && !this.seen.isNear(this.taken, MOVES);
    if (other || rests) {
      this.id = id;
      this.begin(now);
    }
    return this.move(now, visited !== "");
  }

  private stop(): void {
    const { xr } = this.state;
    const followed = followedPerson(this.state);
    if (followed) xr.message.value = `The cloud no longer follows ${followed.name}.`;
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
