/**
 * Commands that the server has not answered. The page sends them again at each connection, until
 * the server answers. A command that the server cannot accept is given up, because the server would
 * close each further stream on which this command is sent.
 */
import { selectionFrames } from "../protocol/item-sets.js";
import type { ClientOperation } from "../protocol/messages.js";

export type CommandOperation = Extract<ClientOperation, { command_id: string }>;

/** A selection that is uploaded before the operation that names its slot. */
export interface Upload {
  slot: number;
  /** Packed set of items (protocol/item-sets.ts). */
  packed: Uint8Array;
}

/** An operation as it is sent. */
export interface Outgoing {
  /** Frames of the selections that the operation names. They are sent before the operation. */
  frames: Uint8Array<ArrayBuffer>[];
  text: string;
}

interface Unanswered extends Outgoing {
  /** Number of streams that the server closed because of a message, after this command was sent. */
  refusals: number;
}

/** Close code of RFC 6455 for a message that is too large. */
const MESSAGE_TOO_BIG = 1009;
/** Close codes with which a server rejects a message: wrong kind, malformed, unexpected error. */
const MESSAGE_REJECTED: readonly number[] = [1003, 1007, 1011];
/** Number of streams that may end with MESSAGE_REJECTED before a command is given up. */
const MOST_REFUSALS = 3;

export function outgoing(operation: ClientOperation, uploads: readonly Upload[]): Outgoing {
  const frames = uploads.flatMap(({ slot, packed }) => selectionFrames(slot, packed));
  return { frames, text: JSON.stringify(operation) };
}

/** A command that is given up. */
export interface GivenUp {
  id: string;
  text: string;
  /** Whether the command was too large for a message. */
  tooLarge: boolean;
}

export class UnansweredCommands {
  private readonly commands = new Map<string, Unanswered>();

  get size(): number {
    return this.commands.size;
  }

  /** All commands, in the order in which they were made. */
  all(): Iterable<Outgoing> {
    return this.commands.values();
  }

  add(id: string, command: Outgoing): void {
    this.commands.set(id, { ...command, refusals: 0 });
  }

  delete(id: string): void {
    this.commands.delete(id);
  }

  /**
   * Remove and return the commands that the page gives up. Called after the server has closed a
   * stream on which all commands were sent. `code`: close code of the stream. If a message was too
   * large, the largest command is given up. If a message was rejected for another reason, the page
   * does not know which command caused this. It then gives up a command only after MOST_REFUSALS
   * such streams.
   */
  giveUp(code: number): GivenUp[] {
    let ids: string[] = [];
    if (code === MESSAGE_TOO_BIG) {
      const bySize = [...this.commands].sort(([, a], [, b]) => b.text.length - a.text.length);
      ids = bySize.slice(0, 1).map(([id]) => id);
    } else if (MESSAGE_REJECTED.includes(code)) {
      for (const command of this.commands.values()) command.refusals += 1;
      const failed = [...this.commands].filter(([, { refusals }]) => refusals >= MOST_REFUSALS);
      ids = failed.map(([id]) => id);
    }
    return ids.map((id) => {
      const { text } = this.commands.get(id)!;
      this.commands.delete(id);
      return { id, text, tooLarge: code === MESSAGE_TOO_BIG };
    });
  }
}
