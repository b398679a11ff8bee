// Watches the store's version: one small request every 1.5 s while the tab is visible, slower while nobody answers.
import {get} from './api.js';

const INTERVAL = 1500;
const LONGEST = 12000;

export class Watch {
  // onChange(): the store holds something new. onStatus(error or null): after every request.
  constructor(onChange, onStatus) {
    this.onChange = onChange;
    this.onStatus = onStatus;
    this.version = null;
    this.wait = INTERVAL;
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.check(); });
  }

  start() {
    this.check();
  }

  async check() {
    clearTimeout(this.timer);
    try {
      const {data_version: version} = await get('version');
      const changed = this.version !== null && version !== this.version;
      const wasLost = this.wait > INTERVAL;
      this.version = version;
      this.wait = INTERVAL;
      this.onStatus(null);
      if (changed || wasLost) this.onChange();
    } catch (error) {
      this.wait = Math.min(2 * this.wait, LONGEST);
      this.onStatus(error);
    }
    clearTimeout(this.timer);
    if (!document.hidden) this.timer = setTimeout(() => this.check(), this.wait);
  }
}
