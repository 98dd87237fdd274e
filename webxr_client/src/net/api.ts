/** Plain requests to the server. Each rejects with an Error whose message a person can read. */
import type { ErrorBody, ItemInfo, SessionInfo } from "../protocol/messages.js";
import { readSceneFile, type SceneFile } from "../protocol/scene-file.js";

async function get(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) {
    const body = (await response.json().catch(() => null)) as ErrorBody | null;
    throw new Error(body?.message ?? `the server answered ${response.status}`);
  }
  return response;
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

export async function fetchRecording(): Promise<ArrayBuffer> {
  return (await get("/api/recording")).arrayBuffer();
}
