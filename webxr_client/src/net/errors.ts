/** Errors of requests to the server. */
import type { ErrorCode } from "../protocol/messages.js";

/** Error for a request that the server refused. `code` is "" when the answer has no error body. */
export class ServerError extends Error {
  constructor(
    readonly code: ErrorCode | "",
    message: string,
  ) {
    super(message);
  }
}

/** Message of a thrown value, for the user. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
