/** The brush, the ray and the item card at the hand that paints. */
import { Color, type Object3D, Vector3 } from "three";
import type { PointCloud } from "../../scene/cloud/point-cloud.js";
import { BOARD_WARM } from "../../scene/xr/boards/board.js";
import type { ItemCard } from "../../scene/xr/boards/item-card.js";
import type { PaletteBoard } from "../../scene/xr/boards/palette-board.js";
import type { SheetBoard } from "../../scene/xr/boards/sheet-board.js";
import { BrushSphere } from "../../scene/xr/brush-sphere.js";
import type { HeldShape } from "../../scene/xr/held-shape.js";
import { PointerRay } from "../../scene/xr/pointer-ray.js";
import type { AppState } from "../../state/app-state.js";
import type { BrushProbe } from "./brush/brush-probe.js";
import type { XrControls } from "./controls.js";
import { STYLUS_RADIUS } from "./placement/dimensions.js";
import type { HeadPose } from "./placement/head-pose.js";
import { placeCardAtBrush, placeCardOverSheet } from "./placement/palette-placement.js";

// The shaders of brush and points write these colours unchanged, so the colours have to be sRGB.
const ADD_COLOUR = new Color("#8fd0ff").convertLinearToSRGB();
const SUBTRACT_COLOUR = new Color(BOARD_WARM).convertLinearToSRGB();

/**
 * Distance from the upper edge of the card to the middle of the item's mesh or point cloud, metres.
 */
const ABOVE_CARD = 0.07;

/** The boards that react to the hand. */
interface Boards {
  readonly palette: PaletteBoard;
  readonly sheet: SheetBoard;
  readonly card: ItemCard;
}

export class HandDisplay {
  readonly brush = new BrushSphere();
  readonly ray = new PointerRay();
  /**
   * Mesh or point cloud of the item at the hand; null for other kinds of items, and before the code
   * is loaded.
   */
  shape: HeldShape | null = null;
  private readonly at = new Vector3();

  constructor(
    private readonly state: AppState,
    private readonly cloud: PointCloud,
    private readonly controls: XrControls,
    private readonly boards: Boards,
    private readonly probe: BrushProbe,
  ) {}

  /**
   * If the items are meshes or point clouds, load the code that shows them over the card, and add
   * the object to `room`.
   */
  loadShape(room: Object3D): void {
    if (!this.state.session.peek()?.shapes) return;
    import("../../scene/xr/held-shape.js").then(
      ({ HeldShape }) => {
        this.shape = new HeldShape();
        room.add(this.shape.group);
      },
      () => {}, // without this code, the card still shows the picture of the item
    );
  }

  /** Show brush, ray and item card at the hand. Called once per frame, at time `now` in ms. */
  update(head: HeadPose, now: number): void {
    this.showBrush();
    this.showRay();
    this.showCard(head);
    this.showShape(now);
  }

  dispose(): void {
    this.brush.dispose();
    this.ray.dispose();
    this.shape?.dispose();
  }

  private showBrush(): void {
    const { controls, brush, cloud, state } = this;
    const hand = controls.dominant;
    const visible = hand.tracked && !controls.holding;
    brush.mesh.visible = visible;
    const colour = controls.subtracting ? SUBTRACT_COLOUR : ADD_COLOUR;
    // At a board the brush is drawn as a stylus.
    const radius = controls.brushShown ? state.xr.radius.value : STYLUS_RADIUS;
    brush.set(radius, colour, controls.stroke.active || hand.lit);
    brush.mesh.position.copy(controls.brushShown ? hand.brush : hand.touch);
    const shown = visible && controls.brushShown;
    cloud.setBrush(controls.brush.centre, shown ? controls.brush.radius : 0);
    cloud.setBrushColour(colour);
  }

  private showRay(): void {
    const { controls, boards, ray } = this;
    const { pointing, onSheet } = controls;
    const { dominant, other, grasps } = controls;
    if (grasps[dominant.side].active) ray.show(dominant.position, grasps[dominant.side].place);
    else if (grasps[other.side].active) ray.show(other.position, grasps[other.side].place);
    else if (pointing.mode === "ray" && !controls.stroke.active)
      ray.show(dominant.rayOrigin, pointing.hit);
    else ray.hide();
    boards.palette.light(onSheet ? null : pointing.tile);
    boards.sheet.light(onSheet ? pointing.tile : null);
  }

  /**
   * Show the card of the item at the brush, or of the sheet's picture that the hand touches or
   * points at.
   */
  private showCard(head: HeadPose): void {
    const { controls, state } = this;
    const { card, sheet } = this.boards;
    const picture = this.pictureAtHand();
    const atBrush = controls.brushShown && !controls.holding ? controls.brush.hit.nearest : -1;
    const item = picture >= 0 ? picture : atBrush;
    state.xr.atBrush.value = item;
    card.show(item, controls.brushShown && state.forces.map.value);
    this.cloud.setHovered(item);
    this.probe.probe(item);
    if (!card.mesh.visible) return;
    if (picture >= 0) {
      const across = controls.pointing.across / 1000 - sheet.width / 2;
      placeCardOverSheet(card.mesh, head, sheet.mesh.matrix, sheet.height, across);
      return;
    }
    const hand = controls.dominant;
    const side = hand.side === "right" ? 1 : -1;
    placeCardAtBrush(card.mesh, head, hand.brush, state.xr.radius.value, side);
  }

  /** Show the mesh or point cloud of the item over its card. It turns with the hand. */
  private showShape(now: number): void {
    const { shape, state, controls } = this;
    if (!shape) return;
    const { mesh, height } = this.boards.card;
    const scale = mesh.scale.y;
    this.at
      .set(0, (height / 2 + ABOVE_CARD) * scale, 0)
      .applyQuaternion(mesh.quaternion)
      .add(mesh.position);
    const item = mesh.visible ? state.xr.atBrush.value : -1;
    shape.show(item, now, this.at, controls.dominant.orientation, scale);
  }

  /** Return the item whose picture the hand touches or points at on the sheet; -1 for none. */
  private pictureAtHand(): number {
    const { onSheet, pointing } = this.controls;
    const action = onSheet ? pointing.tile?.action : undefined;
    if (action?.kind !== "picture") return -1;
    return this.state.review.sheet.value?.items[action.place]?.item ?? -1;
  }
}
