// The fold timeline: which worker had which trial when, what waited, and why a fold has no result.
import {get} from '../api.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {configurationName, duration, isNumber, when} from '../format.js';
import {OUTCOMES, stylesOf} from '../outcomes.js';
import {createPages, PAGE, pageOf} from '../pages.js';
import {sinceText} from '../time_axis.js';
import {timelineChart} from '../timeline_chart.js';
import {timelineEntries} from '../timeline_entries.js';
import {groupRows, pagesOf, workerRows} from '../timeline_rows.js';
import {createSweepHead, crumbsOf} from './sweep_head.js';

const SETTLE = 300;  // ms until a new view stands in the URL
const ROWS = [['workers', 'workers'], ['groups', 'fold groups']];
const AXES = [['since', 'since submission'], ['clock', 'clock']];

const wait = (entry, now) => entry.queued_at === null ? null : (entry.started_at ?? now) - entry.queued_at;
const ran = (entry, now) => entry.started_at === null ? null : (entry.ended_at ?? now) - entry.started_at;

// "[from, to]" of the URL; null: all of it.
function viewOf({from, to}) {
  const [low, high] = [Number(from), Number(to)];
  return from !== undefined && to !== undefined && Number.isFinite(low) && low < high ? [low, high] : null;
}

function placeOf(entry) {
  if (entry.worker === null) return '';
  return `worker ${entry.worker} on ${entry.host}${entry.group ? ` (group ${entry.group})` : ''}`;
}

// All that is known of an entry, as a sentence.
function textOf(sweep, now, entry) {
  const parts = [`${configurationName(sweep.configurations[entry.configuration])}, ${sweep.folds[entry.fold].name}, seed ${entry.seed}`];
  if (entry.attempt > 0) parts.push(`attempt ${entry.attempt} ${entry.outcome}, ${placeOf(entry)}`);
  else parts.push(entry.outcome === 'pending' ? 'waits for a worker' : entry.outcome);
  if (entry.attempt > 0) parts.push(`${entry.ended_at === null ? 'for' : 'ran'} ${duration(ran(entry, now))}`);
  if (isNumber(wait(entry, now))) parts.push(`${entry.attempt > 0 ? 'waited' : 'for'} ${duration(wait(entry, now))}`);
  if (entry.resumed_epoch > 0) parts.push(`resumed at epoch ${entry.resumed_epoch}`);
  if (entry.message && entry.message !== entry.outcome) parts.push(entry.message);
  return parts.join('; ');
}

function swatchOf(outcome, styles) {
  const canvas = h('canvas', {class: 'swatch', width: '26', height: '12', 'aria-hidden': 'true'});
  const pen = canvas.getContext('2d');
  pen.fillStyle = styles.fill[outcome];
  if (outcome === 'pending' || outcome === 'cancelled') pen.fillRect(0, 5, 26, 1);
  else pen.fillRect(0, 0, 26, 12);
  return canvas;
}

function legendOf(entries, styles) {
  const counts = new Map();
  for (const {outcome} of entries) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return OUTCOMES.filter((one) => counts.has(one)).map((one) => h('li', {'data-outcome': one}, swatchOf(one, styles),
    h('span', {class: 'name'}, one), h('span', {class: 'value'}, counts.get(one).toLocaleString('en'))));
}

