/* Runs beside the sound: turns the microphone's samples into 16-bit ones and hands them over in pieces. */
const PIECE = 4096;

class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Int16Array(PIECE);
    this.filled = 0;
    this.sum = 0;
    this.ended = false;
    this.port.onmessage = () => this.end();
  }

  process([input]) {
    if (this.ended) return false;
    const channels = input.length;
    for (let n = 0; channels && n < input[0].length; n += 1) {
      let value = 0;
      for (const channel of input) value += channel[n] / channels;
      value = Math.max(-1, Math.min(1, value));
      this.sum += value * value;
      this.piece[this.filled] = Math.round(value * 32767);
      this.filled += 1;
      if (this.filled === PIECE) this.hand();
    }
    return true;
  }

  hand() {
    const samples = this.piece.slice(0, this.filled);
    const level = this.filled ? 10 * Math.log10(this.sum / this.filled + 1e-6) : -60;
    this.port.postMessage({ samples, level }, [samples.buffer]);
    this.filled = 0;
    this.sum = 0;
  }

  end() {
    this.hand();
    this.ended = true;
    this.port.postMessage({ end: true });
  }
}

registerProcessor("recorder", Recorder);
