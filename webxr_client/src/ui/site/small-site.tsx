/**
 * A baked site in a small window or frame: name, colours, link and full screen at the top, the
 * names of the classes and the timeline at the bottom. The cloud has the rest of the window.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { classesShown } from "../../state/classes-shown.js";
import { count } from "../../state/format.js";
import { ColourSelect } from "../classes/colour-choice.js";
import { Swatch } from "../classes/swatch.js";
import { useChunk } from "../kit/chunk.js";
import { useUi } from "../kit/context.js";
import { FitIcon, SearchIcon, WholeScreenIcon } from "../kit/icons.js";
import { IconButton } from "../kit/panel-button.js";
import { HoverCard } from "../selection/hover-card.js";
import { SearchBox } from "../selection/search-box.js";
import { EnterXr } from "../shell/enter-xr.js";
import { LinkButton } from "../shell/link-button.js";
import { Notices } from "../shell/notices.js";
import { Player } from "../timeline/player.js";

/** Height of the names and buttons at the top, CSS pixels. */
const HEAD = 44;
/** In a window below this height, the names at the top and bottom may cover the cloud. */
const SHORT = 300;

const loadLinkDialog = () => import("../shell/link-dialog.js");

export function SmallSite() {
  const { state, setInsets } = useUi();
  const foot = useRef<HTMLDivElement>(null);
  const link = useChunk(state.site.linkOpen.value, loadLinkDialog, state.failure);
  useEffect(() => {
    const element = foot.current;
    if (!element) return;
    const measure = () => {
      const short = window.innerHeight < SHORT;
      const names = short ? (element.querySelector("ul")?.offsetHeight ?? 0) : 0;
      const bottom = element.offsetHeight + 6 - names;
      setInsets({ left: 8, right: 8, top: short ? 8 : HEAD, bottom });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [setInsets]);
  return (
    <>
      <Head />
      <Notices />
      <div ref={foot} class="small-foot">
        <Classes />
        {state.session.value?.has_recording && (
          <div class="glass">
            <Player />
          </div>
        )}
      </div>
      <HoverCard />
      {link && <link.LinkDialog />}
    </>
  );
}

function Head() {
  const { state, commands } = useUi();
  const [searching, setSearching] = useState(false);
  const session = state.session.value;
  if (searching)
    return (
      <header class="small-head">
        <SearchBox focused show />
        <IconButton
          name="End the search"
          onClick={() => {
            commands.search("");
            setSearching(false);
          }}
        >
          ×
        </IconButton>
      </header>
    );
  return (
    <header class="small-head">
      <h1>
        {session?.dataset ?? "lodespace"}{" "}
        {session && <span class="muted">{count(session.n_items)} items</span>}
      </h1>
      <button
        type="button"
        class="button icon"
        title="Search ids, paths, columns and classes"
        aria-label="Search"
        onClick={() => setSearching(true)}
      >
        <SearchIcon />
      </button>
      <ColourSelect />
      <EnterXr />
      <IconButton name="Fit into the page" action="fit" onClick={commands.fit}>
        <FitIcon />
      </IconButton>
      <LinkButton />
      <WholeScreen />
    </header>
  );
}

/**
 * Button for full screen. If the frame around the site does not allow full screen, a link that
 * opens the site in a window of its own.
 */
function WholeScreen() {
  if (document.fullscreenEnabled)
    return (
      <IconButton
        name="Full screen"
        onClick={() => {
          const root = document.documentElement;
          void (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());
        }}
      >
        <WholeScreenIcon />
      </IconButton>
    );
  if (window.parent === window) return null;
  return (
    <a
      class="button icon"
      href={location.href}
      target="_blank"
      rel="noopener"
      title="Open in a window of its own"
      aria-label="Open in a window of its own"
    >
      <WholeScreenIcon />
    </a>
  );
}

/** Names of the classes that the colours of the points show. */
function Classes() {
  const { state } = useUi();
  const shown = classesShown(state);
  if (shown.length === 0) return null;
  return (
    <ul class="small-classes" aria-label="Classes">
      {shown.map((info) => (
        <li key={info.class_id}>
          <Swatch colour={info.colour} of={info.class_id} /> {info.name}
        </li>
      ))}
    </ul>
  );
}
