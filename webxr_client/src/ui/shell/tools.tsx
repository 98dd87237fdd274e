/** Toolbar of selection tools, view and undo. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { Tool } from "../../state/app-state.js";
import { undoChoice } from "../../state/undo-choice.js";
import { useUi } from "../kit/context.js";
import {
  EyeIcon,
  FitIcon,
  HandIcon,
  LassoIcon,
  MagnetIcon,
  PickIcon,
  RectangleIcon,
  RedoIcon,
  ThroughIcon,
  UndoIcon,
} from "../kit/icons.js";
import { useRoving } from "../kit/roving.js";

interface ToolButtonProps {
  label: string;
  keys: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick(): void;
  children: ComponentChildren;
}

function ToolButton({ label, keys, pressed, disabled, onClick, children }: ToolButtonProps) {
  return (
    <button
      type="button"
      class="tool"
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={keys}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
      <span class="tip" aria-hidden="true">
        {label} <kbd>{keys}</kbd>
      </span>
    </button>
  );
}

export function Tools() {
  const { state, commands } = useUi();
  const toolbar = useRef<HTMLDivElement>(null);
  const onKeyDown = useRoving(toolbar);
  const history = state.history.value;
  const mode = state.selectionMode.value;
  const choose = (tool: Tool) => () => {
    state.tool.value = tool;
  };
  const is = (tool: Tool) => state.tool.value === tool;
  return (
    <div
      ref={toolbar}
      class="glass tools"
      role="toolbar"
      aria-label="Tools"
      aria-orientation="vertical"
      onKeyDown={onKeyDown}
    >
      <ToolButton label="Lasso" keys="L" pressed={is("lasso")} onClick={choose("lasso")}>
        <LassoIcon />
      </ToolButton>
      <ToolButton
        label="Rectangle"
        keys="R"
        pressed={is("rectangle")}
        onClick={choose("rectangle")}
      >
        <RectangleIcon />
      </ToolButton>
      <ToolButton label="Pick one item" keys="V" pressed={is("pick")} onClick={choose("pick")}>
        <PickIcon />
      </ToolButton>
      {!state.readOnly.value && (
        <ToolButton
          label="Drag items; their neighbours follow"
          keys="M"
          pressed={is("drag")}
          onClick={choose("drag")}
        >
          <MagnetIcon />
        </ToolButton>
      )}
      <ToolButton label="Turn the cloud" keys="H" pressed={is("orbit")} onClick={choose("orbit")}>
        <HandIcon />
      </ToolButton>
      <hr />
      <ToolButton
        label={mode === "through" ? "Selects through the cloud" : "Selects visible items only"}
        keys="T"
        pressed={mode === "visible"}
        onClick={() => {
          state.selectionMode.value = mode === "through" ? "visible" : "through";
        }}
      >
        {mode === "through" ? <ThroughIcon /> : <EyeIcon />}
      </ToolButton>
      <ToolButton label="Fit into the page" keys="F" onClick={commands.fit}>
        <FitIcon />
      </ToolButton>
      {!state.readOnly.value && (
        <>
          <hr />
          <ToolButton
            label="Undo"
            keys="Ctrl Z"
            disabled={undoChoice(state) === null}
            onClick={commands.undo}
          >
            <UndoIcon />
          </ToolButton>
          <ToolButton
            label="Redo"
            keys="Ctrl Y"
            disabled={!history.can_redo}
            onClick={commands.redo}
          >
            <RedoIcon />
          </ToolButton>
        </>
      )}
    </div>
  );
}
