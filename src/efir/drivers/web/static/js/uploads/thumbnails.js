/* A picture of a chosen video file, drawn by the browser itself; null when it cannot read the format. */
const PATIENCE = 8000;

export async function pictureOf(file) {
  const video = document.createElement("video");
  const source = URL.createObjectURL(file);
  Object.assign(video, { muted: true, playsInline: true, preload: "auto" });
  const heard = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", reject, { once: true });
    setTimeout(reject, PATIENCE, new Error(name));
  });
  try {
    video.src = source;
    await heard("loadeddata");
    const seeked = heard("seeked");
    video.currentTime = Math.min(3, (video.duration || 0) / 4);
    await seeked;
    const canvas = document.createElement("canvas");
    canvas.width = 384;
    canvas.height = 216;
    const scale = Math.max(384 / video.videoWidth, 216 / video.videoHeight);
    const [wide, high] = [video.videoWidth * scale, video.videoHeight * scale];
    canvas.getContext("2d").drawImage(video, (384 - wide) / 2, (216 - high) / 2, wide, high);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
    return { url: URL.createObjectURL(blob), duration: video.duration };
  } catch {
    return null;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(source);
  }
}
