// The running daemon against docs/openapi.yaml: every operation, every status that can be provoked from outside, and
// nothing that the document does not have.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startDaemon } from './daemon.js';
import { Document } from './document.js';
import { bytesOf, exchange, holdConnection } from './wire.js';

const ADMIN = { Authorization: `Basic ${Buffer.from('admin:welcome').toString('base64')}` };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const PUSH = { appLinkName: 'Jira6QC11Req', origin: 'source', id: 'QC-20' };
const NOT_FROM_OUTSIDE = ['500'];
const PATIENCE = { timeout: 120_000 };

const api = await Document.load();
const operations = api.operations;
const named = (id) => api.operation(id);

let daemon;
let key; // may push for everything
let limited; // may push for another app link alone

/** A request that succeeds, or would. `values` fill the path. */
function sample(operation, values = {}) {
  const defaults = { appLinkName: 'Jira6QC11Req', origin: 'source', project: 'QC', id: 'QC-20', push: 1, key: 'nobody', link: 1, run: 1, kind: 'app-link', name: 'Jira6QC11Req' };
  const target = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent({ ...defaults, ...values }[name]));
  const request = { method: operation.method, target, headers: {} };
  if (operation.security.some((one) => 'basic' in one)) Object.assign(request.headers, ADMIN);
  else if (operation.security.length > 0) request.headers.apikey = key;
  if (operation.requestBody) Object.assign(request.headers, JSON_TYPE);
  if (operation.operationId === 'pushByBody') request.body = JSON.stringify(PUSH);
  if (operation.operationId === 'createKey') request.body = JSON.stringify({ name: 'sample' });
  const usual = operation.requestBody?.content['application/json'].examples?.usual;
  if (usual) request.body = JSON.stringify(usual.value);
  return request;
}

/** The request with other headers; undefined takes one away. */
const withHeaders = (request, headers) => ({ ...request, headers: { ...request.headers, ...headers } });
const withoutCredentials = (request) => withHeaders(request, { Authorization: undefined, apikey: undefined });

/** Sends a request of an operation and judges the answer. */
async function send(operation, request, { port = daemon.port, from } = {}) {
  const answer = await exchange(port, bytesOf(request), { from });
  api.judge(operation, answer);
  return answer;
}

/** Sends, and expects that status. Gives the document of the answer. */
async function expectStatus(status, operation, request, options) {
  const answer = await send(operation, request, options);
  assert.equal(answer.status, status, `${operation.method} ${request.target}: ${answer.body}`);
  return answer.values('Content-Type')[0] === 'application/json' ? JSON.parse(answer.body) : answer.body;
}

/** Asks until the push is in the state. The watchdog of the test run ends it if it never is. */
async function untilState(push, state) {
  const operation = named('showPush');
  for (;;) {
    const shown = await expectStatus(200, operation, sample(operation, { push }));
    if (shown.state === state) return shown;
    await new Promise(setImmediate);
  }
}

async function push(record) {
  const operation = named('pushByBody');
  const answer = await send(operation, { ...sample(operation), body: JSON.stringify({ ...PUSH, ...record }) });
  assert.equal(answer.status, 201, answer.body);
  return answer.values('Location')[0].split('/').pop();
}

before(async () => {
  daemon = await startDaemon();
  const create = named('createKey');
  const created = async (wanted) =>
    (await expectStatus(201, create, { ...sample(create), body: JSON.stringify(wanted) })).secret;
  key = await created({ name: 'everything' });
  limited = await created({ name: 'limited', appLinks: ['Other'], origin: 'source', validFor: '90d' });
});

after(async () => {
  if (daemon) assert.equal(await daemon.stop(), 0, 'exit code of the daemon');
});

