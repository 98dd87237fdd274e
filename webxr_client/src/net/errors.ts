/** Errors of requests to the server. */

/** The server refused a request. `code` is one of the error codes in docs/protocol.md. */
export class ServerError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Text of whatever was thrown, for the user. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
