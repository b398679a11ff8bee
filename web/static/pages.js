// The pages of a long list: which one the URL says, and the way to the others.
import {fill, h} from './dom.js';

export const PAGE = 50;

// The page that `text` names, of a list that is `count` long.
export function pageOf(text, count) {
  return Math.max(1, Math.min(Number(text) || 1, Math.ceil(count / PAGE)));
}

// size: of a page, in what update() counts.
export function createPages(label, onChoice, size = PAGE) {
  const node = h('nav', {class: 'pages', 'aria-label': label});
  function update(count, page) {
    const last = Math.max(1, Math.ceil(count / size));
    node.hidden = last === 1;
    const button = (text, to, enabled) => h('button', {type: 'button', disabled: !enabled, 'data-key': `${label} ${text}`,
      on: {click: () => onChoice(String(to))}}, text);
    fill(node, button('Previous', page - 1, page > 1), h('span', {class: 'number'}, `${page} of ${last}`),
      button('Next', page + 1, page < last));
  }
  return {node, update};
}
