// The public and unique representations of a trial's test part, by principal components.
import {get} from '../api.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {isNumber, percent} from '../format.js';
import {createPages, PAGE, pageOf} from '../pages.js';
import {markSwatch, scatterChart} from '../scatter.js';

const COLOURINGS = [['group', 'space and modality'], ['truth', 'true class'], ['right', 'prediction']];
const SPACES = [['all', 'both'], ['public', 'public'], ['unique', 'unique']];
const RIGHT = ['right', 'wrong'];
const WORDS = ['Utterance', 'Space', 'Modality', 'Truth', 'Predicted'];

const decimal = (value) => isNumber(value) ? value.toFixed(3) : '–';

// Every point: {group, utterance, place}.
function pointsOf(answer) {
  return answer.groups.flatMap((group) => group.points.map((place, index) =>
    ({group, place, utterance: answer.utterances[index]})));
}

// The categories of a colouring, and which of them a point is in.
function colouringOf(answer, name) {
  const labelOf = (position) => answer.labels[position] ?? String(position);
  const groupName = (group) => `${group.space}, ${group.modality}`;
  const of = {
    group: {names: answer.groups.map(groupName), categoryOf: ({group}) => answer.groups.indexOf(group)},
    truth: {names: answer.labels, categoryOf: ({utterance}) => utterance.truth},
    right: {names: RIGHT, categoryOf: ({utterance}) => utterance.truth === utterance.predicted ? 0 : 1},
  }[name];
  const textOf = ({group, utterance}) => `${utterance.name}: ${groupName(group)}, truth ${labelOf(utterance.truth)}, ` +
    `predicted ${labelOf(utterance.predicted)}`;
  return {...of, textOf, labelOf};
}

// Which principal components the axes show: '1-2', of as many as there are.
function axesOf(count) {
  const pairs = count < 3 ? [[1, 2]] : [[1, 2], [1, 3], [2, 3]];
  return pairs.map((pair) => [pair.join('-'), pair.join(' and ')]);
}

function legend(colouring, counts, hidden, onToggle) {
  return h('ul', {class: 'legend toggles', 'aria-label': 'Categories'}, colouring.names.map((name, index) =>
    h('li', {}, h('button', {type: 'button', 'aria-pressed': String(!hidden.has(index)), 'data-key': `toggle ${index}`,
      on: {click: () => onToggle(index)}}, markSwatch(index), h('span', {}, name),
    h('span', {class: 'value'}, counts[index].toLocaleString('en'))))));
}

function classTable(answer) {
  return h('table', {class: 'measures'},
    h('caption', {}, 'Silhouette of the true classes, among the representations of one modality in one space.'),
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Space'), h('th', {scope: 'col'}, 'Modality'),
      h('th', {scope: 'col', class: 'number'}, 'Silhouette'))),
    h('tbody', {}, answer.groups.map((group) => h('tr', {}, h('th', {scope: 'row'}, group.space), h('td', {}, group.modality),
      h('td', {class: 'number'}, decimal(group.class_silhouette))))));
}

function modalityTable(answer) {
  return h('table', {class: 'measures'},
    h('caption', {}, 'Silhouette of the modalities, and the gap between their centres, in one space.'),
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Space'), h('th', {scope: 'col', class: 'number'}, 'Silhouette'),
      h('th', {scope: 'col'}, 'Gap'))),
    h('tbody', {}, answer.spaces.map((space) => h('tr', {}, h('th', {scope: 'row'}, space.space),
      h('td', {class: 'number'}, decimal(space.modality_silhouette)),
      h('td', {}, space.gaps.map(({modalities, gap}) => `${modalities.join(' to ')} ${decimal(gap)}`).join('; '))))));
}

function pointTable(answer, points, colouring) {
  const numbers = answer.explained.map((_, index) => `Component ${index + 1}`);
  return h('table', {class: 'points'},
    h('thead', {}, h('tr', {}, WORDS.map((text) => h('th', {scope: 'col'}, text)),
      numbers.map((text) => h('th', {scope: 'col', class: 'number'}, text)))),
    h('tbody', {}, points.map((point) => h('tr', {}, h('th', {scope: 'row'}, point.utterance.name),
      h('td', {}, point.group.space), h('td', {}, point.group.modality), h('td', {}, colouring.labelOf(point.utterance.truth)),
      h('td', {}, colouring.labelOf(point.utterance.predicted)),
      point.place.map((value) => h('td', {class: 'number'}, decimal(value)))))));
}

const positions = (text) => new Set((text ?? '').split('.').filter(Boolean).map(Number));

