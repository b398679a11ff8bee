// The public and unique representations of a trial's test part, by principal components.
import {get} from '../api.js';
import {numberCell} from '../csv.js';
import {choice, fill, h, scrolling} from '../dom.js';
import {fileName, sweepFile} from '../files.js';
import {isNumber, percent} from '../format.js';
import {createPages, PAGE, pageOf} from '../pages.js';
import {chartFiles, csvFile} from '../save_bar.js';
import {markSwatch, scatterChart} from '../scatter.js';

const COLOURINGS = [['group', 'space and modality'], ['truth', 'true class'], ['right', 'prediction']];
const SPACES = [['all', 'both'], ['public', 'public'], ['unique', 'unique']];
const RIGHT = ['right', 'wrong'];
const WORDS = ['Utterance', 'Space', 'Modality', 'Truth', 'Predicted'];

const groupName = (group) => `${group.space}, ${group.modality}`;
const labelOf = (answer, position) => answer.labels[position] ?? String(position);
// What the URL says, where that is one of the options.
const oneOf = (options, value) => options.some(([key]) => key === value) ? value : options[0][0];
const decimal = (value) => isNumber(value) ? value.toFixed(3) : '–';

// Every point: {group, utterance, place}.
function pointsOf(answer) {
  return answer.groups.flatMap((group) => group.points.map((place, index) =>
    ({group, place, utterance: answer.utterances[index]})));
}

// The categories of a colouring, and which of them a point is in. Shapes are always the groups'.
function colouringOf(answer, name) {
  return {
    group: {names: answer.groups.map(groupName), shapeOf: (index) => index, categoryOf: ({group}) => answer.groups.indexOf(group)},
    truth: {names: answer.labels, shapeOf: () => null, categoryOf: ({utterance}) => utterance.truth},
    right: {names: RIGHT, shapeOf: () => null, categoryOf: ({utterance}) => utterance.truth === utterance.predicted ? 0 : 1},
  }[name];
}

function textOf(answer, {group, utterance}) {
  return `${utterance.name}: ${groupName(group)}, truth ${labelOf(answer, utterance.truth)}, ` +
    `predicted ${labelOf(answer, utterance.predicted)}`;
}

// No group covers the others: their points take turns.
function inTurns(points) {
  const places = new Map();
  for (const {utterance} of points) if (!places.has(utterance)) places.set(utterance, places.size);
  return [...points].sort((a, b) => places.get(a.utterance) - places.get(b.utterance));
}

// Which principal components the axes show: '1-2', of as many as there are.
function axesOf(count) {
  const pairs = count < 3 ? [[1, 2]] : [[1, 2], [1, 3], [2, 3]];
  return pairs.map((pair) => [pair.join('-'), pair.join(' and ')]);
}

function legend(colouring, counts, hidden, onToggle) {
  return h('ul', {class: 'legend toggles', 'aria-label': 'Categories'}, colouring.names.map((name, index) =>
    h('li', {}, h('button', {type: 'button', 'aria-pressed': String(!hidden.has(index)), 'data-key': `toggle ${index}`,
      on: {click: () => onToggle(index)}}, markSwatch(index, colouring.shapeOf(index)), h('span', {class: 'name'}, name),
    h('span', {class: 'value'}, counts[index].toLocaleString('en'))))));
}

