// docs/openapi.yaml as a judge of answers.
import SwaggerParser from '@apidevtools/swagger-parser';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

const PATH = fileURLToPath(new URL('../../docs/openapi.yaml', import.meta.url));
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

export class Document {
  /** Bytes of every answer that was judged. */
  bodies = new Set();
  /** "operationId status" of every answer that was judged. */
  seen = new Set();
  #ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
  #validators = new Map();

  /** Reads and validates the document, and resolves its references. */
  static async load() {
    const document = new Document();
    document.api = await SwaggerParser.validate(PATH);
    return document;
  }

  /** Every operation, with its method and path. */
  get operations() {
    return Object.entries(this.api.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({ ...item[method], method: method.toUpperCase(), path })),
    );
  }

  operation(id) {
    const found = this.operations.find((operation) => operation.operationId === id);
    assert.ok(found, `the document has no operation ${id}`);
    return found;
  }

  /** The faults of a value; empty when it fits the schema. */
  faults(schema, value) {
    if (!this.#validators.has(schema)) this.#validators.set(schema, this.#ajv.compile(schema));
    const validate = this.#validators.get(schema);
    return validate(value) ? [] : validate.errors.map((error) => `${error.instancePath || '/'} ${error.message}`);
  }

  /** Fails unless the answer is one that the operation may give, to the last header and member. */
  judge(operation, answer) {
    const what = `${operation.method} ${operation.path} -> ${answer.status}`;
    const documented = operation.responses[answer.status];
    assert.ok(documented, `${what} is not documented: ${answer.body}`);
    this.judgeAgainst(documented, answer, what);
    this.seen.add(`${operation.operationId} ${answer.status}`);
  }

  /** The same against a response of `components`. */
  judgeComponent(name, answer) {
    this.judgeAgainst(this.api.components.responses[name], answer, name);
  }

  judgeAgainst(documented, answer, what) {
    const [type] = Object.keys(documented.content);
    assert.deepEqual(answer.values('Content-Type'), [type], what);
    const body = type === 'application/json' ? JSON.parse(answer.body) : answer.body;
    assert.deepEqual(this.faults(documented.content[type].schema, body), [], `${what}: ${answer.body}`);
    for (const [name, header] of Object.entries(documented.headers ?? {})) {
      const values = answer.values(name);
      assert.equal(values.length, 1, `${what}: header ${name} stands ${values.length} times`);
      const value = header.schema.type === 'integer' ? Number(values[0]) : values[0];
      assert.deepEqual(this.faults(header.schema, value), [], `${what}: ${name}: ${values[0]}`);
    }
    this.bodies.add(answer.body);
  }

  /** Every example of a request or an answer, with its schema. */
  get examples() {
    const found = [];
    const visit = (node, where) => {
      if (node === null || typeof node !== 'object') return;
      if (node.schema && node.examples) {
        for (const [name, example] of Object.entries(node.examples))
          found.push({ where: `${where}/${name}`, schema: node.schema, value: example.value, bytes: example['x-bytes'] });
      }
      for (const [key, child] of Object.entries(node)) visit(child, `${where}/${key}`);
    };
    visit(this.api.paths, '');
    visit(this.api.components.responses, '');
    return found;
  }
}
