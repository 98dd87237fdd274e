/**
 * Naming of classes in VR: by a word from the data, by keyboard, by speech, or by a number.
 */
import { effect } from "@preact/signals";
import type { PaletteSide } from "../../../scene/xr/boards/palette-layout.js";
import type { AppState } from "../../../state/app-state.js";
import type { Commands } from "../../../state/commands.js";
import { type NameWay, NEW_CLASS } from "../../../state/naming-state.js";
import { NO_PICTURE } from "../../../state/review-state.js";
import { canHear, listen } from "./speech.js";
import { opensKeyboard, typeText } from "./system-keyboard.js";

export class ClassNamer {
  /** `session` returns the running session of WebXR. */
  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly palette: { turnTo(side: PaletteSide): void },
    private readonly session: () => XRSession | null,
  ) {}

  /** Let the person choose a class to rename. */
  pick(): void {
    this.state.xr.naming.target.value = "pick";
    this.palette.turnTo("classes");
  }

  /** Begin to name a class. `target`: id of the class, or NEW_CLASS for a new class. */
  begin(target: number): void {
    const { naming } = this.state.xr;
    naming.target.value = target;
    naming.ways.value = this.ways(target);
    this.commands.findWords();
    this.palette.turnTo("names");
  }

  /** End the naming without a name. */
  cancel(): void {
    const { naming } = this.state.xr;
    naming.listening.value = false;
    naming.target.value = null;
    this.palette.turnTo("classes");
  }

  /** Give a name to the class that is being named, and end the naming. */
  give(name: string): void {
    const { state, commands } = this;
    const target = state.xr.naming.target.peek();
    if (typeof target !== "number") return;
    this.cancel();
    const taken = state.liveClasses.peek().find((info) => info.name === name);
    if (taken) {
      if (taken.class_id !== target)
        state.xr.message.value = `There is a class ${name} already. Start again with another name.`;
      return;
    }
    const { sheet, at } = state.review;
    const picked = sheet.peek()?.status === "open" && at.peek() !== NO_PICTURE;
    if (target === NEW_CLASS) (picked ? commands.correctToNew : commands.addClass)(name);
    else commands.editClass(target, { name });
  }

  /** Open the keyboard of the headset. */
  type(): void {
    const { naming } = this.state.xr;
    const session = this.session();
    const target = naming.target.peek();
    if (!session || typeof target !== "number") return;
    const before = this.state.classes.peek()[target]?.name ?? "";
    typeText(session, before, (typed) => {
      if (typed && naming.target.peek() === target) this.give(typed);
    });
  }

  /**
   * Listen for a spoken name. The first call only shows a message that the browser may send the
   * sound to a service. The second call starts the recognition. Later calls start it without a
   * message, until the page is reloaded. A call while the browser listens stops the recognition.
   * The end of the naming also stops it, for example when a contact sheet opens or VR ends.
   */
  speak(): void {
    const { naming, message } = this.state.xr;
    if (naming.speech.peek() === "off") {
      naming.speech.value = "asked";
      message.value = SOUND_LEAVES;
      return;
    }
    naming.speech.value = "allowed";
    if (naming.listening.peek()) {
      naming.listening.value = false;
      return;
    }
    naming.listening.value = true;
    const target = naming.target.peek();
    const stop = listen(
      (phrase) => {
        naming.listening.value = false;
        if (phrase) this.give(phrase);
        else message.value = "Nothing was heard. Press “speak”, and say the name again.";
      },
      (why) => {
        naming.listening.value = false;
        message.value = `The browser did not recognise speech: ${why}.`;
      },
    );
    const unwatch = effect(() => {
      if (naming.listening.value && naming.target.value === target) return;
      stop();
      naming.listening.value = false;
      queueMicrotask(() => unwatch());
    });
  }

  private ways(target: number): NameWay[] {
    const ways: NameWay[] = [];
    if (opensKeyboard(this.session())) ways.push("type");
    if (canHear()) ways.push("speak");
    if (target === NEW_CLASS) ways.push("number");
    return ways;
  }
}

const SOUND_LEAVES =
  "Your browser may send the sound to a service on the internet. Press again to allow it.";

/** Return a class name that is not in `taken`: a number, for people who name classes later. */
export function freeName(taken: readonly string[]): string {
  for (let k = taken.length; ; k++) if (!taken.includes(String(k))) return String(k);
}
