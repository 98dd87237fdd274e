/**
 * The query string of the page: camera, colours, search, moment and playback. docs/scenes.md
 * describes each name. A value that cannot be used is left out, and reported in `problems`.
 */
import type { ColourBy } from "./app-state.js";
import { CUES } from "./review-state.js";
import { SPEEDS } from "./time-state.js";

/** Which panels a baked site shows. `auto`: chosen by the size of the window. */
export type Panels = "auto" | "full" | "small" | "none";

/** Place of the camera. Fields that are not given are chosen so that the cloud fits the window. */
export interface CameraPlace {
  /** Direction from the target to the camera about the vertical axis, in degrees; 0 is in front. */
  azimuth?: number;
  /** Angle of the camera above the horizontal plane, in degrees. */
  elevation?: number;
  /** Distance of the camera from the target. The cube of the scene has edges of length 1. */
  distance?: number;
  /** Point that the camera looks at. The cube of the scene is centred at 0,0,0. */
  target?: readonly [number, number, number];
  /** Magnification of a map with 2 dimensions. */
  zoom?: number;
}

export interface SiteView {
  camera: CameraPlace;
  colourBy?: ColourBy;
  /** Name of the column that the points are coloured by. */
  column?: string;
  /** Text of the search. */
  search?: string;
  /**
   * Colours of the classes, as #rrggbb, in the order of the classes; "" keeps the colour that the
   * class has.
   */
  colours: string[];
  /** Moment to show first, in seconds of playback at speed 1. */
  time?: number;
  /** Moment to show first, as a share of the recording (0..1). */
  progress?: number;
  autoplay: boolean;
  /** Whether playback begins again after the last moment. */
  loop: boolean;
  speed?: number;
  theme?: "dark" | "light";
  panels: Panels;
  /** One phrase per value that was left out. */
  problems: string[];
}

const COLOUR_BY = ["label", "prediction", "confidence"] as const;
/** Colours of a page with a server. */
const SERVED_COLOURS: readonly ColourBy[] = [...COLOUR_BY, "force", "movement", ...CUES];
const PANELS = ["full", "small", "none"] as const;
const THEMES = ["dark", "light"] as const;
const YES: readonly string[] = ["", "1", "yes", "true"];
const NO: readonly string[] = ["0", "no", "false"];

/**
 * Read the query string of the page. Names that docs/scenes.md does not describe are ignored.
 *
 * @param served whether the page has a server, and not the files of a baked site
 */
export function readView(query: URLSearchParams, served = false): SiteView {
  const problems: string[] = [];
  const text = (name: string) => query.get(name)?.trim();
  const refuse = (name: string, wanted: string) => {
    problems.push(`${name}=${text(name)} (use ${wanted})`);
    return undefined;
  };
  const number = (name: string, least: number, most: number): number | undefined => {
    const given = text(name);
    if (given === undefined) return undefined;
    const value = numberOf(given);
    if (value === null || value < least || value > most)
      return refuse(name, `a number from ${least} to ${most}`);
    return value;
  };
  const one = <T extends string>(name: string, choices: readonly T[]): T | undefined => {
    const given = text(name);
    if (given === undefined) return undefined;
    return choices.find((choice) => choice === given) ?? refuse(name, list(choices));
  };
  const flag = (name: string): boolean => {
    const given = text(name);
    if (given === undefined || NO.includes(given)) return false;
    if (!YES.includes(given)) refuse(name, "yes or no");
    return YES.includes(given);
  };
  const target = () => {
    const given = text("target");
    if (given === undefined) return undefined;
    const parts = given.split(",").map(numberOf);
    if (parts.length < 2 || parts.length > 3 || parts.some((p) => p === null || Math.abs(p) > 100))
      return refuse("target", "two or three numbers, such as 0,0.1,0");
    return [parts[0]!, parts[1]!, parts[2] ?? 0] as const;
  };
  const speed = () => {
    const given = text("speed");
    if (given === undefined) return undefined;
    return SPEEDS.find((s) => s === numberOf(given)) ?? refuse("speed", list(SPEEDS));
  };
  const colours = () => {
    const given = text("colours");
    if (given === undefined) return [];
    const parts = given.split(",").map((part) => part.trim().replace(/^#/, "").toLowerCase());
    if (parts.every((part) => part === "" || /^[0-9a-f]{6}$/.test(part)))
      return parts.map((part) => part && `#${part}`);
    refuse("colours", "colours such as ff8800,0088ff");
    return [];
  };
  const camera: CameraPlace = {
    azimuth: number("azimuth", -360, 360),
    elevation: number("elevation", -90, 90),
    distance: number("distance", 0.05, 12),
    target: target(),
    zoom: number("zoom", 0.05, 50),
  };
  return {
    camera,
    colourBy: one("colour", served ? SERVED_COLOURS : COLOUR_BY),
    ...(served && text("column") ? { column: text("column") } : {}),
    ...(text("search") ? { search: text("search") } : {}),
    colours: colours(),
    time: number("time", 0, 1e6),
    progress: number("progress", 0, 1),
    autoplay: flag("autoplay"),
    loop: flag("loop"),
    speed: speed(),
    theme: one("theme", THEMES),
    panels: one("panels", PANELS) ?? "auto",
    problems,
  };
}

/** The view that a link describes. */
export interface LinkedView {
  camera: CameraPlace;
  colourBy: ColourBy;
  /** Column that the points are coloured by; "" for none. */
  column: string;
  /** Text of the search; "" without a search. */
  search: string;
  /** Shown moment in seconds of playback; null for the end of the training. */
  time: number | null;
  speed: number;
  theme: "dark" | "light";
}

/**
 * Query string of a link to a view. Parameters of `query` that the view does not set, such as
 * `colours`, are kept.
 */
export function linkTo(view: LinkedView, query: URLSearchParams): string {
  const linked = new URLSearchParams(query);
  for (const name of ["test", "azimuth", "elevation", "distance", "target", "zoom"])
    linked.delete(name);
  for (const name of ["colour", "column", "search", "time", "progress"]) linked.delete(name);
  for (const name of ["autoplay", "speed", "theme"]) linked.delete(name);
  const { azimuth, elevation, distance, target, zoom } = view.camera;
  for (const [name, value, digits] of [
    ["azimuth", azimuth, 1],
    ["elevation", elevation, 1],
    ["distance", distance, 3],
    ["zoom", zoom, 3],
  ] as const)
    if (value !== undefined) linked.set(name, rounded(value, digits));
  if (target) linked.set("target", target.map((value) => rounded(value, 3)).join(","));
  if (SERVED_COLOURS.includes(view.colourBy) && view.colourBy !== "label")
    linked.set("colour", view.colourBy);
  if (view.column) linked.set("column", view.column);
  if (view.search) linked.set("search", view.search);
  if (view.time !== null) linked.set("time", rounded(view.time, 2));
  if (view.speed !== 1) linked.set("speed", String(view.speed));
  linked.set("theme", view.theme);
  return linked.toString().replaceAll("%2C", ",");
}

/** Text about the values of the address that were left out; "" if there are none. */
export const problemText = (problems: readonly string[]): string =>
  problems.length === 0
    ? ""
    : `The address of this page has values that cannot be used: ${problems.join("; ")}.`;

const list = (choices: readonly (string | number)[]) =>
  `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;

/** The number that `text` states in decimal digits; null for any other text. */
const numberOf = (text: string): number | null =>
  /^[-+]?(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : null;

const rounded = (value: number, digits: number) => String(Number(value.toFixed(digits)) + 0);