export function createRepresentations(id, setParameters) {
  const head = h('div', {class: 'title'});
  const caption = h('p', {class: 'note', id: 'representations-caption'});
  const why = h('p', {class: 'empty', hidden: true});
  const colour = choice('Colour', COLOURINGS, (value) => setParameters({colour: value, hide: undefined}));
  const space = choice('Space', SPACES, (value) => setParameters({space: value, hide: undefined, page: undefined}));
  const axesNode = h('span', {});
  const chart = scatterChart('Representations');
  const categories = h('div', {});
  const measures = h('div', {class: 'measure-tables'});
  const table = h('div', {});
  const pages = createPages('Pages of points', (page) => setParameters({page}));
  const controls = h('div', {class: 'controls'}, colour.node, space.node, axesNode);
  const picture = h('div', {}, chart.node, categories, caption, h('details', {'data-key': 'points'},
    h('summary', {}, 'Data table'), table, pages.node));
  const apart = h('section', {class: 'panel', 'aria-labelledby': 'apart-title'},
    h('h2', {id: 'apart-title'}, 'How far apart'), measures,
    h('p', {class: 'note'}, 'Where the subspace losses work, the public representations of the modalities overlap (a ' +
      'silhouette of the modalities near 0, a small gap) and the unique ones lie apart. merctl representations has ' +
      't-SNE too.'));
  const title = h('h2', {id: 'representations-title'}, 'Public and unique representations');
  const node = h('div', {class: 'stack'}, h('section', {class: 'panel', 'aria-labelledby': 'representations-title'}, head,
    h('div', {class: 'panel-head'}, title, controls), why, picture), apart);
  let answer = null;
  let drawn = '';

  // What a trial has kept does not change; what it has not may still come.
  async function fetchAnswer(trial) {
    if (answer !== null && !answer.why_not) return;
    answer = await get(`trials/${id}/representations`, {components: trial.model.hidden < 3 ? 2 : 3});
  }

  function show(parameters) {
    const pairs = axesOf(answer.explained.length);
    const chosen = {colour: parameters.colour ?? 'group', space: parameters.space ?? 'all',
      axes: pairs.some(([value]) => value === parameters.axes) ? parameters.axes : '1-2'};
    const axes = choice('Components', pairs, (value) => setParameters({axes: value}));
    axes.node.querySelector('select').dataset.key = 'axes';
    fill(axesNode, axes.node);
    axes.set(chosen.axes);
    colour.set(chosen.colour);
    space.set(chosen.space);
    const colouring = colouringOf(answer, chosen.colour);
    const all = pointsOf(answer).filter(({group}) => chosen.space === 'all' || group.space === chosen.space);
    const hidden = positions(parameters.hide);
    const counts = colouring.names.map((_, index) => all.filter((point) => colouring.categoryOf(point) === index).length);
    const [first, second] = chosen.axes.split('-').map((text) => Number(text) - 1);
    const name = (axis) => `component ${axis + 1}: ${percent(answer.explained[axis])} % of the variance`;
    const points = all.filter((point) => !hidden.has(colouring.categoryOf(point)));
    chart.draw({xName: name(first), yName: name(second), points: points.map((point) => ({x: point.place[first],
      y: point.place[second], style: colouring.categoryOf(point), text: colouring.textOf(point)}))});
    fill(categories, legend(colouring, counts, hidden, (index) => {
      const next = new Set(hidden);
      if (!next.delete(index)) next.add(index);
      setParameters({hide: next.size > 0 ? [...next].sort((a, b) => a - b).join('.') : undefined});
    }));
    const page = pageOf(parameters.page, points.length);
    fill(table, scrolling('Points as numbers', pointTable(answer, points.slice((page - 1) * PAGE, page * PAGE), colouring)));
    pages.update(points.length, page);
    caption.textContent = answer.caption;
    fill(measures, scrolling('Silhouettes of the classes', classTable(answer)),
      scrolling('Silhouettes of the modalities', modalityTable(answer)));
  }

  async function load(parameters) {
    const trial = await get(`trials/${id}`);
    await fetchAnswer(trial);
    const sweep = trial.sweeps.length > 0 ? await get(`sweeps/${trial.sweeps[0]}`) : null;
    const short = trial.id.slice(0, 8);
    fill(head, h('h1', {}, 'Trial ', h('a', {href: `#/trials/${trial.id}`, 'data-key': 'trial'}, short)));
    why.textContent = answer.why_not;
    why.hidden = !answer.why_not;
    picture.hidden = apart.hidden = controls.hidden = Boolean(answer.why_not);
    const state = JSON.stringify(parameters);
    if (!answer.why_not && state !== drawn) {
      show(parameters);
      drawn = state;
    }
    return [['Sweeps', '#/'], sweep && [sweep.name, `#/sweeps/${sweep.id}`], [`trial ${short}`, `#/trials/${trial.id}`],
      ['representations', `#/trials/${trial.id}/representations`]].filter(Boolean);
  }
  return {node, load, shown: chart.shown};
}
