// Rows of a timeline: entries by worker or by fold group, each in lanes so that no two of a lane overlap. Pure.
import {configurationName} from './format.js';

export const MOST_LANES = 120;  // on a page

const byStart = (a, b) => a.started_at - b.started_at;

function grouped(entries, keyOf) {
  const groups = new Map();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(entry);
  }
  return groups;
}

// A trial that two configurations share stands in both groups, but its worker had it once.
function once(entries) {
  const seen = new Set();
  return entries.filter(({trial, attempt}) => {
    const key = `${trial} ${attempt}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

// Each bar in the first lane that is free when it starts.
function packed(entries, now) {
  const ends = [];
  return [...entries].sort(byStart).map((entry) => {
    let lane = ends.findIndex((end) => end <= entry.started_at);
    if (lane < 0) lane = ends.length;
    ends[lane] = entry.ended_at ?? now;
    return {entry, lane};
  });
}

function rowOf(key, label, note, bars, lanes) {
  return {key, label, note, bars, lanes: Math.max(1, lanes)};
}

export function workerRows(entries, now) {
  const own = once(entries).filter((entry) => entry.worker !== null);
  const text = new Intl.Collator('en', {numeric: true});
  const rows = [...grouped(own, (entry) => JSON.stringify([entry.group, entry.host, entry.worker])).entries()].map(([key, list]) => {
    const {group, host, worker} = list[0];
    const bars = packed(list, now);
    const label = `worker ${worker} · ${host}${group ? ` · group ${group}` : ''}`;
    return rowOf(key, label, '', bars, 1 + Math.max(...bars.map((bar) => bar.lane)));
  });
  return rows.sort((a, b) => {
    const [one, other] = [a.bars[0].entry, b.bars[0].entry];
    return text.compare(one.group, other.group) || one.worker - other.worker || text.compare(one.host, other.host);
  });
}

// The last entry of each trial decides whether it has a result.
function withoutResult(list) {
  const last = new Map();
  for (const entry of list) last.set(entry.trial, entry);
  return [...last.values()].filter((entry) => entry.outcome !== 'finished').length;
}

export function groupRows(sweep, entries) {
  const seeds = sweep.seeds.length > 1;
  const groups = [...grouped(entries, (entry) => `${entry.configuration} ${entry.seed}`).entries()];
  groups.sort(([, [a]], [, [b]]) => a.configuration - b.configuration || a.seed - b.seed);
  return groups.map(([key, list]) => {
    const folds = [...new Set(list.map((entry) => entry.fold))].sort((a, b) => a - b);
    const [{configuration, seed}] = list;
    const missing = withoutResult(list);
    return rowOf(key, configurationName(sweep.configurations[configuration]) + (seeds ? `, seed ${seed}` : ''),
      missing > 0 ? `${missing} of ${folds.length} folds without a result` : '',
      list.map((entry) => ({entry, lane: folds.indexOf(entry.fold)})), folds.length);
  });
}

// Whole rows, so many that a page has at most MOST_LANES lanes.
export function pagesOf(rows) {
  const pages = [[]];
  let lanes = 0;
  for (const row of rows) {
    if (lanes + row.lanes > MOST_LANES && pages[pages.length - 1].length > 0) {
      pages.push([]);
      lanes = 0;
    }
    pages[pages.length - 1].push(row);
    lanes += row.lanes;
  }
  return pages;
}
