// The live stream, and the truth about it: connected, late, or lost since when.

import { getStats, openStream, readChoice, readLive } from "./api.js";

/** The server speaks every second; silence longer than this is not "live". */
const SILENCE_MS = 5000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

/**
 * Follows the stream for as long as the page lives.
 * @param {object} on
 * @param {(live: import("./api.js").Live) => void} on.live
 * @param {(choice: import("./api.js").Choice) => void} on.choice
 * @param {(state: "connecting" | "live" | "lost", failure?: import("./api.js").Failure) => void}
 *   on.state
 */
export function followStream(on) {
  let source = null;
  let state = "connecting";
  let tries = 0;
  let silence = 0;
  let retry = 0;
  let lastAt = NaN;

  const enter = (next) => {
    if (state === next) return;
    state = next;
    on.state(next);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(open, SILENCE_MS);
  };
  const again = () => {
    clearTimeout(retry);
    retry = setTimeout(open, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
    tries += 1;
  };

  function open() {
    if (source !== null) {
      source.close();
      enter("lost");
    }
    source = openStream();
    heard();
    source.addEventListener("live", (event) => {
      const live = readLive(JSON.parse(event.data));
      // A server that cannot ask its own node repeats itself: that is silence too.
      if (live.at === lastAt) return;
      lastAt = live.at;
      heard();
      tries = 0;
      on.live(live);
      enter("live");
    });
    source.addEventListener("decision", (event) => on.choice(readChoice(JSON.parse(event.data))));
    source.addEventListener("error", lost);
  }

  /** The stream does not say why it ended; asking for the numbers once does: 401 is the login. */
  function lost() {
    clearTimeout(silence);
    enter("lost");
    source.close();
    source = null;
    getStats().catch((failure) => on.state("lost", failure));
    again();
  }

  open();
}
