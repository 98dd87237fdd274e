/** Models of the controllers and hands that are connected. */
import type { InputModel, InputModels } from "../../../scene/xr/input-models.js";
import type { TrackedHand } from "./tracked-hand.js";

export class HandModels {
  left: InputModel | null = null;
  right: InputModel | null = null;

  constructor(private readonly models: InputModels) {}

  /** Show the model of `source` where the hand is. A transient pointer has no model. */
  attach(hand: TrackedHand, source: XRInputSource): void {
    this.detach(hand);
    const { spaces } = hand;
    if (!spaces || hand.transient) return;
    const model = this.models.create(source, spaces.hand);
    (source.hand ? spaces.hand : spaces.grip).add(model);
    this[hand.side] = model;
  }

  detach(hand: TrackedHand): void {
    this[hand.side]?.dispose();
    this[hand.side] = null;
  }

  /** Move the models, once per frame. */
  frame(): void {
    this.left?.frame();
    this.right?.frame();
  }
}
