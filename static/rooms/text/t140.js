// @ts-check
// Real-time text as ITU-T T.140 writes it, for RFC 8865: characters, erasures and line ends. Pure: no channel, no clock.

export const T140 = "t140"; // subprotocol of the data channel (RFC 8865, section 3.1)
export const T140_INTERVAL_MS = 300; // characters are collected for this long (RFC 8865, section 5.2)
const CHARACTERS_PER_S = 30; // a receiver that names no other limit takes these (RFC 8865, section 4.2.1)
const BURST = 10 * CHARACTERS_PER_S; // the limit is a mean over ten seconds
const MAX_LINE = 500; // as in our own protocol
const ERASE = "\b";
const LINE_END = "\u2028";
// Byte order mark, bell, and the sequences of ESC, SOS and CSI: they show nothing in a plain line.
// eslint-disable-next-line no-control-regex
const NOT_SHOWN = /\uFEFF|\u0007|\u001B[^]?|\u0098[^\u009C]*\u009C?|\u009B[^@-~]*[@-~]?/g;

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter() : undefined;

/** Split text into what a reader sees as characters: an erasure removes a single character. @param {string} words */
export const splitCharacters = (words) => (segmenter ? [...segmenter.segment(words)].map(({ segment }) => segment) : [...words]);

/** Return what turns a line into another: erasures from its end, then new characters. @param {string} from @param {string} to */
export function lineEdit(from, to) {
  const [before, after] = [splitCharacters(from), splitCharacters(to)];
  let same = 0;
  while (same < before.length && before[same] === after[same]) same += 1;
  return ERASE.repeat(before.length - same) + after.slice(same).join("");
}

/** The line that this page writes, as characters to send. */
export class T140Writer {
  constructor() {
    this.line = "";
    /** @type {string[]} */
    this.unsent = [];
    this.allowance = BURST;
  }

  /** @param {string} line as the field shows it now */
  write(line) {
    this.unsent.push(...splitCharacters(lineEdit(this.line, line)));
    this.line = line;
  }

  /** @param {string} line */
  finish(line) {
    this.write(line);
    this.unsent.push(LINE_END);
    this.line = "";
  }

  /** Take what may be sent now; call this every T140_INTERVAL_MS. */
  take() {
    this.allowance = Math.min(BURST, this.allowance + (CHARACTERS_PER_S * T140_INTERVAL_MS) / 1000);
    const taken = this.unsent.splice(0, Math.floor(this.allowance));
    this.allowance -= taken.length;
    return taken.join("");
  }
}

/** The line of the other side, from the characters that arrive. */
export class T140Reader {
  constructor() {
    this.line = "";
  }

  /** Apply a block and return the lines that it finishes. @param {string} block @returns {string[]} */
  read(block) {
    const finished = [];
    for (const character of splitCharacters(block.replace(NOT_SHOWN, "").replace(/\r\n?|\n/g, LINE_END))) {
      if (character === ERASE) this.line = splitCharacters(this.line).slice(0, -1).join("");
      else if (character !== LINE_END) this.line += character;
      if (character !== LINE_END && this.line.length < MAX_LINE) continue;
      if (this.line) finished.push(this.line);
      this.line = "";
    }
    return finished;
  }
}
