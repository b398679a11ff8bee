// A labelled choice among a sweep's configurations, by number from 1, kept in the URL under `key`.
import {fill, h} from './dom.js';
import {configurationName} from './format.js';

// update(sweep, position): what there is, and which one is shown (positions count from 0).
export function configurationChoice(label, key, id, setParameters) {
  const select = h('select', {id, on: {change: () => setParameters({[key]: select.value})}});
  const node = h('label', {class: 'choice', for: id}, h('span', {}, label), select);
  function update(sweep, position) {
    fill(select, sweep.configurations.map((one, index) => h('option', {value: String(index + 1)},
      configurationName(one))));
    select.value = String(position + 1);
  }
  return {node, update};
}
