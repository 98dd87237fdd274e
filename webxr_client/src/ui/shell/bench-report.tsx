/** Report of the last session in VR with `?bench`: text to copy, or to save in the server's log. */
import { useState } from "preact/hooks";
import { sendBenchReport } from "../../net/api.js";
import { messageOf } from "../../net/errors.js";
import { isSite } from "../../net/site.js";
import { useUi } from "../kit/context.js";
import { Dialog } from "../kit/dialog.js";

export function BenchReport() {
  const { review, xr } = useUi().state;
  // A contact sheet uses the same place, so the report waits until the sheet is closed.
  if (review.sheet.value) return null;
  return (
    <Dialog title="Report of this headset" open={xr.reportOpen} class="bench-report">
      <Report text={xr.report.value} />
    </Dialog>
  );
}

function Report({ text }: { text: string }) {
  const [done, setDone] = useState("");
  const report = (work: Promise<unknown>, words: string) =>
    work.then(
      () => setDone(words),
      (error: unknown) => setDone(messageOf(error)),
    );
  return (
    <>
      <p class="muted">
        Copy the text into an issue, or save it in the log of the server. The text names the browser
        and the headset, and has no items and no labels.
      </p>
      <textarea readOnly rows={16} value={text} aria-label="Report" />
      <p class="bench-actions">
        <button
          type="button"
          class="button primary"
          onClick={() => report(navigator.clipboard.writeText(text), "Copied.")}
        >
          Copy
        </button>
        {!isSite && (
          <button
            type="button"
            class="button"
            onClick={() => report(sendBenchReport({ text }), "Saved in the log of the server.")}
          >
            Save in the server's log
          </button>
        )}
        <span role="status">{done}</span>
      </p>
    </>
  );
}
