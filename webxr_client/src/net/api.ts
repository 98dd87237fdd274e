/** Plain requests to the server. Each rejects with an Error whose message a person can read. */
import type {
  Access,
  AccessAnswer,
  AccessRequested,
  Decide,
  ErrorBody,
  ItemInfo,
  PairingCode,
  SessionInfo,
  Timeline,
} from "../protocol/messages.js";
import { readSceneFile, type SceneFile } from "../protocol/scene-file.js";

/** The server said no. `code`: its word for programs (docs/protocol.md). */
export class ServerError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

async function get(path: string, options?: RequestInit): Promise<Response> {
  const response = await fetch(path, options);
  if (!response.ok) {
    const body = (await response.json().catch(() => null)) as ErrorBody | null;
    throw new ServerError(body?.code ?? "", body?.message ?? `the server answered ${response.status}`);
  }
  return response;
}

async function post<T>(path: string, body: object): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return (await get(path, { method: "POST", headers, body: JSON.stringify(body) })).json() as Promise<T>;
}

export async function fetchSession(client: string): Promise<SessionInfo> {
  return (await get(`/api/session?client=${encodeURIComponent(client)}`)).json() as Promise<SessionInfo>;
}

export async function fetchScene(): Promise<SceneFile> {
  return readSceneFile(await (await get("/api/scene.glb")).arrayBuffer());
}

export async function fetchThumbnails(page: number): Promise<Blob> {
  return (await get(`/api/thumbnails/${page}.png`)).blob();
}

export async function fetchItemInfo(item: number): Promise<ItemInfo> {
  return (await get(`/api/items/${item}/info`)).json() as Promise<ItemInfo>;
}

export async function fetchTimeline(): Promise<Timeline> {
  return (await get("/api/timeline")).json() as Promise<Timeline>;
}

/** Bytes `start` to `end` of the recording, the last one not included. */
export async function fetchRecording(start: number, end: number): Promise<ArrayBuffer> {
  const response = await get("/api/recording", { headers: { Range: `bytes=${start}-${end - 1}` } });
  return response.arrayBuffer();
}

// The door ------------------------------------------------------------------------------------------------------------

/** Ask to be let in. */
export const requestAccess = () => post<AccessRequested>("/api/access/request", {});

export const pollAccess = (secret: string) => post<AccessAnswer>("/api/access/poll", { secret });

export const pair = (code: string) => post<AccessAnswer>("/api/access/pair", { code });

export const decideAccess = (decision: Decide) => post<Access>("/api/access/decide", decision);

export const makePairingCode = (role: "annotator" | "viewer") =>
  post<PairingCode>("/api/access/code", { role });

export const revokeAccess = (device: string) => post<Access>("/api/access/revoke", { device });
