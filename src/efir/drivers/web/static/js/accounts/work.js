/* Proof of work: a number that makes SHA-256 of `challenge:number` begin with zero bits. */
const BATCH = 512;

function zeros(bytes) {
  let count = 0;
  for (const byte of bytes) {
    if (byte) return count + Math.clz32(byte) - 24;
    count += 8;
  }
  return count;
}

/** The number as text; null where the browser gives no hashes to pages without encryption. */
export async function solve(challenge, bits) {
  if (!globalThis.crypto?.subtle) return null;
  const text = new TextEncoder();
  for (let first = 0; ; first += BATCH) {
    const tries = Array.from({ length: BATCH }, (_, place) => crypto.subtle.digest("SHA-256", text.encode(`${challenge}:${first + place}`)));
    const found = (await Promise.all(tries)).findIndex((hash) => zeros(new Uint8Array(hash)) >= bits);
    if (found >= 0) return String(first + found);
  }
}
