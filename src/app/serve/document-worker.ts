// A thread that takes documents apart: bytes in, text out, and nothing else in reach.
import { workerData, type MessagePort } from 'node:worker_threads';
import { readDocument } from '../../lens/documents/read-document.ts';

const { port, done } = workerData as { readonly port: MessagePort; readonly done: Int32Array };

port.on('message', (bytes: Uint8Array) => {
  port.postMessage(readDocument(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
