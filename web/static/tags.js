// Tags as links to what has them, and the way back to all.
import {h} from './dom.js';

// path: of the page that the tag filters.
export function tagList(tags, path, owner) {
  return tags.length === 0 ? null : h('ul', {class: 'tags', 'aria-label': `Tags of ${owner}`}, tags.map((tag) => h('li', {},
    h('a', {class: 'tag', href: `#${path}?tag=${encodeURIComponent(tag)}`, 'data-key': `tag ${owner} ${tag}`}, tag))));
}

// The tag that the URL asks for; set(undefined) hides it. onAll(): all are to be shown again.
export function createTagFilter(onAll) {
  const text = h('span', {class: 'tag'});
  const node = h('div', {class: 'choice', hidden: true}, h('span', {}, 'Tag'), text,
    h('button', {type: 'button', 'data-key': 'all tags', on: {click: onAll}}, 'Show all'));
  function set(tag) {
    node.hidden = tag === undefined;
    text.textContent = tag ?? '';
  }
  return {node, set};
}
