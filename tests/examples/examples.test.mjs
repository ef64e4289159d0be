// The scripts and documents of conf/examples, against the real daemon.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startDaemon } from '../openapi/daemon.js';
import { runBusinessRule } from './servicenow.mjs';

const examples = fileURLToPath(new URL('../../conf/examples/', import.meta.url));
const read = (name) => readFile(join(examples, name), 'utf8');

// ServiceNow's side stands at the destination, as the scripts say.
const APP_LINKS = `
applications:
  jira: { adapter: folder, path: ../records/jira }
  snow: { adapter: folder, path: ../records/snow }
appLinks:
  - name: JiraServiceNow
    source:      { application: jira, project: ED, type: Bug }
    destination: { application: snow, project: incident, type: incident }
    fields:
      - { source: summary, destination: short_description }
`;
const SYS_ID = '9d385017c611228701d22104cc95c371';

let daemon, url, key;

before(async () => {
  daemon = await startDaemon({ appLinks: APP_LINKS });
  url = `http://127.0.0.1:${daemon.port}`;
  const config = join(daemon.folder, 'ConnectAll.properties');
  const made = execFileSync(process.env.SYNCSERVICE_BINARY, ['keys', 'create', 'examples', '--config', config]);
  key = /ss_[\w-]{43}/.exec(made.toString())[0];
});

after(async () => assert.equal(await daemon.stop(), 0));

/** The documents of a project of one application, once `enough` holds for them. */
async function records(application, project, enough) {
  const folder = join(daemon.folder, 'records', application, project);
  const deadline = Date.now() + 20_000;
  for (;;) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => /^[^.].*\.json$/.test(name));
    const found = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))));
    if (enough(found)) return found;
    assert.ok(Date.now() < deadline, `found only ${JSON.stringify(found)}\n${daemon.log.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function keep(application, project, id, fields) {
  const folder = join(daemon.folder, 'records', application, project);
  await mkdir(folder, { recursive: true });
  const record = { id, type: 'incident', fields, comments: [], attachments: [] };
  await writeFile(join(folder, `${id}.json`), JSON.stringify(record));
}

describe('ServiceNow business rules', () => {
  const properties = () => ({
    'syncservice.url': url,
    'syncservice.api_key': key,
    'syncservice.user': 'admin',
    'syncservice.password': 'welcome',
  });
  const incident = { table: 'incident', row: { sys_id: SYS_ID, sys_updated_by: 'beth.anglin' } };

  for (const [script, change] of [['business-rule-api-key.js', 'Mail is down'], ['business-rule-basic.js', 'Mail is up']]) {
    test(`${script} brings a record across`, async () => {
      await keep('snow', 'incident', SYS_ID, { short_description: change });
      const log = runBusinessRule(await read(`servicenow/${script}`), { ...incident, properties: properties() });
      assert.deepEqual(log, []);
      const bugs = await records('jira', 'ED', (found) => found.some((bug) => bug.fields.summary === change));
      assert.equal(bugs.length, 1);
    });
  }

  test('business-rule-attachment.js pushes the record that the file belongs to', async () => {
    await keep('snow', 'incident', SYS_ID, { short_description: 'Mail is down, with a picture' });
    const log = runBusinessRule(await read('servicenow/business-rule-attachment.js'), {
      table: 'sys_attachment',
      row: { sys_id: '0'.repeat(32), table_name: 'incident', table_sys_id: SYS_ID },
      properties: properties(),
    });
    assert.deepEqual(log, []);
    await records('jira', 'ED', (found) => found.some((bug) => bug.fields.summary === 'Mail is down, with a picture'));
  });

  for (const script of ['business-rule-api-key.js', 'business-rule-basic.js', 'business-rule-attachment.js']) {
    const run = async (changes) => {
      const row = { sys_id: SYS_ID, table_name: 'incident', table_sys_id: SYS_ID };
      const table = script.includes('attachment') ? 'sys_attachment' : 'incident';
      return runBusinessRule(await read(`servicenow/${script}`), { table, row, properties: { ...properties(), ...changes } });
    };

    test(`${script} tells the system log of a refusal`, async () => {
      const log = await run({ 'syncservice.api_key': 'ss_wrong', 'syncservice.password': 'wrong' });
      assert.equal(log.length, 1);
      assert.equal(log[0].level, 'error');
      assert.match(log[0].text, new RegExp(`^syncservice: incident ${SYS_ID} was refused with 401: \\{"Response":"Error", `));
    });

    test(`${script} tells the system log when nobody answers`, async () => {
      const log = await run({ 'syncservice.url': 'http://127.0.0.1:1' });
      assert.equal(log.length, 1);
      assert.match(log[0].text, new RegExp(`^syncservice: incident ${SYS_ID} was not pushed: .*connect`));
    });

    test(`${script} is plain ES5, which every instance runs`, async () => {
      assert.doesNotMatch(await read(`servicenow/${script}`), /=>|\blet\b|\bconst\b|`|\basync\b(?! one)|\?\./);
    });
  }
});

