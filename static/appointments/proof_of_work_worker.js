// @ts-check
// Searches the number that has the challenge's hash (SHA-256), in a worker, so that the page never blocks.
// Has its own SHA-256: crypto.subtle is missing without https, and is slower for many short texts.

const ROUNDS = 64;
const BLOCK_BYTES = 64;
const LENGTH_BYTES = 9; // the byte after the text, and the text's length at the end of the block

const K = new Int32Array(ROUNDS);
const INITIAL_STATE = new Int32Array(8);
computeConstants();

/** Compute the constants of FIPS 180-4 from the roots of the first primes. */
function computeConstants() {
  /** @type {number[]} */
  const primes = [];
  for (let number = 2; primes.length < ROUNDS; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  const fraction = (/** @type {number} */ root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  primes.forEach((prime, index) => {
    K[index] = fraction(Math.cbrt(prime));
    if (index < INITIAL_STATE.length) INITIAL_STATE[index] = fraction(Math.sqrt(prime));
  });
}

/**
 * Return the number up to `most` for which the hash of salt + number is the challenge, or null if there is none.
 * @param {string} salt
 * @param {string} challenge 64 hexadecimal digits
 * @param {number} most
 * @returns {number | null}
 */
export function search(salt, challenge, most) {
  const prefix = new TextEncoder().encode(salt);
  const wanted = Int32Array.from({ length: 8 }, (_, word) => parseInt(challenge.slice(word * 8, word * 8 + 8), 16));
  const longest = prefix.length + String(most).length + LENGTH_BYTES;
  const bytes = new Uint8Array(Math.ceil(longest / BLOCK_BYTES) * BLOCK_BYTES);
  bytes.set(prefix);
  const state = new Int32Array(8);
  for (let number = 0; number <= most; number++) {
    const blocks = writeNumber(bytes, prefix.length, String(number));
    state.set(INITIAL_STATE);
    for (let block = 0; block < blocks; block++) compress(state, bytes, block * BLOCK_BYTES);
    if (state[0] === wanted[0] && state.every((word, index) => word === wanted[index])) return number;
  }
  return null;
}

/**
 * Write the number and the padding after the salt. Returns the number of blocks.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {string} digits
 */
function writeNumber(bytes, at, digits) {
  for (let index = 0; index < digits.length; index++) bytes[at + index] = digits.charCodeAt(index);
  const length = at + digits.length;
  const blocks = Math.ceil((length + LENGTH_BYTES) / BLOCK_BYTES);
  const end = blocks * BLOCK_BYTES;
  bytes.fill(0, length, end);
  bytes[length] = 0x80;
  bytes[end - 2] = (length * 8) >>> 8;
  bytes[end - 1] = (length * 8) & 0xff;
  return blocks;
}

const schedule = new Int32Array(ROUNDS);

/**
 * Update the state with one block (FIPS 180-4, section 6.2.2).
 * @param {Int32Array} state
 * @param {Uint8Array} bytes
 * @param {number} from
 */
function compress(state, bytes, from) {
  const w = /** @type {any} */ (schedule); // untyped: all reads are in bounds, and undefined checks would cost more than the hash
  const k = /** @type {any} */ (K);
  const s = /** @type {any} */ (state);
  const b8 = /** @type {any} */ (bytes);
  for (let i = 0; i < 16; i++) {
    const at = from + i * 4;
    w[i] = (b8[at] << 24) | (b8[at + 1] << 16) | (b8[at + 2] << 8) | b8[at + 3];
  }
  for (let i = 16; i < ROUNDS; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = [s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]];
  for (let i = 0; i < ROUNDS; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  s[0] = (s[0] + a) | 0;
  s[1] = (s[1] + b) | 0;
  s[2] = (s[2] + c) | 0;
  s[3] = (s[3] + d) | 0;
  s[4] = (s[4] + e) | 0;
  s[5] = (s[5] + f) | 0;
  s[6] = (s[6] + g) | 0;
  s[7] = (s[7] + h) | 0;
}

/** @type {any} */ (globalThis).onmessage = (/** @type {MessageEvent} */ event) => {
  const { salt, challenge, most } = event.data;
  /** @type {any} */ (globalThis).postMessage(search(salt, challenge, most));
};
