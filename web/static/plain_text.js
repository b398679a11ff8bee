// Bytes of a terminal's output, as they come, into text that does nothing: no escape sequence, no control character but
// tab and newline, no mark that turns the direction of what follows.

const SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])/g;
const UNFINISHED = /(?:\r|\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,500}\x1b?|[ -/]*))$/;
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export class PlainText {
  constructor() {
    this.decoder = new TextDecoder();
    this.held = '';  // what may be the beginning of a sequence
  }

  take(bytes) {
    const text = this.held + this.decoder.decode(bytes, {stream: true});
    this.held = UNFINISHED.exec(text)?.[0] ?? '';
    return text.slice(0, text.length - this.held.length)
      .replaceAll(SEQUENCE, '').replaceAll(/\r\n?/g, '\n').replaceAll(CONTROL, '\ufffd');
  }
}
