/** Buttons that start VR or AR, or a link that explains why neither is available. */
import { checkUrl } from "../../net/api.js";
import { useUi } from "../kit/context.js";
import { HeadsetIcon } from "../kit/icons.js";

const KINDS = [
  {
    mode: "immersive-vr",
    name: "Enter VR",
    title: "Show the cloud in the headset",
    text: (
      <>
        <HeadsetIcon /> Enter VR
      </>
    ),
  },
  {
    mode: "immersive-ar",
    name: "Enter AR",
    title: "Show the cloud in your own room",
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
      <a
        class="button wide-only no-xr"
        href={checkUrl}
        title="Find out why VR is not available in this browser"
      >
        <HeadsetIcon /> <span class="button-text">VR unavailable</span>
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
      title="The hand that holds the brush; the other hand holds the palette"
      aria-label={`Paint with the ${left ? "left" : "right"} hand. Press to swap hands.`}
      onClick={() => xr.swapHands()}
    >
      {left ? "left" : "right"}
      <span class="button-text">hand</span>
    </button>
  );
}

/** The page during VR: a line of text and a button. Panels would slow down the headset. */
export function InHeadset() {
  const { leaveXr } = useUi();
  return (
    <p class="glass in-headset">
      VR is running in the headset. <span class="muted">Labels are saved as you make them.</span>
      <button type="button" class="button" onClick={leaveXr}>
        Leave VR
      </button>
    </p>
  );
}
