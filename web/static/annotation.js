// The note and the tags of a sweep or a trial. The holder of the token writes them here; others read.
//
// What is being typed outlives the updates of a live page.
import {forgetToken, hasToken, post} from './api.js';
import {fill, h} from './dom.js';
import {tagList} from './tags.js';

const LONGEST_NOTE = 2000;  // bytes of UTF-8
const REFUSED = 'The token was refused: each run has a new one, in endpoint.json in the store folder.';
const bytesOf = (text) => new TextEncoder().encode(text).length;
const lines = (text) => text.replace(/\r\n?/g, '\n');

// what: 'sweep' or 'trial'. onDone(): what is shown may have changed.
export function createAnnotation(what, onDone) {
  const text = h('p', {class: 'written'});
  const tags = h('div', {class: 'controls'});
  const said = h('p', {class: 'said', role: 'status'});
  const edit = h('button', {type: 'button', 'data-key': 'edit note', on: {click: begin}});
  const room = h('span', {class: 'note', id: 'note-room'});
  const area = h('textarea', {rows: 4, 'data-key': 'note', 'aria-describedby': 'note-room', on: {input: count}});
  const editor = h('div', {class: 'note-editor', hidden: true, on: {keydown: leave}},
    h('label', {}, h('span', {}, `Note on this ${what}`), area), room,
    h('div', {class: 'controls'}, h('button', {type: 'button', on: {click: save}}, 'Save note'),
      h('button', {type: 'button', on: {click: end}}, 'Discard')));
  const words = h('input', {type: 'text', autocomplete: 'off', spellcheck: 'false', 'data-key': 'new tags',
    on: {keydown: (event) => { if (event.key === 'Enter') add(); }}});
  const adder = h('div', {class: 'controls'},
    h('label', {class: 'choice'}, h('span', {}, 'New tags'), words), h('button', {type: 'button', on: {click: add}}, 'Add'));
  const node = h('section', {class: 'annotation', 'aria-label': `Note and tags of the ${what}`, hidden: true},
    tags, adder, text, editor, edit, said);
  let shown = null;  // {subject, target, path, may}
  let busy = false;

  function say(message, isBad = false) {
    said.textContent = message;
    said.classList.toggle('bad', isBad);
  }

  function draw() {
    const {subject, path, may} = shown;
    node.hidden = !may && subject.note === '' && subject.tags.length === 0;
    fill(tags, may ? subject.tags.map(removable) : tagList(subject.tags, path, `the ${what}`));
    tags.hidden = subject.tags.length === 0;
    adder.hidden = !may;
    text.textContent = subject.note;
    text.hidden = subject.note === '' || !editor.hidden;
    edit.textContent = subject.note === '' ? 'Add a note' : 'Edit note';
    edit.hidden = !may || !editor.hidden;
  }

  function removable(tag) {
    return h('span', {class: 'choice'},
      h('a', {class: 'tag', href: `#${shown.path}?tag=${encodeURIComponent(tag)}`, 'data-key': `tag ${tag}`}, tag),
      h('button', {type: 'button', 'data-key': `untag ${tag}`, 'aria-label': `Remove tag ${tag}`,
        on: {click: () => remove(tag)}}, 'Remove'));
  }

  function begin() {
    area.value = shown.subject.note;
    editor.hidden = false;
    say('');
    count();
    draw();
    area.focus();
  }

  function end() {
    editor.hidden = true;
    draw();
    edit.focus();
  }

  function leave(event) {
    if (event.key === 'Escape') end();
  }

  function count() {
    const left = LONGEST_NOTE - bytesOf(lines(area.value));
    room.textContent = left >= 0 ? `${left} bytes left` : `${-left} bytes too long`;
    area.setCustomValidity(left >= 0 ? '' : 'The note is too long.');
  }

  async function ask(verb, parameters, answered) {
    if (busy) return;
    busy = true;
    try {
      await post(`control/${verb}`, {target: shown.target, ...parameters});
      answered();
      onDone();
    } catch (error) {
      if (error.status === undefined) throw error;
      if (error.status === 401) {
        forgetToken();
        onDone();
      }
      say(error.status === 401 ? REFUSED : error.message, true);
    } finally {
      busy = false;
    }
  }

  function save() {
    if (!area.reportValidity()) return;
    ask('note', {note: lines(area.value)}, () => {
      end();
      say(area.value === '' ? 'The note is removed.' : 'The note is saved.');
    });
  }

  function add() {
    ask('tag', {tags: words.value}, () => {
      words.value = '';
      words.focus();
      say('Tagged.');
    });
  }

  function remove(tag) {
    ask('untag', {tags: tag}, () => {
      words.focus();
      say(`The tag ${tag} is removed.`);
    });
  }

  // target: what the API calls the subject; path: of the page that its tags filter; served: whether this server takes
  // controls.
  function update(subject, target, path, served) {
    shown = {subject, target, path, may: served && hasToken()};
    if (!shown.may) editor.hidden = true;
    draw();
  }
  return {node, update};
}
