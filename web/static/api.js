// The only caller of fetch. The token lives in this tab's session storage and goes out in a header, never in a URL.

const TOKEN = 'mer-token';
const LONGEST_SILENCE = 45000;  // ms; a stream has a comment every 15 s at least
let cursor = '';

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function setToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

export function hasToken() {
  return sessionStorage.getItem(TOKEN) !== null;
}

export function forgetToken() {
  sessionStorage.removeItem(TOKEN);
}

// Unchanged answers come from the browser's cache: it revalidates by ETag. It keeps none that needs the token.
async function ask(method, path, parameters, signal) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined));
  const token = sessionStorage.getItem(TOKEN);
  let response;
  try {
    response = await fetch(`/api/v1/${path}${query.size > 0 ? `?${query}` : ''}`,
      {method, headers: token ? {Authorization: `Bearer ${token}`} : {}, signal});
  } catch {
    throw new ApiError(0, 'The server does not answer. It ends with its run; merctl serve shows the store again.');
  }
  if (response.ok) return response;
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json');
  const message = isJson ? (await response.json()).error.message : `the server answered ${response.status}`;
  throw new ApiError(response.status, message);
}

// The answer's object. Unchanged answers come from the browser's cache: it revalidates by ETag.
export async function get(path, parameters = {}) {
  const response = await ask('GET', path, parameters);
  cursor ||= response.headers.get('ETag')?.replaceAll('"', '') ?? '';
  return response.json();
}

// The answer as it is: a table as a file.
export async function getBlob(path, parameters = {}) {
  return (await ask('GET', path, parameters)).blob();
}

// The answer's bytes.
export async function getBytes(path, parameters = {}) {
  return new Uint8Array(await (await ask('GET', path, parameters)).arrayBuffer());
}

// Asks for a change; the server wants the token.
export async function post(path, parameters = {}) {
  return (await ask('POST', path, parameters)).json();
}

// Reads the stream of events until it ends. It goes on from the last event of the one before, else from the first answer
// that the page has had: nothing is missed. onOpen(); onEvent(name, data).
export async function follow(onOpen, onEvent, signal) {
  const response = await ask('GET', 'events', {after: cursor || undefined}, signal);
  onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const timer = setTimeout(() => reader.cancel(), LONGEST_SILENCE);
    const {done, value: piece} = await reader.read();
    clearTimeout(timer);
    if (done) return;
    const events = (rest + piece).split('\n\n');
    rest = events.pop();
    for (const event of events) {
      const fields = Object.fromEntries(event.split('\n').map((line) => line.split(/: (.*)/, 2)));
      if (fields.data === undefined) continue;  // a comment
      const data = JSON.parse(fields.data);
      cursor = data.cursor;
      onEvent(fields.event, data);
    }
  }
}
