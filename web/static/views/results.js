// The results table: mean ± sd per configuration, with one dot per fold.
import {dotStrip, tooltips} from '../chart.js';
import {fill, h, hidden, scrolling} from '../dom.js';
import {configurationName, intervalText, isNumber, label, meanAndSd, METRICS, percent, signed} from '../format.js';
import {sweepFile} from '../files.js';
import {createPages} from '../pages.js';
import {chartFiles, tableFiles} from '../save_bar.js';

function strip(sweep, row, metric, domain) {
  const aggregate = row[metric];
  const points = aggregate.points.map((value, index) => {
    const {name, trial, ended} = row.units[index];
    return {value, name, ended, href: `#/trials/${trial}`};
  });
  const title = `${label(METRICS, metric)} per ${aggregate.over === 'seeds' ? 'seed' : 'fold'}: ` +
    configurationName(sweep.configurations[row.configuration]);
  return dotStrip(points, domain, aggregate.mean, title);
}

function cell(aggregate, isBest) {
  const text = meanAndSd(aggregate.mean, aggregate.sd, 'score');
  const title = aggregate.interval ? `95 % interval ${intervalText(aggregate.interval, percent)}` : null;
  return h('td', {class: 'number score', title}, isBest ? h('strong', {}, text, hidden(' (best)')) : text);
}

// Where one is missing, the timeline says why.
function countCell(sweep, row, metric) {
  const aggregate = row[metric];
  const complete = aggregate.n === aggregate.expected_n;
  const text = `${aggregate.n}/${aggregate.expected_n}`;
  if (complete) return h('td', {class: 'number'}, text);
  const missing = row.units[aggregate.points.findIndex((value) => !isNumber(value))]?.trial ?? '';
  return h('td', {class: 'number incomplete'}, h('a', {href: `#/sweeps/${sweep.id}/timeline?rows=groups&trial=${missing}`,
    title: 'What happened to it, in the timeline', 'data-key': `missing ${row.configuration}`}, text), hidden(' incomplete'));
}

// With our difference from it, where it has the label of a configuration.
function publishedRow(sweep, published) {
  const own = sweep.configurations[published.configuration];
  const value = percent(published.value) + (isNumber(published.difference) ? ` (${signed(published.difference)})` : '');
  const source = published.source ? `as published: ${published.source}` : 'as published';
  return h('tr', {class: 'published'},
    h('th', {scope: 'row'}, own ? configurationName(own) : published.label, hidden(' (published)')),
    METRICS.map(([key]) => h('td', {class: 'number score'}, key === published.metric ? value : '')),
    h('td', {}), h('td', {class: 'note'}, isNumber(published.difference) ? `${source}; in brackets: ours less it` : source));
}

const captionText = (answer) => `${answer.caption} In percent.`;

// How the numbers came about: the words are the API's, the same as in merctl's tables. Beside the table, not in it, so
// that it stays in sight when the table scrolls sideways.
function caption(answer) {
  return h('p', {class: 'note', id: 'results-caption'}, answer.oracle ? [h('span', {class: 'badge oracle'}, 'oracle'), ' '] : null,
    captionText(answer));
}

export function createResults(setParameters) {
  const node = h('div', {class: 'results'});
  const body = h('div', {});
  const pages = createPages('Pages of results', (page) => setParameters({results: page}));
  let shown = null;  // {sweep, answer, over}
  node.append(body, tableFiles('results', tableShown), chartFiles('points', chartShown), pages.node);
  tooltips(node);

  function tableShown() {
    const {sweep, answer: {rule, metric}} = shown;
    return {name: sweepFile(sweep, 'results', rule, metric), path: `sweeps/${sweep.id}/results`, parameters: {rule, metric}};
  }

  // The dots of the rows in sight, below each other.
  function chartShown() {
    const {sweep, answer, over} = shown;
    const strips = [...body.querySelectorAll('svg.dots')];
    if (strips.length === 0) return null;
    const {rule, metric, range} = answer;
    const parts = answer.rows.map((row, index) => ({svg: strips[index], label: [
      configurationName(sweep.configurations[row.configuration]),
      `${meanAndSd(row[metric].mean, row[metric].sd, 'score')}, ${row[metric].n}/${row[metric].expected_n} ${over}`]}));
    return {name: sweepFile(sweep, 'results-per', over.slice(0, -1), rule, metric), parts, legend: [],
      title: `${sweep.name}: ${label(METRICS, metric)} per ${over.slice(0, -1)}` +
        (range ? `, ${percent(range[0])} to ${percent(range[1])} %` : ''),
      caption: captionText(answer)};
  }

  function header(key, text, sort) {
    const active = sort === key;
    return h('th', {scope: 'col', class: 'number', 'aria-sort': active ? 'descending' : null},
      h('button', {class: 'sort', type: 'button', 'data-key': `sort ${key}`,
        on: {click: () => setParameters({sort: active ? undefined : key, results: undefined})}}, text,
      h('span', {'aria-hidden': 'true', class: 'arrow'}, active ? '▾' : '')));
  }

  function update(sweep, answer, {sort, page}) {
    const metric = answer.metric;
    const [low, high] = answer.range ?? [0, 1];
    const domain = low === high ? [low - 0.01, high + 0.01] : [low, high];
    const over = answer.rows[0]?.[metric].over === 'seeds' ? 'seeds' : 'folds';
    shown = {sweep, answer, over};
    fill(body, scrolling('Results', h('table', {class: 'scores', 'aria-describedby': 'results-caption'},
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Configuration'),
        METRICS.map(([key, text]) => header(key, text, sort)), h('th', {scope: 'col', class: 'number'}, over),
        h('th', {scope: 'col'}, `${label(METRICS, metric)} per ${over.slice(0, -1)}`,
          answer.range ? `, ${percent(low)} to ${percent(high)}` : null))),
      h('tbody', {}, answer.rows.map((row) => h('tr', {},
        h('th', {scope: 'row'}, configurationName(sweep.configurations[row.configuration])),
        METRICS.map(([key]) => cell(row[key], isNumber(row[key].mean) && row[key].mean === answer.best[key])),
        countCell(sweep, row, metric), h('td', {}, strip(sweep, row, metric, domain)))),
      answer.published.map((published) => publishedRow(sweep, published))))), caption(answer));
    pages.update(answer.total, page);
  }
  return {node, update};
}
