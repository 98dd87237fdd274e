/**
 * The names of pressed keys (state/key-map.ts), on every keyboard layout.
 *
 * KeyboardEvent.key is the character that the layout gives, KeyboardEvent.code the place of the key
 * on the keyboard. The character counts where it is a Latin letter, a digit or a sign. Where the
 * layout has other letters (Cyrillic, Greek, Hebrew), or an input method takes the key, the place
 * counts: the letter, digit or sign at this place of a US keyboard.
 */
import { isMac } from "../../state/key-map.js";

/** Signs with an action in the standard keys. */
const SIGNS = new Set([",", ".", "[", "]", "/", "?"]);
const SIGN_AT: Record<string, string> = {
  Comma: ",",
  Period: ".",
  BracketLeft: "[",
  BracketRight: "]",
  Slash: "/",
};
/** Values of KeyboardEvent.key without a character: of an input method, or of a dead key. */
const NO_CHARACTER = new Set(["Process", "Unidentified", "Dead"]);
/** Signs of Arabic keyboards. */
const OTHER_SIGNS: Record<string, string> = { "؟": "?", "،": "," };

export class KeyReader {
  /**
   * Whether the layout has letters that are not Latin. Known from the pressed letters; before the
   * first letter, assumed from the language of the browser. Some of these layouts have signs where
   * a US keyboard has letters: / is at the place of Q on a Hebrew keyboard.
   */
  private otherLetters: boolean;
  private readonly mac: boolean;

  constructor(language = navigator.language, mac = isMac()) {
    this.otherLetters = scriptOf(language) !== "Latn";
    this.mac = mac;
  }

  /** The name of the pressed key; null while an input method composes text. */
  read(event: KeyboardEvent): string | null {
    if (event.isComposing) return null;
    const typed = event.key.normalize("NFKC");
    const sign = isCharacter(typed) && !/^[a-z]$/i.test(typed);
    const byAltGr = event.getModifierState("AltGraph") || (event.ctrlKey && event.altKey && sign);
    // On a Mac, Alt is the key for signs.
    const forSign = byAltGr || (this.mac && event.altKey && !event.metaKey && SIGNS.has(typed));
    const key = this.keyOf(event, typed, byAltGr);
    const control = (event.ctrlKey || event.metaKey) && !forSign;
    const alt = event.altKey && !forSign;
    const shift = event.shiftKey && (control || alt);
    return `${control ? "ctrl+" : ""}${alt ? "alt+" : ""}${shift ? "shift+" : ""}${key}`;
  }

  private keyOf(event: KeyboardEvent, typed: string, byAltGr: boolean): string {
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase();
    const isLetter = isCharacter(typed) && /\p{L}/u.test(typed);
    // With AltGr, and with Alt on a Mac, a key gives other characters than the layout's letters.
    if (letter && isLetter && !byAltGr && !event.altKey)
      this.otherLetters = !/\p{Script=Latin}/u.test(typed);
    if (/^[a-z]$/i.test(typed)) return typed.toLowerCase();
    if (/^[0-9]$/.test(typed)) return typed;
    if (typed === " ") return "space";
    if (byAltGr) return typed;
    const noCharacter = NO_CHARACTER.has(event.key);
    if (!isCharacter(typed) && !noCharacter) return typed.toLowerCase();
    if (letter && (isLetter || noCharacter || this.otherLetters || event.altKey)) return letter;
    if (SIGNS.has(typed)) return typed;
    if (OTHER_SIGNS[typed]) return OTHER_SIGNS[typed];
    // AZERTY has the digits with Shift, and Czech keyboards have letters at their places.
    const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
    if (digit && !event.shiftKey) return digit;
    if ((isLetter || noCharacter) && SIGN_AT[event.code]) return SIGN_AT[event.code]!;
    return typed.toLowerCase();
  }
}

const isCharacter = (key: string): boolean => [...key].length === 1;

/** The script of a language: "Latn", "Cyrl". If the language is unknown, "Latn". */
function scriptOf(language: string): string {
  try {
    return new Intl.Locale(language).maximize().script ?? "Latn";
  } catch {
    return "Latn";
  }
}
