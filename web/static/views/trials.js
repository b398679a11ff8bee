// The sweep's trials with their state.
import {choice, fill, h, scrolling} from '../dom.js';
import {configurationName, label, METRICS, percent, STATES} from '../format.js';

const PAGE = 50;

export function stateBadge(state) {
  return h('span', {class: `badge ${state}`}, state);
}

export function createTrials(setParameters) {
  const state = choice('State', [['', 'all'], ...STATES.map((one) => [one, one])],
    (value) => setParameters({state: value || undefined, page: undefined}));
  const body = h('div', {});
  const pages = h('nav', {class: 'pages', 'aria-label': 'Pages of trials'});
  const node = h('section', {class: 'panel', 'aria-labelledby': 'trials-title'},
    h('div', {class: 'panel-head'}, h('h2', {id: 'trials-title'}, 'Trials'), h('div', {class: 'controls'}, state.node)),
    body, pages);

  function rowOf(sweep, row) {
    return h('tr', {},
      h('th', {scope: 'row'}, h('a', {href: `#/trials/${row.id}`, 'data-key': `trial ${row.id}`, class: 'id'},
        row.id.slice(0, 8))),
      h('td', {}, stateBadge(row.state)),
      h('td', {}, configurationName(sweep.configurations[row.configuration])),
      h('td', {}, sweep.folds[row.fold].name),
      h('td', {class: 'number'}, String(row.seed)),
      h('td', {class: 'number'}, `${row.epoch}/${row.epochs}`),
      h('td', {class: 'number'}, String(row.attempt)),
      h('td', {class: 'number'}, percent(row.scores?.[sweep.select.metric])),
      h('td', {class: 'message'}, row.message));
  }

  function updatePages(count, page) {
    const last = Math.max(1, Math.ceil(count / PAGE));
    pages.hidden = last === 1;
    const button = (text, to, enabled) => h('button', {type: 'button', disabled: !enabled, 'data-key': text,
      on: {click: () => setParameters({page: String(to)})}}, text);
    fill(pages, button('Previous', page - 1, page > 1), h('span', {class: 'number'}, `${page} of ${last}`),
      button('Next', page + 1, page < last));
  }

  function update(sweep, rows, parameters) {
    const chosen = rows.filter((row) => !parameters.state || row.state === parameters.state);
    const page = Math.max(1, Math.min(Number(parameters.page) || 1, Math.ceil(chosen.length / PAGE)));
    state.set(parameters.state ?? '');
    const headings = [['Trial'], ['State'], ['Configuration'], ['Fold'], ['Seed', 'number'], ['Epoch', 'number'],
      ['Attempt', 'number'], [`${label(METRICS, sweep.select.metric)}, %`, 'number'], ['Message']];
    fill(body, chosen.length === 0 ? h('p', {class: 'empty'}, 'No trial is in this state.') :
      scrolling('Trials', h('table', {class: 'trials wide-rows'},
        h('thead', {}, h('tr', {}, headings.map(([text, style]) => h('th', {scope: 'col', class: style}, text)))),
        h('tbody', {}, chosen.slice(PAGE * (page - 1), PAGE * page).map((row) => rowOf(sweep, row))))));
    updatePages(chosen.length, page);
  }
  return {node, update};
}