function shapeLegend(answer, space) {
  return h('ul', {class: 'legend shapes', 'aria-label': 'Shapes'}, answer.groups.map((group, index) =>
    space === 'all' || group.space === space ? h('li', {}, markSwatch(null, index), h('span', {class: 'name'}, groupName(group))) : null));
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

function pointTable(answer, points) {
  const numbers = answer.explained.map((_, index) => `Component ${index + 1}`);
  return h('table', {class: 'points'},
    h('thead', {}, h('tr', {}, WORDS.map((text) => h('th', {scope: 'col'}, text)),
      numbers.map((text) => h('th', {scope: 'col', class: 'number'}, text)))),
    h('tbody', {}, points.map((point) => h('tr', {}, h('th', {scope: 'row'}, point.utterance.name),
      h('td', {}, point.group.space), h('td', {}, point.group.modality), h('td', {}, labelOf(answer, point.utterance.truth)),
      h('td', {}, labelOf(answer, point.utterance.predicted)),
      point.place.map((value) => h('td', {class: 'number'}, decimal(value)))))));
}

// As merctl representations --format csv --components 3 prints them.
function pointRows(answer, points) {
  return [['utterance', 'modality', 'space', 'truth', 'predicted', 'right', ...['x', 'y', 'z'].slice(0, answer.explained.length)],
    ...points.map(({group, utterance, place}) => [utterance.name, group.modality, group.space, labelOf(answer, utterance.truth),
      labelOf(answer, utterance.predicted), Number(utterance.truth === utterance.predicted), ...place.map(numberCell)])];
}

function classRows(answer) {
  return [['space', 'modality', 'class_silhouette'],
    ...answer.groups.map((group) => [group.space, group.modality, numberCell(group.class_silhouette)])];
}

function modalityRows(answer) {
  return [['space', 'modality_silhouette', 'first', 'second', 'gap'], ...answer.spaces.flatMap((space) =>
    space.gaps.map(({modalities, gap}) => [space.space, numberCell(space.modality_silhouette), ...modalities, numberCell(gap)]))];
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
  const [classes, modalities] = [h('div', {}), h('div', {})];
  const measures = h('div', {class: 'measure-tables'},
    h('div', {}, classes, csvFile('silhouettes of the classes', () => ({name: nameOf('class-silhouettes'), rows: classRows(answer)}))),
    h('div', {}, modalities, csvFile('silhouettes of the modalities', () =>
      ({name: nameOf('modality-silhouettes'), rows: modalityRows(answer)}))));
  const table = h('div', {});
  const pages = createPages('Pages of points', (page) => setParameters({page}));
  const controls = h('div', {class: 'controls'}, colour.node, space.node, axesNode);
  const picture = h('div', {}, h('div', {class: 'beside'}, chart.node, h('div', {}, categories, caption)),
    chartFiles('points', chartShown), h('details', {'data-key': 'points'}, h('summary', {}, 'Data table'), table, pages.node,
      csvFile('points', () => ({name: nameOf('representations-data'), rows: pointRows(answer, shownNow.points)}))));
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
  let shownNow = null;  // {trial, sweep or null, chosen, points in the order of the table}

  function nameOf(...what) {
    const parts = ['trial', shownNow.trial.id.slice(0, 8), ...what];
    return shownNow.sweep ? sweepFile(shownNow.sweep, ...parts) : fileName(...parts);
  }

  function chartShown() {
    const shown = chart.picture();
    const {trial, sweep, chosen} = shownNow;
    const legends = categories.querySelectorAll('button[aria-pressed="true"], .shapes li');
    return shown && {...shown, name: nameOf('representations', chosen.colour, chosen.space, chosen.axes),
      title: `Trial ${trial.id.slice(0, 8)}: public and unique representations`,
      legend: [...legends].map((one) => ({mark: one.querySelector('svg'), text: one.querySelector('.name').textContent})),
      caption: `${sweep ? `Sweep ${sweep.name}, fold` : 'Fold'} ${trial.fold.name}, seed ${trial.seed}. ${answer.caption}`};
  }

  // What a trial has kept does not change; what it has not may still come.
  async function fetchAnswer(trial) {
    if (answer !== null && !answer.why_not) return;
    answer = await get(`trials/${id}/representations`, {components: trial.model.hidden < 3 ? 2 : 3});
  }

  function show(parameters, trial, sweep) {
    const pairs = axesOf(answer.explained.length);
    const chosen = {colour: oneOf(COLOURINGS, parameters.colour), space: oneOf(SPACES, parameters.space),
      axes: oneOf(pairs, parameters.axes)};
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
    chart.draw({xName: name(first), yName: name(second), points: inTurns(points).map((point) => ({x: point.place[first],
      y: point.place[second], colour: colouring.categoryOf(point), shape: answer.groups.indexOf(point.group),
      text: textOf(answer, point)}))});
    shownNow = {trial, sweep, chosen, points};
    fill(categories, legend(colouring, counts, hidden, (index) => {
      const next = new Set(hidden);
      if (!next.delete(index)) next.add(index);
      setParameters({hide: next.size > 0 ? [...next].sort((a, b) => a - b).join('.') : undefined});
    }), chosen.colour === 'group' ? null : shapeLegend(answer, chosen.space));
    const page = pageOf(parameters.page, points.length);
    fill(table, scrolling('Points as numbers', pointTable(answer, points.slice((page - 1) * PAGE, page * PAGE))));
    pages.update(points.length, page);
    caption.textContent = answer.caption;
    fill(classes, scrolling('Silhouettes of the classes', classTable(answer)));
    fill(modalities, scrolling('Silhouettes of the modalities', modalityTable(answer)));
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
      show(parameters, trial, sweep);
      drawn = state;
    }
    return [['Sweeps', '#/'], sweep && [sweep.name, `#/sweeps/${sweep.id}`], [`trial ${short}`, `#/trials/${trial.id}`],
      ['representations', `#/trials/${trial.id}/representations`]].filter(Boolean);
  }
  return {node, load, shown: chart.shown};
}
