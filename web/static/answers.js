// What a view shows, asked for again only where an event says that it has changed: an update costs what is new.
import {get} from './api.js';

const MOST = 24;  // answers kept: those of other pages and orders are asked for anew

export class Answers {
  constructor() {
    this.kept = new Map();  // by path and parameters; the one that was wanted last is last
  }

  // concerns(changes, answer): whether what an event tells (docs/http.md) can change this answer.
  async get(path, parameters, concerns) {
    const key = JSON.stringify([path, parameters]);
    const one = this.kept.get(key) ?? {concerns, promise: get(path, parameters)};
    this.kept.delete(key);
    this.kept.set(key, one);
    if (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value);
    try {
      one.answer = await one.promise;
    } catch (error) {
      if (this.kept.get(key) === one) this.kept.delete(key);
      throw error;
    }
    return one.answer;
  }

  // changes: an event's; null: anything may have changed.
  forget(changes) {
    for (const [key, {concerns, answer}] of this.kept) {
      if (changes === null || answer === undefined || concerns(changes, answer)) this.kept.delete(key);
    }
  }
}

// For concerns: a sweep's counts, state or settings; one of these trials, by what is known of each in an event.
export const ofSweep = (id) => ({sweeps}) => sweeps.some((one) => one.id === Number(id));
export const ofTrials = (changes, isOne) => changes.trials === null || changes.trials.some(isOne);
