// A real server: the binary as people run it, on loopback ports of its own.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { binary } from './places';

const execute = promisify(execFile);
const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };

// The shell ends the server when its standard input closes, which happens however this process ends.
const UNTIL_INPUT_CLOSES = 'exec 3<&0; "$0" "$@" </dev/null & server=$!; (cat <&3 >/dev/null; kill $server 2>/dev/null) >/dev/null 2>&1 & wait $server';

interface Options {
  dataDir: string;
  args?: string[];
}

/** A running server. It can be stopped and started again on the same address, with the same data. */
export class Server {
  readonly url: string;
  private process?: ReturnType<typeof spawn>;
  private log = '';

  private constructor(
    private readonly options: Options,
    private readonly http: number,
    private readonly grpc: number,
  ) {
    this.url = `http://127.0.0.1:${http}`;
  }

  /** Starts a server and waits until it answers. */
  static async start(options: Options): Promise<Server> {
    const server = new Server(options, await freePort(), await freePort());
    await server.start();
    return server;
  }

  /** Starts it again after stop or kill, on the same address. */
  async start() {
    const args = ['serve', '--data-dir', this.options.dataDir, '--http-addr', `127.0.0.1:${this.http}`, '--grpc-addr', `127.0.0.1:${this.grpc}`];
    const child = spawn('sh', ['-c', UNTIL_INPUT_CLOSES, binary, ...args, '--log-level', 'warn', ...(this.options.args ?? [])], {
      detached: true, // a process group of its own, so that kill reaches the server behind the shell
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environment,
    });
    this.process = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (this.log += text.toString()));
    const deadline = Date.now() + 120_000;
    while (!(await this.ready())) {
      if (child.exitCode !== null) throw new Error(`the server ended at its start:\n${this.log}`);
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(`the server is not ready after two minutes:\n${this.log}`);
      }
      await pause(20);
    }
  }

  private async ready(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  /** Asks it to end, as a service manager does, and waits until it has. */
  async stop() {
    const child = this.process;
    if (!child) return;
    this.process = undefined;
    const ended = once(child, 'exit');
    child.stdin?.end();
    // An open watch stream must not keep a test run from ending.
    const late = setTimeout(() => signalGroup(child.pid), 60_000);
    if (child.exitCode === null && child.signalCode === null) await ended;
    clearTimeout(late);
  }

  /** Ends it without a chance to tidy up, as a power cut does. */
  async kill() {
    const child = this.process;
    if (!child) return;
    this.process = undefined;
    const ended = once(child, 'exit');
    signalGroup(child.pid);
    if (child.exitCode === null && child.signalCode === null) await ended;
  }

  /** Runs a client command against it, such as `lock`, and answers what it printed. */
  async run(...args: string[]): Promise<string> {
    const { stdout } = await execute(binary, [...args, '--server', this.url], { env: environment, maxBuffer: 1 << 26 });
    return stdout;
  }

  /** Runs a client command as a person: their name is in the history. */
  as(person: string) {
    return (...args: string[]) => this.run(...args, '--as', person);
  }

  /** Reads from the API. */
  async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}${path}`);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}

function signalGroup(group: number | undefined) {
  if (!group) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

// Below the range from which Linux takes the local ports of outgoing connections: a port of that range can be taken while the server is down.
const LOWEST = 20000;
const HIGHEST = 32000;

async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const probe = createServer();
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve((probe.address() as AddressInfo).port === port));
    });
    if (!free) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
  throw new Error('no free port found');
}
