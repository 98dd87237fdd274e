/** Names, pictures or texts of islands, over the cloud. A chip never covers another one. */
import type { ClassInfo } from "../../protocol/messages.js";
import { count } from "../../state/format.js";
import type { Atlas } from "../cloud/atlas.js";
import { drawDecoded } from "../cloud/decoded-picture.js";
import type { FoundIsland } from "./islands.js";
import type { Projection } from "./projection.js";

/**
 * Smallest ratio of the summed area of an island's points to the area of the island, both on the
 * screen. Below this ratio, the points can be seen one by one, and a chip would only hide some of
 * them.
 */
const LEAST_DEPTH = 0.35;
/**
 * The same for an island with the name of a class. Names are small, and some people cannot tell the
 * colours apart.
 */
const LEAST_NAMED_DEPTH = 0.15;
/**
 * Radius of an island, as a multiple of the root mean square distance of its items from the middle.
 */
const REACH = 1.4;
/** Largest width of a chip, as a share of the diameter of its island; also of one with words. */
const WIDEST = 0.9;
const WIDEST_WORDED = 1.4;
/** Space between two chips, CSS pixels. */
const GAP = 6;
/**
 * Factor by which the number of items of a shown chip is multiplied when chips compete for a place,
 * so that two chips do not alternate.
 */
const KEPT = 1.3;

interface Chip {
  element: HTMLElement;
  picture: HTMLCanvasElement;
  text: HTMLElement;
  /** Name, number, colour and size of the text that the chip shows. */
  look: string;
  /** Whether the chip has a name or a text. */
  worded: boolean;
  /** Whether the chip shows a picture, as soon as the picture has arrived. */
  pictured: boolean;
  /** Item whose picture is drawn; -1 for none. */
  drawn: number;
  width: number;
  height: number;
  shown: boolean;
}

export class IslandChips {
  private chips: Chip[] = [];
  private islands: readonly FoundIsland[] = [];

  constructor(private readonly parent: HTMLElement) {}

  /**
   * Set the islands, the largest first.
   *
   * @param pictures whether the items have pictures
   * @param bigText the chips are measured again if it changes
   * @param textOf returns the text of an island; "" for none
   */
  show(
    islands: readonly FoundIsland[],
    classes: readonly ClassInfo[],
    pictures: boolean,
    bigText: boolean,
    textOf: (island: FoundIsland) => string = () => "",
  ): void {
    this.islands = islands;
    while (this.chips.length < islands.length) this.chips.push(this.create());
    this.keepPictures();
    this.chips.forEach((chip, k) => {
      const island = islands[k];
      if (!island) {
        this.set(chip, false);
        return;
      }
      const info = classes[island.classId];
      const number = numberOf(island);
      const text = info?.name ?? textOf(island);
      const words = text ? `${text} · ${number}` : number;
      chip.worded = text !== "";
      chip.pictured = pictures && !info;
      if (chip.drawn >= 0 && !island.items.includes(chip.drawn)) {
        // The chip shows an item of another island, and the picture of this island may arrive
        // later. A picture of any item of this island is kept, because the medoid changes often
        // while the island moves.
        chip.drawn = -1;
      }
      const hidden = !chip.pictured || chip.drawn < 0;
      const look = [words, info?.colour, hidden, bigText].join();
      if (chip.look === look) return;
      chip.look = look;
      chip.text.textContent = words;
      chip.picture.hidden = hidden;
      chip.element.style.setProperty("--class", info?.colour ?? "transparent");
      chip.element.classList.toggle("unnamed", !info);
      measure(chip);
    });
  }

  /**
   * Give each island the chip that shows a picture of one of its items. Islands of similar size
   * often change their order.
   */
  private keepPictures(): void {
    const free = [...this.chips];
    const kept = this.islands.map(({ items }) => {
      const own = new Set(items);
      const at = free.findIndex(({ drawn }) => own.has(drawn));
      return at < 0 ? null : free.splice(at, 1)[0]!;
    });
    this.chips = [...kept.map((chip) => chip ?? free.shift()!), ...free];
  }

  /** Draw the pictures that have arrived. The caller has to place the chips again. */
  drawPictures(atlas: Atlas): void {
    this.islands.forEach(({ medoid }, k) => {
      const chip = this.chips[k]!;
      if (!chip.pictured || chip.drawn === medoid) return;
      const picture = atlas.cut(medoid);
      if (!picture) return;
      drawDecoded(chip.picture, picture);
      chip.drawn = medoid;
      if (!chip.picture.hidden) return;
      chip.picture.hidden = false;
      chip.look = ""; // describes the chip without a picture
      measure(chip);
    });
  }

  /**
   * Place the chips.
   *
   * @param pointPixels diameter of a point, CSS pixels
   */
  arrange(projection: Projection, pointPixels: number): void {
    const at = new Float64Array(2);
    const taken: { x: number; y: number; chip: Chip }[] = [];
    const order = this.islands
      .map((island, k) => ({ island, chip: this.chips[k]! }))
      .sort((a, b) => weight(b) - weight(a));
    for (const { island, chip } of order) {
      const [x, y, z] = island.middle;
      const radius = REACH * projection.pixels(x, y, z, island.radius);
      const depth = (island.count * pointPixels ** 2) / (4 * radius ** 2);
      const named = island.classId >= 0;
      const free =
        depth >= (named ? LEAST_NAMED_DEPTH : LEAST_DEPTH) &&
        chip.width <= (chip.worded ? WIDEST_WORDED : WIDEST) * 2 * radius &&
        projection.place(x, y, z, at) &&
        !taken.some(
          (other) =>
            Math.abs(other.x - at[0]!) < (other.chip.width + chip.width) / 2 + GAP &&
            Math.abs(other.y - at[1]!) < (other.chip.height + chip.height) / 2 + GAP,
        );
      this.set(chip, free);
      if (!free) continue;
      taken.push({ x: at[0]!, y: at[1]!, chip });
      const [left, top] = [at[0]! - chip.width / 2, at[1]! - chip.height / 2];
      chip.element.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
    }
  }

  /** Hide all chips. */
  clear(): void {
    for (const chip of this.chips) this.set(chip, false);
  }

  private set(chip: Chip, shown: boolean): void {
    if (chip.shown === shown) return;
    chip.shown = shown;
    chip.element.classList.toggle("shown", shown);
  }

  private create(): Chip {
    const element = document.createElement("div");
    element.className = "island";
    const picture = document.createElement("canvas");
    picture.hidden = true;
    const text = document.createElement("span");
    text.dir = "auto";
    element.append(picture, text);
    this.parent.append(element);
    const none = { look: "", worded: false, pictured: false, drawn: -1, shown: false };
    return { element, picture, text, ...none, width: 0, height: 0 };
  }
}

function measure(chip: Chip): void {
  chip.width = chip.element.offsetWidth;
  chip.height = chip.element.offsetHeight;
}

/** Number of items of an island; rounded to two digits if it is an estimate. */
const numberOf = (island: FoundIsland) =>
  island.exact ? count(island.count) : `≈ ${count(Number(island.count.toPrecision(2)))}`;

const weight = ({ island, chip }: { island: FoundIsland; chip: Chip }) =>
  island.count * (chip.shown ? KEPT : 1);
