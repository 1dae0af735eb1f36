/* Waiting before another try: longer each time, cut short when the network comes back or somebody says so. */
const WAITS = [1, 2, 4, 8, 16, 30];

export class Patience {
  constructor(told) {
    Object.assign(this, { told, tries: 0, wake: () => {} });
  }

  /** Errors that another try may mend: no answer, a server in trouble, somebody else writing. */
  static worth({ status }) {
    return !status || status >= 500 || [408, 409, 423, 425, 429, 460].includes(status);
  }

  reset() {
    this.tries = 0;
  }

  /** Wait, telling the seconds that are left (null: the browser has no network at all). */
  async rest() {
    const seconds = WAITS[Math.min(this.tries++, WAITS.length - 1)];
    for (let left = seconds; left > 0; left -= 1) {
      this.told(navigator.onLine ? left : null);
      const woken = await new Promise((resolve) => {
        this.wake = () => resolve(true);
        addEventListener("online", this.wake, { once: true });
        setTimeout(resolve, 1000, false);
      });
      removeEventListener("online", this.wake);
      if (woken) return;
    }
  }
}
