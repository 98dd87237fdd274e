/** The page: the cloud fills the window, and panels lie over its edges. */
import { type Signal, signal } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { isSite } from "../net/site.js";
import { keptItem } from "../state/shown-item.js";
import { ClassPanel } from "./classes/class-panel.js";
import { Legend } from "./classes/legend.js";
import { useChunk } from "./kit/chunk.js";
import { Ui, type UiContext, useUi } from "./kit/context.js";
import { GUIDED, panelsFor, RULES_PANEL, SIDE_PANEL, WIDE } from "./kit/layout.js";
import { BIG_TEXT, followBigText, followTheme } from "./kit/theme.js";
import { QualityPanel } from "./review/quality-panel.js";
import { GenerativeMap } from "./selection/decoded.js";
import { DrawingOverlay } from "./selection/drawing.js";
import { HoverCard } from "./selection/hover-card.js";
import { SelectionPanel } from "./selection/selection-panel.js";
import { InHeadset } from "./shell/enter-xr.js";
import { LostView } from "./shell/lost-view.js";
import { Notices } from "./shell/notices.js";
import { Tools } from "./shell/tools.js";
import { TopBar } from "./shell/top-bar.js";
import { BottomBar } from "./timeline/bottom-bar.js";
import { Player } from "./timeline/player.js";
import { StateLine } from "./training/state-line.js";

/** The panels of a page with a server; null on a baked site, and until they are loaded. */
const serving = signal<typeof import("./serving.js") | null>(null);

function loadServing(failure: Signal<string>): void {
  import("./serving.js").then(
    (loaded) => {
      serving.value = loaded;
    },
    () => {
      failure.value = "A part of the page could not be loaded. Reload the page.";
    },
  );
}

export function mountUi(root: HTMLElement, cloud: HTMLElement, context: UiContext): void {
  followTheme(context.state.theme);
  followBigText(context.state.bigText);
  if (!isSite) loadServing(context.state.failure);
  // Remove the poster of a baked site (the picture shown while the site loads). From now on, `Page`
  // shows the poster.
  root.replaceChildren();
  render(
    <Ui.Provider value={context}>
      <Page cloud={cloud} />
    </Ui.Provider>,
    root,
  );
}

const loadSmallSite = () => import("./site/small-site.js");

/**
 * The page shows one of three views: pairing, the workplace, or the view during VR. All three use
 * the same element for the cloud.
 */
function Page({ cloud }: { cloud: HTMLElement }) {
  const { state, setInsets } = useUi();
  const holder = useRef<HTMLElement>(null);
  const big = state.bigText.value;
  const wanted = state.site.panels.value;
  const panelsNow = () => panelsFor(wanted, isSite, window.innerWidth, window.innerHeight);
  const [panels, setPanels] = useState(panelsNow);
  const sheet = state.review.sheet.value?.status;
  const guided = state.review.guided.value && !state.readOnly.value && !state.tiled.value;
  const beside = state.rules.open.value || state.people.open.value ? RULES_PANEL : 0;
  useEffect(() => {
    holder.current?.prepend(cloud);
    const measure = () => {
      const now = panelsNow();
      setPanels(now);
      if (now === "none") setInsets({ left: 0, right: 0, top: 0, bottom: 0 });
      if (now !== "full") return;
      const wide = window.innerWidth >= WIDE;
      const zoom = big ? BIG_TEXT : 1;
      // A sheet covers the lower part of the cloud, which then has less space.
      const over = document.querySelector(".contact-sheet")?.getBoundingClientRect();
      const behind = over ? Math.max(0, window.innerHeight - over.top - 124 * zoom) : 0;
      // The guide lies over the map, in windows that are wide enough.
      const guide = guided && window.innerWidth >= GUIDED ? 40 : 0;
      const bottom = (124 + guide) * zoom;
      const heightOf = (panel: string) =>
        document.querySelector<HTMLElement>(panel)?.offsetHeight ?? 0;
      setInsets(
        wide
          ? {
              left: 76 * zoom,
              right: (SIDE_PANEL + beside) * zoom,
              top: 76 * zoom,
              bottom,
              covered: Math.max(0, behind - guide * zoom),
            }
          : {
              left: 8,
              right: 8,
              top: 64 * zoom,
              bottom: 24 + heightOf(".side") + heightOf(".tools"),
            },
      );
    };
    measure();
    window.addEventListener("resize", measure);
    return () => window.removeEventListener("resize", measure);
  }, [cloud, setInsets, big, sheet, panels, wanted, guided, beside]);
  const small = useChunk(panels === "small", loadSmallSite, state.failure);
  const pairing = state.pairing.value;
  const working = !pairing && !state.xr.presenting.value;
  const loading = state.sceneVersion.value === 0 && !state.failure.value;
  return (
    <>
      <main ref={holder} class="stage" aria-label="Latent space">
        {working && <DrawingOverlay />}
        {working && panels !== "none" && <Legend columns={serving.value?.ColumnLegend} />}
        {working && loading && isSite && <img class="poster" src="poster.jpg" alt="" />}
        {working && <LostView />}
        {working && loading && <p class="loading muted">Loading the scene…</p>}
      </main>
      {pairing ? (
        serving.value && <serving.value.PairingPage pairing={pairing} />
      ) : !working ? (
        <InHeadset />
      ) : panels === "none" ? (
        <Bare />
      ) : panels === "small" ? (
        small && <small.SmallSite />
      ) : (
        <Workplace />
      )}
    </>
  );
}

