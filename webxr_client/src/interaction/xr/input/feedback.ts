/**
 * Pulses and tones that signal an event to a hand. A controller gives a pulse. A hand that cannot
 * vibrate gets a tone and a brighter brush instead. The person can switch off pulses and tones.
 */
import type { Vector3 } from "three";
import type { XrState } from "../../../state/xr-state.js";
import { LABEL_PULSE } from "./haptics.js";

/** A part of a controller that vibrates. */
interface Actuator {
  pulse?(strength: number, ms: number): Promise<boolean>;
}

export interface EventTones {
  event(strength: number, ms: number, at: Vector3): void;
}

export class Feedback {
  constructor(
    private readonly xr: XrState,
    private readonly tones: EventTones,
  ) {}

  /**
   * Report an event to a hand at `at`, room metres. `strength`: 0..1.
   *
   * @returns Whether the hand feels the event.
   */
  give(source: XRInputSource | null, at: Vector3, strength: number, ms: number): boolean {
    const actuator = source?.gamepad?.hapticActuators?.[0] as Actuator | undefined;
    const felt = this.xr.haptics.value && typeof actuator?.pulse === "function";
    if (felt) actuator?.pulse?.(strength, ms)?.catch(() => {});
    // Only a strong pulse (for labels and pins) also has a tone.
    if (this.xr.tones.value && (!felt || strength >= LABEL_PULSE))
      this.tones.event(strength, ms, at);
    return felt;
  }
}
