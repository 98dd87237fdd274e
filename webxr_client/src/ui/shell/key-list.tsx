/** List of keys and uses of the pointer, in which the user can change keys. */
import { useLayoutEffect, useState } from "preact/hooks";
import { KeyReader } from "../../interaction/keys/key-reader.js";
import { type ActionId, FIXED, keyText } from "../../state/key-map.js";
import { useUi } from "../kit/context.js";
import { KEY_TEXTS, pointerHelp } from "./key-texts.js";

const MODIFIERS = /^(ctrl\+|alt\+|shift\+)*(control|alt|altgraph|shift|meta|capslock|dead)$/;

export function KeyList() {
  const { state, actions } = useUi();
  const { keys } = state;
  const switchSingle = () => keys.switchSingle();
  const [waiting, setWaiting] = useState<ActionId | null>(null);
  const [said, setSaid] = useState("");

  // A plain effect begins only after the next frame, and would miss a key pressed at once.
  useLayoutEffect(() => {
    if (!waiting) return;
    const reader = new KeyReader();
    const onKey = (event: KeyboardEvent) => {
      const key = reader.read(event);
      if (key === null || MODIFIERS.test(key)) return;
      event.preventDefault();
      event.stopPropagation();
      stop(); // the effect ends only after the next frame, and another key could be pressed before
      setWaiting(null);
      setSaid(key === "escape" ? "" : give(waiting, key));
    };
    const give = (id: ActionId, key: string) => {
      const before = keyText(keys.keysOf(id)[0]!);
      try {
        const other = keys.give(id, key);
        const now = `“${KEY_TEXTS[id]}” now has the key ${keyText(key)}.`;
        return other ? `${now} “${KEY_TEXTS[other]}” now has the key ${before}.` : now;
      } catch (error) {
        return (error as Error).message;
      }
    };
    const stop = () => window.removeEventListener("keydown", onKey, { capture: true });
    window.addEventListener("keydown", onKey, { capture: true });
    return stop;
  }, [waiting]);

  return (
    <>
      <p class="key-settings">
        <label>
          <input type="checkbox" checked={keys.single.value} onChange={switchSingle} /> single-key
          shortcuts
        </label>
        <span class="faint-text">
          {keys.single.value
            ? "To change a key, press its field in the list."
            : "Letters, digits and signs do nothing without Ctrl or Alt."}
        </span>
        {keys.changed && (
          <button
            type="button"
            class="button"
            onClick={() => {
              keys.reset();
              setSaid("All actions have their standard keys.");
            }}
          >
            Standard keys
          </button>
        )}
        <span role="status">
          {waiting ? "Press the new key, or Esc to keep the old one." : said}
        </span>
      </p>
      <dl>
        {pointerHelp(keys.text("drag")).map(([use, effect]) => (
          <Entry key={use} keys={use} does={effect} />
        ))}
        <Entry
          keys="0 – 9"
          off={!keys.single.value}
          does="label the selection, or the framed items of a sheet, with that class"
        />
        {actions.map(({ id }) => (
          <ActionEntry
            key={id}
            id={id}
            waiting={waiting === id}
            change={() => {
              setSaid("");
              setWaiting(id);
            }}
          />
        ))}
      </dl>
    </>
  );
}

interface ActionEntryProps {
  id: ActionId;
  /** Whether the next pressed key becomes the key of this action. */
  waiting: boolean;
  change(): void;
}

function ActionEntry({ id, waiting, change }: ActionEntryProps) {
  const { keys } = useUi().state;
  const key = keys.keysOf(id)[0]!;
  const does = KEY_TEXTS[id];
  const off = !keys.acts(key);
  if (FIXED.has(id)) return <Entry keys={keyText(key)} does={does} off={off} />;
  return (
    <div class={off ? "off" : ""}>
      <dt>
        <button
          type="button"
          class="key-change"
          title="Change the key"
          aria-label={`Change the key ${keyText(key)}: ${does}`}
          aria-pressed={waiting}
          onClick={change}
        >
          <kbd>{waiting ? "…" : keyText(key)}</kbd>
        </button>
      </dt>
      <dd>{does}</dd>
    </div>
  );
}

export function Entry({ keys, does, off = false }: { keys: string; does: string; off?: boolean }) {
  return (
    <div class={off ? "off" : ""}>
      <dt>
        <kbd>{keys}</kbd>
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
