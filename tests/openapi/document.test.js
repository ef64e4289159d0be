// docs/openapi.yaml by itself, and against the routes in the source.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { Document } from './document.js';

const api = await Document.load();
const operations = api.operations;

describe('the document', () => {
  test('names every operation once', () => {
    const ids = operations.map((operation) => operation.operationId);
    assert.deepEqual([...new Set(ids)], ids);
    assert.ok(ids.every(Boolean));
  });

  test('has examples that fit their schemas, and whose bytes say the same', () => {
    assert.ok(api.examples.length > 0);
    for (const { where, schema, value, bytes } of api.examples) {
      assert.deepEqual(api.faults(schema, value), [], where);
      if (bytes !== undefined) assert.deepEqual(JSON.parse(bytes), value, where);
    }
  });

  test('has the routes of the source and no others', async () => {
    const source = new URL('../../src/', import.meta.url);
    const routes = new Set();
    for (const folder of ['push/', 'admin/']) {
      for (const file of await readdir(new URL(folder, source))) {
        if (!file.endsWith('.cpp')) continue;
        const text = await readFile(new URL(folder + file, source), 'utf8');
        for (const [, method, path] of text.matchAll(/"([A-Z]+)",\s*"(\/[^"]*)"/g)) routes.add(`${method} ${path}`);
      }
    }
    assert.deepEqual([...routes].sort(), operations.map(({ method, path }) => `${method} ${path}`).sort());
  });
});
