/** Toolbar of selection tools, view and undo. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { RegionUse, Tool } from "../../state/app-state.js";
import type { ActionId } from "../../state/key-map.js";
import { undoChoice } from "../../state/undo-choice.js";
import { useUi } from "../kit/context.js";
import {
  AddIcon,
  EyeIcon,
  FitIcon,
  HandIcon,
  LassoIcon,
  LayersIcon,
  MagnetIcon,
  PickIcon,
  RectangleIcon,
  RedoIcon,
  SubtractIcon,
  ThroughIcon,
  UndoIcon,
} from "../kit/icons.js";
import { useRoving } from "../kit/roving.js";

/** Uses of a drawn region, in the order in which a button shows them, each with its text. */
const REGION_USES: readonly [RegionUse, string][] = [
  ["replace", "A new region replaces the selection"],
  ["add", "A new region is added to the selection"],
  ["subtract", "A new region is removed from the selection"],
];

interface ToolButtonProps {
  label: string;
  action?: ActionId;
  pressed?: boolean;
  disabled?: boolean;
  /** Whether narrow windows have no room for the button. */
  wide?: boolean;
  /** Whether only devices with a touch screen have the button. */
  touch?: boolean;
  onClick(): void;
  children: ComponentChildren;
}

function ToolButton({
  label,
  action,
  pressed,
  disabled,
  wide,
  touch,
  onClick,
  children,
}: ToolButtonProps) {
  const { keys: map } = useUi().state;
  const keys = action ? map.text(action) : "";
  return (
    <button
      type="button"
      class={`tool ${wide ? "wide-only" : ""} ${touch ? "any-touch" : ""}`}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={keys || undefined}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
      <span class="tip" aria-hidden="true">
        {label} {keys && <kbd>{keys}</kbd>}
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
  const use = REGION_USES.findIndex(([name]) => name === state.regionUse.value);
  return (
    <div
      ref={toolbar}
      class="glass tools"
      role="toolbar"
      aria-label="Tools"
      aria-orientation="vertical"
      onKeyDown={onKeyDown}
    >
      <ToolButton label="Lasso" action="lasso" pressed={is("lasso")} onClick={choose("lasso")}>
        <LassoIcon />
      </ToolButton>
      <ToolButton
        label="Rectangle"
        wide
        action="rectangle"
        pressed={is("rectangle")}
        onClick={choose("rectangle")}
      >
        <RectangleIcon />
      </ToolButton>
      <ToolButton
        label="Pick one item"
        action="pick"
        wide
        pressed={is("pick")}
        onClick={choose("pick")}
      >
        <PickIcon />
      </ToolButton>
      {!state.readOnly.value && !state.session.value?.tiles && (
        <ToolButton
          label="Drag items; their neighbours follow"
          wide
          action="drag"
          pressed={is("drag")}
          onClick={choose("drag")}
        >
          <MagnetIcon />
        </ToolButton>
      )}
      <ToolButton
        label="Turn the cloud"
        action="orbit"
        pressed={is("orbit")}
        onClick={choose("orbit")}
      >
        <HandIcon />
      </ToolButton>
      <hr />
      <ToolButton
        label={REGION_USES[use]![1]}
        touch
        pressed={use > 0}
        disabled={state.selection.value.items.length === 0}
        onClick={() => {
          state.regionUse.value = REGION_USES[(use + 1) % REGION_USES.length]![0];
        }}
      >
        {state.regionUse.value === "subtract" ? <SubtractIcon /> : <AddIcon />}
      </ToolButton>
      <ToolButton
        label={mode === "through" ? "Selects through the cloud" : "Selects visible items only"}
        action="mode"
        wide
        pressed={mode === "visible"}
        onClick={() => {
          state.selectionMode.value = mode === "through" ? "visible" : "through";
        }}
      >
        {mode === "through" ? <ThroughIcon /> : <EyeIcon />}
      </ToolButton>
      <ToolButton label="Fit into the page" action="fit" onClick={commands.fit}>
        <FitIcon />
      </ToolButton>
      {!state.session.value?.tiles && (
        <ToolButton
          label="Layers of the map"
          wide
          pressed={state.layers.menuOpen.value}
          onClick={() => {
            state.layers.menuOpen.value = !state.layers.menuOpen.value;
          }}
        >
          <LayersIcon />
        </ToolButton>
      )}
      {!state.readOnly.value && (
        <>
          <hr />
          <ToolButton
            label="Undo"
            action="undo"
            disabled={undoChoice(state) === null}
            onClick={commands.undo}
          >
            <UndoIcon />
          </ToolButton>
          <ToolButton
            label="Redo"
            action="redo"
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
