/** What belongs on a site's server only, in Node: tokens for learners, and a queue on disk. */

import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Store } from "./outbox.js";

const SECRET_BYTES_MIN = 32;

export interface TokenOptions {
  /** What the server has in the `secret_file` of this issuer; it never leaves the site's server. */
  secret: string;
  learner: string;
  issuer: string;
  audience?: string;
  lifetimeSeconds?: number;
}

/**
 * A token (JWT, HS256) with which the holder does things as this learner, and as nobody else. It cannot be taken back, so it
 * lives for minutes (15), and at most a day.
 */
export async function learnerToken(options: TokenOptions): Promise<string> {
  const { secret, learner, issuer, audience = "nexus", lifetimeSeconds = 900 } = options;
  const bytes = new TextEncoder().encode(secret.trim());
  if (bytes.length < SECRET_BYTES_MIN) {
    throw new TypeError(`the secret has ${bytes.length} bytes; it needs at least ${SECRET_BYTES_MIN} random ones`);
  }
  const begins = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: audience, sub: learner, iat: begins, exp: begins + lifetimeSeconds };
  const part = (value: unknown) => urlSafe(new TextEncoder().encode(JSON.stringify(value)));
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(signed));
  return `${signed}.${urlSafe(new Uint8Array(signature))}`;
}

function urlSafe(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** A store on disk: one file an entry, written whole or not at all. */
export class FileStore implements Store {
  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  get length(): number {
    return this.keys().length;
  }

  key(position: number): string | null {
    return this.keys()[position] ?? null;
  }

  keys(): string[] {
    return readdirSync(this.folder).filter((name) => !name.endsWith(".new")).sort().map(decodeURIComponent);
  }

  getItem(key: string): string | null {
    try {
      return readFileSync(this.#path(key), "utf8");
    } catch {
      return null;
    }
  }

  setItem(key: string, value: string): void {
    const path = this.#path(key);
    writeFileSync(`${path}.new`, value, { flush: true });
    renameSync(`${path}.new`, path);
  }

  removeItem(key: string): void {
    rmSync(this.#path(key), { force: true });
  }

  #path(key: string): string {
    return `${this.folder}/${encodeURIComponent(key)}`;
  }
}
