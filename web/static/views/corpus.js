// What a sweep was trained on, as it was when the sweep was submitted: counts, dialogues, and what its features look like.
import {get} from '../api.js';
import {fill, h, scrolling} from '../dom.js';
import {sweepFile} from '../files.js';
import {duration, isNumber} from '../format.js';
import {csvFile} from '../save_bar.js';
import {createSweepHead, crumbsOf} from './sweep_head.js';

const KINDS = [['speakers', 'Speaker'], ['sessions', 'Session']];
const LISTED = 20;  // columns that are named, before the rest is counted

const numberCell = (text) => h('td', {class: 'number'}, text);
const heading = (text) => h('th', {scope: 'col', class: 'number'}, text);
const short = (value) => isNumber(value) ? String(Number(value.toPrecision(4))) : value;
const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);

function fact(name, value) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value));
}

function factsOf(corpus, {dialogues, seconds, unlabelled}) {
  const turns = dialogues.count === 0 ? '–' : `${dialogues.fewest_turns} to ${dialogues.most_turns}, median ${dialogues.median_turns}`;
  return h('dl', {class: 'facts'},
    fact('Utterances', corpus.utterances - unlabelled), unlabelled > 0 ? fact('Turns without a label', unlabelled) : null,
    fact('Dialogues', dialogues.count), fact('Turns a dialogue', turns),
    seconds ? fact('Speech', duration(seconds.total)) : null,
    seconds ? fact('Seconds an utterance',
      `${short(seconds.shortest)} to ${short(seconds.longest)}, median ${short(seconds.median)}`) : null,
    fact('Folder', corpus.path || 'synthetic'), fact('Content', h('code', {}, corpus.id)));
}

// One row for each speaker or session, then all: labelled utterances by class.
function countRows(corpus, groups) {
  const rows = Object.entries(groups).map(([key, counts]) => [key, sum(counts), ...corpus.labels.map((one) => counts[one])]);
  const totals = rows.reduce((all, row) => all.map((total, i) => total + row[i + 1]), [0, ...corpus.labels.map(() => 0)]);
  return [...rows, ['all', ...totals]];
}

function countTable(corpus, groups, text) {
  return scrolling(`Utterances by ${text.toLowerCase()} of ${corpus.name}`, h('table', {class: 'counts'},
    h('caption', {}, `Utterances by ${text.toLowerCase()} and class`),
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, text), heading('utterances'), corpus.labels.map(heading))),
    h('tbody', {}, countRows(corpus, groups).map(([key, ...counts]) => h('tr', {}, h('th', {scope: 'row'}, key),
      counts.map(numberCell))))));
}

const spread = ({least, median, most}) => `${short(least)}, ${short(median)}, ${short(most)}`;

function columnsText(columns) {
  const named = columns.slice(0, LISTED).join(', ');
  return columns.length > LISTED ? `${named} and ${columns.length - LISTED} more` : named || 'none';
}

function featureTable(corpus, features) {
  const row = ([name, one]) => h('tr', {}, h('th', {scope: 'row'}, name), numberCell(one.dim),
    numberCell(one.range.map(short).join(' to ')), numberCell(spread(one.column_means)), numberCell(spread(one.column_sds)),
    h('td', {}, columnsText(one.zero_columns)), h('td', {}, columnsText(one.constant_columns)), numberCell(one.outliers.count));
  return scrolling(`Features of ${corpus.name}`, h('table', {class: 'features'},
    h('caption', {}, 'Features before standardisation; of the columns’ means and standard deviations the least, the median ' +
      `and the most; an outlier is more than ${Object.values(features)[0].outliers.z} standard deviations from its column’s mean`),
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Modality'), heading('columns'), heading('values'), heading('means'),
      heading('sds'), h('th', {scope: 'col'}, 'All zero'), h('th', {scope: 'col'}, 'Constant'), heading('outliers'))),
    h('tbody', {}, Object.entries(features).map(row))));
}

function outlierTable(corpus, features) {
  const rows = Object.entries(features).flatMap(([name, {outliers}]) => outliers.first.map((one) => h('tr', {},
    h('th', {scope: 'row'}, one.utterance), h('td', {}, name), numberCell(one.column), numberCell(short(one.value)),
    numberCell(short(one.z)))));
  if (rows.length === 0) return null;
  return scrolling(`Outliers of ${corpus.name}`, h('table', {class: 'outliers'},
    h('caption', {}, 'The first outliers of each modality'),
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Utterance'), h('th', {scope: 'col'}, 'Modality'), heading('column'),
      heading('value'), heading('z'))),
    h('tbody', {}, rows)));
}

// A submission of an older version kept less.
function corpusPanel(sweep, corpus, index) {
  const {facts} = corpus;
  const titleId = `corpus-${index}`;
  const file = (kind, text) => csvFile(`utterances by ${text.toLowerCase()} of ${corpus.name}`, () => ({
    name: sweepFile(sweep, corpus.name, kind),
    rows: [[text.toLowerCase(), 'utterances', ...corpus.labels], ...countRows(corpus, facts[kind])]}));
  return h('section', {class: 'panel', 'aria-labelledby': titleId}, h('h2', {id: titleId}, corpus.name),
    facts.features ? [factsOf(corpus, facts),
      KINDS.map(([kind, text]) => [countTable(corpus, facts[kind], text), file(kind, text)]),
      featureTable(corpus, facts.features), outlierTable(corpus, facts.features)] :
      h('p', {class: 'empty'}, 'An older version submitted this sweep, which did not keep what the corpus holds.'));
}

export function createCorpus(id) {
  const head = createSweepHead('/corpus');
  const panels = h('div', {class: 'stack'});
  const node = h('div', {class: 'stack'}, head.node, panels);

  async function load() {
    const sweep = await get(`sweeps/${id}`);
    head.update(sweep);
    fill(panels, sweep.corpora.map((corpus, index) => corpusPanel(sweep, corpus, index)));
    return crumbsOf(sweep, '/corpus', 'corpus');
  }
  return {node, load};
}
