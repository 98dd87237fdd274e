/**
 * The keyboard of the headset. A browser that supports this opens its keyboard over the session as
 * soon as a text field of the page has the focus (`XRSession.isSystemKeyboardSupported`). The
 * session is `visible-blurred` until the keyboard closes.
 */

type KeyboardSession = Pick<XRSession, "addEventListener" | "removeEventListener"> & {
  readonly isSystemKeyboardSupported?: boolean;
  readonly visibilityState: XRVisibilityState;
};

/** Whether the headset opens its keyboard in this session. */
export const opensKeyboard = (session: KeyboardSession | null): boolean =>
  session?.isSystemKeyboardSupported === true;

/**
 * Open the keyboard with `text`. `done` receives the text when the keyboard closes; null if the
 * text was not changed.
 */
export function typeText(
  session: KeyboardSession,
  text: string,
  done: (typed: string | null) => void,
): void {
  const field = document.createElement("input");
  field.type = "text";
  field.value = text;
  field.enterKeyHint = "done";
  field.maxLength = 60;
  field.autocapitalize = "off";
  field.setAttribute("aria-label", "Name of the class");
  field.className = "xr-name";
  let blurred = false;
  const close = () => {
    session.removeEventListener("visibilitychange", watch);
    session.removeEventListener("end", close);
    field.removeEventListener("change", close);
    field.removeEventListener("blur", close);
    const typed = field.value.trim();
    field.remove();
    done(typed && typed !== text ? typed : null);
  };
  // Some browsers leave the focus on the field when their keyboard closes. In all browsers, the
  // session is then visible again.
  const watch = () => {
    if (session.visibilityState !== "visible") blurred = true;
    else if (blurred) close();
  };
  session.addEventListener("visibilitychange", watch);
  session.addEventListener("end", close);
  field.addEventListener("change", close);
  field.addEventListener("blur", close);
  document.body.append(field);
  field.focus();
}
