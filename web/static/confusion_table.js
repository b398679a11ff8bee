// A confusion matrix as a table: counts, and percent of the row as text and colour.
import {h} from './dom.js';

function shareCell(count, total) {
  const share = total > 0 ? count / total : 0;
  const node = h('td', {class: 'number share'}, String(count), h('small', {}, `${(100 * share).toFixed(0)} %`));
  node.style.setProperty('--share', `${Math.round(50 * share)}%`);
  return node;
}

// extra: columns after the matrix, [[heading, (truth) => text]].
export function confusionTable(matrix, labels, caption, extra = []) {
  const names = matrix.map((_, index) => labels[index] ?? `class ${index}`);
  const heading = (text) => h('th', {scope: 'col', class: 'number'}, text);
  return h('table', {class: 'confusion'}, h('caption', {}, caption),
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Truth'), names.map(heading),
      extra.map(([text]) => heading(text)))),
    h('tbody', {}, matrix.map((row, truth) => h('tr', {}, h('th', {scope: 'row'}, names[truth]),
      row.map((count) => shareCell(count, row.reduce((a, b) => a + b, 0))),
      extra.map(([, text]) => h('td', {class: 'number'}, text(truth)))))));
}
