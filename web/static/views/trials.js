// The sweep's trials with their state.
import {ofSweep, ofTrials} from '../answers.js';
import {get} from '../api.js';
import {configurationColumns} from '../configuration_columns.js';
import {numberCell} from '../csv.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {sweepFile} from '../files.js';
import {configurationName, label, METRICS, percent, selectionText, STATES} from '../format.js';
import {createPages, PAGE, pageOf} from '../pages.js';
import {csvFile} from '../save_bar.js';
import {createTagFilter, tagList} from '../tags.js';

export function stateBadge(state) {
  return h('span', {class: `badge ${state}`}, state);
}

function csvRows(sweep, trials) {
  const {epoch, metric} = sweep.select;
  const columns = configurationColumns(sweep);
  return [['trial', 'state', ...columns.heading, 'fold', 'seed', 'epoch', 'epochs', 'attempt', 'selection', metric,
    'message', 'tags'],
    ...trials.map((row) => [row.id, row.state, ...columns.cells(row.configuration), sweep.folds[row.fold].name,
      row.seed, row.epoch, row.epochs, row.attempt, row.scores ? selectionText(epoch, metric) : null,
      numberCell(row.scores?.[metric]), row.message,
      row.tags.join(' ')])];
}

export function createTrials(id, answers, setParameters) {
  const state = choice('State', [['', 'all'], ...STATES.map((one) => [one, one])],
    (value) => setParameters({state: value || undefined, page: undefined}));
  const filter = createTagFilter(() => setParameters({tag: undefined, page: undefined}));
  const body = h('div', {});
  const pages = createPages('Pages of trials', (page) => setParameters({page}));
  const node = h('section', {class: 'panel', 'aria-labelledby': 'trials-title'},
    h('div', {class: 'panel-head'}, h('h2', {id: 'trials-title'}, 'Trials'), h('div', {class: 'controls'}, filter.node, state.node)),
    body, csvFile('trials', async () => shown && ({name: sweepFile(shown.sweep, 'trials', shown.state ?? '', shown.tag ?? ''),
      rows: csvRows(shown.sweep, (await get(`sweeps/${id}/trials`, {state: shown.state, tag: shown.tag})).trials)})), pages.node);
  let shown = null;  // {sweep, state, tag}

  function rowOf(sweep, row) {
    return h('tr', {},
      h('th', {scope: 'row'}, h('a', {href: `#/trials/${row.id}`, 'data-key': `trial ${row.id}`, class: 'id'},
        row.id.slice(0, 8)), tagList(row.tags, `/sweeps/${id}`, `trial ${row.id.slice(0, 8)}`)),
      h('td', {}, stateBadge(row.state)),
      h('td', {}, configurationName(sweep.configurations[row.configuration])),
      h('td', {}, sweep.folds[row.fold].name),
      h('td', {class: 'number'}, String(row.seed)),
      h('td', {class: 'number'}, `${row.epoch}/${row.epochs}`),
      h('td', {class: 'number'}, String(row.attempt)),
      h('td', {class: 'number'}, percent(row.scores?.[sweep.select.metric])),
      h('td', {class: 'message'}, row.message));
  }

  // How many trials are in the state that the URL names.
  function countOf(sweep, chosen) {
    return chosen ? sweep.counts[chosen] ?? 0 : sweep.counts.total;
  }

  async function update(sweep, parameters) {
    const chosen = STATES.includes(parameters.state) ? parameters.state : undefined;
    const page = pageOf(parameters.page, countOf(sweep, chosen));
    const {tag} = parameters;
    const answer = await answers.get(`sweeps/${id}/trials`, {state: chosen, tag, offset: PAGE * (page - 1), limit: PAGE},
      (changes, {trials}) => ofSweep(id)(changes) || ofTrials(changes, ({id: trial}) => trials.some((row) => row.id === trial)));
    shown = {sweep, state: chosen, tag};
    state.set(chosen ?? '');
    filter.set(tag);
    const headings = [['Trial'], ['State'], ['Configuration'], ['Fold'], ['Seed', 'number'], ['Epoch', 'number'],
      ['Attempt', 'number'], [`${label(METRICS, sweep.select.metric)}, %`, 'number'], ['Message']];
    fill(body, answer.trials.length === 0 ? h('p', {class: 'empty'}, tag ? 'No trial here has this tag.' : 'No trial is in this state.') :
      scrolling('Trials', h('table', {class: 'trials wide-rows'},
        h('thead', {}, h('tr', {}, headings.map(([text, style]) => h('th', {scope: 'col', class: style}, text)))),
        h('tbody', {}, answer.trials.map((row) => rowOf(sweep, row))))));
    pages.update(answer.total, page);
  }
  return {node, update};
}
