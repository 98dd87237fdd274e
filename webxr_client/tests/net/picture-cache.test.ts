/** Files that the page keeps between visits, with a fake store and a fake server. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchKept, forgetKept } from "../../src/net/picture-cache.js";

const files = new Map<string, Response>();
const store = {
  match: async (key: string | Request) =>
    files.get(typeof key === "string" ? key : key.url)?.clone(),
  put: async (url: string, response: Response) => void files.set(url, response),
  keys: async () => Array.from(files.keys(), (url) => ({ url }) as Request),
  delete: async (request: Request) => files.delete(request.url),
};
let tag: string;
let bytes: number;
const asked: (string | null)[] = [];

beforeEach(() => {
  files.clear();
  asked.length = 0;
  tag = '"a"';
  bytes = 10;
  vi.stubGlobal("caches", { open: async () => store, delete: async () => files.clear() });
  vi.stubGlobal("location", { protocol: "https:" });
  vi.stubGlobal("fetch", async (_url: string, options?: RequestInit) => {
    const known = new Headers(options?.headers).get("If-None-Match");
    asked.push(known);
    if (known === tag) return new Response(null, { status: 304 });
    return new Response(new Uint8Array(bytes), {
      headers: { ETag: tag, "Content-Type": "image/webp" },
    });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const size = async (url: string) => (await (await fetchKept(url)).blob()).size;
const settled = () => vi.waitFor(() => expect(files.size).toBeGreaterThan(0));

describe("a picture", () => {
  it("is sent once, and then only its tag is compared", async () => {
    expect(await size("/p/0")).toBe(10);
    await settled();
    expect(await size("/p/0")).toBe(10);
    expect(asked).toEqual([null, '"a"']);
  });
  it("is sent again when it has changed", async () => {
    await size("/p/0");
    await settled();
    tag = '"b"';
    bytes = 20;
    expect(await size("/p/0")).toBe(20);
    await vi.waitFor(() => expect(files.get("/p/0")?.headers.get("ETag")).toBe('"b"'));
    expect(await size("/p/0")).toBe(20);
    expect(asked).toEqual([null, '"a"', '"b"']);
  });
  it("is not kept over http, where the browser caches by itself", async () => {
    vi.stubGlobal("location", { protocol: "http:" });
    await size("/p/0");
    await size("/p/0");
    expect(asked).toEqual([null, null]);
    expect(files.size).toBe(0);
  });
  it("is fetched where the browser has no store, or refuses it", async () => {
    vi.stubGlobal("caches", { open: () => Promise.reject(new Error("SecurityError")) });
    expect(await size("/p/0")).toBe(10);
    vi.stubGlobal("caches", undefined);
    expect(await size("/p/0")).toBe(10);
  });
  it("is forgotten when the device has no access any more", async () => {
    await size("/p/0");
    await settled();
    await forgetKept();
    expect(files.size).toBe(0);
    await size("/p/0");
    expect(asked).toEqual([null, null]);
  });
});

it("the store is bounded: what was not used for the longest time is removed", async () => {
  bytes = 30e6;
  vi.useFakeTimers({ toFake: ["Date"] });
  for (let page = 0; page < 6; page++) {
    vi.setSystemTime(1000 * page);
    await size(`/p/${page}`);
    await vi.waitFor(() => expect(files.has(`/p/${page}`)).toBe(true));
  }
  await vi.waitFor(() => expect([...files.keys()]).toEqual(["/p/2", "/p/3", "/p/4", "/p/5"]));
  vi.useRealTimers();
});
