/** Menu of a class, under the row of the class. Each action is one gesture and can be undone. */
import { useEffect, useRef } from "preact/hooks";
import type { ClassInfo } from "../../protocol/messages.js";
import { count } from "../../state/format.js";
import { useUi } from "../kit/context.js";

interface ClassMenuProps {
  info: ClassInfo;
  labelled: number;
  close(): void;
}

export function ClassMenu({ info, labelled, close }: ClassMenuProps) {
  const { state, commands } = useUi();
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => menu.current?.querySelector("input")?.focus(), []);
  const others = state.liveClasses.value.filter(
    (other) => other.class_id !== info.class_id && !other.locked,
  );
  const { class_id, name, locked } = info;
  const items = labelled === 1 ? "1 label" : `${count(labelled)} labels`;
  return (
    <div
      ref={menu}
      class="class-menu"
      role="group"
      aria-label={`Class ${name}`}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      <label>
        colour
        <input
          type="color"
          value={info.colour}
          onChange={(event) => commands.editClass(class_id, { colour: event.currentTarget.value })}
        />
      </label>
      <label title="The labels of a locked class cannot be changed">
        locked
        <input
          type="checkbox"
          checked={locked}
          onChange={(event) =>
            commands.editClass(class_id, { locked: event.currentTarget.checked })
          }
        />
      </label>
      {!locked && others.length > 0 && (
        <label>
          merge into
          <select
            value=""
            onChange={(event) => {
              commands.mergeClass(class_id, Number(event.currentTarget.value));
              close();
            }}
          >
            <option value="" disabled>
              …
            </option>
            {others.map((other) => (
              <option key={other.class_id} value={String(other.class_id)}>
                {other.name}
              </option>
            ))}
          </select>
        </label>
      )}
      {!locked && (
        <button
          type="button"
          class="button"
          title="Can be undone"
          onClick={() => {
            commands.deleteClass(class_id);
            close();
          }}
        >
          delete{labelled > 0 ? ` with ${items}` : ""}
        </button>
      )}
    </div>
  );
}
