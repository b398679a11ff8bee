// Learning curves: one line per configuration, with a band over its folds.
import {ofSweep, ofTrials} from '../answers.js';
import {get} from '../api.js';
import {lineChart} from '../chart.js';
import {chartControls, controlsNote} from '../chart_controls.js';
import {configurationColumns} from '../configuration_columns.js';
import {numberCell} from '../csv.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {configurationName, isNumber, label, LOSSES, meanAndSd, METRICS, SPLITS} from '../format.js';
import {sweepFile} from '../files.js';
import {chartFiles, csvFile} from '../save_bar.js';
import {smoothed} from '../smoothing.js';

const SHOWN_AT_FIRST = 6;
const MOST_BOXES = 24;  // of more configurations the picker has those that are shown, and a list to add from

// The configurations shown: those the URL names, else the best by the table's metric.
async function shownOf(sweep, answers, chosen, parameter) {
  if (parameter !== undefined) {
    return parameter.split(',').map(Number).filter((index) => index in sweep.configurations);
  }
  const best = await answers.get(`sweeps/${sweep.id}/results`, {...chosen, sort: chosen.metric, limit: SHOWN_AT_FIRST},
    ofSweep(sweep.id));
  return best.rows.map((row) => row.configuration).sort((a, b) => a - b);
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

function csvRows(sweep, curves) {
  const columns = configurationColumns(sweep);
  return [[...columns.heading, 'split', 'metric', 'epoch', 'mean', 'sd', 'n', 'expected_n'],
    ...curves.configurations.flatMap((group) => group.epochs.map((epoch, i) => [
      ...columns.cells(group.configuration), curves.split, curves.metric, epoch, numberCell(group.mean[i]),
      numberCell(group.sd[i]), group.n[i], group.expected_n]))];
}

// The curves of configurations, of which only those are asked for that have changed or were not shown before.
class Groups {
  constructor(id) {
    this.id = id;
    this.kept = new Map();  // by configuration, a promise of each
  }

  async of(shown, chosen) {
    if (this.split !== chosen.split || this.metric !== chosen.metric) this.kept = new Map();
    Object.assign(this, chosen);
    const {kept} = this;
    const missing = shown.filter((configuration) => !kept.has(configuration));
    if (missing.length > 0) {
      const answer = get(`sweeps/${this.id}/curves`, {...chosen, configurations: missing.join(',')});
      for (const configuration of missing) {
        kept.set(configuration, answer.then((all) => all.configurations.find((one) => one.configuration === configuration)));
      }
      answer.catch(() => missing.forEach((configuration) => kept.delete(configuration)));
    }
    const inOrder = [...shown].sort((a, b) => a - b);
    return {...chosen, configurations: await Promise.all(inOrder.map((configuration) => kept.get(configuration)))};
  }

  forget(changes) {
    for (const configuration of this.kept.keys()) {
      const isOf = (one) => one.sweep === Number(this.id) && one.configuration === configuration;
      if (changes === null || ofTrials(changes, isOf)) this.kept.delete(configuration);
    }
  }
}

export function createCurves(id, answers, setParameters) {
  const split = choice('Part', SPLITS, (value) => setParameters({split: value}));
  const curve = choice('Value', [...METRICS, ...LOSSES], (value) => setParameters({curve: value}));
  const folds = h('input', {type: 'checkbox', id: 'each-trial',
    on: {change: () => setParameters({folds: folds.checked ? '1' : undefined})}});
  const controls = chartControls('curves', setParameters);
  const picker = h('fieldset', {class: 'picker'});
  const chart = lineChart('Learning curves');
  const table = h('div', {});
  const details = h('details', {}, h('summary', {}, 'Data table'), table, csvFile('learning curves', () => shownNow &&
    {name: nameOf('data'), rows: csvRows(shownNow.sweep, shownNow.curves)}));
  const note = h('p', {class: 'note'});
  const node = h('section', {class: 'panel', 'aria-labelledby': 'curves-title'},
    h('div', {class: 'panel-head'}, h('h2', {id: 'curves-title'}, 'Learning curves'),
      h('div', {class: 'controls'}, split.node, curve.node, controls.node,
        h('label', {class: 'check', for: 'each-trial'}, folds, 'each trial'))),
    chart.node, note, chartFiles('learning curves', chartShown), picker, details);
  const groups = new Groups(id);
  let shownNow = null;  // {sweep, curves}

  const nameOf = (what) => sweepFile(shownNow.sweep, 'curves', what, shownNow.curves.metric, shownNow.curves.split);

  function chartShown() {
    const picture = chart.picture();
    return picture && {...picture, name: nameOf(''), title: `${shownNow.sweep.name}: learning curves`,
      caption: note.textContent};
  }

  function updatePicker(sweep, shown) {
    picker.hidden = sweep.configurations.length < 2;
    const toggle = (index, checked) => {
      const next = checked ? [...shown, index].sort((a, b) => a - b) : shown.filter((one) => one !== index);
      setParameters({show: next.join(',')});
    };
    const many = sweep.configurations.length > MOST_BOXES;
    const boxes = (many ? shown : sweep.configurations.map((_, index) => index)).map((index) => {
      const box = h('input', {type: 'checkbox', checked: shown.includes(index), 'data-key': `show ${index}`,
        on: {change: (event) => toggle(index, event.target.checked)}});
      return h('label', {class: 'check'}, box, configurationName(sweep.configurations[index]));
    });
    const adder = h('select', {'data-key': 'show more', on: {change: (event) => toggle(Number(event.target.value), true)}},
      h('option', {value: ''}, 'choose'), many ? sweep.configurations.map((one, index) => shown.includes(index) ? null :
        h('option', {value: String(index)}, configurationName(one))) : null);
    fill(picker, h('legend', {}, 'Configurations shown'), boxes,
      many ? h('label', {class: 'choice'}, h('span', {}, 'Add'), adder) : null);
  }

  // selected: {rule, metric} of the table.
  async function update(sweep, selected, parameters) {
    const shown = await shownOf(sweep, answers, selected, parameters.show);
    const chosen = {split: parameters.split ?? 'test', metric: parameters.curve ?? selected.metric};
    const curves = await groups.of(shown, chosen);
    shownNow = {sweep, curves};
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
  return {node, update, forget: (changes) => groups.forget(changes), shown: chart.shown};
}
