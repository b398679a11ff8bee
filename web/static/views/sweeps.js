// All sweeps of the store with their progress.
import {get} from '../api.js';
import {fill, h, scrolling} from '../dom.js';
import {fileName} from '../files.js';
import {STATES, when} from '../format.js';
import {csvFile} from '../save_bar.js';
import {createTagFilter, tagList} from '../tags.js';

// The share of each state as one bar; the text says the same.
export function progressBar(counts) {
  const present = STATES.filter((state) => counts[state] > 0);
  const text = `${counts.done} of ${counts.total} done` +
    present.filter((state) => state !== 'done').map((state) => `, ${counts[state]} ${state}`).join('');
  return h('div', {class: 'progress', role: 'img', 'aria-label': text},
    present.map((state) => {
      const part = h('div', {class: `part ${state}`});
      part.style.flexGrow = counts[state];
      return part;
    }));
}

export function countsText(counts) {
  const rest = STATES.filter((state) => state !== 'done' && counts[state] > 0)
    .map((state) => h('span', {class: `count ${state}`}, `${counts[state]} ${state}`));
  return h('span', {class: 'counts'}, h('span', {class: 'number'}, `${counts.done}/${counts.total} done`), rest);
}

function row(sweep) {
  return h('tr', {},
    h('td', {class: 'number'}, String(sweep.id)),
    h('th', {scope: 'row'}, h('a', {href: `#/sweeps/${sweep.id}`, 'data-key': `sweep ${sweep.id}`}, sweep.name),
      tagList(sweep.tags, '/', `sweep ${sweep.id}`)),
    h('td', {class: 'wide'}, progressBar(sweep.counts), countsText(sweep.counts)),
    h('td', {class: 'number'}, when(sweep.submitted_at)));
}

function none(tag) {
  if (tag) return h('p', {class: 'empty'}, 'No sweep has this tag.');
  return h('p', {class: 'empty'}, 'This store holds no sweep yet. Start one: ', h('code', {}, 'merctl run SWEEP.json'));
}

function csvRows(sweeps) {
  return [['sweep', 'name', 'submitted_at', ...STATES, 'total', 'tags'], ...sweeps.map((sweep) => [sweep.id, sweep.name,
    sweep.submitted_at, ...STATES.map((state) => sweep.counts[state]), sweep.counts.total,
    sweep.tags.join(' ')])];
}

export function createSweeps(setParameters) {
  const filter = createTagFilter(() => setParameters({tag: undefined}));
  const list = h('div', {});
  let shown = [];
  const node = h('section', {class: 'panel', 'aria-labelledby': 'sweeps-title'},
    h('div', {class: 'panel-head'}, h('h1', {id: 'sweeps-title'}, 'Sweeps'), filter.node), list,
    csvFile('sweeps', () => shown.length > 0 && {name: fileName('sweeps'), rows: csvRows(shown)}));

  async function load({tag}) {
    const {sweeps} = await get('sweeps', {tag});
    shown = sweeps;
    filter.set(tag);
    fill(list, sweeps.length === 0 ?
      none(tag) :
      scrolling('Sweeps', h('table', {},
        h('thead', {}, h('tr', {}, h('th', {scope: 'col', class: 'number'}, 'No.'), h('th', {scope: 'col'}, 'Name'),
          h('th', {scope: 'col'}, 'Progress'), h('th', {scope: 'col', class: 'number'}, 'Submitted'))),
        h('tbody', {}, sweeps.map(row)))));
    return [['Sweeps', '#/']];
  }
  return {node, load};
}
