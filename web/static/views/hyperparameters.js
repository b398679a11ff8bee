// Which hyperparameters matter: the configurations as lines over their keys, the share of the scores' variance that each
// key explains, and the score against one key.
import {get} from '../api.js';
import {configurationColumns} from '../configuration_columns.js';
import {numberCell, settingCell} from '../csv.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {sweepFile} from '../files.js';
import {configurationName, isNumber, label, meanAndSd, METRICS, percent, RULES,
  selectionText} from '../format.js';
import {createPages, PAGE, pageOf} from '../pages.js';
import {parallelCoordinates} from '../parallel.js';
import {chartFiles, csvFile} from '../save_bar.js';
import {sliceChart} from '../slice.js';
import {valueAxis} from '../value_axis.js';
import {createSweepHead, crumbsOf} from './sweep_head.js';

const SCORE = 'score';  // the name of the last axis; keys have a dot
const RANGE = 'in.';    // of the URL's parameters that hold a range, before the axis's name

const SETTLE = 150;     // ms

const shortName = (key) => key.split('.').pop().replaceAll('_', ' ');
const share = (value) => isNumber(value) ? value.toFixed(3) : '–';

function axesOf(answer, rows) {
  const axes = answer.keys.map((key, index) => ({label: shortName(key.name),
    ...valueAxis(key.name, rows.map((row) => row.values[index]), {numeric: key.numeric})}));
  const metric = label(METRICS, answer.metric);
  return [...axes, {label: `${metric}, %`, ...valueAxis(SCORE, rows.map((row) => row.mean), {numeric: true, format: percent})}];
}

// A range stands in the URL by its values, as it must outlive configurations that come later.
function rangeText(axis, range) {
  return range === null ? undefined : JSON.stringify(range.map((index) => axis.stops[index]));
}

function rangeFrom(axis, text) {
  let ends;
  try {
    ends = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(ends) || ends.length !== 2) return undefined;
  const range = axis.numeric ?
    [axis.stops.findIndex((value) => value >= ends[0]), axis.stops.findLastIndex((value) => value <= ends[1])] :
    ends.map((value) => axis.indexOf(value) ?? -1);
  return range[0] >= 0 && range[0] <= range[1] ? range : undefined;
}

function rangesOf(axes, parameters) {
  const given = axes.map((axis) => [axis.name, rangeFrom(axis, parameters[RANGE + axis.name] ?? 'null')]);
  return Object.fromEntries(given.filter(([, range]) => range !== undefined));
}

function insideTable(sweep, answer, rows) {
  const heading = (text, isNumeric) => h('th', {scope: 'col', class: isNumeric ? 'number' : null}, text);
  return h('table', {class: 'inside'},
    h('thead', {}, h('tr', {}, heading('No.', true), answer.keys.map((key) => heading(key.name, key.numeric)),
      heading(`${label(METRICS, answer.metric)}, %`, true), heading('n', true))),
    h('tbody', {}, rows.map((row) => h('tr', {}, h('th', {scope: 'row', class: 'number'}, String(row.configuration + 1)),
      answer.keys.map((key, index) => h('td', {class: key.numeric ? 'number' : null}, cellText(row.values[index]))),
      h('td', {class: 'number'}, meanAndSd(row.mean, row.sd, 'score')),
      h('td', {class: 'number'}, `${row.n}/${row.expected_n}`)))));
}

function cellText(value) {
  return value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
}

function shareCell(value) {
  const bar = h('span', {class: 'share-bar', 'aria-hidden': 'true'});
  bar.style.setProperty('--share', `${100 * (isNumber(value) ? value : 0)}%`);
  return h('td', {class: 'number share-cell'}, bar, h('span', {}, share(value)));
}

function importanceTable(answer) {
  const heading = (text) => h('th', {scope: 'col', class: 'number'}, text);
  const keys = [...answer.keys].sort((a, b) => (b.share ?? -1) - (a.share ?? -1));
  return h('table', {class: 'importance', 'aria-describedby': 'importance-caption'},
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Key'), heading('share'), heading('adjusted'), heading('levels'))),
    h('tbody', {}, keys.map((key) => h('tr', {}, h('th', {scope: 'row'}, key.name), key.why_not ?
      h('td', {colspan: '3', class: 'note'}, key.why_not) : [shareCell(key.share),
        h('td', {class: 'number'}, share(key.adjusted)),
        h('td', {class: 'number'}, key.binned ? `${key.levels} bins` : String(key.levels))])),
    answer.interactions.map((one) => h('tr', {class: 'interaction'}, h('th', {scope: 'row'}, one.keys.join(' × ')),
      shareCell(one.share), h('td', {colspan: '2', class: 'note'}, 'interaction')))));
}