export function createTimeline(id, setParameters) {
  const loadEntries = timelineEntries(id);
  const head = createSweepHead('/timeline');
  const by = choice('Rows', ROWS, (value) => setParameters({rows: value, page: undefined, entries: undefined}));
  const axis = choice('Time', AXES, (value) => setParameters({axis: value}));
  const outcome = choice('Outcome', [['', 'all'], ...OUTCOMES.map((one) => [one, one])],
    (value) => setParameters({outcome: value || undefined, entries: undefined}));
  const chart = timelineChart('Timeline', (view) => soon(view), (entry) => { location.hash = `#/trials/${entry.trial}`; });
  const button = (text, label, act) => h('button', {type: 'button', 'aria-label': label, 'data-key': label, on: {click: act}}, text);
  const pages = createPages('Pages of rows', (page) => setParameters({page, entries: undefined}), 1);
  const tablePages = createPages('Pages of attempts', (entries) => setParameters({entries}));
  const [empty, legend, table] = [h('div', {}), h('ul', {class: 'legend'}), h('div', {})];
  const drawing = h('div', {}, legend, chart.node, pages.node);
  const node = h('div', {class: 'stack'}, head.node,
    h('section', {class: 'panel', 'aria-labelledby': 'timeline-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'timeline-title'}, 'Timeline'), h('div', {class: 'controls'}, by.node, axis.node,
        h('div', {class: 'zoom', role: 'group', 'aria-label': 'Zoom'}, button('−', 'Zoom out', () => chart.zoom(1 / 1.6)),
          button('+', 'Zoom in', () => chart.zoom(1.6)), button('All', 'Show all of the time', () => chart.whole())))),
      empty, drawing,
      h('p', {class: 'note'}, 'A bar is an attempt of a trial, from its start to its end, and leads to the trial. A thin line is time in ' +
        'the queue: since the submission, or since the attempt before it ended. A dark edge with a tip: it resumed from a checkpoint. Results ' +
        'that the sweep took over are not drawn.')),
    h('section', {class: 'panel', 'aria-labelledby': 'timeline-table-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'timeline-table-title'}, 'Data table'), h('div', {class: 'controls'}, outcome.node)),
      table, tablePages.node));
  let view = null, viewText = '', named = undefined, timer = 0;

  // The chart is the one that knows; the URL follows.
  function soon(next) {
    view = next;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!node.isConnected) return;
      const [from, to] = next ? next.map((time) => time.toFixed(2)) : [undefined, undefined];
      viewText = `${from} ${to}`;
      setParameters({from, to});
    }, SETTLE);
  }

  function adoptView(parameters) {
    const text = `${parameters.from} ${parameters.to}`;
    if (text === viewText) return;
    viewText = text;
    view = viewOf(parameters);
  }

  function rowOf(sweep, submittedAt, now, clock, entry) {
    const moment = (time) => time === null ? '–' : clock ? when(time) : sinceText(time - submittedAt);
    return h('tr', {},
      h('th', {scope: 'row'}, h('a', {href: `#/trials/${entry.trial}`, class: 'id', 'data-key': `entry ${entry.trial} ${entry.attempt}`}, entry.trial.slice(0, 8))),
      h('td', {}, configurationName(sweep.configurations[entry.configuration])), h('td', {}, sweep.folds[entry.fold].name),
      h('td', {class: 'number'}, String(entry.seed)), h('td', {class: 'number'}, entry.attempt > 0 ? String(entry.attempt) : '–'),
      h('td', {}, entry.outcome), h('td', {}, placeOf(entry)), h('td', {class: 'number'}, duration(wait(entry, now))),
      h('td', {class: 'number'}, moment(entry.started_at)), h('td', {class: 'number'}, duration(ran(entry, now))),
      h('td', {class: 'number'}, entry.resumed_epoch > 0 ? String(entry.resumed_epoch) : ''), h('td', {class: 'message'}, entry.message));
  }

  // Of the rows that are drawn.
  function showTable(sweep, rows, submittedAt, now, parameters) {
    const chosen = OUTCOMES.includes(parameters.outcome) ? parameters.outcome : '';
    outcome.set(chosen);
    const all = rows.flatMap((row) => row.bars.map((bar) => bar.entry)).filter((entry) => !chosen || entry.outcome === chosen)
      .sort((a, b) => (a.started_at ?? Infinity) - (b.started_at ?? Infinity) || 0);
    const page = pageOf(parameters.entries, all.length);
    const headings = [['Trial'], ['Configuration'], ['Fold'], ['Seed', 'number'], ['Attempt', 'number'], ['Outcome'], ['Where'],
      ['Waited', 'number'], [parameters.axis === 'clock' ? 'Started' : 'Started after', 'number'], ['Ran', 'number'],
      ['Resumed at epoch', 'number'], ['Message']];
    fill(table, all.length === 0 ? h('p', {class: 'empty'}, 'No attempt has this outcome.') :
      scrolling('Attempts', h('table', {class: 'wide-rows attempts'},
        h('thead', {}, h('tr', {}, headings.map(([text, style]) => h('th', {scope: 'col', class: style}, text)))),
        h('tbody', {}, all.slice(PAGE * (page - 1), PAGE * page).map((entry) =>
          rowOf(sweep, submittedAt, now, parameters.axis === 'clock', entry))))));
    tablePages.update(all.length, page);
  }

  // The page that the URL says; of a trial that it names for the first time, the one with that trial.
  function pageWith(rowPages, parameters) {
    const isNew = parameters.trial !== named;
    named = parameters.trial;
    const found = isNew && named ? rowPages.findIndex((page) => page.some((row) => row.bars.some((bar) => bar.entry.trial.startsWith(named)))) : -1;
    if (found >= 0) return {page: found + 1, select: true};
    return {page: Math.max(1, Math.min(Number(parameters.page) || 1, rowPages.length)), select: false};
  }

  async function load(parameters) {
    const [sweep, {entries, submittedAt}] = await Promise.all([get(`sweeps/${id}`), loadEntries()]);
    const latest = entries.reduce((high, entry) => Math.max(high, entry.ended_at ?? 0, entry.started_at ?? 0), submittedAt);
    const now = Math.max(latest, Date.now() / 1000);
    // Of a sweep that is paused, the drawing ends where its last attempt did.
    const until = latest === submittedAt || entries.some((entry) => entry.outcome === 'running') ? now : latest;
    const groups = parameters.rows === 'groups';
    head.update(sweep);
    by.set(groups ? 'groups' : 'workers');
    axis.set(parameters.axis === 'clock' ? 'clock' : 'since');
    adoptView(parameters);
    const rowPages = pagesOf(groups ? groupRows(sweep, entries) : workerRows(entries, until));
    const {page, select} = pageWith(rowPages, parameters);
    const rows = rowPages[page - 1];
    drawing.hidden = rows.length === 0;
    fill(empty, rows.length > 0 ? null : h('p', {class: 'empty'}, entries.length === 0 ?
      'No attempt has been made for this sweep: it took every result over.' : 'No trial has been on a worker yet.'));
    fill(legend, legendOf(entries, stylesOf(document.documentElement)));
    chart.draw({rows, origin: submittedAt, now: until, clock: parameters.axis === 'clock', view, queues: groups,
      textOf: (entry) => textOf(sweep, now, entry)});
    if (select) chart.select(rows.flatMap((row) => row.bars).filter((bar) => bar.entry.trial.startsWith(named)).at(-1));
    pages.update(rowPages.length, page);
    showTable(sweep, rows, submittedAt, now, parameters);
    return crumbsOf(sweep, '/timeline', 'timeline');
  }
  return {node, load, shown: chart.shown};
}
