/** The notices above the cloud: errors, messages of the server, and the state of the connection. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { isSite } from "../../net/site.js";
import type { Settings } from "../../protocol/messages.js";
import { focusText } from "../../state/focus.js";
import { labelsText } from "../../state/view-state.js";
import { useUi } from "../kit/context.js";

/** `children`: notices above all others. */
export function Notices({ children }: { children?: ComponentChildren }) {
  const { state, commands } = useUi();
  const lines: {
    key: string;
    tone: string;
    text: string;
    fix?: Settings | null;
    close?: () => void;
    /** Text of the button that calls `close`; "Close" by default. */
    button?: string;
  }[] = [];
  const failure = state.failure.value;
  if (failure) lines.push({ key: "failure", tone: "warm", text: failure });
  const xr = state.xr.message.value;
  if (xr) lines.push({ key: "xr", tone: "warm", text: xr, close: () => state.xr.clearMessage() });
  const { problem } = state.site;
  if (problem.value)
    lines.push({
      key: "address",
      tone: "warm",
      text: problem.value,
      close: () => {
        problem.value = "";
      },
    });
  for (const notice of state.notices.value)
    lines.push({
      key: notice.topic,
      tone: notice.code === "noted" ? "" : "warm",
      text: notice.message,
      fix: notice.mend,
    });
  const focus = state.focus.value;
  if (focus)
    lines.push({
      key: "focus",
      tone: "",
      text: focusText(state, focus),
      close: () => {
        state.focus.value = null;
      },
    });
  if (!state.time.live.value && !isSite)
    lines.push({
      key: "past",
      tone: "",
      text: "You see an earlier moment.",
      close: commands.live,
      button: "Back to live",
    });
  return (
    <div class="notices" role="status">
      <ConnectionLine />
      {children}
      {lines.map((line) => (
        <p key={line.key} class={`glass notice ${line.tone}`}>
          {line.text}
          {line.fix && !state.readOnly.value && (
            <button
              type="button"
              class="button"
              onClick={() => line.fix && commands.setSettings(line.fix)}
            >
              Fix it
            </button>
          )}
          {line.close && (
            <button type="button" class="button" onClick={line.close}>
              {line.button ?? "Close"}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}

/** Whether the page needs the network to reach its server. */
const isRemote = () => !["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

function ConnectionLine() {
  const { state } = useUi();
  const { status, detail, pending, retryAt } = state.connection.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (retryAt === null) return;
    const timer = window.setInterval(() => tick((n) => n + 1), 500);
    return () => window.clearInterval(timer);
  }, [retryAt]);
  if (
    status === "open" ||
    status === "none" ||
    (status === "connecting" && state.sceneVersion.value === 0)
  )
    return null;
  const seconds =
    retryAt === null ? null : Math.max(0, Math.ceil((retryAt - performance.now()) / 1000));
  const offline = status === "waiting" && !navigator.onLine && isRemote();
  return (
    <p class="glass notice" data-testid="connection">
      {offline ? "This device has no network connection." : detail}{" "}
      {status === "waiting" && seconds !== null && `Trying again in ${seconds} s.`}{" "}
      {labelsText(pending)}
    </p>
  );
}
