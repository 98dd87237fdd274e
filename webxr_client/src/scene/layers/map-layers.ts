/**
 * Layers over the map: names of islands, lines of equal density, and histograms at the edges. They
 * are drawn on the page, over the view.
 */
import { effect } from "@preact/signals";
import type { AppState } from "../../state/app-state.js";
import { LEAST_FOR_ISLANDS } from "../../state/layer-state.js";
import { withoutLabels } from "../../state/selection-summary.js";
import type { Atlas } from "../cloud/atlas.js";
import { UNLABELED_DARK } from "../cloud/colours.js";
import type { Stage } from "../stage.js";
import { contour, densityOf, ENCLOSED } from "./density.js";
import { binned, drawBars } from "./histograms.js";
import { IslandChips } from "./island-chips.js";
import { IslandTexts } from "./island-texts.js";
import { type FoundIsland, findIslands } from "./islands.js";
import { Projection } from "./projection.js";

/** Shortest time between two searches for islands, ms. */
const FIND_MS = 700;
/** Shortest time between two drawings of lines and histograms, ms. */
const DRAW_MS = 60;
/** Largest number of points that lines and histograms are computed from. */
const SAMPLES = 40_000;

export class MapLayers {
  private readonly element = document.createElement("div");
  private readonly canvas = document.createElement("canvas");
  private readonly chips: IslandChips;
  private readonly texts: IslandTexts;
  private found = "";
  private foundAt = Number.NEGATIVE_INFINITY;
  private placed = "";
  private drawn = "";
  private drawnAt = Number.NEGATIVE_INFINITY;
  private arrived = -1;
  /** Whether the layers show the newest content, so that only a changed frame updates them. */
  private settled = false;

  constructor(
    private readonly state: AppState,
    private readonly stage: Stage,
    private readonly atlas: { current: Atlas | null },
  ) {
    this.element.className = "map-layers";
    this.element.setAttribute("aria-hidden", "true");
    this.element.append(this.canvas);
    this.chips = new IslandChips(this.element);
    this.texts = new IslandTexts(state, () => {
      this.settled = false;
    });
    stage.element.append(this.element);
    const { islands, contours, histograms } = state.layers;
    const shown = [
      ...[islands, contours, histograms, state.tiled, state.xr.presenting, state.sceneVersion],
      ...[state.labelsVersion, state.predictionsVersion, state.classes, state.colourBy],
      ...[state.picturesVersion, state.bigText, state.theme],
    ];
    effect(() => {
      for (const signal of shown) signal.value;
      atlas.current?.arrived.value;
      this.settled = false;
    });
  }

  /**
   * Update the layers. Called once per frame. `changed`: whether the camera, the panels or the
   * points have changed since the previous frame.
   */
  update(changed: boolean): void {
    if (!changed && this.settled) return;
    const { state, stage } = this;
    const { latent, layers } = state;
    const off = latent.n === 0 || state.tiled.peek() || state.xr.presenting.peek();
    const { clientWidth, clientHeight } = stage.element;
    const view = `${clientWidth} ${clientHeight} ${stage.clipFromLatent()}`;
    const now = performance.now();
    // A chip would hide found items.
    const searching = Boolean(state.search.peek()?.items);
    const islands = layers.islands.peek() && latent.n >= LEAST_FOR_ISLANDS;
    const named = !off && islands && !searching;
    const lines = !off && layers.contours.peek();
    const bars = !off && layers.histograms.peek() && latent.latentDim === 2;
    const found = this.updateIslands(named, view, now);
    this.settled = this.updateDrawing(Boolean(lines), Boolean(bars), view, now) && found;
  }

  /** Returns whether the newest islands are shown; false until the next search. */
  private updateIslands(wanted: boolean, view: string, now: number): boolean {
    const { state, chips } = this;
    if (!wanted) {
      if (this.found !== "") chips.clear();
      this.found = this.placed = "";
      return true;
    }
    const { latent, annotations } = state;
    const content = [
      latent.sceneId,
      latent.version,
      state.labelsVersion.peek(),
      state.predictionsVersion.peek(),
      state.classes.peek().map(({ name, colour }) => `${name} ${colour}`),
      state.bigText.peek(),
      this.atlas.current !== null,
      this.texts.version,
    ].join();
    if (content !== this.found && now - this.foundAt >= FIND_MS) {
      this.found = content;
      this.foundAt = now;
      const islands = findIslands({
        positions: latent.to,
        n: latent.n,
        dimensions: latent.latentDim === 2 ? 2 : 3,
        labels: annotations.labels,
        // A class without labels is never predicted, so its islands would get the name of another.
        predictions: withoutLabels(state).length === 0 ? annotations.predictions : null,
      });
      const textOf = (island: FoundIsland) => this.texts.of(island);
      const [classes, pictures] = [state.classes.peek(), this.atlas.current !== null];
      chips.show(islands, classes, pictures, state.bigText.peek(), textOf);
      this.arrived = -1;
      this.placed = "";
    }
    const atlas = this.atlas.current;
    const arrived = (atlas?.arrived.peek() ?? 0) + state.picturesVersion.peek();
    if (atlas && arrived !== this.arrived) {
      this.arrived = arrived;
      chips.drawPictures(atlas);
      this.placed = "";
    }
    if (this.placed !== view) {
      this.placed = view;
      chips.arrange(this.projection(), this.stage.pointPixels());
    }
    return content === this.found;
  }

