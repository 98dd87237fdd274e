/**
 * Loader of the code for several people: it sends what this page does to the others, and shows what
 * they do. A baked site does not need it.
 */
import { effect } from "@preact/signals";
import { isSite } from "../net/site.js";
import type { PeopleParts, PeopleView } from "./others.js";

export function bindPeople(parts: PeopleParts): PeopleView {
  let view: PeopleView = { update: () => false, peers: null };
  let started = isSite;
  effect(() => {
    const { session, sceneVersion } = parts.state;
    if (started || sceneVersion.value === 0 || !session.value || session.value.tiles) return;
    started = true;
    import("./others.js").then(
      ({ watchOthers }) => {
        view = watchOthers(parts);
      },
      () => {
        started = false; // the next scene tries again
      },
    );
  });
  return {
    update: (changed) => view.update(changed),
    get peers() {
      return view.peers;
    },
  };
}
