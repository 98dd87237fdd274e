/**
 * The start of workers. The Content-Security-Policy of the page requires Trusted Types, so the
 * address of a worker has to be created by a Trusted Types policy.
 */

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): unknown };
}

/** Return the address of a script of this page; throw for an address of another host. */
function ownScript(url: string): string {
  const full = new URL(url, location.href);
  if (full.origin !== location.origin) throw new TypeError(`${url} is not a script of this page`);
  return full.href;
}

let policy: { createScriptURL(url: string): unknown } | null = null;

/**
 * Start the worker of a built script. Returns null if the browser has no workers or refuses to
 * start one.
 */
export function startWorker(url: string): Worker | null {
  if (typeof Worker === "undefined") return null;
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy("lodespace-worker", { createScriptURL: ownScript }) ?? {
    createScriptURL: ownScript,
  };
  try {
    return new Worker(policy.createScriptURL(url) as string, { type: "module" });
  } catch (error) {
    console.warn(error);
    return null;
  }
}