describe('what succeeds', PATIENCE, () => {
  test('a push in each of the three forms, with each credential', async () => {
    const body = named('pushByBody');
    const byKey = withoutCredentials(sample(body));
    await expectStatus(201, body, sample(body));
    await expectStatus(201, body, withHeaders(byKey, { apikey: key }));
    await expectStatus(201, body, withHeaders(byKey, { Authorization: `Bearer ${key}` }));
    await expectStatus(201, body, { ...byKey, target: `${byKey.target}?apikey=${key}` });
    await expectStatus(201, body, withHeaders(sample(body), { 'Content-Type': 'application/vnd.example+json' }));
    for (const form of [named('pushByPath'), named('pushByPathWithProject')]) {
      const request = withoutCredentials(sample(form));
      await expectStatus(201, form, { ...request, target: `${request.target}?apikey=${key}&user_id=jane` });
      await expectStatus(201, form, withHeaders(request, { apikey: key }));
      await expectStatus(201, form, withHeaders(request, { Authorization: `Bearer ${key}` }));
    }
  });

  test('the example requests', async () => {
    const operation = named('pushByBody');
    for (const { value } of Object.values(operation.requestBody.content['application/json'].examples))
      await expectStatus(201, operation, { ...sample(operation), body: JSON.stringify(value) });
  });

  test('asking what became of it', async () => {
    const done = await untilState(await push(PUSH), 'done');
    assert.ok(['synchronized', 'nothing to do'].includes(done.outcome), JSON.stringify(done));
    assert.ok(done.passes.length > 0);
    const asKey = withHeaders(withoutCredentials(sample(named('showPush'), { push: done.push })), { apikey: key });
    assert.equal((await expectStatus(200, named('showPush'), asKey)).push, done.push);
    const story = await expectStatus(200, named('showRecord'), sample(named('showRecord')));
    assert.equal(story.links.length, 1);
    assert.ok(story.passes.some((pass) => pass.changes.length > 0 && pass.twin !== null), JSON.stringify(story));
  });

  test('a dead letter, tried again and discarded', async () => {
    const id = await push({ id: 'QC-21' });
    await untilState(id, 'dead letter');
    const again = await expectStatus(200, named('retryPush'), sample(named('retryPush'), { push: id }));
    await untilState(again.push, 'dead letter');
    const ended = await expectStatus(200, named('discardPush'), sample(named('discardPush'), { push: again.push }));
    assert.deepEqual([ended.state, ended.outcome], ['done', 'discarded']);
  });

  test('a run pushes every record, and ends', async () => {
    const started = await expectStatus(201, named('startRun'), { ...sample(named('startRun')), body: JSON.stringify({ appLinkName: 'Jira6QC11Req' }) });
    for (let run = started; run.underWay; ) {
      run = await expectStatus(200, named('showRun'), sample(named('showRun'), { run: started.run }));
      assert.ok(run.parts.every(({ problem }) => problem === null), JSON.stringify(run));
    }
    for (let run = started; run.counts.waiting > 0; ) run = await expectStatus(200, named('showRun'), sample(named('showRun'), { run: started.run }));
    const { runs } = await expectStatus(200, named('listRuns'), sample(named('listRuns')));
    assert.ok(runs.some(({ run, parts }) => run === started.run && parts.some(({ found }) => found > 0)), JSON.stringify(runs));
    const query = JSON.stringify({ appLinkName: 'Jira6QC11Req', origin: 'source', query: 'summary == "none such"' });
    const other = await expectStatus(201, named('startRun'), { ...sample(named('startRun')), body: query });
    const cancel = sample(named('cancelRun'), { run: other.run });
    const { status } = await send(named('cancelRun'), cancel); // it may have ended by itself already
    assert.ok([200, 404].includes(status), String(status));
  });

  test('a run that is paused is ended by hand', async () => {
    await expectStatus(201, named('addPause'), sample(named('addPause')));
    const run = await expectStatus(201, named('startRun'), sample(named('startRun')));
    const ended = await expectStatus(200, named('cancelRun'), sample(named('cancelRun'), { run: run.run }));
    assert.equal(ended.underWay, false);
    const { pauses } = await expectStatus(200, named('listPauses'), sample(named('listPauses')));
    assert.deepEqual(pauses.map(({ kind, name }) => [kind, name]), [['app-link', 'Jira6QC11Req']]);
    await expectStatus(200, named('removePause'), sample(named('removePause')));
    await expectStatus(404, named('removePause'), sample(named('removePause')));
    const application = { ...sample(named('addPause')), body: JSON.stringify({ application: 'nobody' }) };
    await expectStatus(400, named('addPause'), application);
  });

  test('links are listed, added, shown and removed', async () => {
    await untilState(await push(PUSH), 'done');
    const { links } = await expectStatus(200, named('listLinks'), sample(named('listLinks')));
    assert.ok(links.length > 0);
    const shown = await expectStatus(200, named('showLink'), sample(named('showLink'), { link: links[0].link }));
    assert.ok(Object.keys(shown.sourceFields).length > 0, JSON.stringify(shown));
    await expectStatus(400, named('addLink'), sample(named('addLink'))); // there are no such records
    const pair = { appLinkName: 'Jira6QC11Req', source: 'QC-777', destination: 'QualityCenter-777', check: false };
    const adding = (members) => ({ ...sample(named('addLink')), body: JSON.stringify({ ...pair, ...members }) });
    const { alreadyLinked, ...added } = await expectStatus(201, named('addLink'), adding({}));
    assert.equal(alreadyLinked, false);
    assert.equal((await expectStatus(201, named('addLink'), adding({}))).alreadyLinked, true);
    await expectStatus(400, named('addLink'), adding({ destination: 'QualityCenter-778' })); // linked otherwise
    const page = { ...sample(named('listLinks')), target: `/api/v1/links?after=${added.link - 1}&limit=1&appLinkName=Jira6QC11Req` };
    assert.deepEqual((await expectStatus(200, named('listLinks'), page)).links, [added]);
    const rename = (members) => ({ ...sample(named('renameLinks')), body: JSON.stringify(members) });
    assert.equal((await expectStatus(200, named('renameLinks'), rename({ from: 'Old', to: 'JiraHelix' }))).links, 0);
    await expectStatus(400, named('renameLinks'), sample(named('renameLinks'))); // it has links of its own
    await expectStatus(200, named('removeLink'), sample(named('removeLink'), { link: added.link }));
    await expectStatus(404, named('removeLink'), sample(named('removeLink'), { link: added.link }));
  });

  test('a preview writes nothing', async () => {
    const before = await expectStatus(200, named('showRecord'), sample(named('showRecord')));
    const seen = await expectStatus(200, named('preview'), sample(named('preview')));
    assert.equal(seen.record.id, 'QC-20');
    const after = await expectStatus(200, named('showRecord'), sample(named('showRecord')));
    assert.deepEqual(after.passes, before.passes);
  });

  test('the records of a run are listed page by page, and nothing is pushed', async () => {
    const before = await expectStatus(200, named('listPushes'), sample(named('listPushes')));
    const seen = [];
    const wanted = { appLinkName: 'Jira6QC11Req', origin: 'source' };
    do {
      const request = { ...sample(named('listRunRecords')), body: JSON.stringify(wanted) };
      const page = await expectStatus(200, named('listRunRecords'), request);
      seen.push(...page.records.map(({ id }) => id));
      wanted.from = page.next;
    } while (wanted.from !== null);
    assert.ok(seen.includes('QC-20'), seen.join());
    const wrong = { ...sample(named('listRunRecords')), body: JSON.stringify({ ...wanted, from: '9:' }) };
    await expectStatus(400, named('listRunRecords'), wrong);
    const after = await expectStatus(200, named('listPushes'), sample(named('listPushes')));
    assert.deepEqual(after, before);
  });

  test('a held conflict is shown and decided', async () => {
    const held = await daemon.holdConflict(async () => untilState(await push(PUSH), 'held'));
    const { conflicts } = await expectStatus(200, named('listConflicts'), sample(named('listConflicts')));
    assert.deepEqual(conflicts.map(({ sourceField, push: one }) => [sourceField, one]), [['summary', held.push]]);
    const resolve = sample(named('resolveConflict'), { link: conflicts[0].link });
    const answer = await expectStatus(200, named('resolveConflict'), resolve);
    assert.equal(answer.settled, true);
    for (const one of answer.pushes) await untilState(one, 'done');
    const none = await expectStatus(200, named('listConflicts'), sample(named('listConflicts')));
    assert.deepEqual(none.conflicts, []);
  });

  test('the list of pushes, by each of its parameters', async () => {
    const operation = named('listPushes');
    const states = operation.parameters.find(({ name }) => name === 'state').schema.enum;
    const queries = ['', '?appLinkName=Jira6QC11Req&id=QC-20&before=1000&limit=2', ...states.map((s) => `?state=${encodeURIComponent(s)}`)];
    for (const query of queries) {
      const request = sample(operation);
      await expectStatus(200, operation, { ...request, target: request.target + query });
    }
    for (const query of ['?state=lost', '?before=x', '?limit=0', '?limit=1001'])
      await expectStatus(400, operation, { ...sample(operation), target: operation.path + query });
  });

  test('status, keys, reload, health and metrics', async () => {
    const keys = await expectStatus(200, named('listKeys'), sample(named('listKeys')));
    assert.deepEqual(keys.keys.map(({ name }) => name).sort(), ['everything', 'limited']);
    const create = named('createKey');
    await expectStatus(201, create, { ...sample(create), body: JSON.stringify({ name: 'short-lived' }) });
    const revoked = await expectStatus(200, named('revokeKey'), sample(named('revokeKey'), { key: 'short-lived' }));
    assert.notEqual(revoked.revoked, null);
    const reloaded = await expectStatus(200, named('reload'), sample(named('reload')));
    assert.deepEqual(reloaded, { reloaded: true, complaints: [] });
    const status = await expectStatus(200, named('status'), sample(named('status')));
    assert.deepEqual([status.ready, status.notReadyBecause, status.appLinks], [true, null, 2]);
    for (const id of ['healthz', 'readyz', 'metrics']) await expectStatus(200, named(id), sample(named(id)));
  });

  test('a notification in the form of the system that sends it', async () => {
    const operation = named('pushByHook');
    const target = '/SyncService/hooks/JiraHelix/destination';
    const [{ value }] = Object.values(operation.requestBody.content['application/json'].examples);
    const hook = (events) => ({ ...sample(operation), target, body: JSON.stringify({ ...value, events }) });
    await expectStatus(201, operation, hook(value.events));
    await expectStatus(201, operation, { ...withHeaders(withoutCredentials(hook(value.events)), { apikey: key }) });
    await expectStatus(200, operation, hook([{ ...value.events[0], item: { itemType: 'requirement', id: 7 } }]));
    await expectStatus(400, operation, { ...hook(value.events), target: '/SyncService/hooks/JiraHelix/source' });
  });

  test('HEAD wherever GET does, with the same headers and no body', async () => {
    for (const operation of operations.filter(({ method }) => method === 'GET')) {
      const request = sample(operation);
      const get = await exchange(daemon.port, bytesOf(request));
      const head = await exchange(daemon.port, bytesOf({ ...request, method: 'HEAD' }));
      assert.equal(head.status, get.status, operation.path);
      assert.equal(head.body, '', operation.path);
      assert.deepEqual(head.headers.map(([name]) => name), get.headers.map(([name]) => name), operation.path);
    }
  });
});

