/**
 * Entry point of the page with all panels of figure 2. One control drives the time of all panels.
 * The query string can set the time (`epoch=60`) and start playback (`autoplay=yes`).
 */
import "../ui/kit/fonts.css";
import "../ui/kit/tokens.css";
import "../ui/shell/page.css";
import "./panels.css";
import type { ClassInfo, Timeline } from "../protocol/messages.js";
import { Clock, timeInWords } from "./clock.js";
import { asked, lastEpoch, type PageContent, type PagePanel } from "./page-content.js";
import { readPanel } from "./panel-recording.js";
import { type Ink, inked, PanelView } from "./panel-view.js";

/**
 * Moments (recorded frames) per second of playback. A panel links to its own baked site, and the
 * address of that site states the time in seconds.
 */
const MOMENTS_PER_SECOND = 10;

interface Shown {
  link: HTMLAnchorElement;
  canvas: HTMLCanvasElement;
  note: HTMLElement;
  view: PanelView | null;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

async function file(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} is missing (HTTP status ${response.status})`);
  return response;
}

async function load({ name }: PagePanel) {
  const [index, recording] = await Promise.all([
    file(`${name}/timeline.json`).then((response) => response.json() as Promise<Timeline>),
    file(`${name}/recording.lds`).then((response) => response.arrayBuffer()),
  ]);
  return readPanel(index, recording);
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function makePanel(panel: PagePanel): { figure: HTMLElement; shown: Shown } {
  const figure = element("figure", "panel");
  const caption = element("figcaption");
  const link = element("a", "", panel.title);
  link.title = "Open this panel as a scene, with its pictures and training curves";
  caption.append(link, element("p", "muted", panel.detail));
  const canvas = element("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Latent means of all items: ${panel.title}. ${panel.detail}`);
  const note = element("p", "muted note", "Loading…");
  figure.append(caption, canvas, note);
  return { figure, shown: { link, canvas, note, view: null } };
}

function makeControls() {
  const bar = element("div", "controls glass");
  const play = element("button", "button play", "Play");
  play.type = "button";
  const slider = element("input", "scrub");
  slider.type = "range";
  slider.step = "1";
  slider.min = "0";
  slider.setAttribute("aria-label", "Epoch of all panels");
  const time = element("p", "time");
  const same = element("label", "same");
  const box = element("input");
  box.type = "checkbox";
  box.checked = true;
  same.append(box, element("span", "", "Same axes for all panels"));
  bar.append(play, slider, time, same);
  return { bar, play, slider, time, box };
}

/** The names of the classes, each with its colour. */
function namesOf(classes: readonly ClassInfo[], share: number): HTMLElement {
  const list = element("ul", "class-names");
  list.setAttribute("aria-label", "Classes");
  for (const { name, colour } of classes) {
    const row = element("li");
    const dot = element("i");
    dot.style.background = inked(colour, share);
    row.append(dot, element("span", "", name));
    list.append(row);
  }
  return list;
}

/** Factor by which the current theme multiplies the brightness of class colours. */
const shareOfLight = () =>
  Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--ink")) / 100;

function ink(): Ink {
  const style = getComputedStyle(document.documentElement);
  return { text: style.getPropertyValue("--muted"), line: style.getPropertyValue("--faint") };
}

function build(main: HTMLElement, content: PageContent): void {
  const end = lastEpoch(content);
  const clock = new Clock(end);
  const first = asked(location.search, end);
  clock.seek(first.epoch ?? end);
  const shown: Shown[] = [];
  const rows = Object.entries(content.rows).map(([row, title]) => {
    const section = element("section");
    section.append(element("h2", "", `(${row}) ${title}`));
    const grid = element("div", "row");
    for (const panel of content.panels.filter((one) => one.row === row)) {
      const made = makePanel(panel);
      grid.append(made.figure);
      shown.push(made.shown);
    }
    section.append(grid);
    return section;
  });
  const { bar, play, slider, time, box } = makeControls();
  slider.max = String(end);

  const redraw = () => {
    const views = shown.flatMap(({ view }) => (view ? [view] : []));
    const most = Math.max(...views.map((view) => view.ownLimit));
    const colours = ink();
    for (const view of views) view.draw(clock.epoch, box.checked ? most : view.ownLimit, colours);
    slider.value = String(Math.round(clock.epoch));
    slider.setAttribute("aria-valuetext", timeInWords(clock.epoch, content.epochs));
    time.textContent = timeInWords(clock.epoch, content.epochs);
    play.textContent = clock.playing ? "Pause" : "Play";
    content.panels.forEach(({ name, epochs }, k) => {
      const moment = Math.min(Math.round(clock.epoch), content.epochs + epochs);
      shown[k]!.link.href = `${name}/index.html?time=${moment / MOMENTS_PER_SECOND}`;
    });
  };
  let before = 0;
  const tick = (now: number) => {
    if (clock.advance((now - before) / 1000)) redraw();
    before = now;
    if (clock.playing) requestAnimationFrame(tick);
  };
  const toggle = () => {
    clock.toggle();
    before = performance.now();
    redraw();
    if (clock.playing) requestAnimationFrame(tick);
  };
  play.addEventListener("click", toggle);
  slider.addEventListener("input", () => {
    clock.seek(Number(slider.value));
    redraw();
  });
  box.addEventListener("change", redraw);
  window.addEventListener("keydown", (event) => {
    const control = event.target instanceof Element && event.target.closest("button, a, input");
    if (event.key !== " " || control) return;
    event.preventDefault();
    toggle();
  });
  new ResizeObserver(redraw).observe(main);

  main.replaceChildren(
    element("h1", "", `Figure 2: the latent space of each model variant, on ${content.name}`),
    element(
      "p",
      "muted lead",
      "Each panel shows the encoder's mean of each item, coloured by its class, with marginal " +
        "histograms. All panels start with the same training without labels.",
    ),
    ...rows,
    bar,
  );
  redraw();
  const share = shareOfLight();
  const loading = content.panels.map(async (panel, k) => {
    const { canvas, note } = shown[k]!;
    try {
      const recording = await load(panel);
      shown[k]!.view = new PanelView(canvas, recording, share);
      note.remove();
      if (!main.querySelector(".class-names"))
        main.querySelector(".lead")?.after(namesOf(recording.classes, share));
    } catch (error) {
      note.textContent = `This panel cannot be shown: ${reasonOf(error)}`;
    }
    redraw();
  });
  void Promise.all(loading).then(() => {
    main.dataset.ready = "yes";
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (first.autoplay && !calm && !clock.playing) toggle();
  });
}

const main = document.getElementById("panels") as HTMLElement;
if (window.matchMedia("(prefers-color-scheme: light)").matches)
  document.documentElement.dataset.theme = "light";
try {
  build(main, (await (await file("panels.json")).json()) as PageContent);
} catch (error) {
  main.replaceChildren(
    element("p", "", `The panels cannot be shown: ${reasonOf(error)}. Copy the whole folder.`),
  );
}