describe('Jira', () => {
  test('webhook.json: its URL, with the variable replaced, is a push', async () => {
    const webhook = JSON.parse(await read('jira/webhook.json'));
    const target = webhook.url.replace('https://sync.example.com', url).replace('KEY', key);
    const replaced = await fetch(target.replace('{issue.key}', 'ED-24'), { method: 'POST', body: '{"issue":{}}' });
    assert.equal(replaced.status, 201);
    assert.equal((await replaced.json()).Message, 'Record JiraServiceNow\\ED-24 successfully pushed into ConnectAll queue! ');
    const left = await fetch(target, { method: 'POST' });
    assert.equal(left.status, 400);
    assert.match((await left.json()).Message, /left the variable "\{issue\.key\}" unreplaced/);
    assert.ok(webhook.events.includes('jira:issue_updated') && webhook.events.includes('comment_created'));
  });

  test('automation-body.json: with the smart value replaced, is a push', async () => {
    const send = (body) =>
      fetch(`${url}/SyncService/push`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', apikey: key },
        body,
      });
    const body = await read('jira/automation-body.json');
    const replaced = await send(body.replace('{{issue.key}}', 'ED-25'));
    assert.equal(replaced.status, 201);
    assert.equal((await send(body)).status, 400);
  });
});

describe('ALM', () => {
  // A VBScript expression of literals and variables, joined by &.
  const evaluated = (expression, variables) =>
    expression
      .match(/"(?:[^"]|"")*"|[A-Za-z]\w+/g)
      .map((token) => (token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : variables[token]))
      .join('');

  test('workflow.vbs sends a push', async () => {
    const script = await read('alm/workflow.vbs');
    const constants = Object.fromEntries([...script.matchAll(/^Const (\w+) = "([^"]*)"/gm)].map((found) => found.slice(1)));
    assert.deepEqual(Object.keys(constants), [
      'SyncUrl', 'SyncOrigin', 'SyncProject', 'SyncApiKey', 'SyncUser', 'SyncPassword',
    ]);
    const here = { ...constants, SyncUrl: url, SyncProject: 'incident', AppLink: 'JiraServiceNow', Id: '4711' };
    const target = evaluated(/Request\.open "POST", (.*), False/.exec(script)[1], here);
    const body = evaluated(/Request\.send (.* _\n.*)\n/.exec(script)[1], here);
    const send = (headers) =>
      fetch(target, { method: 'POST', headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers }, body });
    const basic = Buffer.from('admin:welcome').toString('base64');
    for (const headers of [{ apikey: key }, { Authorization: `Basic ${basic}` }]) {
      const answer = await send(headers);
      assert.equal(answer.status, 201, await answer.clone().text());
      assert.equal((await answer.json()).Message, 'Record JiraServiceNow\\4711 successfully pushed into ConnectAll queue! ');
    }
    assert.equal((await send({ apikey: 'ss_wrong' })).status, 401);
  });
});
