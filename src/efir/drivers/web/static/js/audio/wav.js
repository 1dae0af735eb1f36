/* WAV files of one channel of 16-bit samples. */
const QUIET = 200; // of 32767, some -44 dB: below it nothing is said
const MARGIN = 0.2; // seconds kept before and after what is heard
export const HEADER = 44;

/** Join pieces of samples into a file. */
export function wav(pieces, rate) {
  const bytes = 2 * pieces.reduce((sum, piece) => sum + piece.length, 0);
  const head = new DataView(new ArrayBuffer(HEADER));
  const word = (at, text) => [...text].forEach((char, n) => head.setUint8(at + n, char.charCodeAt(0)));
  word(0, "RIFF");
  head.setUint32(4, 36 + bytes, true);
  word(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, 1, true);
  head.setUint32(24, rate, true);
  head.setUint32(28, 2 * rate, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  word(36, "data");
  head.setUint32(40, bytes, true);
  return new Blob([head, ...pieces], { type: "audio/wav" });
}

const loud = (value) => Math.abs(value) > QUIET;

/** Leave out silence before the first and after the last sound; all of it when there is nothing else. */
export function trimmed(pieces, rate) {
  const whole = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  const first = whole.findIndex(loud);
  if (first < 0) return [whole];
  const margin = Math.round(MARGIN * rate);
  return [whole.subarray(Math.max(0, first - margin), whole.findLastIndex(loud) + 1 + margin)];
}
