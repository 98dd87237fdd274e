/** Queries to the model about the item and the place at the brush. */
import type { Vector3 } from "three";
import type { AppState } from "../../../state/app-state.js";
import type { Commands } from "../../../state/commands.js";

/** Shortest time between two queries for the picture decoded at the brush, in milliseconds. */
const DECODE_MS = 40;

export class BrushProbe {
  private item = -1;
  private decodedAt = 0;

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
  ) {}

  /** Query forces and reconstruction of `item` (-1: none), if arrows or pictures are shown. */
  probe(item: number): void {
    const { state, commands } = this;
    if (item === this.item) return;
    this.item = item;
    if (state.forces.shown.value !== "hovered" && !state.forces.map.value) return;
    state.hovered.value = item < 0 ? null : { item, x: 0, y: 0 };
    commands.probe(item < 0 ? [] : [item]);
  }

  /** Ask for the picture decoded at `place` (scene metres), if decoded pictures are shown. */
  decode(place: Vector3, now: number): void {
    const { state, commands } = this;
    if (!state.forces.map.value || now - this.decodedAt < DECODE_MS) return;
    this.decodedAt = now;
    const { origin, size } = state.latent.box;
    const { x, y, z } = place;
    commands.look([
      origin[0] + size * (x + 0.5),
      origin[1] + size * (y + 0.5),
      origin[2] + size * (z + 0.5),
    ]);
  }
}