// Of each value of the key: [value, how many configurations have it, the mean of their scores, the best].
function sliceGroups(axis, rows, index) {
  return axis.stops.map((value) => {
    const means = rows.filter((row) => axis.indexOf(row.values[index]) === axis.indexOf(value)).map((row) => row.mean);
    return [value, means.length, means.reduce((sum, mean) => sum + mean, 0) / means.length, Math.max(...means)];
  });
}

function sliceTable(axis, groups) {
  const heading = (text) => h('th', {scope: 'col', class: 'number'}, text);
  return h('table', {}, h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, axis.name), heading('configurations'),
    heading('mean, %'), heading('best, %'))),
  h('tbody', {}, groups.map(([value, count, mean, best]) => h('tr', {}, h('th', {scope: 'row'}, cellText(value)),
    h('td', {class: 'number'}, String(count)), h('td', {class: 'number'}, percent(mean)),
    h('td', {class: 'number'}, percent(best))))));
}

function insideRows(sweep, {rule, metric}, rows) {
  const columns = configurationColumns(sweep);
  return [[...columns.heading, 'selection', 'metric', 'mean', 'sd', 'n', 'expected_n'],
    ...rows.map((row) => [...columns.cells(row.configuration), selectionText(rule, metric), metric, row.mean,
      numberCell(row.sd), row.n, row.expected_n])];
}

function groupRows({answer: {rule, metric}, key, groups}) {
  return [[key, 'configurations', 'selection', 'metric', 'mean', 'best'], ...groups.map(([value, count, mean, best]) =>
    [settingCell(value), count, selectionText(rule, metric), metric, mean, best])];
}

function importanceRows(answer) {
  const of = [selectionText(answer.rule, answer.metric), answer.metric];
  return [['key', 'selection', 'metric', 'share', 'adjusted', 'levels', 'binned', 'why_not'],
    ...answer.keys.map((key) => [key.name, ...of, key.share, key.adjusted, key.levels, key.binned, key.why_not]),
    ...answer.interactions.map((one) => [one.keys.join(' × '), ...of, one.share, null, null, null, null])];
}

function leftOut(answer) {
  return answer.left_out === 0 ? null : h('p', {class: 'notice'}, `${answer.left_out} of ` +
    `${answer.complete + answer.left_out} configurations lack a result and are left out.`);
}

