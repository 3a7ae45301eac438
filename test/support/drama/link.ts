import { connect, createServer, type Server, type Socket } from "node:net";
import { listenOnLoopback, MORTAL_HOST } from "../listen.ts";

/**
 * A TCP link to one port of loopback that can be broken as networks break: nothing is refused and nothing
 * closed, bytes only stop arriving. Mended, it carries new connections; what was swallowed stays lost.
 */
export class Link {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isBroken = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://${MORTAL_HOST}:${port}`;
  }

  static async open(to: { readonly host: string; readonly port: number }): Promise<Link> {
    const server = createServer();
    const link = new Link(server, await listenOnLoopback(server, MORTAL_HOST));
    server.on("connection", (near) => link.#carry(near, to));
    return link;
  }

  /** From now on nothing arrives on either side, and nobody is told. */
  break(): void {
    this.#isBroken = true;
    for (const socket of this.#sockets) socket.unpipe().resume();
  }

  /** New connections work again; the dead ones are reset, as a router that came back would do. */
  mend(): void {
    this.#isBroken = false;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(near: Socket, to: { readonly host: string; readonly port: number }): void {
    this.#keep(near);
    if (this.#isBroken) {
      near.resume();
      return;
    }
    const far = connect(to.port, to.host);
    this.#keep(far);
    near.pipe(far);
    far.pipe(near);
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => this.#sockets.delete(socket));
  }
}
