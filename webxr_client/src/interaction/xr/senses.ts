/**
 * The signals that a person in VR gets about events and the model: pulses, tones, and the forces
 * that move the map.
 */
import type { Stage } from "../../scene/stage.js";
import { Tones } from "../../scene/tones.js";
import type { AppState } from "../../state/app-state.js";
import { ForceShow } from "./force-show.js";
import { Feedback } from "./input/feedback.js";
import type { XrInputs } from "./input/xr-inputs.js";

export class Senses {
  readonly tones: Tones;
  readonly forces: ForceShow;

  constructor(
    state: AppState,
    private readonly stage: Stage,
    inputs: XrInputs,
  ) {
    this.tones = new Tones(() => stage.listener());
    const feedback = new Feedback(state.xr, this.tones);
    for (const hand of [inputs.left, inputs.right]) hand.feedback = feedback;
    this.forces = new ForceShow(state, this.tones, (place) =>
      place.applyMatrix4(stage.world.matrix),
    );
    stage.world.add(this.forces.streaks.mesh);
  }

  /** Called once per frame. */
  update(now: number): void {
    this.forces.update(now);
  }

  dispose(): void {
    this.stage.world.remove(this.forces.streaks.mesh);
    this.forces.dispose();
  }
}
