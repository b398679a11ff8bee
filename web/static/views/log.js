// What the trainer of a trial printed, by attempt: asked for when it is opened, and followed while the attempt runs.
import {getBytes} from '../api.js';
import {fill, h} from '../dom.js';
import {PlainText} from '../plain_text.js';

const PAUSE = 1000;
const MOST = 1 << 20;  // characters that are shown
const ROUNDS_AFTER_END = 2;  // the last lines may be written when the store knows of the end already

export function createLog(id, setParameters) {
  const select = h('select', {on: {change: () => setParameters({log: select.value})}});
  const note = h('p', {class: 'note'});
  const text = h('pre', {class: 'log', tabindex: '0', role: 'region', 'aria-label': 'Log'});
  const details = h('details', {on: {toggle}}, h('summary', {}, 'What the trainer printed'),
    h('div', {}, h('label', {class: 'choice'}, h('span', {}, 'Attempt'), select)), note, text);
  const none = h('p', {class: 'empty'}, 'No attempt has begun.');
  const body = h('div', {}, none);
  const node = h('section', {class: 'panel', 'aria-labelledby': 'log-title'}, h('h2', {id: 'log-title'}, 'Log'), body);
  let attempts = [];
  let shown = null;  // {attempt, offset, plain, length}: what `text` holds
  let asking = false;
  let roundsLeft = 0;
  let timer = null;

  function toggle() {
    if (details.open && shown === null) setParameters({log: String(attempts.at(-1).attempt)});
    if (!details.open && shown !== null) setParameters({log: undefined});
  }

  function append(bytes) {
    const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 4;
    const part = shown.plain.take(bytes);
    shown.offset += bytes.length;
    shown.length += part.length;
    text.append(part);
    while (shown.length > MOST && text.childNodes.length > 1) {
      shown.length -= text.firstChild.length;
      text.firstChild.remove();
      shown.cut = true;
    }
    if (atEnd) text.scrollTop = text.scrollHeight;
  }

  const running = () => attempts.find(({attempt}) => attempt === shown.attempt)?.outcome === 'running';

  function describe() {
    const state = running() ? 'It is followed while the attempt runs.' : shown.offset === 0 ? 'Nothing was printed.' : '';
    note.textContent = [state, shown.cut ? `Only the end is shown: merctl logs ${id} has all of it.` : ''].join(' ').trim();
  }

  // Asks until there is no more, and while the attempt runs again after a pause.
  async function follow() {
    clearTimeout(timer);
    if (asking || shown === null || !node.isConnected) return;
    const mine = shown;
    asking = true;
    try {
      for (let got = 1; got > 0 && shown === mine && !document.hidden;) {
        const bytes = await getBytes(`trials/${id}/log`, {attempt: mine.attempt, offset: mine.offset});
        if (shown === mine) append(bytes);
        got = bytes.length;
      }
      if (shown === mine) describe();
    } catch (error) {
      if (error.status === undefined) throw error;
      if (shown === mine) note.textContent = error.message;
    } finally {
      asking = false;
    }
    if (shown !== mine) return follow();
    if (running()) roundsLeft = ROUNDS_AFTER_END;
    if (roundsLeft-- > 0) timer = setTimeout(follow, PAUSE);
  }

  // chosen: the attempt that the URL names, undefined: none.
  function update(trial, chosen) {
    attempts = trial.attempts;
    const content = attempts.length === 0 ? none : details;
    if (body.firstChild !== content) fill(body, content);
    const one = attempts.find(({attempt}) => String(attempt) === chosen);
    const names = attempts.map(({attempt, outcome}) => `${attempt}, ${outcome}`);
    if (names.join() !== [...select.options].map((option) => option.text).join()) {  // an open list stays open
      fill(select, attempts.map(({attempt}, index) => h('option', {value: attempt}, names[index])));
    }
    select.value = String(one?.attempt ?? attempts.at(-1)?.attempt);
    if (one?.attempt !== shown?.attempt) {
      shown = one ? {attempt: one.attempt, offset: 0, length: 0, plain: new PlainText(), cut: false} : null;
      roundsLeft = 0;
      fill(text);
      note.textContent = '';
    }
    details.open = one !== undefined;
    setTimeout(follow);  // when the node is in the page
  }
  return {node, update};
}
