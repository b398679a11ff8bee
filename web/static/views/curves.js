// Learning curves: one line per configuration, with a band over its folds.
import {get} from '../api.js';
import {lineChart} from '../chart.js';
import {chartControls, controlsNote} from '../chart_controls.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {configurationName, isNumber, label, LOSSES, meanAndSd, METRICS, SPLITS} from '../format.js';
import {smoothed} from '../smoothing.js';

const SHOWN_AT_FIRST = 6;

// The configurations shown: those the URL names, else the best by the table's metric.
function shownOf(sweep, answer, parameter) {
  if (parameter !== undefined) {
    return parameter.split(',').map(Number).filter((index) => index in sweep.configurations);
  }
  const rank = (row) => (isNumber(row[answer.metric].mean) ? row[answer.metric].mean : -1);
  return [...answer.rows].sort((a, b) => rank(b) - rank(a)).slice(0, SHOWN_AT_FIRST)
    .map((row) => row.configuration).sort((a, b) => a - b);
}

function seriesOf(sweep, group, withFolds, weight) {
  const noMean = !group.mean.some(isNumber);
  return {
    name: configurationName(sweep.configurations[group.configuration]),
    style: group.configuration,
    points: smoothed(group.epochs.map((x, i) => ({x, y: group.mean[i], sd: group.sd[i]})), weight),
    thin: group.series.filter((one) => withFolds || noMean || one.state === 'diverged').map((one) => ({
      name: sweep.folds[one.fold].name,
      points: smoothed(one.epochs.map((x, i) => ({x, y: one.values[i]})), weight),
    })),
  };
}

function dataTable(sweep, curves) {
  const epochs = [...new Set(curves.configurations.flatMap((group) => group.epochs))].sort((a, b) => a - b);
  const cell = (group, epoch) => {
    const at = group.epochs.indexOf(epoch);
    if (at < 0) return h('td', {class: 'number'}, '–');
    if (group.n[at] === group.expected_n) {
      return h('td', {class: 'number'}, meanAndSd(group.mean[at], group.sd[at], curves.metric));
    }
    const odd = group.series.map((one) => one.values[one.epochs.indexOf(epoch)]).find((v) => typeof v === 'string');
    return h('td', {class: 'number incomplete'}, `${group.n[at]}/${group.expected_n}${odd ? ` (${odd})` : ''}`);
  };
  return h('table', {},
    h('thead', {}, h('tr', {}, h('th', {scope: 'col', class: 'number'}, 'Epoch'),
      curves.configurations.map((group) => h('th', {scope: 'col', class: 'number'},
        configurationName(sweep.configurations[group.configuration]))))),
    h('tbody', {}, epochs.map((epoch) => h('tr', {}, h('th', {scope: 'row', class: 'number'}, String(epoch)),
      curves.configurations.map((group) => cell(group, epoch))))));
}

export function createCurves(id, setParameters) {
  const split = choice('Part', SPLITS, (value) => setParameters({split: value}));
  const curve = choice('Value', [...METRICS, ...LOSSES], (value) => setParameters({curve: value}));
  const folds = h('input', {type: 'checkbox', id: 'each-trial',
    on: {change: () => setParameters({folds: folds.checked ? '1' : undefined})}});
  const controls = chartControls('curves', setParameters);
  const picker = h('fieldset', {class: 'picker'});
  const chart = lineChart('Learning curves');
  const table = h('div', {});
  const details = h('details', {}, h('summary', {}, 'Data table'), table);
  const note = h('p', {class: 'note'});
  const node = h('section', {class: 'panel', 'aria-labelledby': 'curves-title'},
    h('div', {class: 'panel-head'}, h('h2', {id: 'curves-title'}, 'Learning curves'),
      h('div', {class: 'controls'}, split.node, curve.node, controls.node,
        h('label', {class: 'check', for: 'each-trial'}, folds, 'each trial'))),
    chart.node, note, picker, details);

  function updatePicker(sweep, shown) {
    picker.hidden = sweep.configurations.length < 2;
    const toggle = (index, checked) => {
      const next = checked ? [...shown, index].sort((a, b) => a - b) : shown.filter((one) => one !== index);
      setParameters({show: next.join(',')});
    };
    fill(picker, h('legend', {}, 'Configurations shown'), sweep.configurations.map((configuration, index) => {
      const box = h('input', {type: 'checkbox', checked: shown.includes(index), 'data-key': `show ${index}`,
        on: {change: (event) => toggle(index, event.target.checked)}});
      return h('label', {class: 'check'}, box, configurationName(configuration));
    }));
  }

  async function update(sweep, answer, parameters) {
    const shown = shownOf(sweep, answer, parameters.show);
    const chosen = {split: parameters.split ?? 'test', metric: parameters.curve ?? answer.metric};
    const curves = shown.length === 0 ? {...chosen, configurations: []} :
      await get(`sweeps/${id}/curves`, {...chosen, configurations: shown.join(',')});
    split.set(chosen.split);
    curve.set(chosen.metric);
    folds.checked = parameters.folds === '1';
    updatePicker(sweep, shown);
    const shownHow = controls.read(parameters);
    chart.draw(curves.configurations.map((group) => seriesOf(sweep, group, folds.checked, shownHow.weight)),
      chosen.metric, shownHow.log);
    const over = curves.configurations[0]?.over ?? 'folds';
    note.textContent = `Line: mean over ${over} on the ${label(SPLITS, chosen.split)} part; band: ± 1 standard ` +
      'deviation (divisor n − 1). A line stops where a trial has no finite value; thin lines are single trials.' +
      controlsNote(shownHow);
    fill(table, scrolling('Learning curves as numbers', dataTable(sweep, curves)));
  }
  return {node, update, shown: chart.shown};
}
