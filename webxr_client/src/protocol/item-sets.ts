/**
 * Packed sets of items, as in server/protocol/item_sets.py. A packed set is the short form of a
 * list of items. It can have one class or one point per item. docs/protocol.md has the byte table.
 * The vectors in tests/vectors/protocol test both implementations.
 */
import { ProtocolError } from "./frames.js";
import {
  CODING_BITMAP,
  CODING_GAPS,
  CODING_RUNS,
  OPCODE_SELECTION,
  PART_BYTES,
  VALUES_CLASS_BYTES,
  VALUES_CLASS_RUNS,
  VALUES_CLASS_WORDS,
  VALUES_NONE,
  VALUES_POINTS,
} from "./messages.js";

const HEADER_BYTES = 12;
const FIRST_BYTES = 4;

/** Items, ascending, and one class per item if the set has classes. */
export interface ItemSet {
  items: Uint32Array;
  /** Class per item; null if the set has no classes. */
  classIds: Int16Array | null;
}

/** Values per item that a set can have. */
export type Values =
  | { classIds: Int16Array }
  /** Three numbers per item, in latent units. */
  | { points: Float32Array };

/** Pack ascending items. The same set gives the same bytes. */
export function packItems(
  items: Uint32Array,
  values: Values | null = null,
): Uint8Array<ArrayBuffer> {
  const coded = codedItems(items);
  let kind = VALUES_NONE;
  let more: Uint8Array = new Uint8Array(0);
  if (values && "classIds" in values) [kind, more] = codedClasses(values.classIds);
  else if (values) {
    kind = VALUES_POINTS;
    more = littleEndianFloats(values.points);
  }
  const packed = new Uint8Array(HEADER_BYTES + coded.bytes.length + more.length);
  const view = new DataView(packed.buffer);
  view.setUint8(0, coded.coding);
  view.setUint8(1, kind);
  view.setUint32(4, items.length, true);
  view.setUint32(8, coded.bytes.length, true);
  packed.set(coded.bytes, HEADER_BYTES);
  packed.set(more, HEADER_BYTES + coded.bytes.length);
  return packed;
}

/** Unpack a set with or without classes. Throws a ProtocolError for malformed bytes. */
export function unpackItems(packed: Uint8Array): ItemSet {
  if (packed.length < HEADER_BYTES) throw new ProtocolError("A set of items has no header.");
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const n = view.getUint32(4, true);
  const end = HEADER_BYTES + view.getUint32(8, true);
  if (end > packed.length) throw new ProtocolError("A set of items is incomplete.");
  const items = itemsOf(view.getUint8(0), packed.subarray(HEADER_BYTES, end), n);
  const kind = view.getUint8(1);
  if (kind === VALUES_NONE) return { items, classIds: null };
  return { items, classIds: classesOf(kind, packed.subarray(end), n) };
}

/** The packed set in a message, as base64. */
export const unpackText = (text: string): ItemSet =>
  unpackItems(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));

/** The items of a message. The message contains either a list of the items or a packed set. */
export const listedItems = (listed: number[], packed: string | undefined): number[] =>
  packed ? Array.from(unpackText(packed).items) : listed;

/** Frames that upload a packed set into a slot of the connection, in order. */
export function selectionFrames(slot: number, packed: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let offset = 0; offset < packed.length; offset += PART_BYTES) {
    const part = packed.subarray(offset, offset + PART_BYTES);
    const frame = new Uint8Array(HEADER_BYTES + part.length);
    const view = new DataView(frame.buffer);
    view.setUint8(0, OPCODE_SELECTION);
    view.setUint8(1, slot);
    view.setUint32(4, packed.length, true);
    view.setUint32(8, offset, true);
    frame.set(part, HEADER_BYTES);
    frames.push(frame);
  }
  return frames;
}

// Items ------------------------------------------------------------------------------------------

/** Code items in the shortest of the three codings. */
function codedItems(items: Uint32Array): { coding: number; bytes: Uint8Array } {
  const n = items.length;
  if (n === 0) return { coding: CODING_RUNS, bytes: new Uint8Array(0) };
  const first = items[0]!;
  const bitmapBytes = FIRST_BYTES + Math.floor((items[n - 1]! - first) / 8) + 1;
  const runs = new VarintWriter();
  const gaps = new VarintWriter();
  let before = 0;
  let from = 0;
  for (let k = 0; k < n; k++) {
    const item = items[k]!;
    gaps.add(k === 0 ? item : item - items[k - 1]!);
    if (k + 1 < n && items[k + 1] === item + 1) continue;
    const start = items[from]!;
    runs.add(from === 0 ? start : start - before - 1);
    runs.add(k + 1 - from);
    before = item + 1;
    from = k + 1;
  }
  if (bitmapBytes <= runs.length && bitmapBytes <= gaps.length) {
    const bytes = new Uint8Array(bitmapBytes);
    new DataView(bytes.buffer).setUint32(0, first, true);
    for (const item of items)
      bytes[FIRST_BYTES + ((item - first) >>> 3)]! |= 1 << ((item - first) & 7);
    return { coding: CODING_BITMAP, bytes };
  }
  return runs.length <= gaps.length
    ? { coding: CODING_RUNS, bytes: runs.bytes() }
    : { coding: CODING_GAPS, bytes: gaps.bytes() };
}

