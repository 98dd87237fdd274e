/**
 * Recognition of a spoken name by the browser. Some browsers send the sound to a service on the
 * network, so the person has to allow this first. Each recognition begins with a press of a tile
 * and ends after one phrase.
 */

/** The part of the browser's speech recognition that is used here; not all browsers have it. */
interface Recognition {
  lang: string;
  interimResults: boolean;
  maxAlternatives: number;
  onresult: ((event: { results: ArrayLike<ArrayLike<{ transcript: string }>> }) => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  onend: (() => void) | null;
  start(): void;
  abort(): void;
}

type Constructor = new () => Recognition;

function constructorOf(window: object): Constructor | undefined {
  const named = window as Partial<Record<"SpeechRecognition" | "webkitSpeechRecognition", unknown>>;
  return (named.SpeechRecognition ?? named.webkitSpeechRecognition) as Constructor | undefined;
}

/** Whether this browser recognises speech. */
export const canHear = (): boolean => constructorOf(window) !== undefined;

/**
 * Listen for one phrase.
 *
 * @param heard receives the phrase without spaces at its ends; "" if nothing was recognised
 * @param failed receives the browser's word for an error, such as "not-allowed"
 * @returns a function that stops listening, without a call of `heard`
 */
export function listen(heard: (phrase: string) => void, failed: (why: string) => void): () => void {
  const make = constructorOf(window);
  if (!make) {
    failed("not supported");
    return () => {};
  }
  const recognition = new make();
  recognition.lang = navigator.language;
  recognition.interimResults = false;
  recognition.maxAlternatives = 1;
  let phrase = "";
  let open = true;
  const end = (report: () => void) => {
    if (!open) return;
    open = false;
    report();
  };
  recognition.onresult = ({ results }) => {
    phrase = results[0]?.[0]?.transcript.trim() ?? "";
  };
  recognition.onerror = ({ error }) => end(() => failed(error));
  recognition.onend = () => end(() => heard(phrase));
  try {
    recognition.start();
  } catch (error) {
    end(() => failed(String(error)));
  }
  return () => {
    open = false;
    recognition.abort();
  };
}
