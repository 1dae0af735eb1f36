/* Follows what the server does with a video: a live stream for a few, polling for the rest. */
const MAX_STREAMS = 2; // a browser gives one server six connections, and uploads need them
const FINAL = new Set(["ready", "failed"]);
let streams = 0;

/** Tell `heard` every report about a video until it is final; null means that it is gone. Returns how to stop. */
export function follow(id, heard) {
  const url = `/api/v1/videos/${id}/processing`;
  let over = false;
  let stream = null;
  let timer = 0;
  let wait = 2000;

  const stop = () => {
    over = true;
    clearTimeout(timer);
    close();
  };
  const close = () => {
    if (!stream) return;
    stream.close();
    stream = null;
    streams -= 1;
  };
  const report = (data) => {
    if (over) return;
    heard(data);
    if (!data || data.ended || FINAL.has(data.state)) stop();
  };
  const poll = async () => {
    try {
      const answer = await fetch(url, { headers: { accept: "application/json" }, cache: "no-store" });
      if ([401, 403, 404, 410].includes(answer.status)) return report(null);
      if (answer.ok) {
        report(await answer.json());
        wait = 2000;
      } else wait = Math.min(wait * 2, 30000);
    } catch {
      wait = Math.min(wait * 2, 30000);
    }
    if (!over) timer = setTimeout(poll, wait);
  };
  const listen = () => {
    streams += 1;
    stream = new EventSource(url);
    const got = (event) => report(JSON.parse(event.data));
    for (const name of ["progress", "end"]) stream.addEventListener(name, got);
    stream.onerror = () => {
      if (over || stream?.readyState !== EventSource.CLOSED) return; // the browser reconnects by itself
      close();
      timer = setTimeout(poll, wait);
    };
  };

  if (streams < MAX_STREAMS && "EventSource" in window) listen();
  else poll();
  return stop;
}
