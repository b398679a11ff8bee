// How much of a number is protocol: the same trials under each rule, by fold and pooled, WA and UA.
import {get} from '../api.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {configurationName, label, METRICS, percent, RULES} from '../format.js';
import {sweepFile} from '../files.js';
import {createPages, PAGE, pageOf} from '../pages.js';
import {tableFiles} from '../save_bar.js';
import {createSweepHead, crumbsOf} from './sweep_head.js';

const SCORES = [['wa', 'WA'], ['ua', 'UA'], ['macro_f1', 'macro-F1']];

function rowOf(sweep, row) {
  const complete = row.n === row.expected_n;
  return h('tr', {},
    h('th', {scope: 'row'}, configurationName(sweep.configurations[row.configuration])),
    h('td', {}, row.oracle ? h('span', {class: 'badge oracle'}, 'oracle') : label(RULES, row.rule)),
    SCORES.map(([key]) => [h('td', {class: 'number'}, percent(row[key].mean)),
      h('td', {class: 'number'}, percent(row[key].pooled))]),
    h('td', {class: complete ? 'number' : 'number incomplete'}, `${row.n}/${row.expected_n}`));
}

function tableOf(sweep, answer) {
  const heading = (text) => h('th', {scope: 'col', class: 'number'}, text);
  return h('table', {class: 'audit', 'aria-describedby': 'audit-caption'},
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Configuration'), h('th', {scope: 'col'}, 'Epoch'),
      SCORES.map(([, text]) => [heading(text), heading(`${text}, all folds`)]), heading('folds'))),
    h('tbody', {}, answer.rows.map((row) => rowOf(sweep, row))));
}

export function createAudit(id, setParameters) {
  const head = createSweepHead('/audit');
  const metric = choice('Best by', METRICS, (value) => setParameters({metric: value}));
  const body = h('div', {});
  const pages = createPages('Pages of configurations', (page) => setParameters({page}));
  const node = h('div', {class: 'stack'}, head.node, h('section', {class: 'panel', 'aria-labelledby': 'audit-title'},
    h('div', {class: 'panel-head'}, h('h2', {id: 'audit-title'}, 'What the protocol does to the numbers'),
      h('div', {class: 'controls'}, metric.node)), body,
    tableFiles('protocol', () => shown), pages.node));
  let shown = null;

  async function load(parameters) {
    const sweep = await get(`sweeps/${id}`);
    const chosen = parameters.metric ?? sweep.select.metric;
    const page = pageOf(parameters.page, sweep.configurations.length);
    const answer = await get(`sweeps/${id}/audit`, {metric: chosen, offset: PAGE * (page - 1), limit: PAGE});
    pages.update(answer.total, page);
    shown = {name: sweepFile(sweep, 'protocol', chosen), path: `sweeps/${id}/audit`, parameters: {metric: chosen}};
    head.update(sweep);
    metric.set(chosen);
    fill(body, scrolling('Scores by protocol', tableOf(sweep, answer)),
      h('p', {class: 'note', id: 'audit-caption'}, `${answer.caption} In percent.`),
      answer.notes.length > 0 ? h('ul', {class: 'notes'}, answer.notes.map((note) => h('li', {}, note))) : null);
    return crumbsOf(sweep, '/audit', 'protocol');
  }
  return {node, load};
}
