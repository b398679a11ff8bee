// The buttons that save what is on screen. Each gets a function that answers what is shown when it is pressed (or a
// promise of it); nothing else: there is none.
import {getBlob} from './api.js';
import {csvText} from './csv.js';
import {h} from './dom.js';
import {saveFile} from './files.js';
import {pictureOf, pngOf} from './picture.js';

// kind: table or chart. offers: [[text of the button, async () -> [name, Blob] or null]].
function saveBar(kind, what, offers) {
  const said = h('span', {class: 'saved', role: 'status'});
  async function save(make) {
    said.textContent = '';
    try {
      const file = await make();
      if (file) saveFile(...file);
      said.textContent = file ? `Saved ${file[0]}` : 'There is nothing to save.';
    } catch (error) {
      said.textContent = error.message;
      if (error.status === undefined) console.error(error);
    }
  }
  return h('div', {class: 'save', role: 'group', 'aria-label': `Save ${what}`}, h('span', {'aria-hidden': 'true'}, `Save ${kind}`),
    offers.map(([text, make]) => h('button', {type: 'button', 'aria-label': `Save ${what} as ${text}`,
      on: {click: () => save(make)}}, text)), said);
}

// A table that merctl prints too, with the server's bytes. current() -> {name, path, parameters}.
export function tableFiles(what, current) {
  const file = (ending) => async () => {
    const shown = await current();
    return shown && [`${shown.name}.${ending}`, await getBlob(`${shown.path}.${ending}`, shown.parameters)];
  };
  return saveBar('table', what, [['CSV', file('csv')], ['LaTeX', file('tex')], ['Markdown', file('md')]]);
}

// Another table. current() -> {name, rows}: rows as csvText takes them.
export function csvFile(what, current) {
  return saveBar('table', what, [['CSV', async () => {
    const shown = await current();
    return shown && [`${shown.name}.csv`, new Blob([csvText(shown.rows)], {type: 'text/csv;charset=utf-8'})];
  }]]);
}

// A chart. current() -> {name, and what pictureOf() takes}.
export function chartFiles(what, current) {
  return saveBar('chart', what, [
    ['SVG', async () => {
      const shown = await current();
      return shown && [`${shown.name}.svg`, new Blob([pictureOf(shown).text], {type: 'image/svg+xml'})];
    }],
    ['PNG', async () => {
      const shown = await current();
      return shown && [`${shown.name}.png`, await pngOf(pictureOf(shown))];
    }]]);
}
