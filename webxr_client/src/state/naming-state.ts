/** Naming of classes in VR, where there is no keyboard. */
import { type Signal, signal } from "@preact/signals";

/** Value of NamingTarget for a class that does not exist yet. */
export const NEW_CLASS = -1;
/**
 * Target of the next name: a class by its id, or NEW_CLASS. `pick`: the class that the person
 * touches next will be renamed. Null while no class is named.
 */
export type NamingTarget = number | "pick" | null;
/**
 * Ways to name a class without a word of the data: the keyboard of the headset, speech, or the next
 * free number.
 */
export type NameWay = "type" | "speak" | "number";

export class NamingState {
  readonly target: Signal<NamingTarget> = signal(null);
  /** Names of classes that the columns of the data suggest, without names already in use. */
  readonly words: Signal<readonly string[]> = signal([]);
  /** Ways that this browser offers. */
  readonly ways: Signal<readonly NameWay[]> = signal(["number"]);
  /**
   * Whether the person allows speech recognition. `asked`: a message has stated that the browser
   * may send the sound to a service, and the next press allows it.
   */
  readonly speech: Signal<"off" | "asked" | "allowed"> = signal("off");
  /** Whether the browser listens for a spoken name. */
  readonly listening = signal(false);
}
