/** Closes the network of this process: a client library that would phone home fails at once, and visibly. */
import { Socket as DatagramSocket } from "node:dgram";
import { Socket } from "node:net";

export function closeNetwork(): void {
  const refuse = (): never => {
    throw new Error("a replay sends nothing, and this process has no network");
  };
  Socket.prototype.connect = refuse;
  DatagramSocket.prototype.send = refuse;
  globalThis.fetch = async () => refuse();
}
