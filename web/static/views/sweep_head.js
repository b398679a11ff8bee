// What every page of a sweep begins with: its name, how far it is, and the way to its other pages.
import {fill, h} from '../dom.js';
import {countsText, progressBar} from './sweeps.js';

const PAGES = [['', 'Results'], ['/compare', 'Compare'], ['/confusion', 'Confusion'], ['/hyperparameters', 'Hyperparameters'],
  ['/losses', 'Losses'], ['/audit', 'Protocol'], ['/timeline', 'Timeline'],
  ['/corpus', 'Corpus']];

export function createSweepHead(page) {
  const node = h('div', {class: 'sweep-head'});
  function update(sweep) {
    fill(node, h('div', {class: 'title'}, h('h1', {}, sweep.name),
      sweep.activity === 'active' ? null : h('span', {class: 'badge'}, sweep.activity), countsText(sweep.counts)),
    progressBar(sweep.counts),
      h('nav', {class: 'tabs', 'aria-label': 'Pages of the sweep'}, h('ul', {}, PAGES.map(([path, text]) => h('li', {},
        h('a', {href: `#/sweeps/${sweep.id}${path}`, 'data-key': `tab ${text}`,
          'aria-current': path === page ? 'page' : null}, text))))));
  }
  return {node, update};
}

// Of a page: [[text, href]].
export function crumbsOf(sweep, page, text) {
  const own = [['Sweeps', '#/'], [sweep.name, `#/sweeps/${sweep.id}`]];
  return text ? [...own, [text, `#/sweeps/${sweep.id}${page}`]] : own;
}
