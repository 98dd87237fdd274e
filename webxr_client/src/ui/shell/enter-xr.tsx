/** Into the headset: what is offered, or where to find out why nothing is. */
import { checkUrl } from "../../net/api.js";
import { useUi } from "../kit/context.js";
import { HeadsetIcon } from "../kit/icons.js";

const KINDS = [
  {
    mode: "immersive-vr",
    name: "Enter VR",
    title: "Into the headset",
    text: (
      <>
        <HeadsetIcon /> Enter VR
      </>
    ),
  },
  {
    mode: "immersive-ar",
    name: "Enter AR",
    title: "The cloud in your own room",
    text: (
      <>
        <span class="button-text">Enter</span> AR
      </>
    ),
  },
] as const;

export function EnterXr() {
  const { state, enterXr } = useUi();
  const offered = state.xr.offered.value;
  if (!offered || state.pairing.value) return null;
  if (offered.size === 0)
    return (
      <a class="button wide-only no-xr" href={checkUrl} title="Why is there no VR in this browser?">
        <HeadsetIcon /> <span class="button-text">no VR here</span>
      </a>
    );
  return (
    <>
      {KINDS.filter(({ mode }) => offered.has(mode)).map(({ mode, name, title, text }) => (
        <button
          key={mode}
          type="button"
          class="button enter-xr"
          title={title}
          aria-label={name}
          onClick={() => enterXr(mode)}
        >
          {text}
        </button>
      ))}
      <Hand />
    </>
  );
}

function Hand() {
  const { state } = useUi();
  const { xr } = state;
  const left = xr.dominant.value === "left";
  return (
    <button
      type="button"
      class="button hand-choice"
      title="The hand that paints; the palette is on the other one"
      aria-label={`Paint with the ${left ? "left" : "right"} hand; press for the other`}
      onClick={() => xr.swapHands()}
    >
      {left ? "left" : "right"}
      <span class="button-text">hand</span>
    </button>
  );
}

/** While the headset is on, the page rests: its panels would take time from the headset's frames. */
export function InHeadset() {
  const { leaveXr } = useUi();
  return (
    <p class="glass in-headset">
      In the headset <span class="muted">labels are saved as you make them</span>
      <button type="button" class="button" onClick={leaveXr}>
        Leave
      </button>
    </p>
  );
}
