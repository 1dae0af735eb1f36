/* The microphone: starts, shows level and time, stops, and offers what was recorded for keeping. */
import { clock } from "../kernel/formats.js";
import { lang, t } from "../kernel/texts.js";
import { HEADER, trimmed, wav } from "./wav.js";

const REFUSALS = { NotAllowedError: "microphone_refused", NotFoundError: "no_microphone" };

export class Recorder {
  /** `keep(blob, title)` takes a finished recording; `most` bounds its bytes. */
  constructor(root, { worklet, most, keep }) {
    Object.assign(this, { root, worklet, most, keep, pieces: [], count: 0, rate: 0, stream: null, context: null });
    this.take = this.part("take");
    this.part("start").addEventListener("click", () => this.start());
    this.part("stop").addEventListener("click", () => this.stop());
    this.part("discard").addEventListener("click", () => this.clear());
    this.take.addEventListener("submit", (event) => {
      event.preventDefault();
      this.finish();
    });
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  get busy() {
    return this.context !== null || !this.take.hidden;
  }

  async start() {
    this.refuse("");
    this.part("start").disabled = true;
    try {
      if (!navigator.mediaDevices || !window.AudioWorkletNode) throw new Error("no recording");
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      await this.listen();
    } catch (error) {
      this.refuse(t(REFUSALS[error.name] ?? "no_recording"));
      await this.silence();
    } finally {
      this.part("start").disabled = false;
    }
  }

  async listen() {
    this.context = new AudioContext();
    [this.rate, this.pieces, this.count] = [this.context.sampleRate, [], 0];
    await this.context.audioWorklet.addModule(this.worklet);
    this.node = new AudioWorkletNode(this.context, "recorder", { numberOfOutputs: 0 });
    this.node.port.onmessage = ({ data }) => (data.end ? this.ended() : this.heard(data));
    this.context.createMediaStreamSource(this.stream).connect(this.node);
    this.show("recording");
    this.part("stop").focus();
  }

  heard({ samples, level }) {
    this.pieces.push(samples);
    this.count += samples.length;
    this.part("level").value = Math.max(-60, level);
    this.part("time").textContent = clock(this.count / this.rate);
    if (HEADER + 2 * (this.count + samples.length) > this.most) {
      this.refuse(t("full"));
      this.stop();
    }
  }

  stop() {
    this.node?.port.postMessage("end");
  }

  async ended() {
    await this.silence();
    this.preview = URL.createObjectURL(wav(this.pieces, this.rate));
    this.part("preview").src = this.preview;
    const moment = new Intl.DateTimeFormat(lang, { dateStyle: "short", timeStyle: "short" }).format(new Date());
    this.take.elements.title.value = t("take", { moment });
    this.show("take");
    this.take.elements.title.select();
  }

  finish() {
    const pieces = this.take.elements.trim.checked ? trimmed(this.pieces, this.rate) : this.pieces;
    this.keep(wav(pieces, this.rate), this.take.elements.title.value.trim());
    this.clear();
  }

  clear() {
    URL.revokeObjectURL(this.preview);
    this.part("preview").removeAttribute("src");
    this.pieces = [];
    this.show("ready");
    this.part("start").focus();
  }

  async silence() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    const context = this.context;
    [this.stream, this.context, this.node] = [null, null, null];
    await context?.close();
  }

  show(state) {
    this.part("start").hidden = state !== "ready";
    for (const name of ["stop", "live", "level", "time"]) this.part(name).hidden = state !== "recording";
    this.take.hidden = state !== "take";
    if (state === "recording") this.part("time").textContent = clock(0);
  }

  refuse(text) {
    this.part("refused").hidden = !text;
    this.part("refused-text").textContent = text;
    if (text) this.show(this.pieces.length && this.context ? "recording" : "ready");
  }
}
