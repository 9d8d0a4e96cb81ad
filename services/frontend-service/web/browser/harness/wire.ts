// The network between the browser and the server: it can go silent, as it does for a laptop that sleeps, and come back.
import { connect, createServer, type Server as Listener, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Passes connections on to a server until it is told to be silent. */
export class Wire {
  readonly url: string;
  private readonly pairs = new Set<[Socket, Socket]>();
  private silent = false;

  private constructor(
    private readonly listener: Listener,
    private readonly port: number,
  ) {
    this.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    listener.on('connection', (near) => this.join(near));
  }

  /** Makes a wire to a server's address. */
  static async to(url: string): Promise<Wire> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return new Wire(listener, Number(new URL(url).port));
  }

  private join(near: Socket) {
    const far = connect(this.port, '127.0.0.1');
    const pair: [Socket, Socket] = [near, far];
    this.pairs.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      this.pairs.delete(pair);
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    if (this.silent) return;
    near.pipe(far);
    far.pipe(near);
  }

  /** Nothing passes any more, and nobody is told: connections stay open without a word. */
  sleep() {
    this.silent = true;
    for (const [near, far] of this.pairs) {
      near.unpipe(far);
      far.unpipe(near);
    }
  }

  /** New connections work again; the old ones are dead, as after a night. */
  wake() {
    this.silent = false;
    this.drop();
  }

  private drop() {
    for (const [near, far] of [...this.pairs]) {
      near.destroy();
      far.destroy();
    }
  }

  async close() {
    const closed = new Promise((resolve) => this.listener.close(resolve));
    this.drop();
    await closed;
  }
}
