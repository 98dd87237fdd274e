/** Search for items like a file: the file is chosen in a dialog, or dropped on the page. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { AppState } from "../../state/app-state.js";
import { useUi } from "../kit/context.js";

/** Whether the server searches for items like a file. */
const searchesFiles = ({ readOnly, session }: AppState) =>
  !readOnly.value && session.value?.searches_files === true;

/** Button that chooses an example file. */
export function ExampleFile() {
  const { state, commands } = useUi();
  const input = useRef<HTMLInputElement>(null);
  if (!searchesFiles(state)) return null;
  return (
    <>
      <button
        type="button"
        class="link"
        title="You can also drop the file on the page"
        onClick={() => input.current?.click()}
      >
        Find items like a file…
      </button>
      <input
        ref={input}
        type="file"
        hidden
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) commands.likeFile(file);
        }}
      />
    </>
  );
}

/** Whether files are dragged, and not text or an element of the page. */
const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;

/**
 * Frame that is shown while a file is dragged over the page. A dropped file never replaces the
 * page.
 */
export function ExampleDrop() {
  const { state, commands } = useUi();
  const [over, setOver] = useState(false);
  const able = searchesFiles(state);
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      // Without this call, the browser would leave the page to show the file.
      event.preventDefault();
      if (event.dataTransfer && !able) event.dataTransfer.dropEffect = "none";
      setOver(able);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (able && file) commands.likeFile(file);
    };
    window.addEventListener("dragover", drag);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", drag);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [able, commands]);
  if (!over) return null;
  return (
    <div class="drop-frame" data-testid="drop">
      <p class="glass">Drop the file to find the items that are most like it.</p>
    </div>
  );
}
