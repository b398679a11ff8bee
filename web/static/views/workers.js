// The workers of the coordinator that serves this page, and what each does now.
import {get} from '../api.js';
import {fill, h, scrolling} from '../dom.js';
import {bytes, isNumber} from '../format.js';

const INTERVAL = 2000;  // ms; what workers do changes without the store
const FEW = 4;          // trials that a row shows unasked

// "0–3, 8"
function coresText(cores) {
  const runs = [];
  for (const core of cores) {
    const last = runs[runs.length - 1];
    if (last && core === last[1] + 1) last[1] = core;
    else runs.push([core, core]);
  }
  return runs.map(([from, to]) => from === to ? String(from) : `${from}–${to}`).join(', ') || '–';
}

const rate = (value) => isNumber(value) ? value.toFixed(1) : '–';

const parts = (known, between) => known.filter(Boolean).join(between) || '–';
const cpuText = ({cpu_cores: busy, cores}) => parts([isNumber(busy) && busy.toFixed(1), isNumber(busy) && cores.length > 0 && String(cores.length)], ' of ');
const memoryText = (worker) => parts([isNumber(worker.memory_bytes) && bytes(worker.memory_bytes)]);
const gpuText = ({gpu_percent: busy, gpu_memory_bytes: memory}) =>
  parts([isNumber(busy) && `${busy.toFixed(0)} %`, isNumber(memory) && bytes(memory)], ', ');

function trialItem(worker, one) {
  return h('li', {}, h('a', {href: `#/trials/${one.trial}`, class: 'id', 'data-key': `held ${worker.worker} ${one.trial}`}, one.trial.slice(0, 8)),
    ` ${one.name}, epoch ${one.epoch} of ${one.epochs}${one.attempt > 1 ? `, attempt ${one.attempt}` : ''}`);
}

export function createWorkers() {
  const body = h('div', {});
  const node = h('section', {class: 'panel', 'aria-labelledby': 'workers-title'}, h('h1', {id: 'workers-title'}, 'Workers'), body);
  const opened = new Set();  // workers whose trials are all shown
  let timer = 0;

  function trialsCell(worker) {
    if (worker.state === 'awaited') return h('td', {class: 'note'}, 'has not joined yet');
    if (worker.leader !== worker.worker) return h('td', {class: 'note'}, `trains with worker ${worker.leader}`);
    if (worker.trials.length === 0) return h('td', {class: 'note'}, 'idle');
    const list = (trials) => h('ul', {class: 'held'}, trials.map((one) => trialItem(worker, one)));
    if (worker.trials.length <= FEW) return h('td', {}, list(worker.trials));
    const isOpen = opened.has(worker.worker);
    const toggle = (event) => event.target.open ? opened.add(worker.worker) : opened.delete(worker.worker);
    return h('td', {}, h('details', {open: isOpen, on: {toggle}}, h('summary', {'data-key': `trials ${worker.worker}`},
      `${worker.trials.length} trials`), list(worker.trials)));
  }

  function rowOf(worker, hasGroups) {
    return h('tr', {},
      h('th', {scope: 'row', class: 'number'}, String(worker.worker)),
      h('td', {}, worker.host || '–', worker.state === 'leaving' ? [' ', h('span', {class: 'badge'}, 'leaving')] : null),
      hasGroups ? h('td', {}, worker.group || '–') : null,
      h('td', {}, coresText(worker.cores)), h('td', {}, worker.device || '–'),
      h('td', {class: 'number'}, cpuText(worker)), h('td', {class: 'number'}, memoryText(worker)), h('td', {class: 'number'}, gpuText(worker)),
      h('td', {class: 'number'}, isNumber(worker.heard_s) ? `${worker.heard_s.toFixed(1)} s ago` : 'never'),
      h('td', {class: 'number'}, rate(worker.epochs_per_minute)), trialsCell(worker));
  }

  function tableOf(workers) {
    const hasGroups = workers.some((worker) => worker.group);
    const headings = [['Worker', 'number'], ['Host'], hasGroups && ['Group'], ['Cores'], ['Device'], ['CPU', 'number'], ['Memory', 'number'], ['GPU', 'number'], ['Last heard', 'number'],
      ['Epochs per minute', 'number'], ['Trials']].filter(Boolean);
    return h('table', {class: 'workers'},
      h('thead', {}, h('tr', {}, headings.map(([text, style]) => h('th', {scope: 'col', class: style}, text)))),
      h('tbody', {}, workers.map((worker) => rowOf(worker, hasGroups))));
  }

  function show({coordinator, workers}) {
    const total = workers.reduce((sum, one) => sum + (one.leader === one.worker && isNumber(one.epochs_per_minute) ? one.epochs_per_minute : 0), 0);
    const here = workers.filter((one) => one.state !== 'awaited').length;
    const empty = (...text) => h('p', {class: 'empty'}, ...text);
    fill(body, !coordinator ? empty('This program is no coordinator, so it knows of no workers. The dashboard of a run shows them: ',
      h('code', {}, 'merctl status'), ' says where it is.') :
      workers.length === 0 ? empty('No worker has come yet.') :
        [h('p', {class: 'note summary'}, `${here} of ${workers.length} workers are here; ${rate(total)} epochs per minute, over the last minute.`),
          scrolling('Workers', tableOf(workers))]);
  }

  async function load() {
    show(await get('workers'));
    return [['Sweeps', '#/'], ['Workers', '#/workers']];
  }

  // While the page is seen. The header says when nobody answers.
  function again() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (!node.isConnected) return;
      if (!document.hidden) await get('workers').then(show, () => {});
      again();
    }, INTERVAL);
  }
  return {node, load, shown: again};
}
