// A sweep's timeline, page by page. Entries come by their start, so that what has ended keeps its place: when the store
// has changed, only what follows the first attempt that had not ended is asked for again.
import {get} from './api.js';

const LIMIT = 1000;

// Returns load() -> Promise of {entries, submittedAt}.
export function timelineEntries(id) {
  let known = [];

  async function from(kept) {
    for (;;) {
      const answer = await get(`sweeps/${id}/timeline`, {offset: kept.length, limit: LIMIT});
      if (answer.total < kept.length) return from([]);
      kept = [...kept, ...answer.entries];
      if (answer.entries.length === 0 || kept.length >= answer.total) return {entries: kept, submittedAt: answer.submitted_at};
    }
  }

  return async function load() {
    const open = known.findIndex((entry) => entry.ended_at === null);
    const loaded = await from(open < 0 ? known : known.slice(0, open));
    known = loaded.entries;
    return loaded;
  };
}
