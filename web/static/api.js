// The only caller of fetch. The token lives in this tab's session storage and goes out in a header, never in a URL.

const TOKEN = 'mer-token';

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
async function ask(method, path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined));
  const token = sessionStorage.getItem(TOKEN);
  let response;
  try {
    response = await fetch(`/api/v1/${path}${query.size > 0 ? `?${query}` : ''}`,
      {method, headers: token ? {Authorization: `Bearer ${token}`} : {}});
  } catch {
    throw new ApiError(0, 'The server does not answer. It ends with its run; merctl serve shows the store again.');
  }
  if (response.ok) return response;
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json');
  const message = isJson ? (await response.json()).error.message : `the server answered ${response.status}`;
  throw new ApiError(response.status, message);
}

// The answer's object.
export async function get(path, parameters = {}) {
  return (await ask('GET', path, parameters)).json();
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
