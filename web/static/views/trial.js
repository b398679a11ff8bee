// One trial: facts, curves, confusion matrix, attempts.
import {createAnnotation} from '../annotation.js';
import {get} from '../api.js';
import {lineChart} from '../chart.js';
import {confusionTable} from '../confusion_table.js';
import {numberCell} from '../csv.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {fileName, sweepFile} from '../files.js';
import {bytes, duration, isLoss, label, LOSSES, METRICS, percent, quantity, RULES, selectionText, SPLITS,
  when} from '../format.js';
import {chartFiles, csvFile} from '../save_bar.js';
import {createLog} from './log.js';
import {createTrialControls} from './trial_controls.js';
import {stateBadge} from './trials.js';

function facts(trial) {
  const list = [
    ['Fold', trial.fold.name], ['Seed', String(trial.seed)], ['Epoch', `${trial.epoch} of ${trial.epochs}`],
    ['Attempts', String(trial.attempt)],
    trial.result && ['Wall time', duration(trial.result.wall_seconds)],
    trial.result && ['Peak memory', bytes(trial.result.peak_memory)],
    trial.result && ['Parameters', trial.result.parameters.toLocaleString('en')],
    ['Configuration', trial.configuration.slice(0, 12)], ['Trial', trial.id],
  ].filter(Boolean);
  return h('dl', {class: 'facts'}, list.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

function valueAt(row, name) {
  return isLoss(name) ? row.losses[name.slice('loss.'.length)] : row.scores[name];
}

function curveTable(curves, name) {
  const epochs = [...new Set(curves.flatMap(({epochs: rows}) => rows.map((row) => row.epoch)))].sort((a, b) => a - b);
  const value = (rows, epoch) => {
    const row = rows.find((one) => one.epoch === epoch);
    return quantity(row && valueAt(row, name), name);
  };
  return h('table', {},
    h('thead', {}, h('tr', {}, h('th', {scope: 'col', class: 'number'}, 'Epoch'),
      curves.map(({split}) => h('th', {scope: 'col', class: 'number'}, label(SPLITS, split))))),
    h('tbody', {}, epochs.map((epoch) => h('tr', {}, h('th', {scope: 'row', class: 'number'}, String(epoch)),
      curves.map(({epochs: rows}) => h('td', {class: 'number'}, value(rows, epoch)))))));
}

function confusion(trial, selected) {
  const score = (key) => (truth) => percent(selected.classes[truth][key]);
  return confusionTable(selected.confusion, trial.labels, `Confusion matrix of epoch ${selected.epoch}: rows are the ` +
    'truth, columns the prediction; percent of the row.',
  [['precision', score('precision')], ['recall', score('recall')], ['F1', score('f1')]]);
}

// Under `last` one entry stands for every metric.
function selectedUnder(trial, rule, metric) {
  return trial.result?.selected.find((one) => one.rule === rule && (rule === 'last' || one.metric === metric));
}

function scores(trial, rule, metric) {
  const selected = selectedUnder(trial, rule, metric);
  if (!trial.result) {
    const mayCome = trial.state === 'pending' || trial.state === 'running';
    return h('p', {class: 'empty'}, mayCome ? 'Scores stand here when the trial is done.' :
      'This trial ended without scores.');
  }
  if (!selected) return h('p', {class: 'empty'}, 'This fold has no validation part, so no epoch is best on it.');
  return [
    h('dl', {class: 'facts scores'}, METRICS.map(([key, text]) => h('div', {}, h('dt', {}, `${text}, %`),
      h('dd', {}, percent(selected.scores[key]))))),
    selected.oracle ? h('p', {class: 'note'}, h('span', {class: 'badge oracle'}, 'oracle'),
      ' The epoch is chosen on the test part.') : null,
    scrolling('Confusion matrix', confusion(trial, selected)),
  ];
}

function attempts(trial) {
  const row = (one) => h('tr', {}, h('th', {scope: 'row', class: 'number'}, String(one.attempt)),
    h('td', {}, one.outcome), h('td', {class: 'number'}, String(one.worker)), h('td', {}, one.host),
    h('td', {}, one.environment?.device ?? '–'), h('td', {class: 'number'}, when(one.started_at)),
    h('td', {class: 'number'}, when(one.ended_at)), h('td', {class: 'number'}, String(one.resumed_epoch)),
    h('td', {class: 'message'}, one.failure?.message ?? ''));
  const logs = trial.attempts.filter((one) => one.failure?.log_tail).map((one) => h('details', {},
    h('summary', {}, `Last log lines of attempt ${one.attempt}`),
    h('pre', {tabindex: '0', 'data-key': `log ${one.attempt}`}, one.failure.log_tail)));
  if (trial.attempts.length === 0) return [h('p', {class: 'empty'}, 'No attempt has begun.')];
  return [scrolling('Attempts', h('table', {class: 'wide-rows'}, h('thead', {}, h('tr', {},
    [['Attempt', 'number'], ['Outcome'], ['Worker', 'number'], ['Host'], ['Device'], ['Started', 'number'],
      ['Ended', 'number'], ['Resumed at epoch', 'number'], ['Message']]
      .map(([text, style]) => h('th', {scope: 'col', class: style}, text)))),
  h('tbody', {}, trial.attempts.map(row)))), ...logs];
}

function curveRows(curves, name) {
  return [['split', 'epoch', name], ...curves.flatMap(({split, epochs}) =>
    epochs.map((row) => [split, row.epoch, numberCell(valueAt(row, name))]))];
}

function confusionRows(trial, selected, selection) {
  const name = (truth) => trial.labels[truth] ?? truth;
  return [['selection', 'truth', ...selected.confusion.map((_, truth) => name(truth)), 'precision', 'recall', 'f1'],
    ...selected.confusion.map((row, truth) => [selection, name(truth), ...row,
      ...['precision', 'recall', 'f1'].map((key) => numberCell(selected.classes[truth][key]))])];
}

function attemptRows(trial) {
  return [['attempt', 'outcome', 'worker', 'host', 'device', 'started_at', 'ended_at', 'resumed_epoch', 'message'],
    ...trial.attempts.map((one) => [one.attempt, one.outcome, one.worker, one.host, one.environment?.device, one.started_at,
      one.ended_at, one.resumed_epoch, one.failure?.message])];
}

export function createTrial(id, setParameters) {
  const head = h('div', {});
  const controls = createTrialControls(() => setParameters({}));
  const annotation = createAnnotation('trial', () => setParameters({}));
  const curve = choice('Value', [...METRICS, ...LOSSES], (value) => setParameters({curve: value}));
  const chart = lineChart('Curves of this trial');
  const table = h('div', {});
  const rule = choice('Epoch', RULES, (value) => setParameters({rule: value}));
  const metric = choice('Chosen by', METRICS, (value) => setParameters({metric: value}));
  const matrix = h('div', {});
  const tries = h('div', {});
  const log = createLog(id, setParameters);
  const node = h('div', {class: 'stack'},
    h('section', {class: 'panel'}, head, controls.node, annotation.node),
    h('section', {class: 'panel', 'aria-labelledby': 'curve-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'curve-title'}, 'Curves'), h('div', {class: 'controls'},
        curve.node)),
      chart.node, chartFiles('curves', chartShown), h('details', {}, h('summary', {}, 'Data table'), table,
        csvFile('curves', () => ({name: nameOf('curves-data', shown.curve), rows: curveRows(shown.curves, shown.curve)})))),
    h('section', {class: 'panel', 'aria-labelledby': 'scores-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'scores-title'}, 'Test scores'),
        h('div', {class: 'controls'}, rule.node, metric.node)), matrix,
      csvFile('confusion', confusionShown)),
    h('section', {class: 'panel', 'aria-labelledby': 'attempts-title'},
      h('h2', {id: 'attempts-title'}, 'Attempts'), tries, csvFile('attempts', () => shown.trial.attempts.length > 0 &&
        {name: nameOf('attempts'), rows: attemptRows(shown.trial)})), log.node);
  let shown = null;  // {trial, sweep or null, curves, and what was chosen}

  function nameOf(...what) {
    const parts = ['trial', shown.trial.id.slice(0, 8), ...what];
    return shown.sweep ? sweepFile(shown.sweep, ...parts) : fileName(...parts);
  }

  function chartShown() {
    const picture = chart.picture();
    const {trial, sweep} = shown;
    return picture && {...picture, name: nameOf('curves', shown.curve), title: `Trial ${trial.id.slice(0, 8)}: curves`,
      caption: `${sweep ? `Sweep ${sweep.name}, fold` : 'Fold'} ${trial.fold.name}, seed ${trial.seed}.`};
  }

  function confusionShown() {
    const {trial, rule: chosenRule, metric: chosenMetric} = shown;
    const selected = selectedUnder(trial, chosenRule, chosenMetric);
    return selected && {name: nameOf('confusion', chosenRule, chosenRule === 'last' ? '' : chosenMetric),
      rows: confusionRows(trial, selected, selectionText(chosenRule, chosenMetric))};
  }

  async function load(parameters) {
    const [trial, {controls: served}, ...curves] = await Promise.all([get(`trials/${id}`), get('version'),
      ...SPLITS.map(([split]) => get(`trials/${id}/curve`, {split}))]);
    const sweep = trial.sweeps.length > 0 ? await get(`sweeps/${trial.sweeps[0]}`) : null;
    const chosen = {curve: parameters.curve ?? 'macro_f1', rule: parameters.rule ?? sweep?.select.epoch ?? 'last',
      metric: parameters.metric ?? sweep?.select.metric ?? 'macro_f1'};
    curve.set(chosen.curve);
    rule.set(chosen.rule);
    metric.set(chosen.metric);
    metric.node.hidden = chosen.rule === 'last';
    fill(head, h('div', {class: 'title'}, h('h1', {}, `Trial ${trial.id.slice(0, 8)}`), stateBadge(trial.state)),
      trial.message ? h('p', {class: 'notice'}, trial.message) : null, facts(trial), trial.result ? h('p', {class: 'more'},
        h('a', {href: `#/trials/${trial.id}/representations`, 'data-key': 'representations'}, 'Public and unique representations')) : null);
    controls.update(trial, trial.id, served);
    annotation.update(trial, trial.id, sweep ? `/sweeps/${sweep.id}` : '/', served);
    const recorded = curves.filter(({epochs}) => epochs.length > 0);
    shown = {trial, sweep, curves: recorded, ...chosen};
    chart.draw(recorded.map(({split, epochs}) => ({name: label(SPLITS, split),
      style: SPLITS.findIndex(([key]) => key === split), thin: [],
      points: epochs.map((row) => ({x: row.epoch, y: valueAt(row, chosen.curve), sd: null}))})), chosen.curve);
    fill(table, scrolling('Curves as numbers', curveTable(recorded, chosen.curve)));
    fill(matrix, scores(trial, chosen.rule, chosen.metric));
    fill(tries, attempts(trial));
    log.update(trial, parameters.log);
    return [['Sweeps', '#/'], sweep && [sweep.name, `#/sweeps/${sweep.id}`],
      [`trial ${trial.id.slice(0, 8)}`, `#/trials/${id}`]].filter(Boolean);
  }
  return {node, load, shown: chart.shown};
}
