// A baseline against the other configurations: differences fold by fold, tests, effect sizes.
import {get} from '../api.js';
import {pairedDots, tooltips} from '../chart.js';
import {configurationColumns} from '../configuration_columns.js';
import {configurationChoice} from '../configuration_choice.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {sweepFile} from '../files.js';
import {configurationName, isNumber, label, meanAndSd, METRICS, percent, pText, RULES,
  selectionText} from '../format.js';
import {createPages, PAGE, pageOf} from '../pages.js';
import {chartFiles, csvFile, tableFiles} from '../save_bar.js';
import {createSweepHead, crumbsOf} from './sweep_head.js';
import {createUtterances} from './utterances.js';

const LEVEL = 0.05;

// Bold under 0.05; a test that could not have come out so says that.
function pCell(test) {
  const p = test?.p_holm;
  const text = pText(p);
  const helpless = isNumber(test?.smallest_p) && isNumber(p) && test.smallest_p > LEVEL;
  return h('td', {class: 'number'}, isNumber(p) && p < LEVEL ? h('strong', {}, `${text} *`) : text,
    helpless ? h('small', {class: 'note-line'}, `cannot be under ${test.smallest_p.toFixed(4)}`) : null);
}

function effectCell(value) {
  return h('td', {class: 'number'}, isNumber(value) ? value.toFixed(2) : '–');
}

function rowOf(sweep, answer, row) {
  const name = configurationName(sweep.configurations[row.configuration]);
  if (row.why_not) {
    return h('tr', {}, h('th', {scope: 'row'}, name), h('td', {colspan: '6', class: 'note'}, `no test: ${row.why_not}`));
  }
  const pairs = answer.folds.map((fold, index) => ({name: sweep.folds[fold].name, from: answer.scores[index],
    to: row.scores[index]}));
  return h('tr', {}, h('th', {scope: 'row'}, name),
    h('td', {class: 'number'}, `${row.mean > 0 ? '+' : ''}${meanAndSd(row.mean, row.sd, 'score')}`),
    pCell(row.wilcoxon), pCell(row.corrected_t), effectCell(row.cohens_dz), effectCell(row.rank_biserial),
    h('td', {}, pairedDots(pairs, `${name}: each fold, from the baseline's score to its own`)));
}

function foldTable(sweep, answer) {
  const rows = answer.rows.filter((row) => row.scores.length > 0);
  const heading = (index) => h('th', {scope: 'col', class: 'number'}, configurationName(sweep.configurations[index]));
  return h('table', {},
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Fold'), heading(answer.baseline),
      rows.map((row) => heading(row.configuration)))),
    h('tbody', {}, answer.scores.length === 0 ? [] : answer.folds.map((fold, index) => h('tr', {},
      h('th', {scope: 'row'}, sweep.folds[fold].name), h('td', {class: 'number'}, percent(answer.scores[index])),
      rows.map((row) => h('td', {class: 'number'}, percent(row.scores[index])))))));
}

// The settings in which the configurations differ, side by side.
function settingsTable(sweep, shown) {
  const keys = [...new Set(shown.flatMap((index) => Object.keys(sweep.configurations[index].differing)))];
  return h('table', {},
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Setting'), shown.map((index) =>
      h('th', {scope: 'col'}, `No. ${index + 1}`)))),
    h('tbody', {}, keys.map((key) => h('tr', {}, h('th', {scope: 'row'}, key), shown.map((index) => sweep.configurations[index]).map((one) =>
      h('td', {}, key in one.differing ? JSON.stringify(one.differing[key]) : '–'))))));
}

function foldRows(sweep, answer) {
  const columns = configurationColumns(sweep);
  return [['fold', ...columns.heading, 'selection', 'metric', 'baseline', 'score', 'baseline_score', 'difference'],
    ...answer.rows.filter((row) => row.scores.length > 0).flatMap((row) => answer.folds.map((fold, index) => [
      sweep.folds[fold].name, ...columns.cells(row.configuration), selectionText(answer.rule, answer.metric),
      answer.metric, sweep.configurations[answer.baseline].id, row.scores[index], answer.scores[index], row.differences[index]]))];
}

function settingsRows(sweep) {
  const columns = configurationColumns(sweep);
  return [columns.heading, ...sweep.configurations.map((_, position) => columns.cells(position))];
}

