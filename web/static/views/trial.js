// One trial: facts, curves, confusion matrix, attempts.
import {get} from '../api.js';
import {lineChart} from '../chart.js';
import {confusionTable} from '../confusion_table.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {bytes, duration, isLoss, label, LOSSES, METRICS, percent, quantity, RULES, SPLITS, when} from '../format.js';
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

export function createTrial(id, setParameters) {
  const head = h('section', {class: 'panel'});
  const curve = choice('Value', [...METRICS, ...LOSSES], (value) => setParameters({curve: value}));
  const chart = lineChart('Curves of this trial');
  const table = h('div', {});
  const rule = choice('Epoch', RULES, (value) => setParameters({rule: value}));
  const metric = choice('Chosen by', METRICS, (value) => setParameters({metric: value}));
  const matrix = h('div', {});
  const tries = h('div', {});
  const node = h('div', {class: 'stack'}, head,
    h('section', {class: 'panel', 'aria-labelledby': 'curve-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'curve-title'}, 'Curves'), h('div', {class: 'controls'},
        curve.node)),
      chart.node, h('details', {}, h('summary', {}, 'Data table'), table)),
    h('section', {class: 'panel', 'aria-labelledby': 'scores-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'scores-title'}, 'Test scores'),
        h('div', {class: 'controls'}, rule.node, metric.node)), matrix),
    h('section', {class: 'panel', 'aria-labelledby': 'attempts-title'},
      h('h2', {id: 'attempts-title'}, 'Attempts'), tries));

  async function load(parameters) {
    const [trial, ...curves] = await Promise.all([get(`trials/${id}`),
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
    const recorded = curves.filter(({epochs}) => epochs.length > 0);
    chart.draw(recorded.map(({split, epochs}) => ({name: label(SPLITS, split),
      style: SPLITS.findIndex(([key]) => key === split), thin: [],
      points: epochs.map((row) => ({x: row.epoch, y: valueAt(row, chosen.curve), sd: null}))})), chosen.curve);
    fill(table, scrolling('Curves as numbers', curveTable(recorded, chosen.curve)));
    fill(matrix, scores(trial, chosen.rule, chosen.metric));
    fill(tries, attempts(trial));
    return [['Sweeps', '#/'], sweep && [sweep.name, `#/sweeps/${sweep.id}`],
      [`trial ${trial.id.slice(0, 8)}`, `#/trials/${id}`]].filter(Boolean);
  }
  return {node, load, shown: chart.shown};
}