export function createHyperparameters(id, setParameters) {
  const head = createSweepHead('/hyperparameters');
  const rule = choice('Epoch', RULES, (value) => setParameters({rule: value}));
  const metric = choice('Metric', METRICS, (value) => setParameters({metric: value}));
  const clear = h('button', {type: 'button', 'data-key': 'clear ranges', on: {click: () => setParameters(
    Object.fromEntries(axes.map((axis) => [RANGE + axis.name, undefined])))}}, 'Clear ranges');
  const lines = parallelCoordinates('Parallel coordinates', (name, range) => soon(
    {[RANGE + name]: rangeText(axes.find((axis) => axis.name === name), range), page: undefined}));
  const pages = createPages('Pages of configurations', (page) => setParameters({page}));
  const [notices, table, importance, sliced, body] = [0, 1, 2, 3, 4].map(() => h('div', {}));
  const caption = h('p', {class: 'note', id: 'hyper-caption'});
  const slice = sliceChart('Slice');
  const key = h('select', {id: 'slice-key', on: {change: () => setParameters({key: key.value})}});
  const content = h('div', {class: 'stack'},
    h('section', {class: 'panel', 'aria-labelledby': 'parallel-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'parallel-title'}, 'Configurations'),
        h('div', {class: 'controls'}, rule.node, metric.node, clear)),
      notices, lines.node, chartFiles('parallel coordinates', () => chartFile(lines, 'hyperparameters',
        `${label(METRICS, shownNow.answer.metric)} by hyperparameters`)),
      table, csvFile('configurations inside', () => shownNow && {name: nameOf('configurations'),
        rows: insideRows(shownNow.sweep, shownNow.answer, shownNow.inside)}), pages.node, caption),
    h('section', {class: 'panel', 'aria-labelledby': 'importance-title'},
      h('h2', {id: 'importance-title'}, 'Importance'), importance, csvFile('importance', () => shownNow &&
        {name: nameOf('importance'), rows: importanceRows(shownNow.answer)})),
    h('section', {class: 'panel', 'aria-labelledby': 'slice-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'slice-title'}, 'One key'),
        h('div', {class: 'controls'}, h('label', {class: 'choice', for: 'slice-key'}, h('span', {}, 'Key'), key))),
      slice.node, chartFiles('one key', () => chartFile(slice, `hyperparameters-${shownNow.key}`,
        `${label(METRICS, shownNow.answer.metric)} against ${shownNow.key}`)),
      h('details', {}, h('summary', {}, 'Data table'), sliced, csvFile('one key', () => ({name: nameOf(shownNow.key),
        rows: groupRows(shownNow)})))));
  const node = h('div', {class: 'stack'}, head.node, body);
  let axes = [];
  let shownNow = null;  // {sweep, answer, inside: rows within the ranges, key, groups of the slice}
  let pending = {};  // changes of the URL that wait for more: a key held down makes many
  let timer = 0;

  const nameOf = (what) => sweepFile(shownNow.sweep, what, shownNow.answer.rule, shownNow.answer.metric);

  function chartFile(chart, what, title) {
    const picture = chart.picture();
    const {sweep, answer} = shownNow;
    return picture && {...picture, name: nameOf(what), title: `${sweep.name}: ${title}`, caption: answer.caption};
  }

  function soon(changes) {
    pending = {...pending, ...changes};
    clearTimeout(timer);
    timer = setTimeout(() => {
      const all = pending;
      pending = {};
      if (node.isConnected) setParameters(all);
    }, SETTLE);
  }

  function showLines(sweep, answer, rows, parameters) {
    lines.draw({axes, ranges: rangesOf(axes, parameters), lines: rows.map((row) => ({row, values: [...row.values, row.mean],
      score: row.mean, text: `${configurationName(sweep.configurations[row.configuration])}: ${meanAndSd(row.mean, row.sd, 'score')}`}))});
    const inside = rows.filter((row) => lines.isInside({values: [...row.values, row.mean]})).sort((a, b) => b.mean - a.mean);
    const page = pageOf(parameters.page, inside.length);
    shownNow.inside = inside;
    pages.update(inside.length, page);
    clear.disabled = Object.keys(rangesOf(axes, parameters)).length === 0;
    fill(table, scrolling('Configurations inside the ranges', insideTable(sweep, answer, inside.slice(PAGE * (page - 1), PAGE * page))));
  }

  function showSlice(sweep, answer, rows, parameters) {
    const names = answer.keys.map((one) => one.name);
    const best = answer.keys.reduce((a, b) => (b.share ?? -1) > (a.share ?? -1) ? b : a).name;
    const chosen = names.includes(parameters.key) ? parameters.key : best;
    fill(key, names.map((name) => h('option', {value: name}, name)));
    key.value = chosen;
    const index = names.indexOf(chosen);
    slice.draw({axis: axes[index], label: label(METRICS, answer.metric), points: rows.map((row) => ({value: row.values[index],
      score: row.mean, text: configurationName(sweep.configurations[row.configuration])}))});
    shownNow.key = chosen;
    shownNow.groups = sliceGroups(axes[index], rows, index);
    fill(sliced, scrolling('The score by the values of one key', sliceTable(axes[index], shownNow.groups)));
  }

  async function load(given) {
    const sweep = await get(`sweeps/${id}`);
    const chosen = {rule: given.rule ?? sweep.select.epoch, metric: given.metric ?? sweep.select.metric};
    const answer = await get(`sweeps/${id}/hyperparameters`, chosen);
    const parameters = {...given, ...pending};
    const rows = answer.configurations.filter((row) => isNumber(row.mean));
    head.update(sweep);
    rule.set(chosen.rule);
    metric.set(chosen.metric);
    const isEmpty = answer.keys.length === 0 || rows.length === 0;
    const empty = () => h('section', {class: 'panel'}, h('p', {class: 'empty'}, answer.keys.length === 0 ?
      'This sweep has one configuration.' : 'No configuration has every result yet.'));
    if (isEmpty || !content.isConnected) fill(body, isEmpty ? empty() : content);
    if (isEmpty) return crumbsOf(sweep, '/hyperparameters', 'hyperparameters');
    axes = axesOf(answer, rows);
    shownNow = {sweep, answer};
    fill(notices, leftOut(answer));
    fill(caption, answer.oracle ? [h('span', {class: 'badge oracle'}, 'oracle'), ' '] : null, answer.caption);
    showLines(sweep, answer, rows, parameters);
    fill(importance, answer.why_not ? h('p', {class: 'notice'}, `${answer.why_not}.`) :
      [scrolling('Importance of each key', importanceTable(answer)),
        h('p', {class: 'note', id: 'importance-caption'}, answer.importance_caption)]);
    showSlice(sweep, answer, rows, parameters);
    return crumbsOf(sweep, '/hyperparameters', 'hyperparameters');
  }

  function shown() {
    lines.shown();
    slice.shown();
  }
  return {node, load, shown};
}