/** A baked site whose address requests a page without panels. */
function Bare() {
  return (
    <>
      <Notices />
      <HoverCard />
    </>
  );
}

const loadCard = () => import("./selection/item-card.js");

const loadHelp = () => import("./shell/help.js");
const loadTable = () => import("./table/item-table.js");
const loadLinkDialog = () => import("./shell/link-dialog.js");
const loadBenchReport = () => import("./shell/bench-report.js");
const loadRules = () => import("./rules/rules-panel.js");
const loadLayerMenu = () => import("./shell/layer-menu.js");

const NARROW = window.matchMedia(`(width < ${WIDE}px)`);

/** Playback in a narrow window, which has no bottom bar. */
function NarrowPlayer() {
  const { state } = useUi();
  const [narrow, setNarrow] = useState(NARROW.matches);
  useEffect(() => {
    const measure = () => setNarrow(NARROW.matches);
    NARROW.addEventListener("change", measure);
    return () => NARROW.removeEventListener("change", measure);
  }, []);
  const recorded = state.session.value?.has_recording || state.training.value?.state !== "absent";
  return narrow && recorded && !state.tiled.value ? <Player /> : null;
}

function Workplace() {
  const { state } = useUi();
  const panels = serving.value;
  const card = useChunk(keptItem(state) >= 0, loadCard, state.failure);
  const table = useChunk(state.table.value !== null, loadTable, state.failure);
  const help = useChunk(state.help.value, loadHelp, state.failure);
  const link = useChunk(state.site.linkOpen.value, loadLinkDialog, state.failure);
  const report = useChunk(state.xr.reportOpen.value, loadBenchReport, state.failure);
  const rules = useChunk(state.rules.open.value, loadRules, state.failure);
  const layers = useChunk(state.layers.menuOpen.value, loadLayerMenu, state.failure);
  return (
    <>
      <TopBar tools={panels?.ServedTools} />
      <Tools />
      {layers && <layers.LayerMenu />}
      {panels && <panels.DataReport />}
      <Notices>{panels && <panels.Requests />}</Notices>
      <aside class="glass side" aria-label="Classes and selection">
        <StateLine class="narrow-only" />
        <NarrowPlayer />
        <ClassPanel />
        {panels && <panels.SideLines />}
        <hr />
        {panels && <panels.NextStep />}
        <QualityPanel queues={panels?.Queues} />
        <hr class="wide-only" />
        <SelectionPanel
          composition={panels?.Composition}
          example={panels?.ExampleFile}
          views={panels?.SelectionViews}
          keep={panels?.BeforeLabel}
          texts={panels?.TextLines}
          more={panels?.MoreLike}
          accept={panels?.Accept}
          hint={panels?.LabelHint}
        />
      </aside>
      <BottomBar progress={panels?.Progress} untrained={panels?.Untrained} />
      {panels && <panels.OverCloud />}
      {card && <card.ItemCard why={panels?.WhyLabel} texts={panels?.TextLines} />}
      {table && <table.ItemTable />}
      {rules && <rules.RulesPanel />}
      <HoverCard />
      <GenerativeMap />
      {help && <help.Help />}
      {link && <link.LinkDialog />}
      {panels && <panels.Dialogs />}
      {report && <report.BenchReport />}
    </>
  );
}
