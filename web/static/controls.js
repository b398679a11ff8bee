// What the holder of the token may ask of a sweep or a trial: a button each, and what came of it.
//
// A button that would do nothing keeps its place and its focus, and says why when it is pressed or pointed at.
import {forgetToken, hasToken, post, setToken} from './api.js';
import {h} from './dom.js';
import {askForToken, confirmed} from './question.js';

const READ_ONLY = 'This server is read-only: it shows the store and changes nothing. Use merctl, or the dashboard of a run.';
const NO_TOKEN = 'Changes need the token of endpoint.json in the store folder.';
const REFUSED = 'The token was refused: each run has a new one, in endpoint.json in the store folder.';

// An action: {verb, text, whyNot(subject) -> text, '' when it can be asked; said(answer) -> text}, and where it has one
// question(subject) to confirm, and `number` (name, lowest, highest, of(subject)) that goes with it.
// onDone(): what is shown may have changed.
export function createControls(label, actions, onDone) {
  const said = h('p', {class: 'said', role: 'status'});
  const note = h('p', {class: 'note'});
  const token = h('button', {type: 'button', 'data-key': 'control token', on: {click: giveToken}}, 'Enter token');
  const parts = actions.map(partOf);
  const node = h('div', {class: 'control-bar', role: 'group', 'aria-label': label},
    h('div', {class: 'controls'}, parts.map((part) => part.node), token), note, said);
  let shown = null;  // {subject, target, served}
  let busy = false;

  function partOf(action) {
    const perform = () => ask(action, number?.input);
    const button = h('button', {type: 'button', 'data-key': `control ${action.verb}`, on: {click: perform}}, action.text);
    const number = action.number && numberOf(action.number);
    number?.input.addEventListener('keydown', (event) => { if (event.key === 'Enter') perform(); });
    return {action, button, number, node: number ? h('div', {class: 'choice'}, number.node, button) : button};
  }

  function numberOf({name, lowest, highest}) {
    const input = h('input', {type: 'number', min: lowest, max: highest, step: 1, required: true, 'data-key': `control ${name}`});
    return {input, node: h('label', {class: 'choice'}, h('span', {}, name), input)};
  }

  function say(text, isBad = false) {
    said.textContent = text;
    said.classList.toggle('bad', isBad);
  }

  function whyNone() {
    if (!shown.served) return READ_ONLY;
    return hasToken() ? '' : NO_TOKEN;
  }

  const whyNot = (action) => whyNone() || action.whyNot(shown.subject);

  function draw() {
    const why = whyNone();
    note.textContent = why;
    note.hidden = why === '';
    token.hidden = why !== NO_TOKEN;
    for (const {action, button, number} of parts) {
      const reason = whyNot(action);
      button.setAttribute('aria-disabled', String(reason !== ''));
      button.title = reason;
      if (!number) continue;
      number.input.disabled = why !== '';
      if (number.input !== document.activeElement) number.input.value = action.number.of(shown.subject);
    }
  }

  async function giveToken() {
    const given = await askForToken();
    if (!given) return;
    setToken(given);
    draw();
    say('The token is kept in this tab.');
    parts[0].button.focus();
    onDone();
  }

  async function ask(action, input) {
    const reason = whyNot(action);
    if (busy) return;
    if (reason) return say(reason, true);
    if (input && !input.reportValidity()) return;
    const {target} = shown;
    const parameters = input ? {target, [action.verb]: input.value} : {target};
    if (action.question && !await confirmed(action.question(shown.subject))) return;
    busy = true;
    say(`${action.text} …`);
    try {
      say(action.said(await post(`control/${action.verb}`, parameters)));
      onDone();
    } catch (error) {
      if (error.status === undefined) throw error;
      refused(error);
    } finally {
      busy = false;
    }
  }

  function refused(error) {
    if (error.status !== 401) return say(error.message, true);
    forgetToken();
    draw();
    say(REFUSED, true);
    token.focus();
  }

  // target: what the API calls the subject; served: whether this server takes controls.
  function update(subject, target, served) {
    shown = {subject, target, served};
    draw();
  }
  return {node, update};
}

export function trialsText(count) {
  return count === 1 ? '1 trial' : `${count} trials`;
}
