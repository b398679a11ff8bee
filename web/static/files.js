// Files of what is on screen: their names, and saving them by a link that downloads a blob.
import {h} from './dom.js';

const KEPT = 60000;  // ms that a browser has to take the blob

// "sweep-4-ablation-results-last-macro_f1": a name that somebody gave loses what a file's name should not have.
export function fileName(...parts) {
  return parts.map((part) => String(part).replace(/[^A-Za-z0-9_]+/g, '-').replace(/^-+|-+$/g, ''))
    .filter((part) => part !== '').join('-');
}

export function sweepFile(sweep, ...parts) {
  return fileName('sweep', sweep.id, sweep.name, ...parts);
}

export function saveFile(name, blob) {
  const url = URL.createObjectURL(blob);
  h('a', {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT);
}