function itemsOf(coding: number, coded: Uint8Array, n: number): Uint32Array {
  // A bitmap has at most 8 items per byte, but a few bytes of runs can announce any number of
  // items. Therefore the items of runs are counted before memory is allocated.
  if (coding === CODING_BITMAP) return itemsOfBitmap(coded, n);
  const numbers = numbersOf(coded);
  const items = new Uint32Array(coding === CODING_RUNS ? countOfRuns(numbers, n) : n);
  let next = 0;
  if (coding === CODING_RUNS) {
    let at = 0;
    for (let k = 0; k < numbers.length; k += 2) {
      at += numbers[k]! + (k === 0 ? 0 : 1);
      for (let length = numbers[k + 1]!; length > 0; length--) items[next++] = at++;
    }
  } else if (coding === CODING_GAPS && numbers.length === n) {
    let at = 0;
    for (const gap of numbers) items[next++] = at += gap;
  }
  if (next !== n) throw new ProtocolError("A set does not have the stated number of items.");
  return items;
}

function itemsOfBitmap(coded: Uint8Array, n: number): Uint32Array {
  if (coded.length < FIRST_BYTES || n > 8 * coded.length)
    throw new ProtocolError("A bitmap of items is incomplete.");
  const first = new DataView(coded.buffer, coded.byteOffset).getUint32(0, true);
  const items = new Uint32Array(n);
  let next = 0;
  for (let byte = FIRST_BYTES; byte < coded.length; byte++) {
    const bits = coded[byte]!;
    if (bits === 0) continue;
    const at = first + 8 * (byte - FIRST_BYTES);
    for (let bit = 0; bit < 8; bit++) if (bits & (1 << bit)) items[next++] = at + bit;
  }
  if (next !== n) throw new ProtocolError("A bitmap does not have the stated number of items.");
  return items;
}

/** Return the number of items in runs. Throws a ProtocolError if the number is not `n`. */
function countOfRuns(runs: readonly number[], n: number): number {
  let count = 0;
  for (let k = 1; k < runs.length; k += 2) count += runs[k]!;
  if (runs.length % 2 || count !== n)
    throw new ProtocolError("The runs of a set do not have the stated number of items.");
  return n;
}

// Classes ----------------------------------------------------------------------------------------

/** Code class ids (-1 for none) in the shortest way. */
function codedClasses(classIds: Int16Array): [kind: number, bytes: Uint8Array] {
  const runs = new VarintWriter();
  let largest = 0;
  for (let k = 0, from = 0; k < classIds.length; k++) {
    largest = Math.max(largest, classIds[k]! + 1);
    if (classIds[k + 1] === classIds[k]) continue;
    runs.add(classIds[k]! + 1);
    runs.add(k + 1 - from);
    from = k + 1;
  }
  const width = largest < 256 ? 1 : 2;
  if (runs.length <= classIds.length * width) return [VALUES_CLASS_RUNS, runs.bytes()];
  const bytes = new Uint8Array(classIds.length * width);
  classIds.forEach((classId, k) => {
    bytes[k * width] = (classId + 1) & 255;
    if (width === 2) bytes[k * width + 1] = (classId + 1) >> 8;
  });
  return [width === 1 ? VALUES_CLASS_BYTES : VALUES_CLASS_WORDS, bytes];
}

function classesOf(kind: number, coded: Uint8Array, n: number): Int16Array {
  const classIds = new Int16Array(n);
  if (kind === VALUES_CLASS_RUNS) {
    const runs = numbersOf(coded);
    countOfRuns(runs, n);
    let next = 0;
    for (let k = 0; k < runs.length; k += 2) {
      classIds.fill(runs[k]! - 1, next, next + runs[k + 1]!);
      next += runs[k + 1]!;
    }
    return classIds;
  }
  const width = kind === VALUES_CLASS_BYTES ? 1 : 2;
  if (kind !== VALUES_CLASS_BYTES && kind !== VALUES_CLASS_WORDS)
    throw new ProtocolError("A set of items has values of an unknown kind.");
  if (coded.length !== n * width) throw new ProtocolError("A set must have one class per item.");
  for (let k = 0; k < n; k++)
    classIds[k] = coded[k * width]! + (width === 2 ? coded[k * width + 1]! << 8 : 0) - 1;
  return classIds;
}

function littleEndianFloats(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, k) => {
    view.setFloat32(4 * k, value, true);
  });
  return bytes;
}

// Numbers with 7 bits per byte, lowest first -----------------------------------------------------

class VarintWriter {
  length = 0;
  private kept = new Uint8Array(1024);

  add(number: number): void {
    if (this.length + 5 > this.kept.length) {
      const more = new Uint8Array(2 * this.kept.length);
      more.set(this.kept);
      this.kept = more;
    }
    let rest = number;
    while (rest > 127) {
      this.kept[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.kept[this.length++] = rest;
  }

  bytes(): Uint8Array {
    return this.kept.subarray(0, this.length);
  }
}

function numbersOf(coded: Uint8Array): number[] {
  const numbers: number[] = [];
  let number = 0;
  let factor = 1;
  for (const byte of coded) {
    if (factor > 2 ** 28) throw new ProtocolError("A set contains a number of more than 32 bits.");
    number += (byte & 127) * factor;
    factor *= 128;
    if (byte > 127) continue;
    numbers.push(number);
    number = 0;
    factor = 1;
  }
  if (factor !== 1) throw new ProtocolError("The last number of a set is incomplete.");
  return numbers;
}