describe('what is refused', PATIENCE, () => {
  // For each status: a request of that operation that gets it. What is not here has a test of its own below.
  const provoked = {
    400: (operation) => withHeaders(sample(operation), { Host: undefined }),
    401: (operation) => withoutCredentials(sample(operation)),
    403: (operation) => withHeaders(withoutCredentials(sample(operation)), { apikey: limited }),
    404: (operation) => sample(operation, { push: 999999, id: 'QC-999', key: 'nobody', link: 999999, run: 999999, kind: 'nobody' }),
    413: (operation) => withHeaders(sample(operation), { 'Content-Length': 100 * 1024 * 1024 }),
    414: (operation) => ({ ...sample(operation), target: `${sample(operation).target}?${'x'.repeat(9000)}` }),
    415: (operation) => withHeaders(sample(operation), { 'Content-Type': 'text/plain' }),
    417: (operation) => withHeaders(sample(operation), { Expect: 'miracles' }),
    431: (operation) => withHeaders(sample(operation), { 'X-Long': 'x'.repeat(17 * 1024) }),
    501: (operation) => withHeaders({ ...sample(operation), body: '' }, { 'Transfer-Encoding': 'gzip' }),
    505: (operation) => ({ ...sample(operation), version: 'HTTP/2.0' }),
  };

  for (const [status, request] of Object.entries(provoked)) {
    test(`${status}, wherever it is documented`, async () => {
      const concerned = operations.filter((operation) => operation.responses[status]);
      assert.ok(concerned.length > 0);
      for (const operation of concerned) await expectStatus(Number(status), operation, request(operation));
    });
  }

  test('a JSON body that is too long', async () => {
    await expectStatus(413, named('pushByBody'), { ...sample(named('pushByBody')), body: 'x'.repeat(64 * 1024 + 1) });
  });

  test('a body that will never do', async () => {
    const operation = named('pushByBody');
    for (const body of ['{“appLinkName”:“Jira6QC11Req”}', '{"appLinkName":"Jira6QC11Req","origin":"source"}',
      '{"appLinkName":"Jira6QC11Req","origin":"left","id":"QC-20"}', '', '[]', 'null', '{"appLinkName":7}'])
      await expectStatus(400, operation, withHeaders({ ...sample(operation), body }, { 'Content-Length': Buffer.byteLength(body) }));
    const create = named('createKey');
    for (const wanted of [{}, { name: '7' }, { name: 'x', origin: 'left' }, { name: 'x', validFor: 'ever' }, { name: 'everything' }, { nome: 'x' }])
      await expectStatus(400, create, { ...sample(create), body: JSON.stringify(wanted) });
  });

  test('a push that is done is neither tried again nor discarded', async () => {
    const done = await untilState(await push(PUSH), 'done');
    for (const id of ['retryPush', 'discardPush'])
      await expectStatus(400, named(id), sample(named(id), { push: done.push }));
  });

  test('another key does not see the push', async () => {
    const operation = named('showPush');
    await expectStatus(404, operation, withHeaders(withoutCredentials(sample(operation)), { apikey: limited }));
  });

  test('wrong credentials', async () => {
    const from = '127.0.0.3'; // failures slow down their address
    const operation = named('pushByBody');
    const wrong = { Authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` };
    await expectStatus(401, operation, withHeaders(sample(operation), wrong), { from });
    await expectStatus(401, operation, withHeaders(withoutCredentials(sample(operation)), { apikey: 'wrong' }), { from });
    await expectStatus(401, named('pushByPath'), withHeaders(sample(named('pushByPath')), { ...ADMIN, apikey: undefined }), { from });
  });

  test('429, wherever it is documented', async () => {
    const from = '127.0.0.2';
    const guess = (i) => ({ Authorization: `Basic ${Buffer.from(`admin:guess${i}`).toString('base64')}` });
    const operation = named('pushByBody');
    await Promise.all(
      [...Array(50).keys()].map((i) => expectStatus(401, operation, withHeaders(sample(operation), guess(i)), { from })),
    );
    const concerned = operations.filter(({ responses }) => responses[429]);
    assert.ok(concerned.length > 0);
    await Promise.all(concerned.map((one) => expectStatus(429, one, withHeaders(sample(one), guess(51)), { from })));
  });

  test('408, wherever it is documented', async () => {
    const hasty = await startDaemon({
      settings: { 'push.service.http.header.timeout': '100ms', 'push.service.http.body.timeout': '100ms' },
    });
    try {
      const concerned = operations.filter(({ responses }) => responses[408]);
      assert.equal(concerned.length, operations.length);
      await Promise.all(
        concerned.map(async (operation) => {
          const unfinished = bytesOf(sample(operation)).split('\r\n\r\n')[0];
          const answer = await exchange(hasty.port, unfinished);
          api.judge(operation, answer);
          assert.equal(answer.status, 408, answer.body);
        }),
      );
      const operation = named('pushByBody');
      const started = withHeaders(sample(operation), { 'Content-Length': 1000 });
      await expectStatus(408, operation, started, { port: hasty.port });
    } finally {
      await hasty.stop();
    }
  });

  test('503, wherever it is documented: too many connections', async () => {
    const full = await startDaemon({ settings: { 'push.service.http.connections': '1' } });
    try {
      const held = await holdConnection(full.port, { ...sample(named('pushByBody')), body: '' });
      for (const operation of operations.filter(({ responses }) => responses[503]))
        await expectStatus(503, operation, sample(operation), { port: full.port });
      held.destroy();
    } finally {
      await full.stop();
    }
  });

  test('503 as long as no app links are loaded', async () => {
    const broken = await startDaemon({ appLinks: 'appLinks: [' });
    try {
      const { port } = broken;
      await expectStatus(503, named('readyz'), sample(named('readyz')), { port });
      await expectStatus(503, named('pushByBody'), sample(named('pushByBody')), { port });
      await expectStatus(200, named('healthz'), sample(named('healthz')), { port });
      const status = await expectStatus(200, named('status'), sample(named('status')), { port });
      assert.deepEqual([status.ready, status.appLinks, status.registryVersion], [false, 0, 0]);
      const reloaded = await expectStatus(200, named('reload'), sample(named('reload')), { port });
      assert.equal(reloaded.reloaded, false);
      assert.ok(reloaded.complaints.some(({ severity, line }) => severity === 'error' && line > 0));
    } finally {
      await broken.stop();
    }
  });

  test('405 for every method that a path does not have', async () => {
    for (const [path, item] of Object.entries(api.api.paths)) {
      const operation = operations.find((one) => one.path === path);
      const allowed = operations.filter((one) => one.path === path).map(({ method }) => method);
      if (item.get) allowed.push('HEAD');
      for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH'].filter((one) => !allowed.includes(one))) {
        const answer = await exchange(daemon.port, bytesOf({ method, target: sample(operation).target }));
        assert.equal(answer.status, 405, `${method} ${path}`);
        assert.deepEqual(answer.values('Allow'), [[...allowed].sort().join(', ')], `${method} ${path}`);
        api.judgeComponent('MethodNotAllowed', answer);
      }
    }
  });

  test('404 for everything else', async () => {
    const beside = operations.flatMap((operation) => {
      const { method, target } = sample(operation);
      return [`${target}/`, `${target}/..`, `/.${target}`, `/${target}`].map((other) => ({ method, target: other }));
    });
    const others = ['/', '/SyncService', '/syncservice/push', '/api/v1', '/SyncService/push/a/source/b/c/d'];
    for (const request of [...beside, ...others.map((target) => ({ method: 'GET', target }))]) {
      const answer = await exchange(daemon.port, bytesOf(request));
      assert.equal(answer.status, 404, `${request.method} ${request.target}: ${answer.body}`);
      api.judgeComponent('NothingThere', answer);
    }
  });
});

describe('after all of that', () => {
  test('each documented status of each operation was given, but for those that nobody outside can provoke', () => {
    const documented = operations.flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter((status) => !NOT_FROM_OUTSIDE.includes(status))
        .map((status) => `${operationId} ${status}`),
    );
    assert.deepEqual(documented.filter((one) => !api.seen.has(one)), []);
  });

  test('each example that states bytes is what the daemon sent, byte for byte', () => {
    const stated = api.examples.filter(({ bytes }) => bytes !== undefined);
    assert.ok(stated.length > 0);
    assert.deepEqual(stated.filter(({ bytes }) => !api.bodies.has(bytes)).map(({ where, bytes }) => `${where}: ${bytes}`), []);
  });
});
