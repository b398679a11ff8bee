// Confusion matrices of a configuration: all folds together, and each fold.
import {get} from '../api.js';
import {confusionTable} from '../confusion_table.js';
import {configurationChoice} from '../configuration_choice.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {sweepFile} from '../files.js';
import {METRICS, percent, RULES, selectionText} from '../format.js';
import {csvFile} from '../save_bar.js';
import {createSweepHead, crumbsOf} from './sweep_head.js';

function scoreFacts(pooled) {
  return h('dl', {class: 'facts scores'}, METRICS.map(([key, text]) => h('div', {}, h('dt', {}, `${text}, %`),
    h('dd', {}, percent(pooled[key])))));
}

function together(answer) {
  if (!answer.confusion) return h('p', {class: 'empty'}, 'No trial of this configuration has a result yet.');
  const trials = answer.trials - answer.missing;
  return [
    answer.missing > 0 ? h('p', {class: 'notice'}, `${answer.missing} of ${answer.trials} trials have no result: ` +
      'these are the counts of the others, and no score is made of them.') : scoreFacts(answer.pooled),
    answer.oracle ? h('p', {class: 'note'}, h('span', {class: 'badge oracle'}, 'oracle'),
      ' The epoch is chosen on the test part.') : null,
    scrolling('Confusion matrix of all folds', confusionTable(answer.confusion, answer.labels,
      `Sum over ${trials} trials: rows are the truth, columns the prediction; percent of the row. Scores are of all ` +
      'utterances together, per seed; the results page has the mean of the folds.')),
  ];
}

function foldFigure(answer, fold) {
  const trials = fold.trials.map((id, index) => [' ', h('a', {href: `#/trials/${id}`, class: 'id',
    'data-key': `fold trial ${id}`}, fold.trials.length > 1 ? `trial ${index + 1}` : 'trial')]);
  return h('section', {class: 'fold', 'aria-label': `Fold ${fold.name}`},
    h('h3', {}, fold.name, h('small', {}, ` UA ${percent(fold.scores.ua)}`), trials),
    scrolling(`Confusion matrix of ${fold.name}`, confusionTable(fold.confusion, answer.labels, '')));
}

// One row for each truth: of all folds together, or of each.
function csvRows({answer, rule, metric}, ofEachFold) {
  const heading = ['selection', 'truth', ...answer.labels];
  const rows = (matrix) => matrix.map((row, truth) => [selectionText(rule, metric),
    answer.labels[truth] ?? truth, ...row]);
  if (!ofEachFold) return [heading, ...rows(answer.confusion)];
  return [['fold', ...heading],
    ...answer.folds.flatMap((fold) => rows(fold.confusion).map((row) => [fold.name, ...row]))];
}

export function createConfusion(id, setParameters) {
  const head = createSweepHead('/confusion');
  const configuration = configurationChoice('Configuration', 'configuration', 'configuration', setParameters);
  const rule = choice('Epoch', RULES, (value) => setParameters({rule: value}));
  const metric = choice('Chosen by', METRICS, (value) => setParameters({metric: value}));
  const all = h('div', {});
  const folds = h('div', {class: 'folds'});
  const node = h('div', {class: 'stack'}, head.node,
    h('section', {class: 'panel', 'aria-labelledby': 'confusion-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'confusion-title'}, 'Confusion over all folds'),
        h('div', {class: 'controls'}, configuration.node, rule.node, metric.node)), all,
      csvFile('confusion over all folds', () => fileOf('all-folds', false))),
    h('section', {class: 'panel', 'aria-labelledby': 'folds-title'}, h('h2', {id: 'folds-title'}, 'Fold by fold'),
      folds, csvFile('confusion fold by fold', () => fileOf('fold-by-fold', true))));
  let shown = null;  // {sweep, answer, rule, metric}

  function fileOf(what, ofEachFold) {
    const {sweep, answer, rule, metric} = shown;
    return answer.confusion && {rows: csvRows(shown, ofEachFold), name: sweepFile(sweep, 'confusion', what, 'configuration',
      answer.configuration + 1, rule, rule === 'last' ? '' : metric)};
  }

  async function load(parameters) {
    const sweep = await get(`sweeps/${id}`);
    const chosen = {configuration: parameters.configuration ?? '1', rule: parameters.rule ?? sweep.select.epoch,
      metric: parameters.metric ?? sweep.select.metric};
    const answer = await get(`sweeps/${id}/confusion`, chosen);
    shown = {sweep, answer, rule: chosen.rule, metric: chosen.metric};
    head.update(sweep);
    configuration.update(sweep, answer.configuration);
    rule.set(chosen.rule);
    metric.set(chosen.metric);
    metric.node.hidden = chosen.rule === 'last';
    fill(all, together(answer));
    fill(folds, answer.folds.length === 0 ? h('p', {class: 'empty'}, 'No fold has a result yet.') :
      answer.folds.map((fold) => foldFigure(answer, fold)));
    return crumbsOf(sweep, '/confusion', 'confusion');
  }
  return {node, load};
}
