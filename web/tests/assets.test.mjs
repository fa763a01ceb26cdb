// All that a browser may ever fetch of the pages is small: at most 120 KB, as the server packs it.

import { readdirSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const views = ["desktop-light"];

const BYTES_MAX = 120 * 1024;
const WEB = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** Every file of a folder that is served, as an address. */
function files(folder) {
  return readdirSync(path.join(WEB, folder), { withFileTypes: true }).flatMap((one) => {
    const address = `${folder}/${one.name}`;
    if (one.isDirectory()) return folder === "" && !["app", "css"].includes(one.name) ? [] : files(address);
    return /\.(html|js|css|svg)$/.test(one.name) ? [address] : [];
  });
}

/** How many bytes a body has, packed as for a browser at home or over HTTPS. */
const size = (address) => new Promise((resolve, reject) => {
  const headers = { "accept-encoding": "gzip, deflate, br" };
  const asked = request(address, { headers }, (answer) => {
    let bytes = 0;
    answer.on("data", (part) => { bytes += part.length; });
    answer.on("end", () => resolve(answer.statusCode === 200 ? bytes : NaN));
  });
  asked.on("error", reject);
  asked.end();
});

export default async ({ baseUrl, check }) => {
  const all = files("");
  let sum = 0;
  for (const address of all) sum += await size(`${baseUrl}${address}`);
  check("all assets together are at most 120 KB", all.length > 80 && sum <= BYTES_MAX, `${sum} bytes of ${all.length} files`);
};