  /** Returns whether the newest content is drawn; false until the next drawing. */
  private updateDrawing(lines: boolean, bars: boolean, view: string, now: number): boolean {
    const { state, canvas } = this;
    const content =
      lines || bars
        ? [
            view,
            lines,
            bars,
            state.latent.version,
            state.labelsVersion.peek(),
            state.predictionsVersion.peek(),
            state.colourBy.peek(),
            state.theme.peek(),
            state.classes.peek().map(({ colour }) => colour),
            Object.values(this.stage.insets),
          ].join()
        : "";
    if (content === this.drawn) return true;
    if (now - this.drawnAt < DRAW_MS) return false;
    this.drawn = content;
    this.drawnAt = now;
    const { clientWidth: width, clientHeight: height } = this.stage.element;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    if (!context || content === "") return true;
    context.scale(ratio, ratio);
    const points = this.points();
    if (lines) this.drawLines(context, points.places, width, height);
    if (bars) this.drawHistograms(context, points, width, height);
    return true;
  }

  /** Places of the points on the screen (x and y per point), and their items. */
  private points(): { places: Float32Array; items: number[] } {
    const { to, n } = this.state.latent;
    const projection = this.projection();
    const every = Math.max(1, Math.ceil(n / SAMPLES));
    const places = new Float32Array(2 * Math.ceil(n / every));
    const items: number[] = [];
    const at = new Float64Array(2);
    for (let item = 0; item < n; item += every) {
      if (!projection.place(to[4 * item]!, to[4 * item + 1]!, to[4 * item + 2]!, at)) continue;
      places.set(at, 2 * items.length);
      items.push(item);
    }
    return { places: places.subarray(0, 2 * items.length), items };
  }

  private drawLines(
    context: CanvasRenderingContext2D,
    places: Float32Array,
    width: number,
    height: number,
  ): void {
    const density = densityOf(places, width, height);
    context.strokeStyle = getComputedStyle(this.element).color;
    context.lineWidth = 1.5;
    ENCLOSED.forEach((share, k) => {
      context.globalAlpha = 0.5 + 0.5 * (1 - share);
      context.beginPath();
      const line = contour(density, density.levels[k]!);
      for (let at = 0; at < line.length; at += 4) {
        context.moveTo(line[at]!, line[at + 1]!);
        context.lineTo(line[at + 2]!, line[at + 3]!);
      }
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  private drawHistograms(
    context: CanvasRenderingContext2D,
    { places, items }: { places: Float32Array; items: readonly number[] },
    width: number,
    height: number,
  ): void {
    const { state } = this;
    const { left, right, top, bottom, covered = 0 } = this.stage.insets;
    const { labels, predictions } = state.annotations;
    const predicted = state.colourBy.peek() === "prediction";
    const classIds = Int16Array.from(items, (item) =>
      labels[item]! < 0 && predicted ? predictions[item]! : labels[item]!,
    );
    const classes = state.classes.peek();
    const colours = [...classes.map(({ colour }) => colour), UNLABELED_DARK];
    const across = Float32Array.from(items, (_, k) => places[2 * k]!);
    const down = Float32Array.from(items, (_, k) => places[2 * k + 1]!);
    context.save();
    context.beginPath();
    const low = height - bottom - covered;
    context.rect(left, top, width - left - right, low - top);
    context.clip();
    context.globalAlpha = 0.85;
    drawBars(context, binned(across, classIds, classes.length, width), colours, low, true);
    drawBars(context, binned(down, classIds, classes.length, low), colours, left, false);
    context.restore();
  }

  private projection(): Projection {
    const { clientWidth, clientHeight } = this.stage.element;
    const { box } = this.state.latent;
    return new Projection(this.stage.clipFromLatent(), box, clientWidth, clientHeight);
  }
}
