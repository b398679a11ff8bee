// A modal question. The browser keeps the focus in it and gives it back to where it was; Esc says no.
import {h} from './dom.js';

// Resolves to true when `yes` was chosen. The focus begins on `field`, where there is one, else on the harmless answer.
function ask({title, text, yes, no}, field = null) {
  return new Promise((resolve) => {
    const dialog = h('dialog', {class: 'question', 'aria-labelledby': 'question-title', 'aria-describedby': 'question-text'});
    const leave = h('button', {type: 'button', on: {click: () => dialog.close('')}}, no);
    const submit = (event) => {
      event.preventDefault();
      dialog.close('yes');
    };
    dialog.append(h('form', {on: {submit}}, h('h2', {id: 'question-title'}, title), h('p', {id: 'question-text'}, text),
      field?.node, h('div', {class: 'controls'}, h('button', {type: 'submit', class: field ? null : 'danger'}, yes), leave)));
    const goneOn = () => dialog.close('');
    window.addEventListener('hashchange', goneOn);
    dialog.addEventListener('close', () => {
      window.removeEventListener('hashchange', goneOn);
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
    (field?.input ?? leave).focus();
  });
}

export function confirmed(question) {
  return ask(question);
}

// The token that was typed; null: none.
export async function askForToken() {
  const input = h('input', {type: 'password', id: 'control-token', autocomplete: 'off', required: true});
  const node = h('label', {class: 'choice', for: 'control-token'}, h('span', {}, 'Token'), input);
  const given = await ask({title: 'Token needed', yes: 'Continue', no: 'Not now',
    text: 'Changes are made only for who has the token. It stands in endpoint.json in the store folder.'}, {node, input});
  return given ? input.value.trim() : null;
}
