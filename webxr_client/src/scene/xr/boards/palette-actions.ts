/**
 * Actions of the palette's tiles: text of a tile, whether its action is switched on, and whether a
 * press can run the action.
 */
import { computed } from "@preact/signals";
import { isSite } from "../../../net/site.js";
import type { AppState } from "../../../state/app-state.js";
import { count, percent } from "../../../state/format.js";
import { followedPerson, openCalls } from "../../../state/peer-calls.js";
import { isCue } from "../../../state/review-state.js";
import { acceptedPredictions } from "../../../state/selection-summary.js";
import { outcomeOf } from "../../../state/sheet-text.js";
import { undoChoice } from "../../../state/undo-choice.js";
import { pagesOf, type TileAction } from "./palette-layout.js";

export class PaletteActions {
  // Values computed from signals that change often. The board becomes stale only if one of these
  // values changes.
  private readonly anySelected = computed(() => this.state.selection.value.items.length > 0);
  private readonly paused = computed(() => this.state.training.value?.state === "paused");
  private readonly preset = computed(() => this.state.training.value?.settings.preset ?? "");
  private readonly stiffness = computed(() =>
    (this.state.training.value?.settings.stiffness ?? 0).toFixed(2),
  );
  /** Number of predictions of the selection that would be accepted. */
  private acceptable = 0;

  constructor(private readonly state: AppState) {}

  /** Count the predictions that `accept` would turn into labels, for the tile of `accept`. */
  countAcceptable(): void {
    const { selection, predictionsVersion, labelsVersion } = this.state;
    predictionsVersion.value;
    labelsVersion.value;
    const chosen = selection.value;
    this.acceptable =
      chosen.tool === "sheet" ? 0 : acceptedPredictions(this.state, chosen).items.length;
  }

  /**
   * Text of a tile, and the smaller line under the text. `page`: page of the class tiles, from 0.
   */
  words(action: TileAction, page: number): [string, string?] {
    const { state } = this;
    const snaps = state.xr.tool.value === "cluster";
    const centimetres = `${(100 * state.xr.radius.value).toFixed(1)} cm`;
    const density = percent(state.xr.density.value);
    switch (action.kind) {
      case "class":
        return [""];
      case "more": {
        const pages = pagesOf(state.liveClasses.value.length);
        return ["more", `${(page % pages) + 1} of ${pages}`];
      }
      case "pause":
        return [this.paused.value ? "train" : "pause", "training"];
      case "new":
        return ["+ class"];
      case "menu":
        return ["more ›"];
      case "rename":
        return ["class", "names ›"];
      case "word":
        return [state.xr.naming.words.value[action.place] ?? ""];
      case "moreWords":
        return ["more", "words"];
      case "type":
        return ["type", "keyboard"];
      case "speak":
        if (state.xr.naming.listening.value) return ["listening…"];
        return state.xr.naming.speech.value === "asked" ? ["allow", "speech"] : ["speak", "a name"];
      case "number":
        return ["a number"];
      case "walk":
        return ["pictures", "between"];
      case "clear":
        return ["clear"];
      case "keep":
        return ["keep as", "a rule"];
      case "subtract":
        return ["brush", "subtracts"];
      case "cluster":
        return ["snap to", "cluster"];
      case "smaller":
        return snaps ? ["denser", density] : ["brush –", centimetres];
      case "larger":
        return snaps ? ["thinner", density] : ["brush +", centimetres];
      case "swap":
        return ["swap", "hands"];
      case "time":
        return ["time ›"];
      case "force":
        return ["force ›"];
      case "review":
        return ["review ›"];
      case "back":
        return ["‹ back"];
      case "conflicts": {
        const length = state.rules.figures.value?.conflicts;
        return ["conflicts", length === undefined ? "–" : count(length)];
      }
      case "people":
        return ["people ›", openCalls(state).length > 0 ? "a request" : undefined];
      case "morePeople":
        return ["more", "people"];
      case "person":
        return this.wordsOf(action.clientId);
      case "come":
        return ["come", "here"];
      case "lead":
        return ["follow", "me"];
      case "stay":
        return ["stay", "here"];
      case "suspects":
      case "uncertain": {
        const length = state.review.quality.value?.[action.kind] ?? null;
        return [action.kind, length === null ? "–" : count(length)];
      }
      case "next":
        return ["suggest", "next"];
      case "grow":
        return ["grow", "selection"];
      case "similar":
        return ["more", "like this"];
      case "accept":
        return [
          `accept ${count(this.acceptable)}`,
          `from ${percent(state.review.acceptFrom.value)}`,
        ];
      case "bolder":
        return ["lower", "limit"];
      case "surer":
        return ["higher", "limit"];
      case "colour":
        return ["colour", state.colourBy.value];
      case "size":
        return ["size", state.review.sizeBy.value];
      case "before":
        return ["◀ step"];
      case "after":
        return ["step ▶"];
      case "play":
        return [state.time.playing.value ? "pause" : "play"];
      case "speed":
        return ["speed", `${state.time.speed.value}×`];
      case "softer":
        return ["softer", this.stiffness.value];
      case "stiffer":
        return ["stiffer", this.stiffness.value];
      case "preset":
        return ["preset", this.preset.value];
      case "arrows":
        return ["arrows", state.forces.shown.value];
      case "fix":
        return ["fix it"];
      case "trails":
        return ["trails", state.forces.trails.value ? `${state.forces.trails.value} steps` : "off"];
      case "upright":
        return ["cloud", "upright"];
      case "tones":
        return ["tones", state.xr.tones.value ? "on" : "off"];
      case "haptics":
        return ["vibration", state.xr.haptics.value ? "on" : "off"];
      case "unpin":
        return ["unpin", `${count(state.pins.value.length)} pinned`];
      default:
        return [action.kind];
    }
  }

