// A stand-in for what ServiceNow gives a business rule: `current`, `previous`, `gs`, `GlideRecord` and `sn_ws`. It has
// the documented members and no others, so a script that calls anything else fails.
import { spawnSync } from 'node:child_process';
import vm from 'node:vm';

/** RESTResponseV2. */
class Response {
  #status;
  #body;
  #error;
  constructor(status, body, error) {
    this.#status = status;
    this.#body = body;
    this.#error = error;
  }
  getStatusCode() {
    return this.#status;
  }
  getBody() {
    return this.#body;
  }
  haveError() {
    return this.#error !== '';
  }
  getErrorMessage() {
    return this.#error;
  }
}

/** RESTMessageV2. It sends through curl, since a business rule waits for the answer. */
class Message {
  #endpoint = '';
  #method = '';
  #headers = { 'User-Agent': 'ServiceNow/1.0' };
  #body = '';
  #timeout = 175_000;
  #user = null;
  setEndpoint(endpoint) {
    this.#endpoint = String(endpoint);
  }
  setHttpMethod(method) {
    this.#method = String(method).toUpperCase();
  }
  setRequestHeader(name, value) {
    this.#headers[name] = String(value);
  }
  setBasicAuth(user, password) {
    this.#user = `${user}:${password}`;
  }
  /** `${…}` is a variable to be substituted on the platform; a script that sends one does not mean to. */
  setRequestBody(body) {
    if (/\$\{/.test(body)) throw new Error('the body holds a variable');
    this.#body = String(body);
  }
  setHttpTimeout(milliseconds) {
    this.#timeout = Number(milliseconds);
  }
  execute() {
    const headers = Object.entries(this.#headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
    const user = this.#user === null ? [] : ['--basic', '--user', this.#user];
    const sent = spawnSync(
      'curl',
      ['--silent', '--show-error', '--max-time', String(this.#timeout / 1000), '--request', this.#method, ...headers,
        ...user, '--data-binary', '@-', '--write-out', '\n%{http_code}', this.#endpoint],
      { input: this.#body, encoding: 'utf8' },
    );
    const cut = sent.stdout.lastIndexOf('\n');
    if (sent.status !== 0) return new Response(0, '', sent.stderr.trim() || 'Method failed');
    return new Response(Number(sent.stdout.slice(cut + 1)), sent.stdout.slice(0, cut), '');
  }
}

/** GlideRecord, as far as a rule's `current` goes: one row of one table. */
class GlideRecord {
  #table;
  #row;
  constructor(table, row = {}) {
    this.#table = table;
    this.#row = row;
  }
  getTableName() {
    return this.#table;
  }
  getUniqueValue() {
    return this.#row.sys_id;
  }
  getValue(name) {
    return this.#row[name] ?? null;
  }
}

/**
 * Runs a business rule as the platform runs an async one: `previous` is null. `properties` are the system properties.
 * Gives what it wrote to the system log.
 */
export function runBusinessRule(script, { table, row, properties }) {
  const log = [];
  const write = (level) => (text) => log.push({ level, text: String(text) });
  vm.runInNewContext(script, {
    current: new GlideRecord(table, row),
    previous: null,
    GlideRecord,
    sn_ws: { RESTMessageV2: Message },
    gs: {
      getProperty: (name, otherwise = null) => properties[name] ?? otherwise,
      error: write('error'),
      info: write('info'),
    },
  });
  return log;
}
