/**
 * Input sources that iwer does not emulate: transient pointers, hands without `select` events,
 * sources without poses, positions that the headset guesses, and other profiles. Runs in the page
 * after iwer is installed. `window.emulated` is the device of iwer.
 *
 * Events come in the order of the specification: `inputsourceschange` adds a source, `selectstart`,
 * `select`, `selectend`, then `inputsourceschange` removes the source.
 */
(() => {
  const { P_SPACE, XRFrame, XRInputSource, XRInputSourceEvent, XRSession, XRSpace } = IWER;
  const device = window.emulated;
  const room = device.viewerSpace[P_SPACE].parentSpace;
  const extra = [];
  /** Changes of sources and events. Each frame of the session runs one of them. */
  const steps = [];
  const unseen = new Set();
  let silentHands = false;
  let lastFrame = null;

  const inputSources = Object.getOwnPropertyDescriptor(IWER.XRDevice.prototype, "inputSources");
  Object.defineProperty(device, "inputSources", {
    get: () => [...inputSources.get.call(device), ...extra],
  });

  const { requestAnimationFrame } = XRSession.prototype;
  XRSession.prototype.requestAnimationFrame = function (callback) {
    return requestAnimationFrame.call(this, (now, frame) => {
      if (frame !== lastFrame) steps.shift()?.(this, frame);
      lastFrame = frame;
      callback(now, frame);
    });
  };

  XRSession.prototype.dispatchEvent = function (event) {
    const silent = silentHands && event.type.startsWith("select") && event.inputSource?.hand;
    return silent ? true : EventTarget.prototype.dispatchEvent.call(this, event);
  };

  const { getPose, getJointPose } = XRFrame.prototype;
  XRFrame.prototype.getPose = function (space, base) {
    return unseen.has(space) ? null : getPose.call(this, space, base);
  };
  XRFrame.prototype.getJointPose = function (joint, base) {
    return unseen.has(joint) ? null : getJointPose.call(this, joint, base);
  };

  const send = (session, frame, type, inputSource) =>
    session.dispatchEvent(new XRInputSourceEvent(type, { frame, inputSource }));
  const remove = (source) => extra.splice(extra.indexOf(source), 1);
  const spacesOf = ({ targetRaySpace, gripSpace, hand }) => [
    targetRaySpace,
    ...(gripSpace ? [gripSpace] : []),
    ...(hand ? hand.values() : []),
  ];

  window.inputSources = {
    /** Number of steps that no frame has run yet. */
    get waiting() {
      return steps.length;
    },
    /** Let the hands of iwer pinch without `select` events, as in Safari on Apple Vision Pro. */
    silenceHands() {
      silentHands = true;
    },
    /**
     * Add a source without a hand and a gamepad. `ray`, `grip`: column-major matrices from the
     * space of the source to the room. Returns the source.
     */
    add(handedness, mode, ray, grip, profiles = ["generic-hand-select"]) {
      const space = new XRSpace(room, ray);
      const held = grip ? new XRSpace(room, grip) : undefined;
      const source = new XRInputSource(handedness, mode, profiles, space, undefined, held);
      steps.push(() => extra.push(source));
      return source;
    },
    press(source) {
      steps.push((session, frame) => send(session, frame, "selectstart", source));
    },
    place(source, ray, grip) {
      source.targetRaySpace[P_SPACE].offsetMatrix.set(ray);
      if (grip) source.gripSpace[P_SPACE].offsetMatrix.set(grip);
    },
    /** End the press, and remove the source. */
    release(source) {
      steps.push((session, frame) => {
        for (const type of ["select", "selectend"]) send(session, frame, type, source);
        remove(source);
      });
    },
    /** Remove the source without any event of its press. */
    remove(source) {
      steps.push(() => remove(source));
    },
    /** Set whether the headset has poses of the source. */
    setSeen(source, seen) {
      for (const space of spacesOf(source)) {
        if (seen) unseen.delete(space);
        else unseen.add(space);
      }
    },
    /** Set whether the headset guesses the position of the source. iwer guesses all positions. */
    setGuessed(source, guessed) {
      for (const space of spacesOf(source)) space[P_SPACE].emulated = guessed;
    },
    /** Forget all sources, steps and losses of a test (restored_page.js). */
    reset() {
      extra.length = steps.length = 0;
      unseen.clear();
      silentHands = false;
      for (const { left, right } of [device.controllers, device.hands])
        for (const { inputSource } of [left, right]) this.setGuessed(inputSource, true);
    },
    setProfiles(source, profiles) {
      Object.defineProperty(source, "profiles", { value: profiles });
    },
  };
})();
