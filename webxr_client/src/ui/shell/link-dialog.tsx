/** Dialog with a link to the view that the page shows. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useUi } from "../kit/context.js";
import { Dialog } from "../kit/dialog.js";

const DONE = "The link is copied.";
/** Shown if the browser forbids copying, for example in a frame of another page. */
const BY_HAND = "The browser does not allow this page to copy. Copy the selected text.";

export function LinkDialog() {
  const { state } = useUi();
  return (
    <Dialog title="Link to this view" open={state.site.linkOpen} class="link-dialog">
      <Link />
    </Dialog>
  );
}

function Link() {
  const { state, viewAddress } = useUi();
  const field = useRef<HTMLInputElement>(null);
  const [link] = useState(viewAddress);
  const [said, say] = useState("");
  const copy = () => {
    // Without a secure connection, `clipboard` is undefined.
    const copied = navigator.clipboard?.writeText(link) ?? Promise.reject(new Error());
    copied.then(
      () => say(DONE),
      () => {
        say(BY_HAND);
        field.current?.select();
      },
    );
  };
  useEffect(copy, []);
  return (
    <>
      <p class="muted">
        The link opens this page with the same camera, colours, search, moment and theme.
      </p>
      <p class="link-line">
        <input
          ref={field}
          type="text"
          readOnly
          aria-label="Link to this view"
          value={link}
          onFocus={(event) => event.currentTarget.select()}
          onKeyDown={(event) => {
            if (event.key === "Escape") state.site.linkOpen.value = false;
          }}
        />
        <button type="button" class="button" onClick={copy}>
          Copy
        </button>
      </p>
      <p class="muted" role="status">
        {said}
      </p>
    </>
  );
}
