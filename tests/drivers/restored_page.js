/**
 * Remembers the first state of a page and of its emulated headset, and restores it
 * (restored_page.py).
 */
((inVr) => {
  if (window.testRestore) return;
  const { state, stage } = lodespace;
  // The server writes these signals. `data` compares their content, without counts and history.
  const OF_SERVER = new Set([
    'session', 'connection', 'classes', 'training', 'losses', 'history', 'pins', 'axes', 'access',
    'notices', 'peers', 'rules.list', 'review.quality', 'time.timeline', 'time.reachedIn',
    'time.moment', 'time.shown', 'xr.offered',
  ]);
  const plain = (_, value) => value instanceof Map || value instanceof Set ? [...value]
    : ArrayBuffer.isView(value) ? Array.from(value) : value;
  const text = (value) => JSON.stringify(value, plain);
  // Name, signal, first value, and its content then: a list or map can be changed in place.
  const signals = [];
  const walk = (thing, path, depth) => {
    for (const [name, one] of Object.entries(thing)) {
      if (!one || typeof one !== 'object') continue;
      if (ArrayBuffer.isView(one) || Array.isArray(one)) continue;
      if (typeof one.peek !== 'function' || typeof one.subscribe !== 'function') {
        if (depth < 3) walk(one, `${path}${name}.`, depth + 1);
      } else if (Object.getOwnPropertyDescriptor(Object.getPrototypeOf(one), 'value')?.set) {
        const ofServer = OF_SERVER.has(path + name) || name.endsWith('Version');
        if (!ofServer) signals.push([path + name, one, one.peek(), text(one.peek())]);
      }
    }
  };
  walk(state, '', 0);
  const data = () => text([
    state.annotations.labels, state.annotations.predictions, state.classes.peek(),
    state.pins.peek(), state.axes.peek(), state.notices.peek(), state.rules.list.peek(),
    state.connection.peek().status, state.connection.peek().pending, state.training.peek().state,
    state.training.peek().settings, state.peers.peek().size,
    state.latent.n, state.latent.latentDim, state.latent.sceneId, state.latent.moving,
  ]);
  const places = () => Array.from(state.latent.to, (grid, k) =>
    k % 4 === 3 ? 0 : state.latent.box.origin[k % 4] + (grid / 65535) * state.latent.box.size);
  const camera = () => {
    const { azimuth, elevation, distance, target, zoom } = stage.cameraPlace();
    return [azimuth, elevation, distance, zoom, ...target].map((x) => x?.toFixed(2)).join();
  };
  // The history of the project, and thus the player, outlasts an undo of all gestures, and so does
  // the offer to redo them. The order of attributes and the place of the names on the map depend on
  // earlier changes.
  const HISTORY = '.bottom-bar, .player, .map-layers, [aria-label=Redo], script';
  const elements = () => {
    const all = document.body.querySelectorAll('*');
    const seen = [...all].filter((one) => !one.closest(HISTORY));
    return seen.map((one) => [
      one.tagName,
      ...[...one.attributes].filter(({ name }) => name !== 'style')
        .map(({ name, value }) => `${name}=${value.split(' ').sort().join(' ')}`).sort(),
      one.childElementCount === 0 ? one.textContent : '',
      'value' in one ? `${one.value} ${one.checked}` : '',
    ].join()).join();
  };
  const stored = () => text(Object.entries(localStorage).sort());
  const firstStored = Object.entries(localStorage);
  // In VR, the elements of the page are not shown, and the headset is the camera.
  const parts = inVr ? { data, stored } : { data, stored, elements, camera };
  const { azimuth, elevation } = stage.cameraPlace();
  const first = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part()]));
  const firstPlaces = places();
  window.testSize = { width: window.innerWidth, height: window.innerHeight };
  const frames = async (count) => {
    for (let k = 0; k < count; k++) await new Promise((done) => requestAnimationFrame(done));
  };
  window.testLeave = async () => {
    window.emulated?.updateVisibilityState?.('visible');
    await lodespace.xr?.entry?.leave();
    for (let k = 0; k < 50 && lodespace.xr?.entry?.view; k++) await frames(1);
    document.activeElement?.blur();
  };
  window.testRestore = async () => {
    const pace = window.testPace?.(20);
    for (let k = 0; k < 2; k++) {
      for (const [, one, value] of signals) if (one.peek() !== value) one.value = value;
      await frames(2);
    }
    localStorage.clear();
    for (const [name, value] of firstStored) localStorage.setItem(name, value);
    stage.placeCamera({ azimuth, elevation });
    await frames(3);
    window.testPace?.(pace);
    const left = signals.filter(([, one, , content]) => text(one.peek()) !== content)
      .map(([path]) => path);
    for (const [name, part] of Object.entries(parts)) {
      const [now, then] = [part(), first[name]];
      if (now === then) continue;
      let same = 0;
      while (now[same] === then[same]) same++;
      const around = (all) => all.slice(Math.max(0, same - 40), same + 40);
      left.push(`${name}: ${around(now)} (first: ${around(then)})`);
    }
    const step = state.latent.box.size / 65535;
    const now = places();
    if (now.some((at, k) => Math.abs(at - firstPlaces[k]) > 2.1 * step)) left.push('places');
    return left;
  };
  const device = window.emulated;
  if (device) {
    const sides = ['left', 'right'];
    const { controllers, hands } = device;
    const moved = [device, ...sides.flatMap((side) => [controllers[side], hands[side]])];
    const places = moved.map(({ position, quaternion }) =>
      [...position.vec3, ...quaternion.quat]);
    window.testDevice = () => {
      window.inputSources?.reset();
      moved.forEach(({ position, quaternion }, k) => {
        position.set(...places[k].slice(0, 3));
        quaternion.set(...places[k].slice(3));
      });
      device.primaryInputMode = 'controller';
      for (const side of sides) {
        const controller = controllers[side];
        controller.connected = true;
        for (const button of ['trigger', 'squeeze']) controller.updateButtonValue(button, 0);
        controller.updateAxes('thumbstick', 0, 0);
        hands[side].connected = true;
        hands[side].updatePinchValue(0);
      }
    };
  }
})