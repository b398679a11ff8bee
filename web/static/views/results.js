// The results table: mean ± sd per configuration, with one dot per fold.
import {dotStrip, tooltips} from '../chart.js';
import {fill, h, hidden, scrolling} from '../dom.js';
import {configurationName, isNumber, label, meanAndSd, METRICS, percent} from '../format.js';

const FAILED = ['failed', 'diverged', 'cancelled'];

// The trials of each fold (or seed) of a configuration, in the order of the aggregate's points.
function units(rows, configuration, over) {
  const groups = new Map();
  for (const row of rows.filter((one) => one.configuration === configuration)) {
    const key = over === 'seeds' ? row.seed : row.fold;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.entries()].map(([key, trials]) => ({key, trials}));
}

function strip(sweep, rows, row, metric, domain) {
  const aggregate = row[metric];
  const groups = units(rows, row.configuration, aggregate.over);
  const points = aggregate.points.map((value, index) => {
    const {key, trials} = groups[index];
    return {value, name: aggregate.over === 'seeds' ? `seed ${key}` : sweep.folds[key].name,
      ended: trials.some((one) => FAILED.includes(one.state)), href: `#/trials/${trials[0].id}`};
  });
  const title = `${label(METRICS, metric)} per ${aggregate.over === 'seeds' ? 'seed' : 'fold'}: ` +
    configurationName(sweep.configurations[row.configuration]);
  return dotStrip(points, domain, aggregate.mean, title);
}

function cell(aggregate, isBest) {
  const text = meanAndSd(aggregate.mean, aggregate.sd, 'score');
  return h('td', {class: 'number score'}, isBest ? h('strong', {}, text, hidden(' (best)')) : text);
}

function countCell(aggregate) {
  const complete = aggregate.n === aggregate.expected_n;
  const text = `${aggregate.n}/${aggregate.expected_n}`;
  return h('td', {class: complete ? 'number' : 'number incomplete'}, text, complete ? null : hidden(' incomplete'));
}

function bestOf(rows, metric) {
  const means = rows.map((row) => row[metric].mean).filter(isNumber);
  return means.length > 1 ? Math.max(...means) : null;
}

function publishedRow(published) {
  return h('tr', {class: 'published'}, h('th', {scope: 'row'}, published.label, hidden(' (published)')),
    METRICS.map(([key]) => h('td', {class: 'number score'}, key === published.metric ? percent(published.value) : '')),
    h('td', {}), h('td', {class: 'note'}, 'as published'));
}

// How the numbers came about: the words are the API's, the same as in merctl's tables. Beside the table, not in it, so
// that it stays in sight when the table scrolls sideways.
function caption(answer) {
  return h('p', {class: 'note', id: 'results-caption'}, answer.oracle ? [h('span', {class: 'badge oracle'}, 'oracle'), ' '] : null,
    `${answer.caption} In percent.`);
}

export function createResults(setParameters) {
  const node = h('div', {class: 'results'});
  const body = h('div', {});
  node.append(body);
  tooltips(node);

  function header(key, text, sort) {
    const active = sort === key;
    return h('th', {scope: 'col', class: 'number', 'aria-sort': active ? 'descending' : null},
      h('button', {class: 'sort', type: 'button', 'data-key': `sort ${key}`,
        on: {click: () => setParameters({sort: active ? undefined : key})}}, text,
      h('span', {'aria-hidden': 'true', class: 'arrow'}, active ? '▾' : '')));
  }

  function update(sweep, rows, answer, sort) {
    const metric = answer.metric;
    const sorted = [...answer.rows];
    if (METRICS.some(([key]) => key === sort)) {
      sorted.sort((a, b) => (b[sort].mean ?? -1) - (a[sort].mean ?? -1));
    }
    const values = answer.rows.flatMap((row) => row[metric].points).filter(isNumber);
    const low = Math.min(...values);
    const high = Math.max(...values);
    const domain = values.length === 0 ? [0, 1] : low === high ? [low - 0.01, high + 0.01] : [low, high];
    const best = Object.fromEntries(METRICS.map(([key]) => [key, bestOf(answer.rows, key)]));
    const over = answer.rows[0]?.[metric].over === 'seeds' ? 'seeds' : 'folds';
    fill(body, scrolling('Results', h('table', {class: 'scores', 'aria-describedby': 'results-caption'},
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Configuration'),
        METRICS.map(([key, text]) => header(key, text, sort)), h('th', {scope: 'col', class: 'number'}, over),
        h('th', {scope: 'col'}, `${label(METRICS, metric)} per ${over.slice(0, -1)}`,
          values.length > 0 ? `, ${percent(low)} to ${percent(high)}` : null))),
      h('tbody', {}, sorted.map((row) => h('tr', {},
        h('th', {scope: 'row'}, configurationName(sweep.configurations[row.configuration])),
        METRICS.map(([key]) => cell(row[key], best[key] !== null && row[key].mean === best[key])),
        countCell(row[metric]), h('td', {}, strip(sweep, rows, row, metric, domain)))),
      sweep.published.map(publishedRow)))), caption(answer));
  }
  return {node, update};
}