  /** Name of another person, and what a touch of the tile does. */
  private wordsOf(clientId: string): [string, string?] {
    const { state } = this;
    const person = state.persons.value.find(({ client_id }) => client_id === clientId);
    if (!person) return [""];
    if (openCalls(state).includes(person))
      return [person.name, person.call === "come" ? "go there" : "follow"];
    return [person.name, followedPerson(state) === person ? "following" : "follow"];
  }

  /** Whether the tile is highlighted, because its action is switched on. */
  isOn(action: TileAction): boolean {
    const { state } = this;
    const { xr, time, forces, review } = state;
    if (action.kind === "class") {
      const sheet = review.sheet.value;
      const one = sheet?.status === "open" ? sheet.items[review.at.value] : undefined;
      return (
        one !== undefined &&
        outcomeOf(one, review.given.value, review.aside.value).becomes === action.classId
      );
    }
    if (action.kind === "person") {
      const person = state.persons.value.find(({ client_id }) => client_id === action.clientId);
      return person !== undefined && followedPerson(state) === person;
    }
    if (action.kind === "come") return state.people.call.value === "come";
    if (action.kind === "lead") return state.people.call.value === "follow";
    if (action.kind === "suspects" || action.kind === "uncertain" || action.kind === "conflicts")
      return review.sheet.value?.kind === action.kind;
    if (action.kind === "speak") return xr.naming.listening.value;
    if (action.kind === "walk") return state.forces.walk.value !== null;
    if (action.kind === "colour") return isCue(this.state.colourBy.value);
    if (action.kind === "size") return isCue(review.sizeBy.value);
    if (action.kind === "live") return time.live.value;
    if (action.kind === "play") return time.playing.value;
    if (action.kind === "decode") return forces.map.value;
    if (action.kind === "arrows") return forces.shown.value !== "off";
    if (action.kind === "trails") return forces.trails.value > 0;
    if (action.kind === "tones") return xr.tones.value;
    if (action.kind === "haptics") return xr.haptics.value;
    if (action.kind === "keep") return state.rules.keep.value;
    if (action.kind === "subtract") return xr.subtract.value;
    if (action.kind === "cluster") return xr.tool.value === "cluster";
    return action.kind === "pause" && this.paused.value;
  }

  /** Whether the action can run; otherwise the text of its tile is dimmed. */
  isAble(action: TileAction): boolean {
    const { state } = this;
    const history = state.history.value;
    switch (action.kind) {
      case "undo":
        return undoChoice(state) !== null;
      case "redo":
        return history.can_redo;
      case "clear":
        return this.anySelected.value;
      case "similar":
        return this.anySelected.value && !isSite && this.state.tiled.value === null;
      case "class":
      case "new":
      case "rename":
      case "word":
      case "type":
      case "speak":
      case "number":
      case "pause":
      case "softer":
      case "stiffer":
      case "preset":
      case "suspects":
      case "uncertain":
      case "conflicts":
      case "next":
      case "grow":
      case "keep":
        return !state.readOnly.value;
      case "accept":
        return this.acceptable > 0 && !state.readOnly.value;
      case "colour":
      case "size":
        return !isSite;
      case "unpin":
        return state.pins.value.length > 0 && !state.readOnly.value;
      case "come":
      case "lead":
        return state.persons.value.length > 0;
      case "before":
      case "play":
        return state.time.last.value > 0;
      case "after":
        return !state.time.live.value;
      case "decode":
      case "walk":
      case "arrows":
        return state.model.value;
      default:
        return true;
    }
  }
}