export function createCompare(id, setParameters) {
  const head = createSweepHead('/compare');
  const baseline = configurationChoice('Baseline', 'baseline', 'baseline', setParameters);
  const rule = choice('Epoch', RULES, (value) => setParameters({rule: value}));
  const metric = choice('Metric', METRICS, (value) => setParameters({metric: value}));
  const body = h('div', {class: 'results'});
  const inner = h('div', {});
  body.append(inner);
  tooltips(body);
  const pages = createPages('Pages of configurations', (page) => setParameters({page}));
  const utterances = createUtterances(id);
  const folds = h('div', {});
  const settings = h('div', {});
  const node = h('div', {class: 'stack'}, head.node, h('section', {class: 'panel', 'aria-labelledby': 'compare-title'},
    h('div', {class: 'panel-head'}, h('h2', {id: 'compare-title'}, 'Against a baseline'),
      h('div', {class: 'controls'}, baseline.node,
        rule.node, metric.node)), body,
    tableFiles('differences', () => ({name: nameOf('comparison'), path: `sweeps/${id}/comparison`, parameters: shownNow.chosen})),
    chartFiles('pairs', chartShown), pages.node, utterances.node,
    h('details', {}, h('summary', {}, 'Data table'), folds, csvFile('scores fold by fold', async () => ({
      name: nameOf('fold-by-fold'), rows: foldRows(shownNow.sweep, await get(`sweeps/${id}/comparison`, shownNow.chosen))}))),
    h('details', {}, h('summary', {}, 'Settings that differ'), settings, csvFile('settings', () => ({
      name: sweepFile(shownNow.sweep, 'settings'), rows: settingsRows(shownNow.sweep)})))));
  let shownNow = null;  // {sweep, answer, chosen}

  const nameOf = (what) => sweepFile(shownNow.sweep, what, 'against', shownNow.answer.baseline + 1, shownNow.chosen.rule,
    shownNow.chosen.metric);

  // The joined folds of the rows in sight, below each other.
  function chartShown() {
    const {sweep, answer} = shownNow;
    const drawings = [...inner.querySelectorAll('svg.paired')];
    const rows = answer.rows.filter((row) => !row.why_not);
    if (rows.length === 0) return null;
    const parts = rows.map((row, index) => {
      const all = [...answer.scores, ...row.scores];
      return {svg: drawings[index], label: [configurationName(sweep.configurations[row.configuration]),
        `${row.mean > 0 ? '+' : ''}${meanAndSd(row.mean, row.sd, 'score')}`,
        `${percent(Math.min(...all))} to ${percent(Math.max(...all))}`]};
    });
    const title = `${sweep.name}: ${label(METRICS, answer.metric)} per fold against ` +
      configurationName(sweep.configurations[answer.baseline]);
    return {name: nameOf('pairs'), parts, legend: [], title,
      caption: `${answer.caption} Left the baseline, right the other; each drawing has a scale of its own, from its ` +
        'lowest to its highest score in percent.'};
  }

  function table(sweep, answer) {
    const heading = (text) => h('th', {scope: 'col', class: 'number'}, text);
    return h('table', {class: 'comparison', 'aria-describedby': 'compare-caption'},
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Configuration'), heading('difference'), heading('p Wilcoxon'),
        heading('p corrected t'), heading('d'), heading('r'),
        h('th', {scope: 'col'}, `${label(METRICS, answer.metric)}: baseline to it, per fold`))),
      h('tbody', {}, answer.rows.map((row) => rowOf(sweep, answer, row))));
  }

  async function load(parameters) {
    const sweep = await get(`sweeps/${id}`);
    const chosen = {baseline: parameters.baseline ?? '1', rule: parameters.rule ?? sweep.select.epoch,
      metric: parameters.metric ?? sweep.select.metric};
    const page = pageOf(parameters.page, sweep.configurations.length - 1);
    const answer = await get(`sweeps/${id}/comparison`, {...chosen, offset: PAGE * (page - 1), limit: PAGE});
    pages.update(answer.total, page);
    shownNow = {sweep, answer, chosen};
    head.update(sweep);
    baseline.update(sweep, answer.baseline);
    rule.set(chosen.rule);
    metric.set(chosen.metric);
    fill(inner, answer.rows.length === 0 ? h('p', {class: 'empty'}, 'This sweep has one configuration.') :
      scrolling('Differences from the baseline', table(sweep, answer)),
    h('p', {class: 'note', id: 'compare-caption'}, answer.oracle ? [h('span', {class: 'badge oracle'}, 'oracle'), ' '] : null,
      `${answer.caption} Differences in percent points.`),
    answer.notes.length > 0 ? h('ul', {class: 'notes'}, answer.notes.map((note) => h('li', {}, note))) : null);
    fill(folds, scrolling('Scores fold by fold', foldTable(sweep, answer)));
    const shown = [answer.baseline, ...answer.rows.map((row) => row.configuration)];
    fill(settings, scrolling('Settings that differ', settingsTable(sweep, shown)));
    await utterances.update(sweep, chosen);
    return crumbsOf(sweep, '/compare', 'compare');
  }
  return {node, load};
}
