// The components of a configuration's loss over time, as in the paper's Figure 5.
import {get} from '../api.js';
import {lineChart} from '../chart.js';
import {chartControls, controlsNote} from '../chart_controls.js';
import {configurationChoice} from '../configuration_choice.js';
import {configurationColumns} from '../configuration_columns.js';
import {numberCell} from '../csv.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {configurationName, label, LOSSES, meanAndSd, SPLITS} from '../format.js';
import {sweepFile} from '../files.js';
import {chartFiles, csvFile} from '../save_bar.js';
import {smoothed} from '../smoothing.js';
import {createSweepHead, crumbsOf} from './sweep_head.js';

const COMPONENTS = ['loss.task', 'loss.auxiliary', 'loss.similarity', 'loss.difference', 'loss.reconstruction', 'loss.cycle'];

// Those that are switched on and have been recorded.
function recorded(groups) {
  return groups.filter(({group}) => group.series.some((one) => one.values.some((value) => value !== null)));
}

function dataTable(groups) {
  const epochs = [...new Set(groups.flatMap(({group}) => group.epochs))].sort((a, b) => a - b);
  const cell = ({name, group}, epoch) => {
    const at = group.epochs.indexOf(epoch);
    const whole = at >= 0 && group.n[at] === group.expected_n;
    return h('td', {class: at >= 0 && !whole ? 'number incomplete' : 'number'}, at < 0 ? '–' :
      whole ? meanAndSd(group.mean[at], group.sd[at], name) : `${group.n[at]}/${group.expected_n}`);
  };
  return h('table', {},
    h('thead', {}, h('tr', {}, h('th', {scope: 'col', class: 'number'}, 'Epoch'),
      groups.map(({name}) => h('th', {scope: 'col', class: 'number'}, label(LOSSES, name))))),
    h('tbody', {}, epochs.map((epoch) => h('tr', {}, h('th', {scope: 'row', class: 'number'}, String(epoch)),
      groups.map((one) => cell(one, epoch))))));
}

function csvRows({sweep, split, groups}) {
  const columns = configurationColumns(sweep);
  return [[...columns.heading, 'split', 'metric', 'epoch', 'mean', 'sd', 'n', 'expected_n'],
    ...groups.flatMap(({name, group}) => group.epochs.map((epoch, i) => [
      ...columns.cells(group.configuration), split, name, epoch, numberCell(group.mean[i]),
      numberCell(group.sd[i]), group.n[i], group.expected_n]))];
}

export function createLosses(id, setParameters) {
  const head = createSweepHead('/losses');
  const configuration = configurationChoice('Configuration', 'configuration', 'loss-configuration', setParameters);
  const split = choice('Part', SPLITS, (value) => setParameters({split: value}));
  const controls = chartControls('losses', setParameters);
  const chart = lineChart('Loss components');
  const note = h('p', {class: 'note'});
  const table = h('div', {});
  const node = h('div', {class: 'stack'}, head.node, h('section', {class: 'panel', 'aria-labelledby': 'losses-title'},
    h('div', {class: 'panel-head'}, h('h2', {id: 'losses-title'}, 'Loss components'), h('div', {class: 'controls'},
      configuration.node,
      split.node, controls.node)),
    chart.node, note, chartFiles('loss components', chartShown), h('details', {}, h('summary', {}, 'Data table'), table,
      csvFile('loss components', () => ({name: nameOf('data'), rows: csvRows(shownNow)})))));
  let shownNow = null;  // {sweep, position, split, groups}

  const nameOf = (what) => sweepFile(shownNow.sweep, 'losses', what, 'configuration', shownNow.position + 1, shownNow.split);

  function chartShown() {
    const picture = chart.picture();
    const {sweep, position} = shownNow;
    return picture && {...picture, name: nameOf(''), caption: note.textContent,
      title: `${sweep.name}: loss components of ${configurationName(sweep.configurations[position])}`};
  }

  async function load(parameters) {
    const sweep = await get(`sweeps/${id}`);
    const position = Math.min(Math.max(Number(parameters.configuration) || 1, 1), sweep.configurations.length) - 1;
    const chosen = parameters.split ?? 'train';
    const shown = controls.read(parameters);
    const answers = await Promise.all(COMPONENTS.map((metric) => get(`sweeps/${id}/curves`,
      {split: chosen, metric, configurations: String(position)})));
    const groups = recorded(answers.map((answer) => ({name: answer.metric, group: answer.configurations[0]})));
    shownNow = {sweep, position, split: chosen, groups};
    head.update(sweep);
    configuration.update(sweep, position);
    split.set(chosen);
    chart.draw(groups.map(({name, group}) => ({name: label(LOSSES, name), style: COMPONENTS.indexOf(name), thin: [],
      points: smoothed(group.epochs.map((x, i) => ({x, y: group.mean[i], sd: group.sd[i]})), shown.weight)})), 'loss.components', shown.log);
    const over = groups[0]?.group.over ?? 'folds';
    note.textContent = `Line: mean over ${over} on the ${label(SPLITS, chosen)} part; band: ± 1 standard deviation ` +
      `(divisor n − 1). Each as it is, before its weight in the total. Components that are off have no line.${controlsNote(shown)}`;
    fill(table, scrolling('Loss components as numbers', dataTable(groups)));
    return crumbsOf(sweep, '/losses', 'losses');
  }
  return {node, load, shown: chart.shown};
}
