// Scores over the test utterances of all folds together, with intervals, and tested against a baseline. It takes the
// server a while, so it is asked for when it is opened.
import {get} from '../api.js';
import {fill, h, scrolling} from '../dom.js';
import {sweepFile} from '../files.js';
import {configurationName, intervalText, isNumber, label, METRICS, percent, pText, signed} from '../format.js';
import {tableFiles} from '../save_bar.js';

const SHOWN = ['wa', 'ua', 'macro_f1'];
const LEVEL = 0.05;

function pNode(p) {
  return isNumber(p) && p < LEVEL ? h('strong', {}, `${pText(p)} *`) : pText(p);
}

function scoreCell(score) {
  if (!score) return h('td', {class: 'number'}, '–');
  const difference = isNumber(score.difference) ?
    h('small', {class: 'note-line'}, `${signed(score.difference)} ${intervalText(score.difference_interval, signed)}, p `,
      pNode(score.p_holm)) : null;
  return h('td', {class: 'number'}, `${percent(score.value)} ${intervalText(score.interval, percent)}`, difference);
}

function rowOf(sweep, answer, row) {
  const name = configurationName(sweep.configurations[row.configuration]);
  const heading = h('th', {scope: 'row'}, name, row.configuration === answer.baseline ? ' (baseline)' : '');
  if (row.why_not) return h('tr', {}, heading, h('td', {colspan: '4', class: 'note'}, `no interval: ${row.why_not}`));
  return h('tr', {}, heading, SHOWN.map((metric) => scoreCell(row[metric])),
    h('td', {class: 'number'}, row.mcnemar ? pNode(row.mcnemar.p_holm) : '–'));
}

function tableOf(sweep, answer) {
  const heading = (text) => h('th', {scope: 'col', class: 'number'}, text);
  return h('table', {class: 'utterances', 'aria-describedby': 'utterances-caption'},
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Configuration'),
      SHOWN.map((metric) => heading(label(METRICS, metric))), heading('p McNemar'))),
    h('tbody', {}, answer.rows.map((row) => rowOf(sweep, answer, row))));
}

export function createUtterances(id) {
  const body = h('div', {'aria-live': 'polite'});
  const node = h('details', {class: 'utterances', on: {toggle: () => show()}}, h('summary', {}, 'Over utterances'), body,
    tableFiles('utterances', () => ({name: sweepFile(wanted.sweep, 'utterances-against', wanted.parameters.baseline,
      wanted.parameters.rule, wanted.parameters.metric), path: `sweeps/${id}/utterances`, parameters: wanted.parameters})));
  let wanted = null;
  let shown = null;

  async function show() {
    const asked = wanted;
    if (!node.open || asked === null || asked.key === shown) return;
    if (shown === null) fill(body, h('p', {class: 'note'}, 'Drawing dialogues …'));
    try {
      const answer = await get(`sweeps/${id}/utterances`, asked.parameters);
      if (asked !== wanted) return;
      fill(body, scrolling('Scores over utterances', tableOf(asked.sweep, answer)),
        h('p', {class: 'note', id: 'utterances-caption'}, `${answer.caption} In percent.`),
        answer.notes.length > 0 ? h('ul', {class: 'notes'}, answer.notes.map((note) => h('li', {}, note))) : null);
      shown = asked.key;
    } catch (error) {
      if (asked === wanted) fill(body, h('p', {class: 'note'}, error.message));
    }
  }

  // The same again only when a result has come.
  async function update(sweep, parameters) {
    wanted = {sweep, parameters, key: JSON.stringify([parameters, sweep.counts.done])};
    await show();
  }
  return {node, update};
}
