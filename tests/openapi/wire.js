// HTTP as bytes on a socket, so that requests may be as odd as a test wants them.
import { connect } from 'node:net';

const WATCHDOG_MS = 60_000;

/** A request as bytes. `headers` may hold undefined values, which are left out. */
export function bytesOf({ method, target, headers = {}, body = '', version = 'HTTP/1.1' }) {
  const all = { Host: 'localhost', Connection: 'close', ...headers };
  if (body !== '' && !('Content-Length' in all)) all['Content-Length'] = Buffer.byteLength(body);
  const lines = Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} ${version}\r\n${lines.join('')}\r\n${body}`;
}

function parse(raw) {
  const end = raw.indexOf('\r\n\r\n');
  const [start, ...lines] = raw.subarray(0, end).toString('latin1').split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(start)?.[1]),
    headers,
    /** The values of the header of that name. */
    values: (name) => headers.filter(([known]) => known.toLowerCase() === name.toLowerCase()).map(([, value]) => value),
    body: raw.subarray(end + 4).toString('utf8'),
  };
}

/** Sends the bytes and reads the one answer, up to the end of the connection. */
export function exchange(port, bytes, { from = '127.0.0.1' } = {}) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    const socket = connect({ host: '127.0.0.1', port, localAddress: from }, () => socket.write(bytes));
    socket.setTimeout(WATCHDOG_MS, () => socket.destroy(new Error('no answer')));
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('end', () => resolve(parse(Buffer.concat(pieces))));
    socket.on('error', reject);
  });
}

/** Opens a connection on which a request is under way: its head has been taken, its body is awaited. */
export function holdConnection(port, request) {
  return new Promise((resolve, reject) => {
    const head = bytesOf({ ...request, headers: { ...request.headers, 'Content-Length': 10, Expect: '100-continue' } });
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(head));
    socket.setTimeout(WATCHDOG_MS, () => socket.destroy(new Error('no 100 Continue')));
    socket.once('data', (piece) => {
      if (piece.toString().startsWith('HTTP/1.1 100 ')) resolve(socket);
      else reject(new Error(`not continued: ${piece}`));
    });
    socket.on('error', reject);
  });
}
