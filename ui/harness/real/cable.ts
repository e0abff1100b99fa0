// The cable between a device and its server: it can be pulled out, and a request can be kept on the way. It changes nothing
// that passes.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server as Listener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What becomes of a request: it passes, or waits until the next decision. */
export type Fate = 'passes' | 'waits';

export class Cable {
  readonly url: string;
  readonly #listener: Listener;
  readonly #to: URL;
  readonly #sockets = new Set<Socket>();
  #plugged = true;
  #fate: (path: string, headers: IncomingHttpHeaders) => Fate = () => 'passes';
  #waiting: (() => void)[] = [];

  private constructor(listener: Listener, to: string) {
    this.#listener = listener;
    this.#to = new URL(to);
    this.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    listener.on('connection', (socket) => this.#connected(socket));
    listener.on('request', (asked, answer) => this.#pass(asked, answer));
  }

  static async to(server: string): Promise<Cable> {
    const listener = createServer();
    await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
    return new Cable(listener, server);
  }

  /** Cuts what is on the way, and lets nothing through until it is plugged in. */
  unplug(): void {
    this.#plugged = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  plugIn(): void {
    this.#plugged = true;
  }

  /** Decides about every request from now on; what waited goes on. */
  decide(fate: (path: string, headers: IncomingHttpHeaders) => Fate): void {
    this.#fate = fate;
    for (const go of this.#waiting.splice(0)) go();
  }

  close(): void {
    this.unplug();
    this.#listener.close();
  }

  #connected(socket: Socket): void {
    if (!this.#plugged) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const fate = this.#fate(asked.url ?? '', asked.headers);
    if (fate === 'waits') {
      this.#waiting.push(() => this.#pass(asked, answer));
    } else {
      this.#forward(asked, answer);
    }
  }

  #forward(asked: IncomingMessage, answer: ServerResponse): void {
    const { hostname, port } = this.#to;
    const way = request(
      { hostname, port, path: asked.url, method: asked.method, headers: asked.headers },
      (said) => {
        answer.writeHead(said.statusCode ?? 502, said.headers);
        said.pipe(answer);
        said.on('error', () => answer.destroy());
      },
    );
    way.on('error', () => answer.destroy());
    answer.on('close', () => way.destroy());
    asked.pipe(way);
  }
}
