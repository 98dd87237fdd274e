/** Buttons that open the contact sheets of suspects and of uncertain items. */
import { SHEET_SIZE } from "../../protocol/messages.js";
import { count } from "../../state/format.js";
import { knownInstead } from "../../state/quality-text.js";
import type { QueueKind } from "../../state/review-state.js";
import { useUi } from "../kit/context.js";
import { KeyHint, withKey } from "../kit/key-hint.js";

export function Queues() {
  const quality = useUi().state.review.quality.value;
  const instead = knownInstead(quality);
  return (
    <div class="queues">
      <Queue
        kind="suspects"
        length={quality?.suspects ?? undefined}
        title={
          instead
            ? "Off until every class has a label. Suspects are labels that the model doubts"
            : "Labels that the model doubts"
        }
      />
      <Queue
        kind="uncertain"
        length={quality?.uncertain ?? undefined}
        title="Items whose prediction is uncertain"
      />
    </div>
  );
}

interface QueueProps {
  kind: Exclude<QueueKind, "conflicts" | "double">;
  length: number | undefined;
  title: string;
}

function Queue({ kind, length, title }: QueueProps) {
  const { state, commands } = useUi();
  return (
    <button
      type="button"
      class="button"
      data-queue={kind}
      title={withKey(`${title}, ${SHEET_SIZE} at a time`, state.keys.text(kind))}
      aria-expanded={state.review.sheet.value?.kind === kind}
      onClick={() => commands.openSheet(kind)}
    >
      {kind} {length !== undefined && <b>{count(length)}</b>} <KeyHint action={kind} />
    </button>
  );
}
