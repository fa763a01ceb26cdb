/** The few calls of Node that `server.ts` needs, so that nothing must be installed to build it. */

declare module "node:fs" {
  export function mkdirSync(path: string, options: { recursive: boolean }): void;
  export function readFileSync(path: string, encoding: "utf8"): string;
  export function readdirSync(path: string): string[];
  export function renameSync(from: string, to: string): void;
  export function rmSync(path: string, options: { force: boolean }): void;
  export function writeFileSync(path: string, text: string, options: { flush: boolean }): void;
}
