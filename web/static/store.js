// Follows the store while the tab is visible: by one stream of events, which costs nothing while nothing changes. Where
// there is none it asks for the version every 1.5 s, slower while nobody answers, and tries the stream again.
import {follow, get} from './api.js';

const INTERVAL = 1500;
const LONGEST = 12000;
const STREAM_AGAIN = 15000;

export class Watch {
  // onChange(changes): what an event says has changed (docs/http.md); null: anything may have. onStatus(error or null).
  constructor(onChange, onStatus) {
    this.onChange = onChange;
    this.onStatus = onStatus;
    this.version = null;
    this.wait = INTERVAL;
    this.streamAt = 0;
    document.addEventListener('visibilitychange', () => this.check());
    for (const event of ['online', 'offline']) window.addEventListener(event, () => this.check());
  }

  // Begins, or begins anew. A hidden tab holds no stream: browsers open six connections to a host, for all tabs.
  check() {
    this.stream?.abort();
    clearTimeout(this.timer);
    if (document.hidden) return;
    this.stream = new AbortController();
    this.run(this.stream.signal);
  }

  async run(signal) {
    if (Date.now() >= this.streamAt) await this.read(signal);
    if (!signal.aborted) await this.poll(signal);
    if (!signal.aborted) this.timer = setTimeout(() => this.run(signal), this.wait);
  }

  async read(signal) {
    const opened = () => {
      if (this.wait > INTERVAL) this.onChange(null);  // nobody answered: the view may show that
      this.wait = INTERVAL;
      this.version = null;
      this.onStatus(null);
    };
    try {
      await follow(opened, (name, data) => this.onChange(name === 'changes' ? data : null), signal);
    } catch (error) {
      if (error.status === 503) this.streamAt = Date.now() + STREAM_AGAIN;
    }
  }

  async poll(signal) {
    try {
      const {data_version: version} = await get('version');
      if (signal.aborted) return;
      const changed = version !== this.version;
      this.version = version;
      this.wait = INTERVAL;
      this.onStatus(null);
      if (changed) this.onChange(null);
    } catch (error) {
      if (signal.aborted) return;
      this.version = null;
      this.wait = Math.min(2 * this.wait, LONGEST);
      this.onStatus(error);
    }
  }
}
